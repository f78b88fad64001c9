package merge

import (
	"errors"
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"maps"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"groundsill.example/internal/tree"
)

// checkTypes finds Go packages that neither side has as they are merged and
// that would not compile although each side does. A merged file becomes a
// conflict; a file that is new, or only yours, gets a warning.
//
// No toolchain is asked: what a package of another module or of the standard
// library holds is not known, and nothing is said about it.
func (t *trees) checkTypes() error {
	if !t.changesGo() {
		return nil
	}
	merged, ours, theirs, err := t.goTrees()
	if err != nil {
		return err
	}
	s := newSources()
	wrong := typeChecker{sources: s, goTree: merged}.mistakes(s.mixed(merged, ours, theirs))
	for _, side := range []goTree{ours, theirs} {
		if len(wrong) == 0 {
			return nil
		}
		known := map[string]bool{}
		for _, m := range (typeChecker{sources: s, goTree: side}).mistakes(t.whence(wrong)) {
			known[m.text] = true
		}
		wrong = slices.DeleteFunc(wrong, func(m mistake) bool { return known[m.text] })
	}
	t.reject(wrong)
	return nil
}

// changesGo reports whether a Go file is to be another one.
func (t *trees) changesGo() bool {
	goes := func(from, to map[tree.Path]tree.File) bool {
		for p, f := range from {
			other, both := to[p]
			if path.Ext(p.String()) == ".go" && (!both || !f.Equal(other)) {
				return true
			}
		}
		return false
	}
	return goes(t.target, t.ours) || goes(t.ours, t.target)
}

// goTrees returns the Go files as they are to be and as each side has them. What
// is in conflict is nothing yet that could be read.
func (t *trees) goTrees() (merged, ours, theirs goTree, err error) {
	is, makes := maps.Collect(t.Ours.All()), maps.Collect(t.Theirs.All())
	if t.Beside != nil {
		mine, others, err := t.Beside()
		if err != nil {
			return goTree{}, goTree{}, goTree{}, err
		}
		maps.Insert(is, mine.All())
		maps.Insert(makes, others.All())
	}
	maps.Copy(is, t.ours) // what was moved is there
	will := maps.Clone(is)
	for p := range t.ours {
		delete(will, p)
	}
	maps.Copy(will, t.target)
	for _, c := range t.conflicts {
		if path.Ext(c.Path.String()) == ".go" {
			will[c.Path] = tree.File{Mode: tree.Regular}
		}
	}
	return goPackages(will), goPackages(is), goPackages(makes), nil
}

// whence returns the directories where the lines of mistakes may come from.
func (t *trees) whence(wrong []mistake) []string {
	var dirs []string
	for _, m := range wrong {
		dirs = append(dirs, path.Dir(m.path))
	}
	for p := range t.moved {
		dirs = append(dirs, path.Dir(p.String()))
	}
	for p := range t.Renames {
		dirs = append(dirs, path.Dir(p.String()))
	}
	slices.Sort(dirs)
	return slices.Compact(dirs)
}

// lineNumber is where a message says that something else stands.
var lineNumber = regexp.MustCompile(`(\.go):\d+:\d+`)

// mistake is what does not compile, without its place in the file.
type mistake struct{ path, text string }

// typeChecker checks the packages of a tree.
type typeChecker struct {
	sources
	goTree
	imported map[string]*types.Package // what other packages see, by directory
}

// mistakes returns what does not compile in directories.
func (c typeChecker) mistakes(dirs []string) []mistake {
	c.imported = map[string]*types.Package{}
	var all []mistake
	for _, dir := range dirs {
		files, ok := c.built(c.dirs[dir])
		if !ok {
			continue // who is in the middle of something knows
		}
		var inner, tests []*ast.File
		augmented := false
		for _, f := range files {
			if c.isTest(f) && strings.HasSuffix(f.Name.Name, "_test") {
				tests = append(tests, f)
				continue
			}
			augmented = augmented || c.isTest(f)
			inner = append(inner, f)
		}
		add := func(m mistake) { all = append(all, m) }
		p := c.check(dir, inner, types.Config{Error: c.collect(add)})
		outside := c
		if augmented { // they see what the tests inside declare, and so does all that they import
			outside.imported = map[string]*types.Package{dir: p}
		}
		outside.check(dir, tests, types.Config{Error: c.collect(add)})
	}
	return all
}

