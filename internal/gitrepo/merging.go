package gitrepo

import (
	"context"
	"errors"
	"os"
	"path/filepath"
)

// Merging returns what is under way in r that git expects to be finished
// first, in git's word for it: merge, rebase, am, cherry-pick or revert. It is
// empty when nothing is.
func Merging(r Repo) string {
	for _, sign := range []struct{ name, what string }{
		{"rebase-merge", "rebase"},
		{"rebase-apply/applying", "am"},
		{"rebase-apply", "rebase"},
		{"MERGE_HEAD", "merge"},
		{"CHERRY_PICK_HEAD", "cherry-pick"},
		{"REVERT_HEAD", "revert"},
	} {
		if _, err := os.Lstat(filepath.Join(r.GitDir, filepath.FromSlash(sign.name))); err == nil {
			return sign.what
		}
	}
	return ""
}

var errReftable = errors.New("its references are in a form that only git reads")

// Head returns the hash of the commit that HEAD is at, and an empty string
// when there is none.
func Head(ctx context.Context, env Env, r Repo) (string, error) {
	_, hash, err := r.head()
	if err != nil || hash == "" || !isDir(filepath.Join(r.CommonDir, "reftable")) {
		return hash, err
	}
	git, ok := env.Git()
	if !ok {
		return "", withoutGit(errReftable)
	}
	return r.reader(env, git).run(ctx, "rev-parse", "--verify", "HEAD")
}
