package record

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"groundsill.example/internal/diag"
	"groundsill.example/internal/resource"
	"groundsill.example/internal/strictyaml"
	"groundsill.example/internal/tree"
)

// Parse reads a record and checks everything in it; file names it in messages.
// The error is a *diag.Error of class Refused that names every mistake with
// its place.
func Parse(file string, data []byte) (Record, error) {
	if err := checkMarkers(file, data); err != nil {
		return Record{}, err
	}
	root, err := strictyaml.Parse(file, data, strictyaml.WithClass(diag.Refused))
	if err != nil {
		return Record{}, err
	}
	if err := checkNumbers(root); err != nil {
		return Record{}, err
	}
	p := &parser{}
	r := p.record(root)
	if err := p.Err(diag.Refused); err != nil {
		return Record{}, err
	}
	return r, nil
}

// checkMarkers refuses a record in which git left the two sides of a merge.
func checkMarkers(file string, data []byte) error {
	number := 0
	for line := range bytes.Lines(data) {
		number++
		for _, marker := range []string{"<<<<<<<", "|||||||", ">>>>>>>"} {
			if bytes.HasPrefix(line, []byte(marker)) {
				return diag.New(diag.Refused, diag.Diagnostic{
					Code:    "record-markers",
					Summary: "git left both sides of a merge in the record",
					Hint:    "run sill resolve to unite both sides, or keep one of them",
					At:      diag.Pos{File: file, Line: number, Column: 1},
				})
			}
		}
	}
	return nil
}

// checkNumbers refuses a record that a newer program wrote, before anything
// else in it can be misunderstood.
func checkNumbers(root *strictyaml.Node) error {
	var r strictyaml.Reader
	m := r.Map(root)
	m.Require("format", "engine")
	checkNumber(&r, m, "format", FormatNumber)
	checkNumber(&r, m, "engine", EngineNumber)
	return r.Err(diag.Refused)
}

func checkNumber(r *strictyaml.Reader, m strictyaml.Map, key string, newest int) {
	n, ok := m.Get(key)
	if !ok {
		return
	}
	number := m.Int(key)
	switch {
	case !r.OK():
	case number > newest:
		r.Fail(n, "record-newer", fmt.Sprintf("%s %d is newer than %d, the newest this sill understands",
			key, number, newest), "use a newer version of sill")
	case number < 1:
		r.Fail(n, "record-value", fmt.Sprintf("%s %s does not exist", key, n.Text), "")
	}
}

// parser reads the parts of a record and collects their mistakes.
type parser struct{ strictyaml.Reader }

func (p *parser) record(root *strictyaml.Node) Record {
	m := p.Map(root, "format", "engine", "blueprint", "answers", "resources", "modules", "schema",
		"unmanaged", "commands")
	m.Require("blueprint", "answers")
	r := Record{Format: m.Int("format"), Engine: m.Int("engine")}
	if n, ok := m.Get("blueprint"); ok {
		r.Blueprint = p.blueprint(n)
	}
	if n, ok := m.Get("answers"); ok {
		r.Answers = p.answers(n)
	}
	if n, ok := m.Get("resources"); ok {
		r.Resources = p.resources(n)
	}
	if n, ok := m.Get("modules"); ok {
		r.Modules = p.modules(n)
	}
	r.Schema = p.schema(m.List("schema"))
	r.Unmanaged = p.unmanaged(m.List("unmanaged"))
	if n, ok := m.Get("commands"); ok {
		r.Commands = p.commands(n)
	}
	return r
}

func (p *parser) blueprint(n *strictyaml.Node) Blueprint {
	m := p.Map(n, "name", "version", "source", "digest")
	m.Require("name", "version", "source", "digest")
	return Blueprint{
		Name:    p.shaped(m, "name", nameForm, "small letters, digits and dashes"),
		Version: p.shaped(m, "version", versionForm, "like 1.2.3"),
		Source:  p.shaped(m, "source", sourceForm, "builtin, dir, or the URL of a git repository without user info"),
		Digest:  p.shaped(m, "digest", digestForm, "sha256: and 64 hexadecimal digits"),
	}
}

const (
	nameForm    = `[a-z][a-z0-9]*(-[a-z0-9]+)*`
	keyForm     = `[a-z][a-z0-9]*([_-][a-z0-9]+)*`
	versionForm = `[0-9]{1,9}\.[0-9]{1,9}\.[0-9]{1,9}([-+][0-9A-Za-z.+-]{1,64})?`
	// A user name, a password, a query or a fragment could hold a secret.
	sourceForm = `builtin|dir|(https?|ssh|git)://[A-Za-z0-9.:_\[\]-]+(/[A-Za-z0-9._~/+%-]*)?`
	digestForm = `sha256:[0-9a-f]{64}`
	atForm     = `[0-9]{5}|[0-9]{14}`
)

