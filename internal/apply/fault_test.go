package apply

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"

	"groundsill.example/internal/diag"
	"groundsill.example/internal/tree"
)

// faults counts the calls of every FS that it opens and lets one of them act:
// fail, or end the process. Writing to an open file counts as a call.
type faults struct {
	mu  sync.Mutex
	n   int
	at  int                     // the call that acts, from one
	act func(name string) error // an error makes the call fail
}

func (f *faults) call(op, name string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.n++
	if f.n != f.at {
		return nil
	}
	if err := f.act(name); err != nil {
		return &fs.PathError{Op: op, Path: name, Err: err}
	}
	return nil
}

func (f *faults) open(dir string) (FS, error) { //nolint:ireturn // the shape of Options.Open
	if err := f.call("open", dir); err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	return &faultFS{root, f}, nil
}

// faultFS is a directory whose calls are counted.
type faultFS struct {
	*os.Root
	faults *faults
}

func (f *faultFS) FS() fs.FS { return faultReader{f.Root.FS(), f.faults} }

func (f *faultFS) OpenFile(name string, flag int, perm fs.FileMode) (*os.File, error) {
	if err := f.faults.call("open", name); err != nil {
		return nil, err
	}
	file, err := f.Root.OpenFile(name, flag, perm)
	if err != nil || flag&os.O_WRONLY == 0 {
		return file, err
	}
	if f.faults.call("write", name) == nil {
		return file, nil
	}
	// The file is there and cannot be written to.
	return f.Root.OpenFile(name, os.O_RDONLY, 0)
}

func (f *faultFS) Mkdir(name string, perm fs.FileMode) error {
	if err := f.faults.call("mkdir", name); err != nil {
		return err
	}
	return f.Root.Mkdir(name, perm)
}

func (f *faultFS) Rename(oldname, newname string) error {
	if err := f.faults.call("rename", newname); err != nil {
		return err
	}
	return f.Root.Rename(oldname, newname)
}

func (f *faultFS) Remove(name string) error {
	if err := f.faults.call("remove", name); err != nil {
		return err
	}
	return f.Root.Remove(name)
}

// faultReader is the reading side of a faultFS.
type faultReader struct {
	fs.FS
	faults *faults
}

func (f faultReader) Lstat(name string) (fs.FileInfo, error) {
	if err := f.faults.call("lstat", name); err != nil {
		return nil, err
	}
	return fs.Lstat(f.FS, name)
}

func (f faultReader) ReadLink(name string) (string, error) {
	if err := f.faults.call("readlink", name); err != nil {
		return "", err
	}
	return fs.ReadLink(f.FS, name)
}

func (f faultReader) ReadFile(name string) ([]byte, error) {
	if err := f.faults.call("read", name); err != nil {
		return nil, err
	}
	return fs.ReadFile(f.FS, name)
}

func (f faultReader) ReadDir(name string) ([]fs.DirEntry, error) {
	if err := f.faults.call("readdir", name); err != nil {
		return nil, err
	}
	return fs.ReadDir(f.FS, name)
}

// The trees of the fault tests hold every kind of change: files that stay, that
// change, that come and go, and a file and a directory that change places.
var (
	faultOurs   = mustTree("a", "1", "b/c/d", "2", "b/e", "3", "f/g", "4", "h/i", "5", "k", "6")
	faultTarget = mustTree("a", "new", "b", "was a directory", "f/g/h", "was a file", "h/i*", "5", "k", "6", "x/y/z", "8")
)

func TestEveryCallMayFail(t *testing.T) {
	done := filesOnly(listingOf(t, faultTarget))
	for _, elsewhere := range []bool{false, true} {
		t.Run(fmt.Sprintf("elsewhere=%v", elsewhere), func(t *testing.T) {
			for n, passed := 1, false; !passed; n++ {
				passed = failAt(t, n, elsewhere, done)
			}
		})
	}
}

// failAt runs with call n failing, and reports whether the run needs fewer
// calls.
func failAt(t *testing.T, n int, elsewhere bool, done []string) bool {
	t.Helper()
	at := newTarget(t, faultOurs)
	if elsewhere {
		at.State = filepath.Join(t.TempDir(), "sill")
	}
	before := listing(t, at.Dir)
	var failedAt string
	f := &faults{at: n, act: func(name string) error { failedAt = name; return syscall.EIO }}
	_, err := Run(t.Context(), at, planOf(faultOurs, faultTarget), Options{PID: 1, Open: f.open})
	what := fmt.Sprintf("call %d (%s) failed: %v", n, failedAt, err)
	if err == nil {
		same(t, what, filesOnly(listing(t, at.Dir)), done)
		return f.n < n
	}
	namesPlace(t, err, failedAt)
	same(t, what, listing(t, at.Dir), before)
	if left := litter(t, at); left != nil {
		t.Fatalf("%s: left in the state directory: %v", what, left)
	}
	if found, err := Inspect(at); found != nil || err != nil {
		t.Fatalf("%s: left a journal: %v, %v", what, found, err)
	}
	return false
}

