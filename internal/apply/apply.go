// Package apply is the only code that writes the user's files: it takes a lock,
// stages all content, moves it into place with renames, and puts everything back
// when one of them fails.
//
// It decides nothing. What is written, and what must be there before, is in the
// plan. Everything below a target goes through one handle of its directory, so
// no path and no link leads a write out of it.
package apply

import (
	"context"
	"errors"
	"io/fs"
	"os"

	"groundsill.example/internal/diag"
	"groundsill.example/internal/plan"
	"groundsill.example/internal/tree"
)

// Target is where a plan is applied.
type Target struct {
	Dir   string // absolute path of the plan's root on disk; may not exist
	State string // absolute path of the directory for lock, journal and staged files
}

// Options is what a run needs to know about its process. Only PID is required.
type Options struct {
	// PID is the number of this process; others are told who holds the lock.
	PID int
	// Alive asks for a second opinion about the process named in a lock that
	// nobody holds as far as this system can tell, for a directory that several
	// machines share. Nil: the locks of the system are the whole answer.
	Alive func(pid int) bool
	// Finish is called when every file is written and all of it can still be
	// taken back: by Publish on the complete staged directory before it gets
	// its name, by Run on the target itself. When it fails, the run has failed.
	// Nil does nothing.
	Finish func(dir string) error
	// Mark and Note are kept with a Run, and [Last] and [Abort] give them back.
	// What they mean is the caller's business.
	Mark string
	Note []byte
	// Restored is called when the files of a Run are back, with its Note, to take
	// back what Finish has done, if it came to that: by the Run, by Abort, and
	// by whatever rolls back a Run or completes an Abort that has crashed. It
	// may be called again after a crash. While it fails, the run is not undone.
	// Nil does nothing.
	Restored func(note []byte) error
	// Open opens a directory. Nil: os.OpenRoot.
	Open func(dir string) (FS, error)
}

// Receipt is what a run did. Every list is in the order of the plan.
type Receipt struct {
	Dir                             string
	Created, Updated, Deleted, Kept []tree.Path
	Recovered                       *Recovery // nil unless an earlier run had crashed
}

// Recovery is what a crashed run has left.
type Recovery struct {
	PID   int         // of the crashed run; zero if it is not known
	Paths []tree.Path // its changes, which are put back; none if it had published nothing
	When  string      // RFC 3339, when it began to publish; empty if it had not
	Abort bool        // the run had finished, and it was an Abort of it that crashed
	Note  []byte      // Options.Note of the run that the Abort undoes
}

// FS is a directory and what is below it. Names are slash-separated and
// relative, and no call leads out of the directory, whatever links say. An
// *os.Root is one.
type FS interface {
	// FS reads. It knows [fs.ReadLinkFS] and [fs.ReadDirFS].
	FS() fs.FS
	OpenFile(name string, flag int, perm fs.FileMode) (*os.File, error)
	Mkdir(name string, perm fs.FileMode) error
	Rename(oldname, newname string) error
	Remove(name string) error
	Close() error
}

// Run applies p to the existing directory t.Dir. It first rolls back what a
// crashed run has left, then checks what p expects, collecting every path that
// differs in one error of class Stale, and only then writes. After any error
// the directory is as it was, or the error names the paths that are not. The
// receipt tells of a roll-back even when there is an error.
//
// What the run replaced stays in t.State until the next run begins; until then
// [Abort] undoes the run.
func Run(ctx context.Context, t Target, p plan.Plan, o Options) (Receipt, error) {
	s, err := open(t, o)
	if err != nil {
		return Receipt{}, err
	}
	defer s.close()
	r := Receipt{Dir: t.Dir}
	if r.Recovered, err = s.recover(); err != nil {
		return r, err
	}
	err = s.commit(ctx, p.Changes)
	if e, ok := errors.AsType[*diag.Error](err); ok && e.Code() == codeCrossDevice {
		// The staged files are on another file system than the target after
		// all, and the run has been rolled back: stage inside the target.
		s.beside = true
		err = s.commit(ctx, p.Changes)
	}
	if err != nil {
		return r, err
	}
	r.list(p.Changes)
	return r, nil
}

// Check reports, as the error of [Run], why p cannot be applied to t as it is,
// and writes nothing. A directory that is not there refuses nothing.
func Check(t Target, p plan.Plan, o Options) error {
	dir, err := o.open(t.Dir)
	if err != nil {
		if missing(err) {
			err = nil
		}
		return err
	}
	defer func() { _ = dir.Close() }() // it was only read
	_, err = survey(dir, p.Changes)
	return err
}

// Inspect reports what a crashed run has left in t and writes nothing. It
// returns nil when there is nothing, and when the run is still at work.
func Inspect(t Target) (*Recovery, error) {
	s, err := look(t, Options{})
	if err != nil {
		if missing(err) {
			return nil, nil
		}
		return nil, err
	}
	defer s.close()
	return s.inspect()
}

// Recover rolls back what a crashed run has left in t. It returns nil when
// there was nothing to do.
func Recover(ctx context.Context, t Target, o Options) (*Recovery, error) {
	if err := interrupted(ctx); err != nil {
		return nil, err
	}
	if found, err := Inspect(t); found == nil {
		return nil, err
	}
	s, err := open(t, o)
	if err != nil {
		return nil, err
	}
	defer s.close()
	return s.recover()
}

// list notes what became of every path of the plan.
func (r *Receipt) list(changes []plan.Change) {
	for _, c := range changes {
		switch c.Action {
		case plan.Create:
			r.Created = append(r.Created, c.Path)
		case plan.Update:
			r.Updated = append(r.Updated, c.Path)
		case plan.Delete:
			r.Deleted = append(r.Deleted, c.Path)
		case plan.Keep:
			r.Kept = append(r.Kept, c.Path)
		}
	}
}
