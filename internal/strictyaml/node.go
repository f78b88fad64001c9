package strictyaml

import (
	"strconv"

	"groundsill.example/internal/diag"
)

// Kind is what a [Node] is.
type Kind string

// The kinds. The text of each is how a message names it.
const (
	Mapping  Kind = "mapping"
	Sequence Kind = "list"
	String   Kind = "text"
	Bool     Kind = "boolean"
	Int      Kind = "whole number"
	Float    Kind = "number"
	Null     Kind = "null"
)

// Node is one value of a document, with its place. Nobody changes a Node.
type Node struct {
	Kind    Kind
	Pos     diag.Pos
	Text    string  // of a scalar: the value without its quotes
	Items   []*Node // of a Sequence
	Entries []Entry // of a Mapping, in the order of the document
}

// Entry is one key of a mapping and its value.
type Entry struct {
	Key   string
	Pos   diag.Pos // of the key
	Value *Node
}

// Get returns the value of key, and whether n is a mapping that has it.
func (n *Node) Get(key string) (*Node, bool) {
	for _, e := range n.Entries {
		if e.Key == key {
			return e.Value, true
		}
	}
	return nil, false
}

// Plain returns the value as map[string]any, []any, string, bool, int64,
// float64 or nil. A number that int64 or float64 would not give back digit for
// digit is returned as the text that the document has.
func (n *Node) Plain() any {
	switch n.Kind {
	case Mapping:
		m := make(map[string]any, len(n.Entries))
		for _, e := range n.Entries {
			m[e.Key] = e.Value.Plain()
		}
		return m
	case Sequence:
		list := make([]any, 0, len(n.Items))
		for _, item := range n.Items {
			list = append(list, item.Plain())
		}
		return list
	case Null:
		return nil
	case Bool:
		return n.Text == "true"
	case Int, Float:
		return number(n.Text)
	case String:
		return n.Text
	}
	return n.Text
}

func number(text string) any {
	if i, err := strconv.ParseInt(text, 10, 64); err == nil && strconv.FormatInt(i, 10) == text {
		return i
	}
	if f, err := strconv.ParseFloat(text, 64); err == nil && strconv.FormatFloat(f, 'f', -1, 64) == text {
		return f
	}
	return text
}

// scalarKind says what a scalar without quotes is: the core of YAML 1.2 in its
// JSON spelling and nothing more, so "no", "0x1F", "1_000", "00001" and
// "2026-01-02" are text.
func scalarKind(text string) Kind {
	switch text {
	case "", "~", "null":
		return Null
	case "true", "false":
		return Bool
	}
	digits, rest := wholeNumber(text)
	switch {
	case !digits:
		return String
	case rest == "":
		return Int
	case fraction(rest):
		return Float
	}
	return String
}

// wholeNumber reports whether text starts with a JSON integer, and returns
// what comes after it.
func wholeNumber(text string) (ok bool, rest string) {
	if text != "" && text[0] == '-' {
		text = text[1:]
	}
	n := digitCount(text)
	if n == 0 || n > 1 && text[0] == '0' {
		return false, text
	}
	return true, text[n:]
}

// fraction reports whether text is the fraction or exponent of a JSON number.
func fraction(text string) bool {
	if text[0] == '.' {
		n := digitCount(text[1:])
		if n == 0 {
			return false
		}
		text = text[1+n:]
	}
	if text == "" {
		return true
	}
	if text[0] != 'e' && text[0] != 'E' {
		return false
	}
	text = text[1:]
	if text != "" && (text[0] == '+' || text[0] == '-') {
		text = text[1:]
	}
	return text != "" && digitCount(text) == len(text)
}

func digitCount(text string) int {
	n := 0
	for n < len(text) && '0' <= text[n] && text[n] <= '9' {
		n++
	}
	return n
}
