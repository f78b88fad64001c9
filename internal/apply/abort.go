package apply

import (
	"context"
	"errors"
	"io/fs"
	"runtime"
	"slices"
	"syscall"

	"groundsill.example/internal/diag"
	"groundsill.example/internal/tree"
)

// LastRun is the last finished run on a target, as long as it can be undone.
type LastRun struct {
	Paths []tree.Path // its changes, in the order of the plan
	When  string      // RFC 3339, when it began to publish
	Mark  string      // Options.Mark of the run
	Note  []byte      // Options.Note of the run
}

// Undone is what Abort did. Every list is in the order of the plan that is
// undone.
type Undone struct {
	Dir       string
	Restored  []tree.Path // have what was there before the run
	Removed   []tree.Path // are gone again
	Mark      string      // Options.Mark of the run
	Note      []byte      // Options.Note of the run
	Recovered *Recovery   // nil unless a run or an abort had crashed
}

// Last returns the last finished run on t, and whether there is one to undo.
// It writes nothing.
func Last(t Target) (LastRun, bool, error) {
	s, err := look(t, Options{})
	if err != nil {
		if missing(err) {
			err = nil
		}
		return LastRun{}, false, err
	}
	defer s.close()
	j, when, err := s.readFrom(lastName)
	if j == nil {
		return LastRun{}, false, err
	}
	return LastRun{Paths: j.paths(), When: when, Mark: j.Mark, Note: j.Note}, true, nil
}

// Abort undoes the last finished run on t: every file, mode and directory is
// what it was before that run. What has come into a directory that the run
// made stays there, with the directory. A file that is no longer what the run
// made of it is not touched: then nothing is undone, and the error, of class
// Refused with the code "abort-edited", names every such path. (A new file
// that somebody has removed since is as good as undone.) Without a run to undo
// the error has the code "abort-nothing".
//
// After any error the directory is as it was before the call, or the error
// names the paths that are not. After a crash it is as if the abort had not
// begun, or the next run or [Recover] completes it. An unfinished run is
// rolled back first, and then there is no run to undo.
func Abort(ctx context.Context, t Target, o Options) (Undone, error) {
	u := Undone{Dir: t.Dir}
	s, err := open(t, o)
	if err != nil {
		return u, err
	}
	defer s.close()
	if u.Recovered, err = s.recover(); err != nil {
		return u, err
	}
	j, _, err := s.readFrom(lastName)
	if err != nil {
		return u, err
	}
	if j == nil {
		return u, nothingToAbort()
	}
	if err := s.abort(ctx, *j); err != nil {
		return u, err
	}
	u.Mark, u.Note = j.Mark, j.Note
	for _, e := range j.Files {
		if e.Before == "" {
			u.Removed = append(u.Removed, e.Path.Path)
		} else {
			u.Restored = append(u.Restored, e.Path.Path)
		}
	}
	return u, nil
}

func nothingToAbort() error {
	return diag.New(diag.Refused, diag.Diagnostic{
		Code:    "abort-nothing",
		Summary: "there is no run to undo here",
		Hint:    "only the last run can be undone, once; git diff and git restore take back what is older",
	})
}

// abort makes the finished run an unfinished one and rolls that back. When
// that fails, it does the run again.
func (s *session) abort(ctx context.Context, j journal) error {
	if err := interrupted(ctx); err != nil {
		return err
	}
	if err := s.untouched(j); err != nil {
		return err
	}
	last, file := s.state.at(lastName), s.state.at(journalName)
	if err := s.state.fs.Rename(last, file); err != nil {
		return failed("write", s.state.show(file), err)
	}
	err := s.rollBack(j)
	if err == nil {
		err = s.restored(j)
	}
	if err == nil {
		err = s.forget(j)
	}
	if err == nil {
		return nil
	}
	undone := s.redo(j)
	if undone == nil {
		if undone = s.state.fs.Rename(file, last); undone != nil {
			undone = failed("write", s.state.show(last), undone)
		}
	}
	if undone == nil {
		return notAborted(err)
	}
	return both(err, undone)
}

