//go:build unix

package dbserver

import (
	"os"
	"os/exec"
	"os/user"
	"strconv"
	"syscall"
)

// owner is who runs a server and has its data. The zero value is who runs this
// program.
type owner struct{ credential *syscall.Credential }

// unprivileged returns the owner of a server. Database servers refuse to be
// run by root, so for root somebody else does: the user of the product where
// there is one.
func unprivileged(k Kind) (owner, error) {
	if os.Getuid() != 0 {
		return owner{}, nil
	}
	for _, name := range []string{k.user, "nobody"} {
		found, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err := strconv.ParseUint(found.Uid, 10, 32)
		if err != nil {
			return owner{}, err
		}
		gid, err := strconv.ParseUint(found.Gid, 10, 32)
		return owner{&syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}, err
	}
	return owner{}, &NotInstalledError{Product: k.name, Reason: "root may not run it, and there is no other user"}
}

// own gives a file to the owner.
func (o owner) own(name string) error {
	if o.credential == nil {
		return nil
	}
	return os.Chown(name, int(o.credential.Uid), int(o.credential.Gid))
}

// run makes the owner the one who runs a command, in a process group of its
// own, so that a Ctrl-C in the terminal leaves the end to this program.
func (o owner) run(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: o.credential, Setpgid: true}
}

// killGroup ends a process and its group at once.
func killGroup(cmd *exec.Cmd) { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
