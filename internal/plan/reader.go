package plan

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"unicode/utf8"

	"groundsill.example/internal/diag"
)

// reader reads JSON token by token, because [json.Unmarshal] lets pass what a
// plan must not have: keys that are there twice or in another case, and unknown
// ones whose place it does not tell.
type reader struct {
	data []byte
	dec  *json.Decoder
}

// newReader checks that data is one JSON value in UTF-8 and of a size to read.
func newReader(data []byte) (*reader, error) {
	r := &reader{data: data, dec: json.NewDecoder(bytes.NewReader(data))}
	r.dec.UseNumber()
	if len(data) > maxSize {
		return nil, r.problem(0, "plan-size", "the plan is larger than %d MiB", maxSize>>20)
	}
	if !utf8.Valid(data) {
		return nil, r.problem(invalidUTF8(data), "plan-syntax", "the plan is not UTF-8")
	}
	var raw json.RawMessage
	if err := json.Unmarshal(data, &raw); err != nil {
		return nil, r.syntax(err)
	}
	return r, nil
}

func invalidUTF8(data []byte) int64 {
	at := 0
	for at < len(data) {
		c, n := utf8.DecodeRune(data[at:])
		if c == utf8.RuneError && n == 1 {
			break
		}
		at += n
	}
	return int64(at)
}

// field is a key of an object and what reads its value.
type field struct {
	key      string
	required bool
	read     func() error
}

// object reads an object of the fields, in any order, each once.
func (r *reader) object(fields ...field) error {
	start := r.offset()
	if err := r.open('{'); err != nil {
		return err
	}
	seen := make(map[string]bool, len(fields))
	for r.dec.More() {
		at := r.offset()
		key, err := r.text()
		if err != nil {
			return err
		}
		if seen[key] {
			return r.problem(at, "plan-duplicate", "key %s is there twice", clip(key))
		}
		seen[key] = true
		if err := r.field(key, at, fields); err != nil {
			return err
		}
	}
	for _, f := range fields {
		if f.required && !seen[f.key] {
			return r.problem(start, "plan-missing", "key %q is missing", f.key)
		}
	}
	return r.close()
}

func (r *reader) field(key string, at int64, fields []field) error {
	for _, f := range fields {
		if f.key == key {
			return f.read()
		}
	}
	return r.problem(at, "plan-unknown", "key %s means nothing here", clip(key))
}

// array reads an array whose items are read by item.
func (r *reader) array(item func() error) error {
	if err := r.open('['); err != nil {
		return err
	}
	for r.dec.More() {
		if err := item(); err != nil {
			return err
		}
	}
	return r.close()
}

func (r *reader) open(want json.Delim) error {
	at := r.offset()
	token, err := r.token()
	if err != nil {
		return err
	}
	if token != want {
		return r.problem(at, "plan-type", "an %s is wanted here", map[json.Delim]string{'{': "object", '[': "array"}[want])
	}
	return nil
}

func (r *reader) close() error {
	_, err := r.token()
	return err
}

// into returns what reads a string into s.
func (r *reader) into(s *string) func() error {
	return func() (err error) {
		*s, err = r.text()
		return err
	}
}

// optional returns what reads a string or null into s.
func (r *reader) optional(s **string) func() error {
	return func() error {
		at := r.offset()
		token, err := r.token()
		if err != nil || token == nil {
			return err
		}
		text, ok := token.(string)
		if !ok {
			return r.problem(at, "plan-type", "a string or null is wanted here")
		}
		*s = &text
		return nil
	}
}

// null reads a null if one is next, and reports whether it was.
func (r *reader) null() (bool, error) {
	if !bytes.HasPrefix(r.data[r.offset():], []byte("null")) {
		return false, nil
	}
	_, err := r.token()
	return err == nil, err
}

func (r *reader) text() (string, error) {
	at := r.offset()
	token, err := r.token()
	if err != nil {
		return "", err
	}
	text, ok := token.(string)
	if !ok {
		return "", r.problem(at, "plan-type", "a string is wanted here")
	}
	return text, nil
}

func (r *reader) number() (string, error) {
	at := r.offset()
	token, err := r.token()
	if err != nil {
		return "", err
	}
	number, ok := token.(json.Number)
	if !ok {
		return "", r.problem(at, "plan-type", "a number is wanted here")
	}
	return number.String(), nil
}

func (r *reader) token() (json.Token, error) {
	token, err := r.dec.Token()
	if err != nil {
		return nil, r.syntax(err)
	}
	return token, nil
}

// offset returns where the next token starts.
func (r *reader) offset() int64 {
	at := r.dec.InputOffset()
	for at < int64(len(r.data)) && bytes.IndexByte([]byte(" \t\r\n,:"), r.data[at]) >= 0 {
		at++
	}
	return at
}

// pos returns the line and the column of an offset.
func (r *reader) pos(at int64) diag.Pos {
	at = min(at, int64(len(r.data)))
	before := r.data[:at]
	line := bytes.Count(before, []byte{'\n'}) + 1
	column := utf8.RuneCount(before[bytes.LastIndexByte(before, '\n')+1:]) + 1
	return diag.Pos{File: "plan", Line: line, Column: column}
}

func (r *reader) syntax(err error) error {
	at := int64(len(r.data))
	if e, ok := errors.AsType[*json.SyntaxError](err); ok {
		at = max(0, e.Offset-1)
	}
	return r.problem(at, "plan-syntax", "the plan is not JSON: %s", err)
}

func (r *reader) problem(at int64, code, format string, args ...any) *diag.Error {
	return diag.New(diag.Usage, diag.Diagnostic{
		Code:    code,
		Summary: fmt.Sprintf(format, args...),
		Hint:    "a plan is what --json writes; make it again instead of editing it",
		At:      r.pos(at),
	})
}

// clip quotes s and leaves out what is too long for a message.
func clip(s string) string {
	const limit = 80
	if runes := []rune(s); len(runes) > limit {
		return fmt.Sprintf("%q…", string(runes[:limit]))
	}
	return fmt.Sprintf("%q", s)
}
