// Package blueprint turns the files of a blueprint into a checked Blueprint,
// and into the bundle that a generated repository carries.
//
// A Blueprint is trusted after Load: its questions, rules and modules are
// consistent, its globs and patterns compile. Templates are text here; running
// them belongs to package render.
package blueprint

import (
	"regexp"

	"groundsill.example/internal/diag"
	"groundsill.example/internal/tree"
)

// Engine is the version of the rendering rules that this binary implements.
// Output for one engine number never changes.
const Engine = 1

// ManifestName is the name of a blueprint's manifest.
const ManifestName = "blueprint.yaml"

// Blueprint is a checked blueprint.
type Blueprint struct {
	Name        string
	Version     string
	Description string
	Content     tree.Tree // every file of the blueprint, manifest and modules included
	Base        Part
	Modules     []Module // by name
	Computed    []Value
	Facts       []Fact
	Commands    []Command
	Reserved    []string   // names that no resource can have
	Setup       [][]string // run after files are published, where approved; argv templates
	Locks       []Lock
	Next        []Step
	Unique      []Unique
	Migrations  []Migration
	Partials    map[string]string // name → template text
	Digest      string            // "sha256:…" over Content
}

// Part is a set of files with the questions and rules that go with it: the
// base of a blueprint, or one of its modules.
type Part struct {
	Dir       string // of its files in Content, with a final slash: "files/"
	Manifest  string // path of the manifest that declares it
	Questions []Question
	Rules     []Rule
	Templates []Template // in the order of their paths
}

// Module is a part that a service may have or not.
type Module struct {
	Part

	Name      string
	Summary   string
	Needs     []string
	Conflicts []string // names of modules, and answers to questions of choice as "key=value"
	Default   bool     // on unless the user says otherwise
	GitRoot   bool     // must sit at the root of a git repository ("at: git-root")
	Tables    bool     // has a part of the table of every resource
}

// Kind is the kind of value a question asks for.
type Kind string

// The kinds of questions.
const (
	Text   Kind = "text"
	Bool   Kind = "bool"
	Choice Kind = "choice"
	Multi  Kind = "multi"
)

// Zero returns the value of a question that does not apply.
func (k Kind) Zero() any {
	switch k {
	case Bool:
		return false
	case Multi:
		return []string{}
	case Text, Choice:
	}
	return ""
}

// Question is one thing a blueprint wants to know. One declaration makes the
// prompt, the flag, the completion and the line of sill show.
type Question struct {
	Key      string
	Kind     Kind
	Prompt   string
	Help     string
	Default  string // a template over earlier answers; "true" and "false" for Bool; commas for Multi
	When     string // a template expression without braces; empty means always
	Pattern  *regexp.Regexp
	Hint     string // what a value looks like, said when Pattern does not match
	Choices  []Option
	Hidden   bool // never prompted: taken from its default unless a flag gives it
	Optional bool // Text: the empty string is an answer
	// Spreads says that the value stands in files of the user as well; Rename is
	// the globs of those in which it is exchanged when the answer changes.
	Spreads bool
	Rename  []string
	At      diag.Pos
}

// Option is one choice of a question.
type Option struct {
	Value string
	Help  string
}

// Value is a named template: a computed value.
type Value struct {
	Key      string
	Template string
	At       diag.Pos
}

// Fact is what a blueprint states once, so that its files and the shared
// modules agree: a template, or a group of facts.
type Fact struct {
	Key      string
	Template string
	Group    []Fact // nil for a template
	At       diag.Pos
}

// Command is a command of the generated repository, for people, CI and the
// contract suite. Argv holds templates.
type Command struct {
	Name string
	Argv []string
	At   diag.Pos
}

// Lock names a lock file that a new repository comes with.
type Lock struct {
	Format   string // a key of LockManifests
	Manifest string // path in the generated repository: "go.mod"
	From     string // path in the blueprint of the superset
}

// LockManifests returns the formats of locks, with what a manifest of each is
// called.
func LockManifests() map[string]string {
	return map[string]string{"go": "go.mod", "npm": "package.json"}
}

// Step is something to do next, shown after a run.
type Step struct {
	Command string
	Why     string
	When    string
}

// Template is one file of a part and what its rules make of it.
type Template struct {
	Source tree.Path // in Content
	Name   string    // path template of the target, without ".tmpl"
	Raw    bool      // copied as it is
	Mode   tree.Mode
	When   []string
	Each   Each
	Left   string // delimiters; empty means {{ and }}
	Right  string
	Frozen bool
	Merge  string

	// Formatted says that the text is formatted as it stands, so that it is
	// formatted again only where the template decides more than single values.
	Formatted bool
}

// Each makes a template render once for each element of a list in its data.
// The zero value renders it once.
type Each struct {
	List string // "resources"
	As   string // "resource"
}

// The ways in which a file meets one of the user's.
const (
	MergeUnion = "union" // the lines it lacks are added
	MergeOurs  = "ours"  // a document: the user's file stays, and is theirs from then on; else it is as with lists
	MergeLists = "lists" // what both sides insert at one place is kept; without a common base it is as any other
)

// Rule is one entry of a manifest's "files".
type Rule struct {
	Glob   string
	When   string
	Mode   tree.Mode
	Each   Each
	Left   string
	Right  string
	Raw    bool
	Frozen bool
	Merge  string
	At     diag.Pos

	Formatted bool
}

// Module returns the module with the name.
func (b *Blueprint) Module(name string) (Module, bool) {
	for _, m := range b.Modules {
		if m.Name == name {
			return m, true
		}
	}
	return Module{}, false
}

// Tables returns the names of the modules that have a part of every table, of
// those that on reports as chosen.
func (b *Blueprint) Tables(on func(name string) bool) []string {
	var names []string
	for _, m := range b.Modules {
		if m.Tables && on(m.Name) {
			names = append(names, m.Name)
		}
	}
	return names
}

// Parts yields the base and then the modules that on reports as chosen.
func (b *Blueprint) Parts(on func(name string) bool) []Part {
	parts := []Part{b.Base}
	for _, m := range b.Modules {
		if on(m.Name) {
			parts = append(parts, m.Part)
		}
	}
	return parts
}
