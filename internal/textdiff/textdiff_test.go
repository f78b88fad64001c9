package textdiff

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestSplit(t *testing.T) {
	tests := []struct {
		name, data string
		want       []string
	}{
		{"empty", "", []string{}},
		{"one line", "a\n", []string{"a\n"}},
		{"no final newline", "a\nb", []string{"a\n", "b"}},
		{"blank lines", "\n\n", []string{"\n", "\n"}},
		{"carriage returns stay", "a\r\nb\r", []string{"a\r\n", "b\r"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := []string{}
			for _, line := range Split([]byte(test.data)) {
				got = append(got, string(line))
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestLines(t *testing.T) {
	tests := []struct {
		name, a, b string
		want       []Edit
	}{
		{"equal", "a b c", "a b c", nil},
		{"both empty", "", "", nil},
		{"created", "", "a b", []Edit{{0, 0, 0, 2}}},
		{"emptied", "a b", "", []Edit{{0, 2, 0, 0}}},
		{"nothing in common", "a b", "c d e", []Edit{{0, 2, 0, 3}}},
		{"one line replaced", "a b c", "a x c", []Edit{{1, 2, 1, 2}}},
		{"inserted", "a c", "a b c", []Edit{{1, 1, 1, 2}}},
		{"deleted", "a b c", "a c", []Edit{{1, 2, 1, 1}}},
		{"two edits", "a b c d e", "x b c d y", []Edit{{0, 1, 0, 1}, {4, 5, 4, 5}}},
		{"repeated line goes last", "a b" + strings.Repeat(" b", 2), "a b" + strings.Repeat(" b", 3), []Edit{{4, 4, 4, 5}}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := Lines(words(test.a), words(test.b))
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestLinesReadWell shows that a block that could stand in several places
// stands where a reader expects it.
func TestLinesReadWell(t *testing.T) {
	const old = "func a() {\n\tx()\n}\n\nfunc c() {\n\tx()\n}\n"
	const block = "func b() {\n\tx()\n}\n\n"
	at := strings.Index(old, "func c")
	edits := Lines([]byte(old), []byte(old[:at]+block+old[at:]))
	want := []Edit{{4, 4, 4, 8}}
	if diff := cmp.Diff(want, edits); diff != "" {
		t.Errorf("insertion of a function: %s", diff)
	}
	edits = Lines([]byte(old), []byte(old+"\nfunc d() {\n\tx()\n}\n"))
	want = []Edit{{7, 7, 7, 11}}
	if diff := cmp.Diff(want, edits); diff != "" {
		t.Errorf("insertion of a function at the end: %s", diff)
	}
	edits = Lines([]byte(old[:at]+block+old[at:]), []byte(old))
	want = []Edit{{4, 8, 4, 4}}
	if diff := cmp.Diff(want, edits); diff != "" {
		t.Errorf("deletion of a function: %s", diff)
	}
}

func TestUnified(t *testing.T) {
	tests := []struct {
		name, a, b, want string
	}{
		{"equal", "a\n", "a\n", ""},
		{"created", "", "a\n", "--- old\n+++ new\n@@ -0,0 +1 @@\n+a\n"},
		{"emptied", "a\nb\n", "", "--- old\n+++ new\n@@ -1,2 +0,0 @@\n-a\n-b\n"},
		{
			"final newline added", "a\nb", "a\nb\n",
			"--- old\n+++ new\n@@ -1,2 +1,2 @@\n a\n-b\n\\ No newline at end of file\n+b\n",
		},
		{
			"context has no final newline", "a\nb", "x\nb",
			"--- old\n+++ new\n@@ -1,2 +1,2 @@\n-a\n+x\n b\n\\ No newline at end of file\n",
		},
		{
			"edits within six lines share a hunk", "1\na\nb\nc\nd\ne\nf\n2\n", "x\na\nb\nc\nd\ne\nf\ny\n",
			"--- old\n+++ new\n@@ -1,8 +1,8 @@\n-1\n+x\n a\n b\n c\n d\n e\n f\n-2\n+y\n",
		},
		{
			"edits further apart do not", "1\na\nb\nc\nd\ne\nf\ng\n2\n", "x\na\nb\nc\nd\ne\nf\ng\ny\n",
			"--- old\n+++ new\n@@ -1,4 +1,4 @@\n-1\n+x\n a\n b\n c\n@@ -6,4 +6,4 @@\n e\n f\n g\n-2\n+y\n",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := Unified("old", "new", []byte(test.a), []byte(test.b))
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestGit(t *testing.T) {
	text := func(s string) Version { return Version{Data: []byte(s), Mode: "100644"} }
	tests := []struct {
		name, path    string
		before, after Version
		want          string
	}{
		{"same", "f", text("a\n"), text("a\n"), ""},
		{
			"created", "f",
			Version{},
			text("a\n"),
			"diff --git a/f b/f\nnew file mode 100644\n--- /dev/null\n+++ b/f\n@@ -0,0 +1 @@\n+a\n",
		},
		{"created empty", "f", Version{}, text(""), "diff --git a/f b/f\nnew file mode 100644\n"},
		{
			"deleted", "f", text("a\n"),
			Version{},
			"diff --git a/f b/f\ndeleted file mode 100644\n--- a/f\n+++ /dev/null\n@@ -1 +0,0 @@\n-a\n",
		},
		{
			"mode", "f", text("a\n"),
			Version{Data: []byte("a\n"), Mode: "100755"},
			"diff --git a/f b/f\nold mode 100644\nnew mode 100755\n",
		},
		{
			"a link becomes a file", "f",
			Version{Data: []byte("x"), Mode: "120000"},
			text("a\n"),
			"diff --git a/f b/f\ndeleted file mode 120000\n--- a/f\n+++ /dev/null\n@@ -1 +0,0 @@\n-x\n" +
				"\\ No newline at end of file\n" +
				"diff --git a/f b/f\nnew file mode 100644\n--- /dev/null\n+++ b/f\n@@ -0,0 +1 @@\n+a\n",
		},
		{
			"binary", "f",
			Version{},
			text("a\x00"),
			"diff --git a/f b/f\nnew file mode 100644\nBinary files /dev/null and b/f differ\n",
		},
		{
			"a space in the name", "a b", text("a\n"), text("b\n"),
			"diff --git a/a b b/a b\n--- a/a b\t\n+++ b/a b\t\n@@ -1 +1 @@\n-a\n+b\n",
		},
		{
			"a quote and a newline in the name", "a\"\n", text("a\n"), text("b\n"),
			"diff --git \"a/a\\\"\\012\" \"b/a\\\"\\012\"\n" +
				"--- \"a/a\\\"\\012\"\n+++ \"b/a\\\"\\012\"\n@@ -1 +1 @@\n-a\n+b\n",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := Git(test.path, test.before, test.after)
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestLinesOfHugeTexts bounds the search: texts for which a shortest answer
// would take hours still get a correct one soon.
func TestLinesOfHugeTexts(t *testing.T) {
	const lines = 100_000
	tests := []struct {
		name string
		a, b func(i int) int
	}{
		{"few distinct lines", func(i int) int { return i * i % 7 }, func(i int) int { return i * i * i % 11 }},
		{"all lines common, in reverse", func(i int) int { return i }, func(i int) int { return lines - i }},
		{"shuffled", func(i int) int { return i * 7919 % lines }, func(i int) int { return i * 104729 % lines }},
		{"one line repeated", func(int) int { return 0 }, func(i int) int { return i % 2 }},
		{"nothing in common", func(i int) int { return i }, func(i int) int { return i + lines }},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			a, b := generate(lines, test.a), generate(lines, test.b)
			start := time.Now()
			edits := Lines(a, b)
			if took := time.Since(start); took > 30*time.Second {
				t.Errorf("took %s", took)
			}
			if err := check(a, b, edits); err != "" {
				t.Error(err)
			}
		})
	}
}

func BenchmarkLines(b *testing.B) {
	const lines = 10_000
	x := generate(lines, func(i int) int { return i % 3000 })
	y := generate(lines, func(i int) int { return (i + i/500) % 3000 })
	b.ReportAllocs()
	for b.Loop() {
		if len(Lines(x, y)) == 0 {
			b.Fatal("no edits")
		}
	}
}
