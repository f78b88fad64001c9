// Package merge brings together what two sides made of one base: bytes of a
// file, and whole trees of files.
//
// Everything here is a pure function of its arguments. It knows no disk and no
// version control; a conflict is a value with its three sides, and what cannot
// be merged is never merged by guessing.
package merge

import (
	"bytes"
	"path"
	"strings"

	"groundsill.example/internal/document"
	"groundsill.example/internal/textdiff"
)

// Labels name the sides in conflict markers.
type Labels struct{ Ours, Base, Theirs string }

// Rule says how one file merges beyond what holds for every file.
type Rule struct {
	// Union lets both sides insert lines at the same place: see [File].
	Union bool
	// Set says that a file is a set of lines: one that both sides have made is
	// ours and then what theirs has more.
	Set bool
	// Ours keeps a file of the user that shares no history with the blueprint.
	Ours bool
	// Prose is for a document: one that the user has written anew stays.
	Prose bool
}

// Hunk is one conflicting part of a file, as its three sides.
type Hunk struct{ Base, Ours, Theirs string }

// Result is what a file came to. With hunks, Data holds conflict markers where
// [Marked] files may have them, and the user's text where not. With a Fault,
// which says why, Data is not what both sides mean although their lines merged.
type Result struct {
	Data  []byte
	Hunks []Hunk
	Fault string
}

// File merges the bytes of one file. Lines are compared without their endings;
// endings and the final newline stay those of ours. The laws:
//
//   - where one side is the base, the other side is the result;
//   - where both sides are equal, that is the result;
//   - no line of ours is gone without a conflict, unless theirs took it out.
//
// With Union, two insertions at one place are both kept, ours first, unless
// they share a line that says something or declare the same key; and changes
// that touch without overlapping do not conflict.
func File(name string, base, ours, theirs []byte, rule Rule, l Labels) Result {
	switch {
	case bytes.Equal(ours, theirs), bytes.Equal(theirs, base):
		return Result{Data: ours}
	case bytes.Equal(ours, base):
		return Result{Data: theirs}
	case textdiff.Binary(base) || textdiff.Binary(ours) || textdiff.Binary(theirs):
		return Result{Data: ours, Hunks: []Hunk{{}}}
	}
	f := files{name, base, ours, theirs, rule, l}
	if merge := grammar(name); merge != nil {
		if r, ok := merge(f); ok {
			return r
		}
	}
	return mergeLines(f)
}

// Marked reports whether a file may hold conflict markers: a tool that reads a
// lock file or JSON stumbles over them.
func Marked(name string) bool {
	switch base := path.Base(name); {
	case path.Ext(base) == ".json", path.Ext(base) == ".lock", path.Ext(base) == ".sum", base == "go.mod", base == "sill.yaml":
		return false
	}
	return true
}

// files are the three sides of a file and how it merges.
type files struct {
	name               string
	base, ours, theirs []byte
	rule               Rule
	labels             Labels
}

// grammar returns what merges a file by what it declares and not by its lines
// alone, nil where there is nothing. What that cannot merge, false, is merged
// by the lines.
func grammar(name string) func(files) (Result, bool) {
	switch file := path.Base(name); {
	case file == "go.sum":
		return func(f files) (Result, bool) { return Result{Data: mergeSet(f.base, f.ours, f.theirs)}, true }
	case file == "go.mod":
		return func(f files) (Result, bool) { return whole(mergeGoMod(f.base, f.ours, f.theirs)) }
	case file == ".env" || strings.HasPrefix(file, ".env."):
		return func(f files) (Result, bool) { return whole(mergeEnv(f.base, f.ours, f.theirs)) }
	}
	switch path.Ext(name) {
	case ".go":
		return func(f files) (Result, bool) { return mergeGo(f.base, f.ours, f.theirs, f.rule, f.labels) }
	case ".json":
		return func(f files) (Result, bool) { return mergeDocument(f, document.JSON) }
	case ".yaml", ".yml":
		return func(f files) (Result, bool) { return mergeDocument(f, document.YAML) }
	}
	return nil
}

func whole(data []byte, ok bool) (Result, bool) { return Result{Data: data}, ok }

func mergeLines(f files) Result {
	b, o, t := split(f.base), split(f.ours), split(f.theirs)
	if path.Ext(f.name) == ".md" {
		b.tables()
		o.tables()
		t.tables()
	}
	m := merger{base: b.keys, ours: o.keys, theirs: t.keys, union: f.rule.Union}
	out := m.run()
	if len(out.conflicts()) > 0 && !Marked(f.name) {
		return Result{Data: f.ours, Hunks: out.hunks()}
	}
	return Result{Data: out.write(texts{b, o, t}, f.labels), Hunks: out.hunks()}
}
