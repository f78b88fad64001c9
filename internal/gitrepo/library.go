package gitrepo

import (
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/format/index"
	"github.com/go-git/go-git/v5/plumbing/storer"

	"groundsill.example/internal/diag"
	"groundsill.example/internal/tree"
)

// libraryCommit commits files with go-git, for machines without git. Hooks do
// not run and nothing is signed.
func libraryCommit(r Repo, files tree.Tree, o CommitOptions) (string, error) {
	if err := o.complete(); err != nil {
		return "", err
	}
	repo, err := git.PlainOpenWithOptions(r.Root, &git.PlainOpenOptions{EnableDotGitCommonDir: true})
	if err != nil {
		return "", needsGit(err)
	}
	if err := stage(repo.Storer, r, files); err != nil {
		return "", err
	}
	work, err := repo.Worktree()
	if err != nil {
		return "", needsGit(err)
	}
	author, committer := o.signatures()
	hash, err := work.Commit(o.message(), &git.CommitOptions{Author: &author, Committer: &committer})
	if err != nil {
		return "", needsGit(err)
	}
	return hash.String(), nil
}

// objectStore is what staging needs of a repository.
type objectStore interface {
	storer.EncodedObjectStorer
	storer.IndexStorer
}

// stage stores files and puts them into the index.
func stage(store objectStore, r Repo, files tree.Tree) error {
	idx, err := store.Index()
	if err != nil {
		return needsGit(err)
	}
	blobs, err := newBlobs(filepath.Join(r.Root, filepath.FromSlash(r.Prefix)), files)
	if err != nil {
		return err
	}
	known := make(map[string]*index.Entry, len(idx.Entries))
	for _, e := range idx.Entries {
		known[e.Name] = e
	}
	for _, b := range blobs {
		b.entry.Name = path.Join(r.Prefix, b.entry.Name)
		if old, ok := known[b.entry.Name]; ok {
			*old = *b.entry
			continue
		}
		idx.Entries = append(idx.Entries, b.entry)
	}
	slices.SortFunc(idx.Entries, func(a, b *index.Entry) int { return strings.Compare(a.Name, b.Name) })
	if err := storeBlobs(store, files); err != nil {
		return needsGit(err)
	}
	if err := store.SetIndex(idx); err != nil {
		return needsGit(err)
	}
	return nil
}

func storeBlobs(store storer.EncodedObjectStorer, files tree.Tree) error {
	for p, f := range files.All() {
		var o plumbing.MemoryObject
		o.SetType(plumbing.BlobObject)
		if _, err := o.Write(f.Data); err != nil {
			return fmt.Errorf("store %s: %w", p, err)
		}
		if _, err := store.SetEncodedObject(&o); err != nil {
			return fmt.Errorf("store %s: %w", p, err)
		}
	}
	return nil
}

// needsGit reports a repository that go-git cannot commit to.
func needsGit(err error) error {
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
