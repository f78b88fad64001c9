package apply

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"groundsill.example/internal/diag"
	"groundsill.example/internal/faultfs"
	"groundsill.example/internal/tree"
)

// noted is a run that can be told from others.
var noted = Options{PID: 4711, Mark: "abc123", Note: []byte("\x00what the index was")}

// detailed is listing with the modes of directories.
func detailed(tb testing.TB, dir string) []string {
	tb.Helper()
	lines := listing(tb, dir)
	for i, l := range lines {
		if name, isDir := strings.CutSuffix(l, " dir"); isDir {
			info, err := os.Stat(filepath.Join(dir, name))
			check(tb, err)
			lines[i] += " " + info.Mode().String()
		}
	}
	return lines
}

// mine leaves out what is kept beside the files.
func mine(lines []string) []string {
	kept := []string{}
	for _, l := range lines {
		if !strings.HasPrefix(l, ".sill") {
			kept = append(kept, l)
		}
	}
	return kept
}

// finished makes a target on which the run from ours to target has finished,
// and returns what was there before and what is there now.
func finished(tb testing.TB, ours, target tree.Tree, elsewhere bool) (at Target, before, after []string) {
	tb.Helper()
	at = newTarget(tb, ours)
	if elsewhere {
		at.State = filepath.Join(tb.TempDir(), "sill")
	}
	before = detailed(tb, at.Dir)
	_, err := Run(tb.Context(), at, planOf(ours, target), noted)
	check(tb, err)
	return at, before, mine(detailed(tb, at.Dir))
}

func TestAbortPutsBackEveryByteAndMode(t *testing.T) {
	ours := mustTree("stays", "1", "secret", "2", "run.sh*", "3", "old/deep/gone", "4", "old/mine", "5", "alone/gone", "6", "f/g", "7", "h", "8")
	target := mustTree("stays", "1", "secret", "new", "run.sh", "3", "old/mine", "5", "f", "was a directory", "h/i", "was a file", "new/dir/file*", "9")
	for _, elsewhere := range []bool{false, true} {
		at := newTarget(t, ours)
		if elsewhere {
			at.State = filepath.Join(t.TempDir(), "sill")
		}
		for name, mode := range map[string]fs.FileMode{"secret": 0o600, "run.sh": 0o750, "old/deep": 0o700, "f": 0o711, "alone": 0o770} {
			check(t, os.Chmod(filepath.Join(at.Dir, name), mode))
		}
		before := detailed(t, at.Dir)
		_, err := Run(t.Context(), at, planOf(ours, target), noted)
		check(t, err)
		last, found, err := Last(at)
		check(t, err)
		if !found || last.Mark != noted.Mark || string(last.Note) != string(noted.Note) || last.When == "" || len(last.Paths) != 9 {
			t.Errorf("last run %+v, found %t", last, found)
		}
		u, err := Abort(t.Context(), at, options)
		check(t, err)
		same(t, "tree", detailed(t, at.Dir), before)
		want := Undone{
			Dir:      at.Dir,
			Restored: paths("alone/gone", "f/g", "h", "old/deep/gone", "run.sh", "secret"),
			Removed:  paths("f", "h/i", "new/dir/file"),
			Mark:     noted.Mark, Note: noted.Note,
		}
		if d := cmp.Diff(want, u, cmp.Comparer(func(p, q tree.Path) bool { return p == q })); d != "" {
			t.Errorf("undone (-want +got):\n%s", d)
		}
		if _, err := os.Stat(at.State); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("left behind: %v, %v", litter(t, at), err)
		}
		_, found, err = Last(at)
		if found || err != nil {
			t.Errorf("after the abort there is a last run: %t, %v", found, err)
		}
		_, err = Abort(t.Context(), at, options)
		wantError(t, err, diag.Refused, "abort-nothing")
		same(t, "tree", detailed(t, at.Dir), before)
	}
}

func paths(names ...string) []tree.Path {
	list := make([]tree.Path, len(names))
	for i, n := range names {
		list[i] = mustPath(n)
	}
	return list
}