func (p *parser) shaped(m strictyaml.Map, key, form, what string) string {
	n, ok := m.Get(key)
	if !ok {
		return ""
	}
	text := p.Str(n)
	if n.Kind == strictyaml.String && !matches(form, text) {
		p.Fail(n, "record-value", fmt.Sprintf("%s %s is not what it should be", key, quote(text)), "expected: "+what)
		return ""
	}
	return text
}

func matches(form, text string) bool {
	ok, err := regexp.MatchString(`\A(?:`+form+`)\z`, text)
	return ok && err == nil && len(text) <= 1024
}

// answers reads a mapping from keys to text, booleans and lists of text.
func (p *parser) answers(n *strictyaml.Node) map[string]any {
	answers := map[string]any{}
	for _, e := range p.Map(n).Entries() {
		p.key(e, keyForm, "answer")
		answers[e.Key] = p.answer(e.Value)
	}
	return answers
}

func (p *parser) key(e strictyaml.Entry, form, what string) {
	if !matches(form, e.Key) {
		p.Add(diag.Diagnostic{
			Code: "record-key", Summary: fmt.Sprintf("%s is no name of a %s", quote(e.Key), what), At: e.Pos,
		})
	}
}

func (p *parser) answer(n *strictyaml.Node) any {
	switch n.Kind {
	case strictyaml.Bool:
		return n.Text == "true"
	case strictyaml.Sequence:
		texts := make([]string, 0, len(n.Items))
		for _, item := range n.Items {
			texts = append(texts, p.text(item))
		}
		return texts
	case strictyaml.String, strictyaml.Int, strictyaml.Float, strictyaml.Null, strictyaml.Mapping:
	}
	return p.text(n)
}

// text reads a text without characters that could act on a terminal or hide
// what they say. Lines and tabs are fine.
func (p *parser) text(n *strictyaml.Node) string {
	text := p.Str(n)
	if strings.ContainsFunc(text, hidden) {
		p.Fail(n, "record-value", fmt.Sprintf("the text %s holds characters that one cannot see", quote(text)), "")
	}
	return text
}

func hidden(r rune) bool {
	switch {
	case r == '\n' || r == '\t':
		return false
	case 0x202a <= r && r <= 0x202e, 0x2066 <= r && r <= 0x2069:
		return true // they turn the direction of what follows
	}
	return unicode.IsControl(r) || r == unicode.ReplacementChar
}

// resources reads the list, checks it as a whole, and puts it in order.
func (p *parser) resources(n *strictyaml.Node) []resource.Resource {
	rs, err := resource.FromNodes(n)
	if !p.Take(n, err) || !p.Take(n, resource.Check(rs)) {
		return nil
	}
	return resource.Sorted(rs)
}

func (p *parser) modules(n *strictyaml.Node) map[string]map[string]any {
	modules := map[string]map[string]any{}
	for _, e := range p.Map(n).Entries() {
		p.key(e, nameForm, "module")
		modules[e.Key] = p.answers(e.Value)
	}
	return modules
}

func (p *parser) unmanaged(items []*strictyaml.Node) []tree.Path {
	var paths []tree.Path
	seen := map[string]bool{}
	for _, item := range items {
		if item.Kind != strictyaml.String {
			p.Str(item)
			continue
		}
		path, err := tree.ParsePath(item.Text)
		if !p.Take(item, err) {
			continue
		}
		if seen[path.Key()] {
			p.Fail(item, "record-duplicate", fmt.Sprintf("path %s is there twice", quote(item.Text)), "")
		}
		seen[path.Key()] = true
		paths = append(paths, path)
	}
	return paths
}

func (p *parser) commands(n *strictyaml.Node) map[string][]string {
	m := p.Map(n, CommandNames()...)
	commands := map[string][]string{}
	for _, e := range m.Entries() {
		if !slices.Contains(CommandNames(), e.Key) {
			continue
		}
		var argv []string
		for _, item := range p.List(e.Value) {
			argv = append(argv, p.text(item))
		}
		if e.Value.Kind == strictyaml.Sequence && (len(argv) == 0 || argv[0] == "") {
			p.Fail(e.Value, "record-value", fmt.Sprintf("command %s names no program", e.Key), "")
		}
		commands[e.Key] = argv
	}
	return commands
}

func quote(text string) string {
	const limit = 60
	if r := []rune(text); len(r) > limit {
		text = string(r[:limit]) + "…"
	}
	return fmt.Sprintf("%q", text)
}
