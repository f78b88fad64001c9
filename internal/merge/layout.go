package merge

import (
	"regexp"
	"strings"
)

// join writes the children of a container of ours. What stands between two of
// its children that are still neighbours stays; what stands beside a new one is
// as theirs, or the others of ours, have it.
func (m *documents) join(o, t container, slots []slot) string {
	text := o.Text[o.node.Start:o.node.End]
	switch {
	case len(o.children) == 0:
		return m.filled(o, t, slots)
	case len(slots) == 0 && o.node.Block:
		m.unwritten = true
		return text
	case len(slots) == 0:
		return text[:1] + text[len(text)-1:]
	}
	var out strings.Builder
	out.WriteString(o.Text[o.node.Start:o.children[0].Head])
	last := -1 // of ours
	for i, s := range slots {
		if i > 0 {
			out.WriteString(m.between(o, t, slots[i-1], s, last))
		}
		out.WriteString(s.text)
		last = max(last, s.ours)
	}
	if o.node.Block {
		out.WriteString(o.remarks(last, len(o.children)))
	}
	out.WriteString(o.Text[o.children[len(o.children)-1].End:o.node.End])
	return out.String()
}

// filled writes into a container of ours without children what theirs has.
func (m *documents) filled(o, t container, slots []slot) string {
	if len(slots) == 0 {
		return o.Text[o.node.Start:o.node.End]
	}
	if len(slots) != len(t.children) || t.node.Block {
		m.unwritten = true
	}
	return shift(t.Text[t.node.Start:t.node.End], t.margin(), o.margin(), unit(m.theirs), unit(m.ours))
}

// between returns what stands between two children of the merge; last is the
// last of ours before it.
func (m *documents) between(o, t container, before, after slot, last int) string {
	switch {
	case after.ours > 0 && after.ours == before.ours+1:
		return o.gap(after.ours)
	case !o.node.Block:
		return o.comma()
	case after.ours > 0:
		return o.remarks(last, after.ours) + o.gap(after.ours)
	}
	lines := 1
	switch at := max(after.theirs, before.theirs+1); {
	case after.ours < 0 && after.theirs > 0:
		lines = blank(t, after.theirs)
	case at > 0 && at < len(t.children):
		lines = blank(t, at)
	}
	return strings.Repeat("\n", lines) + o.at(0).margin()
}

// remarks returns the comments that stand on their own between two children of
// which those in between are gone.
func (c container) remarks(before, after int) string {
	var all strings.Builder
	for i := max(before, 0) + 1; i < after; i++ {
		if gap := c.gap(i); strings.Contains(gap, "#") {
			all.WriteString(strings.TrimRight(gap, " \n"))
		}
	}
	return all.String()
}

// comma returns what stands between children in brackets.
func (c container) comma() string {
	switch first := c.at(0); {
	case len(c.children) > 1 && !strings.Contains(c.gap(1), "#"):
		return c.gap(1)
	case first.Leads(first.Start):
		return ",\n" + first.margin()
	}
	return ", "
}

// blank returns how many lines a child begins after the one before it, those of
// comments left out.
func blank(c container, i int) int {
	if !c.node.Block {
		return 1
	}
	gap := c.gap(i)
	lines := 0
	for l := range strings.Lines(gap) {
		if strings.HasSuffix(l, "\n") && !strings.HasPrefix(strings.TrimSpace(l), "#") {
			lines++
		}
	}
	return max(lines, 1)
}

// comment is what YAML takes for one, and what looks like it in a text.
var comment = regexp.MustCompile(`(?m)(?:^|[ \t])(#.*)$`)

// keepsComments reports whether every comment of ours is in a text but those
// that theirs took out.
func (m *documents) keepsComments(text string) bool {
	count := func(text string) map[string]int {
		n := map[string]int{}
		for _, c := range comment.FindAllStringSubmatch(text, -1) {
			n[strings.TrimSpace(c[1])]++
		}
		return n
	}
	has, was, is := count(text), count(m.base.Text), count(m.theirs.Text)
	for c, n := range count(m.ours.Text) {
		if has[c] < n-max(0, was[c]-is[c]) {
			return false
		}
	}
	return true
}
