package lock_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"groundsill.example/internal/diag"
	"groundsill.example/internal/lock"
	"groundsill.example/internal/tree"
)

// small is a world of a few modules. a needs b; the tests of a import t, which
// imports u. a and c require different versions of t. old is older than graph
// pruning. Nothing requires lone, which the tests of c import.
func small() *lock.Table {
	mod := func(path, version string, m lock.Module) lock.Module {
		m.Path, m.Version = path, version
		m.Sum, m.ModSum = "h1:"+path+version, "h1:mod-"+path+version
		return m
	}
	chosen := lock.Module{Chosen: true}
	return lock.NewTable("1.25", map[string]lock.Package{
		"x.org/a":     {Module: "x.org/a", Needs: []string{"x.org/b"}, Tests: []string{"x.org/t/deep"}},
		"x.org/c/sub": {Module: "x.org/c", Tests: []string{"x.org/t/deep", "x.org/lone"}},
		"x.org/old":   {Module: "x.org/old"},
		"x.org/tool":  {Module: "x.org/tool"},
	}, []lock.Module{
		mod("x.org/a", "v1.0.0", lock.Module{Chosen: true, Require: []string{"x.org/t v1.1.0", "x.org/u v1.0.0"}}),
		mod("x.org/b", "v1.2.0", chosen),
		mod("x.org/c", "v1.3.0", lock.Module{Chosen: true, Require: []string{"x.org/t v1.2.0"}}),
		mod("x.org/lone", "v0.1.0", lock.Module{Spare: true, Packages: map[string][]string{".": nil}}),
		mod("x.org/old", "v1.0.0", lock.Module{Chosen: true, Unpruned: true, Require: []string{"x.org/older v0.9.0"}}),
		mod("x.org/older", "v0.9.0", lock.Module{Require: []string{"x.org/oldest v0.8.0"}}),
		mod("x.org/oldest", "v0.8.0", lock.Module{}),
		mod("x.org/t", "v1.1.0", lock.Module{Packages: map[string][]string{"deep": {"x.org/u"}}}),
		mod("x.org/t", "v1.2.0", lock.Module{Packages: map[string][]string{"deep": nil}}),
		mod("x.org/tool", "v1.0.0", chosen),
		mod("x.org/u", "v1.0.0", lock.Module{Packages: map[string][]string{".": nil}}),
	})
}

func TestTidy(t *testing.T) {
	for _, tt := range []struct {
		name          string
		direct, tools []string
		require       string
		sums          string
	}{
		{
			name: "nothing",
		},
		{
			name: "tests are hashed and not required", direct: []string{"x.org/a"},
			require: "a v1.0.0 direct, b v1.2.0",
			sums: "a v1.0.0, a v1.0.0/go.mod, b v1.2.0, b v1.2.0/go.mod, " +
				"t v1.1.0, t v1.1.0/go.mod, u v1.0.0, u v1.0.0/go.mod",
		},
		{
			name: "the highest version is selected", direct: []string{"x.org/a", "x.org/c/sub"},
			require: "a v1.0.0 direct, b v1.2.0, c v1.3.0 direct, lone v0.1.0",
			sums: "a v1.0.0, a v1.0.0/go.mod, b v1.2.0, b v1.2.0/go.mod, c v1.3.0, c v1.3.0/go.mod, " +
				"lone v0.1.0, lone v0.1.0/go.mod, t v1.2.0, t v1.2.0/go.mod",
		},
		{
			name: "an old module brings the go.mod files below it", direct: []string{"x.org/old"},
			require: "old v1.0.0 direct",
			sums:    "old v1.0.0, old v1.0.0/go.mod, older v0.9.0/go.mod, oldest v0.8.0/go.mod",
		},
		{
			name: "a tool is not imported", tools: []string{"x.org/tool"},
			require: "tool v1.0.0",
			sums:    "tool v1.0.0, tool v1.0.0/go.mod",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			res, err := small().Tidy(tt.direct, tt.tools)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.require, requireText(res)); diff != "" {
				t.Errorf("require (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.sums, sumText(t, res)); diff != "" {
				t.Errorf("sums (-want +got):\n%s", diff)
			}
		})
	}
}

func requireText(res lock.Resolution) string {
	var words []string
	for _, r := range res.Require {
		word := strings.TrimPrefix(r.Path, "x.org/") + " " + r.Version
		if r.Direct {
			word += " direct"
		}
		words = append(words, word)
	}
	return strings.Join(words, ", ")
}

func sumText(t *testing.T, res lock.Resolution) string {
	t.Helper()
	var words []string
	for _, s := range res.Sums {
		version, isMod := strings.CutSuffix(s.Version, "/go.mod")
		want := "h1:" + s.Path + version
		if isMod {
			want = "h1:mod-" + s.Path + version
		}
		if s.Hash != want {
			t.Errorf("%s %s has the hash %s", s.Path, s.Version, s.Hash)
		}
		words = append(words, strings.TrimPrefix(s.Path, "x.org/")+" "+s.Version)
	}
	return strings.Join(words, ", ")
}

