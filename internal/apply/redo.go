package apply

import (
	"errors"

	"groundsill.example/internal/diag"
)

// redo does again what a roll-back of j has undone, and returns a *diag.Error
// with every path where that fails. What the roll-back has not come to is left
// as it is.
func (s *session) redo(j journal) error {
	u := &undo{fs: s.dir, area: s.work(j.Beside)}
	for i, e := range j.Files {
		u.note(e.Path, i, u.outAgain(i, e))
	}
	for _, d := range j.Gone {
		_ = removeDir(u.fs, d.String()) // one with other files in it stays
	}
	for _, d := range j.Made {
		if there, err := u.exists(d.String()); err != nil || !there {
			u.note(d, -1, errors.Join(err, s.makeDir(d.Path)))
		}
	}
	for i, e := range j.Files {
		u.note(e.Path, i, u.inAgain(i, e))
	}
	if err := u.stuck.Err(diag.Environment); err != nil {
		return err
	}
	s.sweep(u.area, newDir)
	if emptyDir(s.dir, u.area.at(oldDir)) {
		s.sweep(u.area, oldDir)
	}
	s.hide(u.area)
	return nil
}

// outAgain moves an old file out of its place.
func (u *undo) outAgain(i int, e entry) error {
	if e.Before == "" {
		return nil
	}
	there, err := u.exists(saved(u.area, i))
	if there || err != nil {
		return err
	}
	return u.fs.Rename(e.Path.String(), saved(u.area, i))
}

// inAgain moves a new file back into its place.
func (u *undo) inAgain(i int, e entry) error {
	if e.After == "" {
		return nil
	}
	there, err := u.exists(staged(u.area, i))
	if !there || err != nil {
		return err
	}
	if occupied, err := u.exists(e.Path.String()); occupied || err != nil {
		return errors.Join(errOccupied, err)
	}
	return u.fs.Rename(staged(u.area, i), e.Path.String())
}
