package e2e

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"groundsill.example/e2e/editions"
)

// The versions of the history of the Go blueprint, oldest first. The first is
// the blueprint that sill carries. The others are made up for these tests, so
// that the blueprint itself tells of no version that nobody has seen: each is
// a patch, below testdata/history, to the version before it.
func versions() []string { return []string{shipped, "0.2.0", "0.3.0"} }

// shipped is the version of the built-in blueprint that the patches start from.
const shipped = "0.1.0"

// blueprintHistory returns a directory with the Go blueprint for each of its
// versions.
func blueprintHistory(t *testing.T) map[string]string {
	t.Helper()
	need(t, "git")
	w := newWorld(t)
	from, dirs := "", map[string]string{}
	for _, version := range versions() {
		dir := filepath.Join(w.Dir, version)
		if version == shipped {
			must(t, editions.Copy("..", "go", dir))
		} else {
			must(t, os.CopyFS(dir, os.DirFS(from)))
			patch, err := filepath.Abs(filepath.Join("testdata", "history", "go", version+".patch"))
			must(t, err)
			w.git(version, "apply", "--whitespace=nowarn", patch)
		}
		from, dirs[version] = dir, dir
	}
	return dirs
}

var versionLine = regexp.MustCompile(`(?m)^version: (\S+)$`)

// TestHistory demands that every patch has a place in the history and makes the
// version that it is named after.
func TestHistory(t *testing.T) {
	patches, err := filepath.Glob(filepath.Join("testdata", "history", "go", "*.patch"))
	must(t, err)
	names := []string{shipped}
	for _, p := range patches {
		names = append(names, strings.TrimSuffix(filepath.Base(p), ".patch"))
	}
	if diff := cmp.Diff(versions(), names); diff != "" {
		t.Errorf("versions (- want, + there):\n%s", diff)
	}
	for version, dir := range blueprintHistory(t) {
		manifest, err := os.ReadFile(filepath.Join(dir, "blueprint.yaml"))
		must(t, err)
		if m := versionLine.FindSubmatch(manifest); m == nil || string(m[1]) != version {
			t.Errorf("the manifest of %s has %q", version, m)
		}
	}
}

// TestHistoryBuilds builds and tests what the made-up versions make: merged
// code proves something only between versions whose code is good.
func TestHistoryBuilds(t *testing.T) {
	if testing.Short() {
		t.Skip("runs the Go toolchain for minutes")
	}
	dirs := blueprintHistory(t)
	for _, version := range versions()[1:] {
		t.Run(version, func(t *testing.T) {
			dir := scaffold(t, "-b", dirs[version])
			needModules(t, dir)
			silent(t, dir, "gofmt", "-l", ".")
			silent(t, dir, "go", "build", "-mod=readonly", "./...")
			silent(t, dir, "go", "vet", "./...")
			silent(t, dir, "go", "mod", "tidy", "-diff")
			testService(t, dir)
		})
	}
}

// TestUpdateMakesTheNewVersion demands that a service nobody has edited is, after
// an update, what the new version makes at once: every file, the record and the
// bundle. Only migrations stay as they were made.
func TestUpdateMakesTheNewVersion(t *testing.T) {
	dirs := blueprintHistory(t)
	for _, c := range []struct {
		name     string
		old, new []string // what is answered in the first version and in the last
	}{
		{name: "default"},
		{name: "related", old: []string{"--resource-file", resourceFile("related")}, new: []string{"--resource-file", resourceFile("related")}},
		{
			name: "renamed answers",
			old:  []string{"--author", "Ada", "--license", "proprietary", "--database", "postgres"},
			new:  []string{"--holder", "Ada", "--license", "LicenseRef-Proprietary", "--database", "postgres"},
		},
		{name: "minimal", old: []string{"--no-resource", "--without", "docker"}, new: []string{"--no-resource", "--without", "docker"}},
	} {
		for _, way := range [][]string{{"go", "0.2.0", "0.3.0"}, {dirs[shipped], "0.3.0"}} {
			t.Run(c.name+" over "+strings.Join(way[1:], " and "), func(t *testing.T) {
				t.Parallel()
				w := newWorld(t)
				w.good(append([]string{"new", "orders", "--yes", "-b", way[0]}, c.old...))
				made := w.tree("orders")
				var out strings.Builder
				for _, version := range way[1:] {
					out.WriteString(w.good([]string{"-C", "orders", "update", "-b", dirs[version], "--commit"}).Out)
				}
				said := out.String()
				for _, heading := range []string{"## 0.2.0", "## 0.3.0"} {
					if strings.Count(said, heading) != 1 {
						t.Errorf("%s stands in it %d times:\n%s", heading, strings.Count(said, heading), said)
					}
				}
				if strings.Contains(said, "## "+shipped) {
					t.Errorf("it tells what was known:\n%s", said)
				}
				if status := w.git("orders", "status", "--porcelain"); status != "" {
					t.Errorf("not everything is committed:\n%s", status)
				}
				fresh := newWorld(t)
				fresh.good(append([]string{"new", "orders", "--yes", "-b", dirs["0.3.0"]}, c.new...))
				want := fresh.tree("orders")
				frozen := 0
				for name, file := range want {
					if strings.HasPrefix(name, "migrations/") && strings.HasSuffix(name, ".sql") && file != made[name] {
						entry, _, _ := strings.Cut(filepath.Base(name), "_")
						copied := ".sill/frozen/" + entry + "/" + name
						want[name], want[copied] = made[name], made[name]
						for dir := filepath.Dir(copied); dir != ".sill"; dir = filepath.Dir(dir) {
							want[dir] = want[".sill"]
						}
						frozen++
					}
				}
				if (frozen == 0) != (c.name == "minimal") {
					t.Errorf("the new version makes %d migrations otherwise", frozen)
				}
				if status := w.good([]string{"-C", "orders", "status", "--check"}); !strings.Contains(status.Out, "Every file is as the blueprint makes it") {
					t.Errorf("status: %s", status.Out)
				}
				if diff := cmp.Diff(want, w.tree("orders")); diff != "" {
					t.Errorf("not what the new version makes (- new, + updated):\n%s", diff)
				}
			})
		}
	}
}

