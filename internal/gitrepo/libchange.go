package gitrepo

import (
	"path"
	"path/filepath"
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
