package gitrepo

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"groundsill.example/internal/diag"
	"groundsill.example/internal/tree"
)

const savedFormat = 1

// saved is what the index says of some paths, so that it can say so again.
type saved struct {
	Format  int      `json:"sill"`
	Names   []string `json:"names"` // relative to the root of the work tree
	Entries []staged `json:"entries,omitempty"`
}

// SaveIndex returns, for [RestoreIndex], what the index says of paths. The
// content of a file that is only in the index stays in the repository for as
// long as git keeps what nothing refers to, which is two weeks.
func SaveIndex(ctx context.Context, env Env, r Repo, paths []tree.Path) ([]byte, error) {
	s := saved{Format: savedFormat}
	for _, p := range paths {
		s.Names = append(s.Names, r.full(p))
	}
	var err error
	if s.Entries, err = r.entriesOf(ctx, env, s.Names); err != nil {
		return nil, err
	}
	return json.Marshal(s)
}

// ResaveIndex returns, for [RestoreIndex], what the index says by now of the
// paths of an earlier SaveIndex.
func ResaveIndex(ctx context.Context, env Env, r Repo, data []byte) ([]byte, error) {
	s, err := parseSaved(data)
	if err != nil {
		return nil, err
	}
	if s.Entries, err = r.entriesOf(ctx, env, s.Names); err != nil {
		return nil, err
	}
	return json.Marshal(s)
}

// RestoreIndex makes the index say of the paths of SaveIndex what it said
// then, flags included, and leaves all other entries as they are. It does not
// write where the index says so already. An entry made by git add
// --intent-to-add comes back if its file is there, so files come first.
func RestoreIndex(ctx context.Context, env Env, r Repo, data []byte) error {
	s, err := parseSaved(data)
	if err != nil {
		return err
	}
	if len(s.Names) == 0 {
		return nil
	}
	now, err := r.entriesOf(ctx, env, s.Names)
	if err != nil || slices.Equal(now, s.Entries) {
		return err
	}
	git, ok := env.Git()
	if !ok {
		return r.libraryReplace(s.Names, s.Entries)
	}
	c := r.writer(env, git)
	plain := slices.DeleteFunc(slices.Clone(s.Entries), func(e staged) bool { return e.Intent })
	if err := c.replace(ctx, s.Names, plain); err != nil {
		return err
	}
	return c.flag(ctx, r, s.Entries)
}

// parseSaved checks what SaveIndex has made and somebody has kept.
func parseSaved(data []byte) (saved, error) {
	var s saved
	err := json.Unmarshal(data, &s)
	ok := err == nil && s.Format == savedFormat
	for _, name := range s.Names {
		_, perr := tree.ParsePath(name)
		ok = ok && perr == nil
	}
	for _, e := range s.Entries {
		ok = ok && e.sound() && slices.Contains(s.Names, e.Name)
	}
	if ok {
		return s, nil
	}
	return saved{}, diag.Wrap(diag.Refused, err, diag.Diagnostic{
		Code:    "index-note",
		Summary: "the note of what the index was is damaged",
		Hint:    "git status shows the conflicts; git restore --staged takes them out of the index",
	})
}

// sound reports whether an entry has the form of one.
func (e staged) sound() bool {
	known := []string{modeFile, modeExec, modeLink, modeGitlink}
	const sha1, sha256 = 40, 64
	return slices.Contains(known, e.Mode) && e.Stage >= stageMerged && e.Stage <= stageTheirs &&
		(len(e.Hash) == sha1 || len(e.Hash) == sha256) && strings.Trim(e.Hash, "0123456789abcdef") == ""
}

// entriesOf returns what the index says of names, with all flags, in the
// order of the index.
func (r Repo) entriesOf(ctx context.Context, env Env, names []string) ([]staged, error) {
	if len(names) == 0 {
		return nil, nil
	}
	asked := make(map[string]bool, len(names))
	for _, name := range names {
		asked[name] = true
	}
	git, ok := env.Git()
	if !ok {
		entries, err := r.libraryEntries()
		return slices.DeleteFunc(entries, func(e staged) bool { return !asked[e.Name] }), err
	}
	c := r.reader(env, git)
	entries, err := c.listed(ctx, r.specsOf(names))
	if err != nil {
		return nil, err
	}
	entries = slices.DeleteFunc(entries, func(e staged) bool { return !asked[e.Name] })
	return entries, c.intents(ctx, r, entries)
}

// intents notes which entries are only intended. Git keeps them with the hash
// of an empty file, and tells them from one only in its status.
func (c command) intents(ctx context.Context, r Repo, entries []staged) error {
	suspects := map[string]int{}
	var names []string
	for i, e := range entries {
		if e.Stage == stageMerged && (e.Hash == emptySHA1 || e.Hash == emptySHA256) {
			suspects[e.Name] = i
			names = append(names, e.Name)
		}
	}
	if len(names) == 0 {
		return nil
	}
	records, err := c.status(ctx, r.specsOf(names))
	for _, record := range records {
		name, _, _ := parseStatus(record)
		if i, suspect := suspects[name]; suspect && strings.HasPrefix(record, "1 .A ") {
			entries[i].Intent = true
		}
	}
	return err
}

// The hashes of an empty file.
const (
	emptySHA1   = "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"
	emptySHA256 = "473a0f4c3be8a93681a267e3b1e9a7dcda1185436fe141f7749120a303721813"
)

// flag gives entries the flags that they had.
func (c command) flag(ctx context.Context, r Repo, entries []staged) error {
	ground := r.ground()
	for _, f := range []struct {
		has  func(staged) bool
		args []string
	}{
		{func(e staged) bool { return e.Assume }, []string{"update-index", "--assume-unchanged", "-z", "--stdin"}},
		{func(e staged) bool { return e.Skip }, []string{"update-index", "--skip-worktree", "-z", "--stdin"}},
		{func(e staged) bool {
			_, there := ground.file(e.Name)
			return e.Intent && there
		}, []string{"add", "--intent-to-add", "--force", "--pathspec-from-file=-", "--pathspec-file-nul"}},
	} {
		var b strings.Builder
		for _, e := range entries {
			if f.has(e) {
				b.WriteString(e.Name + "\x00")
			}
		}
		if c.stdin = b.String(); c.stdin == "" {
			continue
		}
		if _, err := c.output(ctx, f.args...); err != nil {
			return err
		}
	}
	return nil
}
