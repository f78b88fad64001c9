package merge

import (
	"go/ast"
	"go/token"
	"path"
	"slices"
	"strings"
)

// declaration is what a Go file declares at its top: a name, for a method after
// that of its type, and all that others see of it.
type declaration struct{ name, text string }

// declarations returns what a file declares, nothing where it is no Go.
func (s sources) declarations(src goSource) []declaration {
	f := s.parse(src)
	if f == nil {
		return nil
	}
	text := func(from, to token.Pos) string { return string(src.data[from-f.FileStart : to-f.FileStart]) }
	var all []declaration
	for _, d := range f.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			end := d.End()
			if d.Body != nil {
				end = d.Body.Pos()
			}
			name := d.Name.Name
			if d.Recv != nil {
				of, _, _ := strings.Cut(text(d.Recv.List[0].Type.Pos(), d.Recv.End()), "[")
				name = strings.Trim(of, "*()") + "." + name
			}
			all = append(all, declaration{name, text(d.Pos(), end)})
		case *ast.GenDecl:
			all = append(all, specDeclarations(d, text)...)
		}
	}
	return slices.DeleteFunc(all, func(d declaration) bool { return d.name == "init" || d.name == "_" })
}

func specDeclarations(d *ast.GenDecl, text func(from, to token.Pos) string) []declaration {
	var all []declaration
	for _, spec := range d.Specs {
		switch spec := spec.(type) {
		case *ast.TypeSpec:
			all = append(all, declaration{spec.Name.Name, text(spec.Pos(), spec.End())})
		case *ast.ValueSpec:
			seen := text(spec.Pos(), visible(spec))
			if d.Tok == token.CONST { // one may be what those before it are
				seen = text(d.Pos(), d.End())
			}
			for _, name := range spec.Names {
				all = append(all, declaration{name.Name, seen})
			}
		}
	}
	return all
}

// visible returns where what others see of a variable ends: its value is of no
// matter where its type is written.
func visible(spec *ast.ValueSpec) token.Pos {
	if spec.Type != nil {
		return spec.Type.End()
	}
	if len(spec.Values) == 1 {
		if c, ok := spec.Values[0].(*ast.CompositeLit); ok {
			return c.Lbrace
		}
	}
	return spec.End()
}

// view is how a side sees the merged packages.
type view struct {
	sources
	merged, side goTree
	kept         map[string]bool // by directory
}

// fits reports whether a merged file is that of the side and all that it sees
// is there as the side has it.
func (v view) fits(src goSource) bool {
	return v.side.has(src) && v.keeps(path.Dir(src.path)) && v.keepsImports(src)
}

// keeps reports whether all that a package of the side declares is there, and
// so is what that is made of.
func (v view) keeps(dir string) bool {
	is, known := v.kept[dir]
	if known {
		return is
	}
	v.kept[dir] = true // a package that imports itself is as the rest of it is
	has := map[declaration]int{}
	var want []declaration
	for _, src := range v.merged.dirs[dir] {
		if !v.side.has(src) {
			for _, d := range v.declarations(src) {
				has[d]++
			}
		}
	}
	is = true
	for _, src := range v.side.dirs[dir] {
		if !v.merged.has(src) {
			want = append(want, v.declarations(src)...)
			is = is && v.parse(src) != nil
		}
		is = is && (strings.HasSuffix(src.path, "_test.go") || v.keepsImports(src))
	}
	for _, d := range want {
		has[d]--
		is = is && has[d] >= 0
	}
	v.kept[dir] = is
	return is
}

func (v view) keepsImports(src goSource) bool {
	return !slices.ContainsFunc(v.imports(src), func(imported string) bool {
		dir, ok := v.side.local(imported)
		at, stays := v.merged.local(imported)
		return ok != stays || dir != at || ok && !v.keeps(dir)
	})
}

// mixed returns the directories of packages that may not compile although each
// side does: a file is as neither side has it, or does not see what it saw, or
// both sides declare a name.
func (s sources) mixed(merged, ours, theirs goTree) []string {
	mine, others := view{s, merged, ours, map[string]bool{}}, view{s, merged, theirs, map[string]bool{}}
	var dirs []string
	for dir, list := range merged.dirs {
		names := map[string]int{} // 1 for ours, 2 for theirs
		fine := true
		for _, src := range list {
			ofOurs, ofTheirs := mine.fits(src), others.fits(src)
			fine = fine && (ofOurs || ofTheirs)
			if ofOurs != ofTheirs && fine {
				for _, d := range s.declarations(src) {
					if ofOurs {
						names[d.name] |= 1
					} else {
						names[d.name] |= 2
					}
					fine = fine && names[d.name] < 3
				}
			}
		}
		if !fine {
			dirs = append(dirs, dir)
		}
	}
	slices.Sort(dirs)
	return dirs
}
