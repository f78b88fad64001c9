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
	"regexp"
	"strconv"
	"strings"
	"text/template"
	"text/template/parse"

	"groundsill.example/internal/diag"
)

// The bounds of one execution.
const (
	MaxOutput    = 8 << 20  // bytes
	maxSteps     = 4 << 20  // loop turns, template calls and function results, large ones more
	maxValue     = 1 << 20  // bytes or elements of any one value
	maxIncludes  = 64       // nested include calls
	maxProduct   = 64 << 20 // bytes that a call could make
	defaultLeft  = "{{"
	defaultRight = "}}"
)

// tick is the name of the function that counts steps.
const tick = "countStep"

// Evaluator parses and runs templates. It belongs to one goroutine.
type Evaluator struct {
	base   *template.Template // the partials
	budget budget
	set    *template.Template // that runs now, for include
	files  map[string]string  // name of a partial → its file
}

// New returns an Evaluator whose templates can call the partials by name. The
// error is a *diag.Error of class Blueprint.
func New(partials map[string]string) (*Evaluator, error) {
	e := &Evaluator{files: map[string]string{}}
	e.base = template.New("").Option("missingkey=error").Funcs(e.functions())
	for name, text := range partials {
		e.files[name] = "partials/" + name + ".tmpl"
		if _, err := e.base.New(name).Parse(text); err != nil {
			return nil, e.problem(err, "template-syntax")
		}
	}
	for _, t := range e.base.Templates() {
		e.instrument(t.Tree)
	}
	return e, nil
}

// Template is a parsed template.
type Template struct {
	owner *Evaluator
	text  *template.Template
}

// Parse parses text. The name is a file, for error messages; empty delimiters
// are {{ and }}. The error is a *diag.Error of class Blueprint with the line.
func (e *Evaluator) Parse(name, text, left, right string) (*Template, error) {
	if left == "" {
		left, right = defaultLeft, defaultRight
		if err := foreignBraces(name, text); err != nil {
			return nil, err
		}
	}
	set, err := e.base.Clone()
	if err != nil {
		return nil, fmt.Errorf("clone the partials: %w", err)
	}
	t, err := set.New(name).Delims(left, right).Parse(text)
	if err != nil {
		return nil, e.problem(err, "template-syntax")
	}
	for _, own := range set.Templates() {
		if partial := e.base.Lookup(own.Name()); partial == nil || partial.Tree != own.Tree {
			e.instrument(own.Tree)
		}
	}
	return &Template{e, t}, nil
}

// Execute runs the template over data. The error is a *diag.Error of class
// Blueprint with the place in the template.
func (t *Template) Execute(data any) ([]byte, error) {
	e := t.owner
	e.budget, e.set = budget{}, t.text
	var out limitedBuffer
	if err := t.text.Execute(&out, data); err != nil {
		return nil, e.problem(err, "template-failed")
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

// instrument makes every loop turn and every call of a template count.
func (e *Evaluator) instrument(t *parse.Tree) {
	if t == nil || t.Root == nil {
		return
	}
	counted(t, t.Root)
}

func counted(t *parse.Tree, list *parse.ListNode) {
	if list == nil {
		return
	}
	for _, n := range list.Nodes {
		switch n := n.(type) {
		case *parse.RangeNode:
			counted(t, n.List)
			counted(t, n.ElseList)
		case *parse.IfNode:
			counted(t, n.List)
			counted(t, n.ElseList)
		case *parse.WithNode:
			counted(t, n.List)
			counted(t, n.ElseList)
		}
	}
	list.Nodes = append([]parse.Node{tickNode(t, list.Pos)}, list.Nodes...)
}

func tickNode(t *parse.Tree, pos parse.Pos) parse.Node {
	name := parse.NewIdentifier(tick).SetPos(pos).SetTree(t)
	command := &parse.CommandNode{NodeType: parse.NodeCommand, Pos: pos, Args: []parse.Node{name}}
	pipe := &parse.PipeNode{NodeType: parse.NodePipe, Pos: pos, Cmds: []*parse.CommandNode{command}}
	return &parse.ActionNode{NodeType: parse.NodeAction, Pos: pos, Pipe: pipe}
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

type limitedBuffer struct{ bytes.Buffer }

func (b *limitedBuffer) Write(p []byte) (int, error) {
	if b.Len()+len(p) > MaxOutput {
		return 0, limitError{fmt.Sprintf("the output is larger than %d MiB", MaxOutput>>20)}
	}
	return b.Buffer.Write(p)
}

// limitError is a bound that a template went over.
type limitError struct{ what string }

func (e limitError) Error() string { return e.what }

// place finds "name:line:column: " behind "template: ", the only place where
// text/template tells positions.
var place = regexp.MustCompile(`(?s)^template: (.*?):(\d+)(?::(\d+))?: (.*)$`)

// problem turns an error of text/template into one of ours.
func (e *Evaluator) problem(err error, code string) error {
	d := diag.Diagnostic{Code: code, Summary: err.Error()}
	if m := place.FindStringSubmatch(err.Error()); m != nil {
		d.At.File, d.Summary = m[1], m[4]
		if file, ok := e.files[m[1]]; ok {
			d.At.File = file
		}
		d.At.Line, _ = strconv.Atoi(m[2])
		d.At.Column, _ = strconv.Atoi(m[3])
		if m[3] != "" {
			d.At.Column++ // text/template counts bytes from zero
		}
	}
	if _, ok := errors.AsType[limitError](err); ok {
		d.Code, d.Hint = "template-limit", "a template is bounded in steps, in the size of its values and in its output"
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
