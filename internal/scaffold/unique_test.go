package scaffold

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"groundsill.example/internal/merge"
	"groundsill.example/internal/record"
	"groundsill.example/internal/render"
	"groundsill.example/internal/resource"
	"groundsill.example/internal/source"
	"groundsill.example/internal/tree"
)

// What a built-in blueprint declares unique stands nowhere twice in what it
// makes, and stands somewhere: a pattern that finds nothing guards nothing.
func TestUniqueKeysAreUnique(t *testing.T) {
	t.Parallel()
	names, err := source.Names()
	if err != nil || len(names) == 0 {
		t.Fatalf("no blueprints: %v", err)
	}
	for _, name := range names {
		src, err := source.Open("", name)
		if err != nil {
			t.Fatal(err)
		}
		order, err := resource.ParseWords("order item:references:required note:text")
		if err != nil {
			t.Fatal(err)
		}
		rs := resource.Sorted([]resource.Resource{resource.Sample(), order})
		out, err := render.Render(src.Blueprint, record.Record{
			Answers:   map[string]any{"name": "orders", "module": "example.com/orders", "database": "sqlite", "license": "MIT", "author": "Ada", "description": "Orders."},
			Resources: rs, Modules: map[string]map[string]any{"docker": {}}, Schema: record.Initial(rs),
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, u := range uniqueKeys(src.Blueprint) {
			checkUnique(t, name, u, out.Tree)
		}
	}
}

// checkUnique demands that keys of a kind are there, each in one place.
func checkUnique(t *testing.T, name string, u merge.Unique, files tree.Tree) {
	t.Helper()
	found := map[string]int{}
	for p, f := range files.All() {
		if u.Match(p) {
			for _, m := range u.Pattern.FindAllSubmatch(f.Data, -1) {
				found[string(m[1])]++
			}
		}
	}
	if len(found) < 2 {
		t.Errorf("%s of %s: only %v", u.Name, name, found)
	}
	for key, n := range found {
		if n > 1 {
			t.Errorf("the %s %s of %s stands in %d places", u.Name, key, name, n)
		}
	}
}

// The golden repositories have databases, modules and relations of every kind,
// and no key twice either.
func TestUniqueKeysOfGoldenRepositories(t *testing.T) {
	t.Parallel()
	archives, err := filepath.Glob(filepath.Join("..", "..", "e2e", "testdata", "golden", "*", "*.txtar"))
	if err != nil || len(archives) == 0 {
		t.Fatalf("no golden repositories: %v", err)
	}
	for _, file := range archives {
		name := filepath.Base(filepath.Dir(file))
		src, err := source.Open("", name)
		if err != nil {
			t.Fatal(err)
		}
		a, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var b tree.Builder
		for _, f := range a.Files {
			p, err := tree.ParsePath(f.Name)
			if err == nil {
				err = b.Add(p, tree.File{Data: f.Data, Mode: tree.Regular})
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		for _, u := range uniqueKeys(src.Blueprint) {
			checkUnique(t, name+" in "+strings.TrimSuffix(filepath.Base(file), ".txtar"), u, b.Tree())
		}
	}
}
