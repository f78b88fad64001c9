package merge

import (
	"bytes"
	"path"
	"strings"

	"groundsill.example/internal/document"
)

// mergeDocument merges JSON or YAML by keys and items. Lines come first: what
// they make is taken where it says what the keys say. Else the changes of
// theirs are made in the text of ours, of which every other byte stays. What
// can be merged neither way is as the lines have it, with a Fault where they
// see no conflict. It leaves what it cannot read to the lines.
func mergeDocument(f files, read func([]byte) (*document.Document, bool)) (Result, bool) {
	b, okB := read(unix(f.base))
	o, okO := read(unix(f.ours))
	t, okT := read(unix(f.theirs))
	if len(bytes.TrimSpace(f.base)) == 0 { // no JSON, but nothing to be afraid of
		b, okB = &document.Document{}, true
	}
	ending, one := oneEnding(f.ours)
	if !okB || !okO || !okT || !one || o.Root == nil || t.Root == nil {
		return Result{}, false
	}
	m := &documents{name: path.Base(f.name), read: read, base: b, ours: o, theirs: t}
	return m.merge(f, ending), true
}

func (m *documents) merge(f files, ending string) Result {
	got, ok := m.root()
	lines := mergeLines(f)
	clean := len(lines.Hunks) == 0
	if ok && clean && m.says(lines.Data, got.want) {
		return lines
	}
	if ok && !m.unwritten && m.keepsComments(got.text) {
		text := []byte(strings.ReplaceAll(got.text, "\n", ending))
		if m.says(text, got.want) {
			return Result{Data: text}
		}
	}
	switch {
	case clean && ok:
		lines.Fault = "merged by its lines it would not say what the two sides say"
	case clean:
		lines.Fault = "both sides changed " + m.fault
	}
	return lines
}

func unix(data []byte) []byte { return bytes.ReplaceAll(data, []byte("\r\n"), []byte("\n")) }

// says reports whether a text, when it is read, is a value.
func (m *documents) says(text []byte, want *document.Node) bool {
	d, ok := m.read(unix(text))
	return ok && d.Root.Equal(want)
}

// oneEnding returns the ending of the lines of a text, false where there are two.
func oneEnding(data []byte) (string, bool) {
	switch crlf := bytes.Count(data, []byte("\r\n")); crlf {
	case 0:
		return "\n", true
	case bytes.Count(data, []byte("\n")):
		return "\r\n", true
	}
	return "", false
}

// documents merges the nodes of three documents.
type documents struct {
	name               string // of the file
	read               func([]byte) (*document.Document, bool)
	base, ours, theirs *document.Document
	path               []string // of what is looked at
	fault              string   // the first path that cannot be decided
	unwritten          bool     // it is decided, but nobody knows how to write it
}

// written is the merged text of a node or of a child, and what it must say when
// it is read.
type written struct {
	text string
	want *document.Node
}

// clash notes that nobody can decide what is at the path.
func (m *documents) clash() (written, bool) {
	if m.fault == "" {
		m.fault = strings.TrimPrefix(strings.Join(m.path, ""), ".")
	}
	if m.fault == "" {
		m.fault = "all of it"
	}
	return written{}, false
}

// root merges the documents as the children that they are of nothing.
func (m *documents) root() (written, bool) {
	whole := func(d *document.Document) spot {
		if d.Root == nil {
			return spot{Document: d}
		}
		start, end := d.Root.Start, d.Root.End
		return spot{d, document.Child{Head: start, Start: start, Inner: start, End: end, Node: d.Root}, d.Root.Block}
	}
	o := whole(m.ours)
	got, ok := m.child(whole(m.base), o, whole(m.theirs))
	got.text = m.ours.Text[:o.Head] + got.text + m.ours.Text[o.End:]
	return got, ok
}

// child merges a child that ours and theirs have, and perhaps the base.
func (m *documents) child(b, o, t spot) (written, bool) {
	rawB, rawO, rawT := b.raw(), o.raw(), t.raw()
	asIs := written{o.text(), o.Node}
	switch {
	case rawO == rawB:
		return written{m.moved(t, o), t.Node}, true
	case rawT == rawB || o.Node.Equal(t.Node):
		return asIs, true
	case m.nested(b.Node, o.Node, t.Node):
		return m.inside(b, o, t)
	}
	asIs.text = m.head(b, o, t) + o.Text[o.Start:o.End]
	changed := written{m.head(b, o, t) + m.exchanged(o, t), t.Node}
	switch {
	case b.Node.Equal(t.Node):
		return asIs, true
	case b.Node.Equal(o.Node):
		return changed, true
	case b.hasLines() && o.hasLines() && t.hasLines():
		return m.byLines(b, o, t)
	}
	switch newer(m.name, m.path, o.Node, t.Node) {
	case o.Node:
		return asIs, true
	case t.Node:
		return changed, true
	}
	return m.clash()
}

