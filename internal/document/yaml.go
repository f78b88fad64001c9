package document

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
)

// YAML reads a text that is one YAML document with "\n" at the end of its
// lines, and reports whether it could. Anchors, aliases and tags are part of
// what a value says; nothing is put in their place.
func YAML(data []byte) (*Document, bool) {
	d := &Document{Text: string(data)}
	if strings.ContainsAny(d.Text, "\r\ufeff\u0085\u2028\u2029") || strings.HasPrefix(d.Text, "%") || strings.Contains(d.Text, "\n%") {
		return nil, false
	}
	loader, err := yaml.NewLoader(bytes.NewReader(data))
	if err != nil {
		return nil, false
	}
	var doc, second yaml.Node
	switch err := loader.Load(&doc); {
	case errors.Is(err, io.EOF):
		return d, true
	case err != nil:
		return nil, false
	case loader.Load(&second) == nil || len(doc.Content) != 1:
		return nil, false
	}
	r := yamlReader{Document: d, lines: lineStarts(d.Text)}
	d.Root = r.node(doc.Content[0], place{low: 0, column: -1})
	if r.failed {
		return nil, false
	}
	if d.Root.End == d.Root.Start {
		d.Root = nil
	}
	return d, true
}

func lineStarts(text string) []int {
	starts := []int{0}
	for i := range len(text) {
		if text[i] == '\n' {
			starts = append(starts, i+1)
		}
	}
	return starts
}

// yamlReader finds the bytes of what the YAML library read, which says where a
// node starts and not where it ends.
type yamlReader struct {
	*Document
	lines  []int
	failed bool // a node is not where it should be
	depth  int
}

// place is where a node stands: after low, inside of what begins in column, in
// brackets or not.
type place struct {
	low, column int
	flow        bool
}

func (r *yamlReader) fail() *Node {
	r.failed = true
	return &Node{}
}

// offset returns the byte of a line and a column, which counts characters.
func (r *yamlReader) offset(n *yaml.Node) int {
	if n.Line < 1 || n.Line > len(r.lines) {
		r.failed = true
		return 0
	}
	at := r.lines[n.Line-1]
	for range n.Column - 1 {
		if at >= len(r.Text) {
			break
		}
		_, size := utf8.DecodeRuneInString(r.Text[at:])
		at += size
	}
	return at
}

func (r *yamlReader) node(n *yaml.Node, at place) *Node {
	r.depth++
	defer func() { r.depth-- }()
	if r.failed || r.depth > maxDepth {
		return r.fail()
	}
	start := r.offset(n)
	if start < at.low && n.Value != "" {
		return r.fail()
	}
	props, inner := r.props(n, start)
	switch n.Kind {
	case yaml.AliasNode:
		return &Node{Value: "*" + n.Value, Start: start, End: start + 1 + len(n.Value)}
	case yaml.ScalarNode:
		return r.scalar(n, props, inner, at)
	case yaml.MappingNode, yaml.SequenceNode:
		c := &Node{Kind: List, Props: props, Start: inner}
		if n.Kind == yaml.MappingNode {
			c.Kind = Map
		}
		if n.Style&yaml.FlowStyle != 0 {
			r.flow(c, n, inner)
		} else {
			r.block(c, n, at, props != "")
		}
		return c
	case yaml.DocumentNode, yaml.StreamNode:
	}
	return r.fail()
}

// props returns the anchor and the tag of a node and where its value starts.
func (r *yamlReader) props(n *yaml.Node, start int) (props string, inner int) {
	if n.Anchor == "" && n.Style&yaml.TaggedStyle == 0 && n.Tag != "!" || n.Kind == yaml.AliasNode {
		return "", start
	}
	inner = start
	var words []string
	for inner < len(r.Text) && (r.Text[inner] == '&' || r.Text[inner] == '!') {
		end := inner + len(r.Text[inner:]) - len(strings.TrimLeft(r.Text[inner:], wordBytes))
		words = append(words, r.Text[inner:end])
		inner = end + len(r.Text[end:]) - len(strings.TrimLeft(r.Text[end:], " \t"))
	}
	return strings.Join(words, " "), inner
}

