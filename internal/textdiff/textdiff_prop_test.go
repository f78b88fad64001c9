package textdiff

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// words returns a text with a line for each word.
func words(s string) []byte {
	if s == "" {
		return nil
	}
	return []byte(strings.ReplaceAll(s, " ", "\n") + "\n")
}

func generate(lines int, line func(int) int) []byte {
	var w bytes.Buffer
	for i := range lines {
		w.WriteString(strconv.Itoa(line(i)) + "\n")
	}
	return w.Bytes()
}

func size(edits []Edit) int {
	n := 0
	for _, e := range edits {
		n += e.AEnd - e.AStart + e.BEnd - e.BStart
	}
	return n
}

// check returns how edits break what Edit and Lines promise, or "".
func check(a, b []byte, edits []Edit) string {
	as, bs := Split(a), Split(b)
	var got []byte
	i, j := 0, 0
	for n, e := range edits {
		switch {
		case e.AStart < i || e.BStart < j || e.AEnd < e.AStart || e.BEnd < e.BStart:
			return fmt.Sprintf("edit %d goes back: %v", n, e)
		case e.AStart-i != e.BStart-j:
			return fmt.Sprintf("before edit %d the common lines differ in number: %v", n, e)
		case n > 0 && e.AStart == i:
			return fmt.Sprintf("edit %d touches the one before: %v", n, e)
		case e.AStart == e.AEnd && e.BStart == e.BEnd:
			return fmt.Sprintf("edit %d is empty: %v", n, e)
		}
		got = append(got, bytes.Join(as[i:e.AStart], nil)...)
		got = append(got, bytes.Join(bs[e.BStart:e.BEnd], nil)...)
		i, j = e.AEnd, e.BEnd
	}
	got = append(got, bytes.Join(as[i:], nil)...)
	if !bytes.Equal(got, b) {
		return fmt.Sprintf("patched text is %q, want %q", got, b)
	}
	return ""
}

// longest returns the length of a longest common subsequence, the slow way.
func longest(a, b [][]byte) int {
	row := make([]int, len(b)+1)
	for i := range a {
		last := 0
		for j := range b {
			here := row[j+1]
			if bytes.Equal(a[i], b[j]) {
				row[j+1] = last + 1
			} else {
				row[j+1] = max(here, row[j])
			}
			last = here
		}
	}
	return row[len(b)]
}

// TestPatchOfDiff shows patch(diff(a,b), a) = b, and that the edits of small
// texts are the fewest there are.
func TestPatchOfDiff(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		a := randomText(rng, 1+rng.IntN(8))
		b := randomText(rng, 1+rng.IntN(8))
		if rng.IntN(2) == 0 {
			b = mutate(rng, a)
		}
		edits := Lines(a, b)
		if problem := check(a, b, edits); problem != "" {
			t.Fatalf("%q → %q: %s", a, b, problem)
		}
		as, bs := Split(a), Split(b)
		if want := len(as) + len(bs) - 2*longest(as, bs); size(edits) != want {
			t.Fatalf("%q → %q: %d changed lines, want %d", a, b, size(edits), want)
		}
	}
}

// TestBoundedPatchOfDiff runs the search with a limit so small that it gives up
// all the time: its answers are longer then, and still right.
func TestBoundedPatchOfDiff(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for range 2000 {
		a, b := randomText(rng, 3), randomText(rng, 3)
		ids := map[string]int{}
		as, bs := number(Split(a), ids), number(Split(b), ids)
		s := newSearch(as, bs)
		s.limit = 1 + rng.IntN(3)
		s.compare(0, len(as), 0, len(bs))
		if problem := check(a, b, collect(s.changedA, s.changedB)); problem != "" {
			t.Fatalf("%q → %q: %s", a, b, problem)
		}
	}
}

func TestPatchOfAnyDiff(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.SliceOf(rapid.SampledFrom([]byte("ab\n\n\r\x00é")))
		a, b := text.Draw(t, "a"), text.Draw(t, "b")
		if problem := check(a, b, Lines(a, b)); problem != "" {
			t.Fatal(problem)
		}
		if (Unified("a", "b", a, b) == "") != bytes.Equal(a, b) {
			t.Fatal("a diff is empty exactly for equal texts")
		}
	})
}

