package main

import (
	"context"
	"errors"
	"fmt"
	"go/version"
	"slices"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"

	"groundsill.example/internal/lock"
)

// builder collects a lock.Table from a scratch module that the go command has
// tidied.
type builder struct {
	tool     toolchain
	chosen   map[string]string            // the versions of the scratch module
	manifest map[module.Version]*manifest // of the graph the table is about
	cache    map[module.Version]*manifest // all that were ever read
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

func newBuilder(tool toolchain, file *modfile.File) *builder {
	b := &builder{
		tool: tool, chosen: map[string]string{}, cache: map[module.Version]*manifest{},
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
	b.manifest = map[module.Version]*manifest{}
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
	if version.Compare("go"+a, "go"+b) < 0 {
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
	missing := slices.DeleteFunc(slices.Clone(mods), func(m module.Version) bool { return b.cache[m] != nil })
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
		entry.unpruned = version.Compare("go"+entry.language, "go1.17") < 0
		for _, r := range file.Require {
			entry.require = append(entry.require, r.Mod)
		}
		b.cache[module.Version{Path: f.Path, Version: f.Version}] = entry
	}
	for _, m := range mods {
		b.manifest[m] = b.cache[m]
	}
	return nil
}
