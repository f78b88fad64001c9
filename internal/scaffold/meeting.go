package scaffold

import (
	"context"
	"fmt"

	"groundsill.example/internal/blueprint"
	"groundsill.example/internal/diag"
	"groundsill.example/internal/gitrepo"
	"groundsill.example/internal/record"
	"groundsill.example/internal/render"
	"groundsill.example/internal/source"
	"groundsill.example/internal/tree"
)

// The sides of a meeting, in the order of git's stages.
const (
	baseSide = iota
	ourSide
	theirSide
	sideCount
)

// meeting is a change that unites what two branches made of one repository.
type meeting struct {
	change

	unmerged map[tree.Path]gitrepo.Unmerged // in conflict as git sees it
	commits  gitrepo.Meeting                // of the sides, empty where git names none
	sides    [sideCount]side
	disk     []byte         // the record as it is there
	solved   *record.Record // the same, where somebody has united it by hand
	united   record.United

	frames [sideCount]tree.Tree // what each side's record makes, where the united one has it
	target tree.Tree            // what the united record makes
	there  tree.Tree            // what is on disk, at all these places and at the old ones
	trees  [sideCount]tree.Tree // of the one merge that all comes down to

	movedFrom map[tree.Path]tree.Path        // where the record has a file that somebody moved
	elsewhere map[tree.Path]tree.Path        // where a file is by now that the united record has in another place
	open      map[tree.Path]gitrepo.Unmerged // in conflict, and as git left it
	taken     map[tree.Path]bool             // in conflict, and solved by hand
	renamed   map[tree.Path]bool             // old names of files in conflict
	revived   map[tree.Path]bool             // deleted by git, and in the united record
}

// side is one of the records that meet, with its blueprint.
type side struct {
	text []byte
	rec  record.Record
	b    *blueprint.Blueprint
	out  render.Output
}

// meet finds the sides of what git has left half done: in the index where the
// record is in conflict, else in the commits that meet. It returns nil where
// nothing is to be united.
func (w World) meet(ctx context.Context, r ChangeRequest) (*meeting, error) {
	m := &meeting{change: change{World: w, ChangeRequest: r}, unmerged: map[tree.Path]gitrepo.Unmerged{}}
	var err error
	if m.repo.Dir, err = w.Root(); err != nil {
		return nil, err
	}
	if m.git, m.has, err = gitrepo.Find(m.repo.Dir); err != nil {
		return nil, err
	}
	recordAt, err := tree.ParsePath(record.Name)
	if err != nil {
		return nil, err
	}
	bundleAt, err := tree.ParsePath(blueprint.BundlePath)
	if err != nil {
		return nil, err
	}
	if m.repo.Own, err = source.Snapshot(m.repo.Dir, []tree.Path{recordAt, bundleAt}); err != nil {
		return nil, err
	}
	file, _ := m.repo.Own.File(recordAt)
	m.disk = file.Data
	rec, broken := record.Parse(record.Name, m.disk)
	if !m.has {
		return nil, alone(broken)
	}
	if err := m.stages(ctx); err != nil {
		return nil, err
	}
	found, err := m.find(ctx, recordAt, broken != nil)
	if err != nil || !found {
		if err == nil {
			err = alone(broken)
		}
		return nil, err
	}
	if _, conflict := m.unmerged[recordAt]; !conflict && broken == nil && m.soundUnion(rec) {
		m.solved = &rec
	}
	return m, m.loadBlueprints(ctx, bundleAt)
}

// alone is the error for a broken record that no merge explains.
func alone(broken error) error {
	var problems diag.List
	if broken == nil || !problems.Take(broken) {
		return broken
	}
	e, ok := problems.Err(diag.Refused).(*diag.Error) //nolint:errorlint // it was made here
	if ok {
		for i := range e.Diagnostics {
			e.Diagnostics[i].Hint = "git knows of no merge to take two sides from: restore it, git checkout REVISION -- " + record.Name
		}
	}
	return e
}

// soundUnion reports whether a record is one that somebody has united, and not
// just that of one side.
func (m *meeting) soundUnion(rec record.Record) bool {
	ours, theirs := m.sides[ourSide].rec, m.sides[theirSide].rec
	return len(rec.Unrecorded()) == 0 && (ours.Equal(theirs) || !rec.Equal(ours) && !rec.Equal(theirs))
}

// stages reads what the index has in conflict.
func (m *meeting) stages(ctx context.Context) error {
	all, err := gitrepo.Stages(ctx, m.Env, m.git)
	for _, u := range all {
		m.unmerged[u.Path] = u
	}
	return err
}

