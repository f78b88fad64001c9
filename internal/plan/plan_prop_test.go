package plan

import (
	"bytes"
	"fmt"
	"maps"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"groundsill.example/internal/diag"
	"groundsill.example/internal/tree"
)

// apply returns the tree that committing the changes leaves, and fails where
// one does not find what it expects.
func apply(t *testing.T, changes []Change, ours tree.Tree) tree.Tree {
	t.Helper()
	files := maps.Collect(ours.All())
	for _, c := range changes {
		file, found := files[c.Path]
		if !c.Expect.Holds(file, found) {
			t.Fatalf("%s does not find what it expects", c)
		}
		if c.Action == Delete {
			delete(files, c.Path)
			continue
		}
		files[c.Path] = c.File
	}
	var b tree.Builder
	for p, f := range files {
		if err := b.Add(p, f); err != nil {
			t.Fatal(err)
		}
	}
	return b.Tree()
}

func randomTree(t *testing.T, rng *rand.Rand) tree.Tree {
	t.Helper()
	files := map[string]tree.File{}
	for range rng.IntN(12) {
		name := fmt.Sprintf("%c/%c", 'a'+rng.IntN(3), 'a'+rng.IntN(6))
		mode := []tree.Mode{tree.Regular, tree.Executable}[rng.IntN(2)]
		files[name] = tree.File{Data: fmt.Appendf(nil, "%d", rng.IntN(2)), Mode: mode}
	}
	return build(t, files)
}

func TestApplyOfPlan(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	why := func(tree.Path) string { return "" }
	for range 1000 {
		a, b := randomTree(t, rng), randomTree(t, rng)
		changes := Compute(a, b, why)
		if got := apply(t, changes, a); !got.Equal(b) {
			t.Fatalf("apply(plan(a,b), a) is not b: %v", changes)
		}
		for i := 1; i < len(changes); i++ {
			if changes[i-1].Path.Compare(changes[i].Path) >= 0 {
				t.Fatalf("%s and %s are out of order", changes[i-1], changes[i])
			}
		}
		if same := (Plan{Changes: Compute(a, a, why)}); !same.Empty() || same.Count(Keep) != a.Len() {
			t.Fatalf("plan(a,a) is not all keep: %v", same.Changes)
		}
		checkRoundTrip(t, Plan{Root: ".", Changes: changes, Message: "m", Git: GitCommit})
	}
}

// form returns the part of p that its JSON form holds: not what was there
// before, and of a file that is kept the mode alone.
func form(p Plan) Plan {
	changes := make([]Change, len(p.Changes))
	for i, c := range p.Changes {
		c.Before = tree.File{}
		if c.Action == Keep {
			c.File.Data = nil
		}
		changes[i] = c
	}
	p.Changes = changes
	return p
}

type fataler interface {
	Helper()
	Fatalf(format string, args ...any)
}

func checkRoundTrip(t fataler, p Plan) {
	t.Helper()
	data, err := Encode(p)
	if err != nil {
		t.Fatalf("encode: %v", err)
	}
	got, err := Decode(data)
	if err != nil {
		t.Fatalf("decode: %v\n%s", err, data)
	}
	if diff := cmp.Diff(form(p), got, cmp.Comparer(samePath), cmpopts.EquateEmpty()); diff != "" {
		t.Fatalf("decode∘encode is not id: %s", diff)
	}
	again, err := Encode(got)
	if err != nil || !bytes.Equal(data, again) {
		t.Fatalf("encode∘decode is not id: %v\n%s", err, again)
	}
}

// TestRoundTrip shows decode∘encode = id for plans with any bytes in their
// files and any text in their messages.
func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) { checkRoundTrip(t, drawPlan(t)) })
}

func drawPlan(t *rapid.T) Plan {
	names := rapid.SliceOfDistinct(rapid.StringMatching(`[a-d]/[a-zé]{1,3}`), rapid.ID[string]).Draw(t, "names")
	p := Plan{
		Root:     rapid.SampledFrom([]string{".", "a", "a/b c", "ünï"}).Draw(t, "root"),
		Message:  rapid.String().Draw(t, "message"),
		Warnings: rapid.SliceOf(rapid.String()).Draw(t, "warnings"),
		Git:      rapid.SampledFrom([]Git{"", GitCommit, GitInit, GitNone}).Draw(t, "git"),
	}
	var ours, target tree.Builder
	for _, name := range names {
		at, err := tree.ParsePath(name)
		if err != nil {
			continue // "a/nul" and the like
		}
		for _, b := range []*tree.Builder{&ours, &target} {
			if rapid.Bool().Draw(t, "there") {
				_ = b.Add(at, drawFile(t))
			}
		}
		if rapid.Bool().Draw(t, "conflict") {
			side := rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) })
			p.Conflicts = append(p.Conflicts, Conflict{
				Path: at, Kind: "content",
				Hunks: []Hunk{{side.Draw(t, "base"), side.Draw(t, "ours"), side.Draw(t, "theirs")}},
				Sides: Sides{Base: drawSide(t), Ours: drawSide(t), Theirs: drawSide(t)},
			})
		}
	}
	why := rapid.String().Draw(t, "why")
	p.Changes = Compute(ours.Tree(), target.Tree(), func(tree.Path) string { return why })
	return p
}

func drawSide(t *rapid.T) *tree.File {
	if !rapid.Bool().Draw(t, "there") {
		return nil
	}
	return new(drawFile(t))
}

func drawFile(t *rapid.T) tree.File {
	return tree.File{
		Data: rapid.OneOf(
			rapid.SliceOf(rapid.Byte()),
			rapid.Map(rapid.String(), func(s string) []byte { return []byte(s) }),
		).Draw(t, "data"),
		Mode: rapid.SampledFrom([]tree.Mode{tree.Regular, tree.Executable}).Draw(t, "mode"),
	}
}

// FuzzDecode shows that Decode refuses with a *diag.Error that has a place, and
// that what it takes is safe to commit and comes back the same.
func FuzzDecode(f *testing.F) {
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := Decode(data)
		if err != nil {
			checkRefusal(t, err)
			return
		}
		checkSafe(t, p)
		checkRoundTrip(t, p)
	})
}

func checkSafe(t *testing.T, p Plan) {
	t.Helper()
	if p.Root != "." {
		path(t, p.Root)
	}
	for _, c := range p.Changes {
		path(t, c.Path.String())
		if c.Action != Delete && c.File.Mode != tree.Regular && c.File.Mode != tree.Executable {
			t.Errorf("%s has mode %q", c, c.File.Mode)
		}
		if c.Action == Delete && !c.File.Equal(tree.File{}) {
			t.Errorf("%s has a file", c)
		}
	}
}

func checkRefusal(t *testing.T, err error) {
	t.Helper()
	e, ok := err.(*diag.Error) //nolint:errorlint // Decode returns the type itself
	if !ok || e.Class != diag.Usage || len(e.Diagnostics) == 0 || e.Diagnostics[0].At.Line == 0 {
		t.Errorf("not a usage error with a place: %#v", err)
	}
}
