package e2e

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestUpdateOnAFullDisk leaves more and more room on a disk, until an update
// fits: before that, it is refused, and files and index are as they were.
func TestUpdateOnAFullDisk(t *testing.T) {
	w := newWorld(t)
	err := syscall.Mount("tmpfs", w.Dir, "tmpfs", 0, "size=8m")
	if errors.Is(err, syscall.EPERM) || errors.Is(err, syscall.EACCES) {
		miss(t, "mount", "is not allowed: "+err.Error())
	}
	must(t, err)
	t.Cleanup(func() { _ = syscall.Unmount(w.Dir, syscall.MNT_DETACH) })
	update := wideService(t, w)
	before := w.picture()
	var free syscall.Statfs_t
	must(t, syscall.Statfs(w.Dir, &free))
	filler := filepath.Join(w.Dir, "filler")
	put(t, filler, strings.Repeat("x", int(free.Bfree)*int(free.Bsize)))
	failures := 0
	const step = 24 << 10
	for {
		info, err := os.Stat(filler)
		must(t, err)
		r := w.good(update, 3, 6)
		if r.Code == 3 {
			break
		}
		failures++
		if !strings.Contains(strings.ToLower(r.Err), "space") {
			t.Errorf("it does not say why: %s", r.Err)
		}
		if diff := diffTrees(before, w.picture()); diff != "" {
			t.Fatalf("%d bytes from full (- before, + after):\n%s\n%s", int64(free.Bfree)*free.Bsize-info.Size(), diff, r.Err)
		}
		must(t, os.Truncate(filler, max(info.Size()-step, 0)))
	}
	if failures < 2 {
		t.Errorf("the disk was full %d times", failures)
	}
	w.good([]string{"-C", "shop", "abort"})
	if diff := diffTrees(before, w.picture()); diff != "" {
		t.Errorf("taken back (- want, + got):\n%s", diff)
	}
}
