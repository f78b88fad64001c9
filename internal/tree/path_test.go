package tree

import (
	"errors"
	"math/rand/v2"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"groundsill.example/internal/diag"
)

func TestParsePath(t *testing.T) {
	long := strings.Repeat("a", maxSegment)
	for _, c := range []struct{ path, code string }{
		{"a", ""},
		{"a/b.txt", ""},
		{"...a", ""},
		{".github/x", ""},
		{".gitignore", ""},
		{"git~2", ""},
		{"com/lpt/console/comx/com10", ""},
		{"auxiliary.go", ""},
		{"naïve/日本", ""},
		{"with space", ""},
		{"-flag", ""},
		{long, ""},
		{strings.Repeat(long+"/", 3) + long, ""},

		{"", "path-empty"},
		{"a\xffb", "path-encoding"},
		{"/a", "path-absolute"},
		{"//a", "path-absolute"},
		{`a\b`, "path-backslash"},
		{`\\host\share`, "path-backslash"},
		{"..", "path-escapes"},
		{"a/../b", "path-escapes"},
		{"a/..", "path-escapes"},
		{".", "path-segment"},
		{"a/./b", "path-segment"},
		{"a//b", "path-segment"},
		{"a/", "path-segment"},
		{long + "a", "path-long"},
		{strings.Repeat(long+"/", 4) + "a", "path-long"},
		{"a.", "path-trailing"},
		{"a /b", "path-trailing"},
		{"... ", "path-trailing"},
		{"...", "path-trailing"},
		{"C:", "path-character"},
		{"C:/x", "path-character"},
		{"a:stream", "path-character"},
		{"a?", "path-character"},
		{"a*b", "path-character"},
		{"a|b", "path-character"},
		{`a"b`, "path-character"},
		{"a<b>", "path-character"},
		{"a\nb", "path-character"},
		{"a\x00b", "path-character"},
		{"a\x7fb", "path-character"},
		{"a\u2028b", "path-character"},
		{"a\u202eb", "path-character"},
		{"\ufeffa", "path-character"},
		{".g\u200cit/config", "path-character"},
		{".git", "path-git"},
		{"a/.GIT/hooks", "path-git"},
		{".Git", "path-git"},
		{"git~1", "path-git"},
		{"GIT~1/x", "path-git"},
		{"．git", "path-git"},
		{"nul", "path-device"},
		{"a/CON", "path-device"},
		{"con.txt", "path-device"},
		{"Aux.tar.gz", "path-device"},
		{"prn", "path-device"},
		{"com1", "path-device"},
		{"LPT9.log", "path-device"},
		{"com¹", "path-device"},
		{"conin$", "path-device"},
		{"nul .txt", "path-device"},
	} {
		p, err := ParsePath(c.path)
		code := ""
		if d, ok := errors.AsType[*diag.Error](err); ok {
			code = d.Code()
			if d.Class != diag.Usage || d.Hint() == "" {
				t.Errorf("%q: class %s, hint %q", c.path, d.Class, d.Hint())
			}
		}
		want := c.path
		if c.code != "" {
			want = ""
		}
		if code != c.code || p.String() != want || (err == nil) != (c.code == "") {
			t.Errorf("%q: got %q, %v, want code %q", c.path, p, err, c.code)
		}
	}
}

func FuzzParsePath(f *testing.F) {
	for _, s := range []string{
		"a/b", "../x", "a/../../x", "/etc/passwd", `..\x`, "a//b", "./a", "C:x", ".git/hooks/x", "a\x00", "con", "e\u0301", "é",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		p, err := ParsePath(s)
		if err != nil {
			if diag.ClassOf(err) != diag.Usage || p != (Path{}) {
				t.Fatalf("%q: %v with %q", s, err, p)
			}
			return
		}
		if p.String() != s || path.Clean(s) != s || !filepath.IsLocal(s) || !utf8.ValidString(s) {
			t.Fatalf("%q leaves its root or is not clean", s)
		}
		if again, err := ParsePath(p.String()); err != nil || again != p {
			t.Fatalf("%q is refused the second time: %v", s, err)
		}
		for d, ok := p.Dir(); ok; d, ok = d.Dir() {
			if again, err := ParsePath(d.String()); err != nil || again != d || d.Compare(p) >= 0 {
				t.Fatalf("the directory %q of %q is no path before it: %v", d, s, err)
			}
		}
		for seg := range strings.SplitSeq(strings.ToLower(s), "/") {
			if seg == ".git" || seg == ".." {
				t.Fatalf("%q", s)
			}
		}
	})
}

