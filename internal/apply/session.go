package apply

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
)

// Where files wait. With git this is below the git directory; where that is
// not below the target, a rename from there could cross a file system and would
// leave the handle of the target, so the files wait in besideDir.
const (
	besideDir = ".sill/tmp"
	newDir    = "new"
	oldDir    = "old"

	// ignoreName keeps git from seeing what stays in besideDir.
	ignoreName = ".gitignore"
)

// session is one run on an existing target: its open directories and its lock.
type session struct {
	options Options
	dir     FS     // the target
	root    string // its absolute path
	state   place  // lock and journal
	beside  bool   // files wait in besideDir
	lock    *lock
}

// look opens the directories of t for reading.
func look(t Target, o Options) (*session, error) {
	dir, err := o.open(t.Dir)
	if err != nil {
		return nil, err
	}
	s := &session{options: o, dir: dir, root: t.Dir}
	if rel, ok := below(t.Dir, t.State); ok && rel != "." {
		s.state = place{dir, t.Dir, rel}
		return s, nil
	}
	above, err := o.nearest(filepath.Dir(t.State))
	if err != nil {
		_ = dir.Close()
		return nil, err
	}
	s.beside, s.state = true, above.sub(filepath.Base(t.State))
	return s, nil
}

// open opens the directories of t and takes the lock.
func open(t Target, o Options) (*session, error) {
	s, err := look(t, o)
	if err != nil {
		return nil, err
	}
	if s.lock, err = acquire(s.state, o); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

func (s *session) close() {
	if s.lock != nil {
		s.lock.release()
	}
	if s.state.fs != s.dir {
		_ = s.state.fs.Close()
	}
	_ = s.dir.Close()
}

// work is where files wait.
func (s *session) work(beside bool) place {
	if beside {
		return place{s.dir, s.root, besideDir}
	}
	return place{s.dir, s.root, s.state.dir}
}

// inspect reports what a journal that nobody works on says.
func (s *session) inspect() (*Recovery, error) {
	_, found, err := s.readJournal()
	if found == nil {
		return nil, err
	}
	held, err := s.held()
	if held || err != nil {
		return nil, err
	}
	// A run that has finished since then has taken its journal away.
	if _, err := lstat(s.state.fs, s.state.at(journalName)); missing(err) {
		return nil, nil
	}
	return found, nil
}

// held reports whether a process has the lock.
func (s *session) held() (bool, error) {
	file := s.state.at(lockName)
	f, err := s.state.fs.OpenFile(file, os.O_RDONLY, 0)
	if missing(err) {
		return false, nil
	}
	if err != nil {
		return false, failed("open", s.state.show(file), err)
	}
	defer func() { _ = f.Close() }()
	switch err := tryLock(f); {
	case errors.Is(err, errHeld):
		return true, nil
	default:
		return false, failed("lock", s.state.show(file), err)
	}
}

// recover rolls back an unfinished run, or goes on with an unfinished abort.
func (s *session) recover() (*Recovery, error) {
	j, found, err := s.readJournal()
	if j == nil {
		return nil, err
	}
	if err := s.rollBack(*j); err != nil {
		return nil, err
	}
	if err := s.restored(*j); err != nil {
		return nil, err
	}
	if err := s.forget(*j); err != nil {
		return nil, err
	}
	return found, nil
}

// sweep removes what no run needs any more. What it cannot remove is litter and
// not a failure: the next run tries again, and says so if it is in its way.
func (s *session) sweep(work place, names ...string) {
	for _, n := range names {
		_ = wipe(work.fs, work.at(n))
	}
	if work.dir != besideDir {
		return
	}
	if only(s.dir, work.dir, ignoreName) {
		_ = wipe(work.fs, work.at(ignoreName))
	}
	_ = removeDir(work.fs, work.dir)
	_ = removeDir(work.fs, path.Dir(work.dir))
}

// hide makes git ignore what is in besideDir, also when the run dies there. A
// repository where it cannot is one with litter and not a failure.
func (s *session) hide(work place) {
	if work.dir != besideDir || emptyDir(s.dir, work.dir) {
		return
	}
	_ = wipe(work.fs, work.at(ignoreName)) // a run that died may not have written it to the end
	f, err := work.fs.OpenFile(work.at(ignoreName), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return
	}
	_, _ = f.WriteString("*\n")
	_ = f.Close()
}

// only reports whether name is a directory that holds one thing.
func only(fsys FS, name, thing string) bool {
	entries, err := fs.ReadDir(fsys.FS(), name)
	return err == nil && len(entries) == 1 && entries[0].Name() == thing
}

// emptyDir reports whether name is a directory with nothing in it.
func emptyDir(fsys FS, name string) bool {
	entries, err := fs.ReadDir(fsys.FS(), name)
	return err == nil && len(entries) == 0
}
