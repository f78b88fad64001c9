package scaffold

import (
	"bytes"
	"context"
	"maps"
	"slices"
	"strings"

	"groundsill.example/internal/diag"
	"groundsill.example/internal/gitrepo"
	"groundsill.example/internal/merge"
	"groundsill.example/internal/source"
	"groundsill.example/internal/tree"
)

// look reads what is there, at every place where a side has something, where
// something is to be, and where git has a conflict; and which of the conflicts
// nobody has begun to solve.
func (m *meeting) look(ctx context.Context) error {
	places := map[tree.Path]bool{}
	for _, t := range []tree.Tree{m.sides[baseSide].out.Tree, m.sides[ourSide].out.Tree, m.sides[theirSide].out.Tree, m.theirs.Tree} {
		for p := range t.All() {
			places[p] = true
		}
	}
	known := maps.Clone(places)
	for p := range m.unmerged {
		places[p] = true
	}
	var err error
	if m.there, err = source.Snapshot(m.repo.Dir, slices.SortedFunc(maps.Keys(places), tree.Path.Compare)); err != nil {
		return err
	}
	m.elsewhere, m.open, m.taken = map[tree.Path]tree.Path{}, map[tree.Path]gitrepo.Unmerged{}, map[tree.Path]bool{}
	m.revived = map[tree.Path]bool{}
	if err := m.followMoves(known); err != nil {
		return err
	}
	m.joinRenamed()
	for from, to := range m.newPlaces {
		_, here := m.there.File(to)
		if _, old := m.there.File(from); old && !here && m.unmerged[to].Path != to {
			m.elsewhere[to] = from
		}
	}
	for p := range known {
		if err := m.sort(ctx, p); err != nil {
			return err
		}
	}
	return nil
}

// joinRenamed brings the sides of a file in conflict together where a blueprint
// has renamed it on one side or on both, and git has not seen that.
func (m *meeting) joinRenamed() {
	m.renamed = map[tree.Path]bool{}
	for _, from := range slices.SortedFunc(maps.Keys(m.unmerged), tree.Path.Compare) {
		to, moved := m.newPlaces[from]
		f, there := m.there.File(from)
		if !moved || solving(m.unmerged[from], f, there) != untouched {
			continue
		}
		u, merged := m.unmerged[from], at(m.there, to)
		one, conflict := m.unmerged[to]
		if !conflict && merged == nil {
			continue
		}
		one.Path = to
		one.Base, one.Ours, one.Theirs = or(one.Base, u.Base), or(one.Ours, u.Ours), or(one.Theirs, u.Theirs)
		if !conflict { // one side has it there
			one.Ours, one.Theirs = or(one.Ours, merged), or(one.Theirs, merged)
		}
		m.unmerged[to], m.renamed[from] = one, true
		delete(m.unmerged, from)
	}
}

func or(a, b *tree.File) *tree.File {
	if a != nil {
		return a
	}
	return b
}

// followMoves finds files in conflict at places that no record knows: somebody
// has moved them there, and git has followed. It adds the places to known.
func (m *meeting) followMoves(known map[tree.Path]bool) error {
	strays := map[tree.Path]tree.File{}
	for p, u := range m.unmerged {
		for _, f := range []*tree.File{u.Theirs, u.Ours, u.Base} {
			if f != nil && !known[p] && !own(p) {
				strays[p] = *f
			}
		}
	}
	m.movedFrom = map[tree.Path]tree.Path{}
	if len(strays) > 0 {
		here := without(m.there, func(p tree.Path) bool { _, stray := strays[p]; return stray })
		all := m.frames[baseSide]
		for _, t := range []tree.Tree{m.frames[ourSide], m.frames[theirSide]} {
			for p, f := range t.All() {
				if _, has := all.File(p); !has {
					all = all.With(p, f)
				}
			}
		}
		moves, err := merge.Moves(all, here, m.laid(m.theirs.Tree), func() (tree.Tree, error) { return tree.Of(strays), nil })
		if err != nil {
			return err
		}
		for from, move := range moves {
			for p, to := range m.newPlaces {
				if to == from {
					m.newPlaces[p] = move.To
				}
			}
			m.newPlaces[from], m.movedFrom[move.To], known[move.To] = move.To, from, true
		}
		for i, s := range m.sides {
			m.frames[i] = m.laid(s.out.Tree)
		}
	}
	m.target = m.laid(m.theirs.Tree)
	return nil
}

