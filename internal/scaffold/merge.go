package scaffold

import (
	"bytes"
	"fmt"

	"groundsill.example/internal/blueprint"
	"groundsill.example/internal/plan"
	"groundsill.example/internal/tree"
)

// sidecar is the suffix of a file that waits beside the user's own.
const sidecar = ".sill"

// merging brings a new service into a directory with files of the user, which
// share no history with it. A file of theirs is never replaced.
type merging struct {
	ours       tree.Tree // what is there, at the paths of target
	target     tree.Tree
	strategies map[tree.Path]string

	result    tree.Tree
	kept      []tree.Path
	conflicts []plan.Conflict
	warnings  []string
}

func (m *merging) run() {
	m.result = m.target
	if m.ours.Len() == 0 {
		return
	}
	files := map[tree.Path]tree.File{}
	for p, theirs := range m.target.All() {
		mine, there := m.ours.File(p)
		if !there || mine.Equal(theirs) {
			files[p] = theirs
			continue
		}
		m.meet(files, p, mine, theirs)
	}
	m.result = tree.Of(files)
	// What stays as it is takes no part in the plan.
	ours := map[tree.Path]tree.File{}
	for p, f := range m.ours.All() {
		if _, planned := files[p]; planned {
			ours[p] = f
		}
	}
	m.ours = tree.Of(ours)
}

func (m *merging) meet(files map[tree.Path]tree.File, p tree.Path, mine, theirs tree.File) {
	regular := mine.Mode == tree.Regular || mine.Mode == tree.Executable
	switch {
	case regular && m.strategies[p] == blueprint.MergeOurs:
		m.kept = append(m.kept, p)
		m.warnings = append(m.warnings, fmt.Sprintf("%s stays as it is; it is yours from now on.", p))
	case regular && m.strategies[p] == blueprint.MergeUnion:
		files[p] = tree.File{Data: union(mine.Data, theirs.Data), Mode: mine.Mode}
	default:
		m.kept = append(m.kept, p)
		m.conflict(files, p, mine, theirs)
	}
}

// conflict keeps the user's file and puts the other beside it.
func (m *merging) conflict(files map[tree.Path]tree.File, p tree.Path, mine, theirs tree.File) {
	m.conflicts = append(m.conflicts, plan.Conflict{
		Path: p, Kind: "exists",
		Hunks: []plan.Hunk{{Ours: text(mine), Theirs: text(theirs)}},
	})
	if beside, err := tree.ParsePath(p.String() + sidecar); err == nil {
		files[beside] = theirs
	}
}

func text(f tree.File) string {
	if f.Mode == tree.Regular || f.Mode == tree.Executable {
		return string(f.Data)
	}
	return ""
}

// union returns ours and, after it, the lines of theirs that it lacks. Line
// endings stay as ours has them.
func union(ours, theirs []byte) []byte {
	ending := []byte("\n")
	if bytes.Contains(ours, []byte("\r\n")) {
		ending = []byte("\r\n")
	}
	have := map[string]bool{}
	for line := range bytes.Lines(ours) {
		have[string(bytes.TrimRight(line, "\r\n"))] = true
	}
	var more []byte
	for line := range bytes.Lines(theirs) {
		line = bytes.TrimRight(line, "\r\n")
		if len(line) > 0 && !have[string(line)] {
			more = append(append(more, line...), ending...)
		}
	}
	if len(more) == 0 {
		return ours
	}
	all := bytes.Clone(ours)
	if len(all) > 0 && !bytes.HasSuffix(all, []byte("\n")) {
		all = append(all, ending...)
	}
	return append(append(all, ending...), more...)
}
