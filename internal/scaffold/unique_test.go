package scaffold

import (
	"testing"

	"groundsill.example/internal/record"
	"groundsill.example/internal/render"
	"groundsill.example/internal/resource"
	"groundsill.example/internal/source"
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
			found := map[string]int{}
			for p, f := range out.Tree.All() {
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
	}
}
