package merge

import (
	"bytes"
	"go/ast"
	"go/build"
	"go/build/constraint"
	"go/parser"
	"go/token"
	"io"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/mod/modfile"

	"groundsill.example/internal/tree"
)

// goTree is a tree as the Go packages that it holds.
type goTree struct {
	files   map[string][]byte     // by path
	dirs    map[string][]goSource // by directory, in the order of their names
	modules map[string]string     // the paths of modules, by directory
}

// goSource is a Go file.
type goSource struct {
	path string
	data []byte
}

func goPackages(files map[tree.Path]tree.File) goTree {
	t := goTree{map[string][]byte{}, map[string][]goSource{}, map[string]string{}}
	for _, p := range slices.SortedFunc(maps.Keys(files), tree.Path.Compare) {
		f, name := files[p], p.String()
		switch dir := path.Dir(name); {
		case !plain(&f) || outside(name):
		case path.Base(name) == "go.mod":
			t.modules[dir] = modfile.ModulePath(f.Data)
		case path.Ext(name) == ".go":
			t.files[name], t.dirs[dir] = f.Data, append(t.dirs[dir], goSource{name, f.Data})
		}
	}
	return t
}

// outside reports whether the go command leaves a file out of every package.
func outside(name string) bool {
	return slices.ContainsFunc(strings.Split(name, "/"), func(part string) bool {
		return part == "testdata" || part == "vendor" || part[0] == '_' || part[0] == '.'
	})
}

// has reports whether a tree has a file as it is.
func (t goTree) has(src goSource) bool {
	data, ok := t.files[src.path]
	return ok && bytes.Equal(data, src.data)
}

// local returns the directory of an imported package of the tree, and whether
// it is one.
func (t goTree) local(imported string) (string, bool) {
	for dir, module := range t.modules {
		rest, ok := strings.CutPrefix(imported, module)
		if !ok || module == "" || rest != "" && rest[0] != '/' {
			continue
		}
		if at := path.Join(dir, rest); len(t.dirs[at]) > 0 {
			return at, true
		}
	}
	return "", false
}

// sources are the Go files of several trees, each read once.
type sources struct {
	set    *token.FileSet
	parsed map[string]*ast.File // by path and text; nil where it is no Go
	heads  map[string][]string  // what a file imports, by its text
}

func newSources() sources {
	return sources{token.NewFileSet(), map[string]*ast.File{}, map[string][]string{}}
}

func (s sources) parse(src goSource) *ast.File {
	key := src.path + "\x00" + string(src.data)
	f, known := s.parsed[key]
	if !known {
		var err error
		if f, err = parser.ParseFile(s.set, src.path, src.data, parser.ParseComments|parser.SkipObjectResolution); err != nil {
			f = nil
		}
		s.parsed[key] = f
	}
	return f
}

// imports returns what a file imports. Only the head of the file is read.
func (s sources) imports(src goSource) []string {
	list, known := s.heads[string(src.data)]
	if !known {
		f, _ := parser.ParseFile(token.NewFileSet(), "", src.data, parser.ImportsOnly)
		if f != nil {
			for _, spec := range f.Imports {
				if imported, err := strconv.Unquote(spec.Path.Value); err == nil {
					list = append(list, imported)
				}
			}
		}
		s.heads[string(src.data)] = list
	}
	return list
}

// foreign are tags of files that belong to no package together with the others.
const foreign = " ignore tools cgo gccgo "

// built returns the files of a directory that are built together: for one
// system, and with every tag that is a name of its own. False: one is no Go.
func (s sources) built(list []goSource) ([]*ast.File, bool) {
	c := build.Context{GOOS: "linux", GOARCH: "amd64", Compiler: "gc", ReleaseTags: build.Default.ReleaseTags}
	var files []*ast.File
	for _, src := range list {
		f := s.parse(src)
		if f == nil {
			return nil, false
		}
		c.BuildTags = slices.DeleteFunc(tags(f), func(tag string) bool {
			return strings.Contains(foreign, " "+tag+" ") || !matches(c, "x_"+tag+".go", nil) // the name of another system
		})
		if matches(c, path.Base(src.path), src.data) {
			files = append(files, f)
		}
	}
	return files, true
}

func matches(c build.Context, name string, data []byte) bool {
	if data == nil {
		data = []byte("package x\n")
	}
	c.OpenFile = func(string) (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(data)), nil }
	ok, err := c.MatchFile("", name)
	return ok && err == nil
}

// tags returns the words of the build constraint of a file.
func tags(f *ast.File) []string {
	var all []string
	for _, group := range f.Comments {
		for _, c := range group.List {
			if c.Pos() < f.Package && constraint.IsGoBuild(c.Text) {
				if expr, err := constraint.Parse(c.Text); err == nil {
					expr.Eval(func(tag string) bool { all = append(all, tag); return true })
				}
			}
		}
	}
	return all
}
