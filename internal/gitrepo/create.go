package gitrepo

import (
	"context"
	"errors"
	"path/filepath"

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

// Commit adds exactly files to the repository r and commits them, and returns
// the hash. Paths are relative to where the search for r began, and the files
// lie there already. Where git is installed it does the work: hooks, signing
// and identity are its own, of o it heeds the message and the date, and what
// else is staged stays staged. Otherwise go-git commits, under the identity
// of o or of the user's configuration, and takes along what else is staged.
func Commit(ctx context.Context, env Env, r Repo, files tree.Tree, o CommitOptions) (string, error) {
	dir := filepath.Join(r.Root, filepath.FromSlash(r.Prefix))
	if git, ok := env.Git(); ok {
		return systemCommit(ctx, command{env: env, git: git, dir: dir}, files, o)
	}
	config, err := ReadConfig(env, r.Root)
	if err != nil {
		return "", err
	}
	return libraryCommit(r, files, o.from(config))
}
