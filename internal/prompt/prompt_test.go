package prompt

import (
	"bytes"
	"context"
	"os"
	"slices"
	"strings"
	"testing"

	"groundsill.example/internal/answer"
	"groundsill.example/internal/blueprint"
	"groundsill.example/internal/diag"
)

func TestNewNeedsFiles(t *testing.T) {
	for _, c := range []struct {
		name string
		ok   bool
		make func() bool
	}{
		{"files", true, func() bool { _, ok := New(os.Stdin, os.Stderr, false); return ok }},
		{"reader", false, func() bool { _, ok := New(strings.NewReader(""), os.Stderr, false); return ok }},
		{"writer", false, func() bool { _, ok := New(os.Stdin, &bytes.Buffer{}, false); return ok }},
	} {
		if c.make() != c.ok {
			t.Errorf("%s: got %v", c.name, !c.ok)
		}
	}
}

func TestInterruptedBeforeTheQuestion(t *testing.T) {
	asker, _ := New(os.Stdin, os.Stderr, false)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	text, err := asker.Ask(ctx, answer.Prompt{})
	if diag.ClassOf(err) != diag.Interrupted || text != "" {
		t.Errorf("got %q, %v", text, err)
	}
}

// An input that is no terminal and at its end is nobody there, and no hang.
func TestInputEnds(t *testing.T) {
	in, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	out, err := os.CreateTemp(t.TempDir(), "out")
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	asker, _ := New(in, out, false)
	for _, kind := range []blueprint.Kind{blueprint.Text, blueprint.Bool, blueprint.Choice, blueprint.Multi} {
		q := blueprint.Question{Kind: kind, Prompt: "P", Choices: []blueprint.Option{{Value: "a"}}}
		_, err := asker.Ask(t.Context(), answer.Prompt{Question: q, Default: "not a choice"})
		if class := diag.ClassOf(err); class != diag.Interrupted && class != diag.Environment {
			t.Errorf("%s: got %v", kind, err)
		}
	}
}

func TestOptions(t *testing.T) {
	values, describe := options(blueprint.Question{Choices: []blueprint.Option{{Value: "a", Help: "ay"}, {Value: "b"}}})
	if !slices.Equal(values, []string{"a", "b"}) || describe("a", 0) != "ay" || describe("b", 1) != "" {
		t.Errorf("got %v, %q, %q", values, describe("a", 0), describe("b", 1))
	}
}
