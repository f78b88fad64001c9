package plan

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"groundsill.example/internal/tree"
)

func path(t *testing.T, s string) tree.Path {
	t.Helper()
	p, err := tree.ParsePath(s)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func text(s string) tree.File { return tree.File{Data: []byte(s), Mode: tree.Regular} }

func build(t *testing.T, files map[string]tree.File) tree.Tree {
	t.Helper()
	var b tree.Builder
	for name, file := range files {
		if err := b.Add(path(t, name), file); err != nil {
			t.Fatal(err)
		}
	}
	return b.Tree()
}

func TestCompute(t *testing.T) {
	script := tree.File{Data: []byte("x"), Mode: tree.Executable}
	ours := build(t, map[string]tree.File{
		"a/same": text("s"), "b/gone": text("g"), "changed": text("1"), "mode": text("x"),
	})
	target := build(t, map[string]tree.File{
		"a/same": text("s"), "changed": text("2"), "mode": script, "a/new": text("n"),
	})
	got := Compute(ours, target, func(p tree.Path) string { return "why " + p.String() })
	want := []Change{
		{Path: path(t, "a/new"), Action: Create, File: text("n"), Why: "why a/new"},
		{
			Path: path(t, "a/same"), Action: Keep, Expect: ExpectFile(text("s")),
			Before: text("s"), File: text("s"), Why: "why a/same",
		},
		{
			Path: path(t, "b/gone"), Action: Delete, Expect: ExpectFile(text("g")),
			Before: text("g"), Why: "why b/gone",
		},
		{
			Path: path(t, "changed"), Action: Update, Expect: ExpectFile(text("1")),
			Before: text("1"), File: text("2"), Why: "why changed",
		},
		{
			Path: path(t, "mode"), Action: Update, Expect: ExpectFile(text("x")),
			Before: text("x"), File: script, Why: "why mode",
		},
	}
	if diff := cmp.Diff(want, got, cmp.Comparer(samePath)); diff != "" {
		t.Error(diff)
	}
}

func samePath(a, b tree.Path) bool { return a == b }

func TestPlanCounts(t *testing.T) {
	p := Plan{Changes: []Change{{Action: Keep}, {Action: Keep}}}
	if !p.Empty() || p.Count(Keep) != 2 {
		t.Errorf("a plan that keeps two files: empty %v, kept %d", p.Empty(), p.Count(Keep))
	}
	p.Changes = append(p.Changes, Change{Path: path(t, "a"), Action: Delete})
	if p.Empty() || p.Count(Delete) != 1 {
		t.Errorf("a plan that deletes a file: empty %v, deleted %d", p.Empty(), p.Count(Delete))
	}
	if got := p.Changes[2].String(); got != "delete a" {
		t.Errorf("change is %q", got)
	}
}

func TestExpectHolds(t *testing.T) {
	script := tree.File{Data: []byte("a"), Mode: tree.Executable}
	tests := []struct {
		name   string
		expect Expect
		file   tree.File
		found  bool
		want   bool
	}{
		{"nothing and nothing", Expect{}, tree.File{}, false, true},
		{"nothing but a file", Expect{}, text("a"), true, false},
		{"nothing but an empty file", Expect{}, text(""), true, false},
		{"a file and nothing", ExpectFile(text("a")), tree.File{}, false, false},
		{"the same file", ExpectFile(text("a")), text("a"), true, true},
		{"other content", ExpectFile(text("a")), text("b"), true, false},
		{"another mode", ExpectFile(text("a")), script, true, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := test.expect.Holds(test.file, test.found); got != test.want {
				t.Errorf("got %v", got)
			}
		})
	}
}
