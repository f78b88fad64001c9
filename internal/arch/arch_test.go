package arch

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const (
	module   = "groundsill.example"
	pureRows = 4
	outside  = -1 // the row of a package that stands beside the layers
)

var tableRow = regexp.MustCompile("^\\| (\\d+|–) \\| `([^`]+)` \\|")

// table returns the row of each package.
func table(t *testing.T) map[string]int {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string]int{}
	for line := range strings.Lines(string(text)) {
		m := tableRow.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		row, err := strconv.Atoi(m[1])
		if err != nil {
			row = outside
		}
		if _, twice := rows[m[2]]; twice {
			t.Errorf("the table names %s twice", m[2])
		}
		rows[m[2]] = row
	}
	if len(rows) < 20 {
		t.Fatalf("the table has only %d rows: is it still read right?", len(rows))
	}
	return rows
}

// sources returns the files of each package, tests left out.
func sources(t *testing.T) map[string][]*ast.File {
	t.Helper()
	all := map[string][]*ast.File{}
	top := filepath.Join("..", "..")
	err := filepath.WalkDir(top, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "testdata" || d.Name() == "files" || strings.HasPrefix(d.Name(), ".") && name != top) {
			return fs.SkipDir
		}
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return nil
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(top, filepath.Dir(name))
		pkg := filepath.ToSlash(rel)
		all[pkg] = append(all[pkg], f)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestTableNamesEveryPackage(t *testing.T) {
	rows := table(t)
	for pkg := range sources(t) {
		if _, ok := rows[pkg]; !ok {
			t.Errorf("package %s is not in internal/README.md", pkg)
		}
	}
	for pkg := range rows {
		if _, err := os.Stat(filepath.Join("..", "..", filepath.FromSlash(pkg))); err != nil {
			t.Errorf("internal/README.md names %s: %v", pkg, err)
		}
	}
}

func TestImportsGoDown(t *testing.T) {
	rows := table(t)
	for pkg, files := range sources(t) {
		row := rows[pkg]
		for _, name := range imports(files) {
			own, ok := strings.CutPrefix(name, module+"/")
			if !ok || row == outside {
				continue
			}
			if to, known := rows[own]; known && (to == outside || to >= row) {
				t.Errorf("%s (row %d) imports %s (row %d)", pkg, row, own, to)
			}
		}
	}
}

func TestLowRowsArePure(t *testing.T) {
	impure := []string{"os", "os/exec", "os/signal", "net", "net/http", "math/rand", "math/rand/v2", "crypto/rand", "syscall"}
	for pkg, files := range sources(t) {
		if row := table(t)[pkg]; row == outside || row > pureRows {
			continue
		}
		for _, name := range imports(files) {
			if slices.Contains(impure, name) {
				t.Errorf("%s is pure and imports %s", pkg, name)
			}
		}
		if calls(files, "time", "Now") {
			t.Errorf("%s is pure and calls time.Now", pkg)
		}
	}
}

// TestStoppingEarlyIsDecidedOnTop keeps a dry run from becoming a mode.
func TestStoppingEarlyIsDecidedOnTop(t *testing.T) {
	for pkg, files := range sources(t) {
		if pkg == "internal/cli" || !strings.HasPrefix(pkg, "internal/") {
			continue
		}
		for _, f := range files {
			ast.Inspect(f, func(n ast.Node) bool {
				if id, ok := n.(*ast.Ident); ok && strings.EqualFold(strings.ReplaceAll(id.Name, "_", ""), "dryrun") {
					t.Errorf("%s has the name %s", pkg, id.Name)
				}
				return true
			})
		}
	}
}

// TestOneDoor keeps go-git, cobra and survey behind one package each.
func TestOneDoor(t *testing.T) {
	doors := map[string][]string{
		"github.com/go-git/":      {"internal/gitrepo"},
		"github.com/spf13/":       {"internal/cli"},
		"github.com/AlecAivazis/": {"internal/prompt"},
		"github.com/Masterminds/": {"internal/eval"},
		"go.yaml.in/yaml":         {"internal/strictyaml", "internal/contract", "internal/document", "internal/merge"}, // files of others have anchors and many documents
		"os/exec":                 {"internal/gitrepo", "internal/setup", "internal/refresh", "internal/contract", "internal/dbserver", "internal/need", "e2e/demo", "e2e/bench", "e2e/engine"},
		"github.com/jackc/pgx/":   {"internal/contract"},
		"groundsill.example/e2e":  {"e2e/bench"},
		"groundsill.example/cmd":  {},
	}
	for pkg, files := range sources(t) {
		for _, name := range imports(files) {
			for prefix, allowed := range doors {
				if strings.HasPrefix(name, prefix) && !slices.Contains(allowed, pkg) {
					t.Errorf("%s imports %s, which belongs to %v", pkg, name, allowed)
				}
			}
		}
	}
}

func imports(files []*ast.File) []string {
	var all []string
	for _, f := range files {
		for _, i := range f.Imports {
			name, err := strconv.Unquote(i.Path.Value)
			if err == nil {
				all = append(all, name)
			}
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func calls(files []*ast.File, pkg, name string) bool {
	found := false
	for _, f := range files {
		ast.Inspect(f, func(n ast.Node) bool {
			s, ok := n.(*ast.SelectorExpr)
			if !ok || s.Sel.Name != name {
				return true
			}
			if id, ok := s.X.(*ast.Ident); ok && id.Name == path.Base(pkg) {
				found = true
			}
			return true
		})
	}
	return found
}