// wordBytes are what anchors and tags are made of, as far as they are read.
const wordBytes = "&!abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:<>"

// child reads the first of the nodes of a container, after low, and returns
// what is left of them. The keys of a Map are in seen.
func (r *yamlReader) child(c *Child, seen map[string]bool, nodes []*yaml.Node, low int, at place) []*yaml.Node {
	if seen == nil {
		c.Node = r.node(nodes[0], at)
		return nodes[1:]
	}
	key := nodes[0]
	mark := yaml.TaggedStyle | yaml.LiteralStyle | yaml.FoldedStyle
	if key.Kind != yaml.ScalarNode || key.Anchor != "" || key.Style&mark != 0 || seen[key.Value] {
		r.failed = true
		return nil
	}
	seen[key.Value] = true
	k := r.node(key, place{low: low, column: at.column, flow: at.flow})
	c.Key, c.Start, c.Inner = key.Value, k.Start, r.skip(k.End, " \t")
	if c.Inner < len(r.Text) && r.Text[c.Inner] == ':' {
		c.Inner++
	} else if !at.flow {
		r.failed = true
	}
	at.low = c.Inner
	c.Node = r.node(nodes[1], at)
	return nodes[2:]
}

// seenIn returns where the keys of a Map are put, nil for a List.
func seenIn(c *Node) map[string]bool {
	if c.Kind == Map {
		return map[string]bool{}
	}
	return nil
}

// skip returns the first offset from at on of a byte that is not in a set.
func (r *yamlReader) skip(at int, set string) int {
	return len(r.Text) - len(strings.TrimLeft(r.Text[at:], set))
}

// block reads a container that is laid out by indentation.
func (r *yamlReader) block(c *Node, n *yaml.Node, at place, props bool) {
	if at.flow || len(n.Content) == 0 {
		r.failed = true
		return
	}
	c.Block = true
	column, low := -1, at.low
	seen := seenIn(c)
	for nodes := n.Content; len(nodes) > 0 && !r.failed; {
		var child Child
		if c.Kind == List {
			child.Start = r.dash(nodes[0], n, column, props)
			child.Inner = child.Start + 1
		} else {
			child.Start = r.offset(nodes[0])
		}
		if r.failed || child.Start < low || column >= 0 && (r.Column(child.Start) != column || !r.Leads(child.Start)) {
			r.failed = true
			return
		}
		column = r.Column(child.Start)
		nodes = r.child(&child, seen, nodes, low, place{low: max(child.Inner, low), column: column})
		if r.failed {
			return
		}
		child.Head, child.End = r.head(child.Start, low), r.lineEnd(child.Node.End)
		if rest := strings.TrimLeft(r.Text[child.Node.End:child.End], " \t"); rest != "" && rest[0] != '#' {
			r.failed = true
		}
		low = child.End
		c.Children = append(c.Children, child)
	}
	if !r.failed {
		c.Start, c.End = c.Children[0].Head, low
	}
}

// dash returns where the dash of an item stands.
func (r *yamlReader) dash(item, list *yaml.Node, column int, props bool) int {
	if column < 0 && !props {
		if at := r.offset(list); at < len(r.Text) && r.Text[at] == '-' {
			return at
		}
		return r.fail().Start
	}
	if column < 0 {
		return r.fail().Start
	}
	for line := min(item.Line, len(r.lines)) - 1; line >= 0; line-- {
		at := r.lines[line]
		indent := r.skip(at, " ") - at
		if indent == column && at+indent < len(r.Text) && r.Text[at+indent] == '-' {
			return at + indent
		}
	}
	return r.fail().Start
}

