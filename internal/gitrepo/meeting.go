package gitrepo

import (
	"context"
	"errors"
	"io/fs"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/go-git/go-git/v5/plumbing/object"

	"groundsill.example/internal/tree"
)

// Meeting is two commits that come together: what HEAD has, what comes in, and
// what both come from. Base is empty where they have nothing in common.
type Meeting struct{ Base, Ours, Theirs string }

// Underway returns the commits of the merge, cherry-pick, revert or step of a
// rebase that is under way in r, and false where none is, or a merge of more
// than two.
func Underway(ctx context.Context, env Env, r Repo) (Meeting, bool, error) {
	for _, way := range []struct {
		name    string
		picks   bool // one commit comes in, and not its history
		reverts bool
	}{
		{name: "MERGE_HEAD"},
		{name: "CHERRY_PICK_HEAD", picks: true},
		{name: "REVERT_HEAD", picks: true, reverts: true},
		{name: "REBASE_HEAD", picks: true},
	} {
		data, err := readFile(filepath.Join(r.GitDir, way.name))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		other := strings.Fields(string(data))
		if err != nil || len(other) != 1 || way.name == "REBASE_HEAD" && Merging(r) == "" {
			return Meeting{}, false, err
		}
		h, err := r.history(env)
		if err != nil {
			return Meeting{}, false, err
		}
		m := Meeting{Ours: "HEAD", Theirs: other[0]}
		if !way.picks {
			m.Base, err = h.base(ctx, m.Ours, m.Theirs)
			return m, err == nil, err
		}
		parents, err := h.parents(ctx, other[0])
		if len(parents) > 0 {
			m.Base = parents[0]
		}
		if way.reverts {
			m.Base, m.Theirs = m.Theirs, m.Base
		}
		return m, err == nil && m.Theirs != "", err
	}
	return Meeting{}, false, nil
}

// Merged returns the commits that came together in HEAD, and false where that
// is no merge of two.
func Merged(ctx context.Context, env Env, r Repo) (Meeting, bool, error) {
	if unborn, err := r.Unborn(); unborn || err != nil {
		return Meeting{}, false, err
	}
	h, err := r.history(env)
	if err != nil {
		return Meeting{}, false, err
	}
	parents, err := h.parents(ctx, "HEAD")
	const two = 2
	if err != nil || len(parents) != two {
		return Meeting{}, false, err
	}
	base, err := h.base(ctx, parents[0], parents[1])
	return Meeting{base, parents[0], parents[1]}, err == nil, err
}

// At returns the file at p in a commit, as git would write it into the work
// tree, and nil for none.
func At(ctx context.Context, env Env, r Repo, commit string, p tree.Path) (*tree.File, error) {
	h, err := r.history(env)
	if err != nil || commit == "" {
		return nil, err
	}
	e, there, err := h.entry(ctx, commit, r.full(p))
	if err != nil || !there {
		return nil, err
	}
	return r.content(ctx, env, e)
}

// history is what a repository knows of commits, by git or, where lib is set,
// without it.
type history struct {
	git command
	lib *git.Repository
}

func (r Repo) history(env Env) (history, error) {
	if git, ok := env.Git(); ok {
		return history{git: r.reader(env, git)}, nil
	}
	lib, err := r.library()
	return history{lib: lib}, withoutGit(err)
}

func (h history) commit(rev string) (*object.Commit, error) {
	hash, err := h.lib.ResolveRevision(plumbing.Revision(rev))
	if err != nil {
		return nil, withoutGit(err)
	}
	c, err := h.lib.CommitObject(*hash)
	return c, withoutGit(err)
}

// parents returns the parents of a commit, as far as this clone has them.
func (h history) parents(ctx context.Context, rev string) ([]string, error) {
	if h.lib == nil {
		out, err := h.git.run(ctx, "rev-list", "--parents", "--max-count=1", rev)
		if err != nil || out == "" {
			return nil, err
		}
		return strings.Fields(out)[1:], nil
	}
	c, err := h.commit(rev)
	if err != nil {
		return nil, err
	}
	var all []string
	for _, hash := range c.ParentHashes {
		all = append(all, hash.String())
	}
	return all, nil
}

// base returns the best common ancestor of two commits, "" for none.
func (h history) base(ctx context.Context, a, b string) (string, error) {
	if h.lib == nil {
		out, err := h.git.run(ctx, "merge-base", a, b)
		if exit, ok := errors.AsType[*exec.ExitError](err); ok && exit.ExitCode() == 1 {
			return "", nil
		}
		return out, err
	}
	one, err := h.commit(a)
	if err != nil {
		return "", err
	}
	other, err := h.commit(b)
	if err != nil {
		return "", err
	}
	bases, err := one.MergeBase(other)
	if err != nil || len(bases) == 0 {
		return "", withoutGit(err)
	}
	return bases[0].Hash.String(), nil
}

// entry returns what a commit has at a name, as an entry of the index would say
// it.
func (h history) entry(ctx context.Context, commit, name string) (staged, bool, error) {
	if h.lib == nil {
		records, err := h.git.records(ctx, "ls-tree", "-z", "--full-tree", commit, "--", name)
		if err != nil || len(records) == 0 {
			return staged{}, false, err
		}
		front, _, _ := strings.Cut(records[0], "\t")
		words := strings.Fields(front) // mode, kind, hash
		const count = 3
		if len(words) != count {
			return staged{}, false, unexpected("ls-tree", records[0])
		}
		return staged{Name: name, Mode: words[0], Hash: words[2]}, words[1] == "blob", nil
	}
	c, err := h.commit(commit)
	if err != nil {
		return staged{}, false, err
	}
	root, err := c.Tree()
	if err != nil {
		return staged{}, false, withoutGit(err)
	}
	e, err := entryAt(root, name)
	if err != nil || e == nil || e.Mode == filemode.Dir || e.Mode == filemode.Submodule {
		return staged{}, false, withoutGit(err)
	}
	modes := map[filemode.FileMode]string{filemode.Executable: modeExec, filemode.Symlink: modeLink}
	mode := modes[e.Mode]
	if mode == "" {
		mode = modeFile
	}
	return staged{Name: name, Mode: mode, Hash: e.Hash.String()}, true, nil
}
