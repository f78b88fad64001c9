package apply

import (
	"errors"
	"io/fs"
	"os"
	"runtime"
	"slices"

	"groundsill.example/internal/diag"
	"groundsill.example/internal/tree"
)

// giveUp rolls back a run that has failed because of err, and returns err, or
// an error that also names what could not be put back.
func (s *session) giveUp(j journal, err error) error {
	undone := s.rollBack(j)
	if undone == nil {
		undone = s.restored(j)
	}
	if undone == nil {
		undone = s.forget(j)
	}
	return both(err, undone)
}

// both returns the error of a run, and with it that of undoing it if there is
// one.
func both(err, undone error) error {
	if undone == nil {
		return err
	}
	stuck, ok := errors.AsType[*diag.Error](undone)
	if !ok {
		return errors.Join(err, undone)
	}
	return &diag.Error{Class: stuck.Class, Diagnostics: stuck.Diagnostics, Err: err}
}

// codeNotRestored is for a path that could not be put back.
const codeNotRestored = "not-restored"

// undo is the roll-back of a journal. Nothing that somebody else has put in a
// place meanwhile is ever overwritten; it is noted as stuck.
type undo struct {
	fs    FS
	area  place
	stuck diag.List
}

// rollBack puts back everything that the journal says and that has happened.
// Where that fails, it goes on with the rest and returns a *diag.Error with
// every path that is not restored. The journal stays.
func (s *session) rollBack(j journal) error {
	u := &undo{fs: s.dir, area: s.work(j.Beside)}
	return u.run(j)
}

// forget removes the journal of a run that is rolled back.
func (s *session) forget(j journal) error {
	file := s.state.at(journalName)
	if err := s.state.fs.Remove(file); err != nil {
		return failed("remove", s.state.show(file), err)
	}
	s.sweep(s.work(j.Beside), newDir, oldDir)
	_ = wipe(s.state.fs, s.state.at(abortName)) // without a journal it says nothing
	return nil
}

// restored tells the caller that the files are back.
func (s *session) restored(j journal) error {
	if s.options.Restored == nil {
		return nil
	}
	return s.options.Restored(j.Note)
}

func (u *undo) run(j journal) error {
	if err := u.prepare(); err != nil {
		for i, e := range j.Files {
			u.note(e.Path, i, err)
		}
		return u.stuck.Err(diag.Environment)
	}
	for i, e := range slices.Backward(j.Files) {
		u.takeBack(i, e)
	}
	for _, d := range slices.Backward(j.Made) {
		u.removeDir(d.Path)
	}
	for i, d := range slices.Backward(j.Gone) {
		u.makeDir(d.Path, j.mode(i))
	}
	for i, e := range slices.Backward(j.Files) {
		u.putBack(i, e)
	}
	return u.stuck.Err(diag.Environment)
}

// prepare makes sure that what is taken back has somewhere to go, and that no
// link stands there instead.
func (u *undo) prepare() error {
	for _, d := range []string{newDir, oldDir} {
		if _, err := u.area.sub(d).make(); err != nil {
			return err
		}
	}
	return nil
}

// takeBack moves a published file back to where it was staged.
func (u *undo) takeBack(i int, e entry) {
	if e.After == "" {
		return
	}
	if there, err := u.exists(staged(u.area, i)); there || err != nil {
		u.note(e.Path, i, err)
		return
	}
	info, err := lstat(u.fs, e.Path.String())
	if missing(err) {
		return
	}
	if err == nil {
		err = u.untouched(e, info)
	}
	if err == nil {
		err = u.fs.Rename(e.Path.String(), staged(u.area, i))
	}
	u.note(e.Path, i, err)
}

var (
	errChanged  = errors.New("somebody has changed it since")
	errOccupied = errors.New("something else is there now")
)

// untouched fails when a published file is no longer what was published.
func (u *undo) untouched(e entry, info fs.FileInfo) error {
	file, err := fileAt(u.fs, e.Path.String(), info)
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() || file.Digest() != e.After {
		return errChanged
	}
	return nil
}

// putBack moves an old file back to its place.
func (u *undo) putBack(i int, e entry) {
	there, err := u.exists(saved(u.area, i))
	if err == nil && !there {
		return
	}
	if err == nil {
		var occupied bool
		if occupied, err = u.exists(e.Path.String()); occupied {
			err = errOccupied
		}
	}
	if err == nil {
		err = u.fs.Rename(saved(u.area, i), e.Path.String())
	}
	u.note(e.Path, i, err)
}

// removeDir removes a directory that the run has made, unless somebody has put
// something into it.
func (u *undo) removeDir(d tree.Path) {
	err := removeDir(u.fs, d.String())
	if err != nil && emptyDir(u.fs, d.String()) {
		u.note(name{d}, -1, err)
	}
}

// makeDir makes a directory again that the run has removed.
func (u *undo) makeDir(d tree.Path, mode fs.FileMode) {
	there, err := u.exists(d.String())
	if err == nil && !there {
		err = u.fs.Mkdir(d.String(), 0o777)
	}
	if err == nil && mode != 0 {
		err = setMode(u.fs, d.String(), mode)
	}
	u.note(name{d}, -1, err)
}

// setMode gives a directory the permissions that it had.
func setMode(fsys FS, name string, mode fs.FileMode) error {
	info, err := lstat(fsys, name)
	if err != nil || !info.IsDir() || info.Mode().Perm() == mode || runtime.GOOS == "windows" {
		return err
	}
	f, err := fsys.OpenFile(name, os.O_RDONLY, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Chmod(mode), f.Close())
}

// mode returns the permissions that a directory of Gone had, zero if they are
// not known.
func (j *journal) mode(i int) fs.FileMode {
	if i >= len(j.Modes) {
		return 0
	}
	return fs.FileMode(j.Modes[i]).Perm()
}

func (u *undo) exists(file string) (bool, error) {
	_, err := lstat(u.fs, file)
	if missing(err) {
		return false, nil
	}
	return err == nil, err
}

// note remembers a path that is not as it was before the run.
func (u *undo) note(n name, i int, err error) {
	if err == nil {
		return
	}
	d := diag.Diagnostic{
		Code:    codeNotRestored,
		Summary: "could not be put back: " + bare(err).Error(),
		Hint:    "solve that, or move the file aside, and run the command again: it first goes on putting things back",
		At:      diag.Pos{File: n.String()},
	}
	if i >= 0 {
		d.Detail = "what was there before the run, if anything, is in " + u.area.show(saved(u.area, i))
	}
	u.stuck.Add(d)
}
