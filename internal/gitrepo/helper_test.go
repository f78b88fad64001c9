package gitrepo

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"groundsill.example/internal/diag"
	"groundsill.example/internal/tree"
)

// when is the date of every commit, in a zone with minutes.
var when = time.Date(2026, 3, 4, 5, 6, 7, 0, time.FixedZone("", 5*3600+30*60))

var ada = Identity{Name: "Ada Lovelace", Email: "ada@example.com"}

func options() CommitOptions {
	return CommitOptions{Message: "Start the service\n\nMade by hand.", Author: ada, When: when}
}

// world is an environment whose home is empty.
type world struct {
	t    testing.TB
	home string
	env  Env
}

func newWorld(tb testing.TB) *world {
	tb.Helper()
	home := tb.TempDir()
	return &world{t: tb, home: home, env: Env{
		"PATH=" + os.Getenv("PATH"), "HOME=" + home, "USERPROFILE=" + home,
		"XDG_CONFIG_HOME=" + filepath.Join(home, "xdg"),
		"GIT_CONFIG_NOSYSTEM=1", "LC_ALL=C", "TZ=UTC",
	}}
}

// set returns the environment with more variables.
func (w *world) set(vars ...string) Env { return append(append(Env{}, w.env...), vars...) }

// configure writes the user's .gitconfig.
func (w *world) configure(text string) {
	w.t.Helper()
	w.write(filepath.Join(w.home, ".gitconfig"), text)
}

func (w *world) write(name, text string) {
	w.t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
		w.t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
		w.t.Fatal(err)
	}
}

// git runs git in dir and returns both of its outputs, which must come with
// success.
func (w *world) git(dir string, args ...string) string {
	w.t.Helper()
	out, err := w.tryGit(dir, args...)
	if err != nil {
		w.t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return out
}

func (w *world) tryGit(dir string, args ...string) (string, error) {
	cmd := exec.Command("git", args...)
	cmd.Dir, cmd.Env = dir, w.env
	out, err := cmd.CombinedOutput()
	return strings.TrimRight(string(out), "\n"), err
}

// silent runs git and demands that it says nothing.
func (w *world) silent(dir string, args ...string) {
	w.t.Helper()
	if out := w.git(dir, args...); out != "" {
		w.t.Errorf("git %s says:\n%s", strings.Join(args, " "), out)
	}
}

// files makes a tree of "path" → content; a content that begins with "#!" is
// executable.
func files(tb testing.TB, contents map[string]string) tree.Tree {
	tb.Helper()
	var b tree.Builder
	for name, content := range contents {
		p, err := tree.ParsePath(name)
		if err != nil {
			tb.Fatal(err)
		}
		f := tree.File{Data: []byte(content), Mode: tree.Regular}
		if strings.HasPrefix(content, "#!") {
			f.Mode = tree.Executable
		}
		if err := b.Add(p, f); err != nil {
			tb.Fatal(err)
		}
	}
	return b.Tree()
}

// many makes n files of about two kilobytes in nested directories.
func many(tb testing.TB, n int) tree.Tree {
	tb.Helper()
	contents := make(map[string]string, n)
	for i := range n {
		var b strings.Builder
		for line := range 60 {
			fmt.Fprintf(&b, "func handler%d_%d() error { return nil }\n", i, line)
		}
		contents[fmt.Sprintf("internal/p%02d/q%d/file%d.go", i%37, i%3, i)] = b.String()
	}
	return files(tb, contents)
}

// publish writes a tree below dir.
func publish(tb testing.TB, dir string, files tree.Tree) {
	tb.Helper()
	for p, f := range files.All() {
		name := filepath.Join(dir, filepath.FromSlash(p.String()))
		if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
			tb.Fatal(err)
		}
		mode := os.FileMode(0o666)
		if f.Mode == tree.Executable {
			mode = 0o777
		}
		if err := os.WriteFile(name, f.Data, mode); err != nil {
			tb.Fatal(err)
		}
	}
}

// code returns the code of a diagnostic, and fails where err is none.
func code(tb testing.TB, err error) string {
	tb.Helper()
	if diag.ClassOf(err) == diag.Internal {
		tb.Fatalf("no diagnostic: %v", err)
	}
	return asDiag(err).Code()
}
