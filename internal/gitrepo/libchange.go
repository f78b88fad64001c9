package gitrepo

import (
	"errors"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/go-git/go-git/v5/plumbing/object"

	"groundsill.example/internal/tree"
)

// libraryChange is a commit of some paths on top of HEAD, made with go-git.
type libraryChange struct {
	repo    *git.Repository
	at      Repo
	parent  *object.Commit // nil for a first commit
	root    plumbing.Hash  // of the tree that is committed
	names   []string       // of all paths that change, as git has them
	entries []indexEntry   // of those that are there afterwards
}

// prepare stores all objects but the commit.
func (c *libraryChange) prepare(files tree.Tree, deleted []tree.Path) error {
	blobs, err := newBlobs(filepath.Join(c.at.Root, filepath.FromSlash(c.at.Prefix)), files)
	if err != nil {
		return err
	}
	if err := storeBlobs(c.repo.Storer, files); err != nil {
		return err
	}
	edits := map[string]*object.TreeEntry{}
	for _, p := range deleted {
		c.names = append(c.names, c.at.full(p))
		edits[c.at.full(p)] = nil
	}
	for _, b := range blobs {
		b.entry.Name = path.Join(c.at.Prefix, b.entry.Name)
		c.names, c.entries = append(c.names, b.entry.Name), append(c.entries, indexEntryWith(b.entry))
		edits[b.entry.Name] = &object.TreeEntry{Name: path.Base(b.entry.Name), Mode: b.mode, Hash: b.file.hash}
	}
	if c.parent, err = headCommit(c.repo); err != nil {
		return err
	}
	base := &object.Tree{}
	if c.parent != nil {
		if base, err = c.parent.Tree(); err != nil {
			return err
		}
	}
	c.root, err = c.edit(base, edits)
	if err == nil && c.parent != nil && c.root == c.parent.TreeHash {
		return git.ErrEmptyCommit
	}
	return err
}

// edit stores the tree that base becomes by edits, whose names are relative to
// it. Nil takes an entry out. The hash is zero for a tree without entries.
func (c *libraryChange) edit(base *object.Tree, edits map[string]*object.TreeEntry) (plumbing.Hash, error) {
	entries := map[string]object.TreeEntry{}
	for _, e := range base.Entries {
		entries[e.Name] = e
	}
	below := map[string]map[string]*object.TreeEntry{}
	for name, e := range edits {
		switch dir, rest, deep := strings.Cut(name, "/"); {
		case deep && below[dir] == nil:
			below[dir] = map[string]*object.TreeEntry{rest: e}
		case deep:
			below[dir][rest] = e
		case e != nil:
			entries[name] = *e
		case entries[name].Mode != filemode.Dir:
			delete(entries, name)
		}
	}
	for dir, more := range below {
		hash, err := c.editBelow(entries[dir], more)
		if err != nil {
			return plumbing.ZeroHash, err
		}
		if !hash.IsZero() {
			entries[dir] = object.TreeEntry{Name: dir, Mode: filemode.Dir, Hash: hash}
		} else if entries[dir].Mode == filemode.Dir {
			delete(entries, dir)
		}
	}
	return c.storeTree(entries)
}

// editBelow edits a directory, which may not be one yet.
func (c *libraryChange) editBelow(dir object.TreeEntry, edits map[string]*object.TreeEntry) (plumbing.Hash, error) {
	base := &object.Tree{}
	if dir.Mode == filemode.Dir {
		var err error
		if base, err = c.repo.TreeObject(dir.Hash); err != nil {
			return plumbing.ZeroHash, err
		}
	}
	return c.edit(base, edits)
}

func (c *libraryChange) storeTree(entries map[string]object.TreeEntry) (plumbing.Hash, error) {
	if len(entries) == 0 {
		return plumbing.ZeroHash, nil
	}
	list := make([]object.TreeEntry, 0, len(entries))
	for _, e := range entries {
		list = append(list, e)
	}
	var o plumbing.MemoryObject
	o.SetType(plumbing.TreeObject)
	if _, err := o.Write(treeContent(list)); err != nil {
		return plumbing.ZeroHash, err
	}
	return c.repo.Storer.SetEncodedObject(&o)
}

// commit stores the commit and moves the branch, unless somebody else has
// moved it meanwhile.
func (c *libraryChange) commit(o CommitOptions) (string, error) {
	author, committer := o.signatures()
	made := object.Commit{Author: author, Committer: committer, Message: o.message(), TreeHash: c.root}
	if c.root.IsZero() {
		empty, err := c.storeEmpty()
		if err != nil {
			return "", err
		}
		made.TreeHash = empty
	}
	if c.parent != nil {
		made.ParentHashes = []plumbing.Hash{c.parent.Hash}
	}
	var memory plumbing.MemoryObject
	if err := made.Encode(&memory); err != nil {
		return "", err
	}
	hash, err := c.repo.Storer.SetEncodedObject(&memory)
	if err != nil {
		return "", err
	}
	return hash.String(), c.move(hash)
}

func (c *libraryChange) storeEmpty() (plumbing.Hash, error) {
	var o plumbing.MemoryObject
	o.SetType(plumbing.TreeObject)
	return c.repo.Storer.SetEncodedObject(&o)
}

func (c *libraryChange) move(to plumbing.Hash) error {
	head, err := c.repo.Reference(plumbing.HEAD, false)
	if err != nil {
		return err
	}
	name := head.Name()
	if head.Type() == plumbing.SymbolicReference {
		name = head.Target()
	}
	var old *plumbing.Reference
	if c.parent != nil {
		old = plumbing.NewHashReference(name, c.parent.Hash)
	}
	return c.repo.Storer.CheckAndSetReference(plumbing.NewHashReference(name, to), old)
}

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
