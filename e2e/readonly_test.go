//go:build unix

package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestReadOnly runs sill where it may not write: nothing is written, and the
// exit code is that of the environment. The superuser may write everywhere, so
// the test becomes somebody else.
func TestReadOnly(t *testing.T) {
	const nobody = 65534
	for _, c := range []struct {
		name string
		args []string
		lock string // the directory that is read-only
	}{
		{"a directory that is not there", []string{"new", "shop"}, "."},
		{"below one that is not there", []string{"new", "a/b/shop"}, "."},
		{"a directory that is there", []string{"new", "shop"}, "shop"},
		{"over files of the user", []string{"new", "full", "--merge"}, "full"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			must(t, os.Mkdir(filepath.Join(w.Dir, "shop"), 0o777))
			put(t, filepath.Join(w.Dir, "full", "mine.txt"), "mine\n")
			if c.lock == "." {
				must(t, os.Remove(filepath.Join(w.Dir, "shop")))
			}
			cmd := w.command(append(c.args, "-b", tiny(t), "--json")...)
			if os.Geteuid() == 0 {
				cmd.Path = open(t, w)
				cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
				probe := w.command("version")
				probe.Path, probe.SysProcAttr = cmd.Path, cmd.SysProcAttr
				if err := probe.Run(); err != nil {
					miss(t, "another user", "cannot be used here: "+err.Error())
				}
			}
			lock := filepath.Join(w.Dir, c.lock)
			must(t, os.Chmod(lock, 0o555))
			t.Cleanup(func() { _ = os.Chmod(lock, 0o755) })
			before := w.tree(".")
			r := w.run(cmd)
			if r.Code != 6 {
				t.Fatalf("exit code %d\n%s%s", r.Code, r.Out, r.Err)
			}
			if f := r.failed(t); !strings.Contains(f.Error.Message, "permission denied") || f.Error.Hint == "" {
				t.Errorf("the message is %q, the hint %q", f.Error.Message, f.Error.Hint)
			}
			if diff := diffTrees(before, w.tree(".")); diff != "" {
				t.Errorf("something was written:\n%s", diff)
			}
		})
	}
}

// open lets every user into the directories of a world, and returns a sill that
// every user may run.
func open(t *testing.T, w *world) string {
	t.Helper()
	program, err := exec.LookPath("sill")
	must(t, err)
	data, err := os.ReadFile(program)
	must(t, err)
	everybody := filepath.Join(filepath.Dir(w.Dir), "sill")
	must(t, os.WriteFile(everybody, data, 0o755))
	for _, dir := range []string{w.Dir, filepath.Dir(w.Dir), w.Home, filepath.Join(w.Dir, "full"), filepath.Join(w.Dir, "shop")} {
		if err := os.Chmod(dir, 0o777); err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
	}
	must(t, os.Chmod(filepath.Join(w.Dir, "full", "mine.txt"), 0o644))
	must(t, os.Chmod(filepath.Join(w.Home, ".gitconfig"), 0o644))
	return everybody
}
