package strictyaml_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"groundsill.example/internal/diag"
	"groundsill.example/internal/strictyaml"
)

func parse(t *testing.T, text string) *strictyaml.Node {
	t.Helper()
	n, err := strictyaml.Parse("f.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestReaderReads(t *testing.T) {
	var r strictyaml.Reader
	m := r.Map(parse(t, "s: x\nb: true\ni: -3\nl: [a, b]\nn: {k: v}\nv: 12.50\n"), "s", "b", "i", "l", "n", "v", "absent")
	type values struct {
		S, Absent, V, K string
		B, Has          bool
		I, Items        int
		L               []string
	}
	got := values{
		S: m.Str("s"), Absent: m.Str("absent"), V: m.Scalar("v"), K: m.Map("n", "k").Str("k"),
		B: m.Bool("b"), Has: m.Has("absent"), I: m.Int("i"), Items: len(m.List("l")), L: m.StrList("l"),
	}
	want := values{S: "x", V: "12.50", K: "v", B: true, I: -3, Items: 2, L: []string{"a", "b"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	m.Require("s", "b")
	if zero := m.Int("absent") == 0 && !m.Bool("absent") && m.StrList("absent") == nil && m.Map("absent").Str("x") == ""; !zero {
		t.Error("an absent key is not the zero value")
	}
	if err := r.Err(diag.Usage); err != nil || !r.OK() {
		t.Error(err)
	}
}

func TestReaderCollectsMistakes(t *testing.T) {
	var r strictyaml.Reader
	m := r.Map(parse(t, "version: 1.0\nports: 80\ndebug: yes\nlimit: 99999999999\nnam: x\nlist: [a, 2]\nempty:\nx: {}\n"),
		"version", "ports", "debug", "limit", "name", "list", "empty", "x")
	m.Str("version")
	m.List("ports")
	m.Bool("debug")
	m.Int("limit")
	m.StrList("list")
	m.Str("empty")
	m.Int("empty")
	m.Scalar("x")
	m.Map("ports", "a")
	m.Require("name", "version")
	n, _ := m.Get("ports")
	r.Take(n, errors.New("a port is a range"))
	r.Take(n, diag.New(diag.Internal, diag.Diagnostic{Code: "own", Summary: "own"}))
	r.Take(n, nil)
	err := r.Err(diag.Blueprint)
	var got []string
	if e, ok := errors.AsType[*diag.Error](err); ok && e.Class == diag.Blueprint {
		for _, d := range e.Diagnostics {
			got = append(got, fmt.Sprintf("%s %d:%d %s (%s)", d.Code, d.At.Line, d.At.Column, d.Summary, d.Hint))
		}
	}
	want := []string{
		`yaml-missing 1:1 key "name" is missing ()`,
		`yaml-type 1:10 expected text, found the number 1.0 (put it in quotes: "1.0")`,
		`yaml-value 2:8 a port is a range ()`,
		`yaml-type 2:8 expected a list, found a whole number ()`,
		`yaml-type 2:8 expected a mapping, found a whole number ()`,
		`own 2:8 own ()`,
		`yaml-type 3:8 expected true or false, found the text "yes" ()`,
		`yaml-range 4:8 the number "99999999999" is too large ()`,
		`yaml-unknown 5:1 key "nam" is unknown (did you mean "name"?)`,
		`yaml-type 6:11 expected text, found the whole number 2 (put it in quotes: "2")`,
		`yaml-type 7:7 expected a whole number, found nothing ()`,
		`yaml-type 7:7 expected text, found nothing ()`,
		`yaml-type 8:4 expected text, a number or a boolean, found a mapping ()`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestQuote(t *testing.T) {
	cases := map[string]string{
		"sqlite": "sqlite", "bin/server": "bin/server", "": `""`, "no": `"no"`, "Null": `"Null"`, "1": `"1"`,
		"a b": `"a b"`, "-o": `"-o"`, "a\n\tb": `"a\n\tb"`, `a"\b`: `"a\"\\b"`, "\u202e\U000e0001": `"\u202E\U000E0001"`,
		"größe": `"größe"`, "a:b": `"a:b"`, "<<": `"<<"`, "\x00": `"\u0000"`,
	}
	for in, want := range cases {
		if got := strictyaml.Quote(in); got != want {
			t.Errorf("%q: got %s, want %s", in, got, want)
		}
	}
}

func TestNearest(t *testing.T) {
	known := []string{"required", "unique", "index", "a"}
	cases := map[string]string{
		"requird": "required", "Unique": "unique", "uniuqe": "unique", "idx": "index", "banana": "", "": "", "indexed": "index",
	}
	for in, want := range cases {
		if got := strictyaml.Nearest(in, known); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}
