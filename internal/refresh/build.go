package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"
	"golang.org/x/mod/semver"

	"groundsill.example/internal/lock"
)

// builder collects a lock.Table from a scratch module that the go command has
// tidied.
type builder struct {
	tool     toolchain
	chosen   map[string]string // the versions of the scratch module
	manifest map[module.Version]*manifest
	files    map[module.Version]fetched
	scans    map[string]*scan // by directory
	tests    map[module.Version]map[string][]string
}

// manifest is what a go.mod says that matters to the module graph.
type manifest struct {
	sum      string
	language string
	unpruned bool
	require  []module.Version
}

// scan is what the Go files of a directory import.
type scan struct {
	imports, tests []string
	empty          bool
}

func newBuilder(tool toolchain, file *modfile.File) *builder {
	b := &builder{
		tool: tool, chosen: map[string]string{}, manifest: map[module.Version]*manifest{},
		files: map[module.Version]fetched{}, scans: map[string]*scan{},
		tests: map[module.Version]map[string][]string{},
	}
	for _, r := range file.Require {
		b.chosen[r.Mod.Path] = r.Mod.Version
	}
	return b
}

// table builds the table for the packages, with the spare modules.
func (b *builder) table(ctx context.Context, packages []string, spares map[string]string) (*lock.Table, error) {
	known := append(sorted(b.chosen), sorted(spares)...)
	if err := b.fetch(ctx, known); err != nil {
		return nil, err
	}
	if err := b.readGraph(ctx, known); err != nil {
		return nil, err
	}
	entries := map[string]lock.Package{}
	for _, p := range packages {
		entry, err := b.closure(p)
		if err != nil {
			return nil, err
		}
		entries[p] = entry
	}
	b.tests = map[module.Version]map[string][]string{}
	if err := b.loadTests(ctx, entries, spares); err != nil {
		return nil, err
	}
	language := ""
	for _, m := range b.manifest {
		language = later(language, m.language)
	}
	mods := b.modules(spares)
	contract(mods, entries)
	return lock.NewTable(language, entries, mods), nil
}

// verify demands the versions that belong together.
func (b *builder) verify(matches []match) error {
	var errs []error
	for _, want := range matches {
		entry := b.manifest[module.Version{Path: want.of, Version: b.chosen[want.of]}]
		if entry == nil {
			continue // nothing on the list leads to it
		}
		for _, r := range entry.require {
			if r.Path == want.module && r.Version != b.chosen[r.Path] {
				errs = append(errs, fmt.Errorf("%s %s works with %s %s only, and another module requires %s",
					want.of, b.chosen[want.of], r.Path, r.Version, b.chosen[r.Path]))
			}
		}
	}
	return errors.Join(errs...)
}

func later(a, b string) string {
	if semver.Compare("v"+a, "v"+b) < 0 {
		return b
	}
	return a
}

// sorted returns the modules of a map from path to version.
func sorted(versions map[string]string) []module.Version {
	var mods []module.Version
	for p, v := range versions {
		mods = append(mods, module.Version{Path: p, Version: v})
	}
	module.Sort(mods)
	return mods
}

// fetch downloads the modules that are not there yet.
func (b *builder) fetch(ctx context.Context, mods []module.Version) error {
	missing := slices.DeleteFunc(slices.Clone(mods), func(m module.Version) bool {
		_, ok := b.files[m]
		return ok
	})
	got, err := b.tool.download(ctx, missing)
	if err != nil {
		return err
	}
	for _, f := range got {
		b.files[module.Version{Path: f.Path, Version: f.Version}] = f
	}
	return nil
}

// readGraph reads the go.mod of the modules, and of everything below the ones
// that are older than graph pruning.
func (b *builder) readGraph(ctx context.Context, mods []module.Version) error {
	type state struct {
		m    module.Version
		deep bool
	}
	seen := map[state]bool{}
	var queue []state
	for _, m := range mods {
		queue = append(queue, state{m, false})
	}
	for len(queue) > 0 {
		var level []module.Version
		for _, s := range queue {
			level = append(level, s.m)
		}
		if err := b.readManifests(ctx, level); err != nil {
			return err
		}
		var next []state
		for _, s := range queue {
			entry := b.manifest[s.m]
			if seen[s] || !s.deep && !entry.unpruned {
				continue
			}
			seen[s] = true
			for _, r := range entry.require {
				next = append(next, state{r, true})
			}
		}
		queue = next
	}
	return nil
}

