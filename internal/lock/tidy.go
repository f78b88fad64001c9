package lock

import (
	"fmt"
	"iter"
	"maps"
	"path"
	"slices"

	"golang.org/x/mod/module"
	"golang.org/x/mod/semver"

	"groundsill.example/internal/diag"
)

// Requirement is a line of go.mod.
type Requirement struct {
	Path, Version string
	Direct        bool // the module's own code imports it
}

// Sum is a line of go.sum. Version ends in "/go.mod" for the hash of a go.mod.
type Sum struct {
	Path, Version, Hash string
}

// Resolution is what a tidy module has in its go.mod and go.sum, sorted.
type Resolution struct {
	Require []Requirement
	Sums    []Sum
}

// Wanted returns the packages that uses name, each once, sorted. The error is
// a *diag.Error of class Blueprint with a diagnostic for every use the table
// does not know.
func (t *Table) Wanted(uses []Use) ([]string, error) {
	var names []string
	var unknown diag.List
	for _, u := range uses {
		if _, ok := t.Packages[u.Path]; !ok {
			unknown.Add(diag.Diagnostic{
				Code:    "import-unknown",
				Summary: fmt.Sprintf("the lock of the blueprint does not provide %q", u.Path),
				Hint:    "add the package to the list of the lock and run make refresh",
				At:      u.At,
			})
			continue
		}
		names = append(names, u.Path)
	}
	slices.Sort(names)
	return slices.Compact(names), unknown.Err(diag.Blueprint)
}

// Tidy returns what a module needs whose code imports the packages direct and
// whose go.mod names the tools. Both are keys of t.Packages.
//
// It follows cmd/go: every module that provides a package the build can reach
// is required, at the chosen version. The tests of these packages are looked
// at as well, one level deep, and what they import is hashed, at the version
// the module graph selects. It is required only where the graph would not lead
// to it otherwise; that can select other versions, hence the loop.
func (t *Table) Tidy(direct, tools []string) (Resolution, error) {
	base, tests := t.needs(slices.Concat(direct, tools))
	r, err := t.settle(base, tests)
	if err != nil {
		return Resolution{}, err
	}
	if len(r.unknown) > 0 {
		return Resolution{}, incomplete("package " + r.unknown[0])
	}
	return r.resolution(t.providers(direct), base)
}

// Unknown returns the packages that tests reach from the packages direct and
// that no module of the table can be required for. A complete table has none.
func (t *Table) Unknown(direct []string) ([]string, error) {
	r, err := t.settle(t.needs(direct))
	if err != nil {
		return nil, err
	}
	return r.unknown, nil
}

// settle looks until looking changes nothing.
func (t *Table) settle(base map[string]string, tests []string) (*round, error) {
	roots := base
	for range maxRounds {
		r := &round{table: t, roots: roots}
		if err := r.run(tests); err != nil {
			return nil, err
		}
		next, err := r.tidyRoots(base)
		if err != nil {
			return nil, err
		}
		if maps.Equal(next, roots) {
			return r, nil
		}
		roots = next
	}
	return nil, tableError("lock-unstable", "the requirements of the blueprint's packages do not settle", nil)
}

// maxRounds is far above what real modules take: one round, or one more for
// each requirement that only tests need.
const maxRounds = 20

// needs returns the modules the packages need, with their versions, and what
// the tests of these modules import.
func (t *Table) needs(pkgs []string) (map[string]string, []string) {
	roots := map[string]string{}
	var tests []string
	for _, name := range pkgs {
		p := t.Packages[name]
		roots[p.Module] = t.chosen[p.Module]
		for _, m := range p.Needs {
			roots[m] = t.chosen[m]
		}
		tests = append(tests, p.Tests...)
	}
	return roots, tests
}

func (t *Table) providers(pkgs []string) map[string]bool {
	mods := map[string]bool{}
	for _, p := range pkgs {
		mods[t.Packages[p].Module] = true
	}
	return mods
}

// round is one look at the world with a set of required modules.
type round struct {
	table   *Table
	roots   map[string]string // path → version of the required modules
	graph   *graph
	levels  [][]loaded // packages only tests reach, by distance
	missing []string   // those that no module of the graph provides
	unknown []string   // those that no module of the table provides
}

// loaded is a package and the module it was found in.
type loaded struct {
	pkg string
	mod module.Version
}