func TestParts(t *testing.T) {
	for _, c := range []struct{ path, base, dir string }{
		{"a", "a", ""}, {"a/b", "b", "a"}, {"a/b/c.go", "c.go", "a/b"},
	} {
		p := mustPath(t, c.path)
		d, ok := p.Dir()
		if p.Base() != c.base || d.String() != c.dir || ok != (c.dir != "") {
			t.Errorf("%s: base %q, dir %q, %v", c.path, p.Base(), d, ok)
		}
	}
}

func TestCompareKeepsDirectoriesTogether(t *testing.T) {
	want := []string{"a", "a/b", "a/b/c", "a/b-c", "a/b.c", "a b", "a-b", "a.b", "a0", "ab", "b"}
	got := make([]Path, 0, len(want))
	for _, s := range want {
		got = append(got, mustPath(t, s))
	}
	rand.New(rand.NewPCG(1, 2)).Shuffle(len(got), func(i, j int) { got[i], got[j] = got[j], got[i] })
	slices.SortFunc(got, Path.Compare)
	for i, p := range got {
		if p.String() != want[i] {
			t.Fatalf("got %v, want %v", got, want)
		}
	}
}

// Compare is a total order, and the files of a directory stand together in it.
func TestCompareProperties(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 300 {
		all := make([]Path, 0, 30)
		for range 30 {
			all = append(all, mustPath(t, randomPath(r)))
		}
		for _, p := range all {
			for _, q := range all {
				if sign(p.Compare(q)) != -sign(q.Compare(p)) || (p.Compare(q) == 0) != (p == q) {
					t.Fatalf("%s and %s are not ordered", p, q)
				}
			}
		}
		slices.SortFunc(all, Path.Compare)
		checkTogether(t, slices.Compact(all))
	}
}

func checkTogether(t *testing.T, sorted []Path) {
	t.Helper()
	left := map[Path]bool{}
	open := map[Path]bool{}
	for _, p := range sorted {
		now := map[Path]bool{}
		for d, ok := p.Dir(); ok; d, ok = d.Dir() {
			now[d] = true
			if left[d] {
				t.Fatalf("the files of %s do not stand together in %v", d, sorted)
			}
		}
		for d := range open {
			left[d] = left[d] || !now[d]
		}
		open = now
	}
}

func sign(i int) int { return min(1, max(-1, i)) }

func randomPath(r *rand.Rand) string {
	segments := []string{"a", "b", "a-b", "a.b", "A", "é", "a b", "0"}
	parts := make([]string, 1+r.IntN(4))
	for i := range parts {
		parts[i] = segments[r.IntN(len(segments))]
	}
	return strings.Join(parts, "/")
}

func TestKey(t *testing.T) {
	for _, c := range []struct {
		a, b string
		same bool
	}{
		{"README", "readme", true},
		{"a/B", "A/b", true},
		{"é", "e\u0301", true},
		{"É", "e\u0301", true},
		{"straße", "STRASSE", true},
		{"ſ", "s", true},
		{"\u212a", "k", true},
		{"a", "b", false},
		{"e", "é", false},
		{"a/b", "a-b", false},
	} {
		if same := mustPath(t, c.a).Key() == mustPath(t, c.b).Key(); same != c.same {
			t.Errorf("%q and %q: same key %v, want %v", c.a, c.b, same, c.same)
		}
	}
}

func mustPath(t *testing.T, s string) Path {
	t.Helper()
	p, err := ParsePath(s)
	if err != nil {
		t.Fatal(err)
	}
	return p
}