// rule is that of the place where the record has a file.
func (m *meeting) rule(p tree.Path) merge.Rule {
	if from, moved := m.movedFrom[p]; moved {
		p = from
	}
	return m.change.rule(p)
}

// sort tells whether a path is in conflict, and who has done something about it.
func (m *meeting) sort(ctx context.Context, p tree.Path) error {
	if m.unmanaged(p) {
		return nil
	}
	f, there := m.there.File(p)
	u, conflict := m.unmerged[p]
	if !conflict {
		marked := there && len(conflictLines(f.Data)) > 0 && m.commits.Theirs != ""
		if made, _ := m.target.File(p); !marked || len(conflictLines(made.Data)) > 0 {
			return nil
		}
		// Somebody has told git that the file is solved, and it is not.
		u.Path = p
		for i, side := range []**tree.File{&u.Base, &u.Ours, &u.Theirs} {
			var err error
			if *side, err = gitrepo.At(ctx, m.Env, m.git, m.revisions()[i], p); err != nil {
				return err
			}
		}
	}
	switch solving(u, f, there) {
	case untouched:
		m.open[p] = u
	case solved:
		m.taken[p] = true
	case begun:
		if m.AllowDirty {
			m.open[p] = u
			return nil
		}
		return diag.New(diag.Refused, diag.Diagnostic{
			Code: "tree-dirty", Summary: "it has conflicts, and lines of yours between them",
			Hint: "finish it and git add it, or begin anew with git checkout --merge; --allow-dirty does it for you",
			At:   diag.Pos{File: p.String()},
		})
	}
	return nil
}

// progress is how far somebody is with a file in conflict.
type progress int

const (
	untouched progress = iota // as git left it
	begun                     // with markers, and with lines that are from no side
	solved
)

// solving tells how far somebody is with a file in conflict.
func solving(u gitrepo.Unmerged, f tree.File, there bool) progress {
	if !there {
		if u.Ours == nil && u.Theirs == nil {
			return untouched
		}
		return solved
	}
	lines := map[string]bool{}
	for _, side := range []*tree.File{u.Base, u.Ours, u.Theirs} {
		if side == nil {
			continue
		}
		if side.Equal(f) {
			return untouched
		}
		for line := range bytes.Lines(side.Data) {
			lines[string(bytes.TrimRight(line, "\r\n"))] = true
		}
	}
	markers := conflictLines(f.Data)
	if len(markers) == 0 {
		return solved
	}
	for line := range bytes.Lines(f.Data) {
		line = bytes.TrimRight(line, "\r\n")
		if !lines[string(line)] && !markers[string(line)] {
			return begun
		}
	}
	return untouched
}

// conflictLines returns the lines of a text that git writes into a conflict, and
// none for a text without one.
func conflictLines(data []byte) map[string]bool {
	found := map[string]bool{}
	open, closed := false, false
	for line := range bytes.Lines(data) {
		l := string(bytes.TrimRight(line, "\r\n"))
		for _, mark := range []string{"<<<<<<< ", "||||||| ", ">>>>>>> ", "======="} {
			if strings.HasPrefix(l, mark) && (mark != "=======" || l == mark) || l == strings.TrimSpace(mark) {
				found[l] = true
				open, closed = open || mark[0] == '<', closed || mark[0] == '>'
			}
		}
	}
	if !open || !closed {
		return nil
	}
	return found
}
