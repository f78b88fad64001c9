package scaffold

import (
	"context"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"groundsill.example/internal/blueprint"
	"groundsill.example/internal/diag"
	"groundsill.example/internal/gitrepo"
	"groundsill.example/internal/merge"
	"groundsill.example/internal/plan"
	"groundsill.example/internal/record"
	"groundsill.example/internal/render"
	"groundsill.example/internal/tree"
)

// Choice decides keys of the record that both sides changed differently. A key
// stands for everything below it.
type Choice struct{ Ours, Theirs []string }

// Resolve plans the end of a merge of two branches that both changed the
// service: the record of both by key, and the files that it makes, with what
// people did on either branch. What people changed differently stays a conflict
// of git. Where nothing is to be united the plan is empty.
func (w World) Resolve(ctx context.Context, r ChangeRequest, choice Choice) (Draft, error) {
	m, err := w.meet(ctx, r)
	if err != nil {
		return Draft{}, err
	}
	if m == nil {
		return w.nothingToResolve(r, choice)
	}
	for _, step := range []func(context.Context) error{
		func(ctx context.Context) error { return m.unite(ctx, choice) },
		m.render, m.look, m.merge, m.compare, m.checkClean, m.checkPlaces,
	} {
		if err := step(ctx); err != nil {
			return Draft{}, err
		}
	}
	d := m.draft()
	if len(m.plan.Conflicts) == 0 {
		d.Next = append([]render.Step{m.finish()}, d.Next...)
	}
	return d, nil
}

func (w World) nothingToResolve(r ChangeRequest, choice Choice) (Draft, error) {
	root, err := w.Root()
	if err == nil {
		err = idleChoice(choice, nil)
	}
	return Draft{Dir: root, Title: "Resolve", Plan: plan.Plan{Root: "."}, Command: r.Command}, err
}

// finish is the step that ends what git has left half done.
func (m *meeting) finish() render.Step {
	switch what := gitrepo.Merging(m.git); what {
	case "rebase", "cherry-pick", "revert":
		return render.Step{Command: "git " + what + " --continue", Why: "finish the " + what}
	}
	return render.Step{Command: "git commit", Why: "finish the merge"}
}

// unite makes the record of both sides.
func (m *meeting) unite(ctx context.Context, choice Choice) error {
	m.subject = "Unite the service of both branches"
	decide, err := chooser(choice)
	if err != nil {
		return err
	}
	asked := map[string]bool{}
	choose := func(key string) record.Side {
		asked[key] = true
		return decide(key)
	}
	target, recorded := m.newer(choose)
	if m.solved != nil {
		m.united.Record = *m.solved
		for i := range m.sides {
			if m.sides[i].rec.Blueprint.Digest == m.solved.Blueprint.Digest {
				target = m.sides[i].b
			}
		}
	} else {
		err = m.uniteRecords(choose, target, recorded)
	}
	if idle := idleChoice(choice, asked); idle != nil {
		return idle
	}
	if err != nil {
		return err
	}
	m.from, m.to = m.united.Record, m.united.Record
	m.old, m.new = target, target
	m.tellMigrations()
	if err := m.reanswer(ctx, nil); err != nil {
		return err
	}
	// One side may have a module that the tables of the other know nothing of.
	m.to = m.to.WithTables(tables(m.new, m.to), m.to.Schema, func(record.Entry) bool { return false }, m.Now())
	return checkReserved(m.new, m.to.Resources)
}

// newer returns the blueprint that both sides come to, and how the record
// names it: the one that only one side changed, or the newer one.
func (m *meeting) newer(choose func(string) record.Side) (*blueprint.Blueprint, record.Blueprint) {
	b, o, t := m.sides[baseSide], m.sides[ourSide], m.sides[theirSide]
	digest := func(s side) string { return s.rec.Blueprint.Digest }
	winner := o
	switch {
	case digest(o) == digest(t), digest(t) == digest(b):
	case digest(o) == digest(b):
		winner = t
	case o.rec.Blueprint.Name == t.rec.Blueprint.Name && blueprint.Older(o.rec.Blueprint.Version, t.rec.Blueprint.Version):
		winner = t
	case o.rec.Blueprint.Name == t.rec.Blueprint.Name && blueprint.Older(t.rec.Blueprint.Version, o.rec.Blueprint.Version):
	case choose("blueprint") == record.Theirs:
		winner = t
	case choose("blueprint") == "":
		return winner.b, record.Blueprint{}
	}
	return winner.b, winner.rec.Blueprint
}

