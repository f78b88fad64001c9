package view

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"groundsill.example/internal/apply"
	"groundsill.example/internal/diag"
	"groundsill.example/internal/plan"
	"groundsill.example/internal/term"
	"groundsill.example/internal/tree"
)

var update = flag.Bool("update", false, "write the golden files anew")

func path(t *testing.T, s string) tree.Path {
	t.Helper()
	p, err := tree.ParsePath(s)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func text(s string) tree.File { return tree.File{Data: []byte(s), Mode: tree.Regular} }

// service returns the plan of a new service of about a hundred files.
func service(t *testing.T) plan.Plan {
	t.Helper()
	list, err := os.ReadFile(filepath.Join("testdata", "service.txt"))
	if err != nil {
		t.Fatal(err)
	}
	var b tree.Builder
	for name := range strings.FieldsSeq(string(list)) {
		if err := b.Add(path(t, name), text(name+"\n")); err != nil {
			t.Fatal(err)
		}
	}
	why := func(tree.Path) string { return "file of the blueprint" }
	return plan.Plan{
		Root:    ".",
		Changes: plan.Compute(tree.Tree{}, b.Tree(), why),
		Message: "Start orders from go 0.1.0\n\nMade with sill new.\n",
		Git:     plan.GitCommit,
	}
}

// mixed returns a plan with every action, conflicts, warnings, and names that
// are hard to show.
func mixed(t *testing.T) plan.Plan {
	t.Helper()
	script := tree.File{Data: []byte("#!/bin/sh\necho 1\n"), Mode: tree.Executable}
	was := script
	was.Mode = tree.Regular
	update := func(name string, before, after tree.File) plan.Change {
		return plan.Change{
			Path: path(t, name), Action: plan.Update,
			Expect: plan.ExpectFile(before), Before: before, File: after, Why: "of the blueprint",
		}
	}
	lines := "one\ntwo\nthree\nfour\nfive\nsix\nseven\neight\n"
	p := plan.Plan{Root: "services/bestellung-für-注文", Changes: []plan.Change{
		{Path: path(t, "cmd/main.go"), Action: plan.Create, File: text("package main\n\nfunc main() {}\n")},
		{Path: path(t, "docs/with blank.md"), Action: plan.Create, File: text("no newline")},
		update("docs/注文.md", text(lines), text(strings.Replace(lines, "four", "vier", 1))),
		{
			Path: path(t, "gone.txt"), Action: plan.Delete,
			Expect: plan.ExpectFile(text("bye\n")), Before: text("bye\n"),
		},
		{Path: path(t, "kept.txt"), Action: plan.Keep, Expect: plan.ExpectFile(text("k\n")), Before: text("k\n"), File: text("k\n")},
		{Path: path(t, "logo.png"), Action: plan.Create, File: text("\x00\x01")},
		update("run.sh", was, script),
		update("sequence.txt", text("\x1b[2Jold\n"), text("\x1b[2Jnew\t\u202e\n")),
	}}
	p.Conflicts = []plan.Conflict{
		{Path: path(t, "README.md"), Kind: "exists"},
		{Path: path(t, "docs/übersicht.md"), Kind: "content", Hunks: make([]plan.Hunk, 2)},
	}
	p.Warnings = []string{
		"the directory is inside another git repository, so no repository is made here and nothing is committed",
		"a message with \x1b[31mcolour\x1b[0m and a\nnew line",
	}
	return p
}

func planReport(t *testing.T) PlanReport {
	t.Helper()
	return PlanReport{
		Plan:    service(t),
		Title:   "New service orders, from blueprint go 0.1.0",
		Assumed: assumed(),
		Then:    []Step{{"go mod download", "fetches what the service needs"}},
		Closing: "Nothing was written. Run it without --preview to write the files and commit them.",
	}
}

func assumed() []Assumption {
	return []Assumption{
		{"module", "example.com/orders", "from the name of the service"},
		{"database", "sqlite", "the default"},
		{"license", "MIT", "from the configuration of the user, where it says so"},
		{"résumé", "注文", "a name with wide characters"},
	}
}

func newReport(t *testing.T) Report {
	t.Helper()
	p := service(t)
	r := Report{
		Name: "orders", Blueprint: "go 0.1.0", Plan: p,
		Receipt: apply.Receipt{Dir: "/home/ada/orders"},
		Commit:  "3f2a1bc9d0e4f5a6b7c8d9e0f1a2b3c4d5e6f708", Branch: "main",
		Assumed: assumed(),
		Command: []string{
			"sill", "new", "orders", "--module", "example.com/orders", "--database", "sqlite",
			"--license", "MIT", "--resource", "item sku:string,32:required:unique price:decimal,10,2", "--yes",
		},
		Next: []Step{
			{"cd orders", ""},
			{"make run", "starts it on http://localhost:8080"},
			{"make test", "runs its tests, which need nothing but Go"},
		},
		Warnings: []string{"git knows no name and no address for you; the commit is by \"orders\""},
	}
	for _, c := range p.Changes {
		r.Receipt.Created = append(r.Receipt.Created, c.Path)
	}
	return r
}

func merged(t *testing.T) Report {
	t.Helper()
	p := mixed(t)
	return Report{
		Name: "bestellung", Plan: p, Receipt: apply.Receipt{
			Dir:     `C:\code\bestellung`,
			Created: []tree.Path{path(t, "cmd/main.go")}, Updated: []tree.Path{path(t, "run.sh")},
			Deleted: []tree.Path{path(t, "gone.txt")}, Kept: []tree.Path{path(t, "kept.txt")},
			Recovered: &apply.Recovery{PID: 4711, Paths: []tree.Path{path(t, "a"), path(t, "b")}, When: "2026-01-02T03:04:05Z"},
		},
	}
}

func blueprints() Table {
	return Table{Name: "blueprints", Columns: []string{"name", "version", "summary"}, Rows: [][]string{
		{"go", "0.1.0", "a service in Go with net/http, SQL and migrations, and all that belongs to it"},
		{"schlüssel-注文", "12.0.1", "evil \x1b[31m"},
	}}
}

func sheet() Sheet {
	return Sheet{
		Name: "blueprint", Title: "go 0.1.0",
		Fields: []Field{
			{"name", "go"},
			{"form", ""},
			{"text", "line one\n\tline two \x1b[2J\n"},
			{"digest", "sha256:" + strings.Repeat("0", 64)},
		},
		Tables: []Table{
			{Name: "questions", Columns: []string{"key", "default", "what it asks"}, Rows: [][]string{
				{"name", "", "name of the service, in lower case"}, {"database", "sqlite", ""},
			}},
			{Name: "files", Columns: []string{"file"}, Rows: [][]string{{"go.mod"}, {"with blank.md"}}},
			{Name: "modules", Columns: []string{"name"}, Empty: "No modules."},
		},
	}
}

func failures() map[string]error {
	one := diag.Diagnostic{
		Code: "target-exists", Summary: "orders exists and is not empty",
		Detail: "It holds:\n\tREADME.md\n\tevil\x1b]0;title\a.txt\n", Hint: "give --merge to keep its files and add those that are missing",
	}
	list := &diag.List{}
	list.Add(diag.Diagnostic{
		Code: "template-syntax", Summary: "unexpected \"}\" in operand, where the name of a variable is wanted",
		Hint: "close the braces", At: diag.Pos{File: "files/main.go.tmpl", Line: 3, Column: 7},
	})
	list.Add(diag.Diagnostic{Code: "question-twice", Summary: "question \"name\" is there twice", At: diag.Pos{File: "blueprint.yaml", Line: 12}})
	stale := &diag.List{}
	for _, name := range []string{"a.txt", "b.txt", "c.txt"} {
		stale.Add(diag.Diagnostic{Code: "stale", Summary: "has changed", Hint: "run it again", At: diag.Pos{File: name}})
	}
	return map[string]error{
		"stale":    stale.Err(diag.Stale),
		"one":      diag.New(diag.Refused, one),
		"cause":    diag.Wrap(diag.Environment, errors.New("no space left on device"), diag.Diagnostic{Code: "disk", Summary: "write main.go"}),
		"wrapped":  fmt.Errorf("make orders: %w", diag.New(diag.Refused, one)),
		"several":  list.Err(diag.Blueprint),
		"internal": errors.New("render: index \x1b[2J out of range"),
		"joined":   errors.Join(errors.New("close a: bad"), errors.New("close b: worse")),
		"empty":    &diag.Error{Class: diag.Interrupted},
	}
}

// scenes are what every kind of view is shown with.
func scenes(t *testing.T) map[string]func(View) error {
	t.Helper()
	shown := map[string]func(View) error{
		"plan":       func(v View) error { return v.Plan(planReport(t)) },
		"plan-mixed": func(v View) error { return v.Plan(PlanReport{Plan: mixed(t)}) },
		"plan-empty": func(v View) error { return v.Plan(PlanReport{Plan: plan.Plan{Root: "."}}) },
		"new":        func(v View) error { return v.Done(newReport(t)) },
		"new-merged": func(v View) error { return v.Done(merged(t)) },
		"table":      func(v View) error { return v.Table(blueprints()) },
		"table-empty": func(v View) error {
			return v.Table(Table{Name: "blueprints", Columns: []string{"name"}, Empty: "No blueprints."})
		},
		"sheet": func(v View) error { return v.Sheet(sheet()) },
	}
	for name, failure := range failures() {
		shown["error-"+name] = func(v View) error { return v.Error(failure) }
	}
	return shown
}

// TestGolden compares what each view shows, out and err, with files.
func TestGolden(t *testing.T) {
	kinds := map[string]func(out, err term.Output) View{
		"80":        func(out, err term.Output) View { return Human{Out: out, Err: err} },
		"40":        func(out, err term.Output) View { out.Width, err.Width = 40, 40; return Human{Out: out, Err: err} },
		"80-colour": func(out, err term.Output) View { out.Colour, err.Colour = true, true; return Human{Out: out, Err: err} },
		"json":      func(out, _ term.Output) View { return JSON{out} },
		"diff":      func(out, err term.Output) View { return Human{Out: out, Err: err, Diff: true} },
		"diff-colour": func(out, err term.Output) View {
			out.Colour, out.Terminal = true, true
			return Human{Out: out, Err: err, Diff: true}
		},
	}
	seen := map[string]bool{}
	for name, show := range scenes(t) {
		for kind, view := range kinds {
			if strings.HasPrefix(kind, "diff") && name != "plan-mixed" {
				continue
			}
			file := name + "." + kind + ".txt"
			seen[file] = true
			t.Run(file, func(t *testing.T) {
				s, out, errs := term.Test("")
				if err := show(view(s.Out, s.Err)); err != nil {
					t.Fatal(err)
				}
				got := out.String()
				if errs.Len() > 0 {
					got += "=== err\n" + errs.String()
				}
				golden(t, file, got)
			})
		}
	}
	noStrays(t, seen)
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", "golden", name)
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Error(diff)
	}
}

