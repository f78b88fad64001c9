package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"groundsill.example/internal/lock"
)

func TestParseList(t *testing.T) {
	got, err := parseList("go.packages", []byte(`
# a comment
go 1.26.0
x.org/b/sub  # why
x.org/a
module x.org/a v1.2.3
match x.org/c x.org/a
`))
	if err != nil {
		t.Fatal(err)
	}
	want := list{
		language: "1.26.0",
		packages: []string{"x.org/a", "x.org/b/sub"},
		pins:     map[string]string{"x.org/a": "v1.2.3"},
		matches:  []match{{"x.org/c", "x.org/a"}},
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(list{}, match{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestParseListErrors(t *testing.T) {
	for _, text := range []string{
		"",
		"go 1.26.0\n",
		"x.org/a\n",
		"go 1.26.0\nx.org/a\nx.org/b\nx.org/a\n",
		"go 1.26.0\nx.org/a b\n",
		"go 1.26.0\nx.org/../a\n",
		"go 1.26.0\nx.org/a\nmodule x.org/a latest\n",
	} {
		if got, err := parseList("go.packages", []byte(text)); err == nil {
			t.Errorf("%q is read as %+v", text, got)
		}
	}
}

func TestScanDir(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, "a.go", "package a\n\nimport (\n\t\"fmt\"\n\t\"x.org/a\"\n)\n")
	put(t, dir, "b_windows.go", "package a\n\nimport \"x.org/b\"\n")
	put(t, dir, "c_test.go", "package a_test\n\nimport \"x.org/c\"\n")
	put(t, dir, "gen.go", "/* A long\nheader. */\n\n//go:build ignore\n\npackage main\n\nimport \"x.org/d\"\n")
	put(t, dir, "_e.go", "package a\n\nimport \"x.org/e\"\n")
	got, err := scanDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	want := &scan{imports: []string{"x.org/a", "x.org/b"}, tests: []string{"x.org/c"}}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(scan{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got, err = scanDir(filepath.Join(dir, "none")); err != nil || !got.empty {
		t.Errorf("a directory that is not there: %+v, %v", got, err)
	}
}

func TestReport(t *testing.T) {
	old := lock.NewTable("", map[string]lock.Package{"x.org/a": {Module: "x.org/a"}, "x.org/b": {Module: "x.org/b"}}, []lock.Module{
		{Path: "x.org/a", Version: "v1.0.0", Chosen: true}, {Path: "x.org/b", Version: "v1.0.0", Chosen: true},
	})
	now := lock.NewTable("", map[string]lock.Package{"x.org/a": {Module: "x.org/a"}}, []lock.Module{
		{Path: "x.org/a", Version: "v1.1.0", Chosen: true}, {Path: "x.org/s", Version: "v1.0.0", Spare: true},
	})
	var out bytes.Buffer
	report(&out, old, now)
	want := `changed module x.org/a v1.0.0 -> v1.1.0
gone module x.org/b v1.0.0
new spare x.org/s v1.0.0
gone package x.org/b of x.org/b
`
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestReportUsage(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, "main.go.tmpl", "package main\n\nimport (\n\t\"fmt\"\n{{- if .x}}\n\t_ \"x.org/a\"\n{{- end}}\n\tenv \"x.org/env/v2\"\n\n\t\"{{.module}}/internal/x\"\n\t\"example.com/own\"\n)\n")
	var out bytes.Buffer
	if err := reportUsage(&out, dir, []string{"x.org/a", "x.org/b"}); err != nil {
		t.Fatal(err)
	}
	want := "unused package x.org/b: no template imports it\n" +
		"unlisted package x.org/env/v2, imported by " + filepath.Join(dir, "main.go.tmpl") + "\n"
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Inner packages go, unless another module could hold them.
func TestContract(t *testing.T) {
	mods := []lock.Module{
		{Path: "x.org/m", Packages: map[string][]string{
			".":      {"x.org/m/inner", "x.org/m/nested/p"},
			"inner":  {"x.org/m/inner2", "y.org/q"},
			"inner2": {"x.org/m/inner", "z.org/r"},
			"shared": {"x.org/m/inner2"}, "nested/p": nil,
		}},
		{Path: "x.org/m/nested"},
		{Path: "y.org/q", Packages: map[string][]string{".": {"x.org/m/shared"}}},
	}
	contract(mods, map[string]lock.Package{"a.org": {Module: "a.org", Tests: []string{"x.org/m"}}})
	want := []lock.Module{
		{Path: "x.org/m", Packages: map[string][]string{
			".":      {"x.org/m/nested/p", "y.org/q", "z.org/r"},
			"shared": {"y.org/q", "z.org/r"}, "nested/p": {},
		}},
		{Path: "x.org/m/nested"},
		{Path: "y.org/q", Packages: map[string][]string{".": {"x.org/m/shared"}}},
	}
	if diff := cmp.Diff(want, mods, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func put(t *testing.T, dir, name, content string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}
