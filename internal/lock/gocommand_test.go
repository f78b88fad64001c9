package lock_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"groundsill.example/internal/lock"
	"groundsill.example/internal/need"
	"groundsill.example/internal/tree"
)

// The lock of the Go blueprint, judged by the go command itself: every package
// alone, pairs, and larger sets.
func TestGoCommandAgrees(t *testing.T) {
	if testing.Short() {
		t.Skip("runs the go command many times")
	}
	superset := readLock(t)
	requireModules(t, superset)
	for _, imports := range subsets(t, superset) {
		t.Run(subsetName(imports), func(t *testing.T) {
			t.Parallel()
			judge(t, superset, imports)
		})
	}
}

func readLock(tb testing.TB) []byte {
	tb.Helper()
	data, err := os.ReadFile(filepath.FromSlash("../../blueprints/go/locks/go.json"))
	if err != nil {
		tb.Fatal(err)
	}
	return data
}

// requireModules skips the test where modules cannot be had.
func requireModules(t *testing.T, superset []byte) {
	t.Helper()
	table, err := lock.ParseTable(superset)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	write(t, dir, "go.mod", []byte("module example.com/probe\n\ngo "+table.Go+"\n"))
	args := []string{"mod", "download"}
	for _, m := range table.Modules {
		if m.Sum != "" {
			args = append(args, m.Path+"@"+m.Version)
		}
	}
	if out, err := goCommand(dir, args...); err != nil {
		need.Missing(t, "go-modules", fmt.Sprintf("cannot be had: %v\n%s", err, out))
	}
}

// subsets returns every package alone, all packages, and sets drawn with a
// fixed seed.
func subsets(t *testing.T, superset []byte) [][]string {
	t.Helper()
	names := packageNames(t, superset)
	sets := [][]string{nil, names}
	for _, name := range names {
		sets = append(sets, []string{name})
	}
	rng := rand.New(rand.NewPCG(2, 3))
	for n := range 40 {
		size := 2
		if n >= 25 {
			size = 3 + rng.IntN(len(names)-3)
		}
		set := slices.Clone(names)
		rng.Shuffle(len(set), func(i, j int) { set[i], set[j] = set[j], set[i] })
		sets = append(sets, set[:size])
	}
	return sets
}

func packageNames(tb testing.TB, superset []byte) []string {
	tb.Helper()
	table, err := lock.ParseTable(superset)
	if err != nil {
		tb.Fatal(err)
	}
	var names []string
	for name := range table.Packages {
		names = append(names, name)
	}
	if len(names) < 4 {
		tb.Fatalf("the lock has %d packages", len(names))
	}
	slices.Sort(names)
	return names
}

func subsetName(imports []string) string {
	switch {
	case len(imports) == 0:
		return "none"
	case len(imports) > 2:
		return fmt.Sprintf("%d packages", len(imports))
	}
	return strings.ReplaceAll(strings.Join(imports, "+"), "/", "_")
}

// judge locks a module with these imports and has the go command look.
func judge(t *testing.T, superset []byte, imports []string) {
	t.Helper()
	files := moduleWith(t, imports)
	gomod, gosum, err := lock.Go(superset, files, path(t, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for p, f := range files.All() {
		write(t, dir, p.String(), f.Data)
	}
	write(t, dir, "go.mod", gomod)
	write(t, dir, "go.sum", gosum)
	if out, err := goCommand(dir, "mod", "tidy", "-diff"); err != nil || strings.Contains(out, "@@") {
		t.Errorf("go mod tidy -diff: %v\nimports %q\n%s", err, imports, out)
	}
	if out, err := goCommand(dir, "list", "-mod=readonly", "-deps", "-test", "./..."); err != nil {
		t.Errorf("go list: %v\n%s", err, out)
	}
}

// moduleWith returns a module that imports packages: the first half in its
// code, the others in its tests.
func moduleWith(tb testing.TB, imports []string) tree.Tree {
	tb.Helper()
	half := (len(imports) + 1) / 2
	var b tree.Builder
	add(tb, &b, "go.mod", "module example.com/service\n\ngo 1.26.0\n")
	add(tb, &b, "code.go", source(imports[:half]))
	add(tb, &b, "code_test.go", source(imports[half:]))
	return b.Tree()
}

func source(imports []string) string {
	var b strings.Builder
	b.WriteString("package service\n")
	for _, p := range imports {
		fmt.Fprintf(&b, "\nimport _ %q\n", p)
	}
	return b.String()
}

func goCommand(dir string, args ...string) (string, error) {
	cmd := exec.Command("go", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=", "GOTOOLCHAIN=local")
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func write(tb testing.TB, dir, name string, data []byte) {
	tb.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
		tb.Fatal(err)
	}
}

func add(tb testing.TB, b *tree.Builder, name, content string) {
	tb.Helper()
	if err := b.Add(path(tb, name), tree.File{Data: []byte(content), Mode: tree.Regular}); err != nil {
		tb.Fatal(err)
	}
}

func path(tb testing.TB, name string) tree.Path {
	tb.Helper()
	p, err := tree.ParsePath(name)
	if err != nil {
		tb.Fatal(err)
	}
	return p
}

func BenchmarkGo(b *testing.B) {
	superset := readLock(b)
	files := moduleWith(b, packageNames(b, superset))
	mod := path(b, "go.mod")
	for b.Loop() {
		if _, _, err := lock.Go(superset, files, mod); err != nil {
			b.Fatal(err)
		}
	}
}
