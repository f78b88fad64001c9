package main

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"groundsill.example/internal/lock"
)

// complete builds the table, and builds it again with more spare modules until
// no set of packages misses one. A spare is needed where a test imports a
// package that no go.mod leads to.
func (s *scratch) complete(ctx context.Context, b *builder, spares map[string]string) (*lock.Table, error) {
	for {
		table, err := b.table(ctx, s.list.packages, spares)
		if err != nil {
			return nil, err
		}
		wanting, err := firstWanting(table, s.list.packages)
		if err != nil {
			return nil, err
		}
		if wanting == nil {
			return b.used(ctx, table, s.list.packages, spares)
		}
		found, err := s.spares(ctx, b, wanting, spares)
		if err != nil {
			return nil, err
		}
		before := len(spares)
		maps.Copy(spares, found)
		if len(spares) == before {
			return nil, fmt.Errorf("nothing provides what the tests of %q import", wanting)
		}
	}
}

// used drops the spare modules that no set of packages needs any more.
func (b *builder) used(ctx context.Context, t *lock.Table, packages []string, spares map[string]string) (*lock.Table, error) {
	needed := map[string]string{}
	for _, set := range samples(packages) {
		res, err := t.Tidy(set, nil)
		if err != nil {
			return nil, fmt.Errorf("tidy %q: %w", set, err)
		}
		for _, r := range res.Require {
			if spares[r.Path] == r.Version {
				needed[r.Path] = r.Version
			}
		}
	}
	if maps.Equal(needed, spares) {
		return t, nil
	}
	return b.table(ctx, packages, needed)
}

// firstWanting returns a set of packages for which the table lacks a spare
// module, or nil.
func firstWanting(t *lock.Table, packages []string) ([]string, error) {
	for _, set := range samples(packages) {
		unknown, err := t.Unknown(set)
		if err != nil {
			return nil, fmt.Errorf("tidy %q: %w", set, err)
		}
		if len(unknown) > 0 {
			return set, nil
		}
	}
	return nil, nil
}

// samples returns each package, each pair, all packages, and larger sets drawn
// with a fixed seed.
func samples(packages []string) [][]string {
	sets := [][]string{packages}
	for i, p := range packages {
		sets = append(sets, []string{p})
		for _, q := range packages[i+1:] {
			sets = append(sets, []string{p, q})
		}
	}
	rng := rand.New(rand.NewPCG(1, 2))
	for range 500 {
		set := slices.Clone(packages)
		rng.Shuffle(len(set), func(i, j int) { set[i], set[j] = set[j], set[i] })
		sets = append(sets, set[:1+rng.IntN(len(set))])
	}
	return sets
}

// spares has the go command tidy a module with the packages, and returns the
// modules it adds to the chosen ones.
func (s *scratch) spares(ctx context.Context, b *builder, packages []string, known map[string]string) (map[string]string, error) {
	dir := filepath.Join(s.tool.dir, "spare")
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return nil, fmt.Errorf("make scratch module: %w", err)
	}
	tool := toolchain{dir}
	var mod strings.Builder
	fmt.Fprintf(&mod, "module example.com/spare\n\ngo %s\n", s.list.language)
	for _, versions := range []map[string]string{b.chosen, known, s.list.pins} {
		for _, m := range sorted(versions) {
			fmt.Fprintf(&mod, "require %s %s\n", m.Path, m.Version)
		}
	}
	if err := tool.write("go.mod", mod.String()); err != nil {
		return nil, err
	}
	if err := tool.write("scratch.go", importing(packages)); err != nil {
		return nil, err
	}
	if _, err := tool.run(ctx, "mod", "tidy"); err != nil {
		return nil, err
	}
	file, err := tool.gomod()
	if err != nil {
		return nil, err
	}
	found := map[string]string{}
	for _, r := range file.Require {
		if b.chosen[r.Mod.Path] == "" {
			found[r.Mod.Path] = r.Mod.Version
		}
	}
	return found, nil
}
