package e2e

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// document is the JSON form of a plan, as loose data.
type document = map[string]any

// planOf returns the plan of a small service, in a directory that is there.
func planOf(t *testing.T, w *world) document {
	t.Helper()
	must(t, os.Mkdir(filepath.Join(w.Dir, "shop"), 0o750))
	r := w.good([]string{"-C", "shop", "new", ".", "-b", tiny(t), "--git", "none", "-n", "--json"})
	var doc document
	must(t, json.Unmarshal([]byte(r.Out), &doc))
	return doc
}

// change returns the n-th change of a plan.
func change(doc document, n int) map[string]any {
	return doc["plan"].(map[string]any)["changes"].([]any)[n].(map[string]any)
}

func setPath(path string) func(document) {
	return func(doc document) { change(doc, 0)["path"] = path }
}

func setRoot(root string) func(document) {
	return func(doc document) { doc["plan"].(map[string]any)["root"] = root }
}

// TestHostilePlan commits plans that somebody has tampered with. Each is
// refused with its code and the line in the plan, and nothing is written.
func TestHostilePlan(t *testing.T) {
	const absent = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
	for name, c := range map[string]struct {
		change func(document)
		exit   int
		code   string
	}{
		"path above":      {setPath("../x"), 2, "path-escapes"},
		"path absolute":   {setPath("/etc/x"), 2, "path-absolute"},
		"path of Windows": {setPath(`C:\x`), 2, "path-backslash"},
		"path into .git":  {setPath(".git/hooks/post-commit"), 2, "path-git"},
		"device":          {setPath("aux.txt"), 2, "path-device"},
		"root above":      {setRoot("../x"), 2, "path-escapes"},
		"root absolute":   {setRoot("/tmp/x"), 2, "path-absolute"},
		"root .git":       {setRoot(".git"), 2, "path-git"},
		"wrong digest":    {func(d document) { change(d, 0)["after"] = absent }, 2, "plan-change"},
		"other content":   {func(d document) { change(d, 0)["content"] = "changed" }, 2, "plan-change"},
		"setuid":          {func(d document) { change(d, 0)["mode"] = "4755" }, 2, "plan-change"},
		"a link":          {func(d document) { change(d, 0)["mode"] = "link" }, 2, "plan-change"},
		"an action":       {func(d document) { change(d, 0)["action"] = "run" }, 2, "plan-change"},
		"twice":           {func(d document) { change(d, 1)["path"] = change(d, 0)["path"] }, 2, "plan-order"},
		"out of order":    {func(d document) { maps.Copy(change(d, 0), change(d, 3)) }, 2, "plan-order"},
		"one place":       {func(d document) { change(d, 0)["path"] = "-README.MD"; change(d, 1)["path"] = "-readme.md" }, 2, "path-collision"},
		"stale": {func(d document) {
			change(d, 0)["action"] = "update"
			change(d, 0)["before"] = absent
			change(d, 0)["beforeMode"] = "0644"
		}, 7, "stale-plan"},
		"a command": {func(d document) { d["plan"].(map[string]any)["run"] = []string{"id"} }, 2, "plan-unknown"},
		"a version": {func(d document) { d["sill"] = 2 }, 2, "plan-version"},
		"git":       {func(d document) { d["plan"].(map[string]any)["git"] = "push" }, 2, "plan-git"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			doc := planOf(t, w)
			c.change(doc)
			data, err := json.MarshalIndent(doc, "", " ")
			must(t, err)
			put(t, filepath.Join(w.Dir, "plan.json"), string(data))
			before := w.tree(".")
			r := w.good([]string{"-C", "shop", "apply", "../plan.json", "--json"}, c.exit)
			f := r.failed(t)
			if f.Error.Code != c.code {
				t.Errorf("code %q, want %q: %s", f.Error.Code, c.code, f.Error.Message)
			}
			if c.exit == 2 && (len(f.Error.Diagnostics) == 0 || f.Error.Diagnostics[0].At.Line == 0) {
				t.Errorf("no line: %s", r.Out)
			}
			if diff := diffTrees(before, w.tree(".")); diff != "" {
				t.Errorf("something was written:\n%s", diff)
			}
		})
	}
}

// TestHostilePlanText commits texts that are no plan.
func TestHostilePlanText(t *testing.T) {
	w := newWorld(t)
	good, err := json.Marshal(planOf(t, w))
	must(t, err)
	for name, text := range map[string]string{
		"empty":       "",
		"not JSON":    "plan",
		"a list":      "[]",
		"cut off":     string(good[:len(good)/2]),
		"two values":  string(good) + string(good),
		"a key twice": strings.Replace(string(good), `"sill":1`, `"sill":1,"sill":1`, 1),
		"deep":        strings.Repeat("[", 100_000),
		"not UTF-8":   strings.Replace(string(good), `"root":"."`, "\"root\":\"\xff\"", 1),
		"a failure":   `{"sill":1,"error":{"code":"usage"}}`,
	} {
		t.Run(name, func(t *testing.T) {
			put(t, filepath.Join(w.Dir, "plan.json"), text)
			r := w.good([]string{"-C", "shop", "apply", "../plan.json", "--json"}, 2)
			if f := r.failed(t); len(f.Error.Diagnostics) == 0 {
				t.Errorf("no diagnostics: %s", r.Out)
			}
			if left := slices.Collect(maps.Keys(w.tree("shop"))); len(left) > 0 {
				t.Errorf("written: %v", left)
			}
		})
	}
}

// TestHostileJournal runs sill in a clone that brings a journal of its own,
// which names files of the user to put back.
func TestHostileJournal(t *testing.T) {
	for name, c := range map[string]struct {
		git     bool
		at      string
		journal string
	}{
		"escaping, no git": {false, ".sill/tmp/journal", `{"sill":1,"pid":1,"files":[{"path":"../victim"}]}`},
		"escaping, in git": {true, ".sill/tmp/journal", `{"sill":1,"pid":1,"files":[{"path":"../victim"}]}`},
		"tracked, in git":  {true, ".sill/tmp/journal", `{"sill":1,"pid":1,"files":[{"path":"main.c"}]}`},
		"garbage":          {false, ".sill/tmp/journal", "\x00\x01"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			put(t, filepath.Join(w.Dir, "victim"), "precious")
			put(t, filepath.Join(w.Dir, "clone", "main.c"), "mine")
			put(t, filepath.Join(w.Dir, "clone", filepath.FromSlash(c.at)), c.journal)
			put(t, filepath.Join(w.Dir, "clone", ".sill", "tmp", "old", "0"), "theirs")
			if c.git {
				w.git("clone", "init", "-q")
				w.git("clone", "add", "-Af")
				w.git("clone", "commit", "-qm", "clone")
			}
			w.good([]string{"-C", "clone", "new", ".", "-b", tiny(t), "--merge", "--json"}, 0, 4)
			for file, want := range map[string]string{"victim": "precious", "clone/main.c": "mine"} {
				data, err := os.ReadFile(filepath.Join(w.Dir, filepath.FromSlash(file)))
				if err != nil || string(data) != want {
					t.Errorf("%s is now %q, %v", file, data, err)
				}
			}
		})
	}
}
