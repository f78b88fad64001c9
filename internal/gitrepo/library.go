package gitrepo

import (
	"errors"
	"fmt"

	"github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/object"
	"github.com/go-git/go-git/v5/plumbing/storer"

	"groundsill.example/internal/diag"
	"groundsill.example/internal/tree"
)

// library opens r with go-git.
func (r Repo) library() (*git.Repository, error) {
	return git.PlainOpenWithOptions(r.Root, &git.PlainOpenOptions{EnableDotGitCommonDir: true})
}

// libraryCommit commits with go-git, for machines without git. Hooks do not
// run and nothing is signed.
func libraryCommit(r Repo, files tree.Tree, o CommitOptions) (string, error) {
	if err := o.complete(); err != nil {
		return "", err
	}
	if what := Merging(r); what != "" {
		return "", midway(what)
	}
	repo, err := r.library()
	if err != nil {
		return "", needsGit(err)
	}
	c := libraryChange{repo: repo, at: r}
	if err := c.prepare(files, o.Deleted); err != nil {
		return "", needsGit(err)
	}
	lock, err := r.lockIndex()
	if err != nil {
		return "", err
	}
	defer lock.close()
	if err := lock.replace(c.names, c.entries); err != nil {
		return "", needsGit(err)
	}
	hash, err := c.commit(o)
	if err != nil {
		return "", needsGit(err)
	}
	return hash, lock.commit()
}

// headCommit returns the commit at HEAD, nil where there is none.
func headCommit(repo *git.Repository) (*object.Commit, error) {
	head, err := repo.Head()
	if errors.Is(err, plumbing.ErrReferenceNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return repo.CommitObject(head.Hash())
}

func storeBlobs(store storer.EncodedObjectStorer, files tree.Tree) error {
	for p, f := range files.All() {
		if _, err := storeBlob(store, f.Data); err != nil {
			return fmt.Errorf("store %s: %w", p, err)
		}
	}
	return nil
}

// storeBlob stores the content of a file and returns its hash.
func storeBlob(store storer.EncodedObjectStorer, data []byte) (string, error) {
	var o plumbing.MemoryObject
	o.SetType(plumbing.BlobObject)
	if _, err := o.Write(data); err != nil {
		return "", err
	}
	hash, err := store.SetEncodedObject(&o)
	return hash.String(), err
}

// midway refuses a commit of some paths while something else is under way, as
// git does.
func midway(what string) error {
	return diag.New(diag.Environment, diag.Diagnostic{
		Code:    CodeFailed,
		Summary: "a " + what + " is under way, and git commits no single paths before it is finished",
		Hint:    "the files are in place: finish the " + what + " and commit them",
	})
}

// needsGit reports a repository that go-git cannot commit to. Errors that say
// what to do stay as they are.
func needsGit(err error) error {
	if known, ok := errors.AsType[*diag.Error](err); ok {
		return known
	}
	if errors.Is(err, git.ErrEmptyCommit) {
		return diag.New(diag.Environment, diag.Diagnostic{
			Code: "git-nothing", Summary: "there is nothing to commit", Hint: "git status",
		})
	}
	return diag.Wrap(diag.Environment, err, diag.Diagnostic{
		Code:    "git-absent",
		Summary: "no git is installed and the repository cannot be committed to without it",
		Hint:    "the files are in place; install git, then git add and git commit them",
	})
}

// withoutGit reports a repository that go-git cannot read.
func withoutGit(err error) error {
	if err == nil {
		return nil
	}
	if known, ok := errors.AsType[*diag.Error](err); ok {
		return known
	}
	return diag.Wrap(diag.Environment, err, diag.Diagnostic{
		Code:    "git-absent",
		Summary: "no git is installed and the repository cannot be understood without it",
		Hint:    "install git and run the command again",
	})
}