func (c typeChecker) isTest(f *ast.File) bool {
	return strings.HasSuffix(c.set.Position(f.Package).Filename, "_test.go")
}

func (c typeChecker) check(dir string, files []*ast.File, conf types.Config) *types.Package {
	conf.Importer, conf.FakeImportC = c, true
	p, _ := conf.Check(dir, c.set, files, nil) // conf.Error has each error
	return p
}

// collect returns what notes an error. That a package cannot be imported is
// none: nobody has tried. Nor is what only explains the error before it, which
// begins with a tab.
func (c typeChecker) collect(add func(mistake)) func(error) {
	return func(err error) {
		e, ok := errors.AsType[types.Error](err)
		if !ok {
			return
		}
		name := c.set.Position(e.Pos).Filename
		if !strings.HasPrefix(e.Msg, "\t") && (e.Soft || !c.atImport(e.Pos)) {
			text := strings.Join(strings.Fields(e.Msg), " ")
			add(mistake{name, lineNumber.ReplaceAllString(text, "$1")})
		}
	}
}

// atImport reports whether a position is that of an import.
func (c typeChecker) atImport(pos token.Pos) bool {
	for _, f := range c.parsed {
		if f != nil && f.FileStart <= pos && pos < f.FileEnd {
			return slices.ContainsFunc(f.Imports, func(s *ast.ImportSpec) bool { return s.Path.Pos() == pos })
		}
	}
	return false
}

// errUnknown marks a package of which nothing is known.
var errUnknown = errors.New("it is not in the tree")

// Import returns a package of the tree as others see it; of another one only
// the name, as far as its path tells.
func (c typeChecker) Import(imported string) (*types.Package, error) {
	unknown := types.NewPackage(imported, localName(strconv.Quote(imported)))
	dir, ok := c.local(imported)
	if !ok {
		return unknown, errUnknown
	}
	if p, known := c.imported[dir]; known {
		if p == nil { // it imports itself
			return unknown, errUnknown
		}
		return p, nil
	}
	c.imported[dir] = nil
	files, ok := c.built(c.dirs[dir])
	if !ok {
		return unknown, errUnknown
	}
	files = slices.DeleteFunc(files, c.isTest)
	p := c.check(dir, files, types.Config{IgnoreFuncBodies: true, Error: func(error) {}})
	c.imported[dir] = p
	return p, nil
}

// reject turns merged files that would not compile into conflicts.
func (t *trees) reject(wrong []mistake) {
	texts := map[string][]string{}
	for _, m := range wrong {
		texts[m.path] = append(texts[m.path], m.text)
	}
	for _, name := range slices.Sorted(maps.Keys(texts)) {
		p, err := tree.ParsePath(name)
		if err != nil || slices.ContainsFunc(t.conflicts, func(c Conflict) bool { return c.Path == p }) {
			continue
		}
		slices.Sort(texts[name])
		why := strings.Join(slices.Compact(texts[name]), "; ")
		s, merged := t.merged[p]
		if ours, there := t.ours[p]; !merged && there {
			s = sides{at: p, to: p, base: file(t.Base, p), ours: &ours, theirs: file(t.Theirs, p)}
		}
		target, concerned := t.target[p]
		if s.ours == nil || !concerned || s.ours.Equal(target) {
			t.warnings = append(t.warnings, fmt.Sprintf("%s would not compile: %s.", p, why))
			continue
		}
		t.conflict(s, Content, []Hunk{{Ours: string(s.ours.Data), Theirs: string(target.Data)}})
		t.warnings = append(t.warnings, fmt.Sprintf("%s is left to you: merged it would not compile: %s.", p, why))
	}
}
