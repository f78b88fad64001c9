package lock

import (
	"encoding/json"
	"fmt"
	"strings"
)

// reader reads the JSON of a table several times faster than encoding/json,
// because strings are cut out of the text and not copied. It gives up on
// anything unexpected; then encoding/json has the say, and the better message.
type reader struct {
	rest string
	bad  bool
}

// readTable returns the table in text, and whether it could be read.
func readTable(text string) (tableJSON, bool) {
	r := &reader{rest: text}
	t := tableJSON{Packages: map[string]Package{}}
	r.object(func(key string) {
		switch key {
		case "format":
			r.bad = r.bad || !r.eat("1")
			t.Format = 1
		case "go":
			t.Go = r.text()
		case "packages":
			r.object(func(name string) { t.Packages[name] = r.pkg() })
		case "modules":
			r.list(func() { t.Modules = append(t.Modules, r.module()) })
		default:
			r.bad = true
		}
	})
	r.space()
	return t, !r.bad && r.rest == ""
}

func (r *reader) pkg() Package {
	var p Package
	r.object(func(key string) {
		switch key {
		case "module":
			p.Module = r.text()
		case "needs":
			p.Needs = r.texts()
		case "tests":
			p.Tests = r.texts()
		default:
			r.bad = true
		}
	})
	return p
}

func (r *reader) module() Module {
	var m Module
	r.object(func(key string) {
		switch key {
		case "path":
			m.Path = r.text()
		case "version":
			m.Version = r.text()
		case "chosen":
			m.Chosen = r.eat("true")
		case "spare":
			m.Spare = r.eat("true")
		case "unpruned":
			m.Unpruned = r.eat("true")
		case "sum":
			m.Sum = r.text()
		case "mod":
			m.ModSum = r.text()
		case "require":
			m.Require = r.texts()
		case "packages":
			m.Packages = map[string][]string{}
			r.object(func(dir string) { m.Packages[dir] = r.texts() })
		default:
			r.bad = true
		}
	})
	return m
}

// object calls member at the value of every member.
func (r *reader) object(member func(key string)) {
	r.sequence("{", "}", func() {
		key := r.text()
		if !r.eat(":") {
			r.bad = true
			return
		}
		member(key)
	})
}

// list calls element at every element.
func (r *reader) list(element func()) {
	r.sequence("[", "]", element)
}

func (r *reader) sequence(opening, closing string, item func()) {
	if !r.eat(opening) {
		r.bad = true
		return
	}
	if r.eat(closing) {
		return
	}
	for !r.bad {
		item()
		if r.eat(closing) {
			return
		}
		r.bad = r.bad || !r.eat(",")
	}
}

// texts reads a list of strings, or null.
func (r *reader) texts() []string {
	if r.eat("null") {
		return nil
	}
	out := []string{}
	r.list(func() { out = append(out, r.text()) })
	return out
}

// text reads a string without escapes.
func (r *reader) text() string {
	if !r.eat(`"`) {
		r.bad = true
		return ""
	}
	end := strings.IndexByte(r.rest, '"')
	if end < 0 || strings.ContainsRune(r.rest[:end], '\\') {
		r.bad = true
		return ""
	}
	s := r.rest[:end]
	r.rest = r.rest[end+1:]
	return s
}

// eat skips white space, and then word if it comes next.
func (r *reader) eat(word string) bool {
	r.space()
	rest, ok := strings.CutPrefix(r.rest, word)
	r.rest = rest
	return ok
}

func (r *reader) space() {
	n := 0
	for n < len(r.rest) && strings.IndexByte(" \t\r\n", r.rest[n]) >= 0 {
		n++
	}
	r.rest = r.rest[n:]
}

// decodeTable reads a table.
func decodeTable(data []byte) (tableJSON, error) {
	if t, ok := readTable(string(data)); ok {
		return t, nil
	}
	var t tableJSON
	if err := json.Unmarshal(data, &t); err != nil {
		return tableJSON{}, fmt.Errorf("decode lock: %w", err)
	}
	return t, nil
}
