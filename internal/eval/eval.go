// Package eval runs text/template under a budget, with the functions that
// blueprints may use.
//
// A template sees the data it is given and nothing else: no clock, no
// environment, no disk, no network, no randomness. What it may cost is bounded
// in steps, in the size of any value and in the size of its output, so that a
// hostile blueprint ends in an error and not in a full machine.
package eval

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"text/template"
	"text/template/parse"

	"groundsill.example/internal/diag"
)

// The bounds of one execution.
const (
	MaxOutput    = 8 << 20 // bytes
	maxSource    = 1 << 20 // bytes of one template
	maxSteps     = 1 << 20 // loop turns, template calls and function calls, large values more
	maxDepth     = 100     // nested template and include calls
	defaultLeft  = "{{"
	defaultRight = "}}"
)

// Evaluator parses and runs templates. It belongs to one goroutine.
type Evaluator struct {
	base     *template.Template // the partials
	names    map[string]any     // what a template may call; shared, never changed
	budget   budget
	set      *template.Template // that runs now, for include
	programs map[string]int     // size of a regular expression when it is compiled
}

// New returns an Evaluator whose templates can call the partials by name. The
// error is a *diag.Error of class Blueprint.
func New(partials map[string]string) (*Evaluator, error) {
	functions := functions()
	e := &Evaluator{names: maps.Clone(functions), programs: map[string]int{}}
	for _, name := range builtins() {
		e.names[name] = true
	}
	e.names["include"] = true
	e.base = template.New("").Option("missingkey=error").Funcs(e.charge(functions))
	for _, name := range slices.Sorted(maps.Keys(partials)) {
		if err := e.addPartial(name, partials[name]); err != nil {
			return nil, err
		}
	}
	return e, nil
}

// Fork returns an Evaluator with the same partials, for another goroutine. They
// are parsed already; what runs is counted anew.
func (e *Evaluator) Fork() (*Evaluator, error) {
	base, err := e.base.Clone()
	if err != nil {
		return nil, fmt.Errorf("clone the partials: %w", err)
	}
	fork := &Evaluator{names: e.names, programs: map[string]int{}}
	fork.base = base.Funcs(fork.charge(functions()))
	return fork, nil
}

func (e *Evaluator) addPartial(name, text string) error {
	file := "partials/" + name + ".tmpl"
	trees, err := e.trees(file, text, "", "")
	if err != nil {
		return err
	}
	trees[name], trees[file] = trees[file], nil
	for _, defined := range slices.Sorted(maps.Keys(trees)) {
		if trees[defined] == nil {
			continue
		}
		if e.base.Lookup(defined) != nil {
			return taken(file, defined)
		}
		if _, err := e.base.AddParseTree(defined, trees[defined]); err != nil {
			return fmt.Errorf("add the partial %s: %w", defined, err)
		}
	}
	return nil
}

func taken(file, name string) error {
	return diag.New(diag.Blueprint, diag.Diagnostic{
		Code: "template-taken", Summary: fmt.Sprintf("there is a partial %q already", name),
		Hint: "give the define another name", At: diag.Pos{File: file},
	})
}

// Template is a parsed template.
type Template struct {
	owner *Evaluator
	text  *template.Template
}

// Parse parses text. The name is a file, for error messages; empty delimiters
// are {{ and }}. What the text defines is its own: no other template sees it,
// and it cannot replace a partial. The error is a *diag.Error of class
// Blueprint with the line.
func (e *Evaluator) Parse(name, text, left, right string) (*Template, error) {
	trees, err := e.trees(name, text, left, right)
	if err != nil {
		return nil, err
	}
	set := e.base
	if len(trees) > 1 {
		if set, err = e.withDefined(name, trees); err != nil {
			return nil, err
		}
	}
	t := set.New(name)
	t.Tree = trees[name]
	return &Template{e, t}, nil
}

// withDefined returns the partials and what a template defines beside itself.
// Cloning them is the costly part of parsing, so that only a template that
// defines something pays for it.
func (e *Evaluator) withDefined(name string, trees map[string]*parse.Tree) (*template.Template, error) {
	set, err := e.base.Clone()
	if err != nil {
		return nil, fmt.Errorf("clone the partials: %w", err)
	}
	for _, defined := range slices.Sorted(maps.Keys(trees)) {
		if defined == name {
			continue
		}
		if e.base.Lookup(defined) != nil {
			return nil, taken(name, defined)
		}
		if _, err := set.AddParseTree(defined, trees[defined]); err != nil {
			return nil, fmt.Errorf("add the template %s: %w", defined, err)
		}
	}
	return set, nil
}

// trees parses a file and makes every tree in it count its steps.
func (e *Evaluator) trees(file, text, left, right string) (map[string]*parse.Tree, error) {
	if len(text) > maxSource {
		return nil, diag.New(diag.Blueprint, diag.Diagnostic{
			Code: "template-large", Summary: fmt.Sprintf("a file that is rendered has at most %d MiB", maxSource>>20),
			Hint: `copy it as it is: "raw: true", or a name without .tmpl`, At: diag.Pos{File: file},
		})
	}
	if left == "" {
		left, right = defaultLeft, defaultRight
		if err := foreignBraces(file, text); err != nil {
			return nil, err
		}
	}
	trees, err := parse.Parse(file, text, left, right, e.names)
	if err != nil {
		return nil, problem(err, file, "template-syntax")
	}
	for _, t := range trees {
		count(t)
	}
	return trees, nil
}

