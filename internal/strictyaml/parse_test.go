package strictyaml_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"groundsill.example/internal/diag"
	"groundsill.example/internal/strictyaml"
)

// problem returns "code line:column" of the first diagnostic of err.
func problem(t *testing.T, err error) string {
	t.Helper()
	if err == nil {
		return ""
	}
	e, ok := errors.AsType[*diag.Error](err)
	if !ok {
		t.Fatalf("error %v is a %T, not a *diag.Error", err, err)
	}
	d := e.Diagnostics[0]
	if d.At.File != "f.yaml" {
		t.Errorf("place %q does not name the file", d.At)
	}
	return fmt.Sprintf("%s %d:%d", d.Code, d.At.Line, d.At.Column)
}

func TestParseRefuses(t *testing.T) {
	cases := []struct{ name, text, want string }{
		{"a tag", "a: !!str x", "yaml-tag 1:4"},
		{"a local tag", "a: !x y", "yaml-tag 1:4"},
		{"the tag without a name", "a: ! 12", "yaml-tag 1:4"},
		{"a tag on a key", "!x a: y", "yaml-tag 1:1"},
		{"an anchor", "a: &x 1\n", "yaml-anchor 1:4"},
		{"an alias", "a: &x 1\nb: *x", "yaml-anchor 1:4"},
		{"an alias of nothing", "a: *x", "yaml-syntax 1:4"},
		{"a merge key", "b: 1\n<<: {a: 1}", "yaml-merge 2:1"},
		{"a merge key in quotes", "\"<<\": {a: 1}", "yaml-merge 1:1"},
		{"a key twice", "a: 1\nb: 1\na: 2", "yaml-duplicate 3:1"},
		{"a key twice, once in quotes", "{a: 1, \"a\": 2}", "yaml-duplicate 1:8"},
		{"a number as key", "1: a", "yaml-key 1:1"},
		{"a boolean as key", "true: a", "yaml-key 1:1"},
		{"null as key", "~: a", "yaml-key 1:1"},
		{"a list as key", "[a]: b", "yaml-key 1:1"},
		{"two documents", "a: 1\n---\nb: 2\n", "yaml-documents 2:1"},
		{"an empty second document", "a: 1\n---\n", "yaml-documents 2:1"},
		{"a directive", "# c\n%YAML 1.1\n---\na: 1", "yaml-directive 2:1"},
		{"a tab as indentation", "a:\n\tb: 1", "yaml-syntax 2:1"},
		{"an open list", "a: [1, 2", "yaml-syntax 2:1"},
		{"two colons", "a: b: c", "yaml-syntax 1:5"},
		{"bytes that are not UTF-8", "a: 1\nbé: \xff", "yaml-encoding 2:5"},
		{"a zero byte", "a: \x00", "yaml-encoding 1:4"},
		{"an escape character", "a: \x1b[31m", "yaml-encoding 1:4"},
		{"half a character", `{"a": "\ud800"}`, "yaml-syntax 1:10"},
		{"65 lists", strings.Repeat("[", 65) + strings.Repeat("]", 65), "yaml-deep 1:65"},
		{"a million lists", strings.Repeat("[", 1<<20), "yaml-syntax 1:10001"},
		{"more than a mebibyte", strings.Repeat("#", 1<<20) + "\n", "yaml-large 0:0"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, err := strictyaml.Parse("f.yaml", []byte(c.text))
			if got := problem(t, err); got != c.want {
				t.Errorf("got %q, want %q (%v)", got, c.want, err)
			}
		})
	}
}

