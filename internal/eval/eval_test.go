package eval

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"groundsill.example/internal/diag"
)

func mustNew(tb testing.TB, partials map[string]string) *Evaluator {
	tb.Helper()
	e, err := New(partials)
	if err != nil {
		tb.Fatal(err)
	}
	return e
}

func execute(e *Evaluator, text string, data any) (string, error) {
	parsed, err := e.Parse("files/x.tmpl", text, "", "")
	if err != nil {
		return "", err
	}
	out, err := parsed.Execute(data)
	return string(out), err
}

func run(t *testing.T, e *Evaluator, text string, data any) string {
	t.Helper()
	out, err := execute(e, text, data)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// only returns the one diagnostic of an error of class Blueprint.
func only(t *testing.T, err error) diag.Diagnostic {
	t.Helper()
	var d *diag.Error
	if !errors.As(err, &d) || d.Class != diag.Blueprint || len(d.Diagnostics) != 1 {
		t.Fatalf("got %v, want one diagnostic of class blueprint", err)
	}
	return d.Diagnostics[0]
}

// Positions come from the text of text/template's errors. This test fails when
// a release of Go changes that text.
func TestPositions(t *testing.T) {
	partials := map[string]string{"deep/broken": "one\n {{fail \"no\"}}\n", "fine": "fine"}
	for _, c := range []struct {
		name, text string
		want       diag.Diagnostic
	}{
		{"syntax", "one\n{{if}}", diag.Diagnostic{
			Code: "template-syntax", Summary: "missing value for if", At: diag.Pos{File: "files/x.tmpl", Line: 2},
		}},
		{"unknown function", "{{now}}", diag.Diagnostic{
			Code: "template-syntax", Summary: `function "now" not defined`, At: diag.Pos{File: "files/x.tmpl", Line: 1},
		}},
		{"undefined", "one\ntwo {{.nope}}", diag.Diagnostic{
			Code: "template-undefined", Summary: `nothing is called "nope"`,
			Hint: "declare it as a question, a computed value or a fact of the blueprint",
			At:   diag.Pos{File: "files/x.tmpl", Line: 2, Column: 7},
		}},
		{"in a partial", `{{template "deep/broken" .}}`, diag.Diagnostic{
			Code: "template-failed", Summary: `executing "deep/broken" at <fail "no">: error calling fail: no`,
			At: diag.Pos{File: "partials/deep/broken.tmpl", Line: 2, Column: 4},
		}},
		{"in an included partial", "\n{{include \"deep/broken\" .}}", diag.Diagnostic{
			Code: "template-failed", At: diag.Pos{File: "files/x.tmpl", Line: 2, Column: 3},
			Summary: `executing "files/x.tmpl" at <include "deep/broken" .>: error calling include: ` +
				`template: partials/deep/broken.tmpl:2:3: executing "deep/broken" at <fail "no">: error calling fail: no`,
		}},
		{"no such template", `{{template "other"}}`, diag.Diagnostic{
			Code: "template-failed", Summary: `executing "files/x.tmpl" at <{{template "other"}}>: template "other" not defined`,
			At: diag.Pos{File: "files/x.tmpl", Line: 1, Column: 12},
		}},
		{"output has no place but the file", `{{$x := repeat 1000000 "x"}}{{range until 9}}{{$x}}{{end}}`, diag.Diagnostic{
			Code: "template-limit", Summary: "the output is larger than 8 MiB",
			Hint: "a template is bounded in steps, in the size of its values and in its output",
			At:   diag.Pos{File: "files/x.tmpl"},
		}},
		{"other braces", "a\nb: ${{ github.ref }}", diag.Diagnostic{
			Code: "template-collision", Summary: "${{ in a file that is rendered: {{ begins a template action here",
			Hint: `give the file other delimiters (files: - {path: …, delims: ["[[", "]]"]}) or "raw: true"`,
			At:   diag.Pos{File: "files/x.tmpl", Line: 2},
		}},
		{"partial hidden", "{{define \"fine\"}}mine{{end}}", diag.Diagnostic{
			Code: "template-taken", Summary: `there is a partial "fine" already`, Hint: "give the define another name",
			At: diag.Pos{File: "files/x.tmpl"},
		}},
		{"too large", strings.Repeat("x", maxSource+1), diag.Diagnostic{
			Code: "template-large", Summary: "a file that is rendered has at most 1 MiB",
			Hint: `copy it as it is: "raw: true", or a name without .tmpl`, At: diag.Pos{File: "files/x.tmpl"},
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := execute(mustNew(t, partials), c.text, map[string]any{})
			if d := cmp.Diff(c.want, only(t, err)); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestTemplatesCannotReachWhatCounts(t *testing.T) {
	for _, name := range []string{stepName, enterName, leaveName, "call", "env", "now", "semver", "set", "genCA"} {
		_, err := execute(mustNew(t, nil), "{{"+name+"}}", nil)
		if d := only(t, err); d.Code != "template-syntax" {
			t.Errorf("%s: %v", name, d)
		}
	}
}

func TestPartials(t *testing.T) {
	e := mustNew(t, map[string]string{
		"outer": `[{{template "inner" .}}]{{define "own"}}<{{.}}>{{end}}`,
		"inner": "{{.}}\n\n",
		"empty": "",
	})
	for _, c := range []struct{ name, text, want string }{
		{"template", `{{template "outer" 1}}`, "[1\n\n]"},
		{"include ends without line breaks", `{{include "inner" 1 | indent 2}}|`, "  1|"},
		{"defined in a partial", `{{template "own" 2}}`, "<2>"},
		{"empty", `{{template "empty"}}|`, "|"},
		{"defined here", `{{define "mine"}}m{{.}}{{end}}{{template "mine" 3}}{{include "mine" 4}}{{include "inner" 5}}`, "m3m45"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := run(t, e, c.text, nil); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// What a template defines, and the template itself, are unknown to the next
// one: which templates one evaluator sees before is chance.
func TestTemplatesDoNotSeeEachOther(t *testing.T) {
	e := mustNew(t, nil)
	if _, err := e.Parse("files/a.tmpl", `{{define "mine"}}x{{end}}a`, "", ""); err != nil {
		t.Fatal(err)
	}
	if _, err := e.Parse("files/b.tmpl", `b`, "", ""); err != nil {
		t.Fatal(err)
	}
	for _, other := range []string{"mine", "files/a.tmpl", "files/b.tmpl", "files/x.tmpl", ""} {
		if _, err := execute(e, `{{template "`+other+`"}}`, nil); err == nil {
			t.Errorf("a template reaches %q", other)
		}
	}
}

func TestOneTemplateOutlivesTheNext(t *testing.T) {
	e := mustNew(t, nil)
	first, err := e.Parse("files/same.tmpl", "first", "", "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := e.Parse("files/same.tmpl", "second", "", ""); err != nil {
		t.Fatal(err)
	}
	if out, err := first.Execute(nil); err != nil || string(out) != "first" {
		t.Errorf("got %q, %v", out, err)
	}
}

func TestPartialsThatAreWrong(t *testing.T) {
	for _, c := range []struct {
		name     string
		partials map[string]string
		want     diag.Diagnostic
	}{
		{"define of another partial", map[string]string{"a": "", "b": `{{define "a"}}x{{end}}`}, diag.Diagnostic{
			Code: "template-taken", Summary: `there is a partial "a" already`, Hint: "give the define another name",
			At: diag.Pos{File: "partials/b.tmpl"},
		}},
		{"the same define twice", map[string]string{"a": `{{define "x"}}1{{end}}`, "b": `{{define "x"}}2{{end}}`}, diag.Diagnostic{
			Code: "template-taken", Summary: `there is a partial "x" already`, Hint: "give the define another name",
			At: diag.Pos{File: "partials/b.tmpl"},
		}},
		{"the first of two mistakes", map[string]string{"z": "{{", "y": "\n{{end}}"}, diag.Diagnostic{
			Code: "template-syntax", Summary: "unexpected {{end}}", At: diag.Pos{File: "partials/y.tmpl", Line: 2},
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			for range 20 { // a map in random order would show
				_, err := New(c.partials)
				if d := cmp.Diff(c.want, only(t, err)); d != "" {
					t.Fatal(d)
				}
			}
		})
	}
}

// A fork has the partials and a budget of its own.
func TestFork(t *testing.T) {
	e := mustNew(t, map[string]string{"p": `{{define "own"}}o{{end}}p{{include "own" .}}{{template "own"}}`})
	fork, err := e.Fork()
	if err != nil {
		t.Fatal(err)
	}
	e.budget.steps = maxSteps
	if got := run(t, fork, `{{include "p" .}}{{range 3}}x{{end}}`, nil); got != "poo"+"xxx" {
		t.Errorf("got %q", got)
	}
	if fork.budget.steps == 0 || e.budget.steps != maxSteps {
		t.Errorf("the fork spent %d, and of the first evaluator's budget %d", fork.budget.steps, e.budget.steps-maxSteps)
	}
}

func TestDelimiters(t *testing.T) {
	parsed, err := mustNew(t, nil).Parse("x", "${{ github }} [[ .a ]] {{ b }}", "[[", "]]")
	if err != nil {
		t.Fatal(err)
	}
	out, err := parsed.Execute(map[string]any{"a": 1})
	if want := "${{ github }} 1 {{ b }}"; err != nil || string(out) != want {
		t.Errorf("got %q, %v, want %q", out, err, want)
	}
}

func TestTextAndTrue(t *testing.T) {
	at := diag.Pos{File: "blueprint.yaml", Line: 7, Column: 3}
	data := map[string]any{"a": "x", "no": false}
	e := mustNew(t, nil)
	for text, want := range map[string]string{"plain }}": "plain }}", "{{.a}}-{{.a | upper}}": "x-X"} {
		if got, err := e.Text(at, text, data); err != nil || got != want {
			t.Errorf("%q: got %q, %v, want %q", text, got, err, want)
		}
	}
	for expr, want := range map[string]bool{"": true, `eq .a "x"`: true, ".no": false, "not .no": true} {
		if got, err := e.True(at, expr, data); err != nil || got != want {
			t.Errorf("%q: got %v, %v, want %v", expr, got, err, want)
		}
	}
	for _, expr := range []string{".nope", "(", `eq .a 1`} {
		got, err := e.True(at, expr, data)
		if d := only(t, err); d.At != at || got {
			t.Errorf("%q: %v at %v, want it at %v", expr, got, d.At, at)
		}
	}
}

func FuzzExecute(f *testing.F) {
	for _, text := range []string{
		"{{.a}}", "{{range .l}}{{.}}{{end}}", "{{define \"a\"}}{{template \"a\"}}{{end}}{{template \"a\"}}",
		"{{printf \"%[1]*d\" 3 .a}}", "{{index .l 9}}", "{{slice .l 2 1}}", "{{chunk 0 .l}}", "{{div 1 0}}",
		"{{substr -5 9 .a}}", "{{include \"p\" . | nindent 3}}", "{{range $i, $x := .m}}{{$i}}{{$x}}{{end}}", "{{trunc -9 .a}}",
		"{{.a.b.c}}", "{{len 3}}", "{{and}}", "{{break}}", "{{/* */}}{{- .a -}}", "{{dig \"a\" \"b\" .m .m}}", "{{regexFindAll \"(\" .a -1}}",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		data := map[string]any{"a": "x", "l": []any{1, "2"}, "m": map[string]any{"k": "v", "b": true}}
		e := mustNew(t, map[string]string{"p": "{{.a}}"})
		first, err := execute(e, text, data)
		if err != nil {
			if d := only(t, err); d.At.File == "" {
				t.Fatalf("no place: %v", d)
			}
		}
		second, again := execute(mustNew(t, map[string]string{"p": "{{.a}}"}), text, data)
		if first != second || (err == nil) != (again == nil) {
			t.Fatalf("%q, %v and then %q, %v", first, err, second, again)
		}
	})
}

func BenchmarkNew(b *testing.B) {
	partials := map[string]string{"a": "{{.a}}", "b": "{{.b}}"}
	for b.Loop() {
		mustNew(b, partials)
	}
}

func BenchmarkParseAndExecute(b *testing.B) {
	e := mustNew(b, map[string]string{"p": "{{.a}}"})
	text := strings.Repeat("line {{.a}} and {{.a | upper | quote}}\n", 40)
	data := map[string]any{"a": "x"}
	for b.Loop() {
		t, err := e.Parse("files/x.tmpl", text, "", "")
		if err != nil {
			b.Fatal(err)
		}
		if _, err := t.Execute(data); err != nil {
			b.Fatal(err)
		}
	}
}
