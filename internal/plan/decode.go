package plan

import (
	"encoding/hex"
	"errors"
	"strconv"
	"strings"

	"groundsill.example/internal/diag"
	"groundsill.example/internal/tree"
)

// Decode reads the JSON form that [Encode] writes. It trusts nothing: a field it
// does not know, a key that is there twice, anything after the value, another
// version, a path that leaves its root or collides with another, a mode other
// than a plain or an executable file, a digest that the content does not have,
// changes out of order, and an action that does not fit what is there before
// and after are all refused. The error is a *diag.Error of class Usage that
// names the place by line and column.
func Decode(data []byte) (Plan, error) {
	r, err := newReader(data)
	if err != nil {
		return Plan{}, err
	}
	var p Plan
	at := r.offset()
	err = r.object(
		field{"sill", true, r.version},
		field{"plan", true, func() error { at = r.offset(); return r.plan(&p) }},
	)
	if err != nil {
		return Plan{}, err
	}
	if err := r.collisions(p, at); err != nil {
		return Plan{}, err
	}
	return p, nil
}

func (r *reader) version() error {
	at := r.offset()
	n, err := r.number()
	if err != nil {
		return err
	}
	if n != strconv.Itoa(version) {
		return r.problem(at, "plan-version", "a plan of version %s is not one of version %d, which this sill reads",
			clip(n), version)
	}
	return nil
}

func (r *reader) plan(p *Plan) error {
	return r.object(
		field{"root", true, func() error { return r.root(&p.Root) }},
		field{"changes", true, func() error { return r.array(func() error { return r.change(p) }) }},
		field{"conflicts", true, func() error { return r.array(func() error { return r.conflict(p) }) }},
		field{"warnings", true, func() error {
			return r.array(func() error {
				s, err := r.text()
				p.Warnings = append(p.Warnings, s)
				return err
			})
		}},
		field{"message", true, r.into(&p.Message)},
		field{"git", false, func() error { return r.git(&p.Git) }},
	)
}

func (r *reader) root(root *string) error {
	at := r.offset()
	s, err := r.text()
	if err != nil {
		return err
	}
	*root = s
	if s == "." {
		return nil
	}
	_, err = tree.ParsePath(s)
	return r.place(at, err)
}

func (r *reader) git(g *Git) error {
	at := r.offset()
	s, err := r.text()
	if err != nil {
		return err
	}
	switch *g = Git(s); *g {
	case GitCommit, GitInit, GitNone, GitStage:
		return nil
	default:
		return r.problem(at, "plan-git", "git is %s, not commit, init, none or stage", clip(s))
	}
}

func (r *reader) path(p *tree.Path) func() error {
	return func() error {
		at := r.offset()
		s, err := r.text()
		if err != nil {
			return err
		}
		*p, err = tree.ParsePath(s)
		return r.place(at, err)
	}
}

func (r *reader) change(p *Plan) error {
	var c Change
	var j changeJSON
	at := r.offset()
	err := r.object(
		field{"path", true, r.path(&c.Path)},
		field{"action", true, r.into((*string)(&c.Action))},
		field{"mode", true, r.optional(&j.Mode)},
		field{"before", true, r.optional(&j.Before)},
		field{"beforeMode", true, r.optional(&j.BeforeMode)},
		field{"after", true, r.optional(&j.After)},
		field{"content", false, r.optional(&j.Content)},
		field{"encoding", false, r.optional(&j.Encoding)},
		field{"why", true, r.into(&c.Why)},
	)
	if err != nil {
		return err
	}
	if n := len(p.Changes); n > 0 && p.Changes[n-1].Path.Compare(c.Path) >= 0 {
		return r.problem(at, "plan-order", "%s is not after %s: each path is there once, in order",
			c.Path, p.Changes[n-1].Path)
	}
	if what := j.fill(&c); what != "" {
		return r.problem(at, "plan-change", "action %s of %s is refused: %s", clip(string(c.Action)), c.Path, what)
	}
	p.Changes = append(p.Changes, c)
	return nil
}

// fill checks the fields of j against each other, puts them into c and returns
// what is wrong with them, if anything is.
func (j changeJSON) fill(c *Change) string {
	if what := j.expect(&c.Expect); what != "" {
		return what
	}
	if what := j.file(&c.File, c.Action); what != "" {
		return what
	}
	return j.consistent(*c)
}

// consistent returns how the action of c does not fit what is there before and
// after it.
func (j changeJSON) consistent(c Change) string {
	before, after := !c.Expect.Absent(), j.After != nil
	same := before && after && *j.After == c.Expect.Digest && c.File.Mode == c.Expect.Mode
	switch c.Action {
	case Create:
		return unless(!before && after, "it needs nothing before and a file after")
	case Update:
		return unless(before && after && !same, "it needs something before and another file after")
	case Delete:
		return unless(before && !after, "it needs something before and nothing after")
	case Keep:
		return unless(same, "it needs the same before and after")
	default:
		return "an action is one of create, update, delete and keep"
	}
}

func unless(holds bool, text string) string {
	if holds {
		return ""
	}
	return text
}

