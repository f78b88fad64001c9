//go:build !unix

package dbserver

import "os/exec"

// owner is who runs a server: who runs this program.
type owner struct{}

func unprivileged(Kind) (owner, error) { return owner{}, nil }

func (owner) own(string) error { return nil }

func (owner) run(*exec.Cmd) {}

// killGroup ends a process at once.
func killGroup(cmd *exec.Cmd) { _ = cmd.Process.Kill() }
