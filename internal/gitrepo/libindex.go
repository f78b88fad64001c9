package gitrepo

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"groundsill.example/internal/diag"
)

// readIndex returns the index of r, read without git.
func (r Repo) readIndex() (indexFile, error) {
	data, err := readFile(filepath.Join(r.GitDir, "index"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return indexFile{}, fmt.Errorf("read the index: %w", err)
	}
	f, err := parseIndex(data)
	return f, withoutGit(err)
}

// libraryEntries returns what the index says, read without git.
func (r Repo) libraryEntries() ([]staged, error) {
	f, err := r.readIndex()
	if err != nil {
		return nil, err
	}
	entries := make([]staged, len(f.entries))
	for i, e := range f.entries {
		entries[i] = e.staged()
	}
	return entries, nil
}

// libraryReplace makes entries all that the index says of names, without git.
func (r Repo) libraryReplace(names []string, entries []staged) error {
	raw := make([]indexEntry, len(entries))
	for i, e := range entries {
		var err error
		if raw[i], err = indexEntryOf(e); err != nil {
			return withoutGit(err)
		}
	}
	lock, err := r.lockIndex()
	if err != nil {
		return err
	}
	defer lock.close()
	if err := lock.replace(names, raw); err != nil {
		return err
	}
	return lock.commit()
}

// indexLock is the new index of a repository, beside the one that counts. Git
// leaves an index alone while it is there.
type indexLock struct {
	repo Repo
	file *os.File
}

func (r Repo) lockIndex() (*indexLock, error) {
	mode := fileMode
	if info, err := os.Stat(filepath.Join(r.GitDir, "index")); err == nil {
		mode = info.Mode().Perm()
	}
	name := filepath.Join(r.GitDir, "index.lock")
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode) //nolint:gosec // The name is git's.
	if errors.Is(err, fs.ErrExist) {
		return nil, diag.New(diag.Environment, diag.Diagnostic{
			Code:    CodeFailed,
			Summary: "another git process is at work in this repository, or has died and left " + name,
			Hint:    "wait until it has finished; if there is none, remove the file",
		})
	}
	if err != nil {
		return nil, fmt.Errorf("lock the index: %w", err)
	}
	return &indexLock{r, f}, nil
}

// replace writes an index in which entries are all there is of names.
func (l *indexLock) replace(names []string, entries []indexEntry) error {
	f, err := l.repo.readIndex()
	if err != nil {
		return err
	}
	gone := make(map[string]bool, len(names))
	for _, name := range names {
		gone[name] = true
	}
	f.entries = slices.DeleteFunc(f.entries, func(e indexEntry) bool { return gone[e.name] })
	f.entries = append(f.entries, entries...)
	if _, err := l.file.Write(f.format()); err != nil {
		return fmt.Errorf("write the index: %w", err)
	}
	return nil
}

// commit makes the new index the one that counts.
func (l *indexLock) commit() error {
	if err := l.file.Close(); err != nil {
		return fmt.Errorf("write the index: %w", err)
	}
	name := l.file.Name()
	l.file = nil
	if err := os.Rename(name, filepath.Join(l.repo.GitDir, "index")); err != nil {
		return errors.Join(fmt.Errorf("write the index: %w", err), os.Remove(name))
	}
	return nil
}

// close gives up a new index that was not committed.
func (l *indexLock) close() {
	if l.file == nil {
		return
	}
	_ = l.file.Close()
	_ = os.Remove(l.file.Name())
}
