package e2e

import (
	"errors"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"hash/maphash"
	"io"
	"os"
	slashed "path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

// packages type-checks services with their tests. A package that was checked
// with the same files and the same imports is not checked again.
type packages struct {
	mu      sync.Mutex
	files   *token.FileSet
	exports map[string]string // of packages that are not the service's, what the compiler wrote
	foreign types.Importer
	parsed  map[string]*parsedFile // by name and content
	known   map[uint64]*checked
	seed    maphash.Seed
}

// parsedFile is a file of Go, its imports of the service, and why it cannot be read.
type parsedFile struct {
	hash    uint64
	file    *ast.File
	imports []string
	mistake string
}

// elsewhere says that a package is bad because another is, which is told once.
const elsewhere = "there are mistakes in "

// checked is a package of a service and what is wrong with it.
type checked struct {
	bad      bool
	key      uint64
	types    *types.Package
	mistakes []string
}

func newPackages() *packages {
	p := &packages{files: token.NewFileSet(), exports: map[string]string{}, parsed: map[string]*parsedFile{}, known: map[uint64]*checked{}, seed: maphash.MakeSeed()}
	p.foreign = importer.ForCompiler(p.files, "gc", func(path string) (io.ReadCloser, error) {
		if file := p.exports[path]; file != "" {
			return os.Open(file)
		}
		return nil, errors.New("no package " + path + " in what the services of the corpus use")
	})
	return p
}

// learn asks the toolchain, in a service, for what the compiler makes of the
// packages that services import and do not have.
func (p *packages) learn(t *testing.T, dir string, services ...sources) {
	t.Helper()
	needModules(t, dir)
	args := []string{"list", "-export", "-deps", "-f", "{{.ImportPath}}\t{{.Export}}"}
	for _, in := range services {
		for name, data := range in {
			f, err := parser.ParseFile(token.NewFileSet(), name, data, parser.ImportsOnly)
			if err != nil || slashed.Ext(name) != ".go" {
				continue
			}
			for _, spec := range f.Imports {
				path := strings.Trim(spec.Path.Value, `"`)
				if !strings.HasPrefix(path, ownModule) && !slices.Contains(args, path) {
					args = append(args, path)
				}
			}
		}
	}
	for line := range strings.Lines(run(t, dir, "go", args...)) {
		if name, file, _ := strings.Cut(strings.TrimSpace(line), "\t"); file != "" {
			p.exports[name] = file
		}
	}
}

// typesRun is one run over the files of a service.
type typesRun struct {
	*packages

	dirs map[string][]string // Go files by directory
	in   sources
	done map[string]*checked // by import path; nil while it is being checked
}

// check returns why a service does not build, nothing if it does: each mistake
// with its file in front.
func (p *packages) check(in sources) []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	r := typesRun{packages: p, dirs: map[string][]string{}, in: in, done: map[string]*checked{}}
	for name := range in {
		if slashed.Ext(name) == ".go" {
			r.dirs[slashed.Dir(name)] = append(r.dirs[slashed.Dir(name)], name)
		}
	}
	var all []string
	for dir, files := range r.dirs {
		slices.Sort(files)
		own := r.get(slashed.Join(ownModule, dir))
		all = append(all, own.mistakes...)
		if !own.bad {
			all = append(all, r.tests(dir, files)...)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// Import implements types.Importer.
func (r typesRun) Import(name string) (*types.Package, error) {
	dir, own := strings.CutPrefix(name, ownModule)
	if !own {
		return r.foreign.Import(name)
	}
	if dir = strings.TrimPrefix(dir, "/"); dir == "" {
		dir = "."
	}
	if len(r.dirs[dir]) == 0 {
		return nil, errors.New("there is no package " + name)
	}
	c := r.get(name)
	if c == nil {
		return nil, errors.New("packages import each other: " + name)
	}
	if c.bad {
		return nil, errors.New(elsewhere + name)
	}
	return c.types, nil
}

// get returns a package of the service without its tests.
func (r typesRun) get(name string) *checked {
	if c, begun := r.done[name]; begun {
		return c
	}
	r.done[name] = nil
	dir := strings.TrimPrefix(strings.TrimPrefix(name, ownModule), "/")
	if dir == "" {
		dir = "."
	}
	files := slices.DeleteFunc(slices.Clone(r.dirs[dir]), func(f string) bool { return strings.HasSuffix(f, "_test.go") })
	c := r.checked(name, files)
	r.done[name] = c
	return c
}

// tests checks the tests of a package: those in it, with it, and those outside.
func (r typesRun) tests(dir string, files []string) []string {
	name := slashed.Join(ownModule, dir)
	inside, outside := []string{}, []string{}
	within := false
	for _, f := range files {
		switch {
		case !strings.HasSuffix(f, "_test.go"):
			inside = append(inside, f)
		case r.parse(f, r.in[f]).outside():
			outside = append(outside, f)
		default:
			inside, within = append(inside, f), true
		}
	}
	var all []string
	if within {
		all = r.checked(name+" [test]", inside).mistakes
	}
	if len(outside) > 0 {
		all = append(all, r.checked(name+"_test", outside).mistakes...)
	}
	return all
}

// parse reads a file, once.
func (p *packages) parse(name, data string) *parsedFile {
	id := name + "\x00" + data
	if known := p.parsed[id]; known != nil {
		return known
	}
	one := &parsedFile{hash: maphash.String(p.seed, id)}
	p.parsed[id] = one
	file, err := parser.ParseFile(p.files, name, data, parser.SkipObjectResolution)
	if err != nil {
		one.mistake = firstLine(err)
		return one
	}
	one.file = file
	for _, spec := range file.Imports {
		if path := strings.Trim(spec.Path.Value, "`\""); strings.HasPrefix(path, ownModule) {
			one.imports = append(one.imports, path)
		}
	}
	return one
}

// outside reports whether a test is not of the package that it stands beside.
func (f *parsedFile) outside() bool {
	return f.file != nil && strings.HasSuffix(f.file.Name.Name, "_test")
}

// checked checks files as one package, or finds that this was done.
func (r typesRun) checked(name string, files []string) *checked {
	var parts []*ast.File
	var mistakes []string
	key := maphash.String(r.seed, name)
	mix := func(part uint64) { key = maphash.Comparable(r.seed, [2]uint64{key, part}) }
	for _, f := range files {
		one := r.parse(f, r.in[f])
		mix(one.hash)
		if one.mistake != "" {
			mistakes = append(mistakes, one.mistake)
			continue
		}
		parts = append(parts, one.file)
		for _, path := range one.imports {
			if c := r.get(path); c != nil {
				mix(c.key)
			}
		}
	}
	if c := r.known[key]; c != nil {
		return c
	}
	c := &checked{key: key, mistakes: mistakes, bad: len(mistakes) > 0}
	if len(mistakes) == 0 {
		config := types.Config{Importer: r, Error: func(err error) {
			c.bad = true
			if line := firstLine(err); !strings.Contains(line, elsewhere) {
				c.mistakes = append(c.mistakes, line)
			}
		}}
		c.types, _ = config.Check(name, r.files, parts, nil) // what is wrong went to Error
	}
	r.known[key] = c
	return c
}

func firstLine(err error) string {
	line, _, _ := strings.Cut(err.Error(), "\n")
	return filepath.ToSlash(line)
}
