package lock

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"groundsill.example/internal/diag"
	"groundsill.example/internal/document"
	"groundsill.example/internal/tree"
)

// npmManifest is what package.json, and the entries of package-lock.json, say
// of what a package needs.
type npmManifest struct {
	Dependencies         map[string]string `json:"dependencies"`
	DevDependencies      map[string]string `json:"devDependencies"`
	OptionalDependencies map[string]string `json:"optionalDependencies"`
	PeerDependencies     map[string]string `json:"peerDependencies"`
	PeerDependenciesMeta map[string]struct {
		Optional bool `json:"optional"`
	} `json:"peerDependenciesMeta"`
}

// npmLock is a package-lock.json. Packages are by the path they are installed
// at, "node_modules/a/node_modules/b"; the root is "".
type npmLock struct {
	packages map[string]json.RawMessage
	needs    map[string]npmManifest
	needed   map[string]npmNeed
}

// npmNeed says how a package is reached from the root: over which kinds of
// edges only.
type npmNeed struct {
	production, required, both, own bool
}

// Npm returns the package-lock.json for the package.json that is rendered at
// manifest: the part of superset, a package-lock.json of version 3, that the
// manifest reaches. What it wants has to be in superset under the same range.
func Npm(superset []byte, t tree.Tree, manifest tree.Path) ([]byte, error) {
	f, ok := t.File(manifest)
	if !ok {
		return nil, modError(manifest, "npm-manifest-missing", "the manifest of the lock is not among the rendered files", nil)
	}
	var root npmManifest
	if err := json.Unmarshal(f.Data, &root); err != nil {
		return nil, modError(manifest, "npm-manifest-syntax", "the rendered package.json does not parse", err)
	}
	l, err := parseNpmLock(superset)
	if err != nil {
		return nil, modError(manifest, "npm-lock-syntax", "the superset of the lock does not parse", err)
	}
	if err := l.provides(root, manifest); err != nil {
		return nil, err
	}
	l.needs[""] = root
	for _, kind := range npmKinds() {
		if err := l.reach(kind); err != nil {
			return nil, modError(manifest, "npm-lock-incomplete", "the superset of the lock lacks a package", err)
		}
	}
	return l.format(f.Data)
}

func parseNpmLock(data []byte) (*npmLock, error) {
	var file struct {
		Packages map[string]json.RawMessage `json:"packages"`
	}
	if err := json.Unmarshal(data, &file); err != nil {
		return nil, err
	}
	l := &npmLock{packages: file.Packages, needs: map[string]npmManifest{}, needed: map[string]npmNeed{}}
	for path, entry := range file.Packages {
		var m npmManifest
		if err := json.Unmarshal(entry, &m); err != nil {
			return nil, err
		}
		l.needs[path] = m
	}
	return l, nil
}

// provides refuses a dependency that the superset lacks or has under another
// range: its version may not be one that the manifest takes.
func (l *npmLock) provides(root npmManifest, manifest tree.Path) error {
	known := maps.Clone(l.needs[""].Dependencies)
	if known == nil {
		known = map[string]string{}
	}
	maps.Copy(known, l.needs[""].DevDependencies)
	var problems diag.List
	for _, wanted := range []map[string]string{root.Dependencies, root.DevDependencies} {
		for _, name := range slices.Sorted(maps.Keys(wanted)) {
			if known[name] != wanted[name] {
				problems.Add(diag.Diagnostic{
					Code: "npm-not-locked", Summary: fmt.Sprintf("the lock has no %s %s", name, wanted[name]),
					Hint: "list it in the package.json of the lock, and make refresh", At: diag.Pos{File: manifest.String()},
				})
			}
		}
	}
	return problems.Err(diag.Blueprint)
}

// npmKind is a walk over some kinds of edges; mark notes that a package is met.
type npmKind struct {
	dev, optional, peer bool
	mark                func(*npmNeed)
}

func npmKinds() []npmKind {
	return []npmKind{
		{dev: true, optional: true, peer: true, mark: func(*npmNeed) {}},
		{optional: true, peer: true, mark: func(n *npmNeed) { n.production = true }},
		{dev: true, peer: true, mark: func(n *npmNeed) { n.required = true }},
		{peer: true, mark: func(n *npmNeed) { n.both = true }},
		{dev: true, optional: true, mark: func(n *npmNeed) { n.own = true }},
	}
}

// reach marks every package that a walk meets.
func (l *npmLock) reach(kind npmKind) error {
	met := map[string]bool{"": true}
	for queue := []string{""}; len(queue) > 0; queue = queue[1:] {
		from := queue[0]
		for name, required := range l.edges(from, kind) {
			path, found := l.resolve(from, name)
			if !found && required {
				return fmt.Errorf("%s, which %q needs", name, from)
			}
			if !found || met[path] {
				continue
			}
			met[path] = true
			queue = append(queue, path)
			need := l.needed[path]
			kind.mark(&need)
			l.needed[path] = need
		}
	}
	return nil
}

