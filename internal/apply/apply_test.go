package apply

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"groundsill.example/internal/diag"
	"groundsill.example/internal/faultfs"
	"groundsill.example/internal/plan"
	"groundsill.example/internal/tree"
)

var options = Options{PID: 4711}

func TestRunAppliesEveryAction(t *testing.T) {
	ours := mustTree("keep.txt", "k", "a/gone.txt", "g", "a/b/gone.txt", "g", "c/change.txt", "old", "c/run.sh", "r")
	target := mustTree("keep.txt", "k", "c/change.txt", "new", "c/run.sh*", "r", "d/e/new.txt", "n")
	at := newTarget(t, ours)
	r, err := Run(t.Context(), at, planOf(ours, target), options)
	check(t, err)
	same(t, "tree", listing(t, at.Dir), listingOf(t, target))
	want := Receipt{
		Dir:     at.Dir,
		Created: []tree.Path{mustPath("d/e/new.txt")},
		Updated: []tree.Path{mustPath("c/change.txt"), mustPath("c/run.sh")},
		Deleted: []tree.Path{mustPath("a/b/gone.txt"), mustPath("a/gone.txt")},
		Kept:    []tree.Path{mustPath("keep.txt")},
	}
	if d := cmp.Diff(want, r, cmp.Comparer(func(p, q tree.Path) bool { return p == q })); d != "" {
		t.Errorf("receipt (-want +got):\n%s", d)
	}
	if left := litter(t, at); left != nil {
		t.Errorf("left in the state directory: %v", left)
	}
	if data, err := os.ReadFile(filepath.Join(at.State, oldDir, "2")); err != nil || string(data) != "old" {
		t.Errorf("kept of the last run: %q, %v", data, err)
	}
}

func TestRunOfNothingWritesNothing(t *testing.T) {
	files := mustTree("a", "1")
	at := newTarget(t, files)
	r, err := Run(t.Context(), at, planOf(files, files), options)
	check(t, err)
	if len(r.Kept) != 1 {
		t.Errorf("kept %v", r.Kept)
	}
	if _, err := os.Stat(at.State); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("state directory: %v", err)
	}
}

func TestRunSwapsFilesAndDirectories(t *testing.T) {
	ours := mustTree("a", "file", "b/c/d", "deep", "b/e", "e")
	target := mustTree("a/x/y", "deep now", "b", "file now")
	at := newTarget(t, ours)
	_, err := Run(t.Context(), at, planOf(ours, target), options)
	check(t, err)
	same(t, "tree", listing(t, at.Dir), listingOf(t, target))
}

func TestRunKeepsADirectoryThatHoldsMore(t *testing.T) {
	ours := mustTree("a/b/planned", "p")
	at := newTarget(t, mustTree("a/b/planned", "p", "a/mine", "m"))
	_, err := Run(t.Context(), at, planOf(ours, tree.Tree{}), options)
	check(t, err)
	same(t, "tree", listing(t, at.Dir), listingOf(t, mustTree("a/mine", "m")))
}

func TestRunWhenStateIsElsewhere(t *testing.T) {
	ours := mustTree("a", "1", "b", "2")
	target := mustTree("a", "new", "c/d", "3")
	at := newTarget(t, ours)
	at.State = filepath.Join(t.TempDir(), "worktrees", "x", "sill")
	_, err := Run(t.Context(), at, planOf(ours, target), options)
	check(t, err)
	ignored, err := os.ReadFile(filepath.Join(at.Dir, besideDir, ignoreName))
	if check(t, err); string(ignored) != "*\n" {
		t.Errorf("git sees what stays: %q", ignored)
	}
	check(t, os.RemoveAll(filepath.Join(at.Dir, besideDir)))
	check(t, os.Remove(filepath.Join(at.Dir, ".sill")))
	same(t, "tree", listing(t, at.Dir), listingOf(t, target))
	if left := litter(t, at); left != nil {
		t.Errorf("left in the state directory: %v", left)
	}
}