// noStrays fails for golden files that no test compares.
func noStrays(t *testing.T, seen map[string]bool) {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join("testdata", "golden"))
	if err != nil || len(entries) == 0 {
		t.Fatalf("golden files: %d, %v", len(entries), err)
	}
	for _, e := range entries {
		if !seen[e.Name()] {
			t.Errorf("no test compares %s", e.Name())
		}
	}
}

// TestNothingActsOnTheTerminal shows that of what is not ours no control
// character gets through, whatever is shown, and that lines fit, unless a word
// is longer than a line.
func TestNothingActsOnTheTerminal(t *testing.T) {
	for name, show := range scenes(t) {
		for _, width := range []int{40, 80} {
			s, out, errs := term.Test("")
			s.Out.Width, s.Err.Width = width, width
			for _, v := range []View{Human{Out: s.Out, Err: s.Err}, JSON{s.Out}} {
				out.Reset()
				errs.Reset()
				if err := show(v); err != nil {
					t.Fatal(err)
				}
				for i, line := range strings.Split(out.String()+errs.String(), "\n") {
					if safe := term.Escape(line); safe != line && safe != `\tline two \x1b[2J` {
						t.Errorf("%s, %T, line %d: %q", name, v, i+1, line)
					}
					if _, ok := v.(Human); ok && width == 80 && term.Columns(line) > width && !strings.Contains(line, "sha256:") {
						t.Errorf("%s, line %d is too long: %s", name, i+1, line)
					}
				}
			}
		}
	}
}