// head returns where the comment begins that stands right above a child.
func (r *yamlReader) head(start, low int) int {
	if !r.Leads(start) {
		return start
	}
	column, head := r.Column(start), start
	for at := start - column; at > 0; {
		at = strings.LastIndexByte(r.Text[:at-1], '\n') + 1
		comment := r.skip(at, " ")
		if at < low || comment-at != column || r.Text[comment] != '#' {
			break
		}
		head = comment
	}
	return head
}

// flow reads a container between brackets.
func (r *yamlReader) flow(c *Node, n *yaml.Node, start int) {
	end := byte(']')
	if c.Kind == Map {
		end = '}'
	}
	if start >= len(r.Text) || r.Text[start] != end-2 { // as they stand in ASCII
		r.failed = true
		return
	}
	low := start + 1
	seen := seenIn(c)
	for nodes := n.Content; len(nodes) > 0 && !r.failed; {
		var child Child
		nodes = r.child(&child, seen, nodes, low, place{low: low, flow: true})
		if r.failed {
			return
		}
		if c.Kind == List {
			child.Start = child.Node.Start
			if child.Node.Props != "" {
				r.failed = true // where it begins is not told
			}
			child.Inner = child.Start
		}
		child.Head, child.End = child.Start, max(child.Node.End, child.Inner)
		low = child.End
		c.Children = append(c.Children, child)
	}
	for low < len(r.Text) && r.Text[low] != end {
		switch r.Text[low] {
		case ' ', '\t', '\n', ',':
			low++
		case '#':
			low = r.lineEnd(low)
		default:
			r.failed = true
			return
		}
	}
	c.End = min(low+1, len(r.Text))
}

func (r *yamlReader) scalar(n *yaml.Node, props string, start int, at place) *Node {
	s := &Node{Props: props, Start: start, Value: quotedValue(n.Value)}
	switch {
	case n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0:
		s.Block, s.End = true, r.blockEnd(start, at.column)
	case n.Style&yaml.DoubleQuotedStyle != 0:
		s.End = r.quotedEnd(start, '"', '\\')
	case n.Style&yaml.SingleQuotedStyle != 0:
		s.End = r.quotedEnd(start, '\'', '\'')
	case n.Value == "":
		if props != "" {
			r.failed = true
		}
		s.Value, s.Start, s.End = "", at.low, at.low
	default:
		s.Value, s.End = plainValue(n.Value), r.plainEnd(start, n.Value)
	}
	return s
}

// quotedEnd returns where a scalar between quotes ends. What follows an escape
// is no quote.
func (r *yamlReader) quotedEnd(start int, quote, escape byte) int {
	if start >= len(r.Text) || r.Text[start] != quote {
		r.failed = true
		return start
	}
	for i := start + 1; i < len(r.Text); i++ {
		switch c := r.Text[i]; {
		case c == escape && (quote != escape || i+1 < len(r.Text) && r.Text[i+1] == quote):
			i++
		case c == quote:
			return i + 1
		}
	}
	r.failed = true
	return start
}

// plainEnd returns where a scalar ends whose words, on one line or several,
// are those of its value.
func (r *yamlReader) plainEnd(start int, value string) int {
	at := start
	for word := range strings.FieldsFuncSeq(value, func(r rune) bool { return r == ' ' || r == '\t' || r == '\n' }) {
		at = r.skip(at, " \t\n")
		if !strings.HasPrefix(r.Text[at:], word) {
			r.failed = true
			return start
		}
		at += len(word)
	}
	return at
}

// blockEnd returns where the lines of a block scalar end, whose header starts
// at start: before a line that says something and is not indented.
func (r *yamlReader) blockEnd(start, column int) int {
	end := r.lineEnd(start)
	header, _, _ := strings.Cut(r.Text[start:end], "#")
	keep := strings.Contains(header, "+")
	for at := end; at < len(r.Text); {
		next := r.lineEnd(at + 1)
		line := r.Text[at+1 : next]
		switch text := strings.TrimLeft(line, " "); {
		case text == "" && !keep:
		case text != "" && len(line)-len(text) <= column:
			return end
		default:
			end = next
		}
		at = next
	}
	return end
}
