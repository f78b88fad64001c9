//go:build unix

package dbserver

import (
	"errors"
	"os"
	"os/exec"
	"os/user"
	"strconv"
	"syscall"
)

// owner is who runs a server: who runs this program, or for root somebody else.
type owner struct{ credential *syscall.Credential }

// unprivileged returns who is to run a server: root may not.
func unprivileged(names ...string) (owner, error) {
	if os.Getuid() != 0 {
		return owner{}, nil
	}
	for _, name := range append(names, "nobody") {
		found, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, uidErr := strconv.ParseUint(found.Uid, 10, 32)
		gid, gidErr := strconv.ParseUint(found.Gid, 10, 32)
		if uidErr == nil && gidErr == nil {
			return owner{&syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}, nil
		}
	}
	return owner{}, errors.New("root may not run a database server, and there is nobody else on this machine")
}

// own makes a command run as the owner, in a process group of its own so that
// Ctrl-C leaves the order of ending to this program.
func (o owner) own(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: o.credential, Setpgid: true}
}

// give makes a directory the owner's.
func (o owner) give(dir string) error {
	if o.credential == nil {
		return nil
	}
	return os.Chown(dir, int(o.credential.Uid), int(o.credential.Gid))
}