// TestJSONIsOneValue shows that whatever happens, one value is on Out, with the
// version and one more key.
func TestJSONIsOneValue(t *testing.T) {
	for name, show := range scenes(t) {
		s, out, errs := term.Test("")
		if err := show(JSON{s.Out}); err != nil {
			t.Fatal(err)
		}
		var v map[string]json.RawMessage
		if err := json.Unmarshal(out.Bytes(), &v); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if len(v) != 2 || string(v["sill"]) != "1" || errs.Len() > 0 {
			t.Errorf("%s: %s, err %q", name, out, errs)
		}
	}
}

// TestJSONPlanDecodes shows that what is written is the plan, escapes and all.
func TestJSONPlanDecodes(t *testing.T) {
	s, out, _ := term.Test("")
	want := mixed(t)
	if err := (JSON{s.Out}).Plan(PlanReport{Plan: want}); err != nil {
		t.Fatal(err)
	}
	got, err := plan.Decode(out.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	for i := range want.Changes {
		want.Changes[i].Before = tree.File{}
		if want.Changes[i].Action == plan.Keep {
			want.Changes[i].File.Data = nil
		}
	}
	if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b tree.Path) bool { return a == b })); diff != "" {
		t.Error(diff)
	}
}

func TestEscapeJSON(t *testing.T) {
	for _, in := range []string{"plain é 注文", "\x7f\u009b\u202e\U000e0041\ufeff"} {
		data, err := json.Marshal(in)
		if err != nil {
			t.Fatal(err)
		}
		var out string
		if err := json.Unmarshal(escapeJSON(data), &out); err != nil || out != in {
			t.Errorf("%q came back as %q, %v", in, out, err)
		}
		if got := string(escapeJSON(data)); got != term.Escape(got) {
			t.Errorf("%q is not safe", got)
		}
	}
}

