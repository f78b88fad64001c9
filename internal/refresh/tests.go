package main

import (
	"context"
	"maps"
	"path"
	"slices"
	"strings"

	"golang.org/x/mod/module"
	"golang.org/x/mod/semver"

	"groundsill.example/internal/lock"
)

// loadTests looks into every version of every module that could be selected
// for a package that only tests reach, and records what the package imports
// there, until nothing new is found.
func (b *builder) loadTests(ctx context.Context, packages map[string]lock.Package, spares map[string]string) error {
	versions := b.candidates(packages, spares)
	done := map[string]bool{}
	var queue []string
	for _, p := range packages {
		queue = append(queue, p.Tests...)
	}
	for len(queue) > 0 {
		slices.Sort(queue)
		queue = slices.DeleteFunc(slices.Compact(queue), func(p string) bool { return done[p] })
		if err := b.fetch(ctx, holders(queue, versions)); err != nil {
			return err
		}
		next := map[string]bool{}
		for _, p := range queue {
			done[p] = true
			for _, m := range holders([]string{p}, versions) {
				if err := b.loadTest(m, p, next); err != nil {
					return err
				}
			}
		}
		queue = slices.Collect(maps.Keys(next))
	}
	return nil
}

func (b *builder) loadTest(m module.Version, pkg string, next map[string]bool) error {
	if b.tests[m] == nil {
		b.tests[m] = map[string][]string{} // also when it only could hold the package
	}
	s, err := b.scan(m, pkg)
	if err != nil || s.empty {
		return err
	}
	b.tests[m][relative(pkg, m.Path)] = s.imports
	for _, i := range s.imports {
		next[i] = true
	}
	return nil
}

// holders returns the module versions whose path is a prefix of a package.
func holders(pkgs []string, versions map[string][]string) []module.Version {
	var mods []module.Version
	for _, p := range pkgs {
		for prefix := p; prefix != "."; prefix = path.Dir(prefix) {
			for _, v := range versions[prefix] {
				mods = append(mods, module.Version{Path: prefix, Version: v})
			}
		}
	}
	module.Sort(mods)
	return slices.Compact(mods)
}

// candidates returns, for every module in the graph, the versions that some
// set of packages could select: those that anything requires, from the lowest
// that a single package selects on.
func (b *builder) candidates(packages map[string]lock.Package, spares map[string]string) map[string][]string {
	lowest := map[string]string{}
	for _, roots := range b.rootSets(packages, spares) {
		for m, v := range b.selection(roots) {
			if old, ok := lowest[m]; !ok || semver.Compare(v, old) < 0 {
				lowest[m] = v
			}
		}
	}
	versions := map[string][]string{}
	mention := func(m module.Version) {
		if low, ok := lowest[m.Path]; ok && semver.Compare(m.Version, low) >= 0 {
			versions[m.Path] = append(versions[m.Path], m.Version)
		}
	}
	for m, entry := range b.manifest {
		mention(m)
		for _, r := range entry.require {
			mention(r)
		}
	}
	for p, v := range versions {
		semver.Sort(v)
		versions[p] = slices.Compact(v)
	}
	return versions
}

// rootSets returns the modules each package requires, and each spare alone.
func (b *builder) rootSets(packages map[string]lock.Package, spares map[string]string) [][]module.Version {
	var sets [][]module.Version
	for _, p := range packages {
		set := []module.Version{{Path: p.Module, Version: b.chosen[p.Module]}}
		for _, m := range p.Needs {
			set = append(set, module.Version{Path: m, Version: b.chosen[m]})
		}
		sets = append(sets, set)
	}
	for _, m := range sorted(spares) {
		sets = append(sets, []module.Version{m})
	}
	return sets
}

// selection returns the version of every module in the graph of the roots.
func (b *builder) selection(roots []module.Version) map[string]string {
	type state struct {
		m    module.Version
		deep bool
	}
	selected := map[string]string{}
	seen := map[state]bool{}
	var queue []state
	for _, r := range roots {
		queue = append(queue, state{r, false})
	}
	for len(queue) > 0 {
		s := queue[len(queue)-1]
		queue = queue[:len(queue)-1]
		if seen[s] {
			continue
		}
		seen[s] = true
		selected[s.m.Path] = newer(selected[s.m.Path], s.m.Version)
		entry := b.manifest[s.m]
		for _, r := range entry.require {
			selected[r.Path] = newer(selected[r.Path], r.Version)
			if s.deep || entry.unpruned {
				queue = append(queue, state{r, true})
			}
		}
	}
	return selected
}

func newer(a, b string) string {
	if a == "" || semver.Compare(a, b) < 0 {
		return b
	}
	return a
}

// modules returns the entries of the table.
func (b *builder) modules(spares map[string]string) []lock.Module {
	matters := map[string]bool{} // paths whose selected version decides something
	for m := range b.tests {
		matters[m.Path] = true
	}
	entries := map[module.Version]*lock.Module{}
	entry := func(m module.Version) *lock.Module {
		if entries[m] == nil {
			entries[m] = &lock.Module{Path: m.Path, Version: m.Version}
		}
		return entries[m]
	}
	for m, have := range b.manifest {
		e := entry(m)
		e.ModSum, e.Unpruned = have.sum, have.unpruned
		e.Chosen = b.chosen[m.Path] == m.Version
		e.Spare = spares[m.Path] == m.Version
		e.Require = b.requirements(m, matters)
	}
	for m, pkgs := range b.tests {
		e := entry(m)
		e.ModSum, e.Packages = b.files[m].GoModSum, pkgs
	}
	out := make([]lock.Module, 0, len(entries))
	for m, e := range entries {
		if e.Chosen || e.Spare || b.tests[m] != nil {
			e.Sum = b.files[m].Sum
		}
		out = append(out, *e)
	}
	slices.SortFunc(out, func(a, b lock.Module) int {
		if c := strings.Compare(a.Path, b.Path); c != 0 {
			return c
		}
		return semver.Compare(a.Version, b.Version)
	})
	return out
}

// requirements returns what of a go.mod can matter: everything where the graph
// is not pruned, else the modules whose selected version decides something.
func (b *builder) requirements(m module.Version, matters map[string]bool) []string {
	entry := b.manifest[m]
	deep := entry.unpruned || b.chosen[m.Path] != m.Version || b.belowUnpruned(m)
	var lines []string
	for _, r := range entry.require {
		if deep || matters[r.Path] {
			lines = append(lines, r.Path+" "+r.Version)
		}
	}
	slices.Sort(lines)
	return lines
}

// belowUnpruned reports whether an unpruned part of the graph holds m, so that
// all it requires is read.
func (b *builder) belowUnpruned(m module.Version) bool {
	for of, entry := range b.manifest {
		deep := entry.unpruned || b.chosen[of.Path] != of.Version
		if deep && slices.Contains(entry.require, m) {
			return true
		}
	}
	return false
}