// nested reports whether both sides have a container of one kind, so that each
// child can be looked at.
func (m *documents) nested(b, o, t *document.Node) bool {
	if o.Kind == document.Scalar || o.Kind != t.Kind || atomic(m.name, m.path) {
		return false
	}
	return o.Props == t.Props || b != nil && b.Props == t.Props
}

// inside merges the children of a child.
func (m *documents) inside(b, o, t spot) (written, bool) {
	in, ok := m.container(b.container(o.Node.Kind), o.container(o.Node.Kind), t.container(o.Node.Kind))
	return written{m.head(b, o, t) + o.Text[o.Start:o.Node.Start] + in.text + o.Text[o.Node.End:o.End], in.want}, ok
}

// head returns the comment above a child: that of theirs where ours is as it was.
func (m *documents) head(b, o, t spot) string {
	is := o.Text[o.Head:o.Start]
	if b.Node == nil || strings.Join(strings.Fields(is), " ") != strings.Join(strings.Fields(b.Text[b.Head:b.Start]), " ") {
		return is
	}
	return m.shift(t.Text[t.Head:t.Start], t, o.margin())
}

// exchanged returns a child of ours, without the comment above, with the value
// of theirs.
func (m *documents) exchanged(o, t spot) string {
	start, end := o.Node.Start, o.Node.End
	from, to := t.Node.Start, t.Node.End
	if !o.inLine() || !t.inLine() {
		start, end, from, to = o.Inner, o.End, t.Inner, t.End
	}
	return o.Text[o.Start:start] + m.shift(t.Text[from:to], t, o.margin()) + o.Text[end:o.End]
}

// moved returns the text of a child of theirs as it stands beside one of ours,
// or in its place.
func (m *documents) moved(t, o spot) string {
	text := m.shift(t.text(), t, o.margin())
	switch dash := t.Key == "" && t.Inner != t.Start; {
	case t.block == o.block || t.Node == m.theirs.Root:
	case o.block && o.Inner != o.Start && t.Inner == t.Start:
		text = "- " + text
	case !o.block && strings.ContainsAny(text, "\n#"):
		m.unwritten = true
	case !o.block && dash:
		text = strings.TrimSpace(strings.TrimPrefix(text, "-"))
	}
	return text
}

// shift returns a text of theirs with its lines after the first at a margin of
// ours.
func (m *documents) shift(text string, t spot, margin string) string {
	return shift(text, t.margin(), margin, unit(m.theirs), unit(m.ours))
}

// byLines merges a text of several lines by its lines. What it says then is
// what it says where it stands alone.
func (m *documents) byLines(b, o, t spot) (written, bool) {
	linesB, _ := b.lines()
	linesO, margin := o.lines()
	linesT, _ := t.lines()
	lines, ok := mergeKeys(linesB, linesO, linesT)
	if !ok {
		return m.clash()
	}
	for i, l := range lines[1:] {
		lines[i+1] = strings.TrimRight(margin+l, " ")
	}
	text := o.Text[o.Start:o.Node.Start] + strings.Join(lines, "\n") + o.Text[o.Node.End:o.End]
	alone, ok := m.read([]byte(shift(text, o.margin(), "", "", "") + "\n"))
	if !ok || alone.Root == nil || len(alone.Root.Children) != 1 {
		return m.clash()
	}
	return written{m.head(b, o, t) + text, alone.Root.Children[0].Node}, true
}

// mergeKeys merges lines, and reports whether there was no conflict.
func mergeKeys(base, ours, theirs []string) ([]string, bool) {
	out := merger{base: base, ours: ours, theirs: theirs}.run()
	if len(out.conflicts()) > 0 {
		return nil, false
	}
	var all []string
	for _, p := range out.result() {
		all = append(all, out.keys(p.lines)...)
	}
	return all, true
}
