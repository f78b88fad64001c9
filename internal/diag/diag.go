// Package diag says what is wrong, whose it is, and what to do about it.
//
// A Diagnostic is data: it has no colour and knows no exit code. Packages make
// one where the knowledge is; the command line decides how it looks.
package diag

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Class is whose problem an Error is. It decides the exit code, and nothing
// else does.
type Class string

// The classes, in the order of their exit codes.
const (
	Internal    Class = "internal"    // a defect of sill
	Usage       Class = "usage"       // the words of the command line, an answer
	Conflict    Class = "conflict"    // left for the user to solve
	Refused     Class = "refused"     // the target, a lock, a missing approval
	Blueprint   Class = "blueprint"   // the author of the blueprint
	Environment Class = "environment" // disk, git, network
	Stale       Class = "stale"       // the plan no longer fits the tree
	Interrupted Class = "interrupted" // Ctrl-C
)

// Pos is a place in a text file. The zero value is no place. Line and Column
// count from one; zero means unknown.
type Pos struct {
	File   string `json:"file,omitempty"`
	Line   int    `json:"line,omitempty"`
	Column int    `json:"column,omitempty"`
}

// String returns file:line:column, without the parts that are unknown.
func (p Pos) String() string {
	var b strings.Builder
	b.WriteString(p.File)
	if p.Line > 0 {
		fmt.Fprintf(&b, ":%d", p.Line)
		if p.Column > 0 {
			fmt.Fprintf(&b, ":%d", p.Column)
		}
	}
	return b.String()
}

// Diagnostic is one thing that is wrong.
type Diagnostic struct {
	Code    string `json:"code"`             // stable, for programs: "path-escapes"
	Summary string `json:"summary"`          // one line: what is wrong
	Detail  string `json:"detail,omitempty"` // more lines, where one is not enough
	Hint    string `json:"hint,omitempty"`   // what to do
	At      Pos    `json:"at,omitzero"`      // where
}

// String returns "place: summary".
func (d Diagnostic) String() string {
	if at := d.At.String(); at != "" {
		return at + ": " + d.Summary
	}
	return d.Summary
}

// Error is a failure that somebody can act on. It holds at least one
// Diagnostic; the first gives it its code.
type Error struct {
	Class       Class
	Diagnostics []Diagnostic
	Err         error // the cause, may be nil
}

// New returns an Error with one Diagnostic.
func New(class Class, d Diagnostic) *Error {
	return &Error{Class: class, Diagnostics: []Diagnostic{d}}
}

// Wrap returns an Error with one Diagnostic and the cause it came from. The
// text of the cause is part of the message.
func Wrap(class Class, err error, d Diagnostic) *Error {
	return &Error{Class: class, Diagnostics: []Diagnostic{d}, Err: err}
}

// Code returns the code of the first Diagnostic.
func (e *Error) Code() string {
	if len(e.Diagnostics) == 0 {
		return string(e.Class)
	}
	return e.Diagnostics[0].Code
}

// Hint returns the first hint there is.
func (e *Error) Hint() string {
	for _, d := range e.Diagnostics {
		if d.Hint != "" {
			return d.Hint
		}
	}
	return ""
}

// Error returns every diagnostic, a line each, and then the cause.
func (e *Error) Error() string {
	lines := make([]string, 0, len(e.Diagnostics))
	for _, d := range e.Diagnostics {
		lines = append(lines, d.String())
	}
	text := strings.Join(lines, "\n")
	if e.Err == nil {
		return text
	}
	if text == "" {
		return e.Err.Error()
	}
	return text + ": " + e.Err.Error()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// ClassOf returns the class of the first *Error in the chain of err, and
// Internal if there is none.
func ClassOf(err error) Class {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Class
	}
	return Internal
}

// List collects diagnostics, so that a run reports all mistakes at once.
// The zero value is an empty list.
type List struct {
	items []Diagnostic
}

// Add appends a diagnostic.
func (l *List) Add(d Diagnostic) { l.items = append(l.items, d) }

// Take appends the diagnostics of err when it is an *Error of any class, and
// reports whether it was one. A nil err is taken and adds nothing.
func (l *List) Take(err error) bool {
	if err == nil {
		return true
	}
	e, ok := errors.AsType[*Error](err)
	if ok {
		l.items = append(l.items, e.Diagnostics...)
	}
	return ok
}

// Empty reports whether nothing was collected.
func (l *List) Empty() bool { return len(l.items) == 0 }

// Err returns nil for an empty list, else an *Error whose diagnostics are
// sorted by place and then by text, without repeats.
func (l *List) Err(class Class) error {
	if l.Empty() {
		return nil
	}
	sorted := slices.Clone(l.items)
	slices.SortStableFunc(sorted, func(a, b Diagnostic) int {
		return cmp.Or(
			cmp.Compare(a.At.File, b.At.File), cmp.Compare(a.At.Line, b.At.Line),
			cmp.Compare(a.At.Column, b.At.Column), cmp.Compare(a.Summary, b.Summary))
	})
	return &Error{Class: class, Diagnostics: slices.Compact(sorted)}
}