func TestParseScalars(t *testing.T) {
	cases := []struct {
		text string
		want any
	}{
		{"", nil},
		{"# nothing\n", nil},
		{"---\n", nil},
		{"\ufeffa: 1", map[string]any{"a": int64(1)}},
		{"a: ~", map[string]any{"a": nil}},
		{"[null, true, false, True, NULL]", []any{nil, true, false, "True", "NULL"}},
		{"[yes, no, on, off, y]", []any{"yes", "no", "on", "off", "y"}},
		{"[0, -7, 00001, 0x1F, 0o17, 1_000, +1]", []any{int64(0), int64(-7), "00001", "0x1F", "0o17", "1_000", "+1"}},
		{"[1.5, 12.50, 1e3, .5, 1., .inf]", []any{1.5, "12.50", "1e3", ".5", "1.", ".inf"}},
		{"[9223372036854775807, 9223372036854775808, 0.1]", []any{int64(9223372036854775807), "9223372036854775808", 0.1}},
		{"[12345678901234567890123, 0.12345678901234567890]", []any{"12345678901234567890123", "0.12345678901234567890"}},
		{"[2026-01-02, 12:30:45]", []any{"2026-01-02", "12:30:45"}},
		{`['1', "true", '']`, []any{"1", "true", ""}},
		{"a: |\n  1\n  2\nb: >-\n  x\n  y\n", map[string]any{"a": "1\n2\n", "b": "x y"}},
		{"a: 1\r\nb: 2\r\n", map[string]any{"a": int64(1), "b": int64(2)}},
		{"{\n\t\"a\":\"\\/\\ud83d\\ude00\\\\u0041\\u0042\"}", map[string]any{"a": "/😀\\u0041B"}},
	}
	for _, c := range cases {
		node, err := strictyaml.Parse("f.yaml", []byte(c.text))
		if err != nil {
			t.Errorf("%q: %v", c.text, err)
			continue
		}
		if diff := cmp.Diff(c.want, node.Plain()); diff != "" {
			t.Errorf("%q (-want +got):\n%s", c.text, diff)
		}
	}
}

func TestOptions(t *testing.T) {
	_, err := strictyaml.Parse("f.yaml", []byte("[[a]]"), strictyaml.WithMaxDepth(2), strictyaml.WithClass(diag.Blueprint))
	if got := problem(t, err); got != "yaml-deep 1:3" || diag.ClassOf(err) != diag.Blueprint {
		t.Errorf("got %q of class %s", got, diag.ClassOf(err))
	}
	_, err = strictyaml.Parse("f.yaml", []byte("abc"), strictyaml.WithMaxBytes(2))
	if got := problem(t, err); got != "yaml-large 0:0" || diag.ClassOf(err) != diag.Usage {
		t.Errorf("got %q of class %s", got, diag.ClassOf(err))
	}
}

func TestManyMistakesAreCut(t *testing.T) {
	_, err := strictyaml.Parse("f.yaml", []byte(strings.Repeat("a: b\n", 1000)))
	e, ok := errors.AsType[*diag.Error](err)
	if !ok || len(e.Diagnostics) != 100 {
		t.Errorf("1000 repeated keys: %d lines of error", strings.Count(fmt.Sprint(err), "\n")+1)
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"a: 1\nb: [x, {c: d}]\n", "a: &x 1\nb: *x", "%TAG ! a\n---\na", "{\"a\": \"\\ud83d\\ude00\"}",
		"<<: {a: b}", "? a\n: b", "a: |2-\n   x", "- - - a", "a: \"\\x41\\\n  b\"", "\ufeff# c", "a: !<x> b",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		node, err := strictyaml.Parse("f.yaml", data)
		if err != nil {
			problem(t, err)
			return
		}
		checkPlaces(t, node)
	})
}

// checkPlaces fails for a node without a place, and reads every scalar back
// from its quoted form.
func checkPlaces(t *testing.T, n *strictyaml.Node) {
	t.Helper()
	if n.Pos.File == "" || n.Pos.Line < 1 || n.Pos.Column < 1 {
		t.Errorf("%s without a place: %v", n.Kind, n.Pos)
	}
	if n.Kind == strictyaml.String {
		back, err := strictyaml.Parse("f.yaml", []byte("{k: ["+strictyaml.Quote(n.Text)+"]}"))
		if err != nil {
			t.Fatalf("quote %q: %v", n.Text, err)
		}
		if diff := cmp.Diff(map[string]any{"k": []any{n.Text}}, back.Plain()); diff != "" {
			t.Errorf("quote %q (-want +got):\n%s", n.Text, diff)
		}
	}
	for _, item := range n.Items {
		checkPlaces(t, item)
	}
	for _, e := range n.Entries {
		checkPlaces(t, e.Value)
	}
}
