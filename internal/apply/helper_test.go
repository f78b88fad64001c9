package apply

import (
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"groundsill.example/internal/diag"
	"groundsill.example/internal/plan"
	"groundsill.example/internal/tree"
)

// mustPath parses a path that is part of a test.
func mustPath(s string) tree.Path {
	p, err := tree.ParsePath(s)
	if err != nil {
		panic(err)
	}
	return p
}

// mustTree makes a tree of pairs of path and content. A path that ends in "*"
// is executable.
func mustTree(pairs ...string) tree.Tree {
	var b tree.Builder
	for i := 0; i < len(pairs); i += 2 {
		name, exec := strings.CutSuffix(pairs[i], "*")
		mode := tree.Regular
		if exec {
			mode = tree.Executable
		}
		if err := b.Add(mustPath(name), tree.File{Data: []byte(pairs[i+1]), Mode: mode}); err != nil {
			panic(err)
		}
	}
	return b.Tree()
}

// planOf is the plan that makes target of ours.
func planOf(ours, target tree.Tree) plan.Plan {
	return plan.Plan{Root: ".", Changes: plan.Compute(ours, target, func(tree.Path) string { return "test" })}
}

// newTarget makes a target on the disk, with its state inside.
func newTarget(tb testing.TB, files tree.Tree) Target {
	tb.Helper()
	dir := filepath.Join(tb.TempDir(), "work")
	target := Target{Dir: dir, State: filepath.Join(dir, ".git", "sill")}
	check(tb, os.MkdirAll(filepath.Join(dir, ".git"), 0o777))
	put(tb, dir, files)
	return target
}

// put writes files without the help of the package under test.
func put(tb testing.TB, dir string, files tree.Tree) {
	tb.Helper()
	for p, f := range files.All() {
		name := filepath.Join(dir, filepath.FromSlash(p.String()))
		check(tb, os.MkdirAll(filepath.Dir(name), 0o777))
		check(tb, os.WriteFile(name, f.Data, perm(f.Mode)))
	}
}

// listing is everything below dir as "path mode content", directories
// included, .git left out.
func listing(tb testing.TB, dir string) []string {
	tb.Helper()
	lines := []string{}
	err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(dir, name)
		if err != nil || rel == "." {
			return err
		}
		if d.Name() == ".git" {
			return filepath.SkipDir
		}
		line, err := describe(name, d)
		lines = append(lines, filepath.ToSlash(rel)+" "+line)
		return err
	})
	check(tb, err)
	slices.Sort(lines)
	return lines
}

func describe(name string, d fs.DirEntry) (string, error) {
	if d.IsDir() {
		return "dir", nil
	}
	if d.Type()&fs.ModeSymlink != 0 {
		link, err := os.Readlink(name)
		return "-> " + link, err
	}
	info, err := d.Info()
	if err != nil {
		return "", err
	}
	data, err := os.ReadFile(name)
	return fmt.Sprintf("%v %q", info.Mode(), data), err
}

// listingOf is what listing says of a directory that holds only files.
func listingOf(tb testing.TB, files tree.Tree) []string {
	tb.Helper()
	dir := tb.TempDir()
	put(tb, dir, files)
	return listing(tb, dir)
}

func check(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}

func same(tb testing.TB, what string, got, want []string) {
	tb.Helper()
	if d := cmp.Diff(want, got); d != "" {
		tb.Fatalf("%s (-want +got):\n%s", what, d)
	}
}

// wantError checks class and code of an error.
func wantError(tb testing.TB, err error, class diag.Class, code string) *diag.Error {
	tb.Helper()
	e, ok := err.(*diag.Error) //nolint:errorlint // the package returns it bare
	if !ok {
		tb.Fatalf("error %v (%T), want a *diag.Error", err, err)
	}
	if e.Class != class || e.Code() != code {
		tb.Fatalf("error %s/%s: %v, want %s/%s", e.Class, e.Code(), err, class, code)
	}
	return e
}

// litter returns what is left in the state directory besides the last run's
// journal and backup.
func litter(tb testing.TB, target Target) []string {
	tb.Helper()
	var left []string
	for _, dir := range []string{target.State, filepath.Join(target.Dir, ".sill")} {
		entries, err := os.ReadDir(dir)
		if err != nil && !os.IsNotExist(err) {
			tb.Fatal(err)
		}
		for _, e := range entries {
			if e.Name() != lastName && e.Name() != oldDir {
				left = append(left, e.Name())
			}
		}
	}
	return left
}

// randomTree makes small trees, so that two of them often have a file where the
// other has a directory.
func randomTree(r *rand.Rand) tree.Tree {
	files := map[tree.Path]tree.File{}
	for range r.IntN(12) {
		parts := make([]string, 1+r.IntN(4))
		for i := range parts {
			parts[i] = string(rune('a' + r.IntN(4)))
		}
		mode := tree.Regular
		if r.IntN(4) == 0 {
			mode = tree.Executable
		}
		p := mustPath(strings.Join(parts, "/"))
		files[p] = tree.File{Data: []byte(strings.Repeat("x", r.IntN(3))), Mode: mode}
		if _, err := grow(files); err != nil {
			delete(files, p)
		}
	}
	result, err := grow(files)
	if err != nil {
		panic(err)
	}
	return result
}

func grow(files map[tree.Path]tree.File) (tree.Tree, error) {
	var b tree.Builder
	for p, f := range files {
		if err := b.Add(p, f); err != nil {
			return tree.Tree{}, err
		}
	}
	return b.Tree(), nil
}
