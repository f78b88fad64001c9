package blueprint

import (
	"fmt"
	"path"
	"strings"

	"groundsill.example/internal/diag"
	"groundsill.example/internal/tree"
)

// The directories and files of a blueprint.
const (
	filesDir       = "files/"
	modulesDir     = "modules/"
	partialsDir    = "partials/"
	moduleManifest = "module.yaml"
	suffix         = ".tmpl"
)

// Load checks the files of a blueprint. The error is a *diag.Error of class
// Blueprint that holds every mistake, each with its file and line.
func Load(content tree.Tree) (*Blueprint, error) {
	manifest, ok := content.File(mustPath(ManifestName))
	if !ok {
		return nil, diag.New(diag.Blueprint, diag.Diagnostic{
			Code:    "blueprint-manifest",
			Summary: "there is no " + ManifestName,
			Hint:    "a blueprint is a directory with a " + ManifestName + " and a directory files",
		})
	}
	var problems diag.List
	b, err := parseManifest(manifest.Data)
	if err != nil {
		return nil, err
	}
	b.Content = content
	b.Partials = partials(content)
	b.loadModules(&problems)
	b.Base.collect(content, &problems)
	b.checkModules(&problems)
	b.checkKeys(&problems)
	b.checkLocks(&problems)
	if err := problems.Err(diag.Blueprint); err != nil {
		return nil, err
	}
	b.Digest = Digest(content)
	return b, nil
}

// mustPath returns the Path of a constant.
func mustPath(s string) tree.Path {
	p, err := tree.ParsePath(s)
	if err != nil {
		return tree.Path{}
	}
	return p
}

func partials(content tree.Tree) map[string]string {
	all := map[string]string{}
	for p, f := range content.All() {
		if name, ok := strings.CutPrefix(p.String(), partialsDir); ok {
			all[strings.TrimSuffix(name, suffix)] = string(f.Data)
		}
	}
	return all
}

func (b *Blueprint) loadModules(problems *diag.List) {
	for p, f := range b.Content.All() {
		rest, ok := strings.CutPrefix(p.String(), modulesDir)
		if !ok || path.Base(rest) != moduleManifest || strings.Count(rest, "/") != 1 {
			continue
		}
		name := path.Dir(rest)
		m, err := parseModule(name, p.String(), f.Data)
		if err != nil {
			problems.Take(err)
			continue
		}
		m.Dir = modulesDir + name + "/" + filesDir
		m.collect(b.Content, problems)
		b.Modules = append(b.Modules, m)
	}
}

// collect finds the templates of a part and what its rules make of each.
func (p *Part) collect(content tree.Tree, problems *diag.List) {
	used := make([]bool, len(p.Rules))
	for source, f := range content.All() {
		rel, ok := strings.CutPrefix(source.String(), p.Dir)
		if !ok {
			continue
		}
		t := Template{Source: source, Name: strings.TrimSuffix(rel, suffix), Raw: rel == strings.TrimSuffix(rel, suffix), Mode: f.Mode}
		for i, r := range p.Rules {
			if r.matches(rel) {
				used[i] = true
				t = r.apply(t)
			}
		}
		p.Templates = append(p.Templates, t)
	}
	for i, r := range p.Rules {
		if !used[i] {
			problems.Add(diag.Diagnostic{
				Code: "rule-unused", Summary: fmt.Sprintf("no file matches %q", r.Glob),
				Hint: "globs are relative to " + p.Dir, At: r.At,
			})
		}
	}
}

func (b *Blueprint) checkModules(problems *diag.List) {
	for _, m := range b.Modules {
		for _, other := range append(append([]string{}, m.Needs...), m.Conflicts...) {
			if _, ok := b.Module(other); !ok {
				problems.Add(diag.Diagnostic{
					Code:    "module-unknown",
					Summary: fmt.Sprintf("module %s names the module %q, which is not there", m.Name, other),
					At:      diag.Pos{File: m.Manifest},
				})
			}
		}
	}
}

// checkKeys refuses a key that is declared twice or that the data of every
// template has already.
func (b *Blueprint) checkKeys(problems *diag.List) {
	seen := map[string]diag.Pos{}
	for _, key := range reserved() {
		seen[key] = diag.Pos{}
	}
	claim := func(key string, at diag.Pos) {
		first, taken := seen[key]
		if !taken {
			seen[key] = at
			return
		}
		summary := fmt.Sprintf("key %q is taken: every template has it", key)
		if first != (diag.Pos{}) {
			summary = fmt.Sprintf("key %q is declared twice, first at %s", key, first)
		}
		problems.Add(diag.Diagnostic{Code: "key-taken", Summary: summary, At: at})
	}
	for _, q := range b.Base.Questions {
		claim(q.Key, q.At)
	}
	for _, c := range b.Computed {
		claim(c.Key, c.At)
	}
}

func reserved() []string {
	return []string{
		"blueprint", "commands", "entry", "facts", "modules", "resource", "resources", "resources_by_name", "schema", "uses",
	}
}

func (b *Blueprint) checkLocks(problems *diag.List) {
	for _, l := range b.Locks {
		p, err := tree.ParsePath(l.From)
		if err == nil {
			if _, ok := b.Content.File(p); ok {
				continue
			}
		}
		problems.Add(diag.Diagnostic{
			Code: "lock-missing", Summary: fmt.Sprintf("the lock %q is not a file of the blueprint", l.From),
			At: diag.Pos{File: ManifestName},
		})
	}
}
