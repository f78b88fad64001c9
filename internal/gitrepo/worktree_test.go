package gitrepo

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"groundsill.example/internal/need"
	"groundsill.example/internal/tree"
)

// work is a repository that a test works in.
type work struct {
	*world

	dir  string // the service
	root string // the work tree
}

// newWork makes a repository in which everything of contents is committed.
// Its service is at prefix.
func newWork(tb testing.TB, prefix string, contents map[string]string) *work {
	tb.Helper()
	w := &work{world: newWorld(tb), root: physical(tb)}
	w.configure("[user]\n\tname = Ada\n\temail = ada@example.com\n[init]\n\tdefaultBranch = main\n[protocol \"file\"]\n\tallow = always\n")
	w.git(w.root, "init", "--quiet")
	w.dir = filepath.Join(w.root, filepath.FromSlash(prefix))
	w.write(filepath.Join(w.root, "other.txt"), "of another service\n")
	for name, content := range contents {
		w.put(name, content)
	}
	w.git(w.root, "add", "--all", "--force")
	w.git(w.root, "commit", "--quiet", "--message=first")
	return w
}

// put writes a file of the service.
func (w *work) put(name, content string) {
	w.t.Helper()
	w.write(filepath.Join(w.dir, filepath.FromSlash(name)), content)
}

func (w *work) remove(name string) {
	w.t.Helper()
	if err := os.RemoveAll(filepath.Join(w.dir, name)); err != nil {
		w.t.Fatal(err)
	}
}

// do runs git where the service is.
func (w *work) do(args ...string) string {
	w.t.Helper()
	return w.git(w.dir, args...)
}

func (w *work) repo() Repo {
	w.t.Helper()
	r, found, err := Find(w.dir)
	if !found || err != nil {
		w.t.Fatalf("found %t, error %v", found, err)
	}
	return r
}

// index returns the bytes of the index.
func (w *work) index() string {
	w.t.Helper()
	data, err := os.ReadFile(filepath.Join(w.repo().GitDir, "index"))
	if err != nil {
		w.t.Fatal(err)
	}
	return string(data)
}

// said is what git says of the index, flags included.
func (w *work) said() string {
	w.t.Helper()
	return w.git(w.root, "ls-files", "--stage", "-v") + "\n" + w.git(w.root, "status", "--porcelain=v2")
}

// ways are the environments with git and without.
func (w *work) ways() map[string]Env {
	return map[string]Env{"git": w.env, "go-git": w.set("PATH=")}
}

// eachWay runs a test with git and without it, at the root of a repository and
// below it.
func eachWay(t *testing.T, contents map[string]string, test func(w *work, env Env)) {
	t.Helper()
	need.Program(t, "git")
	for _, prefix := range []string{"", "services/orders"} {
		for _, way := range []string{"git", "go-git"} {
			t.Run(way+"/"+prefix, func(t *testing.T) {
				w := newWork(t, prefix, contents)
				test(w, w.ways()[way])
			})
		}
	}
}

func path1(tb testing.TB, name string) tree.Path {
	tb.Helper()
	p, err := tree.ParsePath(name)
	if err != nil {
		tb.Fatal(err)
	}
	return p
}

func pathList(tb testing.TB, names ...string) []tree.Path {
	tb.Helper()
	list := make([]tree.Path, len(names))
	for i, name := range names {
		list[i] = path1(tb, name)
	}
	return list
}

func joined(list []tree.Path) string {
	names := make([]string, len(list))
	for i, p := range list {
		names[i] = p.String()
	}
	return strings.Join(names, " ")
}

func must(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}
