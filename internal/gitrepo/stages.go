package gitrepo

import (
	"context"
	"slices"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/object"

	"groundsill.example/internal/tree"
)

// Stages returns the paths in conflict below the prefix of r with what the
// index has of each side, as git would write it into the work tree. The order
// is that of [tree.Path.Compare].
func Stages(ctx context.Context, env Env, r Repo) ([]Unmerged, error) {
	entries, err := r.unmerged(ctx, env, r.everything())
	if err != nil {
		return nil, err
	}
	sides := map[tree.Path]*Unmerged{}
	for _, e := range entries {
		p, ok := r.local(e.Name)
		if !ok {
			continue
		}
		if sides[p] == nil {
			sides[p] = &Unmerged{Path: p}
		}
		f, err := r.content(ctx, env, e)
		if err != nil {
			return nil, err
		}
		switch e.Stage {
		case stageBase:
			sides[p].Base = f
		case stageOurs:
			sides[p].Ours = f
		case stageTheirs:
			sides[p].Theirs = f
		}
	}
	all := make([]Unmerged, 0, len(sides))
	for _, u := range sides {
		all = append(all, *u)
	}
	slices.SortFunc(all, func(a, b Unmerged) int { return a.Path.Compare(b.Path) })
	return all, nil
}

// content returns what an entry holds, as git would write it into the work
// tree, and a [tree.Directory] for a submodule. Without git there are no
// filters.
func (r Repo) content(ctx context.Context, env Env, e staged) (*tree.File, error) {
	f := &tree.File{Mode: tree.Regular}
	how := []string{"cat-file", "--filters", "--path=" + e.Name, e.Hash}
	switch e.Mode {
	case modeExec:
		f.Mode = tree.Executable
	case modeLink:
		f.Mode, how = tree.Symlink, []string{"cat-file", "blob", e.Hash}
	case modeGitlink:
		return &tree.File{Mode: tree.Directory}, nil
	}
	var data string
	var err error
	if git, ok := env.Git(); ok {
		data, err = r.reader(env, git).output(ctx, how...)
	} else {
		data, err = r.libraryBlob(e.Hash)
	}
	f.Data = []byte(data)
	return f, err
}

// libraryBlob returns the content of an object without git.
func (r Repo) libraryBlob(hash string) (string, error) {
	repo, err := r.library()
	if err != nil {
		return "", withoutGit(err)
	}
	blob, err := repo.BlobObject(plumbing.NewHash(hash))
	if err != nil {
		return "", withoutGit(err)
	}
	f := object.File{Blob: *blob}
	content, err := f.Contents()
	return content, withoutGit(err)
}

// Stage makes the index say of paths what is on disk, as git add would, for
// paths in conflict, for new ones and for those that are gone as well. All
// other entries of the index stay as they are.
func Stage(ctx context.Context, env Env, r Repo, paths []tree.Path) error {
	if len(paths) == 0 {
		return nil
	}
	git, ok := env.Git()
	if !ok {
		return r.libraryStage(env, paths)
	}
	c := r.writer(env, git)
	var b strings.Builder
	for _, p := range paths {
		b.WriteString(r.full(p) + "\x00")
	}
	c.stdin = b.String()
	_, err := c.output(ctx, "update-index", "-z", "--add", "--remove", "--replace", "--stdin")
	return err
}

// libraryStage is Stage without git.
func (r Repo) libraryStage(env Env, paths []tree.Path) error {
	config, err := ReadConfig(env, r.Root)
	if err != nil {
		return err
	}
	repo, err := r.library()
	if err != nil {
		return withoutGit(err)
	}
	ground := r.ground()
	names := make([]string, 0, len(paths))
	var entries []staged
	for _, p := range paths {
		name := r.full(p)
		names = append(names, name)
		info, there := ground.file(name)
		if !there {
			continue
		}
		data, mode, err := readForGit(r.disk(name), info)
		if err != nil {
			return err
		}
		hash, err := storeBlob(repo.Storer, r.clean(config, mode, data))
		if err != nil {
			return withoutGit(err)
		}
		entries = append(entries, staged{Name: name, Mode: mode, Hash: hash})
	}
	return r.libraryReplace(names, entries)
}