// TestUpdateMovesEdits demands that what people wrote moves along with files
// that the blueprint renames, twice even, and that it survives changes of the
// lines around it.
func TestUpdateMovesEdits(t *testing.T) {
	// What is written before a text of a file, and where the file is afterwards.
	edits := []struct{ file, line, before, now string }{
		{"internal/app/unused.go", "	mine  string\n", "	open  map[net.Conn]bool\n", "internal/app/idle.go"},
		{"internal/view/item.go", "// Items as the shop shows them.\n", "package view\n", "internal/view/item_view.go"},
		{"internal/view/answers.go", "// Answers as the shop gives them.\n", "package view\n", "internal/view/answers.go"},
		{"internal/app/routes.go", "	println(\"mine\")\n", "	controller.NewHealth(", "internal/app/routes.go"},
		{"README.md", "## Team\n\nAda.\n\n", "## Commands\n", "README.md"},
		{"go.mod", "// Mine.\n", "module ", "go.mod"},
	}
	dirs := blueprintHistory(t)
	w := newWorld(t)
	w.good([]string{"new", "orders", "--yes", "-b", dirs[shipped]})
	for _, e := range edits {
		w.replace(filepath.Join("orders", e.file), e.before, e.line+e.before)
	}
	w.git("orders", "commit", "-qam", "Make it ours")
	w.good([]string{"-C", "orders", "update", "-b", dirs["0.2.0"], "--commit"})
	w.good([]string{"-C", "orders", "update", "-b", dirs["0.3.0"], "--commit"})
	files := w.tree("orders")
	for _, e := range edits {
		if got := files[e.now].Data; !strings.Contains(got, e.line) {
			t.Errorf("%s lost what was written in it; it has\n%s", e.now, got)
		}
		if _, still := files[e.file]; still && e.file != e.now {
			t.Errorf("%s is still there", e.file)
		}
	}
	if got := files["internal/app/routes.go"].Data; !strings.Contains(got, "database *db.DB, base controller.Base") {
		t.Errorf("routes.go has not what the blueprint changed:\n%s", got)
	}
	if testing.Short() {
		return
	}
	needModules(t, filepath.Join(w.Dir, "orders"))
	silent(t, filepath.Join(w.Dir, "orders"), "go", "build", "-mod=readonly", "./...")
}

// TestUpdateAsksAboutWhatGoes demands that a file which people have edited and
// the blueprint takes away is a conflict, and that the rest of the update is
// there all the same.
func TestUpdateAsksAboutWhatGoes(t *testing.T) {
	dirs := blueprintHistory(t)
	w := newWorld(t)
	w.good([]string{"new", "orders", "--yes", "-b", dirs[shipped]})
	const health = "internal/view/health.go"
	w.replace(filepath.Join("orders", health), "Status string ", "Mood   string `json:\"mood\"`\n	Status string ")
	w.git("orders", "commit", "-qam", "Have a mood")
	before := w.tree("orders")[health]
	r := w.good([]string{"-C", "orders", "update", "-b", dirs["0.3.0"]}, 3)
	if !strings.Contains(r.Out+r.Err, health) {
		t.Errorf("it does not name the conflict:\n%s%s", r.Out, r.Err)
	}
	if diff := cmp.Diff(before, w.tree("orders")[health]); diff != "" {
		t.Errorf("the file of the user changed:\n%s", diff)
	}
	unmerged := strings.Fields(w.git("orders", "diff", "--name-only", "--diff-filter=U"))
	if diff := cmp.Diff([]string{health}, slices.Compact(unmerged)); diff != "" {
		t.Errorf("conflicts in the index (- want, + got):\n%s", diff)
	}
	if _, there := w.tree("orders")["internal/app/idle.go"]; !there {
		t.Errorf("the rest is not there: %v", slices.Sorted(maps.Keys(w.tree("orders"))))
	}
}

// replace exchanges a text that a file of the world has once.
func (w *world) replace(name, old, now string) {
	w.t.Helper()
	name = filepath.Join(w.Dir, filepath.FromSlash(name))
	data, err := os.ReadFile(name)
	must(w.t, err)
	if n := strings.Count(string(data), old); n != 1 {
		w.t.Fatalf("%q stands in %s %d times", old, name, n)
	}
	put(w.t, name, strings.Replace(string(data), old, now, 1))
}
