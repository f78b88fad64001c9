package blueprint

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
	"golang.org/x/mod/semver"

	"groundsill.example/internal/diag"
	"groundsill.example/internal/strictyaml"
	"groundsill.example/internal/tree"
)

// The patterns of the names in a manifest. Lengths are checked beside them,
// because a counted repetition makes a pattern slow to compile, and all of
// them are compiled whenever the program starts.
var (
	nameForm    = regexp.MustCompile(`^[a-z][a-z0-9-]*$`)
	keyForm     = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)
	versionForm = regexp.MustCompile(`^\d+\.\d+\.\d+(-[0-9a-z.]+)?$`)
	factForm    = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]*$`) // in a group, where keys may be names of variables
	eachForm    = regexp.MustCompile(`^([a-z_]+) as ([a-z_]+)$`)
)

const maxName = 63

func matches(form *regexp.Regexp, s string) bool { return len(s) <= maxName && form.MatchString(s) }

// manifest reads one manifest and collects what is wrong with it.
type manifest struct {
	strictyaml.Reader
}

func parseManifest(data []byte, modules []Module) (*Blueprint, error) {
	doc, err := strictyaml.Parse(ManifestName, data, strictyaml.WithClass(diag.Blueprint))
	if err != nil {
		return nil, err
	}
	var r manifest
	m := r.Map(doc, "name", "version", "description", "engine", "shared", "include", "reserved", "questions", "computed", "facts",
		"files", "commands", "setup", "locks", "next", "unique", "migrations")
	m.Require("name", "version", "description", "engine")
	b := &Blueprint{
		Name:        r.form(m, "name", nameForm),
		Version:     r.version(m, "version"),
		Description: m.Str("description"),
		Computed:    r.values(m, "computed"),
		Facts:       r.facts(m.Map("facts"), keyForm),
		Commands:    r.commands(m),
		Reserved:    m.StrList("reserved"),
		Setup:       r.setup(m),
		Locks:       r.locks(m),
		Next:        r.steps(m),
		Modules:     modules,
	}
	b.Base = Part{Dir: filesDir, Manifest: ManifestName, Questions: r.questions(m), Rules: r.rules(m)}
	b.Unique, b.Migrations = r.uniques(m), r.migrations(m, b)
	r.engine(m)
	return b, r.Err(diag.Blueprint)
}

// Shared returns what a manifest asks for of what all blueprints share, without
// checking anything else: the names of modules, and of parts to include.
func Shared(data []byte) (modules, parts []string, err error) {
	doc, err := strictyaml.Parse(ManifestName, data, strictyaml.WithClass(diag.Blueprint))
	if err != nil {
		return nil, nil, err
	}
	var r manifest
	m := r.Map(doc)
	modules, parts = r.names(m, "shared"), r.names(m, "include")
	return modules, parts, r.Err(diag.Blueprint)
}

// names reads a list of names of directories.
func (r *manifest) names(m strictyaml.Map, key string) []string {
	names := m.StrList(key)
	for i, name := range names {
		if !matches(nameForm, name) {
			n, _ := m.Get(key)
			r.Fail(n.Items[i], "manifest-form", fmt.Sprintf("%q is not a name", name), "")
		}
	}
	return names
}

func parseModule(name, file string, data []byte) (Module, error) {
	doc, err := strictyaml.Parse(file, data, strictyaml.WithClass(diag.Blueprint))
	if err != nil {
		return Module{}, err
	}
	var r manifest
	m := r.Map(doc, "summary", "default", "at", "tables", "needs", "conflicts", "questions", "files")
	m.Require("summary")
	if !matches(nameForm, name) {
		r.Fail(doc, "manifest-form", fmt.Sprintf("%q is not the name of a module", name), "")
	}
	at := m.Str("at")
	if at != "" && at != "git-root" {
		r.failKey(m, "at", `"at" is git-root or absent`)
	}
	return Module{
		Part:      Part{Manifest: file, Questions: r.questions(m), Rules: r.rules(m)},
		Name:      name,
		Summary:   m.Str("summary"),
		Needs:     m.StrList("needs"),
		Conflicts: m.StrList("conflicts"),
		Default:   m.Bool("default"),
		GitRoot:   at == "git-root",
		Tables:    m.Bool("tables"),
	}, r.Err(diag.Blueprint)
}

func (r *manifest) failKey(m strictyaml.Map, key, summary string) {
	if n, ok := m.Get(key); ok {
		r.Fail(n, "manifest-form", summary, "")
	}
}

func (r *manifest) form(m strictyaml.Map, key string, form *regexp.Regexp) string {
	s := m.Str(key)
	if n, ok := m.Get(key); ok && n.Kind == strictyaml.String && !matches(form, s) {
		r.failKey(m, key, fmt.Sprintf("%s %q does not match %s, or is longer than %d bytes", key, s, form, maxName))
	}
	return s
}

// version reads a Semantic Version, and returns the empty string where there is
// none.
func (r *manifest) version(m strictyaml.Map, key string) string {
	s := m.Str(key)
	if s != "" && (!matches(versionForm, s) || !semver.IsValid("v"+s)) {
		r.failKey(m, key, fmt.Sprintf("%s %q is not a version like 1.2.3 or 1.2.3-rc.1 (Semantic Versioning), or is longer than %d bytes", key, s, maxName))
		return ""
	}
	return s
}

func (r *manifest) engine(m strictyaml.Map) {
	if n, ok := m.Get("engine"); ok && m.Int("engine") != Engine {
		r.Fail(n, "engine-unknown", fmt.Sprintf("engine %s is not known to this version of sill", n.Text),
			"install a newer sill")
	}
}

func (r *manifest) questions(m strictyaml.Map) []Question {
	var all []Question
	for _, n := range m.List("questions") {
		all = append(all, r.question(n))
	}
	return all
}

func (r *manifest) question(n *strictyaml.Node) Question {
	m := r.Map(n, "key", "type", "prompt", "help", "default", "when", "pattern", "hint", "choices", "hidden", "optional", "spreads", "rename")
	m.Require("key", "type", "prompt")
	q := Question{
		Key:      r.form(m, "key", keyForm),
		Kind:     Kind(m.Str("type")),
		Prompt:   m.Str("prompt"),
		Help:     m.Str("help"),
		Default:  m.Scalar("default"),
		When:     m.Str("when"),
		Hint:     m.Str("hint"),
		Hidden:   m.Bool("hidden"),
		Optional: m.Bool("optional"),
		Spreads:  m.Bool("spreads"),
		Rename:   m.StrList("rename"),
		At:       n.Pos,
	}
	if text := m.Str("pattern"); text != "" {
		form, err := regexp.Compile(`^(?:` + text + `)$`)
		if err != nil {
			r.failKey(m, "pattern", "the pattern does not compile: "+err.Error())
		}
		q.Pattern = form
	}
	for _, c := range m.List("choices") {
		q.Choices = append(q.Choices, r.choice(c))
	}
	r.checkKind(m, q)
	return q
}

func (r *manifest) choice(n *strictyaml.Node) Option {
	if n.Kind == strictyaml.String {
		return Option{Value: n.Text}
	}
	m := r.Map(n, "value", "help")
	m.Require("value")
	return Option{Value: m.Str("value"), Help: m.Str("help")}
}

func (r *manifest) checkKind(m strictyaml.Map, q Question) {
	switch q.Kind {
	case Text, Bool:
		if len(q.Choices) > 0 {
			r.failKey(m, "choices", "only questions of type choice and multi have choices")
		}
	case Choice, Multi:
		if len(q.Choices) == 0 {
			r.Fail(m.Node, "manifest-form", fmt.Sprintf("the question %q has no choices", q.Key), "")
		}
		r.checkChoices(m, q)
	default:
		r.failKey(m, "type", fmt.Sprintf("type %q is not one of text, bool, choice, multi", q.Kind))
	}
}

// checkChoices refuses a choice that cannot be told from another, in flags as
// well, where those of a Multi are separated by commas.
func (r *manifest) checkChoices(m strictyaml.Map, q Question) {
	var values []string
	for _, c := range q.Choices {
		if c.Value == "" || slices.Contains(values, c.Value) || q.Kind == Multi && strings.ContainsAny(c.Value, ", ") {
			r.failKey(m, "choices", fmt.Sprintf("the choice %q is empty, there twice, or holds a comma or a space", c.Value))
		}
		values = append(values, c.Value)
	}
	static := q.Kind == Choice && q.Default != "" && !strings.Contains(q.Default, "{{")
	if static && !slices.Contains(values, q.Default) {
		r.failKey(m, "default", fmt.Sprintf("the default %q is not one of the choices", q.Default))
	}
}

func (r *manifest) values(m strictyaml.Map, key string) []Value {
	var all []Value
	for _, e := range m.Map(key).Entries() {
		if !matches(keyForm, e.Key) {
			r.Fail(e.Value, "manifest-form", fmt.Sprintf("key %q does not match %s", e.Key, keyForm), "")
		}
		all = append(all, Value{Key: e.Key, Template: r.Scalar(e.Value), At: e.Value.Pos})
	}
	return all
}

func (r *manifest) facts(m strictyaml.Map, form *regexp.Regexp) []Fact {
	all := []Fact{}
	for _, e := range m.Entries() {
		if !matches(form, e.Key) {
			r.Fail(e.Value, "manifest-form", fmt.Sprintf("key %q does not match %s", e.Key, form), "")
		}
		f := Fact{Key: e.Key, At: e.Value.Pos}
		if e.Value.Kind == strictyaml.Mapping {
			f.Group = r.facts(r.Map(e.Value), factForm)
		} else {
			f.Template = r.Scalar(e.Value)
		}
		all = append(all, f)
	}
	return all
}

func commandNames() []string {
	return []string{"setup", "build", "migrate", "start", "test", "lint", "format"}
}

func (r *manifest) commands(m strictyaml.Map) []Command {
	var all []Command
	for _, e := range m.Map("commands", commandNames()...).Entries() {
		argv := r.StrList(e.Value)
		if len(argv) == 0 {
			r.Fail(e.Value, "manifest-form", "a command is a list: the program, then its arguments", "")
		}
		all = append(all, Command{Name: e.Key, Argv: argv, At: e.Value.Pos})
	}
	return all
}

func (r *manifest) setup(m strictyaml.Map) [][]string {
	var all [][]string
	for _, n := range m.List("setup") {
		argv := r.StrList(n)
		if len(argv) == 0 {
			r.Fail(n, "manifest-form", "a setup command is a list: the program, then its arguments", "")
			continue
		}
		all = append(all, argv)
	}
	return all
}

func (r *manifest) locks(m strictyaml.Map) []Lock {
	var all []Lock
	for _, n := range m.List("locks") {
		l := r.Map(n, "format", "manifest", "from")
		l.Require("format", "manifest", "from")
		lock := Lock{Format: l.Str("format"), Manifest: l.Str("manifest"), From: l.Str("from")}
		if _, known := LockManifests()[lock.Format]; !known {
			formats := strings.Join(slices.Sorted(maps.Keys(LockManifests())), ", ")
			r.failKey(l, "format", fmt.Sprintf("lock format %q is not known; known are %s", lock.Format, formats))
		}
		all = append(all, lock)
	}
	return all
}

func (r *manifest) steps(m strictyaml.Map) []Step {
	var all []Step
	for _, n := range m.List("next") {
		s := r.Map(n, "command", "why", "when")
		s.Require("command", "why")
		all = append(all, Step{Command: s.Str("command"), Why: s.Str("why"), When: s.Str("when")})
	}
	return all
}

func (r *manifest) rules(m strictyaml.Map) []Rule {
	var all []Rule
	for _, n := range m.List("files") {
		all = append(all, r.rule(n))
	}
	return all
}

func (r *manifest) rule(n *strictyaml.Node) Rule {
	m := r.Map(n, "path", "when", "mode", "for", "delims", "raw", "frozen", "formatted", "merge")
	m.Require("path")
	rule := Rule{
		Glob: m.Str("path"), When: m.Str("when"), Mode: tree.Mode(m.Scalar("mode")),
		Raw: m.Bool("raw"), Frozen: m.Bool("frozen"), Formatted: m.Bool("formatted"), Merge: m.Str("merge"), At: n.Pos,
	}
	if !doublestar.ValidatePattern(rule.Glob) {
		r.failKey(m, "path", fmt.Sprintf("the glob %q is malformed", rule.Glob))
	}
	if rule.Mode != "" && rule.Mode != tree.Regular && rule.Mode != tree.Executable {
		r.failKey(m, "mode", `a mode is "0644" or "0755"`)
	}
	if rule.Merge != "" && rule.Merge != MergeUnion && rule.Merge != MergeOurs && rule.Merge != MergeLists {
		r.failKey(m, "merge", `merge is "union", "lists", "ours" or absent`)
	}
	rule.Each = r.each(m)
	rule.Left, rule.Right = r.delims(m)
	return rule
}

func (r *manifest) each(m strictyaml.Map) Each {
	text := m.Str("for")
	if text == "" {
		return Each{}
	}
	parts := eachForm.FindStringSubmatch(text)
	if parts == nil {
		r.failKey(m, "for", fmt.Sprintf(`"for: %s" is not like "for: resources as resource"`, text))
		return Each{}
	}
	return Each{List: parts[1], As: parts[2]}
}

func (r *manifest) delims(m strictyaml.Map) (left, right string) {
	if !m.Has("delims") {
		return "", ""
	}
	pair := m.StrList("delims")
	if len(pair) != 2 || pair[0] == "" || pair[1] == "" || pair[0] == pair[1] {
		r.failKey(m, "delims", `delims are two different texts: ["[[", "]]"]`)
		return "", ""
	}
	return pair[0], pair[1]
}

// matches reports whether the rule speaks of a file, by its path below the
// files of its part, with or without the suffix ".tmpl".
func (r Rule) matches(rel string) bool {
	return doublestar.MatchUnvalidated(r.Glob, rel) || doublestar.MatchUnvalidated(r.Glob, strings.TrimSuffix(rel, suffix))
}

func (r Rule) apply(t Template) Template {
	if r.When != "" {
		t.When = append(slices.Clip(t.When), r.When)
	}
	if r.Mode != "" {
		t.Mode = r.Mode
	}
	if r.Each != (Each{}) {
		t.Each = r.Each
	}
	if r.Left != "" {
		t.Left, t.Right = r.Left, r.Right
	}
	if r.Merge != "" {
		t.Merge = r.Merge
	}
	t.Raw = t.Raw || r.Raw
	t.Frozen = t.Frozen || r.Frozen
	t.Formatted = t.Formatted || r.Formatted
	return t
}