// TestFolding shows what a tree of any size takes, and that nothing is lost by
// folding: the counts add up.
func TestFolding(t *testing.T) {
	tests := []struct {
		name         string
		dirs, files  int
		limit, lines int
		all          bool
	}{
		{"all fits", 3, 4, 40, 1 + 3 + 12, false},
		{"some do not fit", 10, 8, 40, 1 + 10 + 24, false},
		{"none fits", 30, 30, 40, 1 + 30, false},
		{"not even the top", 60, 2, 40, 1 + 40, false},
		{"nothing is folded", 60, 2, -1, 1 + 60 + 120, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var changes []plan.Change
			for d := range test.dirs {
				for f := range test.files {
					name := fmt.Sprintf("dir%02d/file%02d", d, f)
					changes = append(changes, plan.Change{Path: path(t, name), Action: plan.Create})
				}
			}
			s, _, _ := term.Test("")
			p := newPage(s.Out)
			p.tree("./", changes, test.limit)
			got := p.text.String()
			if lines := strings.Count(got, "\n"); lines != test.lines {
				t.Errorf("%d lines, want %d:\n%s", lines, test.lines, got)
			}
			if n := filesShown(t, got); n != len(changes) {
				t.Errorf("%d files shown or counted, want %d:\n%s", n, len(changes), got)
			}
		})
	}
}

func filesShown(t *testing.T, drawn string) int {
	t.Helper()
	n := 0
	for line := range strings.SplitSeq(drawn, "\n") {
		words := strings.Fields(line)
		switch i := slices.IndexFunc(words, func(w string) bool { return strings.HasPrefix(w, "file") }); {
		case i < 0:
		case len(words[i]) > len("files"):
			n++
		default:
			var k int
			if _, err := fmt.Sscan(strings.TrimSuffix(words[i-1], " more"), &k); err != nil {
				_, err = fmt.Sscan(words[i-2], &k)
				if err != nil {
					t.Fatalf("no count in %q", line)
				}
			}
			n += k
		}
	}
	return n
}

// TestDiffOfAPlanReadBack shows that a plan without the content before says so
// and shows nothing wrong.
func TestDiffOfAPlanReadBack(t *testing.T) {
	p := mixed(t)
	for i := range p.Changes {
		p.Changes[i].Before = tree.File{}
	}
	got := changeDiff(p.Changes[2])
	if want := "# update docs/注文.md: what is there before is not part of the plan\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

type brokenPipe struct{ bytes.Buffer }

func (*brokenPipe) Write([]byte) (int, error) { return 0, os.ErrClosed }

func TestWriteErrors(t *testing.T) {
	o := term.Output{Writer: &brokenPipe{}, Width: 80}
	for name, show := range scenes(t) {
		for _, v := range []View{Human{Out: o, Err: o}, JSON{o}} {
			if err := show(v); !errors.Is(err, os.ErrClosed) {
				t.Errorf("%s, %T: %v", name, v, err)
			}
		}
	}
}
