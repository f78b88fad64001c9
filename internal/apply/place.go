package apply

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"sync"

	"groundsill.example/internal/diag"
	"groundsill.example/internal/tree"
)

// place is a directory below an FS.
type place struct {
	fs   FS
	root string // the absolute path of the FS, for messages
	dir  string // slash-separated; "." is the FS itself
}

// at returns the name, for the FS, of what is in the place.
func (p place) at(elem ...string) string {
	return path.Join(p.dir, path.Join(elem...))
}

// show returns, for people, the path of what has a name for the FS.
func (p place) show(name string) string { return filepath.Join(p.root, filepath.FromSlash(name)) }

// path returns the absolute path of the place.
func (p place) path() string { return p.show(p.dir) }

// wipe removes the place with all that is in it.
func (p place) wipe() error { return wipe(p.fs, p.dir) }

// sub returns a place in the place.
func (p place) sub(elem ...string) place { return place{p.fs, p.root, p.at(elem...)} }

// make makes the directories of the place that are missing and returns them,
// outermost first. A link or a file in the way is refused: the content of a
// repository does not choose where we keep our files.
func (p place) make() (made []string, err error) {
	for d := range prefixes(p.dir) {
		err := p.fs.Mkdir(d, 0o777)
		if err == nil {
			made = append(made, d)
			continue
		}
		info, lerr := lstat(p.fs, d)
		switch {
		case lerr == nil && info.IsDir():
		case lerr == nil:
			return made, inTheWay(p.show(d))
		case missing(lerr) && errors.Is(err, fs.ErrExist):
			return made, failed("make", p.show(d), lerr) // somebody has just removed it
		default:
			return made, failed("make", p.show(d), err)
		}
	}
	return made, nil
}

// real reports whether the place exists, and fails when one of its directories
// is something else.
func (p place) real() (bool, error) {
	for d := range prefixes(p.dir) {
		info, err := lstat(p.fs, d)
		switch {
		case missing(err):
			return false, nil
		case err != nil:
			return false, failed("read", p.show(d), err)
		case !info.IsDir():
			return false, inTheWay(p.show(d))
		}
	}
	return true, nil
}

func inTheWay(name string) error {
	return diag.New(diag.Refused, diag.Diagnostic{
		Code:    "not-a-directory",
		Summary: name + " is not a directory",
		Hint:    "move it aside: a directory of that name is needed, and links are not followed",
	})
}

// prefixes yields the directories on the way to dir, outermost first, and dir.
func prefixes(dir string) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		if dir == "." {
			return
		}
		for i := range len(dir) {
			if dir[i] == '/' && !yield(dir[:i]) {
				return
			}
		}
		yield(dir)
	}
}

// below returns how to get from base to name, slash-separated, and whether name
// is below base at all.
func below(base, name string) (string, bool) {
	rel, err := filepath.Rel(base, name)
	if err != nil || !filepath.IsLocal(rel) {
		return "", false
	}
	return filepath.ToSlash(rel), true
}

// nearest opens the closest existing directory above or at dir and returns dir
// as a place in it.
func (o Options) nearest(dir string) (place, error) {
	root := filepath.Clean(dir)
	for {
		fsys, err := o.open(root)
		if err == nil {
			rel, _ := below(root, dir)
			return place{fsys, root, rel}, nil
		}
		up := filepath.Dir(root)
		if !missing(err) || up == root {
			return place{}, err
		}
		root = up
	}
}

func (o Options) open(dir string) (FS, error) { //nolint:ireturn // FS is the seam
	if o.Open != nil {
		fsys, err := o.Open(dir)
		return fsys, failed("open", dir, err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, failed("open", dir, err)
	}
	return root, nil
}

func missing(err error) bool { return errors.Is(err, fs.ErrNotExist) }

func lstat(fsys FS, name string) (fs.FileInfo, error) { return fs.Lstat(fsys.FS(), name) }

// fileAt returns what is at a name. It follows no link.
func fileAt(fsys FS, name string, info fs.FileInfo) (tree.File, error) {
	switch mode := info.Mode(); {
	case mode.IsRegular():
		data, err := fs.ReadFile(fsys.FS(), name)
		if mode&0o100 != 0 {
			return tree.File{Data: data, Mode: tree.Executable}, err
		}
		return tree.File{Data: data, Mode: tree.Regular}, err
	case mode.IsDir():
		return tree.File{Mode: tree.Directory}, nil
	case mode&fs.ModeSymlink != 0:
		link, err := fs.ReadLink(fsys.FS(), name)
		return tree.File{Data: []byte(link), Mode: tree.Symlink}, err
	default:
		return tree.File{Mode: tree.Special}, nil
	}
}

// perm is what a file is created with; the umask takes its part.
func perm(m tree.Mode) fs.FileMode {
	if m == tree.Executable {
		return 0o777
	}
	return 0o666
}

// write makes a file that must not be there yet. With sync it is on the disk
// afterwards.
func write(fsys FS, name string, data []byte, perm fs.FileMode, sync bool) (err error) {
	f, err := fsys.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, perm)
	if err != nil {
		return err
	}
	defer func() {
		if cerr := f.Close(); err == nil {
			err = cerr
		}
	}()
	if _, err := f.Write(data); err != nil {
		return err
	}
	if sync {
		return f.Sync()
	}
	return nil
}

// wipe removes what is at a name, with all that is below it. Nothing being
// there is fine, and a link is removed, not followed.
func wipe(fsys FS, name string) error {
	info, err := lstat(fsys, name)
	if missing(err) {
		return nil
	}
	if err != nil {
		return err
	}
	if info.IsDir() {
		entries, err := fs.ReadDir(fsys.FS(), name)
		if err != nil {
			return err
		}
		for _, e := range entries {
			if err := wipe(fsys, path.Join(name, e.Name())); err != nil {
				return err
			}
		}
	}
	return fsys.Remove(name)
}

// removeDir removes a directory if it is empty, and never a file.
func removeDir(fsys FS, name string) error {
	info, err := lstat(fsys, name)
	if err != nil {
		return err
	}
	if !info.IsDir() {
		return errOccupied
	}
	return fsys.Remove(name)
}

// dirsAbove returns every directory above the paths, outermost first.
func dirsAbove(paths []tree.Path) []tree.Path {
	seen := map[tree.Path]bool{}
	for _, p := range paths {
		for d, ok := p.Dir(); ok && !seen[d]; d, ok = d.Dir() {
			seen[d] = true
		}
	}
	return sorted(seen)
}

// each calls f for 0 to n-1 and stops at the first error or when ctx ends. Each
// of a few goroutines takes a stretch of its own, because neighbours are often in
// one directory, and the system makes one file of a directory at a time.
func each(ctx context.Context, n int, f func(i int) error) error {
	const fewest = 64 // for a goroutine to be worth it
	workers := min(runtime.GOMAXPROCS(0), 1+n/fewest)
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for i := w * n / workers; i < (w+1)*n/workers && ctx.Err() == nil; i++ {
				if err := f(i); err != nil {
					stop(err)
				}
			}
		})
	}
	wg.Wait()
	return interrupted(ctx)
}
