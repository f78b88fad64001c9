package apply

import (
	"context"
	"errors"
	"slices"

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
	if err := s.reopen(); err != nil {
		return err
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
		undone = s.reclose()
	}
	if undone == nil {
		return notAborted(err)
	}
	return both(err, undone)
}

// reopen makes the journal of the last run that of an unfinished one, with a
// sign beside it that this is an abort.
func (s *session) reopen() error {
	sign := s.state.at(abortName)
	err := wipe(s.state.fs, sign)
	if err == nil {
		err = write(s.state.fs, sign, nil, 0o666, false)
	}
	if err == nil {
		err = s.state.fs.Rename(s.state.at(lastName), s.state.at(journalName))
	}
	if err != nil {
		_ = wipe(s.state.fs, sign) // without a journal it says nothing
		return failed("write", s.state.show(sign), err)
	}
	return nil
}

// reclose takes reopen back.
func (s *session) reclose() error {
	file := s.state.at(lastName)
	err := failed("write", s.state.show(file), s.state.fs.Rename(s.state.at(journalName), file))
	if err == nil {
		_ = wipe(s.state.fs, s.state.at(abortName)) // without a journal it says nothing
	}
	return err
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
