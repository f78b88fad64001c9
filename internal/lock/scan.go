package lock

import (
	"fmt"
	"go/ast"
	"go/build/constraint"
	"go/parser"
	"go/token"
	"path"
	"strconv"
	"strings"

	"groundsill.example/internal/diag"
	"groundsill.example/internal/tree"
)

// Use is an import path and the place that needs it.
type Use struct {
	Path string
	At   diag.Pos
}

// Imports returns what the Go file imports, and false when no build can ever
// include the file. It looks as "go mod tidy" does: every build tag counts as
// set and as not set, but "ignore" is never set.
func Imports(name string, data []byte) (uses []Use, included bool, err error) {
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, name, data, parser.ImportsOnly|parser.ParseComments)
	if err != nil {
		return nil, false, fmt.Errorf("read imports: %w", err)
	}
	if !buildable(file) {
		return nil, false, nil
	}
	for _, spec := range file.Imports {
		at := fset.Position(spec.Pos())
		p, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			continue // the parser has accepted the literal
		}
		uses = append(uses, Use{p, diag.Pos{File: name, Line: at.Line}})
	}
	return uses, true, nil
}

// scanTree returns every import of the module at mod that leads out of it and
// of the standard library.
func scanTree(t tree.Tree, mod tree.Path, module string) ([]Use, error) {
	root := path.Dir(mod.String())
	nested := nestedModules(t, mod)
	var uses []Use
	var bad diag.List
	for p, f := range t.All() {
		if !belongs(p.String(), root, nested) {
			continue
		}
		found, _, err := Imports(p.String(), f.Data)
		if err != nil {
			bad.Add(diag.Diagnostic{Code: "go-syntax", Summary: err.Error(), At: diag.Pos{File: p.String()}})
			continue
		}
		for _, u := range found {
			if !within(u.Path, module) && !standard(u.Path) {
				uses = append(uses, u)
			}
		}
	}
	return uses, bad.Err(diag.Blueprint)
}

// nestedModules returns the directories of all other go.mod files.
func nestedModules(t tree.Tree, mod tree.Path) []string {
	var dirs []string
	for p := range t.All() {
		if p != mod && p.Base() == "go.mod" {
			dirs = append(dirs, path.Dir(p.String()))
		}
	}
	return dirs
}

// belongs reports whether file is a Go file that the go command counts to the
// module at root.
func belongs(file, root string, nested []string) bool {
	if !strings.HasSuffix(file, ".go") {
		return false
	}
	rel := file
	if root != "." {
		if !within(file, root) {
			return false
		}
		rel = file[len(root)+1:]
	}
	for _, dir := range nested {
		if dir != root && within(dir, root) && within(file, dir) {
			return false
		}
	}
	for dir := range strings.SplitSeq(path.Dir(rel), "/") {
		if dir == "testdata" || dir == "vendor" || hidden(dir) && dir != "." {
			return false
		}
	}
	return !hidden(path.Base(rel))
}

func hidden(name string) bool {
	return strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_")
}

// within reports whether p is dir or below it. Everything is below ".".
func within(p, dir string) bool {
	return dir == "." || p == dir || strings.HasPrefix(p, dir) && p[len(dir)] == '/'
}

// standard reports an import path of the standard library: its first element
// has no dot. Relative imports are nobody's module either.
func standard(p string) bool {
	first, _, _ := strings.Cut(p, "/")
	return first == "." || first == ".." || !strings.Contains(first, ".")
}

// buildable evaluates the build lines of a file: "//go:build" where there is
// one, else the older "// +build" lines, which do not count in the comment that
// documents the package.
func buildable(file *ast.File) bool {
	plus := true
	for _, group := range file.Comments {
		if group.Pos() > file.Package {
			break
		}
		for _, c := range group.List {
			old := group != file.Doc && constraint.IsPlusBuild(c.Text)
			if !old && !constraint.IsGoBuild(c.Text) {
				continue
			}
			x, err := constraint.Parse(c.Text)
			if !old {
				return err == nil && satisfiable(x, true)
			}
			plus = plus && (err != nil || satisfiable(x, true))
		}
	}
	return plus
}

// satisfiable evaluates x with every tag but "ignore" as true and false at the
// same time. want is the value that helps.
func satisfiable(x constraint.Expr, want bool) bool {
	switch x := x.(type) {
	case *constraint.TagExpr:
		return x.Tag != "ignore" && want
	case *constraint.NotExpr:
		return !satisfiable(x.X, !want)
	case *constraint.AndExpr:
		return satisfiable(x.X, want) && satisfiable(x.Y, want)
	case *constraint.OrExpr:
		return satisfiable(x.X, want) || satisfiable(x.Y, want)
	}
	return false
}
