package apply

import (
	"context"
	"errors"
	"io/fs"
	"path/filepath"

	"groundsill.example/internal/diag"
	"groundsill.example/internal/plan"
	"groundsill.example/internal/tree"
)

// Publish builds the target of p beside the absent directory t.Dir, lets
// o.Finish complete it, and gives it its name with one rename. It removes what
// a crashed run has left there first. After any error nothing is there, not
// even directories above that were made for it. What has taken the name
// meanwhile is not replaced: that is a *diag.Error of class Refused with the
// code "target-exists".
//
// t.State is not used: a directory of our own beside the target holds the lock
// and what is built.
func Publish(ctx context.Context, t Target, p plan.Plan, o Options) (Receipt, error) {
	r := Receipt{Dir: t.Dir}
	if err := allAbsent(p.Changes); err != nil {
		return r, err
	}
	if err := interrupted(ctx); err != nil {
		return r, err
	}
	b, err := newBuild(t.Dir, o)
	for range lockAttempts {
		if !errors.Is(err, errGone) {
			break
		}
		b, err = newBuild(t.Dir, o) // another run has failed and removed a directory above
	}
	if err != nil {
		return r, err
	}
	defer b.close()
	if r.Recovered, err = b.clean(); err != nil {
		return r, err
	}
	if err := b.run(ctx, p); err != nil {
		return r, err
	}
	r.list(p.Changes)
	return r, nil
}

// build is one run that makes a new target.
type build struct {
	options Options
	dir     string // the target, absolute
	target  string // the target, for the FS
	box     place  // beside the target: holds the lock and what is built
	built   place  // in the box, with the name of the target
	lock    *lock
}

// newBuild opens the directory above the target and takes the lock.
func newBuild(dir string, o Options) (*build, error) {
	up, err := o.nearest(filepath.Dir(dir))
	if err != nil {
		return nil, err
	}
	base := filepath.Base(dir)
	box := up.sub("." + base + ".sill-tmp")
	b := &build{options: o, dir: dir, target: up.at(base), box: box, built: box.sub(base)}
	if err = b.own(); err == nil {
		b.lock, err = acquire(b.box, o)
	}
	if err != nil {
		_ = up.fs.Close()
		return nil, err
	}
	return b, nil
}

// own refuses a directory of the name of ours that is not ours: one without a
// lock.
func (b *build) own() error {
	there, err := b.box.real()
	if !there {
		return err
	}
	entries, err := fs.ReadDir(b.box.fs.FS(), b.box.dir)
	if missing(err) {
		return nil
	}
	if err != nil {
		return failed("read", b.box.path(), err)
	}
	for _, e := range entries {
		if e.Name() == lockName {
			return nil
		}
	}
	if len(entries) > 0 {
		return foreign(b.box.path())
	}
	return nil
}

func (b *build) close() {
	// What could not be removed keeps its lock file, so that the next run
	// knows whose it is.
	if there, err := b.built.real(); there || err != nil {
		b.lock.keep()
	} else {
		b.lock.release()
	}
	_ = b.box.fs.Close()
}

// clean removes what a run that died with the lock has built.
func (b *build) clean() (*Recovery, error) {
	there, err := b.built.real()
	if err != nil || !there {
		return nil, err
	}
	if b.lock.left == 0 {
		return nil, foreign(b.built.path())
	}
	if err := b.built.wipe(); err != nil {
		return nil, failed("remove", b.built.path(), err)
	}
	return &Recovery{PID: b.lock.left}, nil
}

func (b *build) run(ctx context.Context, p plan.Plan) (err error) {
	if b.taken() {
		return b.exists()
	}
	defer func() {
		if err == nil {
			return
		}
		if cerr := b.built.wipe(); cerr != nil {
			err = errors.Join(err, failed("remove", b.built.path(), cerr))
		}
	}()
	if err := b.fill(ctx, p.Changes); err != nil {
		return err
	}
	if b.options.Finish != nil {
		if err := b.options.Finish(b.built.path()); err != nil {
			return err
		}
	}
	if err := interrupted(ctx); err != nil {
		return err
	}
	if err := b.box.fs.Rename(b.built.dir, b.target); err != nil {
		if b.taken() {
			return b.exists()
		}
		return failed("make", b.dir, err)
	}
	return nil
}

// fill writes the files of the plan into the staged directory.
func (b *build) fill(ctx context.Context, changes []plan.Change) error {
	var files []plan.Change
	var paths []tree.Path
	for _, c := range changes {
		if c.Action == plan.Create {
			files, paths = append(files, c), append(paths, c.Path)
		}
	}
	into := b.built
	if err := into.fs.Mkdir(into.dir, 0o777); err != nil {
		return failed("make", b.dir, err)
	}
	for _, d := range dirsAbove(paths) {
		if err := into.fs.Mkdir(into.at(d.String()), 0o777); err != nil {
			return failed("make", d.String(), err)
		}
	}
	return each(ctx, len(files), func(i int) error {
		c := files[i]
		err := write(into.fs, into.at(c.Path.String()), c.File.Data, perm(c.File.Mode), false)
		return failed("write", c.Path.String(), err)
	})
}

// taken reports whether something has the name of the target.
func (b *build) taken() bool {
	_, err := lstat(b.box.fs, b.target)
	return err == nil
}

func (b *build) exists() error {
	return diag.New(diag.Refused, diag.Diagnostic{
		Code:    "target-exists",
		Summary: b.dir + " exists",
		Hint:    "choose another name, or look at what is there and move it aside",
	})
}

// allAbsent fails when the plan was made for a directory with files in it.
func allAbsent(changes []plan.Change) error {
	var stale diag.List
	for _, c := range changes {
		if !c.Expect.Absent() {
			stale.Add(staleAt(c.Path, "is gone"))
		}
	}
	return stale.Err(diag.Stale)
}
