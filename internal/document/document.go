// Package document reads JSON and YAML as nodes that know which bytes of the
// text they are, so that one value can be exchanged and every other byte stays.
//
// It reads; it never writes and never decides what a document should say. What
// cannot be told byte for byte is not read at all: several documents in a file,
// a key that is there twice, a key that is no scalar, YAML directives.
package document

import (
	"slices"
	"strings"
)

// Kind is what a [Node] is.
type Kind byte

// The kinds.
const (
	Scalar Kind = iota
	Map
	List
)

// Document is a text and the node that it holds. Root is nil where the text is
// only white space and comments.
type Document struct {
	Text string
	Root *Node
}

// Node is one value. Nobody changes a Node.
type Node struct {
	Kind Kind
	// Value says what a Scalar means: scalars of one meaning have one Value,
	// however they are quoted.
	Value string
	// Props are the anchor and the tag of YAML, "" for none.
	Props string
	// Block says that a Map or List is laid out by its indentation, and that a
	// Scalar is one of "|" or ">". Else it is all between brackets or in a line.
	Block bool
	// Start and End are the bytes of the value. A Block begins with its first
	// child; a value that is not written is empty.
	Start, End int
	Children   []Child // of a Map or a List, in the order of the text
}

// Child is an entry of a Map or an item of a List.
type Child struct {
	Key string // of an entry
	// Head is where the comment above begins, Start where the key, the dash or
	// the item does, Inner what follows the colon or the dash, and End what
	// follows the child and, in a Block, the comment behind it.
	Head, Start, Inner, End int
	Node                    *Node
}

// Get returns the child of a key, and whether it is there. A nil Node has none.
func (n *Node) Get(key string) (Child, bool) {
	if n != nil {
		for _, c := range n.Children {
			if c.Key == key {
				return c, true
			}
		}
	}
	return Child{}, false
}

// Equal reports whether two nodes mean the same. The entries of a Map have no
// order, nor does it matter how a value is written. Nil is equal to nil only.
func (n *Node) Equal(o *Node) bool {
	if n == nil || o == nil {
		return n == o
	}
	if n.Kind != o.Kind || n.Value != o.Value || n.Props != o.Props || len(n.Children) != len(o.Children) {
		return false
	}
	if n.Kind == List {
		return slices.EqualFunc(n.Children, o.Children, func(a, b Child) bool { return a.Node.Equal(b.Node) })
	}
	for i, c := range n.Children {
		other, ok := o.Children[i], true
		if other.Key != c.Key {
			other, ok = o.Get(c.Key)
		}
		if !ok || !c.Node.Equal(other.Node) {
			return false
		}
	}
	return true
}

// Margin returns the white space that the line of an offset begins with.
func (d *Document) Margin(at int) string {
	line := d.Text[d.lineStart(at):]
	return line[:len(line)-len(strings.TrimLeft(line, " \t"))]
}

// Leads reports whether only white space stands before an offset in its line.
func (d *Document) Leads(at int) bool {
	return strings.Trim(d.Text[d.lineStart(at):at], " \t") == ""
}

// Column returns how many bytes of its line stand before an offset.
func (d *Document) Column(at int) int { return at - d.lineStart(at) }

func (d *Document) lineStart(at int) int { return strings.LastIndexByte(d.Text[:at], '\n') + 1 }

// lineEnd returns where the line of an offset ends, before its newline.
func (d *Document) lineEnd(at int) int {
	if i := strings.IndexByte(d.Text[at:], '\n'); i >= 0 {
		return at + i
	}
	return len(d.Text)
}
