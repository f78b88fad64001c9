package source

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"groundsill.example/internal/diag"
	"groundsill.example/internal/tree"
)

// Snapshot returns what is at the paths below dir. A path where nothing is, is
// not in the tree; a symbolic link, a directory or a device is, with its mode
// and no content but the target of the link. A dir that is not there holds
// nothing. The error is a *diag.Error of class Environment.
func Snapshot(dir string, paths []tree.Path) (tree.Tree, error) {
	root, err := os.OpenRoot(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return tree.Tree{}, nil
	}
	if err != nil {
		return tree.Tree{}, unreadable(dir, err)
	}
	defer root.Close() //nolint:errcheck // it was only read
	files := map[tree.Path]tree.File{}
	for _, p := range paths {
		f, there, err := read(root, p)
		if err != nil {
			return tree.Tree{}, unreadable(p.String(), err)
		}
		if there {
			files[p] = f
		}
	}
	return tree.Of(files), nil
}

// Below returns the files below a directory of a repository, by their paths in
// the repository, and nothing when it is not there. Where a link is in its
// place, or anything has a name that is no path, that is left out.
func Below(dir, sub string) (tree.Tree, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return tree.Tree{}, unreadable(dir, err)
	}
	defer root.Close() //nolint:errcheck // it was only read
	if info, err := root.Lstat(filepath.FromSlash(sub)); err != nil || !info.IsDir() {
		return tree.Tree{}, nil
	}
	var paths []tree.Path
	err = fs.WalkDir(root.FS(), sub, func(name string, d fs.DirEntry, err error) error {
		if p, perr := tree.ParsePath(name); err == nil && perr == nil && !d.IsDir() {
			paths = append(paths, p)
		}
		if len(paths) > maxFiles {
			err = fmt.Errorf("there are more than %d files", maxFiles)
		}
		return err
	})
	if err != nil {
		return tree.Tree{}, unreadable(sub, err)
	}
	return Snapshot(dir, paths)
}

// Blocked returns the directories above the paths that are something else below
// dir, a link or a file, outermost only.
func Blocked(dir string, paths []tree.Path) ([]tree.Path, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, unreadable(dir, err)
	}
	defer root.Close() //nolint:errcheck // it was only read
	g := ground{root: root, open: map[tree.Path]bool{}}
	for _, p := range paths {
		if d, ok := p.Dir(); ok {
			if _, err := g.enter(d); err != nil {
				return nil, err
			}
		}
	}
	return g.blocked, nil
}

// ground is what is known of the directories below a root.
type ground struct {
	root    *os.Root
	open    map[tree.Path]bool // whether something can be below
	blocked []tree.Path
}

// enter reports whether something can be below d.
func (g *ground) enter(d tree.Path) (bool, error) {
	if open, known := g.open[d]; known {
		return open, nil
	}
	if above, ok := d.Dir(); ok {
		if open, err := g.enter(above); !open || err != nil {
			return false, err
		}
	}
	info, err := g.root.Lstat(filepath.FromSlash(d.String()))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		g.open[d] = false
	case err != nil:
		return false, unreadable(d.String(), err)
	default:
		g.open[d] = info.IsDir()
		if !info.IsDir() {
			g.blocked = append(g.blocked, d)
		}
	}
	return g.open[d], nil
}

func read(root *os.Root, p tree.Path) (tree.File, bool, error) {
	name := filepath.FromSlash(p.String())
	info, err := root.Lstat(name)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
		return tree.File{}, false, nil
	}
	if err != nil {
		return tree.File{}, false, err
	}
	switch {
	case info.Mode()&fs.ModeSymlink != 0:
		target, err := root.Readlink(name)
		return tree.File{Data: []byte(target), Mode: tree.Symlink}, true, err
	case info.IsDir():
		return tree.File{Mode: tree.Directory}, true, nil
	case !info.Mode().IsRegular():
		return tree.File{Mode: tree.Special}, true, nil
	}
	data, err := root.ReadFile(name)
	return tree.File{Data: data, Mode: modeOf(info)}, true, err
}

// modeOf returns the mode of a regular file.
func modeOf(info fs.FileInfo) tree.Mode {
	if info.Mode()&0o111 != 0 {
		return tree.Executable
	}
	return tree.Regular
}

// List returns the names in dir, sorted, and nothing when dir is not there.
func List(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, unreadable(dir, err)
	}
	names := make([]string, 0, len(entries))
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names, nil
}

func absolute(base, ref string) string {
	if filepath.IsAbs(ref) {
		return filepath.Clean(ref)
	}
	return filepath.Join(base, filepath.FromSlash(ref))
}

func unreadable(name string, err error) error {
	return diag.Wrap(diag.Environment, err, diag.Diagnostic{
		Code: "read-failed", Summary: fmt.Sprintf("read %q", name),
	})
}