func TestRunNamesEveryStalePathAndWritesNothing(t *testing.T) {
	ours := mustTree("a.txt", "1", "b/gone", "2", "c", "3", "d/e", "4", "fine", "5", "kept", "6")
	target := mustTree("a.txt", "new", "b/gone", "new", "f", "new", "fine", "new", "g/h", "new", "kept", "6")
	for _, c := range []struct{ name, path, code string }{
		{"content", "a.txt", "has changed"},
		{"mode", "c", "has changed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			at := newTarget(t, ours)
			name := filepath.Join(at.Dir, c.path)
			if c.name == "mode" {
				check(t, os.Chmod(name, 0o777))
			} else {
				check(t, os.WriteFile(name, []byte("edited"), 0o600))
			}
			before := listing(t, at.Dir)
			_, err := Run(t.Context(), at, planOf(ours, target), options)
			wantStale(t, err, c.path)
			same(t, "tree", listing(t, at.Dir), before)
		})
	}
	at := newTarget(t, ours)
	check(t, os.WriteFile(filepath.Join(at.Dir, "a.txt"), []byte("edited"), 0o600))
	check(t, os.Remove(filepath.Join(at.Dir, "b", "gone")))
	check(t, os.Remove(filepath.Join(at.Dir, "kept")))
	check(t, os.Mkdir(filepath.Join(at.Dir, "f"), 0o777))
	check(t, os.WriteFile(filepath.Join(at.Dir, "g"), nil, 0o600))
	check(t, os.Remove(filepath.Join(at.Dir, "c")))
	check(t, os.Mkdir(filepath.Join(at.Dir, "c"), 0o777))
	before := listing(t, at.Dir)
	_, err := Run(t.Context(), at, planOf(ours, target), options)
	wantStale(t, err, "a.txt", "b/gone", "c", "f", "g/h", "kept")
	same(t, "tree", listing(t, at.Dir), before)
	if _, err := os.Stat(at.State); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("state directory: %v", err)
	}
}

// wantStale checks that an error names exactly the paths, in order.
func wantStale(tb testing.TB, err error, paths ...string) {
	tb.Helper()
	e := wantError(tb, err, diag.Stale, "stale-plan")
	var got []string
	for _, d := range e.Diagnostics {
		got = append(got, d.At.File)
	}
	same(tb, "stale paths", got, paths)
}

// wantRefused checks that an error names exactly the paths, in order.
func wantRefused(tb testing.TB, err error, code string, paths ...string) {
	tb.Helper()
	e := wantError(tb, err, diag.Refused, code)
	got := []string{}
	for _, d := range e.Diagnostics {
		if d.Code != code || d.Hint == "" {
			tb.Errorf("diagnostic %+v", d)
		}
		got = append(got, d.At.File)
	}
	same(tb, "refused paths", got, paths)
}

func TestRunFollowsNoLink(t *testing.T) {
	target := mustTree("link/x", "new")
	for _, to := range []string{"inside", "../outside", "nowhere"} {
		t.Run(to, func(t *testing.T) {
			at := newTarget(t, mustTree("inside/f", "1"))
			check(t, os.Mkdir(filepath.Join(filepath.Dir(at.Dir), "outside"), 0o777))
			check(t, os.Symlink(to, filepath.Join(at.Dir, "link")))
			before := listing(t, filepath.Dir(at.Dir))
			_, err := Run(t.Context(), at, planOf(tree.Tree{}, target), options)
			wantRefused(t, err, "behind-link", "link/x")
			same(t, "tree", listing(t, filepath.Dir(at.Dir)), before)
		})
	}
	t.Run("in the place of a file", func(t *testing.T) {
		at := newTarget(t, tree.Tree{})
		check(t, os.Symlink("../outside", filepath.Join(at.Dir, "f")))
		_, err := Run(t.Context(), at, planOf(tree.Tree{}, mustTree("f", "new")), options)
		wantStale(t, err, "f")
	})
	t.Run("as expected", func(t *testing.T) {
		at := newTarget(t, tree.Tree{})
		check(t, os.Symlink("../outside", filepath.Join(at.Dir, "f")))
		var b tree.Builder
		check(t, b.Add(mustPath("f"), tree.File{Data: []byte("../outside"), Mode: tree.Symlink}))
		_, err := Run(t.Context(), at, planOf(b.Tree(), mustTree("f", "new")), options)
		check(t, err)
		same(t, "tree", listing(t, at.Dir), listingOf(t, mustTree("f", "new")))
	})
}

func TestRunRefusesALinkOnTheWayToItsState(t *testing.T) {
	at := newTarget(t, mustTree("src/f", "1"))
	at.State = filepath.Join(at.Dir, ".sill", "tmp")
	check(t, os.Symlink("src", filepath.Join(at.Dir, ".sill")))
	before := listing(t, at.Dir)
	_, err := Run(t.Context(), at, planOf(tree.Tree{}, mustTree("g", "2")), options)
	wantError(t, err, diag.Refused, "not-a-directory")
	same(t, "tree", listing(t, at.Dir), before)
}

