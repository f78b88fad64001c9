//go:build unix

package contract

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"sync"
	"syscall"
	"time"
)

// The bytes that SQLite locks to write: in the shared-memory file of a database
// in WAL mode, and in the database itself otherwise.
const (
	walWriteByte = 120
	reservedByte = 0x40000001
)

// hold takes the lock of a writer, as BEGIN EXCLUSIVE on a second connection
// would, straight from the operating system.
func (q *sqlite) hold() (func(), error) {
	name, at := q.file()+"-shm", int64(walWriteByte)
	if _, err := os.Stat(name); errors.Is(err, fs.ErrNotExist) {
		name, at = q.file(), reservedByte
	}
	f, err := os.OpenFile(name, os.O_RDWR, 0) //nolint:gosec // the file is the suite's own
	if err != nil {
		return nil, err
	}
	lock := syscall.Flock_t{Type: syscall.F_WRLCK, Whence: io.SeekStart, Start: at, Len: 1}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	for {
		err = syscall.FcntlFlock(f.Fd(), syscall.F_SETLK, &lock)
		if err == nil {
			var once sync.Once
			return func() { once.Do(func() { _ = f.Close() }) }, nil
		}
		if ctx.Err() != nil {
			return nil, errors.Join(fmt.Errorf("lock %s: %w", name, err), f.Close())
		}
		pause(ctx, 5*time.Millisecond)
	}
}
