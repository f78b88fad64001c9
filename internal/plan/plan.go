// Package plan holds what a run is going to do, as data.
//
// A Plan is complete: showing it and committing it need nothing else, and
// there is nothing else one can do with it. It says what must still be true of
// the tree it was computed from, so a plan that waited too long is refused and
// not applied by halves. The package decides nothing about looks and touches no
// disk.
package plan

import (
	"fmt"
	"slices"

	"groundsill.example/internal/tree"
)

// Action is what happens to one path.
type Action string

// The actions. Keep is listed so that a reader sees that a path was considered.
const (
	Create Action = "create"
	Update Action = "update"
	Delete Action = "delete"
	Keep   Action = "keep"
)

// Expect is what must still be at a path when a Plan is committed. Nothing
// being there is also a thing to expect: the zero value expects nothing.
type Expect struct {
	Digest string    // [tree.File.Digest] of what is there; empty expects nothing
	Mode   tree.Mode // empty with an empty Digest
}

// Absent reports whether nothing is expected.
func (e Expect) Absent() bool { return e.Digest == "" }

// ExpectFile returns the expectation that file is there.
func ExpectFile(file tree.File) Expect {
	return Expect{Digest: file.Digest(), Mode: file.Mode}
}

// Holds reports whether the expectation holds where file is, or where nothing
// is when found is false.
func (e Expect) Holds(file tree.File, found bool) bool {
	if !found {
		return e.Absent()
	}
	return e == ExpectFile(file)
}

// Change is what happens to one path, and why.
type Change struct {
	Path   tree.Path
	Action Action
	Expect Expect    // what is there before
	Before tree.File // what is there before, for display; not in the JSON form
	File   tree.File // what is there after; zero for Delete
	Why    string    // one clause for people: "file of the blueprint"
}

// Conflict is a place that a person has to decide.
type Conflict struct {
	Path  tree.Path
	Kind  string // "exists", "content", …
	Hunks []Hunk
	Sides Sides // as git keeps them beside an unmerged file
}

// Sides are the three files of a conflict. A side that is nil has no file
// there; all three are nil where git is not to know about the conflict.
type Sides struct {
	Base, Ours, Theirs *tree.File
}

// Empty reports whether there is no file on any side.
func (s Sides) Empty() bool { return s == Sides{} }

// Hunk is one conflicting part of a file, as its three sides.
type Hunk struct {
	Base, Ours, Theirs string
}

// Git is what a plan does about git.
type Git string

// The three ways of --git, and that of the solution of a merge. The zero value
// leaves git alone.
const (
	GitCommit Git = "commit" // init where needed, and one commit
	GitInit   Git = "init"   // init where needed
	GitNone   Git = "none"
	GitStage  Git = "stage" // the index gets every path but those in conflict
)

// Plan is what a run does: changes in the order of their paths, each path at
// most once.
type Plan struct {
	Root      string // relative, slash-separated, "." for here: where the paths start
	Changes   []Change
	Conflicts []Conflict
	Warnings  []string
	Message   string // of the commit, proposed or made
	Git       Git
}

// Empty reports whether committing the plan changes no file.
func (p Plan) Empty() bool {
	for _, c := range p.Changes {
		if c.Action != Keep {
			return false
		}
	}
	return true
}

// Count returns how many changes have the action.
func (p Plan) Count(a Action) int {
	n := 0
	for _, c := range p.Changes {
		if c.Action == a {
			n++
		}
	}
	return n
}

// Compute returns the changes that turn ours into target, in the order of
// their paths, with the reason that why gives for each path. Files of ours
// that target does not hold are deleted, so ours is limited to the paths the
// run is responsible for.
func Compute(ours, target tree.Tree, why func(tree.Path) string) []Change {
	changes := make([]Change, 0, target.Len())
	for p, after := range target.All() {
		before, there := ours.File(p)
		c := Change{Path: p, Action: Create, File: after, Why: why(p)}
		if there {
			c.Action, c.Expect, c.Before = Update, ExpectFile(before), before
			if before.Equal(after) {
				c.Action = Keep
			}
		}
		changes = append(changes, c)
	}
	for p, before := range ours.All() {
		if _, stays := target.File(p); !stays {
			changes = append(changes, Change{
				Path: p, Action: Delete, Expect: ExpectFile(before), Before: before, Why: why(p),
			})
		}
	}
	slices.SortFunc(changes, func(a, b Change) int { return a.Path.Compare(b.Path) })
	return changes
}

// String returns "action path", for messages.
func (c Change) String() string { return fmt.Sprintf("%s %s", c.Action, c.Path) }
