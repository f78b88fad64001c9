package scaffold

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"slices"

	"groundsill.example/internal/gitrepo"
	"groundsill.example/internal/merge"
	"groundsill.example/internal/plan"
	"groundsill.example/internal/source"
	"groundsill.example/internal/tree"
)

// here returns a file where the united record has it, whatever is its place by
// now.
func (m *meeting) here(p tree.Path) (tree.File, bool) {
	if from, elsewhere := m.elsewhere[p]; elsewhere {
		p = from
	}
	return m.there.File(p)
}

// merge brings both sides together. What git could merge is what is there, and
// the difference that the united record makes is that to the two records merged;
// what it could not is merged again, knowing what each record explains: ours as
// it would be with the united record, and what people did in theirs beyond what
// the record of theirs makes.
func (m *meeting) merge(ctx context.Context) error {
	both, unknown, err := m.together(m.frames[baseSide], m.frames[ourSide], m.frames[theirSide])
	if err != nil {
		return err
	}
	var sides [sideCount]map[tree.Path]tree.File
	for i := range sides {
		sides[i] = map[tree.Path]tree.File{}
	}
	for _, p := range pathsOf(both, m.target) {
		if _, conflict := m.open[p]; conflict {
			continue
		}
		base, made := at(both, p), at(m.target, p)
		ours, err := m.oursAt(ctx, p, &base)
		if err != nil {
			return err
		}
		if unknown[p] {
			m.compareSolved(p, ours, made)
			base = made
		}
		put(&sides, p, base, ours, made)
	}
	conflicts, err := m.again(&sides, both, unknown)
	if err != nil {
		return err
	}
	for i := range sides {
		m.trees[i] = tree.Of(sides[i])
	}
	return m.finishMerge(ctx, conflicts)
}

func at(t tree.Tree, p tree.Path) *tree.File {
	if f, there := t.File(p); there {
		return &f
	}
	return nil
}

// set notes a file where there is one.
func set(files map[tree.Path]tree.File, p tree.Path, f *tree.File) {
	if f != nil {
		files[p] = *f
	}
}

// put notes a file on the three sides.
func put(sides *[sideCount]map[tree.Path]tree.File, p tree.Path, base, ours, theirs *tree.File) {
	set(sides[baseSide], p, base)
	set(sides[ourSide], p, ours)
	set(sides[theirSide], p, theirs)
}

// oursAt returns what is there of a file that git has no conflict about. One
// that git deleted with the record of a side, and that the united record has, is
// as the other side has it; its base is then what that side's record makes.
func (m *meeting) oursAt(ctx context.Context, p tree.Path, base **tree.File) (*tree.File, error) {
	if f, there := m.here(p); there {
		return &f, nil
	}
	if _, stays := m.target.File(p); !stays || *base != nil || m.taken[p] || at(m.frames[baseSide], p) == nil {
		return nil, nil
	}
	for _, i := range []int{ourSide, theirSide} {
		if made := at(m.frames[i], p); made != nil {
			f, err := gitrepo.At(ctx, m.Env, m.git, m.revisions()[i], p)
			if f != nil {
				*base, m.revived[p] = made, true
			}
			return f, err
		}
	}
	return nil, nil
}

// compareSolved warns of a file that somebody had to merge by hand and that
// lacks lines of the united record.
func (m *meeting) compareSolved(p tree.Path, ours, made *tree.File) {
	if ours == nil || made == nil {
		return
	}
	has := map[string]bool{}
	for line := range bytes.Lines(ours.Data) {
		has[string(bytes.TrimSpace(line))] = true
	}
	for line := range bytes.Lines(made.Data) {
		if l := string(bytes.TrimSpace(line)); l != "" && !has[l] {
			m.warnings = append(m.warnings, fmt.Sprintf("%s stays as you solved it: sill diff shows how it differs from what the record makes.", p))
			return
		}
	}
}

