package gitrepo

import (
	"context"

	"groundsill.example/internal/tree"
)

// stagesOf returns the sides of a path in conflict as git keeps them, with the
// line endings that it keeps. All are nil for a path that is in none. A
// submodule among them is a [tree.Directory] without data.
func stagesOf(ctx context.Context, env Env, r Repo, p tree.Path) (base, ours, theirs *tree.File, err error) {
	entries, err := r.unmerged(ctx, env, r.specs([]tree.Path{p}))
	if err != nil {
		return nil, nil, nil, err
	}
	var sides [stageTheirs + 1]*tree.File
	for _, e := range entries {
		if e.Name != r.full(p) {
			continue
		}
		var data string
		if e.Mode != modeGitlink {
			if data, err = r.blob(ctx, env, e.Hash); err != nil {
				return nil, nil, nil, err
			}
		}
		sides[e.Stage] = e.treeFile(data)
	}
	return sides[stageBase], sides[stageOurs], sides[stageTheirs], nil
}

// blob returns the content of an object.
func (r Repo) blob(ctx context.Context, env Env, hash string) (string, error) {
	if git, ok := env.Git(); ok {
		return r.reader(env, git).output(ctx, "cat-file", "blob", hash)
	}
	return r.libraryBlob(hash)
}

// treeFile returns a blob of the index as a file.
func (e staged) treeFile(data string) *tree.File {
	f := &tree.File{Data: []byte(data), Mode: tree.Regular}
	switch e.Mode {
	case modeExec:
		f.Mode = tree.Executable
	case modeLink:
		f.Mode = tree.Symlink
	case modeGitlink:
		f.Mode, f.Data = tree.Directory, nil
	}
	return f
}
