// Package strictyaml reads YAML as data and as nothing else: one document of
// mappings, lists and scalars. Tags, anchors, aliases, merge keys, directives,
// repeated keys and keys that are not text are refused, and so is a document
// that is too long or too deep. Every mistake has a place.
//
// Scalars without quotes mean what they mean in JSON, so "no" and "00001" are
// text in every file. JSON is read by the same rules.
package strictyaml

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"

	"groundsill.example/internal/diag"
)

// The limits that hold where an [Option] does not set another.
const (
	DefaultMaxBytes = 1 << 20
	DefaultMaxDepth = 64
)

// Option changes how [Parse] works.
type Option func(*parser)

// WithClass makes errors of class c and not of class Usage.
func WithClass(c diag.Class) Option { return func(p *parser) { p.class = c } }

// WithMaxBytes allows documents of up to n bytes.
func WithMaxBytes(n int) Option { return func(p *parser) { p.maxBytes = n } }

// WithMaxDepth allows n values inside each other.
func WithMaxDepth(n int) Option { return func(p *parser) { p.maxDepth = n } }

// Parse reads the one document that data holds; file names it in messages. A
// document of comments alone is a Null node. The error is a *diag.Error that
// names every construct that is refused, or the first place that is no YAML.
func Parse(file string, data []byte, options ...Option) (*Node, error) {
	p := &parser{file: file, class: diag.Usage, maxBytes: DefaultMaxBytes, maxDepth: DefaultMaxDepth}
	for _, o := range options {
		o(p)
	}
	if err := p.checkBytes(data); err != nil {
		return nil, err
	}
	root, err := p.load(joinSurrogates(data))
	if err != nil {
		return nil, err
	}
	node := p.convert(root, 1)
	if err := p.list.Err(p.class); err != nil {
		return nil, err
	}
	return node, nil
}

// parser turns one document into nodes.
type parser struct {
	file     string
	class    diag.Class
	maxBytes int
	maxDepth int
	list     diag.List
	mistakes int
}

func (p *parser) checkBytes(data []byte) error {
	if len(data) > p.maxBytes {
		return diag.New(p.class, diag.Diagnostic{
			Code:    "yaml-large",
			Summary: fmt.Sprintf("the document is longer than %d bytes", p.maxBytes),
			At:      diag.Pos{File: p.file},
		})
	}
	if at, bad := badByte(data); bad {
		return diag.New(p.class, diag.Diagnostic{
			Code:    "yaml-encoding",
			Summary: "the document holds bytes that are not UTF-8 text",
			Hint:    "save the file as UTF-8 without control characters",
			At:      p.place(data, at),
		})
	}
	if at, found := directive(data); found {
		return diag.New(p.class, diag.Diagnostic{
			Code:    "yaml-directive",
			Summary: "YAML directives are not read",
			Hint:    "take the line that starts with % out",
			At:      p.place(data, at),
		})
	}
	return nil
}

// badByte returns the offset of the first byte that is not UTF-8 or is a
// control character which YAML does not allow.
func badByte(data []byte) (int, bool) {
	for i := 0; i < len(data); {
		r, size := utf8.DecodeRune(data[i:])
		control := r < 0x20 && r != '\t' && r != '\n' && r != '\r' || r == 0x7f
		if control || r == utf8.RuneError && size == 1 {
			return i, true
		}
		i += size
	}
	return 0, false
}

// directive returns the offset of a "%" line before the document. Such lines
// can only stand before everything but comments.
func directive(data []byte) (int, bool) {
	at := 0
	for line := range bytes.Lines(data) {
		text := bytes.TrimSpace(line)
		if bytes.HasPrefix(line, []byte("%")) {
			return at, true
		}
		if len(text) > 0 && text[0] != '#' {
			return 0, false
		}
		at += len(line)
	}
	return 0, false
}

func (p *parser) place(data []byte, offset int) diag.Pos {
	before := data[:offset]
	lineStart := bytes.LastIndexByte(before, '\n') + 1
	return diag.Pos{
		File:   p.file,
		Line:   bytes.Count(before, []byte("\n")) + 1,
		Column: utf8.RuneCount(before[lineStart:]) + 1,
	}
}

// load returns the root of the tree that the YAML library makes, and nil for
// a document without a value.
func (p *parser) load(data []byte) (*yaml.Node, error) {
	if blank(data) {
		return nil, nil
	}
	loader, err := yaml.NewLoader(bytes.NewReader(data), yaml.WithUniqueKeys(false))
	if err != nil {
		return nil, p.syntax(err)
	}
	var doc, second yaml.Node
	if err := loader.Load(&doc); err != nil {
		return nil, p.syntax(err)
	}
	if err := loader.Load(&second); err == nil {
		p.refuse(&second, "yaml-documents", "a second document starts here", "keep one document in the file")
	} else if !errors.Is(err, io.EOF) {
		return nil, p.syntax(err)
	}
	if doc.Kind != yaml.DocumentNode {
		return &doc, nil
	}
	if len(doc.Content) == 0 {
		return nil, nil
	}
	return doc.Content[0], nil
}