func (r *round) run(tests []string) error {
	var err error
	if r.graph, err = r.table.graph(r.roots); err != nil {
		return err
	}
	seen := map[string]bool{}
	for queue := tests; len(queue) > 0; {
		var level []loaded
		var next []string
		for _, pkg := range queue {
			if seen[pkg] {
				continue
			}
			seen[pkg] = true
			mod, imports, ok := r.find(pkg)
			if !ok {
				r.missing = append(r.missing, pkg)
				continue
			}
			level = append(level, loaded{pkg, mod})
			next = append(next, imports...)
		}
		r.levels = append(r.levels, level)
		queue = next
	}
	return nil
}

// find returns the module that provides pkg. Required modules are asked first,
// and if one has it, no other.
func (r *round) find(pkg string) (module.Version, []string, bool) {
	for _, versions := range []map[string]string{r.roots, r.graph.selected} {
		for prefix := range prefixes(pkg) {
			version, ok := versions[prefix]
			if !ok {
				continue
			}
			m := module.Version{Path: prefix, Version: version}
			if imports, ok := r.table.provides(m, pkg); ok {
				return m, imports, true
			}
		}
	}
	return module.Version{}, nil, false
}

// tidyRoots returns what has to be required: base, what provides missing
// packages, and what would be selected at a lower version, or not at all,
// without being required.
func (r *round) tidyRoots(base map[string]string) (map[string]string, error) {
	roots := maps.Clone(base)
	g := r.graph
	var err error
	if !maps.Equal(roots, r.roots) {
		if g, err = r.table.graph(roots); err != nil {
			return nil, err
		}
	}
	for _, level := range r.levels {
		if !addUpgrades(roots, g, level) {
			continue
		}
		if g, err = r.table.graph(roots); err != nil {
			return nil, err
		}
	}
	for _, pkg := range r.missing {
		m, ok := r.table.spare(pkg)
		if !ok {
			r.unknown = append(r.unknown, pkg)
			continue
		}
		roots[m.Path] = m.Version
	}
	return roots, nil
}

// addUpgrades requires the modules of a level that g selects at a lower version
// than they were found at, and reports whether there are any.
func addUpgrades(roots map[string]string, g *graph, level []loaded) bool {
	grown := false
	for _, l := range level {
		_, required := roots[l.mod.Path]
		if !required && semver.Compare(g.selected[l.mod.Path], l.mod.Version) < 0 {
			roots[l.mod.Path] = l.mod.Version
			grown = true
		}
	}
	return grown
}

func (r *round) resolution(direct map[string]bool, base map[string]string) (Resolution, error) {
	var res Resolution
	for _, p := range slices.Sorted(maps.Keys(r.roots)) {
		res.Require = append(res.Require, Requirement{p, r.roots[p], direct[p]})
	}
	lines := slices.Collect(maps.Keys(r.keep(base)))
	module.Sort(lines)
	for _, m := range lines {
		hash := r.table.hash(m)
		if hash == "" {
			return Resolution{}, incomplete("hash of " + m.String())
		}
		res.Sums = append(res.Sums, Sum{m.Path, m.Version, hash})
	}
	return res, nil
}

// keep returns the lines of go.sum: the go.mod of everything the graph reads
// and of every module that provides a package, and the files of every module
// that provides a package or, by its path, could.
func (r *round) keep(base map[string]string) map[module.Version]bool {
	keep := map[module.Version]bool{}
	for m := range r.graph.read {
		keep[modKey(m)] = true
	}
	for p, v := range base {
		keep[module.Version{Path: p, Version: v}] = true
	}
	for _, level := range r.levels {
		for _, l := range level {
			keep[modKey(l.mod)] = true
			asked := r.graph.selected
			if r.roots[l.mod.Path] == l.mod.Version {
				asked = r.roots
			}
			for prefix := range prefixes(l.pkg) {
				if v, ok := asked[prefix]; ok {
					keep[module.Version{Path: prefix, Version: v}] = true
				}
			}
		}
	}
	return keep
}

// prefixes yields the paths a module that provides pkg could have, the longest
// first.
func prefixes(pkg string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for prefix := pkg; prefix != "." && yield(prefix); {
			prefix = path.Dir(prefix)
		}
	}
}

func modKey(m module.Version) module.Version {
	return module.Version{Path: m.Path, Version: m.Version + "/go.mod"}
}

func incomplete(what string) error {
	return tableError("lock-incomplete", "the lock of the blueprint does not have the "+what, nil)
}
