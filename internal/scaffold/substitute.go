package scaffold

import (
	"bytes"
	"context"
	"fmt"
	"strings"

	"github.com/bmatcuk/doublestar/v4"

	"groundsill.example/internal/diag"
	"groundsill.example/internal/tree"
)

// substitution is an answer whose value stands in files that are not the
// blueprint's, such as the import path of a module.
type substitution struct {
	key      string
	from, to string
	globs    []string // files in which the value is exchanged; none where the blueprint does not say
}

// places returns where the old value begins in a text, as a whole: not as a
// part of a longer path or word.
func (s substitution) places(text []byte) []int {
	var all []int
	for at := 0; ; {
		i := bytes.Index(text[at:], []byte(s.from))
		if i < 0 {
			return all
		}
		start, end := at+i, at+i+len(s.from)
		if !joins(text[max(start-1, 0):start], "./-") && !joins(text[end:min(end+1, len(text))], "-") && !extends(text[end:]) {
			all = append(all, start)
		}
		at = end
	}
}

// joins reports whether a character continues a word or is one of others.
func joins(one []byte, others string) bool {
	return len(one) == 1 && (word(one[0]) || strings.IndexByte(others, one[0]) >= 0)
}

// extends reports whether a text goes on with a dot and a word, as in ".git".
func extends(text []byte) bool { return len(text) > 1 && text[0] == '.' && word(text[1]) }

func word(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '_' || c >= 0x80
}

// exchanged returns a text with the new value.
func (s substitution) exchanged(text []byte) []byte {
	var out []byte
	at := 0
	for _, start := range s.places(text) {
		out = append(append(out, text[at:start]...), s.to...)
		at = start + len(s.from)
	}
	return append(out, text[at:]...)
}

// substitute notes the answers that change and that files of the user repeat.
func (c *change) substitute() {
	for _, q := range c.new.Base.Questions {
		from, to := valueText(c.from.Answers[q.Key]), valueText(c.to.Answers[q.Key])
		if q.Spreads && from != to && from != "" {
			c.spread = append(c.spread, substitution{q.Key, from, to, q.Rename})
		}
	}
}

// exchange puts the new values into the files of the user, or refuses with the
// places where they stand.
func (c *change) exchange(ctx context.Context) error {
	if len(c.spread) == 0 {
		return nil
	}
	strays, err := c.strays(ctx)
	if err != nil {
		return err
	}
	var places diag.List
	for _, s := range c.spread {
		for _, set := range []struct {
			files tree.Tree
			stray bool
		}{{c.outcome.Target, false}, {strays, true}} {
			for p, f := range set.files.All() {
				if f.Mode == tree.Regular || f.Mode == tree.Executable {
					c.exchangeIn(s, p, f, set.stray, &places)
				}
			}
		}
	}
	return places.Err(diag.Refused)
}

func (c *change) exchangeIn(s substitution, p tree.Path, f tree.File, stray bool, places *diag.List) {
	at := s.places(f.Data)
	if len(at) == 0 || bytes.IndexByte(f.Data, 0) >= 0 {
		return
	}
	for _, glob := range s.globs {
		if ok, _ := doublestar.Match(glob, p.String()); !ok {
			continue
		}
		changed := tree.File{Data: s.exchanged(f.Data), Mode: f.Mode}
		c.outcome.Target = c.outcome.Target.With(p, changed)
		if stray {
			c.outcome.Ours = c.outcome.Ours.With(p, f)
		}
		if c.outcome.Why == nil {
			c.outcome.Why = map[tree.Path]string{}
		}
		c.outcome.Why[p] = fmt.Sprintf("%s is %s now", s.key, s.to)
		return
	}
	if !stray && f.Equal(c.renderedFile(p)) {
		return // the blueprint says it, and means it
	}
	places.Add(diag.Diagnostic{
		Code: "answer-spread", Summary: fmt.Sprintf("%s stands here, and %s would no longer be it", s.from, s.key),
		Hint: "change these places first, or keep the answer",
		At:   diag.Pos{File: p.String(), Line: bytes.Count(f.Data[:at[0]], []byte("\n")) + 1},
	})
}

func (c *change) renderedFile(p tree.Path) tree.File {
	f, _ := c.theirs.Tree.File(p)
	return f
}
