package apply

import (
	"errors"
	"os"

	"golang.org/x/sys/windows"
)

// tryLock locks f for this process alone, without waiting, until f is closed.
// A lock on Windows keeps others from reading the bytes it covers, so it covers
// one byte far behind the number that they want to read.
func tryLock(f *os.File) error {
	const flags = windows.LOCKFILE_EXCLUSIVE_LOCK | windows.LOCKFILE_FAIL_IMMEDIATELY
	behind := &windows.Overlapped{OffsetHigh: 1}
	conn, err := f.SyscallConn()
	if err != nil {
		return err
	}
	var lockErr error
	err = conn.Control(func(h uintptr) {
		lockErr = windows.LockFileEx(windows.Handle(h), flags, 0, 1, 0, behind)
	})
	if errors.Is(lockErr, windows.ERROR_LOCK_VIOLATION) || errors.Is(lockErr, windows.ERROR_IO_PENDING) {
		return errHeld
	}
	return errors.Join(err, lockErr)
}
