package merge

import (
	"fmt"
	"maps"
	"slices"
	"sync"

	"groundsill.example/internal/textdiff"
	"groundsill.example/internal/tree"
)

// Request is what a merge of trees needs to know.
type Request struct {
	// Base and Theirs are what a blueprint made and makes now; Ours is what is
	// there, at the paths of both. A symbolic link, a directory or a device of
	// the user counts as a change.
	Base, Ours, Theirs tree.Tree
	// Strays returns the files that are there and that neither Base nor Theirs
	// has. It is asked only where a file is gone from its place.
	Strays func() (tree.Tree, error)
	// Beside returns the Go files and the go.mod that are not merged, as they are
	// in ours and as the blueprint makes them. It is asked only where a Go file
	// changes. Nil: there are none.
	Beside func() (ours, theirs tree.Tree, err error)
	// Rules returns how a file merges. Nil: no file has a rule of its own.
	Rules func(tree.Path) Rule
	// Renames are files that the blueprint has given another place.
	Renames map[tree.Path]tree.Path
	// Unique are keys that no two places of a tree may declare.
	Unique []Unique
	Labels Labels
}

// Kind says what a conflict is about.
type Kind string

// The kinds of conflicts.
const (
	Content   Kind = "content"              // both sides changed a part of a file
	BothAdded Kind = "both added"           // both sides made a file of the name
	YouOnly   Kind = "deleted by blueprint" // you changed what the blueprint takes away
	Duplicate Kind = "declared twice"       // the merge would declare a key twice
	Exists    Kind = "exists"               // there is something that is no file
	// OneDeleted is for a merge of two branches: [Trees] knows who deletes.
	OneDeleted Kind = "deleted by one side"
)

// Conflict is a path that a person has to decide.
type Conflict struct {
	Path   tree.Path
	Kind   Kind
	Hunks  []Hunk
	Stages [3]*tree.File // of base, ours, theirs; nil for none
}

// Outcome is a merge of trees, over the paths where something is to be said.
type Outcome struct {
	Ours      tree.Tree // what is there
	Target    tree.Tree // what is to be there
	Conflicts []Conflict
	Warnings  []string             // for people, sorted
	Kept      []tree.Path          // files that [Rule].Ours leaves to the user
	Why       map[tree.Path]string // a clause about what happens to a path
}

// Sidecar is the suffix of what waits beside a file of the user.
const Sidecar = ".sill"

// Trees merges what changed between Base and Theirs into Ours. A path that only
// one side changed is as that side has it. What you deleted stays deleted, with
// a warning where the blueprint changed it; what the blueprint deleted goes
// where you did not touch it and is a conflict where you did. What you moved is
// followed: one file that nobody else knows, with most of the lines.
func Trees(r Request) (Outcome, error) {
	if r.Strays != nil {
		r.Strays = sync.OnceValues(r.Strays)
	}
	t := &trees{Request: r, ours: map[tree.Path]tree.File{}, target: map[tree.Path]tree.File{}, why: map[tree.Path]string{}, merged: map[tree.Path]sides{}}
	var err error
	if t.moved, err = Moves(r.Base, r.Ours, r.Theirs, r.Strays); err != nil {
		return Outcome{}, err
	}
	for _, s := range t.pairs() {
		t.decide(s)
	}
	if err := t.keepNeeded(); err != nil {
		return Outcome{}, err
	}
	t.checkUnique()
	t.checkNeighbours()
	if err := t.checkTypes(); err != nil {
		return Outcome{}, err
	}
	slices.Sort(t.warnings)
	return Outcome{
		Ours: tree.Of(t.ours), Target: tree.Of(t.target), Conflicts: t.conflicts,
		Warnings: slices.Compact(t.warnings), Kept: t.kept, Why: t.why,
	}, nil
}

type trees struct {
	Request
	moved     map[tree.Path]Move
	ours      map[tree.Path]tree.File
	target    map[tree.Path]tree.File
	conflicts []Conflict
	warnings  []string
	kept      []tree.Path
	why       map[tree.Path]string
	merged    map[tree.Path]sides // by where they are to be
}

