package render_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"groundsill.example/internal/blueprint"
	"groundsill.example/internal/record"
	"groundsill.example/internal/render"
	"groundsill.example/internal/resource"
	"groundsill.example/internal/source"
	"groundsill.example/internal/tree"
)

// Rendering again gives what rendering gives, whatever the earlier rendering
// was of: every pair of records and of versions is tried.
func TestAgainIsRender(t *testing.T) {
	t.Parallel()
	from, err := source.Open("", "go")
	if err != nil {
		t.Fatal(err)
	}
	type input struct {
		blueprint *blueprint.Blueprint
		record    record.Record
	}
	var inputs []input
	for _, words := range [][]string{
		nil,
		{"item name:string,80:required:unique"},
		{"item name:string,80:required:unique", "order item:references:required total:decimal,10,2:required"},
		{"item name:string,80:required:unique note:text", "order item:references:required total:decimal,10,2:required"},
		{"item name:string,80:required:unique", "visit at:datetime"},
	} {
		inputs = append(inputs, input{from.Blueprint, recordOf(t, map[string]any{}, words...)})
	}
	order := "order total:decimal,10,2:required"
	inputs = append(inputs,
		input{from.Blueprint, recordOf(t, map[string]any{"database": "postgres"}, order)},
		input{from.Blueprint, recordOf(t, map[string]any{"license": "Apache-2.0", "module": "example.com/other"}, order)},
		input{edited(t, from.Blueprint, "files/internal/app/routes.go.tmpl", "package app", "// Routes.\npackage app"), recordOf(t, map[string]any{}, order)},
		input{edited(t, from.Blueprint, "partials/go/argument.tmpl", "else }}m.", "else }}mine."), recordOf(t, map[string]any{}, order)},
	)
	for _, rule := range []string{"formatted: true", "formatted: false", `delims: ["[[", "]]"]`, `delims: ["[[", "]]"], raw: true`} {
		inputs = append(inputs, input{small(t, rule), recordOf(t, map[string]any{})})
	}
	for i, a := range inputs {
		before, err := render.Render(a.blueprint, a.record)
		if err != nil {
			t.Fatal(err)
		}
		for j, b := range inputs {
			want, err := render.Render(b.blueprint, b.record)
			if err != nil {
				t.Fatal(err)
			}
			got, err := before.Again(b.blueprint, b.record)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(texts(want), texts(got)); diff != "" {
				t.Errorf("from %d to %d (- rendered, + again):\n%s", i, j, diff)
			}
			if !maps.Equal(want.Frozen, got.Frozen) || !maps.Equal(want.Merge, got.Merge) {
				t.Errorf("from %d to %d: frozen or merged otherwise", i, j)
			}
		}
	}
}

func texts(o render.Output) map[string]string {
	all := map[string]string{}
	for p, f := range o.Tree.All() {
		all[p.String()] = fmt.Sprint(f.Mode, " ", string(f.Data))
	}
	return all
}

// recordOf returns the record of a service of the built-in blueprint.
func recordOf(t *testing.T, answers map[string]any, words ...string) record.Record {
	t.Helper()
	all := map[string]any{
		"name": "orders", "module": "example.com/orders", "database": "sqlite", "license": "MIT", "author": "Ada", "description": "Orders.",
	}
	maps.Copy(all, answers)
	var rs []resource.Resource
	for _, w := range words {
		r, err := resource.ParseWords(w)
		if err != nil {
			t.Fatal(err)
		}
		rs = append(rs, r)
	}
	return record.Record{
		Answers: all, Resources: resource.Sorted(rs), Modules: map[string]map[string]any{"docker": {}}, Schema: record.Initial(resource.Sorted(rs)),
	}
}

// small is a blueprint of one file, with a rule for it.
func small(t *testing.T, rule string) *blueprint.Blueprint {
	t.Helper()
	var b tree.Builder
	for name, text := range map[string]string{
		"blueprint.yaml": "name: small\nversion: 1.0.0\ndescription: Small\nengine: 1\n" +
			"questions: [{key: name, type: text, prompt: Name}]\nfiles: [{path: '*', " + rule + "}]\n",
		"files/a.go.tmpl": "package   a\n\nconst text = `[[ .name ]] {{ .name }}`\n",
	} {
		p, err := tree.ParsePath(name)
		if err == nil {
			err = b.Add(p, tree.File{Data: []byte(text), Mode: tree.Regular})
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	loaded, err := blueprint.Load(b.Tree())
	if err != nil {
		t.Fatal(err)
	}
	return loaded
}

// edited returns a blueprint in which a text of one file is another one.
func edited(t *testing.T, b *blueprint.Blueprint, name, old, now string) *blueprint.Blueprint {
	t.Helper()
	p, err := tree.ParsePath(name)
	if err != nil {
		t.Fatal(err)
	}
	f, _ := b.Content.File(p)
	if !strings.Contains(string(f.Data), old) {
		t.Fatalf("%s has no %q", name, old)
	}
	f.Data = slices.Clone([]byte(strings.Replace(string(f.Data), old, now, 1)))
	changed, err := blueprint.Load(b.Content.With(p, f))
	if err != nil {
		t.Fatal(err)
	}
	return changed
}
