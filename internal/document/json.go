package document

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
)

// JSON reads a text that is one JSON value, and reports whether it could.
func JSON(data []byte) (*Document, bool) {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	r := jsonReader{text: string(data), decoder: d}
	root, ok := r.value(0)
	if !ok {
		return nil, false
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, false
	}
	return &Document{Text: r.text, Root: root}, true
}

type jsonReader struct {
	text    string
	decoder *json.Decoder
}

// maxDepth is how deep values may be nested in a document.
const maxDepth = 200

// next returns the next token and its first byte.
func (r jsonReader) next() (token json.Token, start int, ok bool) {
	before := int(r.decoder.InputOffset())
	token, err := r.decoder.Token()
	rest := r.text[before:]
	return token, before + len(rest) - len(strings.TrimLeft(rest, " \t\r\n,:")), err == nil
}

func (r jsonReader) value(depth int) (*Node, bool) {
	token, start, ok := r.next()
	if !ok || depth > maxDepth {
		return nil, false
	}
	n := &Node{Start: start}
	switch v := token.(type) {
	case json.Delim:
		n.Kind = List
		if v == '{' {
			n.Kind = Map
		}
		ok = r.children(n, depth)
	case string:
		n.Value = quotedValue(v)
	default:
		n.Value = plainValue(r.text[start:r.decoder.InputOffset()])
	}
	n.End = int(r.decoder.InputOffset())
	return n, ok
}

func (r jsonReader) children(n *Node, depth int) bool {
	seen := map[string]bool{}
	for r.decoder.More() {
		var c Child
		if n.Kind == Map {
			key, start, ok := r.next()
			name, text := key.(string)
			if !ok || !text || seen[name] {
				return false
			}
			seen[name] = true
			c.Key, c.Start = name, start
			c.Inner = int(r.decoder.InputOffset())
			c.Inner += strings.IndexByte(r.text[c.Inner:], ':') + 1
		}
		var ok bool
		if c.Node, ok = r.value(depth + 1); !ok {
			return false
		}
		if n.Kind == List {
			c.Start, c.Inner = c.Node.Start, c.Node.Start
		}
		c.Head, c.End = c.Start, c.Node.End
		n.Children = append(n.Children, c)
	}
	_, _, ok := r.next()
	return ok
}
