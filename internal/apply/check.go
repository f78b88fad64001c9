package apply

import (
	"io/fs"
	"slices"

	"groundsill.example/internal/diag"
	"groundsill.example/internal/plan"
	"groundsill.example/internal/tree"
)

// ground is what the changes of a plan find on the disk.
type ground struct {
	fs      FS
	deleted map[tree.Path]bool
	emptied map[tree.Path]bool // directories that the plan takes all known files out of
	dirs    map[tree.Path]dirState
	modes   map[tree.Path]fs.FileMode // of the directories that are there
	stale   diag.List
	refused diag.List
}

type dirState int

const (
	dirThere dirState = iota + 1
	dirAbsent
	dirBlocked // something else is there
	dirLink    // a link is there
	dirForeign // another git repository begins there
)

// survey compares what the changes expect with what is there, and returns what
// to do. The error is of class Stale and names every path that differs.
func survey(fsys FS, changes []plan.Change) (*job, error) {
	g := newGround(fsys, changes)
	j := &job{}
	for _, c := range changes {
		info, err := g.find(c)
		if err != nil {
			return nil, failed("read", c.Path.String(), err)
		}
		if c.Action != plan.Keep {
			g.writable(c.Path, info)
			j.moves = append(j.moves, move{change: c, before: info})
		}
	}
	if err := g.refused.Err(diag.Refused); err != nil {
		return nil, err
	}
	if err := g.stale.Err(diag.Stale); err != nil {
		return nil, err
	}
	j.made = g.absentDirs(changes)
	j.gone = sorted(g.emptied)
	slices.Reverse(j.gone)
	for _, d := range j.gone {
		j.modes = append(j.modes, uint32(g.modes[d].Perm()))
	}
	return j, nil
}

func newGround(fsys FS, changes []plan.Change) *ground {
	g := &ground{
		fs: fsys, deleted: map[tree.Path]bool{}, emptied: map[tree.Path]bool{},
		dirs: map[tree.Path]dirState{}, modes: map[tree.Path]fs.FileMode{},
	}
	var deleted, staying []tree.Path
	for _, c := range changes {
		if c.Action == plan.Delete {
			g.deleted[c.Path] = true
			deleted = append(deleted, c.Path)
		} else {
			staying = append(staying, c.Path)
		}
	}
	for _, d := range dirsAbove(deleted) {
		g.emptied[d] = true
	}
	for _, d := range dirsAbove(staying) {
		delete(g.emptied, d)
	}
	return g
}

// find returns the file that a change finds at its path, nil for nothing, and
// notes when that is not what the change expects.
func (g *ground) find(c plan.Change) (fs.FileInfo, error) {
	if d, ok := c.Path.Dir(); ok {
		state, err := g.dir(d)
		if err != nil {
			return nil, err
		}
		switch state {
		case dirThere:
		case dirAbsent:
			return nil, g.compare(c, nil)
		case dirBlocked:
			g.differs(c.Path, "is below something that is not a directory")
			return nil, nil
		case dirLink, dirForeign:
			g.refuse(c.Path, state)
			return nil, nil
		}
	}
	info, err := lstat(g.fs, c.Path.String())
	if err != nil && !missing(err) {
		return nil, err
	}
	if err != nil {
		info = nil
	}
	if err := g.compare(c, info); err != nil {
		return nil, err
	}
	if info != nil && info.IsDir() {
		return nil, nil
	}
	return info, nil
}

// compare notes when what is at the path of a change is not what it expects.
func (g *ground) compare(c plan.Change, info fs.FileInfo) error {
	switch {
	case info == nil:
		if !c.Expect.Absent() {
			g.differs(c.Path, "is gone")
		}
		return nil
	case info.IsDir() && c.Action != plan.Keep:
		// A file may take the place of a directory that the same plan empties.
		if !c.Expect.Absent() || !g.emptied[c.Path] {
			g.differs(c.Path, "is a directory")
		}
		return nil
	case c.Expect.Absent():
		g.differs(c.Path, "exists, and the plan expects nothing there")
		return nil
	}
	file, err := fileAt(g.fs, c.Path.String(), info)
	if err != nil {
		return err
	}
	if !c.Expect.Holds(file, true) {
		g.differs(c.Path, "has changed")
	}
	return nil
}

