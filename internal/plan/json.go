package plan

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"

	"groundsill.example/internal/tree"
)

// version is the number of the JSON form.
const version = 1

// maxSize is the size of the largest JSON form that is read.
const maxSize = 64 << 20

// The two ways content is written as a JSON string.
const (
	encodingUTF8   = "utf-8"
	encodingBase64 = "base64"
)

type documentJSON struct {
	Sill int      `json:"sill"`
	Plan planJSON `json:"plan"`
}

type planJSON struct {
	Root      string         `json:"root"`
	Changes   []changeJSON   `json:"changes"`
	Conflicts []conflictJSON `json:"conflicts"`
	Warnings  []string       `json:"warnings"`
	Message   string         `json:"message"`
	Git       Git            `json:"git,omitempty"`
}

type changeJSON struct {
	Path       string  `json:"path"`
	Action     Action  `json:"action"`
	Mode       *string `json:"mode"`
	Before     *string `json:"before"`
	BeforeMode *string `json:"beforeMode"`
	After      *string `json:"after"`
	Content    *string `json:"content,omitempty"`
	Encoding   *string `json:"encoding,omitempty"`
	Why        string  `json:"why"`
}

type conflictJSON struct {
	Path  string     `json:"path"`
	Kind  string     `json:"kind"`
	Hunks []hunkJSON `json:"hunks"`
	Sides *sidesJSON `json:"sides,omitempty"`
}

type sidesJSON struct {
	Base   *sideJSON `json:"base"`
	Ours   *sideJSON `json:"ours"`
	Theirs *sideJSON `json:"theirs"`
}

type sideJSON struct {
	Mode     string `json:"mode"`
	Content  string `json:"content"`
	Encoding string `json:"encoding"`
}

type hunkJSON struct {
	Base     string  `json:"base"`
	Ours     string  `json:"ours"`
	Theirs   string  `json:"theirs"`
	Encoding *string `json:"encoding,omitempty"`
}

// Encode returns the JSON form of p, indented, with a final newline:
//
//	{"sill": 1, "plan": {
//	  "root": ".", "changes": […], "conflicts": […], "warnings": […],
//	  "message": "…", "git": "commit"}}
//
// A change is
//
//	{"path": "cmd/main.go", "action": "create", "mode": "0644",
//	 "before": null, "beforeMode": null, "after": "sha256:…",
//	 "content": "…", "encoding": "utf-8", "why": "…"}
//
// "before" and "beforeMode" are the [Expect]: the digest and the mode of what
// must still be there, or null for nothing. "mode" and "after" are the mode and
// the digest of what is there afterwards, or null for a delete. "content" is
// the file, as it is where it is UTF-8 and in base64 where it is not; a delete
// and a keep have none. "git" is left out when the plan does nothing about git.
// A conflict is {"path", "kind", "hunks"} and a hunk {"base", "ours", "theirs"};
// where one of the three is not UTF-8 all are in base64 and "encoding" says so.
// Where git is to know about it, a conflict also has "sides": {"base", "ours",
// "theirs"}, each null or {"mode", "content", "encoding"}.
//
// Before of a change, which is for display, is not part of the form.
func Encode(p Plan) ([]byte, error) {
	doc := documentJSON{Sill: version, Plan: planJSON{
		Root:      p.Root,
		Changes:   make([]changeJSON, 0, len(p.Changes)),
		Conflicts: make([]conflictJSON, 0, len(p.Conflicts)),
		Warnings:  append([]string{}, p.Warnings...),
		Message:   p.Message,
		Git:       p.Git,
	}}
	for _, c := range p.Changes {
		doc.Plan.Changes = append(doc.Plan.Changes, encodeChange(c))
	}
	for _, c := range p.Conflicts {
		doc.Plan.Conflicts = append(doc.Plan.Conflicts, encodeConflict(c))
	}
	var w bytes.Buffer
	e := json.NewEncoder(&w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(doc); err != nil {
		return nil, fmt.Errorf("encode the plan: %w", err)
	}
	return w.Bytes(), nil
}

func encodeChange(c Change) changeJSON {
	j := changeJSON{Path: c.Path.String(), Action: c.Action, Why: c.Why}
	if !c.Expect.Absent() {
		j.Before, j.BeforeMode = new(c.Expect.Digest), new(string(c.Expect.Mode))
	}
	switch c.Action {
	case Create, Update:
		j.Mode, j.After = new(string(c.File.Mode)), new(c.File.Digest())
		text, encoding := encodeText(c.File.Data)
		j.Content, j.Encoding = &text, &encoding
	case Keep:
		j.Mode, j.After = j.BeforeMode, j.Before
	case Delete:
	}
	return j
}

func encodeConflict(c Conflict) conflictJSON {
	j := conflictJSON{Path: c.Path.String(), Kind: c.Kind, Hunks: make([]hunkJSON, 0, len(c.Hunks))}
	for _, h := range c.Hunks {
		j.Hunks = append(j.Hunks, encodeHunk(h))
	}
	if !c.Sides.Empty() {
		j.Sides = &sidesJSON{encodeSide(c.Sides.Base), encodeSide(c.Sides.Ours), encodeSide(c.Sides.Theirs)}
	}
	return j
}

func encodeSide(f *tree.File) *sideJSON {
	if f == nil {
		return nil
	}
	text, encoding := encodeText(f.Data)
	return &sideJSON{Mode: string(f.Mode), Content: text, Encoding: encoding}
}

func encodeHunk(h Hunk) hunkJSON {
	if utf8.ValidString(h.Base) && utf8.ValidString(h.Ours) && utf8.ValidString(h.Theirs) {
		return hunkJSON{Base: h.Base, Ours: h.Ours, Theirs: h.Theirs}
	}
	text := func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }
	return hunkJSON{text(h.Base), text(h.Ours), text(h.Theirs), new(encodingBase64)}
}

func encodeText(data []byte) (text, encoding string) {
	if utf8.Valid(data) {
		return string(data), encodingUTF8
	}
	return base64.StdEncoding.EncodeToString(data), encodingBase64
}

// decodeText is the reverse of encodeText. It takes one spelling only: base64
// without line breaks and with its padding.
func decodeText(text, encoding string) (data []byte, ok bool) {
	switch encoding {
	case encodingUTF8:
		return []byte(text), true
	case encodingBase64:
		data, err := base64.StdEncoding.Strict().DecodeString(text)
		return data, err == nil && !strings.ContainsAny(text, "\r\n")
	default:
		return nil, false
	}
}

// written reports whether m is a mode that a plan can give a file.
func written(m tree.Mode) bool { return m == tree.Regular || m == tree.Executable }

// known reports whether m is a mode that something in a tree can have.
func known(m tree.Mode) bool {
	switch m {
	case tree.Regular, tree.Executable, tree.Symlink, tree.Directory, tree.Special:
		return true
	default:
		return false
	}
}