func TestAbortPutsBackLinks(t *testing.T) {
	at := newTarget(t, mustTree("real", "1"))
	check(t, os.Symlink("real", filepath.Join(at.Dir, "f")))
	before := detailed(t, at.Dir)
	var b tree.Builder
	check(t, b.Add(mustPath("f"), tree.File{Data: []byte("real"), Mode: tree.Symlink}))
	_, err := Run(t.Context(), at, planOf(b.Tree(), mustTree("f", "new")), noted)
	check(t, err)
	_, err = Abort(t.Context(), at, options)
	check(t, err)
	same(t, "tree", detailed(t, at.Dir), before)
}

func TestAbortRefusesWhatSomebodyHasEdited(t *testing.T) {
	ours := mustTree("a", "1", "b/c", "2", "d", "3", "e/f", "4")
	target := mustTree("a", "new", "d/x", "new", "e/f*", "4", "g/h", "new")
	write := func(name, text string) func(dir string) error {
		return func(dir string) error {
			name := filepath.Join(dir, name)
			return errors.Join(os.MkdirAll(filepath.Dir(name), 0o777), os.WriteFile(name, []byte(text), 0o600))
		}
	}
	link := func(name string) func(dir string) error {
		return func(dir string) error {
			name := filepath.Join(dir, name)
			return errors.Join(os.Rename(name, name+".moved"), os.Symlink(filepath.Base(name)+".moved", name))
		}
	}
	for name, c := range map[string]struct {
		edit func(dir string) error
		want []string
	}{
		"content of an updated file":  {write("a", "mine"), []string{"a"}},
		"content of a created file":   {write("g/h", "mine"), []string{"g/h"}},
		"a deleted file is there":     {write("b/c", "2"), []string{"b/c"}},
		"a file for a directory":      {write("b", "mine"), []string{"b/c"}},
		"an updated file is gone":     {func(dir string) error { return os.Remove(filepath.Join(dir, "a")) }, []string{"a"}},
		"no longer executable":        {func(dir string) error { return os.Chmod(filepath.Join(dir, "e/f"), 0o644) }, []string{"e/f"}},
		"made executable":             {func(dir string) error { return os.Chmod(filepath.Join(dir, "d/x"), 0o755) }, []string{"d/x"}},
		"a link for a file":           {link("a"), []string{"a"}},
		"a link for a directory":      {link("g"), []string{"g/h"}},
		"a link for a made directory": {link("d"), []string{"d", "d/x"}},
		"several": {func(dir string) error {
			return errors.Join(write("a", "mine")(dir), write("e/f", "mine")(dir), write("b/c", "mine")(dir))
		}, []string{"a", "b/c", "e/f"}},
	} {
		t.Run(name, func(t *testing.T) {
			at, _, _ := finished(t, ours, target, false)
			check(t, c.edit(at.Dir))
			edited := detailed(t, at.Dir)
			_, err := Abort(t.Context(), at, options)
			wantRefused(t, err, "abort-edited", c.want...)
			same(t, "tree", detailed(t, at.Dir), edited)
			if _, found, err := Last(at); !found || err != nil {
				t.Errorf("the run can no longer be undone: %t, %v", found, err)
			}
		})
	}
}

func TestAbortKeepsWhatIsNotOfTheRun(t *testing.T) {
	ours, target := mustTree("a/b", "1"), mustTree("x/y", "2", "x/z", "3")
	at, _, _ := finished(t, ours, target, false)
	check(t, os.WriteFile(filepath.Join(at.Dir, "x", "mine"), []byte("m"), 0o666))
	check(t, os.Remove(filepath.Join(at.Dir, "x", "z"))) // as good as undone
	_, err := Abort(t.Context(), at, options)
	check(t, err)
	same(t, "tree", listing(t, at.Dir), listingOf(t, mustTree("a/b", "1", "x/mine", "m")))
}

