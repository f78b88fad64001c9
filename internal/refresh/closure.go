package main

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/mod/module"

	"groundsill.example/internal/lock"
)

// scan is what the Go files of a directory import.
type scan struct {
	imports, tests []string
	empty          bool
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
