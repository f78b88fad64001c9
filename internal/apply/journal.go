package apply

import (
	"encoding/json"
	"io/fs"
	"strconv"
	"time"

	"groundsill.example/internal/diag"
	"groundsill.example/internal/tree"
)

const (
	journalName   = "journal"
	draftName     = "journal.new"
	lastName      = "last"
	abortName     = "aborting" // beside a journal: that of a finished run that is undone
	journalFormat = 1
	journalLimit  = 64 << 20
)

// journal says what a run is going to do, and is complete before the run does
// any of it. It does not say how far the run came, because the files show that:
// content that has left new/ is published, and what stands in old/ has been
// moved out of its place. So it is written once and never appended to, and
// undoing it twice is undoing it once.
//
// It is hostile input: it holds checked paths and no names of files to
// restore from; those follow from the index of an entry.
type journal struct {
	Format int      `json:"sill"`
	PID    int      `json:"pid"`
	Beside bool     `json:"beside,omitempty"` // staged in besideDir and not with the lock
	Mark   string   `json:"mark,omitempty"`   // Options.Mark
	Note   []byte   `json:"note,omitempty"`   // Options.Note
	Gone   []name   `json:"gone,omitempty"`   // directories to remove if empty, innermost first
	Modes  []uint32 `json:"modes,omitempty"`  // the permissions of Gone
	Made   []name   `json:"made,omitempty"`   // directories to make, outermost first
	Files  []entry  `json:"files"`
}

// entry is what happens to one path. Entry i is staged in new/i, and what was
// there before goes to old/i.
type entry struct {
	Path   name   `json:"path"`
	Before string `json:"before,omitempty"` // digest; empty when nothing was there
	After  string `json:"after,omitempty"`  // digest; empty when the path is deleted
	Exec   bool   `json:"exec,omitempty"`   // After is executable
}

// name is a path in a journal, checked when it is read.
type name struct{ tree.Path }

// MarshalText returns the path.
func (n name) MarshalText() ([]byte, error) { return []byte(n.String()), nil }

// UnmarshalText parses and checks a path.
func (n *name) UnmarshalText(text []byte) (err error) {
	n.Path, err = tree.ParsePath(string(text))
	return err
}

func names(paths []tree.Path) []name {
	out := make([]name, len(paths))
	for i, p := range paths {
		out[i] = name{p}
	}
	return out
}

// staged is where the new content of an entry waits.
func staged(work place, i int) string { return work.at(newDir, strconv.Itoa(i)) }

// saved is where the old file of an entry goes.
func saved(work place, i int) string { return work.at(oldDir, strconv.Itoa(i)) }

// readJournal returns the journal of an unfinished run, and nil if there is
// none.
func (s *session) readJournal() (*journal, *Recovery, error) {
	j, when, err := s.readFrom(journalName)
	if j == nil {
		return nil, nil, err
	}
	found := &Recovery{PID: j.PID, Paths: j.paths(), When: when}
	if _, err := lstat(s.state.fs, s.state.at(abortName)); err == nil {
		found.Abort, found.Note = true, j.Note
	} else if !missing(err) {
		return nil, nil, failed("read", s.state.show(s.state.at(abortName)), err)
	}
	return j, found, nil
}

// readFrom returns the journal in a file and when it was written, and nil if
// there is no such file.
func (s *session) readFrom(base string) (*journal, string, error) {
	if there, err := s.state.real(); !there {
		return nil, "", err
	}
	file := s.state.at(base)
	info, err := lstat(s.state.fs, file)
	if missing(err) {
		return nil, "", nil
	}
	if err != nil {
		return nil, "", failed("read", s.state.show(file), err)
	}
	if !info.Mode().IsRegular() || info.Size() > journalLimit {
		return nil, "", damaged(s.state.show(file), nil)
	}
	data, err := fs.ReadFile(s.state.fs.FS(), file)
	if err != nil {
		return nil, "", failed("read", s.state.show(file), err)
	}
	var j journal
	if err := json.Unmarshal(data, &j); err != nil || j.Format != journalFormat {
		return nil, "", damaged(s.state.show(file), err)
	}
	return &j, info.ModTime().UTC().Format(time.RFC3339), nil
}

// paths returns the paths that the run changes.
func (j *journal) paths() []tree.Path {
	paths := make([]tree.Path, len(j.Files))
	for i, e := range j.Files {
		paths[i] = e.Path.Path
	}
	return paths
}

// writeJournal puts the journal in its place, complete and on the disk.
func (s *session) writeJournal(j journal) error {
	data, err := json.Marshal(j)
	if err != nil {
		return err
	}
	draft, file := s.state.at(draftName), s.state.at(journalName)
	if err := write(s.state.fs, draft, data, 0o666, true); err != nil {
		return failed("write", s.state.show(draft), err)
	}
	return failed("write", s.state.show(file), s.state.fs.Rename(draft, file))
}

func damaged(file string, err error) error {
	return diag.Wrap(diag.Refused, err, diag.Diagnostic{
		Code:    "journal-damaged",
		Summary: file + " is not the journal of a run that this sill knows",
		Hint:    "compare the files with your last commit, then remove " + file,
	})
}
