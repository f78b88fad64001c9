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
}

// Hunk is one conflicting part of a file, as its three sides.
type Hunk struct{ Base, Ours, Theirs string }

// Result is what a file came to. With hunks, Data holds conflict markers where
// [Marked] files may have them, and the user's text where not.
type Result struct {
	Data  []byte
	Hunks []Hunk
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
	if keyed := byKey(name); keyed != nil {
		if data, ok := keyed(base, ours, theirs); ok {
			return Result{Data: data}
		}
	}
	if path.Ext(name) == ".go" {
		if r, ok := mergeGo(base, ours, theirs, rule, l); ok {
			return r
		}
	}
	return mergeText(name, base, ours, theirs, rule, l)
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

// byKey returns what merges a file by its keys and not by its lines, nil where
// there is nothing. What it cannot merge it leaves to the lines.
func byKey(name string) func(base, ours, theirs []byte) ([]byte, bool) {
	switch file := path.Base(name); {
	case file == "go.sum":
		return mergeSet
	case file == "go.mod":
		return mergeGoMod
	case file == ".env" || strings.HasPrefix(file, ".env."):
		return mergeEnv
	}
	return nil
}

func mergeText(name string, base, ours, theirs []byte, rule Rule, l Labels) Result {
	b, o, t := split(base), split(ours), split(theirs)
	m := merger{base: b.keys, ours: o.keys, theirs: t.keys, union: rule.Union}
	out := m.run()
	if len(out.conflicts()) > 0 && !Marked(name) {
		return Result{Data: ours, Hunks: out.hunks()}
	}
	return Result{Data: out.write(texts{b, o, t}, l), Hunks: out.hunks()}
}