// together merges trees and returns the result with the files that could not be
// merged, which are as ours has them.
func (m *meeting) together(base, ours, theirs tree.Tree) (tree.Tree, map[tree.Path]bool, error) {
	out, err := merge.Trees(merge.Request{Base: base, Ours: ours, Theirs: theirs, Rules: m.rule, Labels: m.labels()})
	if err != nil {
		return tree.Tree{}, nil, err
	}
	files := maps.Collect(ours.All())
	conflicts := map[tree.Path]bool{}
	for p := range out.Ours.All() {
		delete(files, p)
	}
	maps.Copy(files, maps.Collect(out.Target.All()))
	for _, c := range out.Conflicts {
		conflicts[c.Path] = true
		delete(files, c.Path)
		set(files, c.Path, at(ours, c.Path))
		if beside, err := tree.ParsePath(c.Path.String() + merge.Sidecar); err == nil {
			delete(files, beside)
		}
	}
	return tree.Of(files), conflicts, nil
}

// again merges what git could not, into the sides of the one merge, and returns
// the conflicts that are about a file being there at all.
func (m *meeting) again(sides *[sideCount]map[tree.Path]tree.File, both tree.Tree, unknown map[tree.Path]bool) ([]merge.Conflict, error) {
	var stages [sideCount]map[tree.Path]tree.File
	for i := range stages {
		stages[i] = map[tree.Path]tree.File{}
	}
	for p, u := range m.open {
		put(&stages, p, u.Base, u.Ours, u.Theirs)
	}
	only := func(t tree.Tree) tree.Tree {
		return without(t, func(p tree.Path) bool { _, conflict := m.open[p]; return !conflict })
	}
	base, ours, theirs := tree.Of(stages[baseSide]), tree.Of(stages[ourSide]), tree.Of(stages[theirSide])
	var merged [4]tree.Tree
	var failed [4]map[tree.Path]bool
	for i, three := range [4][sideCount]tree.Tree{
		{only(m.frames[ourSide]), ours, only(m.target)},             // ours with the united record
		{only(m.frames[baseSide]), base, only(m.frames[theirSide])}, // the base with the record of theirs
		{only(m.frames[baseSide]), base, only(m.target)},            // the base with the united record
		{base, ours, theirs}, // what git tried
	} {
		var err error
		if merged[i], failed[i], err = m.together(three[0], three[1], three[2]); err != nil {
			return nil, err
		}
	}
	var conflicts []merge.Conflict
	for _, p := range slices.SortedFunc(maps.Keys(m.open), tree.Path.Compare) {
		u := m.open[p]
		mine, start, whole, plainly := at(merged[0], p), at(merged[1], p), at(merged[2], p), at(merged[3], p)
		explained := !failed[0][p] && !failed[1][p]
		switch {
		case explained && mine != nil && u.Theirs != nil && start != nil:
			put(sides, p, start, mine, u.Theirs)
		case explained && same(start, u.Theirs): // people did nothing in theirs
			put(sides, p, mine, mine, mine)
		case explained && u.Theirs == nil && !failed[2][p] && same(whole, mine): // people did nothing in ours
		case explained && start == nil && u.Base == nil && mine != nil && u.Theirs != nil:
			put(sides, p, nil, mine, u.Theirs)
		case !failed[3][p]:
			from := at(both, p)
			if unknown[p] {
				from = at(m.target, p)
			}
			put(sides, p, from, plainly, at(m.target, p))
		case u.Ours != nil && u.Theirs != nil:
			put(sides, p, u.Base, u.Ours, u.Theirs)
		default:
			conflicts = append(conflicts, merge.Conflict{Path: p, Kind: merge.OneDeleted, Stages: [3]*tree.File{u.Base, u.Ours, u.Theirs}})
		}
	}
	return conflicts, nil
}

func same(a, b *tree.File) bool { return a == nil && b == nil || a != nil && b != nil && a.Equal(*b) }

