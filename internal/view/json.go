package view

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"groundsill.example/internal/apply"
	"groundsill.example/internal/diag"
	"groundsill.example/internal/plan"
	"groundsill.example/internal/term"
	"groundsill.example/internal/tree"
)

// version1 is the number that every JSON value starts with.
const version1 = 1

// JSON shows things to programs: one value on Out, errors too, {"sill": 1, …}.
type JSON struct {
	Out term.Output
}

// Plan writes {"sill": 1, "plan": …}, the form of [plan.Encode].
func (j JSON) Plan(r PlanReport) error {
	data, err := plan.Encode(r.Plan)
	if err != nil {
		return err
	}
	return j.write(data)
}

type resultJSON struct {
	Dir       string        `json:"dir"`
	Blueprint string        `json:"blueprint"`
	Created   []string      `json:"created"`
	Updated   []string      `json:"updated"`
	Deleted   []string      `json:"deleted"`
	Kept      []string      `json:"kept"`
	Conflicts []placeJSON   `json:"conflicts"`
	Commit    string        `json:"commit,omitempty"`
	Branch    string        `json:"branch,omitempty"`
	Assumed   []Assumption  `json:"assumed"`
	Command   []string      `json:"command"`
	Next      []Step        `json:"next"`
	Warnings  []string      `json:"warnings"`
	Recovered *recoveryJSON `json:"recovered,omitempty"`
}

// placeJSON is a conflict that is left to be solved in the files.
type placeJSON struct {
	Path string `json:"path"`
	Kind string `json:"kind"`
}

type recoveryJSON struct {
	PID   int      `json:"pid,omitempty"`
	When  string   `json:"when,omitempty"`
	Paths []string `json:"paths"`
}

// Done writes {"sill": 1, "result": …}.
func (j JSON) Done(r Report) error {
	return j.value("result", resultJSON{
		Dir:       r.Receipt.Dir,
		Blueprint: r.Blueprint,
		Created:   names(r.Receipt.Created),
		Updated:   names(r.Receipt.Updated),
		Deleted:   names(r.Receipt.Deleted),
		Kept:      names(r.Receipt.Kept),
		Conflicts: places(r.Plan.Conflicts),
		Commit:    r.Commit,
		Branch:    r.Branch,
		Assumed:   append([]Assumption{}, r.Assumed...),
		Command:   append([]string{}, r.Command...),
		Next:      append([]Step{}, r.Next...),
		Warnings:  append(append([]string{}, r.Plan.Warnings...), r.Warnings...),
		Recovered: recovery(r.Receipt.Recovered),
	})
}

func places(conflicts []plan.Conflict) []placeJSON {
	out := make([]placeJSON, 0, len(conflicts))
	for _, c := range conflicts {
		out = append(out, placeJSON{c.Path.String(), c.Kind})
	}
	return out
}

func recovery(r *apply.Recovery) *recoveryJSON {
	if r == nil {
		return nil
	}
	return &recoveryJSON{PID: r.PID, When: r.When, Paths: names(r.Paths)}
}

func names(paths []tree.Path) []string {
	out := make([]string, 0, len(paths))
	for _, p := range paths {
		out = append(out, p.String())
	}
	return out
}

// Table writes {"sill": 1, "NAME": [{"COLUMN": "cell", …}, …]}.
func (j JSON) Table(t Table) error { return j.value(camel(t.Name), objects(t)) }

// Sheet writes {"sill": 1, "NAME": {…}} with the fields and the tables as keys.
func (j JSON) Sheet(s Sheet) error {
	v := make(map[string]any, len(s.Fields)+len(s.Tables))
	for _, f := range s.Fields {
		v[camel(f.Key)] = f.Value
	}
	for _, t := range s.Tables {
		v[camel(t.Name)] = objects(t)
	}
	return j.value(camel(s.Name), v)
}

func objects(t Table) []map[string]string {
	rows := make([]map[string]string, 0, len(t.Rows))
	for _, cells := range t.Rows {
		row := make(map[string]string, len(cells))
		for i, cell := range cells[:min(len(cells), len(t.Columns))] {
			row[camel(t.Columns[i])] = cell
		}
		rows = append(rows, row)
	}
	return rows
}

// camel returns a name for people as a key for programs: "what it is" is
// "whatItIs".
func camel(name string) string {
	words := strings.Fields(name)
	for i := 1; i < len(words); i++ {
		words[i] = title(words[i])
	}
	return strings.Join(words, "")
}

type errorJSON struct {
	Code        string            `json:"code"`
	Class       diag.Class        `json:"class"`
	Message     string            `json:"message"`
	Hint        string            `json:"hint"`
	Diagnostics []diag.Diagnostic `json:"diagnostics"`
}

// Error writes {"sill": 1, "error": …}.
func (j JSON) Error(err error) error {
	v := errorJSON{
		Code: string(diag.Internal), Class: diag.Internal,
		Message: message(err), Diagnostics: []diag.Diagnostic{},
	}
	if e, ok := errors.AsType[*diag.Error](err); ok {
		v.Code, v.Class, v.Hint = e.Code(), e.Class, e.Hint()
		v.Diagnostics = append(v.Diagnostics, e.Diagnostics...)
	}
	if v.Class == diag.Internal && v.Hint == "" {
		v.Hint = report
	}
	return j.value("error", v)
}

// value writes v under a key, after the version.
func (j JSON) value(key string, v any) error {
	name, err := json.Marshal(key)
	if err != nil {
		return fmt.Errorf("encode the result: %w", err)
	}
	var inner, out bytes.Buffer
	e := json.NewEncoder(&inner)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return fmt.Errorf("encode the result: %w", err)
	}
	one := fmt.Appendf(nil, `{"sill":%d,%s:%s}`, version1, name, inner.Bytes())
	if err := json.Indent(&out, one, "", "  "); err != nil {
		return fmt.Errorf("encode the result: %w", err)
	}
	out.WriteByte('\n')
	return j.write(out.Bytes())
}

func (j JSON) write(data []byte) error {
	_, err := j.Out.Write(escapeJSON(data))
	return err
}

// escapeJSON writes the characters that act on a terminal, or hide text there,
// in the form of JSON. The encoder does so for those below U+0020 only. Outside
// of strings there are none.
func escapeJSON(data []byte) []byte {
	hidden := func(r rune) bool {
		return r >= 0x7f && (unicode.IsControl(r) || unicode.Is(unicode.Cf, r))
	}
	if bytes.IndexFunc(data, hidden) < 0 {
		return data
	}
	out := make([]byte, 0, len(data)+64)
	for len(data) > 0 {
		r, n := utf8.DecodeRune(data)
		switch {
		case !hidden(r):
			out = append(out, data[:n]...)
		case r > 0xffff:
			high, low := utf16.EncodeRune(r)
			out = fmt.Appendf(out, `\u%04x\u%04x`, high, low)
		default:
			out = fmt.Appendf(out, `\u%04x`, r)
		}
		data = data[n:]
	}
	return out
}