func smallJSON(t *testing.T) []byte {
	t.Helper()
	data, err := small().Format()
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestTableRoundTrip(t *testing.T) {
	data := smallJSON(t)
	table, err := lock.ParseTable(data)
	if err != nil {
		t.Fatal(err)
	}
	again, err := table.Format()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(data), string(again)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

const rendered = `module example.com/service

go 1.26.0

tool x.org/tool

require x.org/gone v1.0.0
`

const tidied = `module example.com/service

go 1.26.0

tool x.org/tool

require x.org/a v1.0.0

require (
	x.org/b v1.2.0 // indirect
	x.org/tool v1.0.0 // indirect
)
`

// What counts as the code of the module, and what does not.
func TestGo(t *testing.T) {
	var b tree.Builder
	add(t, &b, "svc/go.mod", rendered)
	add(t, &b, "svc/a.go", "//go:build windows && !linux\n\npackage a\n\nimport (\n\t\"fmt\"\n\t_ \"example.com/service/own\"\n\t_ \"x.org/a\"\n)\n")
	add(t, &b, "svc/gen.go", "//go:build ignore\n\npackage main\n\nimport _ \"x.org/unknown1\"\n")
	add(t, &b, "svc/old.go", "// +build ignore\n\npackage main\n\nimport _ \"x.org/unknown2\"\n")
	add(t, &b, "svc/_draft.go", "package a\n\nimport _ \"x.org/unknown3\"\n")
	add(t, &b, "svc/testdata/x.go", "package a\n\nimport _ \"x.org/unknown4\"\n")
	add(t, &b, "svc/nested/go.mod", "module x\n")
	add(t, &b, "svc/nested/x.go", "package a\n\nimport _ \"x.org/unknown5\"\n")
	add(t, &b, "other/x.go", "package a\n\nimport _ \"x.org/unknown6\"\n")
	add(t, &b, "svc/README.md", "import _ \"x.org/unknown7\"\n")
	gomod, gosum, err := lock.Go(smallJSON(t), b.Tree(), path(t, "svc/go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(tidied, string(gomod)); diff != "" {
		t.Errorf("go.mod (-want +got):\n%s", diff)
	}
	if !strings.HasPrefix(string(gosum), "x.org/a v1.0.0 h1:x.org/av1.0.0\nx.org/a v1.0.0/go.mod h1:mod-") {
		t.Errorf("go.sum:\n%s", gosum)
	}
	if n := strings.Count(string(gosum), "\n"); n != 10 {
		t.Errorf("go.sum has %d lines:\n%s", n, gosum)
	}
}

// Without requirements there is nothing to write.
func TestGoAlone(t *testing.T) {
	var b tree.Builder
	add(t, &b, "go.mod", "module example.com/service\n\ngo 1.26.0\n")
	add(t, &b, "main.go", "package main\n\nimport _ \"net/http\"\n")
	gomod, gosum, err := lock.Go(smallJSON(t), b.Tree(), path(t, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	if string(gomod) != "module example.com/service\n\ngo 1.26.0\n" || len(gosum) != 0 {
		t.Errorf("go.mod:\n%s\ngo.sum:\n%s", gomod, gosum)
	}
}

func TestGoErrors(t *testing.T) {
	const head = "module example.com/service\n\ngo 1.26.0\n"
	for _, tt := range []struct {
		name, superset, gomod, code string
		want                        []diag.Diagnostic
	}{
		{name: "no JSON", superset: "{", gomod: head, code: "lock-syntax"},
		{name: "another format", superset: `{"format": 2}`, gomod: head, code: "lock-format"},
		{
			name: "no version", gomod: head, code: "lock-incomplete",
			superset: `{"format": 1, "packages": {"x.org/a": {"module": "x.org/a"}}}`,
		},
		{name: "no manifest", code: "go-mod-missing"},
		{name: "a manifest that does not parse", gomod: "modul", code: "go-mod-syntax"},
		{name: "no go line", gomod: "module x\n", code: "go-mod-incomplete"},
		{name: "a go line that is too old", gomod: "module x\n\ngo 1.24.0\n", code: "go-mod-old"},
		{name: "an unknown tool", gomod: head + "tool x.org/drill\n", code: "import-unknown"},
		{
			name: "unknown imports", gomod: head, code: "import-unknown",
			want: []diag.Diagnostic{
				{At: diag.Pos{File: "main.go", Line: 4}, Summary: `the lock of the blueprint does not provide "x.org/y"`},
				{At: diag.Pos{File: "main.go", Line: 5}, Summary: `the lock of the blueprint does not provide "x.org/z"`},
			},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var b tree.Builder
			if tt.gomod != "" {
				add(t, &b, "go.mod", tt.gomod)
			}
			src := "package main\n"
			if tt.want != nil {
				src += "\nimport (\n\t_ \"x.org/y\"\n\t_ \"x.org/z\"\n)\n"
			}
			add(t, &b, "main.go", src)
			superset := []byte(tt.superset)
			if tt.superset == "" {
				superset = smallJSON(t)
			}
			_, _, err := lock.Go(superset, b.Tree(), path(t, "go.mod"))
			checkError(t, err, tt.code, tt.want)
		})
	}
}

func checkError(t *testing.T, err error, code string, want []diag.Diagnostic) {
	t.Helper()
	e, ok := errors.AsType[*diag.Error](err)
	if !ok || e.Class != diag.Blueprint || e.Code() != code {
		t.Fatalf("got %v, want the code %s", err, code)
	}
	if want == nil {
		return
	}
	var got []diag.Diagnostic
	for _, d := range e.Diagnostics {
		got = append(got, diag.Diagnostic{At: d.At, Summary: d.Summary})
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("diagnostics (-want +got):\n%s", diff)
	}
}

func TestUnknown(t *testing.T) {
	table := small()
	table.Packages["x.org/b"] = lock.Package{Module: "x.org/b", Tests: []string{"x.org/nowhere/p"}}
	unknown, err := table.Unknown([]string{"x.org/a", "x.org/b", "x.org/c/sub"})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"x.org/nowhere/p"}, unknown); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