// Plain reports whether the template is text with single values in it, and
// decides nothing.
func (t *Template) Plain() bool {
	for _, n := range t.text.Root.Nodes {
		switch n := n.(type) {
		case *parse.TextNode:
		case *parse.ActionNode:
			if !single(n) {
				return false
			}
		default:
			return false
		}
	}
	return true
}

// single reports whether an action prints one value of the data, or counts.
func single(n *parse.ActionNode) bool {
	if len(n.Pipe.Decl) > 0 || len(n.Pipe.Cmds) != 1 || len(n.Pipe.Cmds[0].Args) != 1 {
		return false
	}
	switch word := n.Pipe.Cmds[0].Args[0].(type) {
	case *parse.FieldNode:
		return true
	case *parse.IdentifierNode:
		return word.Ident == stepName
	}
	return false
}

// Execute runs the template over data. The error is a *diag.Error of class
// Blueprint with the place in the template.
func (t *Template) Execute(data any) ([]byte, error) {
	e := t.owner
	e.budget, e.set = budget{}, t.text
	out := limitedBuffer{limit: MaxOutput}
	if err := t.text.Execute(&out, data); err != nil {
		return nil, problem(err, t.text.Name(), "template-failed")
	}
	return out.Bytes(), nil
}

// Text parses and runs a short template that a manifest holds at a place.
func (e *Evaluator) Text(at diag.Pos, text string, data any) (string, error) {
	if !strings.Contains(text, defaultLeft) {
		return text, nil
	}
	t, err := e.Parse(at.File, text, "", "")
	if err == nil {
		var out []byte
		if out, err = t.Execute(data); err == nil {
			return string(out), nil
		}
	}
	return "", moved(err, at)
}

// True runs expr, a template expression without braces, and reports whether it
// is true in the sense of "if". An empty expression is true.
func (e *Evaluator) True(at diag.Pos, expr string, data any) (bool, error) {
	if expr == "" {
		return true, nil
	}
	out, err := e.Text(at, "{{if "+expr+"}}y{{end}}", data)
	return out == "y", err
}

// foreignBraces refuses text in which the braces of another language would be
// taken for ours, as in GitHub's ${{ }}: some of it would vanish silently.
func foreignBraces(name, text string) error {
	before, _, found := strings.Cut(text, "${{")
	if !found {
		return nil
	}
	return diag.New(diag.Blueprint, diag.Diagnostic{
		Code:    "template-collision",
		Summary: "${{ in a file that is rendered: {{ begins a template action here",
		Hint:    `give the file other delimiters (files: - {path: …, delims: ["[[", "]]"]}) or "raw: true"`,
		At:      diag.Pos{File: name, Line: 1 + strings.Count(before, "\n")},
	})
}

type limitedBuffer struct {
	bytes.Buffer

	limit int
}

func (b *limitedBuffer) Write(p []byte) (int, error) {
	if b.Len()+len(p) > b.limit {
		return 0, limitError{fmt.Sprintf("the output is larger than %d MiB", b.limit>>20)}
	}
	return b.Buffer.Write(p)
}

// limitError is a bound that a template went over.
type limitError struct{ what string }

func (e limitError) Error() string { return e.what }

// place finds "name:line:column: " behind "template: ", the only place where
// text/template tells positions.
var place = regexp.MustCompile(`(?s)^template: (.*?):(\d+)(?::(\d+))?: (.*)$`)

// problem turns an error of text/template about a file into one of ours.
func problem(err error, file, code string) error {
	d := diag.Diagnostic{Code: code, Summary: err.Error(), At: diag.Pos{File: file}}
	if m := place.FindStringSubmatch(err.Error()); m != nil {
		d.At.File, d.Summary = m[1], m[4]
		d.At.Line, _ = strconv.Atoi(m[2])
		d.At.Column, _ = strconv.Atoi(m[3])
		if m[3] != "" {
			d.At.Column++ // text/template counts bytes from zero
		}
	}
	if limit, ok := errors.AsType[limitError](err); ok {
		d.Code, d.Summary, d.Hint = "template-limit", limit.what, "a template is bounded in steps, in the size of its values and in its output"
	}
	if _, rest, ok := strings.Cut(d.Summary, "map has no entry for key "); ok {
		d.Code, d.Summary = "template-undefined", "nothing is called "+rest
		d.Hint = "declare it as a question, a computed value or a fact of the blueprint"
	}
	return diag.New(diag.Blueprint, d)
}

// moved gives an error of a template inside a manifest the place it has there.
func moved(err error, at diag.Pos) error {
	e, ok := errors.AsType[*diag.Error](err)
	if !ok {
		return err
	}
	for i := range e.Diagnostics {
		e.Diagnostics[i].At = at
	}
	return e
}
