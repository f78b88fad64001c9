package apply

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"groundsill.example/internal/diag"
	"groundsill.example/internal/faultfs"
	"groundsill.example/internal/tree"
)

var demo = mustTree("README.md", "r", "bin/run*", "b", "cmd/demo/main.go", "m")

func TestPublish(t *testing.T) {
	top := t.TempDir()
	at := Target{Dir: filepath.Join(top, "x", "y", "demo")}
	var finished []string
	o := options
	o.Finish = func(dir string) error {
		finished = listing(t, dir)
		_, err := os.Lstat(at.Dir)
		if !errors.Is(err, os.ErrNotExist) || filepath.Base(dir) != "demo" {
			t.Errorf("finish of %s: the target: %v", dir, err)
		}
		return os.WriteFile(filepath.Join(dir, "added"), nil, 0o666)
	}
	r, err := Publish(t.Context(), at, planOf(tree.Tree{}, demo), o)
	check(t, err)
	if len(r.Created) != demo.Len() || r.Dir != at.Dir || r.Recovered != nil {
		t.Errorf("receipt %+v", r)
	}
	same(t, "what finish sees", finished, listingOf(t, demo))
	check(t, os.Remove(filepath.Join(at.Dir, "added")))
	same(t, "tree", listing(t, at.Dir), listingOf(t, demo))
	same(t, "beside it", dirNames(t, filepath.Dir(at.Dir)), []string{"demo"})
}

func TestPublishLeavesNothingWhenFinishFails(t *testing.T) {
	top := t.TempDir()
	o := options
	broken := errors.New("no identity")
	o.Finish = func(string) error { return broken }
	_, err := Publish(t.Context(), Target{Dir: filepath.Join(top, "x", "demo")}, planOf(tree.Tree{}, demo), o)
	if !errors.Is(err, broken) {
		t.Errorf("error %v", err)
	}
	same(t, "tree", listing(t, top), []string{})
}

func TestPublishReplacesNothing(t *testing.T) {
	for name, appear := range map[string]func(dir string) error{
		"file":      func(dir string) error { return os.WriteFile(dir, nil, 0o600) },
		"link":      func(dir string) error { return os.Symlink("nowhere", dir) },
		"directory": func(dir string) error { return os.MkdirAll(filepath.Join(dir, "d"), 0o777) },
		"empty":     func(dir string) error { return os.Mkdir(dir, 0o777) },
	} {
		for _, late := range []bool{false, true} {
			top := t.TempDir()
			at := Target{Dir: filepath.Join(top, "demo")}
			o := options
			if late {
				o.Finish = func(string) error { return appear(at.Dir) }
			} else {
				check(t, appear(at.Dir))
			}
			_, err := Publish(t.Context(), at, planOf(tree.Tree{}, demo), o)
			wantError(t, err, diag.Refused, "target-exists")
			same(t, name+": beside the target", dirNames(t, top), []string{"demo"})
			if info, err := os.Stat(filepath.Join(at.Dir, "README.md")); err == nil {
				t.Errorf("%s was replaced: %v", name, info)
			}
		}
	}
}

func TestPublishRemovesOnlyWhatIsOurs(t *testing.T) {
	for name, files := range map[string]tree.Tree{
		"without a lock":     mustTree("demo/precious", "p"),
		"with an empty lock": mustTree("demo/precious", "p", "lock", ""),
		"with another lock":  mustTree("demo/precious", "p", "lock", "of hair"),
	} {
		top := t.TempDir()
		box := filepath.Join(top, ".demo.sill-tmp")
		put(t, box, files)
		before := listing(t, filepath.Join(box, "demo"))
		_, err := Publish(t.Context(), Target{Dir: filepath.Join(top, "demo")}, planOf(tree.Tree{}, demo), options)
		wantError(t, err, diag.Refused, "not-ours")
		same(t, name, listing(t, filepath.Join(box, "demo")), before)
		same(t, name, dirNames(t, top), []string{".demo.sill-tmp"})
	}
	t.Run("of a run that died", func(t *testing.T) {
		top := t.TempDir()
		put(t, filepath.Join(top, ".demo.sill-tmp"), mustTree("demo/half", "h", "lock", "99\n"))
		r, err := Publish(t.Context(), Target{Dir: filepath.Join(top, "demo")}, planOf(tree.Tree{}, demo), options)
		check(t, err)
		if r.Recovered == nil || r.Recovered.PID != 99 {
			t.Errorf("recovered %+v", r.Recovered)
		}
		same(t, "beside the target", dirNames(t, top), []string{"demo"})
		same(t, "tree", listing(t, filepath.Join(top, "demo")), listingOf(t, demo))
	})
}

func TestPublishRefusesALinkInPlaceOfItsDirectory(t *testing.T) {
	top := t.TempDir()
	check(t, os.Mkdir(filepath.Join(top, "victim"), 0o777))
	check(t, os.Symlink("victim", filepath.Join(top, ".demo.sill-tmp")))
	_, err := Publish(t.Context(), Target{Dir: filepath.Join(top, "demo")}, planOf(tree.Tree{}, demo), options)
	wantError(t, err, diag.Refused, "not-a-directory")
	same(t, "victim", dirNames(t, filepath.Join(top, "victim")), nil)
}

func TestPublishNamesEveryStalePath(t *testing.T) {
	top := t.TempDir()
	_, err := Publish(t.Context(), Target{Dir: filepath.Join(top, "demo")}, planOf(mustTree("b", "1", "c", "2"), mustTree("a", "3", "c", "4")), options)
	wantStale(t, err, "b", "c")
	same(t, "tree", listing(t, top), []string{})
}

func TestPublishLockedByOther(t *testing.T) {
	top := t.TempDir()
	at := Target{Dir: filepath.Join(top, "demo")}
	o := options
	o.Finish = func(string) error {
		_, err := Publish(t.Context(), at, planOf(tree.Tree{}, demo), Options{PID: 12})
		if e := wantError(t, err, diag.Refused, "locked"); e.Hint() == "" {
			t.Error("no hint")
		}
		return nil
	}
	_, err := Publish(t.Context(), at, planOf(tree.Tree{}, demo), o)
	check(t, err)
	same(t, "tree", listing(t, at.Dir), listingOf(t, demo))
}

func TestCancelledPublishLeavesNothing(t *testing.T) {
	for n := 1; ; n++ {
		top := t.TempDir()
		at := Target{Dir: filepath.Join(top, "x", "demo")}
		ctx, cancel := context.WithCancel(t.Context())
		calls := &faultfs.Faults{At: n, Act: func(string) error { cancel(); return nil }}
		_, err := Publish(ctx, at, planOf(tree.Tree{}, demo), Options{PID: 1, Open: opens(calls)})
		cancel()
		if err == nil {
			same(t, "tree", listing(t, at.Dir), listingOf(t, demo))
		} else {
			wantError(t, err, diag.Interrupted, "interrupted")
			same(t, "tree", listing(t, top), []string{})
		}
		if len(calls.Calls()) < n {
			return
		}
	}
}
