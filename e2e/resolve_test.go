package e2e

import (
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestResolveEqualsOneBranch lets two branches change a service, merges them
// with git, and finishes the merge with sill resolve wherever git could not or
// did not know how. The result is the service of one branch that makes both
// changes, with the edits of both; only the numbers of migrations may differ.
func TestResolveEqualsOneBranch(t *testing.T) {
	need(t, "git")
	changes := map[string]string{
		"a resource":      "add resource payment amount:decimal,10,2:required item:references:required",
		"another":         "add resource visit at:datetime:required item:references",
		"fields":          "add field item note:text weight:float",
		"other fields":    "add field item colour:string:index",
		"no field":        "remove field item.quantity",
		"no docker":       "remove docker",
		"another licence": "set license=Apache-2.0",
		"PostgreSQL":      "set database=postgres",
		"a version":       "update -b VERSION",
	}
	for _, c := range []struct{ blueprint, version, config, routes string }{
		{"go", blueprintHistory(t)["0.2.0"], "internal/config/config.go", "internal/app/routes.go"},
		{"express", expressHistory(t)["0.2.0"], "src/config.ts", "src/routes/routes.ts"},
	} {
		for name, ours := range changes {
			for other, theirs := range changes {
				if name == other {
					continue
				}
				t.Run(c.blueprint+" "+name+" and "+other, func(t *testing.T) {
					t.Parallel()
					ours, theirs := strings.ReplaceAll(ours, "VERSION", c.version), strings.ReplaceAll(theirs, "VERSION", c.version)
					w := newWorld(t)
					w.good([]string{"new", "shop", "-b", c.blueprint, "--yes", "--set", "author=Somebody"})
					w.Dir = filepath.Join(w.Dir, "shop")
					w.git(".", "checkout", "-q", "-b", "theirs")
					w.step(theirs, 200)
					w.edit(c.config, "\n// Ours by theirs.\n")
					w.git(".", "checkout", "-q", "main")
					w.step(ours, 100)
					w.edit(c.routes, "\n// Ours by ours.\n")
					w.git(".", "checkout", "-q", "-b", "alone")
					w.step(theirs, 300)
					w.edit(c.config, "\n// Ours by theirs.\n")
					want := w.tree(".")

					w.git(".", "checkout", "-q", "main")
					merge := exec.Command("git", "merge", "--quiet", "--no-commit", "theirs")
					merge.Dir, merge.Env = w.Dir, w.env()
					w.run(merge) // it fails where there are conflicts
					w.good([]string{"resolve"})
					if status := w.git(".", "diff", "--name-only"); status != "" {
						t.Errorf("git is not told of %s", status)
					}
					got := w.tree(".")
					if other == "PostgreSQL" { // alone, it sums up the log of both in one
						want, got = withoutMigrations(want), withoutMigrations(got)
					}
					if diff := diffTrees(numberless(want), numberless(got)); diff != "" {
						t.Errorf("one branch alone makes something else:\n%s", diff)
					}
					w.git(".", "commit", "--quiet", "--message=Merge")
					w.good([]string{"status", "--check"})
					if again := w.good([]string{"resolve"}); !strings.Contains(again.Out, "nothing to do") {
						t.Errorf("it does something again:\n%s", again.Out)
					}
				})
			}
		}
	}
}

// step runs a command at a second of a day and commits what it made.
func (w *world) step(args string, second int) {
	w.t.Helper()
	kept := w.Env
	w.Env = append(w.Env, fmt.Sprintf("SOURCE_DATE_EPOCH=%d", 1772600000+second))
	w.good(strings.Fields(args))
	w.Env = kept
	w.git(".", "add", "-A")
	w.git(".", "commit", "-q", "--allow-empty", "-m", args)
}

// edit appends text to a file and commits it.
func (w *world) edit(name, text string) {
	w.t.Helper()
	data, err := os.ReadFile(filepath.Join(w.Dir, name))
	must(w.t, err)
	put(w.t, filepath.Join(w.Dir, name), string(data)+text)
	w.git(".", "commit", "-q", "-a", "-m", "Edit "+name)
}

var number = regexp.MustCompile(`2026\d{10}`)

// numberless returns a tree without what depends on the order of the schema log:
// the log, and the numbers of migrations.
func numberless(files map[string]entry) map[string]entry {
	all := map[string]entry{}
	for name, f := range files {
		if name == "sill.yaml" {
			before, _, _ := strings.Cut(f.Data, "\nschema:")
			_, after, _ := strings.Cut(f.Data, "\nunmanaged:")
			f.Data = before + after
		}
		all[number.ReplaceAllString(name, "N")] = f
	}
	return all
}

func withoutMigrations(files map[string]entry) map[string]entry {
	all := maps.Clone(files)
	maps.DeleteFunc(all, func(name string, _ entry) bool {
		return strings.HasPrefix(name, "migrations/") && strings.HasSuffix(name, ".sql")
	})
	return all
}

// TestResolveTwoUpdates lets two branches update to different versions: the
// newer one is what both come to, whichever side has it.
func TestResolveTwoUpdates(t *testing.T) {
	need(t, "git")
	dirs := blueprintHistory(t)
	for _, c := range []struct{ ours, theirs string }{{"0.2.0", "0.3.0"}, {"0.3.0", "0.2.0"}} {
		t.Run(c.ours+" and "+c.theirs, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.good([]string{"new", "shop", "--yes"})
			w.Dir = filepath.Join(w.Dir, "shop")
			w.git(".", "checkout", "-q", "-b", "alone")
			w.step("update -b "+dirs["0.3.0"], 100)
			want := w.tree(".")
			w.git(".", "checkout", "-q", "-b", "theirs", "main")
			w.step("update -b "+dirs[c.theirs], 200)
			w.git(".", "checkout", "-q", "main")
			w.step("update -b "+dirs[c.ours], 100)
			merge := exec.Command("git", "merge", "--quiet", "theirs")
			merge.Dir, merge.Env = w.Dir, w.env()
			if r := w.run(merge); r.Code != 1 {
				t.Fatalf("git merge: exit code %d: %s%s", r.Code, r.Out, r.Err)
			}
			w.good([]string{"resolve"})
			if diff := diffTrees(want, w.tree(".")); diff != "" {
				t.Errorf("an update to 0.3.0 makes something else:\n%s", diff)
			}
			w.git(".", "commit", "--quiet", "--message=Merge")
			w.good([]string{"status", "--check"})
		})
	}
}