func TestAbortUndoesTheLastRunOnly(t *testing.T) {
	one, two, three := mustTree("a", "1", "b", "1"), mustTree("a", "2", "c", "2"), mustTree("a", "3", "b", "3")
	at, _, after := finished(t, one, two, false)
	o := options
	o.Mark = "later"
	_, err := Run(t.Context(), at, planOf(two, three), o)
	check(t, err)
	_, err = Run(t.Context(), at, planOf(three, three), options) // changes nothing, so it is no run to undo
	check(t, err)
	u, err := Abort(t.Context(), at, options)
	check(t, err)
	if u.Mark != "later" || u.Note != nil {
		t.Errorf("undone %+v", u)
	}
	same(t, "tree", detailed(t, at.Dir), after)
	_, err = Abort(t.Context(), at, options)
	wantError(t, err, diag.Refused, "abort-nothing")
}

func TestAbortAfterACrashUndoesTheCrashedRunOnly(t *testing.T) {
	ours, target := mustTree("a", "1"), mustTree("a", "2", "b", "3")
	at := crashed(t, ours, target)
	u, err := Abort(t.Context(), at, options)
	wantError(t, err, diag.Refused, "abort-nothing")
	if u.Recovered == nil || u.Recovered.Abort {
		t.Errorf("recovered %+v", u.Recovered)
	}
	same(t, "tree", listing(t, at.Dir), listingOf(t, ours))
}

func TestAbortDoesNotTrustWhatIsKept(t *testing.T) {
	ours, target := mustTree("a", "1", "b", "2"), mustTree("a", "new", "c", "3")
	for name, harm := range map[string]func(old string) error{
		"nothing kept": os.RemoveAll,
		"another file": func(old string) error { return os.WriteFile(filepath.Join(old, "0"), []byte("9"), 0o600) },
		"one too many": func(old string) error {
			return errors.Join(os.Remove(filepath.Join(old, "0")), os.WriteFile(filepath.Join(old, "2"), nil, 0o600))
		},
		"a directory": func(old string) error {
			return errors.Join(os.Remove(filepath.Join(old, "0")), os.Mkdir(filepath.Join(old, "0"), 0o700))
		},
	} {
		t.Run(name, func(t *testing.T) {
			at, _, after := finished(t, ours, target, false)
			check(t, harm(filepath.Join(at.State, oldDir)))
			_, err := Abort(t.Context(), at, options)
			e := wantError(t, err, diag.Refused, "abort-edited")
			if e.Diagnostics[0].At.File != "a" {
				t.Errorf("the error does not name the path: %v", e)
			}
			same(t, "tree", detailed(t, at.Dir), after)
		})
	}
	t.Run("a link", func(t *testing.T) {
		at, _, after := finished(t, ours, target, false)
		old := filepath.Join(at.State, oldDir)
		check(t, errors.Join(os.Rename(old, filepath.Join(at.Dir, "..", "old")), os.Symlink("../../../old", old)))
		_, err := Abort(t.Context(), at, options)
		wantError(t, err, diag.Refused, "not-a-directory")
		same(t, "tree", detailed(t, at.Dir), after)
	})
	for name, text := range map[string]string{"not JSON": "{", "leaves": `{"sill":1,"files":[{"path":"../victim"}]}`} {
		t.Run(name, func(t *testing.T) {
			at, _, after := finished(t, ours, target, false)
			check(t, os.WriteFile(filepath.Join(at.State, lastName), []byte(text), 0o600))
			_, err := Abort(t.Context(), at, options)
			wantError(t, err, diag.Refused, "journal-damaged")
			_, _, err = Last(at)
			wantError(t, err, diag.Refused, "journal-damaged")
			same(t, "tree", detailed(t, at.Dir), after)
		})
	}
}

func TestEveryCallOfAnAbortMayFail(t *testing.T) {
	for _, elsewhere := range []bool{false, true} {
		t.Run(fmt.Sprintf("elsewhere=%v", elsewhere), func(t *testing.T) {
			for n, passed := 1, false; !passed; n++ {
				passed = failAbortAt(t, n, elsewhere)
			}
		})
	}
}

