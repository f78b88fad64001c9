package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"groundsill.example/e2e/editions"
)

// expressHistory returns a directory with the Express blueprint for each of its
// versions: the built-in one, and one that is made up with a file renamed, a file
// deleted, a question renamed, other wiring and another script.
func expressHistory(t *testing.T) map[string]string {
	t.Helper()
	need(t, "git")
	w := newWorld(t)
	dirs := map[string]string{}
	for _, version := range []string{shipped, "0.2.0"} {
		dirs[version] = filepath.Join(w.Dir, version)
		must(t, editions.Copy("..", "express", dirs[version]))
	}
	patch, err := filepath.Abs(filepath.Join("testdata", "history", "express", "0.2.0.patch"))
	must(t, err)
	w.git("0.2.0", "apply", "--whitespace=nowarn", patch)
	return dirs
}

// TestExpressUpdates demands of services in TypeScript that an update makes what
// the new version makes at once, and that what people wrote goes along: in a
// file that is renamed, in the manifest, and in wiring.
func TestExpressUpdates(t *testing.T) {
	dirs := expressHistory(t)
	for name, args := range map[string][]string{
		"default":  nil,
		"related":  {"--database", "postgres", "--resource-file", resourceFile("related"), "--with", "kubernetes,vscode"},
		"minimal":  {"--no-resource", "--without", "docker,github"},
		"on MySQL": {"--database", "mysql"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.good(append([]string{"new", "orders", "-b", dirs[shipped], "--yes", "--set", "author=Ada"}, args...))
			said := w.good([]string{"-C", "orders", "update", "-b", dirs["0.2.0"], "--commit"}).Out
			if strings.Count(said, "## 0.2.0") != 1 || strings.Contains(said, "## "+shipped) {
				t.Errorf("it tells:\n%s", said)
			}
			fresh := newWorld(t)
			fresh.good(append([]string{"new", "orders", "-b", dirs["0.2.0"], "--yes", "--set", "holder=Ada"}, args...))
			if diff := cmp.Diff(fresh.tree("orders"), w.tree("orders")); diff != "" {
				t.Errorf("not what the new version makes (- new, + updated):\n%s", diff)
			}
			if status := w.good([]string{"-C", "orders", "status", "--check"}); !strings.Contains(status.Out, "Every file is as the blueprint makes it") {
				t.Errorf("status: %s", status.Out)
			}
		})
	}
}

func TestExpressUpdateMovesEdits(t *testing.T) {
	dirs := expressHistory(t)
	w := newWorld(t)
	w.good([]string{"new", "shop", "-b", dirs[shipped], "--yes"})
	w.Dir = filepath.Join(w.Dir, "shop")
	for _, e := range []struct{ file, before, line string }{
		{"src/lib/ids.ts", "/** Returns a new trace id", "export const ours = 1;\n\n"},
		{"package.json", "    \"test\":", "    \"ours\": \"echo ours\",\n"},
		{"package.json", "    \"zod\":", "    \"ours\": \"^1.0.0\",\n"},
		{"src/app.ts", "  app.use(notFound);", "  app.use(ours);\n"},
	} {
		name := filepath.Join(w.Dir, filepath.FromSlash(e.file))
		data, err := os.ReadFile(name)
		must(t, err)
		if strings.Count(string(data), e.before) != 1 {
			t.Fatalf("%s has not once %s", e.file, e.before)
		}
		put(t, name, strings.Replace(string(data), e.before, e.line+e.before, 1))
	}
	w.git(".", "commit", "-q", "-a", "-m", "ours")
	w.good([]string{"update", "-b", dirs["0.2.0"], "--commit"})
	for file, lines := range map[string][]string{
		"src/lib/identifiers.ts": {"export const ours = 1;"},
		"package.json":           {`"ours": "echo ours",`, `"ours": "^1.0.0",`, `"start:dev":`},
		"src/app.ts":             {"app.use(ours);", "app.use(cors(config.corsAllowedOrigins));\n  app.use(headers);"},
	} {
		got := read(t, w.Dir, file)
		for _, line := range lines {
			if strings.Count(got, line) != 1 {
				t.Errorf("%s has not once %s:\n%s", file, line, got)
			}
		}
	}
	for _, gone := range []string{"src/lib/ids.ts", "RESOURCES.md"} {
		if _, err := os.Stat(filepath.Join(w.Dir, gone)); err == nil {
			t.Errorf("%s is there", gone)
		}
	}
}

// TestExpressSets demands that an answer that is given later makes what it makes
// when it is given at once.
func TestExpressSets(t *testing.T) {
	need(t, "git")
	for _, answer := range []string{
		"database=postgres", "database=mysql", "license=Apache-2.0", "author=Ada", "description=Other words.", "owner=@acme/backend", "contact=a@example.com",
	} {
		t.Run(answer, func(t *testing.T) {
			t.Parallel()
			w, fresh := newWorld(t), newWorld(t)
			w.good([]string{"new", "orders", "-b", "express", "--yes"})
			w.good([]string{"-C", "orders", "set", answer, "--commit"})
			fresh.good([]string{"new", "orders", "-b", "express", "--yes", "--set", answer})
			if diff := cmp.Diff(fresh.tree("orders"), w.tree("orders")); diff != "" {
				t.Errorf("not what it makes at once (- new, + set):\n%s", diff)
			}
		})
	}
}
