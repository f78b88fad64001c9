package scaffold

import (
	"bytes"
	"context"
	"fmt"
	"regexp"

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
	at := s.pattern().FindIndex(f.Data)
	if at == nil || bytes.IndexByte(f.Data, 0) >= 0 {
		return
	}
	for _, glob := range s.globs {
		if ok, _ := doublestar.Match(glob, p.String()); !ok {
			continue
		}
		changed := tree.File{Data: s.pattern().ReplaceAll(f.Data, []byte("${1}"+escapeDollar(s.to))), Mode: f.Mode}
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

// pattern finds the old value where it is a whole: not a part of a longer path
// or word.
func (s substitution) pattern() *regexp.Regexp {
	return regexp.MustCompile(`(^|[^\w./-])` + regexp.QuoteMeta(s.from) + `\b`)
}

func escapeDollar(text string) string {
	return string(bytes.ReplaceAll([]byte(text), []byte("$"), []byte("$$")))
}

func (c *change) renderedFile(p tree.Path) tree.File {
	f, _ := c.theirs.Tree.File(p)
	return f
}