func TestRunRefusesALockThatIsNotOurs(t *testing.T) {
	for _, link := range []bool{true, false} {
		at := newTarget(t, mustTree("src/f", "1"))
		check(t, os.MkdirAll(at.State, 0o777))
		if link {
			check(t, os.Symlink("../../src/f", filepath.Join(at.State, lockName)))
		} else {
			check(t, os.WriteFile(filepath.Join(at.State, lockName), []byte("a poem"), 0o600))
		}
		_, err := Run(t.Context(), at, planOf(tree.Tree{}, mustTree("g", "2")), options)
		wantError(t, err, diag.Refused, "not-ours")
		same(t, "tree", listing(t, at.Dir), listingOf(t, mustTree("src/f", "1")))
	}
}

func TestCancelledRunChangesNothing(t *testing.T) {
	ours, target := mustTree("a", "1"), mustTree("a", "2", "b/c", "3")
	for n := 1; ; n++ {
		at := newTarget(t, ours)
		ctx, cancel := context.WithCancel(t.Context())
		o := options
		calls := &faultfs.Faults{At: n, Act: func(string) error { cancel(); return nil }}
		o.Open = opens(calls)
		_, err := Run(ctx, at, planOf(ours, target), o)
		cancel()
		if err == nil {
			same(t, "tree", listing(t, at.Dir), listingOf(t, target))
		} else {
			wantError(t, err, diag.Interrupted, "interrupted")
			same(t, "tree", listing(t, at.Dir), listingOf(t, ours))
		}
		if len(calls.Calls()) < n {
			return
		}
	}
}

func TestRunLockedByOther(t *testing.T) {
	ours, target := mustTree("a", "1"), mustTree("a", "2")
	at := newTarget(t, ours)
	s, err := open(at, Options{PID: 99})
	check(t, err)
	_, err = Run(t.Context(), at, planOf(ours, target), options)
	if e := wantError(t, err, diag.Refused, "locked"); !strings.Contains(e.Error(), "process 99 ") {
		t.Errorf("the error does not name the process: %v", e)
	}
	if found, err := Inspect(at); found != nil || err != nil {
		t.Errorf("inspect during a run: %v, %v", found, err)
	}
	s.close()
	_, err = Run(t.Context(), at, planOf(ours, target), options)
	check(t, err)
}

func TestRunAsksAboutTheProcessOfAFreeLock(t *testing.T) {
	ours, target := mustTree("a", "1"), mustTree("a", "2")
	for _, alive := range []bool{true, false} {
		at := newTarget(t, ours)
		check(t, os.MkdirAll(at.State, 0o777))
		check(t, os.WriteFile(filepath.Join(at.State, lockName), []byte("99\n"), 0o600))
		o := options
		o.Alive = func(pid int) bool { return alive && pid == 99 }
		_, err := Run(t.Context(), at, planOf(ours, target), o)
		if !alive {
			check(t, err)
			continue
		}
		wantError(t, err, diag.Refused, "locked")
	}
}

func TestRunRollsBackWhatACrashLeft(t *testing.T) {
	ours, target := mustTree("a", "1", "b/c", "2"), mustTree("a", "new", "d/e", "3")
	at := crashed(t, ours, target)
	found, err := Inspect(at)
	check(t, err)
	if found == nil || found.PID != options.PID || found.When == "" {
		t.Fatalf("found %+v", found)
	}
	paths := []tree.Path{mustPath("a"), mustPath("b/c"), mustPath("d/e")}
	if d := cmp.Diff(paths, found.Paths, cmp.Comparer(func(p, q tree.Path) bool { return p == q })); d != "" {
		t.Errorf("paths (-want +got):\n%s", d)
	}
	r, err := Run(t.Context(), at, planOf(ours, mustTree("z", "9")), options)
	check(t, err)
	if r.Recovered == nil {
		t.Error("the receipt does not tell of the roll-back")
	}
	same(t, "tree", listing(t, at.Dir), listingOf(t, mustTree("z", "9")))
	if found, err := Inspect(at); found != nil || err != nil {
		t.Errorf("after the run: %v, %v", found, err)
	}
}

// crashed leaves a target whose run stopped just before it was finished.
func crashed(tb testing.TB, ours, target tree.Tree) Target {
	tb.Helper()
	at := newTarget(tb, ours)
	s, err := open(at, options)
	check(tb, err)
	j, err := survey(s.dir, planOf(ours, target).Changes)
	check(tb, err)
	area := s.work(false)
	check(tb, s.stage(tb.Context(), area, j, j.journal(signing(at, options), false)))
	check(tb, s.move(tb.Context(), area, j))
	s.close()
	return at
}

