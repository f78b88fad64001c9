package merge

import (
	"strings"

	"groundsill.example/internal/document"
)

// spot is a child in its document. One without a Node is none.
type spot struct {
	*document.Document
	document.Child
	block bool // laid out by indentation
}

// text returns a child with the comment above it and, by indentation, the one
// behind.
func (s spot) text() string { return s.Text[s.Head:s.End] }

// raw returns the text as it would stand at no margin, to be compared.
func (s spot) raw() string { return shift(s.text(), s.margin(), "", "", "") }

// margin returns what the lines of a child begin with, after the first.
func (s spot) margin() string {
	if s.block {
		return strings.Repeat(" ", s.Column(s.Start))
	}
	return s.Margin(s.Start)
}

// inLine reports whether a value is written and can be exchanged without
// touching what stands around it.
func (s spot) inLine() bool { return !s.Node.Block && s.Node.End > s.Node.Start && s.Node.Props == "" }

// hasLines reports whether a value is a text of several lines.
func (s spot) hasLines() bool {
	return s.block && s.Node != nil && s.Node.Kind == document.Scalar && strings.Contains(s.Text[s.Node.Start:s.Node.End], "\n")
}

// lines returns the lines of a value, those after the first without their
// margin, and the margin.
func (s spot) lines() (all []string, margin string) {
	all = strings.Split(s.Text[s.Node.Start:s.Node.End], "\n")
	for _, l := range all[1:] {
		if text := strings.TrimLeft(l, " "); text != "" {
			margin = l[:len(l)-len(text)] // the first line that says something has it
			break
		}
	}
	for i, l := range all[1:] {
		all[i+1] = strings.TrimPrefix(l, margin)
	}
	return all, margin
}

// container returns the value as a container of a kind; without children where
// it is none.
func (s spot) container(kind document.Kind) container {
	c := container{Document: s.Document, margin: s.margin, places: map[string]int{}}
	if s.Node != nil && s.Node.Kind == kind {
		c.node, c.children = s.Node, s.Node.Children
	}
	for i, child := range c.children {
		c.places[child.Key] = i
	}
	return c
}

// container is a Map or a List in its document. The node of none is nil.
type container struct {
	*document.Document
	node     *document.Node
	children []document.Child
	places   map[string]int // of the keys of a Map
	margin   func() string  // of the child that it is the value of
}

func (c container) at(i int) spot { return spot{c.Document, c.children[i], c.node.Block} }

// spot returns a child, none for -1.
func (c container) spot(i int) spot {
	if i < 0 {
		return spot{Document: c.Document}
	}
	return c.at(i)
}

// find returns where a key is, -1 for nowhere.
func (c container) find(key string) int {
	if i, ok := c.places[key]; ok {
		return i
	}
	return -1
}

// gap returns what stands between a child and the one before it.
func (c container) gap(i int) string { return c.Text[c.children[i-1].End:c.children[i].Head] }

// shift returns a text with its lines after the first at another margin. What
// they are indented by beyond it is counted in units, where they are known.
func shift(text, from, to, fromUnit, toUnit string) string {
	if from == to && fromUnit == toUnit || !strings.Contains(text, "\n") {
		return text
	}
	lines := strings.Split(text, "\n")
	for i, l := range lines[1:] {
		rest, ok := strings.CutPrefix(l, from)
		switch {
		case strings.TrimSpace(l) == "" && (!ok || rest == ""):
			lines[i+1] = ""
			continue
		case !ok:
			continue
		}
		indent := ""
		for fromUnit != "" && toUnit != "" && strings.HasPrefix(rest, fromUnit) {
			rest, indent = rest[len(fromUnit):], indent+toUnit
		}
		lines[i+1] = to + indent + rest
	}
	return strings.Join(lines, "\n")
}

// unit returns what a document is indented by for each level, "" where it does
// not say or where it does not matter: by indentation, children go with it.
func unit(d *document.Document) string {
	for n := d.Root; n != nil && !n.Block && len(n.Children) > 0; n = n.Children[0].Node {
		if first := n.Children[0].Start; d.Leads(first) {
			return strings.TrimPrefix(d.Margin(first), d.Margin(n.Start))
		}
	}
	return ""
}
