package gitrepo

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"groundsill.example/internal/need"
)

// BenchmarkFirstCommit compares the ways to the first commit, side by side.
// The files are on disk before the clock starts.
func BenchmarkFirstCommit(b *testing.B) {
	need.Program(b, "git")
	for _, n := range []int{100, 2000} {
		want := many(b, n)
		prepare := func(b *testing.B) (*world, string) {
			b.Helper()
			b.StopTimer()
			defer b.StartTimer()
			w, dir := newWorld(b), filepath.Join(b.TempDir(), "repository")
			w.configure("[user]\n\tname = Ada\n\temail = ada@example.com\n")
			publish(b, dir, want)
			return w, dir
		}
		cleanup := func(b *testing.B, dir string) {
			b.Helper()
			b.StopTimer()
			defer b.StartTimer()
			if err := os.RemoveAll(dir); err != nil {
				b.Fatal(err)
			}
		}
		b.Run(fmt.Sprintf("sill/%d", n), func(b *testing.B) {
			for range b.N {
				w, dir := prepare(b)
				if _, err := Create(b.Context(), w.env, dir, want, CommitOptions{Message: "Start", When: when}); err != nil {
					b.Fatal(err)
				}
				cleanup(b, dir)
			}
		})
		b.Run(fmt.Sprintf("git/%d", n), func(b *testing.B) {
			for range b.N {
				w, dir := prepare(b)
				w.git(dir, "-c", "init.defaultBranch=main", "init", "--quiet")
				w.git(dir, "add", "--all")
				w.git(dir, "commit", "--quiet", "--message", "Start")
				cleanup(b, dir)
			}
		})
	}
}

// BenchmarkFind measures the search from a directory four levels down.
func BenchmarkFind(b *testing.B) {
	dir := b.TempDir()
	if err := Init(dir, "main"); err != nil {
		b.Fatal(err)
	}
	deep := filepath.Join(dir, "a/b/c/d")
	if err := os.MkdirAll(deep, 0o777); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, found, err := Find(deep); !found || err != nil {
			b.Fatal(found, err)
		}
	}
}