// sides are a file on the three sides, where it is and where it is to be.
type sides struct {
	at, to             tree.Path // where ours has it; where it is to be
	base, ours, theirs *tree.File
}

// pairs brings together what is one file on the three sides, in the order of
// the places where ours has it.
func (t *trees) pairs() []sides {
	renames := t.followed()
	taken := map[tree.Path]bool{}
	var all []sides
	for p := range t.Base.All() {
		s := sides{at: p, to: p, base: file(t.Base, p), ours: file(t.Ours, p)}
		if to, renamed := renames[p]; renamed {
			s.to = to
			if _, other := t.Base.File(to); s.ours == nil && !other { // it may be there already
				s.at, s.ours = to, file(t.Ours, to)
			}
		}
		taken[s.to], s.theirs = true, file(t.Theirs, s.to)
		if m, gone := t.moved[p]; gone && s.ours == nil {
			s.at, s.to, s.ours = m.To, m.To, &m.File
			t.why[s.to] = "you moved it here from " + p.String()
		}
		all = append(all, s)
	}
	for p := range t.Theirs.All() {
		if taken[p] {
			continue
		}
		s := sides{at: p, to: p, theirs: file(t.Theirs, p)}
		if _, renamed := renames[p]; !renamed {
			s.ours = file(t.Ours, p)
		}
		all = append(all, s)
	}
	slices.SortStableFunc(all, func(a, b sides) int { return a.at.Compare(b.at) })
	return all
}

// followed returns the renames of files of base. One to where another file of
// base stays is none.
func (t *trees) followed() map[tree.Path]tree.Path {
	all := maps.Clone(t.Renames)
	for n := -1; n != len(all); {
		n = len(all)
		maps.DeleteFunc(all, func(from, to tree.Path) bool {
			_, was := t.Base.File(from)
			_, other := t.Base.File(to)
			_, goes := all[to]
			return !was || other && !goes
		})
	}
	return all
}

func file(t tree.Tree, p tree.Path) *tree.File {
	if f, ok := t.File(p); ok {
		return &f
	}
	return nil
}

func same(a, b *tree.File) bool { return a == nil && b == nil || a != nil && b != nil && a.Equal(*b) }

func plain(f *tree.File) bool {
	return f != nil && (f.Mode == tree.Regular || f.Mode == tree.Executable)
}

// decide is the table of the merge.
func (t *trees) decide(s sides) {
	switch {
	case same(s.base, s.theirs): // nothing to bring in
		if s.ours != nil && s.at != s.to {
			t.put(s, *s.ours, "")
		}
	case same(s.ours, s.theirs):
		if s.ours != nil {
			t.put(s, *s.ours, "")
		}
	case s.ours == nil && s.base == nil:
		t.put(s, *s.theirs, "")
	case s.ours == nil: // you deleted it
		if s.theirs != nil {
			t.warnings = append(t.warnings, fmt.Sprintf("%s stays deleted: what the blueprint changed in it is not here.", s.to))
		}
	case same(s.base, s.ours):
		t.take(s)
	case s.theirs == nil:
		t.left(s)
	case !plain(s.ours):
		t.conflict(s, Exists, nil)
	case s.base == nil:
		t.added(s)
	default:
		t.both(s)
	}
}

// take takes theirs where ours is as it was.
func (t *trees) take(s sides) {
	t.ours[s.at] = *s.ours
	if s.theirs != nil {
		t.put(s, *s.theirs, "")
		return
	}
	t.why[s.at] = "the blueprint no longer makes it"
}

// put says what is to be where.
func (t *trees) put(s sides, f tree.File, why string) {
	if s.ours != nil {
		t.ours[s.at] = *s.ours
	}
	t.target[s.to] = f
	if why != "" {
		t.why[s.to] = why
	}
}

// left is for a file of yours that the blueprint takes away.
func (t *trees) left(s sides) {
	t.target[s.at], t.ours[s.at] = *s.ours, *s.ours
	if plain(s.ours) && !t.own(s) {
		t.warnings = append(t.warnings, fmt.Sprintf("%s goes: you have changed it, and no line of it is your own.", s.at))
		delete(t.target, s.at)
		return
	}
	t.conflicts = append(t.conflicts, Conflict{Path: s.at, Kind: YouOnly, Stages: [3]*tree.File{s.base, s.ours, nil}})
}

