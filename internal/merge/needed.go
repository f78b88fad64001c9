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
	n := needs{newSources(), map[tree.Path]usage{}}
	for len(own) > 0 { // a file that stays may need another one
		stays := map[tree.Path]tree.File{}
		for _, p := range slices.SortedFunc(maps.Keys(going), tree.Path.Compare) {
			by, needed, replaced := n.user(own, t.target, p, going[p])
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

// needs tells what files of Go declare and use. It reads each file once.
type needs struct {
	sources

	used map[tree.Path]usage
}

// user returns the first of some files that needs what a file declares and no
// other file of its directory does, and whether another declares some of it.
func (n needs) user(files, target map[tree.Path]tree.File, p tree.Path, f tree.File) (by tree.Path, needed, replaced bool) {
	dir := path.Dir(p.String())
	names, others := map[string]bool{}, map[string]bool{}
	n.declare(names, p, f)
	for o, other := range target {
		if path.Dir(o.String()) == dir {
			n.declare(others, o, other)
		}
	}
	total := len(names)
	maps.DeleteFunc(names, func(name string, _ bool) bool { return others[name] })
	replaced = len(names) < total
	for _, by := range slices.SortedFunc(maps.Keys(files), tree.Path.Compare) {
		if n.usage(by, files[by]).has(names, dir, path.Dir(by.String()) == dir) {
			return by, true, replaced
		}
	}
	return tree.Path{}, false, replaced
}

// declare adds the names that a file of Go declares, without those of methods.
func (n needs) declare(names map[string]bool, p tree.Path, f tree.File) {
	if path.Ext(p.String()) != ".go" || !plain(&f) {
		return
	}
	for _, d := range n.declarations(goSource{p.String(), f.Data}) {
		if !strings.Contains(d.name, ".") {
			names[d.name] = true
		}
	}
}

// usage is what a file of Go uses and does not declare: names of its own package
// or of the language, and those of other packages by their import paths.
type usage struct {
	plain    map[string]bool
	imported map[string][]string
}

func (n needs) usage(p tree.Path, file tree.File) usage {
	u, known := n.used[p]
	if known {
		return u
	}
	u = usage{plain: map[string]bool{}, imported: map[string][]string{}}
	if f, err := parser.ParseFile(token.NewFileSet(), "", file.Data, 0); err == nil {
		foreign := map[*ast.Ident]bool{}
		for _, id := range f.Unresolved {
			u.plain[id.Name], foreign[id] = true, true
		}
		paths := map[string]string{}
		for _, spec := range f.Imports {
			if imported, err := strconv.Unquote(spec.Path.Value); err == nil && spec.Name != nil {
				paths[spec.Name.Name] = imported
			} else if err == nil {
				paths[path.Base(imported)] = imported
			}
		}
		ast.Inspect(f, func(node ast.Node) bool {
			if s, ok := node.(*ast.SelectorExpr); ok {
				if id, ok := s.X.(*ast.Ident); ok && foreign[id] {
					u.imported[paths[id.Name]] = append(u.imported[paths[id.Name]], s.Sel.Name)
				}
			}
			return true
		})
	}
	n.used[p] = u
	return u
}

// has reports whether a file uses one of some names that are declared in a
// directory, its own or another one.
func (u usage) has(names map[string]bool, dir string, inside bool) bool {
	if inside {
		for name := range names {
			if u.plain[name] {
				return true
			}
		}
		return false
	}
	for imported, used := range u.imported {
		if strings.HasSuffix(imported, "/"+dir) && slices.ContainsFunc(used, func(name string) bool { return names[name] }) {
			return true
		}
	}
	return false
}
