package merge

import (
	"encoding/json"
	"fmt"
	"go/parser"
	"go/token"
	"path"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
	"golang.org/x/mod/modfile"

	"groundsill.example/internal/tree"
)

// Unique says which keys a tree may declare once: the one group of Pattern in
// the files that Match takes.
type Unique struct {
	Name    string // "route"
	Match   func(tree.Path) bool
	Pattern *regexp.Regexp
}

// unreadable says why a merged file is not valid, "" where it is or where one
// of the sides is not either.
func unreadable(name string, s sides, data []byte) string {
	read := reader(name)
	if read == nil || read(s.base.Data) != nil || read(s.ours.Data) != nil || read(s.theirs.Data) != nil {
		return ""
	}
	if err := read(data); err != nil {
		return err.Error()
	}
	return ""
}

// reader returns what reads a file of a known grammar.
func reader(name string) func([]byte) error {
	switch base := path.Base(name); {
	case base == "go.mod":
		return func(d []byte) error { _, err := modfile.Parse(base, d, nil); return err }
	case path.Ext(base) == ".go":
		return func(d []byte) error {
			_, err := parser.ParseFile(token.NewFileSet(), "", d, parser.SkipObjectResolution)
			return err
		}
	case path.Ext(base) == ".json":
		return func(d []byte) error { var v any; return json.Unmarshal(d, &v) }
	case path.Ext(base) == ".yaml" || path.Ext(base) == ".yml":
		return func(d []byte) error { var v any; return yaml.Unmarshal(d, &v) }
	}
	return nil
}

// checkUnique turns files that declare a key which stands elsewhere too into
// conflicts, unless ours had it twice already.
func (t *trees) checkUnique() {
	for _, u := range t.Unique {
		before := t.places(u, t.Ours, t.ours)
		after := t.places(u, t.Ours, t.target)
		for key, at := range after {
			if len(at) > 1 && len(before[key]) < len(at) {
				t.twice(u, key, at)
			}
		}
	}
}

// places returns where each key stands in a tree, with changes over it.
func (t *trees) places(u Unique, all tree.Tree, over map[tree.Path]tree.File) map[string][]tree.Path {
	found := map[string][]tree.Path{}
	look := func(p tree.Path, f tree.File) {
		if u.Match(p) && plain(&f) {
			for _, m := range u.Pattern.FindAllSubmatch(f.Data, -1) {
				found[string(m[1])] = append(found[string(m[1])], p)
			}
		}
	}
	for p, f := range all.All() {
		changed, has := over[p]
		if _, concerned := t.ours[p]; concerned && !has {
			continue // it goes
		}
		if has {
			f = changed
		}
		look(p, f)
	}
	for p, f := range over {
		if _, known := all.File(p); !known && !strings.HasSuffix(p.String(), Sidecar) {
			look(p, f)
		}
	}
	return found
}

// twice makes a conflict of the file that theirs brings the second one in.
func (t *trees) twice(u Unique, key string, at []tree.Path) {
	slices.SortFunc(at, tree.Path.Compare)
	for _, p := range at {
		base, ours, theirs := file(t.Base, p), file(t.Ours, p), file(t.Theirs, p)
		known := slices.ContainsFunc(t.conflicts, func(c Conflict) bool { return c.Path == p })
		if known || ours == nil || theirs == nil || same(base, theirs) || same(ours, theirs) {
			continue
		}
		t.conflict(sides{p, p, base, ours, theirs}, Duplicate, []Hunk{{Ours: string(ours.Data), Theirs: string(theirs.Data)}})
		t.warnings = append(t.warnings, fmt.Sprintf("%s is left to you: the %s %s would stand in %s.", p, u.Name, key, places(at)))
		return
	}
	t.warnings = append(t.warnings, fmt.Sprintf("The %s %s stands in %s.", u.Name, key, places(at)))
}

func places(at []tree.Path) string {
	var names []string
	for _, p := range at {
		names = append(names, p.String())
	}
	return strings.Join(names, " and in ")
}
