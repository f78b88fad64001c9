package e2e

import (
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestSameBytes runs sill new under two umasks, in two time zones, with two
// homes, on one processor and on many, and at two times: the trees have the
// same bytes, and the same modes but for the umask.
func TestSameBytes(t *testing.T) {
	need(t, "sh")
	args := []string{"new", "shop", "--resource", "order total:decimal,10,2:required placed_at:datetime"}
	want := withMask(t, 0o022, nil, args)
	for name, c := range map[string]struct {
		mask fs.FileMode
		env  []string
	}{
		"again":            {0o022, nil},
		"umask 077":        {0o077, nil},
		"umask 002":        {0o002, nil},
		"time zone":        {0o022, []string{"TZ=Pacific/Apia"}},
		"language":         {0o022, []string{"LC_ALL=tr_TR.UTF-8", "LANG=tr_TR.UTF-8"}},
		"home":             {0o022, []string{"HOME=" + t.TempDir(), "XDG_CONFIG_HOME=", "GIT_AUTHOR_NAME=B", "GIT_AUTHOR_EMAIL=b@example.org"}},
		"one processor":    {0o022, []string{"GOMAXPROCS=1"}},
		"eight processors": {0o022, []string{"GOMAXPROCS=8"}},
		"wide terminal":    {0o022, []string{"COLUMNS=200", "CLICOLOR_FORCE=1", "NO_COLOR="}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := withMask(t, c.mask, c.env, args)
			expected := map[string]entry{}
			for name, e := range want {
				e.Mode = e.Mode&^0o777 | full(e.Mode)&^c.mask
				expected[name] = e
			}
			if diff := diffTrees(expected, got); diff != "" {
				t.Errorf("the tree is another one:\n%s", diff)
			}
		})
	}
}

// full is the mode that a file made under umask 022 was asked for.
func full(m fs.FileMode) fs.FileMode {
	if m&0o100 != 0 {
		return 0o777
	}
	return 0o666
}

// withMask runs sill under a umask, asserts that it took, and returns the tree.
func withMask(t *testing.T, mask fs.FileMode, env, args []string) map[string]entry {
	t.Helper()
	w := newWorld(t)
	w.Env = env
	script := fmt.Sprintf(`umask %03o && : >../probe && exec sill "$@"`, mask)
	must(t, os.Mkdir(filepath.Join(w.Dir, "work"), 0o750))
	cmd := exec.Command("sh", append([]string{"-c", script, "sh"}, args...)...)
	cmd.Dir, cmd.Env = filepath.Join(w.Dir, "work"), w.env()
	if r := w.run(cmd); r.Code != 0 {
		t.Fatalf("exit code %d\n%s%s", r.Code, r.Out, r.Err)
	}
	info, err := os.Stat(filepath.Join(w.Dir, "probe"))
	must(t, err)
	if got := info.Mode().Perm(); got != 0o666&^mask {
		t.Fatalf("the umask did not take: a file has mode %v", got)
	}
	return w.tree("work")
}