// TestGitApply lets git apply what Git writes: many files in one patch, with
// creations, deletions, changes of mode and names with blanks and accents.
func TestGitApply(t *testing.T) {
	git, err := exec.LookPath("git")
	if err != nil {
		t.Skip("git is not installed")
	}
	rng := rand.New(rand.NewPCG(5, 6))
	before, after := map[string]Version{}, map[string]Version{}
	for i := range 300 {
		name := fmt.Sprintf("%s/%03d", []string{"plain", "with blank", "ünï"}[i%3], i)
		v := Version{Data: randomText(rng, 6), Mode: randomMode(rng)}
		w := Version{Data: mutate(rng, v.Data), Mode: randomMode(rng)}
		switch rng.IntN(6) {
		case 0:
			after[name] = w
		case 1:
			before[name] = v
		default:
			before[name], after[name] = v, w
		}
	}
	dir := t.TempDir()
	writeAll(t, dir, before)
	apply := exec.Command(git, "apply", "--whitespace=nowarn", "-")
	apply.Dir = dir
	apply.Env = append(os.Environ(), "GIT_CEILING_DIRECTORIES="+filepath.Dir(dir), "GIT_CONFIG_GLOBAL="+os.DevNull)
	apply.Stdin = strings.NewReader(patch(before, after))
	if out, err := apply.CombinedOutput(); err != nil {
		t.Fatalf("git apply: %v\n%s", err, out)
	}
	compareAll(t, dir, before, after)
}

func patch(before, after map[string]Version) string {
	var names []string
	for name := range before {
		names = append(names, name)
	}
	for name := range after {
		if _, there := before[name]; !there {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	var w strings.Builder
	for _, name := range names {
		w.WriteString(Git(name, before[name], after[name]))
	}
	return w.String()
}

func writeAll(t *testing.T, dir string, files map[string]Version) {
	t.Helper()
	for name, v := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		mode := os.FileMode(0o644)
		if v.Mode == "100755" {
			mode = 0o755
		}
		if err := os.WriteFile(path, v.Data, mode); err != nil {
			t.Fatal(err)
		}
	}
}

func compareAll(t *testing.T, dir string, before, after map[string]Version) {
	t.Helper()
	for name, v := range after {
		path := filepath.Join(dir, filepath.FromSlash(name))
		got, err := os.ReadFile(path)
		if err != nil || !bytes.Equal(got, v.Data) {
			t.Errorf("%s: got %q, %v, want %q", name, got, err, v.Data)
			continue
		}
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if executable := info.Mode()&0o100 != 0; executable != (v.Mode == "100755") {
			t.Errorf("%s: mode %s, want %s", name, info.Mode(), v.Mode)
		}
	}
	for name := range before {
		_, err := os.Stat(filepath.Join(dir, filepath.FromSlash(name)))
		if _, stays := after[name]; !stays && !os.IsNotExist(err) {
			t.Errorf("%s is still there: %v", name, err)
		}
	}
}

func randomMode(rng *rand.Rand) string {
	return []string{"100644", "100644", "100755"}[rng.IntN(3)]
}

// randomText returns up to 40 lines, of so few kinds that many are equal.
func randomText(rng *rand.Rand, kinds int) []byte {
	var w bytes.Buffer
	for range rng.IntN(40) {
		w.WriteString([]string{"a", "b", "\tindented", "", "}", "é", "a ", "d\r", "x"}[rng.IntN(kinds)])
		w.WriteByte('\n')
	}
	if rng.IntN(4) == 0 {
		w.WriteString("last")
	}
	return w.Bytes()
}

// mutate inserts, deletes and replaces some lines.
func mutate(rng *rand.Rand, text []byte) []byte {
	lines := slices.Clone(Split(text))
	for range rng.IntN(6) {
		i := rng.IntN(len(lines) + 1)
		switch {
		case rng.IntN(2) == 0:
			lines = slices.Insert(lines, i, fmt.Appendf(nil, "new %d\n", rng.IntN(3)))
		case i < len(lines):
			lines = slices.Delete(lines, i, min(len(lines), i+1+rng.IntN(3)))
		}
	}
	return bytes.Join(lines, nil)
}
