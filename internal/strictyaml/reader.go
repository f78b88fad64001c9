package strictyaml

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"groundsill.example/internal/diag"
)

// Reader turns nodes into Go values and collects every mistake on the way, so
// that a caller reads a whole document without looking at an error and asks
// for all of them at the end. The zero value is ready.
//
//	var r strictyaml.Reader
//	m := r.Map(doc, "name", "version")
//	b := Blueprint{Name: m.Str("name"), Version: m.Str("version")}
//	m.Require("name", "version")
//	return b, r.Err(diag.Blueprint)
type Reader struct {
	list diag.List
}

// Err returns every mistake in one *diag.Error of class c, sorted by place, or
// nil.
func (r *Reader) Err(c diag.Class) error { return r.list.Err(c) }

// OK reports whether nothing was wrong until now.
func (r *Reader) OK() bool { return r.list.Empty() }

// Add collects a mistake that the caller found. At may be empty.
func (r *Reader) Add(d diag.Diagnostic) { r.list.Add(d) }

// Fail collects a mistake at n.
func (r *Reader) Fail(n *Node, code, summary, hint string) {
	r.list.Add(diag.Diagnostic{Code: code, Summary: summary, Hint: hint, At: n.Pos})
}

// Take collects err as mistakes at n, those with a place of their own at
// theirs, and reports whether it was nil. The summary of an err that is no
// *diag.Error is its text.
func (r *Reader) Take(n *Node, err error) bool {
	if err == nil {
		return true
	}
	var list diag.List
	if !list.Take(err) {
		r.Fail(n, "yaml-value", err.Error(), "")
		return false
	}
	for _, d := range diagnostics(err) {
		if d.At == (diag.Pos{}) {
			d.At = n.Pos
		}
		r.list.Add(d)
	}
	return false
}

// Map returns n to be read by key. A key that is not known is a mistake; with
// no known keys every key is fine. When n is no mapping, that is the mistake,
// and the Map has no keys.
func (r *Reader) Map(n *Node, known ...string) Map {
	if n.Kind != Mapping {
		r.want(n, "a mapping")
		return Map{Node: n, reader: r}
	}
	for _, e := range n.Entries {
		r.checkKey(e, known)
	}
	return Map{Node: n, reader: r}
}

func (r *Reader) checkKey(e Entry, known []string) {
	if len(known) == 0 || slices.Contains(known, e.Key) {
		return
	}
	d := diag.Diagnostic{
		Code: "yaml-unknown", Summary: fmt.Sprintf("key %q is unknown", e.Key), At: e.Pos,
		Hint: "known here: " + strings.Join(known, ", "),
	}
	if near := Nearest(e.Key, known); near != "" {
		d.Hint = fmt.Sprintf("did you mean %q?", near)
	}
	r.list.Add(d)
}

func (r *Reader) want(n *Node, what string) {
	summary := fmt.Sprintf("expected %s, found a %s", what, n.Kind)
	hint := ""
	switch n.Kind {
	case Null:
		summary = fmt.Sprintf("expected %s, found nothing", what)
	case Bool, Int, Float:
		if what == "text" {
			summary = fmt.Sprintf("expected text, found the %s %s", n.Kind, n.Text)
			hint = fmt.Sprintf("put it in quotes: %q", n.Text)
		}
	case String:
		summary = fmt.Sprintf("expected %s, found the text %s", what, shorten(n.Text))
	case Mapping, Sequence:
	}
	r.Fail(n, "yaml-type", summary, hint)
}

// Str returns the text of n. Numbers and booleans without quotes are a
// mistake, so that "version: 1.0" does not turn into "1".
func (r *Reader) Str(n *Node) string {
	if n.Kind != String {
		r.want(n, "text")
		return ""
	}
	return n.Text
}

// Scalar returns the text of n, which is text, a number or a boolean, as the
// document has it.
func (r *Reader) Scalar(n *Node) string {
	switch n.Kind {
	case String, Bool, Int, Float:
		return n.Text
	case Mapping, Sequence, Null:
	}
	r.want(n, "text, a number or a boolean")
	return ""
}

// Bool returns the boolean n.
func (r *Reader) Bool(n *Node) bool {
	if n.Kind != Bool {
		r.want(n, "true or false")
		return false
	}
	return n.Text == "true"
}

// Int returns the whole number n.
func (r *Reader) Int(n *Node) int {
	if n.Kind != Int {
		r.want(n, "a whole number")
		return 0
	}
	i, err := strconv.Atoi(n.Text)
	if err != nil || i > math.MaxInt32 || i < math.MinInt32 {
		r.Fail(n, "yaml-range", fmt.Sprintf("the number %s is too large", shorten(n.Text)), "")
		return 0
	}
	return i
}

// List returns the items of n.
func (r *Reader) List(n *Node) []*Node {
	if n.Kind != Sequence {
		r.want(n, "a list")
		return nil
	}
	return n.Items
}

// StrList returns the texts of the list n.
func (r *Reader) StrList(n *Node) []string {
	items := r.List(n)
	if items == nil {
		return nil
	}
	texts := make([]string, 0, len(items))
	for _, item := range items {
		texts = append(texts, r.Str(item))
	}
	return texts
}

// Map reads a mapping by key. A key that is absent, and only that, reads as
// the zero value.
type Map struct {
	Node   *Node
	reader *Reader
}

// Has reports whether the mapping has the key.
func (m Map) Has(key string) bool {
	_, ok := m.Node.Get(key)
	return ok
}

// Get returns the value of key, and whether it is there.
func (m Map) Get(key string) (*Node, bool) { return m.Node.Get(key) }

// Require makes it a mistake when one of the keys is absent.
func (m Map) Require(keys ...string) {
	if m.Node.Kind != Mapping {
		return
	}
	for _, key := range keys {
		if !m.Has(key) {
			m.reader.Fail(m.Node, "yaml-missing", fmt.Sprintf("key %q is missing", key), "")
		}
	}
}

// Str is [Reader.Str] of the value of key.
func (m Map) Str(key string) string {
	if n, ok := m.Node.Get(key); ok {
		return m.reader.Str(n)
	}
	return ""
}

// Scalar is [Reader.Scalar] of the value of key.
func (m Map) Scalar(key string) string {
	if n, ok := m.Node.Get(key); ok {
		return m.reader.Scalar(n)
	}
	return ""
}

// Bool is [Reader.Bool] of the value of key.
func (m Map) Bool(key string) bool {
	if n, ok := m.Node.Get(key); ok {
		return m.reader.Bool(n)
	}
	return false
}

// Int is [Reader.Int] of the value of key.
func (m Map) Int(key string) int {
	if n, ok := m.Node.Get(key); ok {
		return m.reader.Int(n)
	}
	return 0
}

// StrList is [Reader.StrList] of the value of key.
func (m Map) StrList(key string) []string {
	if n, ok := m.Node.Get(key); ok {
		return m.reader.StrList(n)
	}
	return nil
}

// List is [Reader.List] of the value of key.
func (m Map) List(key string) []*Node {
	if n, ok := m.Node.Get(key); ok {
		return m.reader.List(n)
	}
	return nil
}

// Map is [Reader.Map] of the value of key. It has no keys when the key is
// absent.
func (m Map) Map(key string, known ...string) Map {
	if n, ok := m.Node.Get(key); ok {
		return m.reader.Map(n, known...)
	}
	return Map{Node: &Node{Kind: Null, Pos: m.Node.Pos}, reader: m.reader}
}

// Entries returns the keys and values in the order of the document.
func (m Map) Entries() []Entry { return m.Node.Entries }