// namesPlace checks that a failure on the disk says where it happened, in the
// words of the user: a staged file has the name of its target.
func namesPlace(tb testing.TB, err error, name string) {
	tb.Helper()
	e, ok := errors.AsType[*diag.Error](err)
	if !ok || e.Class != diag.Environment || e.Code() != "disk" && e.Code() != "not-restored" && e.Code() != "permission" {
		tb.Fatalf("%s: error %v (%T)", name, err, err)
	}
	known := []string{name, "sill", "x/y/demo"}
	for _, c := range planOf(faultOurs, faultTarget).Changes {
		known = append(known, " "+c.Path.String())
		for d := range prefixes(c.Path.String()) {
			known = append(known, "make "+d)
		}
	}
	if strings.Contains(e.Error(), "/new/") || !slices.ContainsFunc(known, func(p string) bool { return strings.Contains(e.Error(), p) }) {
		tb.Fatalf("%s: the error names no place: %v", name, err)
	}
}

// filesOnly leaves out directories, and what is kept beside the files.
func filesOnly(lines []string) []string {
	return slices.DeleteFunc(lines, func(l string) bool {
		return strings.HasSuffix(l, " dir") || strings.HasPrefix(l, besideDir)
	})
}

func TestEveryCallOfPublishMayFail(t *testing.T) {
	done := listingOf(t, faultTarget)
	for n := 1; ; n++ {
		top := t.TempDir()
		at := Target{Dir: filepath.Join(top, "x", "y", "demo")}
		var failedAt string
		f := &faults{at: n, act: func(name string) error { failedAt = name; return syscall.EIO }}
		_, err := Publish(t.Context(), at, planOf(tree.Tree{}, faultTarget), Options{PID: 1, Open: f.open})
		what := fmt.Sprintf("call %d (%s) failed: %v", n, failedAt, err)
		if err != nil {
			namesPlace(t, err, failedAt)
			same(t, what, listing(t, top), []string{})
			continue
		}
		same(t, what, listing(t, at.Dir), done)
		if f.n < n {
			same(t, what, dirNames(t, filepath.Dir(at.Dir)), []string{"demo"})
			return
		}
	}
}

func dirNames(tb testing.TB, dir string) []string {
	tb.Helper()
	entries, err := os.ReadDir(dir)
	check(tb, err)
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func TestFailedRollBackNamesThePathAndKeepsTheJournal(t *testing.T) {
	at := newTarget(t, faultOurs)
	count := 0
	f := &stubborn{}
	f.faults = faults{at: -1}
	_, err := Run(t.Context(), at, planOf(faultOurs, faultTarget), Options{PID: 1, Open: f.open})
	e := wantError(t, err, diag.Environment, "not-restored")
	if e.Err == nil {
		t.Error("the error does not say why the run was rolled back")
	}
	for _, d := range e.Diagnostics {
		if d.At.File == "a" && strings.Contains(d.Detail, ".git/sill/old/0") {
			count++
		}
	}
	if count != 1 {
		t.Errorf("the error does not name the path and its backup: %v", err)
	}
	found, err := Recover(t.Context(), at, Options{PID: 2})
	check(t, err)
	if found == nil || found.PID != 1 {
		t.Errorf("recovered %+v", found)
	}
	same(t, "tree", listing(t, at.Dir), listingOf(t, faultOurs))
}

// stubborn is a disk where nothing can be moved to x/y/z and nothing back to a.
type stubborn struct{ faults faults }

func (s *stubborn) open(dir string) (FS, error) { //nolint:ireturn // the shape of Options.Open
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	return &stubbornFS{&faultFS{root, &s.faults}}, nil
}

type stubbornFS struct{ *faultFS }

func (s *stubbornFS) Rename(oldname, newname string) error {
	if newname == "x/y/z" || newname == "a" && strings.Contains(oldname, oldDir) {
		return &os.LinkError{Op: "rename", Old: oldname, New: newname, Err: syscall.EIO}
	}
	return s.faultFS.Rename(oldname, newname)
}

func TestRunOverRandomTrees(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		ours, target := randomTree(r), randomTree(r)
		at := newTarget(t, ours)
		f := &faults{at: 1 + r.IntN(120), act: func(string) error { return syscall.ENOSPC }}
		before := listing(t, at.Dir)
		if _, err := Run(t.Context(), at, planOf(ours, target), Options{PID: 1, Open: f.open}); err != nil {
			same(t, "after a failure", listing(t, at.Dir), before)
			_, err = Run(t.Context(), at, planOf(ours, target), options)
			check(t, err)
		}
		same(t, "after the run", filesOnly(listing(t, at.Dir)), filesOnly(listingOf(t, target)))
	}
}
