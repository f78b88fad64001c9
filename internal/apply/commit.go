package apply

import (
	"context"
	"io/fs"
	"os"

	"groundsill.example/internal/diag"
	"groundsill.example/internal/plan"
	"groundsill.example/internal/tree"
)

// job is what a run has to do.
type job struct {
	moves []move
	gone  []tree.Path // directories to remove if empty, innermost first
	modes []uint32    // the permissions of gone
	made  []tree.Path // directories to make, outermost first
}

// move is one change of a file.
type move struct {
	change plan.Change
	before fs.FileInfo // nil: nothing is there
}

func (m move) path() string { return m.change.Path.String() }

// writes reports whether a file is at the path afterwards.
func (m move) writes() bool { return m.change.Action != plan.Delete }

// commit checks, stages and publishes the changes, or leaves everything as it
// was.
func (s *session) commit(ctx context.Context, changes []plan.Change) error {
	if err := interrupted(ctx); err != nil {
		return err
	}
	j, err := survey(s.dir, changes)
	if err != nil {
		return err
	}
	if len(j.moves) == 0 {
		return s.finish()
	}
	area, log := s.work(s.beside), j.journal(s.options, s.beside)
	if err := s.stage(ctx, area, j, log); err != nil {
		_ = wipe(s.state.fs, s.state.at(draftName))
		s.sweep(area, newDir, oldDir)
		return err
	}
	if err := s.publish(ctx, area, j); err != nil {
		return s.giveUp(log, err)
	}
	if emptyDir(s.dir, area.at(oldDir)) {
		s.sweep(area, oldDir)
	}
	s.sweep(area, newDir)
	return nil
}

func (j *job) journal(o Options, beside bool) journal {
	log := journal{
		Format: journalFormat, PID: o.PID, Beside: beside, Mark: o.Mark, Note: o.Note,
		Gone: names(j.gone), Modes: j.modes, Made: names(j.made),
	}
	for _, m := range j.moves {
		e := entry{Path: name{m.change.Path}, Before: m.change.Expect.Digest}
		if m.writes() {
			e.After, e.Exec = m.change.File.Digest(), m.change.File.Mode == tree.Executable
		}
		log.Files = append(log.Files, e)
	}
	return log
}

// stage writes all new content and the journal. Nothing of the user's changes.
func (s *session) stage(ctx context.Context, area place, j *job, log journal) error {
	if err := s.prepare(area); err != nil {
		return err
	}
	err := each(ctx, len(j.moves), func(i int) error {
		m := j.moves[i]
		if !m.writes() {
			return nil
		}
		err := write(s.dir, staged(area, i), m.change.File.Data, perm(m.change.File.Mode), false)
		return failed("write", m.path(), err)
	})
	if err != nil {
		return err
	}
	return s.writeJournal(log)
}

// prepare removes what the last run has kept, and makes empty directories to
// stage in.
func (s *session) prepare(area place) error {
	for _, n := range []string{lastName, draftName, abortName} {
		if err := wipe(s.state.fs, s.state.at(n)); err != nil {
			return failed("remove", s.state.show(s.state.at(n)), err)
		}
	}
	if _, err := area.make(); err != nil {
		return err
	}
	for _, d := range []string{area.at(oldDir), area.at(newDir)} {
		if err := wipe(area.fs, d); err != nil {
			return failed("remove", area.show(d), err)
		}
		if err := area.fs.Mkdir(d, 0o777); err != nil {
			return failed("make", area.show(d), err)
		}
	}
	s.hide(area)
	return nil
}

// publish moves everything into place. The run is finished when its journal
// has the name of the last run's.
func (s *session) publish(ctx context.Context, area place, j *job) error {
	if err := s.move(ctx, area, j); err != nil {
		return err
	}
	if err := s.finish(); err != nil {
		return err
	}
	file := s.state.at(journalName)
	return failed("write", s.state.show(file), s.state.fs.Rename(file, s.state.at(lastName)))
}

// finish lets the caller do what belongs to the run.
func (s *session) finish() error {
	if s.options.Finish == nil {
		return nil
	}
	return s.options.Finish(s.root)
}

func (s *session) move(ctx context.Context, area place, j *job) error {
	if err := s.moveOut(ctx, area, j); err != nil {
		return err
	}
	for _, d := range j.gone {
		// A directory with other files in it stays.
		if err := removeDir(s.dir, d.String()); err != nil && emptyDir(s.dir, d.String()) {
			return failed("remove", d.String(), err)
		}
	}
	for _, d := range j.made {
		if err := s.makeDir(d); err != nil {
			return err
		}
	}
	return s.moveIn(ctx, area, j)
}

// moveOut moves the files that are replaced or deleted out of the way, unless
// one of them is not the file that was checked.
func (s *session) moveOut(ctx context.Context, area place, j *job) error {
	for i, m := range j.moves {
		if m.before == nil {
			continue
		}
		if err := interrupted(ctx); err != nil {
			return err
		}
		now, err := lstat(s.dir, m.path())
		if missing(err) || err == nil && !sameState(m.before, now) {
			return diag.New(diag.Stale, staleAt(m.change.Path, "has changed during the run"))
		}
		if err == nil {
			err = s.dir.Rename(m.path(), saved(area, i))
		}
		if err != nil {
			return failed("replace", m.path(), err)
		}
	}
	return nil
}

// moveIn moves the new files to places where nothing is.
func (s *session) moveIn(ctx context.Context, area place, j *job) error {
	for i, m := range j.moves {
		if !m.writes() {
			continue
		}
		if err := interrupted(ctx); err != nil {
			return err
		}
		_, err := lstat(s.dir, m.path())
		if err == nil {
			return diag.New(diag.Stale, staleAt(m.change.Path, "has appeared during the run"))
		}
		if missing(err) {
			err = s.dir.Rename(staged(area, i), m.path())
		}
		if err != nil {
			return failed("write", m.path(), err)
		}
	}
	return nil
}

func (s *session) makeDir(d tree.Path) error {
	err := s.dir.Mkdir(d.String(), 0o777)
	if err == nil {
		return nil
	}
	if info, lerr := lstat(s.dir, d.String()); lerr == nil && info.IsDir() {
		return nil
	}
	return failed("make", d.String(), err)
}

// sameState reports whether a file is, as far as its directory entry tells,
// the one that was there before.
func sameState(before, now fs.FileInfo) bool {
	return os.SameFile(before, now) && before.Size() == now.Size() &&
		before.Mode() == now.Mode() && before.ModTime().Equal(now.ModTime())
}
