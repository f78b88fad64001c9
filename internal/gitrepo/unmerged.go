package gitrepo

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"groundsill.example/internal/tree"
)

// Unmerged is a path in conflict: what it was, what the user has made of it,
// and what comes in. Nil is no file there. At least one is not nil.
type Unmerged struct {
	Path               tree.Path
	Base, Ours, Theirs *tree.File
}

// sides returns the files by their stage in the index.
func (u Unmerged) sides() [stageTheirs + 1]*tree.File {
	return [...]*tree.File{stageBase: u.Base, stageOurs: u.Ours, stageTheirs: u.Theirs}
}

// check refuses what cannot be in an index.
func (u Unmerged) check() error {
	none := true
	for _, f := range u.sides() {
		if f == nil {
			continue
		}
		none = false
		if _, ok := indexMode(f.Mode); !ok {
			return fmt.Errorf("note the conflict in %s: a %s has no place in the index", u.Path, f.Mode)
		}
	}
	if none {
		return fmt.Errorf("note the conflict in %s: it has no side", u.Path)
	}
	return nil
}

// indexMode returns the mode that a file has in the index.
func indexMode(m tree.Mode) (string, bool) {
	switch m {
	case tree.Regular:
		return modeFile, true
	case tree.Executable:
		return modeExec, true
	case tree.Symlink:
		return modeLink, true
	case tree.Directory, tree.Special:
	}
	return "", false
}

// SetUnmerged notes conflicts in the index, all at once: each path has the
// stages of its files and no other. The content goes into the repository as
// git add would put it there, line endings and filters included. All other
// entries of the index stay as they are.
func SetUnmerged(ctx context.Context, env Env, r Repo, conflicts []Unmerged) error {
	for _, u := range conflicts {
		if err := u.check(); err != nil {
			return err
		}
	}
	if len(conflicts) == 0 {
		return nil
	}
	git, ok := env.Git()
	if !ok {
		return r.librarySetUnmerged(env, conflicts)
	}
	c := r.writer(env, git)
	names := make([]string, 0, len(conflicts))
	var entries []staged
	for _, u := range conflicts {
		stored, err := c.store(ctx, r.full(u.Path), u)
		if err != nil {
			return err
		}
		names, entries = append(names, r.full(u.Path)), append(entries, stored...)
	}
	return c.replace(ctx, names, entries)
}

// store puts the sides of a conflict into the repository.
func (c command) store(ctx context.Context, name string, u Unmerged) ([]staged, error) {
	var entries []staged
	known := map[string]string{}
	for stage, f := range u.sides() {
		if f == nil {
			continue
		}
		mode, _ := indexMode(f.Mode)
		how := "--path=" + name
		if mode == modeLink {
			how = "--no-filters"
		}
		key := how + "\x00" + string(f.Data)
		if known[key] == "" {
			c.stdin = string(f.Data)
			hash, err := c.run(ctx, "hash-object", "-w", "--stdin", how)
			if err != nil {
				return nil, err
			}
			known[key] = hash
		}
		entries = append(entries, staged{Name: name, Stage: stage, Mode: mode, Hash: known[key]})
	}
	return entries, nil
}

// replace makes entries all that the index says of names.
func (c command) replace(ctx context.Context, names []string, entries []staged) error {
	none, err := c.noHash(ctx, entries)
	if err != nil {
		return err
	}
	var b strings.Builder
	for _, name := range names {
		fmt.Fprintf(&b, "0 %s\t%s\x00", none, name)
	}
	for _, e := range entries {
		fmt.Fprintf(&b, "%s %s %d\t%s\x00", e.Mode, e.Hash, e.Stage, e.Name)
	}
	c.stdin = b.String()
	_, err = c.output(ctx, "update-index", "-z", "--index-info")
	return err
}

// noHash returns the hash of nothing, which is as long as all hashes in this
// repository.
func (c command) noHash(ctx context.Context, entries []staged) (string, error) {
	if len(entries) > 0 {
		return strings.Repeat("0", len(entries[0].Hash)), nil
	}
	some, err := c.run(ctx, "hash-object", "--stdin")
	return strings.Repeat("0", len(some)), err
}

// UnmergedPaths returns the paths in conflict below the prefix of r, in the
// order of [tree.Path.Compare].
func UnmergedPaths(ctx context.Context, env Env, r Repo) ([]tree.Path, error) {
	entries, err := r.unmerged(ctx, env, r.everything())
	if err != nil {
		return nil, err
	}
	var paths []tree.Path
	for _, e := range entries {
		if p, ok := r.local(e.Name); ok {
			paths = append(paths, p)
		}
	}
	slices.SortFunc(paths, tree.Path.Compare)
	return slices.Compact(paths), nil
}

// GonePaths returns the paths in conflict below the prefix of r that neither
// side has any more: both have given the file another name. The order is that of
// [tree.Path.Compare].
func GonePaths(ctx context.Context, env Env, r Repo) ([]tree.Path, error) {
	entries, err := r.unmerged(ctx, env, r.everything())
	if err != nil {
		return nil, err
	}
	var paths []tree.Path
	for _, e := range entries {
		alone := !slices.ContainsFunc(entries, func(o staged) bool { return o.Name == e.Name && o.Stage != stageBase })
		if p, ok := r.local(e.Name); ok && alone {
			paths = append(paths, p)
		}
	}
	slices.SortFunc(paths, tree.Path.Compare)
	return paths, nil
}

// unmerged returns the entries of the index that are in conflict.
func (r Repo) unmerged(ctx context.Context, env Env, specs []string) ([]staged, error) {
	var entries []staged
	var err error
	if git, ok := env.Git(); ok {
		entries, err = r.reader(env, git).listed(ctx, append([]string{"--unmerged"}, specs...))
	} else {
		entries, err = r.libraryEntries()
	}
	return slices.DeleteFunc(entries, func(e staged) bool { return e.Stage == stageMerged }), err
}
