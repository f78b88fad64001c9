package lock

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/mod/module"
	"golang.org/x/mod/semver"

	"groundsill.example/internal/diag"
)

// Table is everything the go command would look up to tidy a module: which
// modules provide what templates may import, what these modules require, and
// the hashes of all of them. [ParseTable] and [NewTable] make
// one, and [Table.Format] writes it.
type Table struct {
	Go       string             // the newest language version any module asks for
	Packages map[string]Package // what templates may import, by import path
	Modules  []Module           // by path, then version

	byVersion map[module.Version]*Module
	chosen    map[string]string // module path → the version a go.mod gets
	spares    map[string]string // the same for [Module.Spare]
}

// Package is something templates may import.
type Package struct {
	Module string   `json:"module"`          // the path of the module that provides it
	Needs  []string `json:"needs,omitempty"` // the other modules that provide what it imports, however far
	Tests  []string `json:"tests,omitempty"` // what the tests of all of these import from elsewhere
}

// Module is one version of a module.
type Module struct {
	Path     string              `json:"path"`
	Version  string              `json:"version"`
	Chosen   bool                `json:"chosen,omitempty"`   // the version a go.mod gets
	Spare    bool                `json:"spare,omitempty"`    // the version for a package that only tests import, where nothing else leads to it
	Unpruned bool                `json:"unpruned,omitempty"` // older than go 1.17: what it requires counts to any depth
	Sum      string              `json:"sum,omitempty"`      // the hash of its files
	ModSum   string              `json:"mod,omitempty"`      // the hash of its go.mod
	Require  []string            `json:"require,omitempty"`  // "path version", those that can matter
	Packages map[string][]string `json:"packages,omitempty"` // what tests may load: directory → imports
}

type tableJSON struct {
	Format   int                `json:"format"`
	Go       string             `json:"go"`
	Packages map[string]Package `json:"packages"`
	Modules  []Module           `json:"modules"`
}

// tableFormat is the version of the file format.
const tableFormat = 1

// ParseTable reads a table. The error is a *diag.Error of class Blueprint.
func ParseTable(data []byte) (*Table, error) {
	raw, err := decodeTable(data)
	if err != nil {
		return nil, tableError("lock-syntax", "the lock of the blueprint is not valid JSON", err)
	}
	if raw.Format != tableFormat {
		summary := fmt.Sprintf("the lock of the blueprint has format %d, and this program reads format %d", raw.Format, tableFormat)
		return nil, tableError("lock-format", summary, nil)
	}
	t := NewTable(raw.Go, raw.Packages, raw.Modules)
	for _, p := range t.Packages {
		for _, m := range append([]string{p.Module}, p.Needs...) {
			if t.chosen[m] == "" {
				return nil, tableError("lock-incomplete", "the lock of the blueprint chooses no version of "+m, nil)
			}
		}
	}
	return t, nil
}

// NewTable returns a table. It takes over what it is given.
func NewTable(language string, packages map[string]Package, modules []Module) *Table {
	t := &Table{Go: language, Packages: packages, Modules: modules}
	t.index()
	return t
}

func (t *Table) index() {
	t.byVersion = make(map[module.Version]*Module, len(t.Modules))
	t.chosen = make(map[string]string, len(t.Modules))
	t.spares = map[string]string{}
	for i := range t.Modules {
		m := &t.Modules[i]
		t.byVersion[module.Version{Path: m.Path, Version: m.Version}] = m
		if m.Chosen {
			t.chosen[m.Path] = m.Version
		}
		if m.Spare {
			t.spares[m.Path] = m.Version
		}
	}
}

// provides returns what the package imports in this version of a module, and
// whether it is there at all.
func (t *Table) provides(m module.Version, pkg string) ([]string, bool) {
	entry, ok := t.byVersion[m]
	if !ok {
		return nil, false
	}
	dir := "."
	if pkg != m.Path {
		dir = pkg[len(m.Path)+1:]
	}
	imports, ok := entry.Packages[dir]
	return imports, ok
}

// spare returns the module to require for a package nothing else leads to.
func (t *Table) spare(pkg string) (module.Version, bool) {
	for _, versions := range []map[string]string{t.chosen, t.spares} {
		for prefix := range prefixes(pkg) {
			m := module.Version{Path: prefix, Version: versions[prefix]}
			if _, ok := t.provides(m, pkg); ok {
				return m, true
			}
		}
	}
	return module.Version{}, false
}

// hash returns the hash of a line of go.sum, and nothing when the table does
// not have it.
func (t *Table) hash(m module.Version) string {
	version, isMod := strings.CutSuffix(m.Version, "/go.mod")
	entry, ok := t.byVersion[module.Version{Path: m.Path, Version: version}]
	switch {
	case !ok:
		return ""
	case isMod:
		return entry.ModSum
	}
	return entry.Sum
}

// Format returns the table as JSON, a package and a module a line, sorted.
func (t *Table) Format() ([]byte, error) {
	var b bytes.Buffer
	fmt.Fprintf(&b, "{\n\"format\": %d,\n\"go\": %q,\n\"packages\": {\n", tableFormat, t.Go)
	names := make([]string, 0, len(t.Packages))
	for name := range t.Packages {
		names = append(names, name)
	}
	slices.Sort(names)
	for i, name := range names {
		fmt.Fprintf(&b, "%q: ", name)
		if err := line(&b, t.Packages[name], i == len(names)-1); err != nil {
			return nil, err
		}
	}
	b.WriteString("},\n\"modules\": [\n")
	mods := slices.Clone(t.Modules)
	slices.SortFunc(mods, compareModules)
	for i, m := range mods {
		if err := line(&b, m, i == len(mods)-1); err != nil {
			return nil, err
		}
	}
	b.WriteString("]\n}\n")
	return b.Bytes(), nil
}

func line(b *bytes.Buffer, v any, last bool) error {
	data, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("encode lock: %w", err)
	}
	b.Write(data)
	if !last {
		b.WriteByte(',')
	}
	b.WriteByte('\n')
	return nil
}

func compareModules(a, b Module) int {
	if c := strings.Compare(a.Path, b.Path); c != 0 {
		return c
	}
	return semver.Compare(a.Version, b.Version)
}

func tableError(code, summary string, cause error) error {
	return diag.Wrap(diag.Blueprint, cause, diag.Diagnostic{
		Code: code, Summary: summary, Hint: "make the lock again with make refresh",
	})
}
