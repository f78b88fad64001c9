package blueprint

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"strings"
	"testing"

	"groundsill.example/internal/diag"
	"groundsill.example/internal/tree"
)

func path(tb testing.TB, s string) tree.Path {
	tb.Helper()
	p, err := tree.ParsePath(s)
	if err != nil {
		tb.Fatal(err)
	}
	return p
}

// files makes a tree of paths and contents, in turn.
func files(tb testing.TB, pairs ...string) tree.Tree {
	tb.Helper()
	var b tree.Builder
	for i := 0; i < len(pairs); i += 2 {
		if err := b.Add(path(tb, pairs[i]), tree.File{Data: []byte(pairs[i+1]), Mode: tree.Regular}); err != nil {
			tb.Fatal(err)
		}
	}
	return b.Tree()
}

func TestBundleIsReadable(t *testing.T) {
	content := files(t, "b b.txt", "one\ntwo", "a/x", "").
		With(path(t, "run"), tree.File{Data: []byte("#!\n"), Mode: tree.Executable}).
		With(path(t, "w"), tree.File{Data: []byte("\r\n"), Mode: tree.Regular}).
		With(path(t, "z.png"), tree.File{Data: []byte("\x89PNG"), Mode: tree.Regular})
	const want = "groundsill bundle 1\n" +
		"text 0644 0 a/x\n\n" +
		"text 0644 7 b b.txt\none\ntwo\n" +
		"text 0755 3 run\n#!\n\n" +
		"base64 0644 4 w\nDQo=\n" +
		"base64 0644 8 z.png\niVBORw==\n"
	if got := string(Bundle(content)); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestBundleComesBack(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 500 {
		content := randomTree(t, r)
		got, err := ParseBundle("b", Bundle(content))
		if err != nil {
			t.Fatal(err)
		}
		if !got.Equal(content) || Digest(got) != Digest(content) {
			t.Fatalf("came back different:\n%s", Bundle(content))
		}
	}
}

func randomTree(t *testing.T, r *rand.Rand) tree.Tree {
	t.Helper()
	all := map[tree.Path]tree.File{}
	for range r.IntN(8) {
		name := strings.Repeat(string(rune('a'+r.IntN(5)))+"/", r.IntN(3)) + "f " + string(rune('a'+r.IntN(9)))
		data := make([]byte, r.IntN(300))
		for i := range data {
			data[i] = "ab\n\r \x00\xffé"[r.IntN(9)]
		}
		mode := []tree.Mode{tree.Regular, tree.Executable}[r.IntN(2)]
		all[path(t, name)] = tree.File{Data: data, Mode: mode}
	}
	return tree.Of(all)
}

func TestHostileBundles(t *testing.T) {
	const header = "groundsill bundle 1\n"
	good := header + "text 0644 2 a\nxy\n"
	for _, c := range []struct {
		name, bundle string
		line         int
	}{
		{"empty", "", 1},
		{"another header", "groundsill bundle 2\n", 1},
		{"git markers", "<<<<<<< ours\n" + good, 1},
		{"truncated header", "groundsill", 1},
		{"truncated file", good[:len(good)-2], 2},
		{"truncated line", header + "text 0644", 2},
		{"three words", header + "text 0644 2\nxy\n", 2},
		{"too short a length", header + "text 0644 1 a\nxy\n", 2},
		{"too long a length", header + "text 0644 9999999999999999999 a\nxy\n", 2},
		{"length past the end", header + "text 0644 3 a\nxy\n", 2},
		{"negative length", header + "text 0644 -1 a\nxy\n", 2},
		{"setuid", header + "text 4755 2 a\nxy\n", 2},
		{"link", header + "text symlink 2 a\nxy\n", 2},
		{"climbs", header + "text 0644 2 ../a\nxy\n", 2},
		{"absolute", header + "text 0644 2 /a\nxy\n", 2},
		{"git", header + "text 0644 2 .git/hooks/x\nxy\n", 2},
		{"twice", good + "text 0644 2 a\nxy\n", 5},
		{"twice in another case", good + "text 0644 2 A\nxy\n", 5},
		{"file and directory", good + "text 0644 2 a/b\nxy\n", 5},
		{"base64", header + "base64 0644 2 a\n!!\n", 2},
		{"encoding", header + "gzip 0644 2 a\nxy\n", 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := ParseBundle("b", []byte(c.bundle))
			var d *diag.Error
			if !errors.As(err, &d) || d.Class != diag.Refused || d.Code() != "bundle-broken" || d.Hint() == "" {
				t.Fatalf("got %v", err)
			}
			if at := d.Diagnostics[0].At; at.File != "b" || at.Line != c.line {
				t.Errorf("at %v, want line %d", at, c.line)
			}
			if got.Len() != 0 {
				t.Errorf("a broken bundle gave %d files", got.Len())
			}
		})
	}
}

func TestBundleOfTooManyFiles(t *testing.T) {
	var b strings.Builder
	b.WriteString("groundsill bundle 1\n")
	for i := range maxFiles + 1 {
		name := strings.Map(func(r rune) rune { return r - '0' + 'a' }, strings.Repeat("0", 5)+string(rune('0'+i%10)))
		b.WriteString("text 0644 0 " + name + "/" + strings.Repeat("x", 1+i/250) + "/" + strings.Repeat("y", 1+i%250) + "\n\n")
	}
	var d *diag.Error
	if _, err := ParseBundle("b", []byte(b.String())); !errors.As(err, &d) || d.Code() != "bundle-broken" {
		t.Errorf("got %v", err)
	}
}

func FuzzParseBundle(f *testing.F) {
	f.Add([]byte("groundsill bundle 1\n"))
	f.Add([]byte("groundsill bundle 1\ntext 0644 2 a\nxy\nbase64 0755 4 b/c\n/w==\n"))
	f.Add([]byte("groundsill bundle 1\ntext 0644 2 ../a\nxy\n"))
	f.Add([]byte("groundsill bundle 1\ntext 0644 -1 a\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		content, err := ParseBundle("b", data)
		if err != nil {
			if diag.ClassOf(err) != diag.Refused {
				t.Fatalf("class %s: %v", diag.ClassOf(err), err)
			}
			return
		}
		canonical := Bundle(content)
		again, err := ParseBundle("b", canonical)
		if err != nil || !again.Equal(content) || !bytes.Equal(Bundle(again), canonical) {
			t.Fatalf("does not come back: %v", err)
		}
	})
}

func TestDigest(t *testing.T) {
	one := files(t, "a", "1", "b", "2", "c/d", "3")
	if other := files(t, "c/d", "3", "b", "2", "a", "1"); Digest(one) != Digest(other) {
		t.Error("the digest depends on the order of the files")
	}
	seen := map[string]string{}
	for name, content := range map[string]tree.Tree{
		"as it is":         one,
		"other bytes":      files(t, "a", "1", "b", "3", "c/d", "3"),
		"another path":     files(t, "a", "1", "b", "2", "c/e", "3"),
		"one less":         files(t, "a", "1", "b", "2"),
		"another mode":     one.With(path(t, "a"), tree.File{Data: []byte("1"), Mode: tree.Executable}),
		"moved boundaries": files(t, "a", "1b", "b", "2", "c/d", "3"),
		"nothing":          {},
	} {
		if first, ok := seen[Digest(content)]; ok {
			t.Errorf("%q and %q have one digest", first, name)
		}
		seen[Digest(content)] = name
	}
}
