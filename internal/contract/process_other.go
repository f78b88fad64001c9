//go:build !unix

package contract

import (
	"os"
	"os/exec"
	"syscall"
)

// ownGroup does nothing where there are no process groups.
func ownGroup(*exec.Cmd) {}

// killGroup ends the process.
func killGroup(pid int) {
	if p, err := os.FindProcess(pid); err == nil {
		_ = p.Kill() //nolint:errcheck // a process that is gone is what is wanted
	}
}

// signalGroup ends the process.
func signalGroup(pid int, _ syscall.Signal) error {
	killGroup(pid)
	return nil
}

// groupAlive cannot tell, and says no.
func groupAlive(int) bool { return false }