// find reads the records of the sides and reports whether there are two.
func (m *meeting) find(ctx context.Context, recordAt tree.Path, broken bool) (bool, error) {
	commits, known, err := gitrepo.Underway(ctx, m.Env, m.git)
	if err == nil && !known && broken {
		commits, known, err = gitrepo.Merged(ctx, m.Env, m.git)
	}
	if err != nil {
		return false, err
	}
	m.commits = commits
	u, conflict := m.unmerged[recordAt]
	if !conflict && !known {
		return false, nil
	}
	files := [sideCount]*tree.File{u.Base, u.Ours, u.Theirs}
	for i, commit := range m.revisions() {
		if !conflict {
			if files[i], err = gitrepo.At(ctx, m.Env, m.git, commit, recordAt); err != nil {
				return false, err
			}
		}
	}
	if files[ourSide] == nil || files[theirSide] == nil {
		if !conflict {
			return false, nil // only one side is sill's
		}
		return false, diag.New(diag.Conflict, diag.Diagnostic{
			Code: "record-gone", Summary: "one side has no record any more",
			Hint: "decide with git: git rm " + record.Name + ", or git add it", At: diag.Pos{File: record.Name},
		})
	}
	return true, m.parse(ctx, files, recordAt)
}

// revisions returns the commits of the sides.
func (m *meeting) revisions() [sideCount]string {
	return [sideCount]string{m.commits.Base, m.commits.Ours, m.commits.Theirs}
}

// parse reads the records. The base of a merge that has several is one that git
// has merged itself, and may hold markers; then one of them has to do. Without a
// base both sides have made everything.
func (m *meeting) parse(ctx context.Context, files [sideCount]*tree.File, recordAt tree.Path) error {
	for i, name := range [sideCount]string{"the base", "ours", "theirs"} {
		s := &m.sides[i]
		f := files[i]
		var err error
		if f != nil {
			s.text = f.Data
			s.rec, err = record.Parse(record.Name+" of "+name, f.Data)
		}
		if i == baseSide && (f == nil || err != nil) {
			if f, err = gitrepo.At(ctx, m.Env, m.git, m.commits.Base, recordAt); err != nil || f == nil {
				s.rec, err = record.Record{}, nil
			} else {
				s.text = f.Data
				s.rec, err = record.Parse(record.Name+" of "+name, f.Data)
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// loadBlueprints finds the blueprint of each side, by its digest: on disk, in the
// index, in the commits, or in this program.
func (m *meeting) loadBlueprints(ctx context.Context, bundleAt tree.Path) error {
	known := map[string]*blueprint.Blueprint{}
	take := func(f *tree.File) error {
		if f == nil {
			return nil
		}
		content, err := blueprint.ParseBundle(blueprint.BundlePath, f.Data)
		if err != nil {
			return nil //nolint:nilerr // it may hold markers; the others do not
		}
		b, err := blueprint.Load(content)
		if err == nil {
			known[b.Digest] = b
		}
		return err
	}
	u := m.unmerged[bundleAt]
	for _, f := range []*tree.File{at(m.repo.Own, bundleAt), u.Base, u.Ours, u.Theirs} {
		if err := take(f); err != nil {
			return err
		}
	}
	for i := range m.sides {
		if err := m.blueprintOf(ctx, i, bundleAt, known, take); err != nil {
			return err
		}
	}
	return nil
}

func (m *meeting) blueprintOf(
	ctx context.Context, i int, bundleAt tree.Path, known map[string]*blueprint.Blueprint, take func(*tree.File) error,
) error {
	s := &m.sides[i]
	want := s.rec.Blueprint
	if want.Digest == "" {
		return nil // there is no base
	}
	if known[want.Digest] == nil {
		f, err := gitrepo.At(ctx, m.Env, m.git, m.revisions()[i], bundleAt)
		if err == nil {
			err = take(f)
		}
		if err != nil {
			return err
		}
	}
	if known[want.Digest] == nil && want.Source == string(source.Builtin) {
		if src, err := source.Open(m.Cwd, want.Name); err == nil {
			known[src.Blueprint.Digest] = src.Blueprint
		}
	}
	if s.b = known[want.Digest]; s.b != nil {
		return nil
	}
	return diag.New(diag.Refused, diag.Diagnostic{
		Code: "bundle-missing", Summary: fmt.Sprintf("the blueprint %s %s of one side is in neither", want.Name, want.Version),
		Hint: "restore " + blueprint.BundlePath + " from git and run the command again", At: diag.Pos{File: blueprint.BundlePath},
	})
}