// edges returns the names of what a package needs, and whether it cannot be
// without. A peer that is optional is somebody else's to need.
func (l *npmLock) edges(from string, kind npmKind) map[string]bool {
	m := l.needs[from]
	all := map[string]bool{}
	add := func(names map[string]string, required bool) {
		for name := range names {
			all[name] = required
		}
	}
	if kind.peer {
		for name := range m.PeerDependencies {
			if !m.PeerDependenciesMeta[name].Optional {
				all[name] = true
			}
		}
	}
	add(m.Dependencies, true)
	if kind.dev && from == "" {
		add(m.DevDependencies, true)
	}
	for name := range m.OptionalDependencies {
		delete(all, name)
	}
	if kind.optional {
		add(m.OptionalDependencies, false)
	}
	return all
}

// resolve finds a package as Node.js does: in the nearest node_modules upward.
func (l *npmLock) resolve(from, name string) (path string, found bool) {
	const dir = "node_modules/"
	for at := from; ; {
		path = dir + name
		if at != "" {
			path = at + "/" + path
		}
		if _, found = l.packages[path]; found || at == "" {
			return path, found
		}
		at = strings.TrimSuffix(at[:strings.LastIndex(at, dir)], "/")
	}
}

// format writes the packages that are needed, and the root as the manifest has
// it.
func (l *npmLock) format(manifest []byte) ([]byte, error) {
	var root struct {
		Name            json.RawMessage `json:"name"`
		Version         json.RawMessage `json:"version"`
		LockfileVersion int             `json:"lockfileVersion"`
		Requires        bool            `json:"requires"`
		Packages        json.RawMessage `json:"packages"`
	}
	if err := json.Unmarshal(manifest, &root); err != nil {
		return nil, err
	}
	entry, err := rootEntry(manifest)
	if err != nil {
		return nil, err
	}
	packages := npmObject{{"", entry}}
	for _, path := range slices.Sorted(maps.Keys(l.needed)) {
		entry, err := l.needed[path].flag(l.packages[path])
		if err != nil {
			return nil, err
		}
		packages = append(packages, npmMember{path, entry})
	}
	root.LockfileVersion, root.Requires, root.Packages = 3, true, packages.text()
	return npmText(root)
}

// rootEntry is what a lock repeats of its manifest.
func rootEntry(manifest []byte) (json.RawMessage, error) {
	all, err := parseNpmObject(manifest)
	if err != nil {
		return nil, err
	}
	var entry npmObject
	for _, key := range []string{"name", "version", "license", "dependencies", "devDependencies", "engines"} {
		if i := slices.IndexFunc(all, func(m npmMember) bool { return m.key == key }); i >= 0 {
			entry = append(entry, all[i])
		}
	}
	return entry.text(), nil
}

// flag writes into the entry of a package which installs can be without it. The
// superset has flags of its own, and no address: npm asks its registry.
func (n npmNeed) flag(entry json.RawMessage) (json.RawMessage, error) {
	all, err := parseNpmObject(entry)
	if err != nil {
		return nil, err
	}
	flags := map[string]bool{
		"dev": !n.production, "optional": !n.required, "peer": !n.own, "resolved": false,
		"devOptional": n.production && n.required && !n.both,
	}
	all = slices.DeleteFunc(all, func(m npmMember) bool { _, known := flags[m.key]; return known })
	for _, key := range slices.Sorted(maps.Keys(flags)) {
		if flags[key] {
			all = slices.Insert(all, all.place(key), npmMember{key, json.RawMessage("true")})
		}
	}
	return all.text(), nil
}

// npmObject is a JSON object whose members have an order.
type npmObject []npmMember

type npmMember struct {
	key   string
	value json.RawMessage
}

func parseNpmObject(data []byte) (npmObject, error) {
	doc, ok := document.JSON(data)
	if !ok || doc.Root == nil || doc.Root.Kind != document.Map {
		return nil, errors.New("it is not a JSON object that has each key once")
	}
	var all npmObject
	for _, c := range doc.Root.Children {
		all = append(all, npmMember{c.Key, json.RawMessage(doc.Text[c.Node.Start:c.Node.End])})
	}
	return all, nil
}

// place returns where npm puts a flag: after the version and the checksum, in
// the order of the alphabet, before what is an object.
func (o npmObject) place(key string) int {
	first := []string{"name", "version", "resolved", "integrity"}
	i := slices.IndexFunc(o, func(m npmMember) bool {
		return !slices.Contains(first, m.key) && (m.key > key || m.value[0] == '{')
	})
	if i < 0 {
		return len(o)
	}
	return i
}

func (o npmObject) text() json.RawMessage {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, m := range o {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, "%q:%s", m.key, m.value)
	}
	b.WriteByte('}')
	return b.Bytes()
}

func npmText(value any) ([]byte, error) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	err := encoder.Encode(value)
	return b.Bytes(), err
}