// uniteRecords unites the records as the target has them, or tells which keys
// are left to decide.
func (m *meeting) uniteRecords(choose func(string) record.Side, target *blueprint.Blueprint, recorded record.Blueprint) error {
	var lifted [sideCount]record.Record
	for i, s := range m.sides {
		lifted[i] = lift(s.rec, target, recorded)
	}
	var err error
	m.united, err = record.Unite(lifted[baseSide], lifted[ourSide], lifted[theirSide], choose)
	if err != nil {
		return err
	}
	var problems diag.List
	for _, c := range m.united.Clashes {
		problems.Add(diag.Diagnostic{
			Code: "record-conflict", Summary: fmt.Sprintf("%s is %s in ours and %s in theirs", c.Key, c.Ours, c.Theirs),
			Hint: fmt.Sprintf("choose: --ours %s or --theirs %s; nothing is written before", c.Key, c.Key),
			At:   diag.Pos{File: record.Name},
		})
	}
	return problems.Err(diag.Conflict)
}

// lift returns a record as its update to another version of the blueprint would
// begin, without what the answers to its questions decide.
func lift(rec record.Record, target *blueprint.Blueprint, recorded record.Blueprint) record.Record {
	if rec.Blueprint.Digest == "" {
		return rec
	}
	if recorded.Digest != "" {
		if rec.Blueprint.Digest != recorded.Digest {
			rec.Answers, rec.Modules = blueprint.MigrateAnswers(rec.Answers, rec.Modules, target.Between(rec.Blueprint.Version))
		}
		rec.Blueprint = recorded
	}
	rec.Answers = maps.Clone(rec.Answers)
	maps.DeleteFunc(rec.Answers, func(key string, _ any) bool {
		return !slices.ContainsFunc(target.Base.Questions, func(q blueprint.Question) bool { return q.Key == key })
	})
	return rec
}

// chooser returns what decides a key: the choice of the key itself, or of what
// it is a part of.
func chooser(choice Choice) (func(key string) record.Side, error) {
	sides := map[string]record.Side{}
	var problems diag.List
	for _, of := range []struct {
		side record.Side
		keys []string
	}{{record.Ours, choice.Ours}, {record.Theirs, choice.Theirs}} {
		for _, key := range of.keys {
			if other := sides[key]; other != "" && other != of.side {
				problems.Add(diag.Diagnostic{Code: "choice-twice", Summary: key + " is chosen from both sides", Hint: "choose one"})
			}
			sides[key] = of.side
		}
	}
	return func(key string) record.Side {
		for {
			if side := sides[key]; side != "" {
				return side
			}
			i := strings.LastIndexByte(key, '.')
			if i < 0 {
				return ""
			}
			key = key[:i]
		}
	}, problems.Err(diag.Usage)
}

// idleChoice refuses choices of keys that nobody has to decide.
func idleChoice(choice Choice, asked map[string]bool) error {
	keys := slices.Sorted(maps.Keys(asked))
	var problems diag.List
	for _, key := range slices.Concat(choice.Ours, choice.Theirs) {
		if !slices.ContainsFunc(keys, func(k string) bool { return k == key || strings.HasPrefix(k, key+".") }) {
			hint := "leave it out: nothing is to be decided"
			if len(keys) > 0 {
				hint = "to be decided: " + strings.Join(keys, ", ")
			}
			problems.Add(diag.Diagnostic{Code: "choice-idle", Summary: key + " is not left to decide", Hint: hint})
		}
	}
	return problems.Err(diag.Usage)
}

// tellMigrations says which migrations of a side are not as they were: a
// database that has run them does not know.
func (m *meeting) tellMigrations() {
	for _, s := range []record.Side{record.Ours, record.Theirs} {
		for _, e := range m.united.Gone[s] {
			m.warnings = append(m.warnings, fmt.Sprintf(
				"Migration %s of %s goes: the other side does the same, or was chosen. A database that has run it has to be told, or made anew.", e.At, s))
		}
	}
	for old, at := range m.united.Renumbered {
		m.warnings = append(m.warnings, fmt.Sprintf(
			"Migration %s of theirs is %s now: ours has the number, or what it builds on was renumbered. A database that has run it has to be told, or made anew.", old, at))
	}
	slices.Sort(m.warnings)
}