// failAbortAt aborts with call n failing, and reports whether an abort needs
// fewer calls.
func failAbortAt(t *testing.T, n int, elsewhere bool) bool {
	t.Helper()
	at, before, after := finished(t, faultOurs, faultTarget, elsewhere)
	var failedAt string
	f := &faultfs.Faults{At: n, Act: func(name string) error { failedAt = name; return syscall.EIO }}
	_, err := Abort(t.Context(), at, Options{PID: 1, Open: opens(f)})
	what := fmt.Sprintf("call %d (%s) failed: %v", n, failedAt, err)
	if err == nil {
		same(t, what, mine(detailed(t, at.Dir)), before)
		return len(f.Calls()) < n
	}
	namesPlace(t, err, failedAt)
	same(t, what, mine(detailed(t, at.Dir)), after)
	if found, err := Inspect(at); found != nil || err != nil {
		t.Fatalf("%s: left a journal: %v, %v", what, found, err)
	}
	if left := litter(t, at); left != nil && !elsewhere {
		t.Fatalf("%s: left in the state directory: %v", what, left)
	}
	u, err := Abort(t.Context(), at, options)
	check(t, err)
	if u.Mark != noted.Mark || string(u.Note) != string(noted.Note) {
		t.Fatalf("%s: then undone %+v", what, u)
	}
	same(t, what+", aborted again", detailed(t, at.Dir), before)
	return false
}

func TestAbortOverRandomTrees(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 300 {
		ours, target := randomTree(r), randomTree(r)
		at, before, after := finished(t, ours, target, r.IntN(2) == 0)
		f := &faultfs.Faults{At: 1 + r.IntN(120), Act: func(string) error { return syscall.ENOSPC }}
		_, err := Abort(t.Context(), at, Options{PID: 1, Open: opens(f)})
		if planOf(ours, target).Empty() {
			if err == nil {
				t.Fatal("nothing was undone")
			}
			continue
		}
		if err != nil {
			same(t, "after a failure", mine(detailed(t, at.Dir)), after)
			_, err = Abort(t.Context(), at, options)
			check(t, err)
		}
		same(t, "after the abort", mine(detailed(t, at.Dir)), before)
	}
}

func TestAbortFailsWithItsCaller(t *testing.T) {
	at, before, after := finished(t, faultOurs, faultTarget, false)
	broken := errors.New("broken")
	var notes []string
	o := options
	o.Restored = func(note []byte) error {
		notes = append(notes, string(note))
		same(t, "when the caller is told", detailed(t, at.Dir), before)
		return broken
	}
	if _, err := Abort(t.Context(), at, o); !errors.Is(err, broken) {
		t.Errorf("error %v", err)
	}
	same(t, "tree", detailed(t, at.Dir), after)
	o.Restored = func(note []byte) error { notes = append(notes, string(note)); return nil }
	_, err := Abort(t.Context(), at, o)
	check(t, err)
	same(t, "tree", detailed(t, at.Dir), before)
	same(t, "notes", notes, []string{string(noted.Note), string(noted.Note)})
}

func TestAbortIsInterruptedBeforeItBegins(t *testing.T) {
	at, _, after := finished(t, faultOurs, faultTarget, false)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := Abort(ctx, at, options)
	wantError(t, err, diag.Interrupted, "interrupted")
	same(t, "tree", detailed(t, at.Dir), after)
}

func TestLastOfNothing(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "absent")
	for _, at := range []Target{{Dir: dir, State: filepath.Join(dir, ".git", "sill")}, newTarget(t, tree.Tree{})} {
		if last, found, err := Last(at); found || err != nil {
			t.Errorf("last: %+v, %v", last, err)
		}
	}
}

func TestRollBackRestoresTheModesOfDirectories(t *testing.T) {
	ours := mustTree("a/b/c", "1")
	at := newTarget(t, ours)
	check(t, os.Chmod(filepath.Join(at.Dir, "a/b"), 0o701))
	before := detailed(t, at.Dir)
	f := &stubborn{}
	_, err := Run(t.Context(), at, planOf(ours, mustTree("x/y/z", "2")), Options{PID: 1, Open: f.open})
	wantError(t, err, diag.Environment, "disk")
	same(t, "tree", detailed(t, at.Dir), before)
}
