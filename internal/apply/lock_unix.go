//go:build unix

package apply

import (
	"errors"
	"os"
	"syscall"
)

// tryLock locks f for this process alone, without waiting, until f is closed.
func tryLock(f *os.File) error {
	conn, err := f.SyscallConn()
	if err != nil {
		return err
	}
	var flockErr error
	err = conn.Control(func(fd uintptr) {
		flockErr = syscall.Flock(int(fd), syscall.LOCK_EX|syscall.LOCK_NB)
	})
	if errors.Is(flockErr, syscall.EWOULDBLOCK) {
		return errHeld
	}
	return errors.Join(err, flockErr)
}
