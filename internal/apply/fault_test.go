package apply

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"groundsill.example/internal/diag"
	"groundsill.example/internal/faultfs"
	"groundsill.example/internal/tree"
)

// opens lets a run open its directories so that their calls are counted.
func opens(f *faultfs.Faults) func(dir string) (FS, error) {
	return func(dir string) (FS, error) {
		d, err := f.Open(dir)
		if err != nil {
			return nil, err
		}
		return d, nil
	}
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
	f := &faultfs.Faults{At: n, Act: func(name string) error { failedAt = name; return syscall.EIO }}
	o := signing(at, Options{PID: 1, Open: opens(f)})
	_, err := Run(t.Context(), at, planOf(faultOurs, faultTarget), o)
	what := fmt.Sprintf("call %d (%s) failed: %v", n, failedAt, err)
	signed(t, what, at, err == nil)
	if err == nil {
		same(t, what, filesOnly(listing(t, at.Dir)), done)
		return len(f.Calls()) < n
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

// signing returns options with which a run, when all is in its place, leaves a
// sign beside the target, and takes it away when the run is undone.
func signing(at Target, o Options) Options {
	o.Note = noted.Note
	o.Finish = func(dir string) error {
		// Everything of the plan is there, and nothing says that the run is over.
		if _, err := os.Stat(filepath.Join(dir, "x", "y", "z")); err != nil {
			return err
		}
		return os.WriteFile(at.Dir+".sign", nil, 0o600)
	}
	o.Restored = func(note []byte) error {
		if string(note) != string(noted.Note) {
			return fmt.Errorf("told of another run: %q", note)
		}
		return os.RemoveAll(at.Dir + ".sign")
	}
	return o
}

// signed demands that the sign is there, or that it is not.
func signed(tb testing.TB, what string, at Target, want bool) {
	tb.Helper()
	if _, err := os.Stat(at.Dir + ".sign"); (err == nil) != want {
		tb.Fatalf("%s: a sign is there: %v, and should be: %v", what, err == nil, want)
	}
}

func TestRunFailsWithItsCaller(t *testing.T) {
	for _, target := range []tree.Tree{faultTarget, faultOurs} { // also where there is nothing to do
		at := newTarget(t, faultOurs)
		broken := errors.New("broken")
		o := signing(at, options)
		o.Finish = func(string) error { return broken }
		_, err := Run(t.Context(), at, planOf(faultOurs, target), o)
		if !errors.Is(err, broken) {
			t.Errorf("error %v", err)
		}
		same(t, "tree", listing(t, at.Dir), listingOf(t, faultOurs))
		if left := litter(t, at); left != nil {
			t.Errorf("left in the state directory: %v", left)
		}
	}
}

// A run that cannot be undone to its end is undone by the next one.
func TestRollBackWaitsForItsCaller(t *testing.T) {
	at := newTarget(t, faultOurs)
	o := signing(at, options)
	stuck, finish := errors.New("stuck"), o.Finish
	o.Finish = func(dir string) error { return errors.Join(finish(dir), errors.New("broken")) }
	o.Restored = func([]byte) error { return stuck }
	if _, err := Run(t.Context(), at, planOf(faultOurs, faultTarget), o); !errors.Is(err, stuck) {
		t.Errorf("error %v", err)
	}
	signed(t, "before", at, true)
	if _, err := Recover(t.Context(), at, o); !errors.Is(err, stuck) {
		t.Errorf("error %v", err)
	}
	_, err := Recover(t.Context(), at, signing(at, options))
	check(t, err)
	signed(t, "afterwards", at, false)
	same(t, "tree", listing(t, at.Dir), listingOf(t, faultOurs))
	if left := litter(t, at); left != nil {
		t.Errorf("left in the state directory: %v", left)
	}
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
		f := &faultfs.Faults{At: n, Act: func(name string) error { failedAt = name; return syscall.EIO }}
		_, err := Publish(t.Context(), at, planOf(tree.Tree{}, faultTarget), Options{PID: 1, Open: opens(f)})
		what := fmt.Sprintf("call %d (%s) failed: %v", n, failedAt, err)
		if err != nil {
			namesPlace(t, err, failedAt)
			same(t, what, listing(t, top), []string{})
			continue
		}
		same(t, what, listing(t, at.Dir), done)
		if len(f.Calls()) < n {
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
type stubborn struct{ faults faultfs.Faults }

func (s *stubborn) open(dir string) (FS, error) { //nolint:ireturn // the shape of Options.Open
	d, err := s.faults.Open(dir)
	if err != nil {
		return nil, err
	}
	return &stubbornFS{d}, nil
}

type stubbornFS struct{ *faultfs.Dir }

func (s *stubbornFS) Rename(oldname, newname string) error {
	if newname == "x/y/z" || newname == "a" && strings.Contains(oldname, oldDir) {
		return &os.LinkError{Op: "rename", Old: oldname, New: newname, Err: syscall.EIO}
	}
	return s.Dir.Rename(oldname, newname)
}

func TestRunOverRandomTrees(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		ours, target := randomTree(r), randomTree(r)
		at := newTarget(t, ours)
		f := &faultfs.Faults{At: 1 + r.IntN(120), Act: func(string) error { return syscall.ENOSPC }}
		before := listing(t, at.Dir)
		if _, err := Run(t.Context(), at, planOf(ours, target), Options{PID: 1, Open: opens(f)}); err != nil {
			same(t, "after a failure", listing(t, at.Dir), before)
			_, err = Run(t.Context(), at, planOf(ours, target), options)
			check(t, err)
		}
		same(t, "after the run", filesOnly(listing(t, at.Dir)), filesOnly(listingOf(t, target)))
	}
}
