package gitrepo

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/go-git/go-git/v5/plumbing/format/index"
	"github.com/go-git/go-git/v5/plumbing/object"

	"groundsill.example/internal/tree"
)

// blob is a file on its way into a repository.
type blob struct {
	path  string
	mode  filemode.FileMode
	file  packed
	entry *index.Entry
}

// newBlobs packs files, whose copies lie in dir, on all processors. The order
// is that of the tree.
func newBlobs(dir string, files tree.Tree) ([]blob, error) {
	type item struct {
		path tree.Path
		file tree.File
	}
	items := make([]item, 0, files.Len())
	for p, f := range files.All() {
		items = append(items, item{p, f})
	}
	blobs := make([]blob, len(items))
	workers := min(runtime.GOMAXPROCS(0), 1+len(items)/16)
	failures := make([]error, workers)
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			p, err := newPacker()
			for i := w; i < len(items) && err == nil; i += workers {
				blobs[i], err = p.blob(dir, items[i].path, items[i].file)
			}
			failures[w] = err
		})
	}
	wg.Wait()
	for _, err := range failures {
		if err != nil {
			return nil, err
		}
	}
	return blobs, nil
}

func (p *packer) blob(dir string, path tree.Path, file tree.File) (blob, error) {
	b := blob{path: path.String(), mode: filemode.Regular}
	switch file.Mode {
	case tree.Regular:
	case tree.Executable:
		b.mode = filemode.Executable
	case tree.Symlink, tree.Directory, tree.Special:
		return blob{}, fmt.Errorf("commit %s: it is a %s and no file", b.path, file.Mode)
	}
	var err error
	if b.file, err = p.object(plumbing.BlobObject, file.Data); err != nil {
		return blob{}, err
	}
	b.entry = &index.Entry{Name: b.path, Hash: b.file.hash, Mode: b.mode}
	return b, fillStat(b.entry, dir, len(file.Data))
}

// fillStat notes what the file looks like on disk, which spares git from
// reading it again. Where the size is not that of the content, somebody has
// edited the file meanwhile; then the entry stays blank and git compares.
func fillStat(e *index.Entry, dir string, size int) error {
	info, err := os.Lstat(filepath.Join(dir, filepath.FromSlash(e.Name)))
	if err != nil {
		return fmt.Errorf("commit %s: %w", e.Name, err)
	}
	if !info.Mode().IsRegular() || info.Size() != int64(size) || size > maxIndexSize {
		return nil
	}
	e.Size = uint32(size) //nolint:gosec // Bounded above.
	e.ModifiedAt = info.ModTime()
	fillSystem(e, info)
	return nil
}

// maxIndexSize is the largest file whose size fits into an index entry with
// room to spare.
const maxIndexSize = 1 << 31

// trees adds the tree objects of blobs, whose order is that of
// [tree.Path.Compare], and returns the root.
func (p *packer) trees(blobs []blob, objects []packed) (plumbing.Hash, []packed, error) {
	return p.subtree(blobs, 0, objects)
}

// subtree makes the tree of blobs, which share the first depth bytes of their
// paths.
func (p *packer) subtree(blobs []blob, depth int, objects []packed) (plumbing.Hash, []packed, error) {
	var entries []object.TreeEntry
	for len(blobs) > 0 {
		name, _, below := strings.Cut(blobs[0].path[depth:], "/")
		if !below {
			entries = append(entries, object.TreeEntry{Name: name, Mode: blobs[0].mode, Hash: blobs[0].file.hash})
			blobs = blobs[1:]
			continue
		}
		prefix := blobs[0].path[:depth+len(name)+1]
		end := slices.IndexFunc(blobs, func(b blob) bool { return !strings.HasPrefix(b.path, prefix) })
		if end < 0 {
			end = len(blobs)
		}
		sum, more, err := p.subtree(blobs[:end], len(prefix), objects)
		if err != nil {
			return plumbing.ZeroHash, nil, err
		}
		objects = more
		entries = append(entries, object.TreeEntry{Name: name, Mode: filemode.Dir, Hash: sum})
		blobs = blobs[end:]
	}
	o, err := p.object(plumbing.TreeObject, treeContent(entries))
	return o.hash, append(objects, o), err
}

// treeContent returns the content of a tree object: the entries in git's
// order, in which a directory is compared as if its name ended in a slash.
func treeContent(entries []object.TreeEntry) []byte {
	key := func(e object.TreeEntry) string {
		if e.Mode == filemode.Dir {
			return e.Name + "/"
		}
		return e.Name
	}
	slices.SortFunc(entries, func(a, b object.TreeEntry) int { return strings.Compare(key(a), key(b)) })
	var b bytes.Buffer
	for _, e := range entries {
		fmt.Fprintf(&b, "%o %s\x00", uint32(e.Mode), e.Name)
		b.Write(e.Hash[:])
	}
	return b.Bytes()
}

// commit makes the commit object of the tree with the hash root.
func (p *packer) commit(root plumbing.Hash, o CommitOptions) (packed, error) {
	author, committer := o.signatures()
	c := object.Commit{Author: author, Committer: committer, Message: o.message(), TreeHash: root}
	var memory plumbing.MemoryObject
	if err := c.Encode(&memory); err != nil {
		return packed{}, fmt.Errorf("encode the commit: %w", err)
	}
	r, err := memory.Reader()
	if err != nil {
		return packed{}, fmt.Errorf("encode the commit: %w", err)
	}
	content, err := io.ReadAll(r)
	if err != nil {
		return packed{}, fmt.Errorf("encode the commit: %w", err)
	}
	return p.object(plumbing.CommitObject, content)
}