func (j changeJSON) expect(e *Expect) string {
	if j.Before == nil && j.BeforeMode == nil {
		return ""
	}
	if j.Before == nil || j.BeforeMode == nil {
		return "before and beforeMode go together"
	}
	*e = Expect{Digest: *j.Before, Mode: tree.Mode(*j.BeforeMode)}
	if !digest(e.Digest) {
		return "before is not a digest"
	}
	if !known(e.Mode) {
		return "beforeMode is not a mode"
	}
	return ""
}

func (j changeJSON) file(f *tree.File, action Action) string {
	if j.After == nil && j.Mode == nil && j.Content == nil && j.Encoding == nil {
		return ""
	}
	if j.After == nil || j.Mode == nil || (j.Content == nil) != (j.Encoding == nil) {
		return "mode and after go together, and so do content and encoding"
	}
	f.Mode = tree.Mode(*j.Mode)
	if !written(f.Mode) {
		return "mode is not 0644 or 0755"
	}
	if !digest(*j.After) {
		return "after is not a digest"
	}
	return j.content(f, action)
}

func (j changeJSON) content(f *tree.File, action Action) string {
	if j.Content == nil {
		if action == Keep {
			return ""
		}
		return "it has no content"
	}
	data, ok := decodeText(*j.Content, *j.Encoding)
	if !ok {
		return "content is not in the encoding it names, utf-8 or base64"
	}
	f.Data = data
	if f.Digest() != *j.After {
		return "content does not have the digest in after"
	}
	return ""
}

// digest reports whether s has the form of [tree.File.Digest].
func digest(s string) bool {
	const bytes = 32
	rest, ok := strings.CutPrefix(s, "sha256:")
	if !ok || len(rest) != hex.EncodedLen(bytes) || strings.ToLower(rest) != rest {
		return false
	}
	_, err := hex.DecodeString(rest)
	return err == nil
}

func (r *reader) conflict(p *Plan) error {
	var c Conflict
	at := r.offset()
	err := r.object(
		field{"path", true, r.path(&c.Path)},
		field{"kind", true, r.into(&c.Kind)},
		field{"hunks", true, func() error { return r.array(func() error { return r.hunk(&c) }) }},
		field{"sides", false, func() error { return r.sides(&c) }},
	)
	if err == nil && c.Kind == "" {
		err = r.problem(at, "plan-conflict", "the conflict of %s has no kind", c.Path)
	}
	p.Conflicts = append(p.Conflicts, c)
	return err
}

func (r *reader) hunk(c *Conflict) error {
	var h Hunk
	encoding := new(encodingUTF8)
	at := r.offset()
	err := r.object(
		field{"base", true, r.into(&h.Base)},
		field{"ours", true, r.into(&h.Ours)},
		field{"theirs", true, r.into(&h.Theirs)},
		field{"encoding", false, r.into(encoding)},
	)
	if err != nil {
		return err
	}
	for _, side := range []*string{&h.Base, &h.Ours, &h.Theirs} {
		data, ok := decodeText(*side, *encoding)
		if !ok {
			return r.problem(at, "plan-conflict", "a hunk of %s is not in the encoding it names", c.Path)
		}
		*side = string(data)
	}
	c.Hunks = append(c.Hunks, h)
	return nil
}

func (r *reader) sides(c *Conflict) error {
	at := r.offset()
	err := r.object(
		field{"base", true, func() error { return r.side(&c.Sides.Base) }},
		field{"ours", true, func() error { return r.side(&c.Sides.Ours) }},
		field{"theirs", true, func() error { return r.side(&c.Sides.Theirs) }},
	)
	if err == nil && c.Sides.Empty() {
		err = r.problem(at, "plan-conflict", "the conflict of %s has sides, and none of them has a file", c.Path)
	}
	return err
}

// side reads one side, which may be null.
func (r *reader) side(f **tree.File) error {
	if none, err := r.null(); none || err != nil {
		return err
	}
	var j sideJSON
	at := r.offset()
	err := r.object(
		field{"mode", true, r.into(&j.Mode)},
		field{"content", true, r.into(&j.Content)},
		field{"encoding", true, r.into(&j.Encoding)},
	)
	if err != nil {
		return err
	}
	data, ok := decodeText(j.Content, j.Encoding)
	if mode := tree.Mode(j.Mode); !ok || !written(mode) && mode != tree.Symlink {
		return r.problem(at, "plan-conflict", "a side of a conflict is no file: mode %s, encoding %s", clip(j.Mode), clip(j.Encoding))
	}
	*f = &tree.File{Data: data, Mode: tree.Mode(j.Mode)}
	return nil
}

// collisions checks what is there after the plan: no file is the directory of
// another, and no two names are the same on a file system that folds case.
func (r *reader) collisions(p Plan, at int64) error {
	var b tree.Builder
	for _, c := range p.Changes {
		if c.Action == Delete {
			continue
		}
		if err := b.Add(c.Path, c.File); err != nil {
			return r.place(at, err)
		}
	}
	return nil
}

// place puts the place of offset at into the diagnostics of err.
func (r *reader) place(at int64, err error) error {
	e, ok := errors.AsType[*diag.Error](err)
	if !ok {
		return err
	}
	placed := *e
	placed.Diagnostics = append([]diag.Diagnostic(nil), e.Diagnostics...)
	for i := range placed.Diagnostics {
		placed.Diagnostics[i].At = r.pos(at)
	}
	return &placed
}
