package apply

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"

	"groundsill.example/internal/diag"
)

const (
	lockName     = "lock"
	lockAttempts = 100
)

// errHeld is what tryLock returns when another process has the lock.
var errHeld = errors.New("lock is held")

// lock is a file with the number of the process that holds it. The system
// knows who that is and takes the lock away from a process that dies, so two
// processes never both take over a lock that a third one left.
type lock struct {
	place place
	file  *os.File
	made  []string // the directories made for it, outermost first
	left  int      // the process that died with the lock; zero if none did
}

// errGone is what acquire returns when the directory it was to make the lock
// below is no longer where it was opened.
var errGone = diag.New(diag.Refused, diag.Diagnostic{
	Code: "locked", Summary: "another process removes what this one makes", Hint: "run the command again",
})

// acquire takes the lock of a place and makes the place if need be. A lock in
// other hands is a *diag.Error of class Refused with the code "locked".
func acquire(p place, o Options) (*lock, error) {
	l := &lock{place: p}
	for range lockAttempts {
		err := l.try(o)
		if err == nil {
			return l, nil
		}
		// Whoever gives a lock back removes the file, and the directory
		// when it is empty: then there is a new one to make.
		if !missing(err) {
			l.tidy()
			return nil, err
		}
	}
	l.tidy()
	return nil, errGone
}

func (l *lock) try(o Options) error {
	made, err := l.place.make()
	l.made = append(l.made, made...)
	name := l.place.at(lockName)
	if err != nil {
		return err
	}
	if err := l.place.regular(name); err != nil {
		return err
	}
	f, err := l.place.fs.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		return failed("open", l.place.show(name), err)
	}
	if err := l.take(f, name, o); err != nil {
		_ = f.Close() // nothing of worth is in it
		return err
	}
	return nil
}

// take locks the open file and writes our number into it, unless it is no
// longer the file of that name, or not a lock.
func (l *lock) take(f *os.File, name string, o Options) error {
	if err := tryLock(f); err != nil {
		if errors.Is(err, errHeld) {
			pid, _ := readPID(f)
			return locked(l.place, pid)
		}
		return failed("lock", l.place.show(name), err)
	}
	err := l.place.sameFile(f, name)
	if err == nil {
		err = l.sign(f, name, o)
	}
	if err != nil {
		l.abandon(f, name)
		return err
	}
	l.file = f
	return nil
}

// sign writes our number over that of a process that died.
func (l *lock) sign(f *os.File, name string, o Options) error {
	pid, err := readPID(f)
	if err != nil {
		return foreign(l.place.show(name))
	}
	if pid != 0 && pid != o.PID && o.Alive != nil && o.Alive(pid) {
		return locked(l.place, pid)
	}
	text := strconv.Itoa(o.PID) + "\n"
	if _, err := f.WriteAt([]byte(text), 0); err != nil {
		return failed("write", l.place.show(name), err)
	}
	if err := f.Truncate(int64(len(text))); err != nil {
		return failed("write", l.place.show(name), err)
	}
	l.left = pid
	return nil
}

// abandon removes a lock file that we hold and in which nothing is written.
func (l *lock) abandon(f *os.File, name string) {
	if info, err := f.Stat(); err == nil && info.Size() == 0 && l.place.sameFile(f, name) == nil {
		_ = l.place.fs.Remove(name)
	}
}

// release gives the lock back and removes it and the directories made for it,
// as far as nothing else is in them.
func (l *lock) release() {
	name := l.place.at(lockName)
	// On some systems an open file cannot be removed, on the others it must
	// be, so that nobody finds it free and still there.
	if l.place.fs.Remove(name) != nil {
		defer func() { _ = l.place.fs.Remove(name); l.tidy() }()
	}
	_ = l.file.Close()
	l.tidy()
}

// keep gives the lock back and leaves the file, for the next run to see that
// this one has left something.
func (l *lock) keep() { _ = l.file.Close() }

// tidy removes the directory of the lock and the ones made for it if they are
// empty.
func (l *lock) tidy() {
	_ = removeDir(l.place.fs, l.place.dir)
	for _, d := range slices.Backward(l.made) {
		_ = removeDir(l.place.fs, d)
	}
}

// regular refuses a name where something other than a regular file is.
func (p place) regular(name string) error {
	info, err := lstat(p.fs, name)
	if missing(err) {
		return nil
	}
	if err != nil {
		return failed("read", p.show(name), err)
	}
	if !info.Mode().IsRegular() {
		return foreign(p.show(name))
	}
	return nil
}

// sameFile fails as if name were missing when it is no longer the open file f.
func (p place) sameFile(f *os.File, name string) error {
	open, err := f.Stat()
	if err != nil {
		return failed("read", p.show(name), err)
	}
	named, err := lstat(p.fs, name)
	if err != nil {
		return failed("read", p.show(name), err)
	}
	if !os.SameFile(open, named) {
		return failed("lock", p.show(name), os.ErrNotExist)
	}
	return nil
}

// readPID returns the number in a lock file; zero if the file is empty.
func readPID(f io.ReaderAt) (int, error) {
	const longest = 32
	buf := make([]byte, longest)
	n, err := f.ReadAt(buf, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return 0, err
	}
	if n == 0 {
		return 0, nil
	}
	line, _, _ := strings.Cut(string(buf[:n]), "\n")
	return strconv.Atoi(line)
}

func locked(p place, pid int) error {
	who := "another process"
	if pid != 0 {
		who = fmt.Sprintf("process %d", pid)
	}
	return diag.New(diag.Refused, diag.Diagnostic{
		Code:    "locked",
		Summary: who + " is at work here and holds " + p.show(p.at(lockName)),
		Hint:    "wait until it has finished, then run the command again",
	})
}

func foreign(name string) error {
	return diag.New(diag.Refused, diag.Diagnostic{
		Code:    "not-ours",
		Summary: name + " is in the way and was not made by sill",
		Hint:    "move it aside and run the command again",
	})
}
