package tree

import (
	"errors"
	"math/rand/v2"
	"slices"
	"testing"

	"groundsill.example/internal/diag"
)

func text(s string) File { return File{Data: []byte(s), Mode: Regular} }

func build(t *testing.T, paths ...string) Tree {
	t.Helper()
	var b Builder
	for _, s := range paths {
		if err := b.Add(mustPath(t, s), text(s)); err != nil {
			t.Fatal(err)
		}
	}
	return b.Tree()
}

func names(t Tree) []string {
	var all []string
	for p := range t.All() {
		all = append(all, p.String())
	}
	return all
}

func TestTreeIsInOrder(t *testing.T) {
	tr := build(t, "b", "a/z", "a/b/c", "a.go")
	if got, want := names(tr), []string{"a/b/c", "a/z", "a.go", "b"}; !slices.Equal(got, want) || tr.Len() != 4 {
		t.Errorf("got %v of %d, want %v", got, tr.Len(), want)
	}
	for p := range tr.All() {
		if p.String() != "a/b/c" {
			t.Errorf("the loop went on to %s", p)
		}
		break
	}
}

func TestZeroTree(t *testing.T) {
	var tr Tree
	if _, ok := tr.File(mustPath(t, "a")); ok || tr.Len() != 0 || names(tr) != nil || !tr.Equal(build(t)) {
		t.Error("the zero tree is not empty")
	}
	if got := names(tr.With(mustPath(t, "a"), text("a"))); !slices.Equal(got, []string{"a"}) {
		t.Errorf("got %v", got)
	}
}

func TestTreesAreImmutable(t *testing.T) {
	a := mustPath(t, "a")
	files := map[Path]File{a: text("old")}
	tr := Of(files)
	files[a] = text("new")
	next := tr.With(a, text("next")).With(mustPath(t, "b"), text("b"))
	if f, _ := tr.File(a); string(f.Data) != "old" || tr.Len() != 1 {
		t.Errorf("the tree changed: %q, %v", f.Data, names(tr))
	}
	if f, _ := next.File(a); string(f.Data) != "next" || next.Len() != 2 {
		t.Errorf("got %q, %v", f.Data, names(next))
	}
	var b Builder
	if err := b.Add(a, text("a")); err != nil {
		t.Fatal(err)
	}
	first := b.Tree()
	if err := b.Add(mustPath(t, "b"), text("b")); err != nil {
		t.Fatal(err)
	}
	if first.Len() != 1 || b.Tree().Len() != 2 {
		t.Errorf("a builder changed the tree that it gave: %v, %v", names(first), names(b.Tree()))
	}
}

func TestEqual(t *testing.T) {
	a := build(t, "a", "b")
	for _, c := range []struct {
		name string
		tree Tree
		want bool
	}{
		{"same", build(t, "b", "a"), true},
		{"fewer", build(t, "a"), false},
		{"another path", build(t, "a", "c"), false},
		{"other bytes", a.With(mustPath(t, "b"), text("x")), false},
		{"another mode", a.With(mustPath(t, "b"), File{[]byte("b"), Executable}), false},
	} {
		if got := a.Equal(c.tree); got != c.want || c.tree.Equal(a) != c.want {
			t.Errorf("%s: got %v, want %v", c.name, got, c.want)
		}
	}
}

func TestDigest(t *testing.T) {
	const want = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" // of FIPS 180-2
	if got := text("abc").Digest(); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestCollisions(t *testing.T) {
	for _, c := range []struct {
		name     string
		there    []string
		add      string
		collides bool
	}{
		{"the same path", []string{"a"}, "a", true},
		{"another case", []string{"README"}, "readme", true},
		{"another case of a directory", []string{"Cmd/a"}, "cmd/b", true},
		{"another normal form", []string{"é"}, "e\u0301", true},
		{"a file where a directory is", []string{"a/b"}, "a", true},
		{"a file where a directory is, deep", []string{"a/b/c/d"}, "a/b", true},
		{"a directory where a file is", []string{"a"}, "a/b", true},
		{"a directory where a file is, deep", []string{"a/b"}, "a/b/c/d", true},
		{"a file in the case of a directory", []string{"Docs/a"}, "docs", true},
		{"a directory in the case of a file", []string{"docs"}, "Docs/a", true},
		{"siblings", []string{"a/b"}, "a/c", false},
		{"a prefix", []string{"a/b"}, "ab", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			var b Builder
			for _, s := range c.there {
				if err := b.Add(mustPath(t, s), text(s)); err != nil {
					t.Fatal(err)
				}
			}
			before := b.Tree()
			err := b.Add(mustPath(t, c.add), text("new"))
			var d *diag.Error
			if errors.As(err, &d) != c.collides || c.collides && d.Code() != "path-collision" {
				t.Fatalf("got %v, want a collision: %v", err, c.collides)
			}
			if c.collides && !b.Tree().Equal(before) {
				t.Error("a failed Add changed the tree")
			}
		})
	}
}

// A path that was refused takes no place from a later one.
func TestRefusedPathLeavesNoTrace(t *testing.T) {
	var b Builder
	for _, s := range []string{"x", "x/Y/z", "a/b", "A/q/r"} {
		_ = b.Add(mustPath(t, s), text(s))
	}
	if err := b.Add(mustPath(t, "a/q"), text("")); err != nil {
		t.Error(err)
	}
}

// Whether a set of paths collides does not depend on their order.
func TestCollisionsDoNotDependOnOrder(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	collided := 0
	for range 500 {
		paths := make([]string, 2+r.IntN(4))
		for i := range paths {
			paths[i] = randomPath(r)
		}
		first := collides(t, paths)
		if first {
			collided++
		}
		for range 5 {
			r.Shuffle(len(paths), func(i, j int) { paths[i], paths[j] = paths[j], paths[i] })
			if collides(t, paths) != first {
				t.Fatalf("%q collide in one order only", paths)
			}
		}
	}
	if collided == 0 || collided == 500 {
		t.Errorf("%d of 500 sets collide", collided)
	}
}

func collides(t *testing.T, paths []string) bool {
	t.Helper()
	var b Builder
	bad := false
	for _, s := range paths {
		bad = b.Add(mustPath(t, s), File{}) != nil || bad
	}
	return bad
}
