package blueprint

import (
	"fmt"
	"slices"
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
	manifest, ok := manifestOf(content)
	if !ok {
		return nil, diag.New(diag.Blueprint, diag.Diagnostic{
			Code:    "blueprint-manifest",
			Summary: "there is no " + ManifestName,
			Hint:    "a blueprint is a directory with a " + ManifestName + " and a directory files",
		})
	}
	var problems, ofModules diag.List
	modules := loadModules(content, &ofModules)
	b, err := parseManifest(manifest.Data, modules)
	if b == nil {
		return nil, err
	}
	problems.Take(err)
	b.Content = content
	b.loadPartials(&problems)
	problems.Take(ofModules.Err(diag.Blueprint))
	b.Base.collect(content, &problems)
	b.checkModules(&problems)
	b.checkKeys(&problems)
	b.checkLists(&problems)
	b.checkLocks(&problems)
	if err := problems.Err(diag.Blueprint); err != nil {
		return nil, err
	}
	b.Digest = Digest(content)
	return b, nil
}

func manifestOf(content tree.Tree) (tree.File, bool) {
	p, err := tree.ParsePath(ManifestName)
	if err != nil {
		return tree.File{}, false
	}
	return content.File(p)
}

func (b *Blueprint) loadPartials(problems *diag.List) {
	b.Partials = map[string]string{}
	for p, f := range b.Content.All() {
		file, ok := strings.CutPrefix(p.String(), partialsDir)
		if !ok {
			continue
		}
		name, ok := strings.CutSuffix(file, suffix)
		if !ok || name == "" {
			problems.Add(diag.Diagnostic{
				Code: "partial-name", Summary: "a partial is called NAME" + suffix, At: diag.Pos{File: p.String()},
			})
			continue
		}
		b.Partials[name] = string(f.Data)
	}
}

// loadModules reads the manifest of every directory in modules.
func loadModules(content tree.Tree, problems *diag.List) []Module {
	var all []Module
	last := ""
	for p := range content.All() {
		rest, ok := strings.CutPrefix(p.String(), modulesDir)
		if !ok {
			continue
		}
		if name, _, _ := strings.Cut(rest, "/"); name != last {
			last = name
			if m, ok := loadModule(content, name, problems); ok {
				all = append(all, m)
			}
		}
	}
	return all
}

func loadModule(content tree.Tree, name string, problems *diag.List) (m Module, ok bool) {
	manifest := modulesDir + name + "/" + moduleManifest
	p, err := tree.ParsePath(manifest)
	if err != nil {
		problems.Take(err)
		return m, false
	}
	f, ok := content.File(p)
	if !ok {
		problems.Add(diag.Diagnostic{
			Code: "module-manifest", Summary: fmt.Sprintf("the module %s has no %s", name, moduleManifest),
			At: diag.Pos{File: manifest},
		})
		return m, false
	}
	m, err = parseModule(name, manifest, f.Data)
	problems.Take(err)
	m.Dir = modulesDir + name + "/" + filesDir
	m.collect(content, problems)
	return m, true
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
		at := diag.Pos{File: m.Manifest}
		for _, other := range slices.Concat(m.Needs, m.Conflicts) {
			answer := slices.Contains(m.Conflicts, other) && b.hasChoice(other)
			if _, ok := b.Module(other); !ok && !answer {
				problems.Add(diag.Diagnostic{
					Code: "module-unknown", At: at,
					Summary: fmt.Sprintf("module %s names the module %q, which is not there", m.Name, other),
				})
			}
		}
		for _, foe := range m.Conflicts {
			if foe == m.Name || slices.Contains(m.Needs, foe) {
				problems.Add(diag.Diagnostic{
					Code: "module-impossible", At: at,
					Summary: fmt.Sprintf("module %s conflicts with %s and cannot be without it", m.Name, foe),
				})
			}
		}
	}
}

// hasChoice reports whether text is "key=value" of a question of the base that
// has this value among its choices.
func (b *Blueprint) hasChoice(text string) bool {
	key, value, _ := strings.Cut(text, "=")
	return slices.ContainsFunc(b.Base.Questions, func(q Question) bool {
		return q.Key == key && slices.ContainsFunc(q.Choices, func(o Option) bool { return o.Value == value })
	})
}

// checkKeys refuses a key that is declared twice or that the data of every
// template has already.
func (b *Blueprint) checkKeys(problems *diag.List) {
	base := claims{problems: problems, first: map[string]diag.Pos{}}
	base.reserve(reserved()...)
	for _, q := range b.Base.Questions {
		base.claim(q.Key, q.At)
	}
	for _, c := range b.Computed {
		base.claim(c.Key, c.At)
	}
	for _, m := range b.Modules {
		own := claims{problems: problems, first: map[string]diag.Pos{}}
		own.reserve("name")
		for _, q := range m.Questions {
			own.claim(q.Key, q.At)
		}
	}
}

func reserved() []string {
	return []string{
		"blueprint", "commands", "entry", "facts", "modules", "resource", "resources", "resources_by_name", "schema", "user", "uses",
	}
}

// claims finds keys that are declared twice.
type claims struct {
	problems *diag.List
	first    map[string]diag.Pos
}

func (c claims) reserve(keys ...string) {
	for _, key := range keys {
		c.first[key] = diag.Pos{}
	}
}

func (c claims) claim(key string, at diag.Pos) {
	first, taken := c.first[key]
	switch {
	case key == "": // it is missing, which was said
	case !taken:
		c.first[key] = at
	case first == diag.Pos{}:
		c.problems.Add(diag.Diagnostic{
			Code: "key-taken", Summary: fmt.Sprintf("key %q is taken: templates have it from sill", key), At: at,
		})
	default:
		c.problems.Add(diag.Diagnostic{
			Code: "key-taken", Summary: fmt.Sprintf("key %q is declared twice, first at %s", key, first), At: at,
		})
	}
}

// checkLists refuses a rule "for: LIST as NAME" whose list is not in the data:
// it would leave its files out without a word.
func (b *Blueprint) checkLists(problems *diag.List) {
	lists := []string{"resources", "resources_by_name", "schema"}
	taken := reserved()
	for _, q := range b.Base.Questions {
		taken = append(taken, q.Key)
		if q.Kind == Multi {
			lists = append(lists, q.Key)
		}
	}
	for _, c := range b.Computed {
		taken = append(taken, c.Key)
	}
	free := func(name string) bool { return name == "resource" || name == "entry" || !slices.Contains(taken, name) }
	for _, part := range b.Parts(func(string) bool { return true }) {
		for _, r := range part.Rules {
			if r.Each == (Each{}) || slices.Contains(lists, r.Each.List) && free(r.Each.As) {
				continue
			}
			problems.Add(diag.Diagnostic{
				Code: "rule-list", At: r.At,
				Summary: fmt.Sprintf(`"for: %s as %s" needs a list and a name of its own`, r.Each.List, r.Each.As),
				Hint:    "lists are " + strings.Join(lists, ", "),
			})
		}
	}
}

func (b *Blueprint) checkLocks(problems *diag.List) {
	for _, l := range b.Locks {
		name, known := LockManifests()[l.Format]
		if manifest, err := tree.ParsePath(l.Manifest); known && (err != nil || manifest.Base() != name) {
			problems.Add(diag.Diagnostic{
				Code: "lock-manifest", Summary: fmt.Sprintf("the lock fills in %q, which is not the path of a %s", l.Manifest, name),
				At: diag.Pos{File: ManifestName},
			})
		}
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
