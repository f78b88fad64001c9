package gitrepo

import (
	"errors"
	"slices"
	"strings"

	"github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/go-git/go-git/v5/plumbing/object"

	"groundsill.example/internal/tree"
)

// libraryPublished is Published with go-git.
func (r Repo) libraryPublished(p tree.Path) (bool, error) {
	repo, err := r.library()
	if err != nil {
		return false, withoutGit(err)
	}
	tips, err := remoteTips(repo)
	if err != nil || len(tips) == 0 {
		return false, withoutGit(err)
	}
	head, err := headCommit(repo)
	if err != nil {
		return false, withoutGit(err)
	}
	for _, tip := range tips {
		commits := []*object.Commit{tip}
		if head != nil {
			bases, err := head.MergeBase(tip)
			if err != nil {
				return false, withoutGit(err)
			}
			commits = append(commits, bases...)
		}
		if held, err := anyHolds(commits, r.full(p)); held || err != nil {
			return held, withoutGit(err)
		}
	}
	return false, nil
}

// remoteTips returns the commits of the remote-tracking branches.
func remoteTips(repo *git.Repository) ([]*object.Commit, error) {
	refs, err := repo.References()
	if err != nil {
		return nil, err
	}
	var tips []*object.Commit
	err = refs.ForEach(func(ref *plumbing.Reference) error {
		if !ref.Name().IsRemote() || ref.Type() != plumbing.HashReference {
			return nil
		}
		if slices.ContainsFunc(tips, func(c *object.Commit) bool { return c.Hash == ref.Hash() }) {
			return nil
		}
		tip, err := repo.CommitObject(ref.Hash())
		if err == nil {
			tips = append(tips, tip)
		}
		return err
	})
	return tips, err
}

// anyHolds reports whether one of commits has a file called name.
func anyHolds(commits []*object.Commit, name string) (bool, error) {
	for _, c := range commits {
		root, err := c.Tree()
		if err != nil {
			return false, err
		}
		e, err := entryAt(root, name)
		if err != nil || e != nil && e.Mode != filemode.Dir {
			return e != nil, err
		}
	}
	return false, nil
}

// entryAt returns what is at a name in a tree, nil for nothing.
func entryAt(root *object.Tree, name string) (*object.TreeEntry, error) {
	for i := 0; ; i++ {
		above := strings.IndexByte(name[i:], '/')
		if above < 0 {
			break
		}
		i += above
		if dir, err := findEntry(root, name[:i]); dir == nil || dir.Mode != filemode.Dir {
			return nil, err
		}
	}
	return findEntry(root, name)
}

func findEntry(root *object.Tree, name string) (*object.TreeEntry, error) {
	e, err := root.FindEntry(name)
	if errors.Is(err, object.ErrEntryNotFound) || errors.Is(err, object.ErrDirectoryNotFound) {
		return nil, nil
	}
	return e, err
}