// TestResolveKeepsMigrations merges a branch that made a migration with an old
// version of the blueprint, and a branch that updated to one that makes it
// otherwise: the migration stays what a database may have run.
func TestResolveKeepsMigrations(t *testing.T) {
	need(t, "git")
	newest := blueprintHistory(t)["0.3.0"]
	for _, from := range []string{"main", "theirs"} {
		t.Run("on "+from, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.good([]string{"new", "shop", "--yes"})
			w.Dir = filepath.Join(w.Dir, "shop")
			w.git(".", "checkout", "-q", "-b", "theirs")
			w.step("add field item note:text", 100)
			want := migrationsOf(w.tree("."))
			w.git(".", "checkout", "-q", "main")
			w.step("update -b "+newest, 200)
			w.step("add field item paid_at:datetime", 300)
			maps.Copy(want, migrationsOf(w.tree(".")))
			other := map[string]string{"main": "theirs", "theirs": "main"}[from]
			w.git(".", "checkout", "-q", from)
			merge := exec.Command("git", "merge", "--quiet", other)
			merge.Dir, merge.Env = w.Dir, w.env()
			if r := w.run(merge); r.Code != 1 {
				t.Fatalf("git merge: exit code %d: %s%s", r.Code, r.Out, r.Err)
			}
			w.good([]string{"resolve"})
			if diff := diffTrees(want, migrationsOf(w.tree("."))); diff != "" {
				t.Errorf("the migrations are not what they were:\n%s", diff)
			}
			w.git(".", "add", "--all")
			w.git(".", "commit", "--quiet", "--allow-empty", "--message=Merge")
			if out := w.good([]string{"status", "--check"}).Out; strings.Contains(out, "migrations/") {
				t.Errorf("the status tells of migrations that nobody has edited:\n%s", out)
			}
		})
	}
}

// migrationsOf returns the migrations of a tree.
func migrationsOf(files map[string]entry) map[string]entry {
	all := maps.Clone(files)
	maps.DeleteFunc(all, func(name string, _ entry) bool {
		return !strings.HasPrefix(name, "migrations/") || !strings.HasSuffix(name, ".sql")
	})
	return all
}