// finishMerge does the one merge and compares it with what is there.
func (m *meeting) finishMerge(ctx context.Context, conflicts []merge.Conflict) error {
	out, err := merge.Trees(merge.Request{
		Base: m.trees[baseSide], Ours: m.trees[ourSide], Theirs: m.trees[theirSide],
		Strays: func() (tree.Tree, error) { return m.loose(ctx) },
		Rules:  m.rule, Unique: uniqueKeys(m.new), Labels: m.labels(),
	})
	if err != nil {
		return err
	}
	before, after := maps.Collect(out.Ours.All()), maps.Collect(out.Target.All())
	concerned := map[tree.Path]bool{}
	for _, t := range []tree.Tree{out.Ours, out.Target} {
		for p := range t.All() {
			concerned[p] = true
		}
	}
	for _, list := range []map[tree.Path]bool{keys(m.open), m.taken, keys(m.elsewhere), m.revived} {
		for p := range list {
			if !concerned[p] {
				concerned[p] = true
				set(after, p, at(m.trees[ourSide], p))
			}
		}
	}
	for p := range m.renamed {
		delete(after, p)
		concerned[p] = true
	}
	for _, c := range conflicts { // git left one of the sides there
		delete(after, c.Path)
		set(after, c.Path, at(m.there, c.Path))
	}
	for p := range concerned {
		m.replaceBefore(before, p)
	}
	m.outcome = out
	m.outcome.Ours, m.outcome.Target = tree.Of(before), tree.Of(after)
	m.outcome.Conflicts = slices.Concat(out.Conflicts, conflicts, m.foreign())
	m.tellSolved()
	return nil
}

func keys[V any](of map[tree.Path]V) map[tree.Path]bool {
	set := map[tree.Path]bool{}
	for p := range of {
		set[p] = true
	}
	return set
}

// replaceBefore makes what is on disk what was there before: the merge knew
// something else of files in conflict, and of files that are elsewhere.
func (m *meeting) replaceBefore(before map[tree.Path]tree.File, p tree.Path) {
	if _, moved := before[p]; moved && !m.placed(p) {
		return // a file that the user has moved
	}
	delete(before, p)
	if f, there := m.there.File(p); there {
		before[p] = f
	}
	if from, elsewhere := m.elsewhere[p]; elsewhere {
		if f, there := m.there.File(from); there {
			before[from] = f
		}
	}
}

// placed reports whether a place is one that look has read.
func (m *meeting) placed(p tree.Path) bool {
	_, there := m.there.File(p)
	for _, t := range []tree.Tree{m.trees[baseSide], m.trees[theirSide], m.target} {
		_, known := t.File(p)
		there = there || known
	}
	return there || m.taken[p] || m.renamed[p] || m.open[p].Path == p
}

// tellSolved says of files in conflict that stay as they are why they are in the
// plan: the index is to know that they are solved.
func (m *meeting) tellSolved() {
	if m.outcome.Why == nil {
		m.outcome.Why = map[tree.Path]string{}
	}
	for p := range m.unmerged {
		if m.outcome.Why[p] == "" {
			m.outcome.Why[p] = "both sides are united"
		}
	}
	for p := range m.taken {
		m.outcome.Why[p] = "as you solved it"
	}
}

// foreign returns the conflicts in files that no record makes: they stay git's.
func (m *meeting) foreign() []merge.Conflict {
	var all []merge.Conflict
	for _, p := range slices.SortedFunc(maps.Keys(m.unmerged), tree.Path.Compare) {
		if m.open[p].Path != p && !m.taken[p] && !own(p) {
			all = append(all, merge.Conflict{Path: p, Kind: merge.Content})
		}
	}
	return all
}

// loose returns the files of the repository that nothing else knows: what the
// user has moved is among them.
func (m *meeting) loose(ctx context.Context) (tree.Tree, error) {
	all, err := gitrepo.Files(ctx, m.Env, m.git)
	if err != nil {
		return tree.Tree{}, err
	}
	all = slices.DeleteFunc(all, func(p tree.Path) bool {
		known := at(m.target, p) != nil || own(p) || m.unmerged[p].Path == p
		for _, s := range m.sides {
			known = known || at(s.out.Tree, p) != nil
		}
		return known
	})
	return source.Snapshot(m.repo.Dir, all)
}

// compare makes the plan.
func (m *meeting) compare(context.Context) error {
	err := m.compareWith(m.recordBoth)
	m.plan.Git = plan.GitStage
	return err
}

// checkClean refuses to write where something is neither committed nor part of
// what is being merged.
func (m *meeting) checkClean(ctx context.Context) error {
	return m.refuseDirty(ctx, "git add them, or go on with --allow-dirty", gitrepo.KindUnmerged, gitrepo.KindStaged)
}