// notAborted turns the failure to put files back, which says how to go on,
// into one that says that nothing has happened.
func notAborted(err error) error {
	e, ok := errors.AsType[*diag.Error](err)
	if !ok || e.Code() != codeNotRestored {
		return err
	}
	found := slices.Clone(e.Diagnostics)
	for i := range found {
		found[i].Detail, found[i].Hint = "", "nothing is changed: solve that and run the command again"
	}
	return &diag.Error{Class: e.Class, Diagnostics: found, Err: e.Err}
}

// untouched fails when something is no longer what the run has left. It names
// every such path.
func (s *session) untouched(j journal) error {
	l := leftovers{fs: s.dir, area: s.work(j.Beside), files: map[string]bool{}, made: map[string]bool{}}
	for _, e := range j.Files {
		l.files[e.Path.String()] = e.After != ""
	}
	for _, d := range j.Made {
		l.made[d.String()] = true
	}
	var edited diag.List
	for i, e := range j.Files {
		how, err := l.check(i, e)
		if err != nil {
			return failed("read", e.Path.String(), err)
		}
		if how != "" {
			edited.Add(diag.Diagnostic{
				Code: "abort-edited", Summary: how,
				Hint: "nothing is changed: undo what was done since, or move the file aside, and run the command again",
				At:   diag.Pos{File: e.Path.String()},
			})
		}
	}
	return edited.Err(diag.Refused)
}

// leftovers compares what is on the disk with what a run has left there.
type leftovers struct {
	fs    FS
	area  place
	files map[string]bool // the paths of the run; true for a file that it wrote
	made  map[string]bool // the directories that it made
}

// check says how an entry is not what the run has left, empty if it is.
func (l leftovers) check(i int, e entry) (string, error) {
	how, err := l.kept(i, e)
	if how != "" || err != nil {
		return how, err
	}
	path := e.Path.String()
	above, err := l.above(path)
	if err != nil {
		return "", err
	}
	var info fs.FileInfo
	switch above {
	case dirThere:
		info, err = lstat(l.fs, path)
		if missing(err) {
			info, err = nil, nil
		}
	case dirAbsent:
	default:
		return "is below something that the run has not made", nil
	}
	if err != nil {
		return "", err
	}
	return l.compare(e, info)
}

// compare says how what is at the path of an entry is not what the run left.
func (l leftovers) compare(e entry, info fs.FileInfo) (string, error) {
	switch {
	case info == nil && e.After != "" && e.Before != "":
		return "is gone since the run", nil
	case info == nil:
		return "", nil
	case e.After == "" && info.IsDir() && l.made[e.Path.String()]:
		return "", nil
	case e.After == "":
		return "is there again since the run", nil
	case !info.Mode().IsRegular():
		return "has changed since the run", nil
	}
	file, err := fileAt(l.fs, e.Path.String(), info)
	if err != nil {
		return "", err
	}
	executable := e.Exec && runtime.GOOS != "windows" // which has no such bit
	if file.Digest() != e.After || (file.Mode == tree.Executable) != executable {
		return "has changed since the run", nil
	}
	return "", nil
}

// kept says what is wrong with the file that the run has replaced: it has to
// be the one that the run found.
func (l leftovers) kept(i int, e entry) (string, error) {
	name := saved(l.area, i)
	there, err := l.area.sub(oldDir).real()
	if err != nil {
		return "", err
	}
	var info fs.FileInfo
	if there {
		info, err = lstat(l.fs, name)
	}
	switch {
	case missing(err):
		info = nil
	case err != nil:
		return "", err
	}
	const lost = "is not kept as it was before the run"
	if info == nil || e.Before == "" {
		if (info == nil) == (e.Before == "") {
			return "", nil
		}
		return lost, nil
	}
	file, err := fileAt(l.fs, name, info)
	if err != nil || file.Digest() != e.Before {
		return lost, err
	}
	return "", nil
}

// above says what is on the way to a path: directories, or nothing, which is
// also a file that goes when the run is undone.
func (l leftovers) above(path string) (dirState, error) {
	for d := range prefixes(path) {
		if d == path {
			break
		}
		info, err := lstat(l.fs, d)
		switch {
		case missing(err), errors.Is(err, syscall.ENOTDIR):
			return dirAbsent, nil
		case err != nil:
			return 0, err
		case info.IsDir():
		case l.files[d]:
			return dirAbsent, nil
		default:
			return dirBlocked, nil
		}
	}
	return dirThere, nil
}

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
