package gitrepo

import (
	"context"
	"errors"
	"path/filepath"
	"slices"

	"groundsill.example/internal/diag"
	"groundsill.example/internal/tree"
)

// Create makes dir, which holds files, a repository with one commit of them,
// and returns its hash. What o leaves open comes from the user's
// configuration. Git runs only where that configuration needs it and git is
// there; otherwise the work is that of [InitCommit]. Without an identity the
// repository has no commit and the error has the code [CodeIdentity].
func Create(ctx context.Context, env Env, dir string, files tree.Tree, o CommitOptions) (string, error) {
	config, err := ReadConfig(env, dir)
	if err != nil {
		return "", err
	}
	git, installed := env.Git()
	if installed && (config.NeedsGit || !config.Verbatim(files)) {
		if o.Branch == "" {
			o.Branch = config.DefaultBranch
		}
		return createBySystem(ctx, command{env: env, git: git, dir: dir}, files, o)
	}
	o = o.from(config)
	hash, err := InitCommit(dir, files, o)
	if e, ok := errors.AsType[*diag.Error](err); ok && e.Code() == CodeIdentity {
		return "", errors.Join(Init(dir, o.Branch), err)
	}
	return hash, err
}

func createBySystem(ctx context.Context, c command, files tree.Tree, o CommitOptions) (string, error) {
	if err := absent(c.dir); err != nil {
		return "", err
	}
	if err := systemInit(ctx, c, o.branch()); err != nil {
		return "", err
	}
	return systemCommit(ctx, c, files, o)
}

// Init makes dir a repository without a commit, with HEAD on branch, which is
// main when empty. It runs nothing.
func Init(dir, branch string) error {
	r, err := begin(dir, branch)
	if err != nil {
		return err
	}
	return r.finish()
}

// InitCommit makes dir a repository with one commit of files, which dir
// already holds, and returns the hash of the commit. All of files are in it,
// those too that a .gitignore names. The content comes from files and is not
// read again; the index notes what they look like on disk, so git finds
// nothing to refresh. It runs nothing. When it fails there is no repository.
func InitCommit(dir string, files tree.Tree, o CommitOptions) (string, error) {
	if err := o.complete(); err != nil {
		return "", err
	}
	r, err := begin(dir, o.Branch)
	if err != nil {
		return "", err
	}
	hash, err := r.firstCommit(files, o)
	if err != nil {
		return "", r.undo(err)
	}
	return hash.String(), r.finish()
}

// Commit commits exactly files and o.Deleted on top of HEAD, as git commit
// --only does, and returns the hash. Paths are relative to where the search
// for r began, and on disk all is as the commit will have it. What else is
// staged stays staged. Where git is installed it does the work: hooks, signing
// and identity are its own, and of o it heeds the message and the date.
// Otherwise go-git commits, under the identity of o or of the user's
// configuration. When it fails the index is as it was.
func Commit(ctx context.Context, env Env, r Repo, files tree.Tree, o CommitOptions) (string, error) {
	git, ok := env.Git()
	if !ok {
		config, err := ReadConfig(env, r.Root)
		if err != nil {
			return "", err
		}
		return libraryCommit(r, files, o.from(config))
	}
	paths := make([]tree.Path, 0, files.Len()+len(o.Deleted))
	for p := range files.All() {
		paths = append(paths, p)
	}
	paths = append(paths, o.Deleted...)
	before, err := SaveIndex(ctx, env, r, paths)
	if err != nil {
		return "", err
	}
	if o.Deleted, err = r.known(ctx, r.reader(env, git), o.Deleted); err != nil {
		return "", err
	}
	dir := filepath.Join(r.Root, filepath.FromSlash(r.Prefix))
	hash, err := systemCommit(ctx, command{env: env, git: git, dir: dir}, files, o)
	if err != nil {
		if undone := RestoreIndex(context.WithoutCancel(ctx), env, r, before); undone != nil {
			err = errors.Join(err, undone)
		}
		return "", err
	}
	return hash, nil
}

// known returns those of paths that the index or HEAD holds: git refuses to
// commit the others.
func (r Repo) known(ctx context.Context, c command, paths []tree.Path) ([]tree.Path, error) {
	if len(paths) == 0 {
		return nil, nil
	}
	args := []string{"ls-files", "-z", "--cached"}
	if unborn, err := r.Unborn(); err != nil {
		return nil, err
	} else if !unborn {
		args = append(args, "--with-tree=HEAD")
	}
	names, err := c.records(ctx, append(args, r.specs(paths)...)...)
	if err != nil {
		return nil, err
	}
	held := make(map[string]bool, len(names))
	for _, name := range names {
		held[name] = true
	}
	return slices.DeleteFunc(slices.Clone(paths), func(p tree.Path) bool { return !held[r.full(p)] }), nil
}
