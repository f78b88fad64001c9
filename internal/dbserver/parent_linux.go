package dbserver

import (
	"os/exec"
	"syscall"
)

// endWithParent has the system end a process when this program dies without
// stopping it.
func endWithParent(cmd *exec.Cmd) { cmd.SysProcAttr.Pdeathsig = syscall.SIGQUIT }
