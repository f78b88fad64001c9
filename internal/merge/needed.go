package merge

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"

	"groundsill.example/internal/tree"
)

// keepNeeded lets files of Go stay that the blueprint takes away while what the
// user wrote needs what they declare. Where another file has taken the place of
// one, it says so. Trees without strays are not those of a user.
func (t *trees) keepNeeded() error {
	going := t.going()
	if len(going) == 0 || t.Strays == nil {
		return nil
	}
	own, err := t.written()
	if err != nil {
		return err
	}
	for len(own) > 0 { // a file that stays may need another one
		stays := map[tree.Path]tree.File{}
		for _, p := range slices.SortedFunc(maps.Keys(going), tree.Path.Compare) {
			by, needed, replaced := t.user(own, p, going[p])
			if !needed {
				continue
			}
			if replaced {
				t.warnings = append(t.warnings, fmt.Sprintf("%s needs what %s declares, which goes.", by, p))
				delete(going, p)
				continue
			}
			t.warnings = append(t.warnings, fmt.Sprintf("%s stays and is yours now, because %s needs what it declares.", p, by))
			stays[p] = going[p]
			t.target[p] = going[p]
			t.why[p] = "you need it"
			delete(going, p)
		}
		own = stays
	}
	return nil
}

// going returns the files of Go that go and are nowhere else then, tests aside.
func (t *trees) going() map[tree.Path]tree.File {
	all := map[tree.Path]tree.File{}
	renames := t.followed()
	for p, f := range t.ours {
		_, stays := t.target[p]
		name := p.String()
		_, renamed := renames[p]
		if _, was := t.Base.File(p); was && !stays && !renamed && path.Ext(name) == ".go" && !strings.HasSuffix(name, "_test.go") {
			all[p] = f
		}
	}
	return all
}

// written returns the files of Go that are not as the blueprint makes them.
func (t *trees) written() (map[tree.Path]tree.File, error) {
	all := map[tree.Path]tree.File{}
	add := func(p tree.Path, f tree.File) {
		if made, known := t.Theirs.File(p); path.Ext(p.String()) == ".go" && plain(&f) && (!known || !made.Equal(f)) {
			all[p] = f
		}
	}
	for p, f := range t.Ours.All() {
		if _, concerned := t.ours[p]; !concerned {
			add(p, f)
		}
	}
	for p, f := range t.target {
		add(p, f)
	}
	strays, err := t.Strays()
	for p, f := range strays.All() {
		add(p, f)
	}
	return all, err
}

// user returns the first of some files that needs what a file declares and no
// other file of its directory does, and whether another declares some of it.
func (t *trees) user(files map[tree.Path]tree.File, p tree.Path, f tree.File) (by tree.Path, needed, replaced bool) {
	dir := path.Dir(p.String())
	names, others := map[string]bool{}, map[string]bool{}
	declare(names, p, f)
	for o, other := range t.target {
		if path.Dir(o.String()) == dir {
			declare(others, o, other)
		}
	}
	total := len(names)
	maps.DeleteFunc(names, func(name string, _ bool) bool { return others[name] })
	replaced = len(names) < total
	for _, by := range slices.SortedFunc(maps.Keys(files), tree.Path.Compare) {
		for name := range mentioned(files[by].Data, dir, path.Dir(by.String()) == dir) {
			if names[name] {
				return by, true, replaced
			}
		}
	}
	return tree.Path{}, false, replaced
}

// declare adds the names that a file of Go declares, without those of methods.
func declare(names map[string]bool, p tree.Path, f tree.File) {
	if path.Ext(p.String()) != ".go" || !plain(&f) {
		return
	}
	for _, d := range newSources().declarations(goSource{p.String(), f.Data}) {
		if !strings.Contains(d.name, ".") {
			names[d.name] = true
		}
	}
}

// mentioned returns the names of the package in a directory that a file of Go
// uses: one of the package, or one that imports it.
func mentioned(data []byte, dir string, inside bool) map[string]bool {
	if inside {
		return unresolved(data)
	}
	used := map[string]bool{}
	f, err := parser.ParseFile(token.NewFileSet(), "", data, parser.SkipObjectResolution)
	if err != nil {
		return used
	}
	local := ""
	for _, spec := range f.Imports {
		if p, err := strconv.Unquote(spec.Path.Value); err == nil && strings.HasSuffix(p, "/"+dir) {
			local = path.Base(p)
			if spec.Name != nil {
				local = spec.Name.Name
			}
		}
	}
	ast.Inspect(f, func(n ast.Node) bool {
		if s, ok := n.(*ast.SelectorExpr); ok {
			if id, ok := s.X.(*ast.Ident); ok && local != "" && id.Name == local {
				used[s.Sel.Name] = true
			}
		}
		return true
	})
	return used
}