func TestRollBackKeepsWhatSomebodyChanged(t *testing.T) {
	ours, target := mustTree("a", "1", "b/c", "2"), mustTree("a", "new", "d/e", "3")
	at := crashed(t, ours, target)
	edited := filepath.Join(at.Dir, "a")
	check(t, os.WriteFile(edited, []byte("mine"), 0o600))
	_, err := Recover(t.Context(), at, options)
	e := wantError(t, err, diag.Environment, "not-restored")
	if len(e.Diagnostics) == 0 || e.Diagnostics[0].At.File != "a" {
		t.Errorf("the error does not name the path: %v", e)
	}
	if data, err := os.ReadFile(edited); err != nil || string(data) != "mine" {
		t.Errorf("the edited file: %q, %v", data, err)
	}
	check(t, os.Rename(edited, edited+".mine"))
	found, err := Recover(t.Context(), at, options)
	check(t, err)
	if found == nil {
		t.Error("nothing was recovered")
	}
	check(t, os.Remove(edited+".mine"))
	same(t, "tree", listing(t, at.Dir), listingOf(t, ours))
}

func TestHostileJournals(t *testing.T) {
	for name, text := range map[string]string{
		"not JSON":     "{",
		"format":       `{"sill":2,"files":[]}`,
		"leaves":       `{"sill":1,"files":[{"path":"../victim"}]}`,
		"absolute":     `{"sill":1,"files":[{"path":"/victim"}]}`,
		"git":          `{"sill":1,"files":[{"path":".git/config"}]}`,
		"made leaves":  `{"sill":1,"made":["../victim"],"files":[]}`,
		"gone leaves":  `{"sill":1,"gone":["a/../../victim"],"files":[]}`,
		"path missing": `{"sill":1,"files":[{"path":""}]}`,
	} {
		t.Run(name, func(t *testing.T) {
			at := newTarget(t, mustTree("a", "1"))
			check(t, os.MkdirAll(at.State, 0o777))
			check(t, os.WriteFile(filepath.Join(at.State, journalName), []byte(text), 0o600))
			before := listing(t, filepath.Dir(at.Dir))
			_, err := Run(t.Context(), at, planOf(tree.Tree{}, mustTree("b", "2")), options)
			wantError(t, err, diag.Refused, "journal-damaged")
			_, err = Inspect(at)
			wantError(t, err, diag.Refused, "journal-damaged")
			same(t, "tree", listing(t, filepath.Dir(at.Dir)), before)
		})
	}
	t.Run("through a link", func(t *testing.T) {
		at := newTarget(t, mustTree("victim/0", "v"))
		check(t, os.MkdirAll(at.State, 0o777))
		check(t, os.Symlink("../../victim", filepath.Join(at.State, oldDir)))
		check(t, os.WriteFile(filepath.Join(at.State, journalName), []byte(`{"sill":1,"files":[{"path":"x"}]}`), 0o600))
		before := listing(t, at.Dir)
		_, err := Recover(t.Context(), at, options)
		wantError(t, err, diag.Environment, "not-restored")
		same(t, "tree", listing(t, at.Dir), before)
	})
}

func TestInspectOfNothing(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "absent")
	for _, at := range []Target{{Dir: dir, State: filepath.Join(dir, ".git", "sill")}, newTarget(t, tree.Tree{})} {
		if found, err := Inspect(at); found != nil || err != nil {
			t.Errorf("inspect: %v, %v", found, err)
		}
		if found, err := Recover(t.Context(), at, options); found != nil || err != nil {
			t.Errorf("recover: %v, %v", found, err)
		}
	}
}

func TestPlanOrderDoesNotMatter(t *testing.T) {
	ours, target := mustTree("a", "file", "b/c", "1"), mustTree("a/x", "2", "b", "3")
	at := newTarget(t, ours)
	p := planOf(ours, target)
	for i, j := 0, len(p.Changes)-1; i < j; i, j = i+1, j-1 {
		p.Changes[i], p.Changes[j] = p.Changes[j], p.Changes[i]
	}
	_, err := Run(t.Context(), at, p, options)
	check(t, err)
	same(t, "tree", listing(t, at.Dir), listingOf(t, target))
}

func TestAPlanWithOnePathTwiceChangesNothing(t *testing.T) {
	at := newTarget(t, tree.Tree{})
	p := planOf(tree.Tree{}, mustTree("a", "1"))
	p.Changes = append(p.Changes, plan.Change{Path: mustPath("a"), Action: plan.Create, File: tree.File{Data: []byte("2"), Mode: tree.Regular}})
	_, err := Run(t.Context(), at, p, options)
	wantStale(t, err, "a")
	same(t, "tree", listing(t, at.Dir), []string{})
}