// dir returns what is at a path where a directory is needed. A link to a
// directory is not one: a plan knows links as files.
func (g *ground) dir(d tree.Path) (dirState, error) {
	if state, known := g.dirs[d]; known {
		return state, nil
	}
	state := dirThere
	if up, ok := d.Dir(); ok {
		var err error
		if state, err = g.dir(up); err != nil {
			return 0, err
		}
	}
	if state == dirThere {
		var err error
		if state, err = g.dirAt(d); err != nil {
			return 0, err
		}
	}
	g.dirs[d] = state
	return state, nil
}

func (g *ground) dirAt(d tree.Path) (dirState, error) {
	info, err := lstat(g.fs, d.String())
	switch {
	case missing(err):
		return dirAbsent, nil
	case err != nil:
		return 0, err
	case info.IsDir():
		g.modes[d] = info.Mode()
		return g.whose(d)
	case g.deleted[d]:
		return dirAbsent, nil
	case info.Mode()&fs.ModeSymlink != 0:
		return dirLink, nil
	default:
		return dirBlocked, nil
	}
}

// whose tells a directory of this repository from the root of another one, a
// submodule for example: git would not see the change here.
func (g *ground) whose(d tree.Path) (dirState, error) {
	_, err := lstat(g.fs, d.String()+"/.git")
	switch {
	case err == nil:
		return dirForeign, nil
	case missing(err):
		return dirThere, nil
	default:
		return 0, err
	}
}

// refuse notes a path that is not ours to change.
func (g *ground) refuse(p tree.Path, why dirState) {
	d := diag.Diagnostic{
		Code: "behind-link", Summary: "is behind a link to a directory, and links are not followed",
		Hint: "replace the link by the directory itself, or change that file by hand",
		At:   diag.Pos{File: p.String()},
	}
	if why == dirForeign {
		d.Code, d.Summary = "other-repository", "is in another git repository: a submodule, or one inside this one"
		d.Hint = "nothing is changed: files there are changed and committed from there"
	}
	g.refused.Add(d)
}

// writable notes a path that somebody has made read-only. A file could be
// replaced all the same, which is not what its owner has asked for.
func (g *ground) writable(p tree.Path, info fs.FileInfo) {
	const owner = 0o200
	d := diag.Diagnostic{
		Code: "read-only-file", Summary: "is read-only",
		Hint: "nothing is changed: chmod u+w " + p.String() + ", if it may change, and run the command again",
		At:   diag.Pos{File: p.String()},
	}
	up, below := p.Dir()
	mode, known := g.modes[up]
	switch {
	case info != nil && info.Mode().IsRegular() && info.Mode()&owner == 0:
		g.refused.Add(d)
	case below && known && mode&owner == 0:
		d.Code, d.Summary = "read-only-directory", "is in a read-only directory"
		d.Hint = "nothing is changed: chmod u+w " + up.String() + ", if it may change, and run the command again"
		g.refused.Add(d)
	}
}

// absentDirs returns the directories that have to be made, outermost first.
func (g *ground) absentDirs(changes []plan.Change) []tree.Path {
	needed := map[tree.Path]bool{}
	for _, c := range changes {
		if c.Action == plan.Delete {
			continue
		}
		for d, ok := c.Path.Dir(); ok; d, ok = d.Dir() {
			if g.dirs[d] == dirAbsent {
				needed[d] = true
			}
		}
	}
	return sorted(needed)
}

func (g *ground) differs(p tree.Path, how string) { g.stale.Add(staleAt(p, how)) }

// staleAt is the diagnostic for a path where the plan no longer fits.
func staleAt(p tree.Path, how string) diag.Diagnostic {
	return diag.Diagnostic{
		Code:    "stale-plan",
		Summary: how,
		Hint:    "nothing is changed: run the command again for a plan that fits what is there now",
		At:      diag.Pos{File: p.String()},
	}
}

func sorted(set map[tree.Path]bool) []tree.Path {
	paths := make([]tree.Path, 0, len(set))
	for p := range set {
		paths = append(paths, p)
	}
	slices.SortFunc(paths, tree.Path.Compare)
	return paths
}