// added is for a file that both sides have made.
func (t *trees) added(s sides) {
	rule := t.rule(s.to)
	switch {
	case rule.Ours:
		t.kept = append(t.kept, s.to)
		t.warnings = append(t.warnings, fmt.Sprintf("%s stays as it is; it is yours from now on.", s.to))
		return
	case rule.Set:
		t.put(s, tree.File{Data: united(s.ours.Data, s.theirs.Data), Mode: s.ours.Mode}, "merged")
		return
	}
	r := File(s.to.String(), nil, s.ours.Data, s.theirs.Data, rule, t.Labels)
	if rule.Union && len(r.Hunks) == 0 && r.Fault == "" {
		t.put(s, tree.File{Data: r.Data, Mode: s.ours.Mode}, "merged")
		return
	}
	t.conflict(s, BothAdded, r.Hunks)
}

// both is for a file that both sides have changed.
func (t *trees) both(s sides) {
	r := File(s.to.String(), s.base.Data, s.ours.Data, s.theirs.Data, t.rule(s.to), t.Labels)
	if len(r.Hunks) > 0 && t.rule(s.to).Prose && rewritten(s) {
		t.put(s, *s.ours, "you wrote it anew")
		t.warnings = append(t.warnings, fmt.Sprintf("%s stays as it is, because you wrote it anew: what the blueprint changed in it is not there.", s.to))
		return
	}
	if len(r.Hunks) > 0 {
		t.marked(s, r)
		return
	}
	fault := r.Fault
	if invalid := unreadable(s.to.String(), s, r.Data); fault == "" && invalid != "" {
		fault = "merged it would not be valid: " + invalid
	}
	if fault != "" {
		t.conflict(s, Content, []Hunk{{Base: string(s.base.Data), Ours: string(s.ours.Data), Theirs: string(s.theirs.Data)}})
		t.warnings = append(t.warnings, fmt.Sprintf("%s is left to you: %s.", s.to, fault))
		return
	}
	why := "merged with your changes"
	if r.equal(s.ours) {
		why = "your changes stay"
	}
	t.put(s, tree.File{Data: r.Data, Mode: mode(s)}, why)
	t.merged[s.to] = s
}

func (r Result) equal(f *tree.File) bool { return string(r.Data) == string(f.Data) }

// mode merges the executable bit.
func mode(s sides) tree.Mode {
	if s.base.Mode == s.ours.Mode {
		return s.theirs.Mode
	}
	return s.ours.Mode
}

func (t *trees) rule(p tree.Path) Rule {
	if t.Rules == nil {
		return Rule{}
	}
	return t.Rules(p)
}

// marked is a conflict whose file holds the markers where it may.
func (t *trees) marked(s sides, r Result) {
	if !Marked(s.to.String()) || textdiff.Binary(s.ours.Data) {
		t.conflict(s, Content, r.Hunks)
		return
	}
	t.put(s, tree.File{Data: r.Data, Mode: mode(s)}, "it has conflicts")
	t.note(s, Content, r.Hunks)
}

// conflict keeps the file of the user and puts the other beside it.
func (t *trees) conflict(s sides, kind Kind, hunks []Hunk) {
	t.put(s, *s.ours, "it has conflicts")
	if beside, err := tree.ParsePath(s.to.String() + Sidecar); err == nil && s.theirs != nil {
		t.target[beside] = *s.theirs
		t.why[beside] = "what the blueprint makes of " + s.to.String()
		if was := file(t.Ours, beside); was != nil {
			t.ours[beside] = *was
		}
	}
	t.note(s, kind, hunks)
}

func (t *trees) note(s sides, kind Kind, hunks []Hunk) {
	stages := [3]*tree.File{s.base, s.ours, s.theirs}
	if !plain(s.ours) && s.ours.Mode != tree.Symlink {
		stages[1] = nil
	}
	t.conflicts = append(t.conflicts, Conflict{Path: s.to, Kind: kind, Hunks: hunks, Stages: stages})
}
