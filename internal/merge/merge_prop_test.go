package merge

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"groundsill.example/internal/need"
)

// drawText returns lines from a small set, so that equal lines meet.
func drawText(t *rapid.T, label string) []byte {
	lines := rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b", "c", "}", "", "route one", "route two"}), 0, 14).Draw(t, label)
	text := strings.Join(lines, "\n")
	if len(lines) > 0 && rapid.Bool().Draw(t, label+" ends") {
		text += "\n"
	}
	return []byte(text)
}

// drawEdit returns a text with some lines put in, taken out or changed; every
// new line has a name of its own.
func drawEdit(t *rapid.T, base []byte, label string) []byte {
	lines := strings.Split(strings.TrimSuffix(string(base), "\n"), "\n")
	for i := range rapid.IntRange(0, 4).Draw(t, label) {
		at := rapid.IntRange(0, len(lines)).Draw(t, "at")
		word := label + string(rune('0'+i))
		switch rapid.IntRange(0, 3).Draw(t, "what") {
		case 0:
			lines = slices.Insert(lines, at, word)
		case 1:
			if at < len(lines) {
				lines[at] = word
			}
		case 2:
			if at < len(lines) {
				lines = slices.Delete(lines, at, at+1)
			}
		case 3:
			if at < len(lines) {
				moved := lines[at]
				lines = slices.Delete(lines, at, at+1)
				lines = slices.Insert(lines, rapid.IntRange(0, len(lines)).Draw(t, "to"), moved)
			}
		}
	}
	return []byte(strings.Join(lines, "\n") + "\n")
}

func TestLaws(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		base, x := drawText(t, "base"), drawText(t, "x")
		rule := Rule{Union: rapid.Bool().Draw(t, "union")}
		name := rapid.SampledFrom([]string{"a.txt", "a.go", "go.mod", "go.sum", ".env.example", "a.yaml", "a.json"}).Draw(t, "name")
		for law, got := range map[string]Result{
			"merge(b,x,b)=x": File(name, base, x, base, rule, Labels{}),
			"merge(b,b,x)=x": File(name, base, base, x, rule, Labels{}),
			"merge(b,x,x)=x": File(name, base, x, x, rule, Labels{}),
		} {
			if !bytes.Equal(got.Data, x) || len(got.Hunks) > 0 {
				t.Fatalf("%s: %q, %d hunks", law, got.Data, len(got.Hunks))
			}
		}
	})
}

// Whatever both sides do, a line that the user wrote is in the result, and so
// is a line that the blueprint wrote, unless there is a conflict. A line that
// was taken out by either side does not come back.
func TestNoLineIsLost(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		base := []byte("one\ntwo\n\nthree\n}\n\nfour\nfive\n}\n")
		ours, theirs := drawEdit(t, base, "ours"), drawEdit(t, base, "theirs")
		got := File("a.txt", base, ours, theirs, Rule{Union: rapid.Bool().Draw(t, "union")}, Labels{})
		if len(got.Hunks) > 0 {
			return
		}
		has := counts(got.Data)
		for line, n := range counts(ours) {
			if was := counts(base)[line]; n > was && has[line] < n {
				t.Fatalf("%q of ours is lost:\n%s", line, got.Data)
			}
		}
		for line, n := range counts(theirs) {
			if was := counts(base)[line]; n > was && has[line] < n {
				t.Fatalf("%q of theirs is lost:\n%s", line, got.Data)
			}
		}
		for line := range counts(base) {
			if (counts(ours)[line] == 0 || counts(theirs)[line] == 0) && has[line] > 0 {
				t.Fatalf("%q came back:\n%s", line, got.Data)
			}
		}
	})
}

func TestEndingsStayTheUsers(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		base := []byte("one\ntwo\nthree\nfour\nfive\nsix\n")
		ours := bytes.ReplaceAll(drawEdit(t, base, "ours"), []byte("\n"), []byte("\r\n"))
		got := File("a.txt", base, ours, drawEdit(t, base, "theirs"), Rule{}, Labels{})
		if n := bytes.Count(got.Data, []byte("\n")); n != bytes.Count(got.Data, []byte("\r\n")) {
			t.Fatalf("%q", got.Data)
		}
	})
}

// git merge-file is an oracle where both must agree: lines that are all
// different. Ours may be cleaner elsewhere, never where a line of the user goes.
func TestAgreesWithGit(t *testing.T) {
	t.Parallel()
	need.Program(t, "git")
	dir := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		base := []byte("one\ntwo\nthree\nfour\nfive\nsix\nseven\neight\n")
		ours, theirs := drawEdit(t, base, "ours"), drawEdit(t, base, "theirs")
		want, clean := gitMerge(t, dir, base, ours, theirs)
		got := File("a.txt", base, ours, theirs, Rule{}, Labels{})
		if len(got.Hunks) == 0 && clean && !bytes.Equal(got.Data, want) {
			t.Fatalf("git:\n%s\nours:\n%s", want, got.Data)
		}
		if len(got.Hunks) == 0 && !clean {
			t.Fatalf("git sees a conflict where this is clean:\n%s\n%s", want, got.Data)
		}
	})
}

func gitMerge(t *rapid.T, dir string, base, ours, theirs []byte) (merged []byte, clean bool) {
	for name, data := range map[string][]byte{"base": base, "ours": ours, "theirs": theirs} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.CommandContext(context.Background(), "git", "merge-file", "-p", "--diff3", "ours", "base", "theirs")
	cmd.Dir = dir
	out, err := cmd.Output()
	return out, err == nil
}

// FuzzGo: a Go file that could be read on every side can be read afterwards, or
// there is a conflict.
func FuzzGo(f *testing.F) {
	f.Add("package a\n\nfunc a() {}\n", "package a\n\nfunc a() {}\n\nfunc b() {}\n", "package a\n\nfunc a() { c() }\n")
	f.Add("package a\n\nimport \"fmt\"\n\nvar x = fmt.Sprint()\n", "package a\n\nimport (\n\t\"fmt\"\n\t\"os\"\n)\n\nvar x = fmt.Sprint(os.Args)\n",
		"package a\n\nimport \"strings\"\n\nvar x = 1\n\nvar y = strings.ToUpper(`a\n  b`)\n")
	f.Fuzz(func(t *testing.T, base, ours, theirs string) {
		b, o, th := []byte(base), []byte(ours), []byte(theirs)
		for _, side := range [][]byte{b, o, th} {
			if _, ok := readGo(side); !ok {
				return
			}
		}
		r := File("a.go", b, o, th, Rule{Union: true}, Labels{})
		if _, ok := readGo(r.Data); !ok && len(r.Hunks) == 0 && unreadable("a.go", sidesOf(base, ours, theirs), r.Data) == "" {
			t.Errorf("not readable and no conflict:\n%s", r.Data)
		}
	})
}
