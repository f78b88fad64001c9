package diag

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestPosString(t *testing.T) {
	for _, c := range []struct {
		pos  Pos
		want string
	}{
		{Pos{}, ""},
		{Pos{File: "a"}, "a"},
		{Pos{File: "a", Line: 3}, "a:3"},
		{Pos{File: "a", Line: 3, Column: 7}, "a:3:7"},
		{Pos{File: "a", Column: 7}, "a"},
	} {
		if got := c.pos.String(); got != c.want {
			t.Errorf("%+v: got %q, want %q", c.pos, got, c.want)
		}
	}
}

func TestErrorText(t *testing.T) {
	cause := errors.New("disk full")
	at := Diagnostic{Code: "c", Summary: "bad", At: Pos{File: "f", Line: 2}}
	for _, c := range []struct {
		name string
		err  *Error
		want string
	}{
		{"one", New(Usage, at), "f:2: bad"},
		{"cause", Wrap(Usage, cause, at), "f:2: bad: disk full"},
		{"two", &Error{Diagnostics: []Diagnostic{at, {Summary: "worse"}}}, "f:2: bad\nworse"},
		{"only a cause", &Error{Err: cause}, "disk full"},
		{"nothing", &Error{Class: Stale}, ""},
	} {
		if got := c.err.Error(); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

func TestCodeAndHint(t *testing.T) {
	two := &Error{Class: Usage, Diagnostics: []Diagnostic{{Code: "first"}, {Code: "second", Hint: "do it"}}}
	if two.Code() != "first" || two.Hint() != "do it" {
		t.Errorf("got %q, %q", two.Code(), two.Hint())
	}
	none := &Error{Class: Stale}
	if none.Code() != "stale" || none.Hint() != "" {
		t.Errorf("got %q, %q", none.Code(), none.Hint())
	}
}

func TestClassOf(t *testing.T) {
	refused := New(Refused, Diagnostic{Code: "x"})
	for _, c := range []struct {
		err  error
		want Class
	}{
		{errors.New("other"), Internal},
		{nil, Internal},
		{refused, Refused},
		{fmt.Errorf("open: %w", refused), Refused},
		{errors.Join(errors.New("close"), refused), Refused},
		{Wrap(Usage, refused, Diagnostic{}), Usage},
	} {
		if got := ClassOf(c.err); got != c.want {
			t.Errorf("%v: got %s, want %s", c.err, got, c.want)
		}
	}
	cause := errors.New("cause")
	if !errors.Is(Wrap(Usage, cause, Diagnostic{}), cause) {
		t.Error("the cause is lost")
	}
}

func TestListTake(t *testing.T) {
	var l List
	if !l.Take(nil) || !l.Empty() || l.Err(Usage) != nil {
		t.Error("nil is not nothing")
	}
	if l.Take(errors.New("other")) || !l.Empty() {
		t.Error("a foreign error was taken")
	}
	if !l.Take(fmt.Errorf("wrapped: %w", New(Refused, Diagnostic{Code: "x"}))) || l.Empty() {
		t.Error("an Error was not taken")
	}
	if err := l.Err(Blueprint); ClassOf(err) != Blueprint {
		t.Errorf("got %v", err)
	}
}

func TestListIsSortedWithoutRepeats(t *testing.T) {
	at := func(file string, line, column int, summary string) Diagnostic {
		return Diagnostic{Summary: summary, At: Pos{File: file, Line: line, Column: column}}
	}
	want := []Diagnostic{
		at("", 0, 0, "z"), at("a", 1, 2, "x"), at("a", 1, 2, "y"), at("a", 1, 10, "x"), at("a", 2, 1, "x"), at("b", 1, 1, "x"),
	}
	r := rand.New(rand.NewPCG(1, 1))
	for range 50 {
		items := append(append([]Diagnostic{}, want...), want...)
		r.Shuffle(len(items), func(i, j int) { items[i], items[j] = items[j], items[i] })
		var l List
		for _, d := range items {
			l.Add(d)
		}
		var e *Error
		if !errors.As(l.Err(Usage), &e) {
			t.Fatal("no error")
		}
		if d := cmp.Diff(want, e.Diagnostics); d != "" {
			t.Fatal(d)
		}
	}
}

func TestDiagnosticJSON(t *testing.T) {
	for _, c := range []struct {
		d    Diagnostic
		want string
	}{
		{Diagnostic{Code: "c", Summary: "s"}, `{"code":"c","summary":"s"}`},
		{
			Diagnostic{Code: "c", Summary: "s", Detail: "d", Hint: "h", At: Pos{"f", 1, 2}},
			`{"code":"c","summary":"s","detail":"d","hint":"h","at":{"file":"f","line":1,"column":2}}`,
		},
	} {
		got, err := json.Marshal(c.d)
		if err != nil || string(got) != c.want {
			t.Errorf("got %s, %v, want %s", got, err, c.want)
		}
	}
}