func (b *builder) readManifests(ctx context.Context, mods []module.Version) error {
	module.Sort(mods)
	mods = slices.Compact(mods)
	missing := slices.DeleteFunc(mods, func(m module.Version) bool { return b.manifest[m] != nil })
	got, err := b.tool.manifests(ctx, missing)
	if err != nil {
		return err
	}
	for _, f := range got {
		file, err := readMod(f.GoMod)
		if err != nil {
			return err
		}
		entry := &manifest{sum: f.GoModSum, language: "1.16"}
		if file.Go != nil {
			entry.language = file.Go.Version
		}
		entry.unpruned = semver.Compare("v"+entry.language, "v1.17") < 0
		for _, r := range file.Require {
			entry.require = append(entry.require, r.Mod)
		}
		b.manifest[module.Version{Path: f.Path, Version: f.Version}] = entry
	}
	return nil
}

// provider returns the chosen module that has Go files for pkg.
func (b *builder) provider(pkg string) (module.Version, *scan, error) {
	for prefix := pkg; prefix != "."; prefix = path.Dir(prefix) {
		v, ok := b.chosen[prefix]
		if !ok {
			continue
		}
		m := module.Version{Path: prefix, Version: v}
		s, err := b.scan(m, pkg)
		if err != nil {
			return module.Version{}, nil, err
		}
		if !s.empty {
			return m, s, nil
		}
	}
	return module.Version{}, nil, nil
}

func (b *builder) scan(m module.Version, pkg string) (*scan, error) {
	dir := filepath.Join(b.files[m].Dir, filepath.FromSlash(strings.TrimPrefix(pkg, m.Path)))
	if s := b.scans[dir]; s != nil {
		return s, nil
	}
	s, err := scanDir(dir)
	if err != nil {
		return nil, err
	}
	b.scans[dir] = s
	return s, nil
}

// scanDir reads the imports of a directory. One that is not there is empty; so
// is one without Go files.
func scanDir(dir string) (*scan, error) {
	s := &scan{empty: true}
	entries, err := os.ReadDir(dir)
	if errors.Is(err, os.ErrNotExist) {
		return s, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read module: %w", err)
	}
	imports, tests := map[string]bool{}, map[string]bool{}
	for _, e := range entries {
		name := e.Name()
		if e.IsDir() || !strings.HasSuffix(name, ".go") {
			continue
		}
		s.empty = false
		if strings.HasPrefix(name, "_") || strings.HasPrefix(name, ".") {
			continue
		}
		into := imports
		if strings.HasSuffix(name, "_test.go") {
			into = tests
		}
		if err := scanFile(filepath.Join(dir, name), into); err != nil {
			return nil, err
		}
	}
	s.imports = slices.Sorted(maps.Keys(imports))
	s.tests = slices.Sorted(maps.Keys(tests))
	return s, nil
}

func scanFile(name string, into map[string]bool) error {
	data, err := os.ReadFile(name)
	if err != nil {
		return fmt.Errorf("read module: %w", err)
	}
	uses, _, err := lock.Imports(name, data)
	if err != nil {
		return fmt.Errorf("read module: %w", err)
	}
	for _, u := range uses {
		if first, _, _ := strings.Cut(u.Path, "/"); strings.Contains(first, ".") {
			into[u.Path] = true
		}
	}
	return nil
}

// closure follows the imports of a package and returns what templates that
// import it need.
func (b *builder) closure(pkg string) (lock.Package, error) {
	mods, tests, all := map[string]bool{}, map[string]bool{}, map[string]bool{}
	if err := b.follow(pkg, mods, tests, all); err != nil {
		return lock.Package{}, err
	}
	own, _, err := b.provider(pkg)
	if err != nil {
		return lock.Package{}, err
	}
	frontier := map[string]bool{}
	for t := range tests {
		if err := b.cross(t, mods, all, frontier); err != nil {
			return lock.Package{}, err
		}
	}
	delete(mods, own.Path)
	return lock.Package{
		Module: own.Path,
		Needs:  slices.Sorted(maps.Keys(mods)),
		Tests:  slices.Sorted(maps.Keys(frontier)),
	}, nil
}

func (b *builder) follow(pkg string, mods, tests, all map[string]bool) error {
	if all[pkg] {
		return nil
	}
	all[pkg] = true
	m, s, err := b.provider(pkg)
	if err != nil {
		return err
	}
	if s == nil {
		return fmt.Errorf("no required module provides %s", pkg)
	}
	mods[m.Path] = true
	for _, t := range s.tests {
		tests[t] = true
	}
	for _, i := range s.imports {
		if err := b.follow(i, mods, tests, all); err != nil {
			return err
		}
	}
	return nil
}

// cross follows what a test imports through the modules that are required
// anyway, up to the packages of others.
func (b *builder) cross(pkg string, mods, all, frontier map[string]bool) error {
	if all[pkg] {
		return nil
	}
	m, s, err := b.provider(pkg)
	if err != nil {
		return err
	}
	if s == nil || !mods[m.Path] {
		frontier[pkg] = true
		return nil
	}
	all[pkg] = true
	for _, i := range s.imports {
		if err := b.cross(i, mods, all, frontier); err != nil {
			return err
		}
	}
	return nil
}
