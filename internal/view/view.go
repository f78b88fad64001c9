// Package view turns what a run has found or done into bytes: for people, as
// diffs, and as JSON.
//
// It computes nothing and reads no file: everything it shows is handed to it.
// Text it does not write itself comes from blueprints, answers and file names,
// and is escaped, so that none of it acts on the terminal.
package view

import (
	"groundsill.example/internal/apply"
	"groundsill.example/internal/plan"
)

// View shows the outcome of a command, one of its methods once per run. Human
// and JSON are the two.
type View interface {
	// Plan shows what a run would do.
	Plan(r PlanReport) error
	// Done shows what a command that writes has done.
	Done(r Report) error
	// Table shows a list.
	Table(t Table) error
	// Sheet shows one thing with all there is to say about it.
	Sheet(s Sheet) error
	// Verify shows how a service keeps the contract.
	Verify(r VerifyReport) error
	// Error shows why there is no other outcome.
	Error(err error) error
}

// PlanReport is a plan and what people want to know beside it. JSON has the plan
// alone.
type PlanReport struct {
	Plan    plan.Plan
	Title   string       // one line above it: "new service orders, from go 0.1.0"
	Notes   []string     // texts to read first: a changelog
	Assumed []Assumption // answers nobody gave
	Then    []Step       // what runs once the files are there
	Closing string       // one line below it: what was not done, and how to have it done
}

// Report is what a command that writes has done.
type Report struct {
	Title     string   // "Add resource order"; empty for a new service
	Name      string   // of the service
	Notes     []string // texts to read first: a changelog
	Blueprint string   // "go 0.1.0"
	Receipt   apply.Receipt
	Plan      plan.Plan
	Commit    string // the commit that was made, in hexadecimal; empty for none
	Branch    string // that the commit is on
	Assumed   []Assumption
	Command   []string // argv that does the same again; no secrets
	Next      []Step
	Warnings  []string // beside those of the plan
}

// Assumption is an answer that was not given, and where it is from.
type Assumption struct {
	Key   string `json:"key"`
	Value string `json:"value"`
	Why   string `json:"why"`
}

// Step is something to run next, as a line for a shell, and what it is good for.
type Step struct {
	Command string `json:"command"`
	Why     string `json:"why,omitempty"`
}

// Table is a list of rows that have as many cells as there are columns. Name is
// its key in JSON, where a row is an object with the names of the columns as
// keys, and its headline where several tables stand together. A name of several
// words is a camelCase key.
type Table struct {
	Name    string
	Columns []string
	Rows    [][]string
	Empty   string // what people read when there are no rows
}

// Sheet is one thing: a title, fields and tables. Name is its key in JSON.
type Sheet struct {
	Name   string
	Title  string
	Fields []Field
	Tables []Table
}

// Field is a named value of a [Sheet].
type Field struct {
	Key, Value string
}

var (
	_ View = Human{}
	_ View = JSON{}
)
