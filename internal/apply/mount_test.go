//go:build linux

package apply

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"groundsill.example/internal/diag"
	"groundsill.example/internal/need"
	"groundsill.example/internal/tree"
)

// mount puts a small file system of its own on dir, or skips the test.
func mount(t *testing.T, dir, size string) {
	t.Helper()
	err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size="+size)
	if errors.Is(err, syscall.EPERM) || errors.Is(err, syscall.EACCES) {
		need.Missing(t, "mount", "is not allowed: "+err.Error())
	}
	check(t, err)
	t.Cleanup(func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) })
}

func TestFullDisk(t *testing.T) {
	big := strings.Repeat("x", 48<<10)
	ours := mustTree("a", "1", "b/c", big)
	target := mustTree("a", "2", "b/c", "small", "d/e", big)
	dir := t.TempDir()
	mount(t, dir, "64k")
	put(t, dir, ours)
	at := Target{Dir: dir, State: filepath.Join(dir, ".git", "sill")}
	before := listing(t, dir)
	_, err := Run(t.Context(), at, planOf(ours, target), options)
	if e := wantError(t, err, diag.Environment, "disk-full"); !strings.Contains(e.Error(), "write d/e") {
		t.Errorf("the error does not name the path: %v", e)
	}
	same(t, "tree", listing(t, dir), before)
	if _, err := os.Stat(filepath.Join(dir, ".git")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("left: %v", err)
	}

	at = Target{Dir: filepath.Join(dir, "x", "new")}
	_, err = Publish(t.Context(), at, planOf(tree.Tree{}, target), options)
	wantError(t, err, diag.Environment, "disk-full")
	same(t, "tree", listing(t, dir), before)
}

func TestReadOnlyFileSystem(t *testing.T) {
	ours := mustTree("a", "1")
	dir := t.TempDir()
	mount(t, dir, "64k")
	put(t, dir, ours)
	check(t, syscall.Mount("", dir, "", syscall.MS_REMOUNT|syscall.MS_RDONLY, ""))
	_, err := Run(t.Context(), Target{Dir: dir, State: filepath.Join(dir, ".git", "sill")}, planOf(ours, mustTree("a", "2")), options)
	wantError(t, err, diag.Environment, "read-only")
	_, err = Publish(t.Context(), Target{Dir: filepath.Join(dir, "new")}, planOf(tree.Tree{}, ours), options)
	wantError(t, err, diag.Environment, "read-only")
	same(t, "tree", listing(t, dir), listingOf(t, ours))
}

func TestStateOnAnotherFileSystem(t *testing.T) {
	ours, target := mustTree("a", "1", "b/c", "2"), mustTree("a", "new", "d/e", "3")
	at := newTarget(t, ours)
	mount(t, filepath.Join(at.Dir, ".git"), "64k")
	_, err := Run(t.Context(), at, planOf(ours, target), options)
	check(t, err)
	same(t, "tree", filesOnly(listing(t, at.Dir)), filesOnly(listingOf(t, target)))
	if left := litter(t, at); len(left) != 1 || left[0] != "tmp" {
		t.Errorf("left: %v, want only what the run replaced, in .sill/tmp", left)
	}
}