// blank reports whether there is nothing but white space and comments.
func blank(data []byte) bool {
	for line := range bytes.Lines(data) {
		text := bytes.TrimSpace(bytes.TrimPrefix(line, []byte("\ufeff")))
		if len(text) > 0 && text[0] != '#' {
			return false
		}
	}
	return true
}

// syntax turns an error of the library, whose lines count from one, into ours.
func (p *parser) syntax(err error) error {
	d := diag.Diagnostic{
		Code: "yaml-syntax", Summary: "the text is not one YAML document", At: diag.Pos{File: p.file},
	}
	if e, ok := errors.AsType[*yaml.LoadError](err); ok {
		d.Summary += ": " + e.Message
		d.At.Line, d.At.Column = e.Mark.Line, e.Mark.Column
		return diag.New(p.class, d)
	}
	return diag.Wrap(p.class, err, d)
}

// maxMistakes keeps the message about a hostile document short.
const maxMistakes = 100

func (p *parser) refuse(n *yaml.Node, code, summary, hint string) {
	p.mistakes++
	if p.mistakes > maxMistakes {
		return
	}
	p.list.Add(diag.Diagnostic{Code: code, Summary: summary, Hint: hint, At: p.pos(n)})
}

func (p *parser) pos(n *yaml.Node) diag.Pos {
	return diag.Pos{File: p.file, Line: n.Line, Column: n.Column}
}

// convert returns the node for n. What it refuses it lists, and returns a node
// all the same, so that one run finds every mistake.
func (p *parser) convert(n *yaml.Node, depth int) *Node {
	if n == nil {
		return &Node{Kind: Null, Pos: diag.Pos{File: p.file, Line: 1, Column: 1}}
	}
	node := &Node{Kind: Null, Pos: p.pos(n)}
	if depth > p.maxDepth {
		p.refuse(n, "yaml-deep", fmt.Sprintf("values are nested deeper than %d", p.maxDepth), "")
		return node
	}
	p.checkPlain(n)
	switch n.Kind {
	case yaml.MappingNode:
		node.Kind = Mapping
		node.Entries = p.entries(n, depth)
	case yaml.SequenceNode:
		node.Kind = Sequence
		for _, item := range n.Content {
			node.Items = append(node.Items, p.convert(item, depth+1))
		}
	case yaml.ScalarNode:
		node.Kind, node.Text = String, n.Value
		if n.Style&quoted == 0 {
			node.Kind = scalarKind(n.Value)
		}
	case yaml.AliasNode, yaml.DocumentNode, yaml.StreamNode:
		p.refuse(n, "yaml-alias", "aliases are not read", "write the value out")
	}
	return node
}

const quoted = yaml.SingleQuotedStyle | yaml.DoubleQuotedStyle | yaml.LiteralStyle | yaml.FoldedStyle

// checkPlain refuses what makes YAML more than data.
func (p *parser) checkPlain(n *yaml.Node) {
	if n.Style&yaml.TaggedStyle != 0 || n.Tag == "!" {
		p.refuse(n, "yaml-tag", "tags are not read", "take the word that starts with ! out")
	}
	if n.Anchor != "" {
		p.refuse(n, "yaml-anchor", "anchors are not read", "take the word that starts with & out")
	}
}

func (p *parser) entries(n *yaml.Node, depth int) []Entry {
	entries := make([]Entry, 0, len(n.Content)/2)
	seen := make(map[string]diag.Pos, len(n.Content)/2)
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		name, ok := p.key(key)
		value := p.convert(n.Content[i+1], depth+1)
		if !ok {
			continue
		}
		if first, twice := seen[name]; twice {
			p.refuse(key, "yaml-duplicate", fmt.Sprintf("key %q is there twice, first in line %d", name, first.Line), "")
			continue
		}
		seen[name] = p.pos(key)
		entries = append(entries, Entry{Key: name, Pos: p.pos(key), Value: value})
	}
	return entries
}

// key returns the text of a key, and false when it is none that is read.
func (p *parser) key(n *yaml.Node) (string, bool) {
	p.checkPlain(n)
	switch {
	case n.Kind != yaml.ScalarNode:
		p.refuse(n, "yaml-key", "a key is text", "write the key as one word or in quotes")
	case n.Value == "<<":
		p.refuse(n, "yaml-merge", "merge keys are not read", "write the keys out")
	case n.Style&quoted == 0 && scalarKind(n.Value) != String:
		p.refuse(n, "yaml-key", fmt.Sprintf("a key is text, and %q is a %s", n.Value, scalarKind(n.Value)),
			"put the key in quotes")
	default:
		return n.Value, true
	}
	return "", false
}