// render renders what each side was and what both are to be, and finds where
// each file of a side is in the end.
func (m *meeting) render(context.Context) error {
	var err error
	if m.theirs, err = render.Render(m.new, m.to); err != nil {
		return err
	}
	m.to.Commands = m.theirs.Commands
	m.newPlaces = map[tree.Path]tree.Path{}
	for i := range m.sides {
		s := &m.sides[i]
		if s.b == nil {
			continue
		}
		if s.out, err = render.Render(s.b, s.rec); err != nil {
			return err
		}
	}
	m.base = m.sides[ourSide].out
	if err := m.freezeBoth(); err != nil {
		return err
	}
	for _, s := range m.sides {
		if s.b != nil {
			maps.Copy(m.newPlaces, blueprint.MigratePaths(s.out.Tree, m.theirs.Tree, m.new.Between(s.b.Version)))
		}
	}
	for i, s := range m.sides {
		m.frames[i] = m.laid(s.out.Tree)
	}
	m.to.Unmanaged = slices.Clone(m.to.Unmanaged)
	for i, p := range m.to.Unmanaged {
		if to, moved := m.newPlaces[p]; moved {
			m.to.Unmanaged[i] = to
		}
	}
	return nil
}

// freezeBoth keeps the migrations of both sides as they were made, where their
// entries are the same and in the language of the same database; and finds
// those with another number.
func (m *meeting) freezeBoth() error {
	if err := m.readCopies(); err != nil {
		return err
	}
	kept := frozenFiles{}
	for _, s := range []side{m.sides[ourSide], m.sides[theirSide]} {
		if s.b == nil {
			continue
		}
		same := s.rec.Answers[databaseKey] == m.to.Answers[databaseKey]
		for at, files := range frozenOf(m.frozen.in(s.out)) {
			if at != "" && (!same || kept[at] != nil || !sameEntry(s.rec, m.to, at)) {
				continue
			}
			for p, f := range files {
				_, stays := m.theirs.Tree.File(p)
				_, has := kept[at][p]
				if !has && (stays || at != "") {
					kept.add(at, p, f)
				}
			}
		}
	}
	m.keep(kept)
	names := map[string]tree.Path{} // by number
	for p, at := range m.theirs.Frozen {
		names[at] = p
	}
	for p, at := range m.sides[theirSide].out.Frozen {
		if to, renumbered := names[m.united.Renumbered[at]]; renumbered {
			m.newPlaces[p] = to
		}
	}
	return nil
}

// sameEntry reports whether both records have the same entry with a number.
func sameEntry(a, b record.Record, at string) bool {
	find := func(r record.Record) int {
		return slices.IndexFunc(r.Schema, func(e record.Entry) bool { return e.At == at })
	}
	i, j := find(a), find(b)
	return i >= 0 && j >= 0 && reflect.DeepEqual(a.Schema[i], b.Schema[j])
}

// laid returns a tree with its files where the united record has them.
func (m *meeting) laid(t tree.Tree) tree.Tree {
	files := map[tree.Path]tree.File{}
	for p, f := range t.All() {
		to, moved := m.newPlaces[p]
		if _, taken := t.File(to); moved && !taken {
			p = to
		}
		if !m.unmanaged(p) {
			files[p] = f
		}
	}
	return tree.Of(files)
}

// recordBoth returns the united record with the comments that people have put
// into both.
func (m *meeting) recordBoth([]byte) ([]byte, error) {
	if m.solved != nil && m.solved.Equal(m.to) {
		return m.disk, nil
	}
	text := record.Format(m.to)
	merged := func(base, ours []byte) []byte {
		return merge.File(record.Name, base, ours, text, merge.Rule{}, merge.Labels{}).Data
	}
	ours := merged(record.Format(m.sides[ourSide].rec), m.sides[ourSide].text)
	theirs := merged(record.Format(m.sides[theirSide].rec), m.sides[theirSide].text)
	both := merge.File(record.Name, text, ours, theirs, merge.Rule{}, merge.Labels{}).Data
	for _, data := range [][]byte{both, ours} {
		if again, err := record.Parse(record.Name, data); err == nil && again.Equal(m.to) {
			return data, nil
		}
	}
	return text, nil
}
