//go:build unix

package contract

import (
	"os/exec"
	"syscall"
)

// ownGroup puts a command into a process group of its own.
func ownGroup(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

// killGroup ends every process of a group.
func killGroup(pid int) { _ = syscall.Kill(-pid, syscall.SIGKILL) }

// signalGroup sends a signal to every process of a group, as a terminal does.
func signalGroup(pid int, sig syscall.Signal) error { return syscall.Kill(-pid, sig) }

// groupAlive reports whether a group has a process.
func groupAlive(pid int) bool { return syscall.Kill(-pid, 0) == nil }
