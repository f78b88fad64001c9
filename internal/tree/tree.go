// Package tree is the vocabulary every other package shares: slash-separated
// relative paths, files, and immutable sets of files.
//
// A Tree is data. It has no root directory, no open handles and no clock, so
// two runs that build the same Tree are the same run. Reading a Tree from disk
// and writing one back belong to other packages.
package tree

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"iter"
	"maps"
	"slices"

	"groundsill.example/internal/diag"
)

// Mode is what a file is. Only Regular and Executable are ever written; the
// others describe what a user has put in a place.
type Mode string

// The modes.
const (
	Regular    Mode = "0644"
	Executable Mode = "0755"
	Symlink    Mode = "symlink" // Data is the target of the link
	Directory  Mode = "directory"
	Special    Mode = "special" // a device, a socket, a pipe
)

// File is the content and the mode of one file. Data is shared, not copied:
// nobody changes it.
type File struct {
	Data []byte
	Mode Mode
}

// Equal reports whether both files have the same mode and the same bytes.
func (f File) Equal(g File) bool {
	return f.Mode == g.Mode && bytes.Equal(f.Data, g.Data)
}

// Digest returns "sha256:" and the digest of the content, in hexadecimal.
func (f File) Digest() string {
	sum := sha256.Sum256(f.Data)
	return "sha256:" + hex.EncodeToString(sum[:])
}

// Tree is an immutable set of files by path. The zero value is empty.
type Tree struct {
	paths []Path // sorted
	files map[Path]File
}

// Len returns the number of files.
func (t Tree) Len() int { return len(t.paths) }

// File returns the file at p, and whether there is one.
func (t Tree) File(p Path) (File, bool) {
	f, ok := t.files[p]
	return f, ok
}

// All yields the files in the order of [Path.Compare].
func (t Tree) All() iter.Seq2[Path, File] {
	return func(yield func(Path, File) bool) {
		for _, p := range t.paths {
			if !yield(p, t.files[p]) {
				return
			}
		}
	}
}

// Equal reports whether both trees hold the same files.
func (t Tree) Equal(u Tree) bool {
	if len(t.paths) != len(u.paths) {
		return false
	}
	for p, f := range t.All() {
		if g, ok := u.File(p); !ok || !f.Equal(g) {
			return false
		}
	}
	return true
}

// Of returns the tree of files. It does not check for collisions; [Builder]
// does.
func Of(files map[Path]File) Tree { return fromMap(maps.Clone(files)) }

// With returns a tree that also holds file at p, in place of what was there.
// It does not check for collisions; [Builder] does.
func (t Tree) With(p Path, file File) Tree {
	files := maps.Clone(t.files)
	if files == nil {
		files = map[Path]File{}
	}
	files[p] = file
	return fromMap(files)
}

func fromMap(files map[Path]File) Tree {
	return Tree{slices.SortedFunc(maps.Keys(files), Path.Compare), files}
}

// Builder makes a Tree. The zero value is ready.
type Builder struct {
	files map[Path]File
	keys  map[string]Path // Path.Key of every file and directory → first spelling
	dirs  map[Path]bool
}

// Add puts file at p. It fails when a file is there already, when p is a
// directory of another file or the reverse, and when a case-insensitive or
// Unicode-normalising file system would take p for another name in the tree.
// The error is a *diag.Error with the code "path-collision"; nothing is added
// then.
func (b *Builder) Add(p Path, file File) error {
	if b.files == nil {
		b.files, b.keys, b.dirs = map[Path]File{}, map[string]Path{}, map[Path]bool{}
	}
	above := b.newDirs(p)
	if err := b.check(p, above); err != nil {
		return err
	}
	for _, d := range above {
		b.dirs[d], b.keys[d.Key()] = true, d
	}
	b.files[p], b.keys[p.Key()] = file, p
	return nil
}

// newDirs returns the directories above p that no file was in until now.
func (b *Builder) newDirs(p Path) []Path {
	var dirs []Path
	for d, ok := p.Dir(); ok && !b.dirs[d]; d, ok = d.Dir() {
		dirs = append(dirs, d)
	}
	return dirs
}

func (b *Builder) check(p Path, above []Path) error {
	if b.dirs[p] {
		return collision(p, p)
	}
	for _, d := range append(above, p) {
		if _, taken := b.files[d]; taken {
			return collision(p, d)
		}
		if first, ok := b.keys[d.Key()]; ok && first != d {
			return collision(d, first)
		}
	}
	return nil
}

// Tree returns the tree of everything added so far.
func (b *Builder) Tree() Tree {
	return Of(b.files)
}

func collision(p, q Path) error {
	summary := fmt.Sprintf("%s and %s are the same place on some file systems", quote(p.name), quote(q.name))
	if p == q {
		summary = fmt.Sprintf("something is at %s already", quote(p.name))
	}
	return diag.New(diag.Usage, diag.Diagnostic{
		Code:    "path-collision",
		Summary: summary,
		Hint:    "give one of them another name",
	})
}
