package merge

import (
	"fmt"
	"go/parser"
	"go/token"
	"maps"
	"path"
	"slices"
	"strings"

	"groundsill.example/internal/tree"
)

// checkPackages finds Go files that would use what only a file declares that
// you deleted. What you had becomes a conflict; a file that is new gets a
// warning.
func (t *trees) checkPackages() error {
	gone := t.deleted()
	if len(gone) == 0 {
		return nil
	}
	has, err := t.declarations()
	if err != nil {
		return err
	}
	for _, p := range slices.SortedFunc(maps.Keys(t.target), tree.Path.Compare) {
		names := t.missing(p, gone[path.Dir(p.String())], has[path.Dir(p.String())])
		if len(names) == 0 {
			continue
		}
		if ours, there := t.ours[p]; there {
			s := sides{at: p, to: p, base: file(t.Base, p), ours: &ours, theirs: file(t.Theirs, p)}
			t.conflict(s, Content, []Hunk{{Ours: string(ours.Data), Theirs: string(t.target[p].Data)}})
		}
		t.warnings = append(t.warnings, fmt.Sprintf("%s needs what you deleted: %s.", p, strings.Join(names, ", ")))
	}
	return nil
}

// deleted returns, by directory, the names that Go files declare which the
// blueprint makes and you deleted.
func (t *trees) deleted() map[string]map[string]bool {
	gone := map[string]map[string]bool{}
	for p, f := range t.Theirs.All() {
		_, was := t.Base.File(p)
		_, there := t.Ours.File(p)
		if _, moved := t.moved[p]; was && !there && !moved {
			declare(gone, p, f)
		}
	}
	return gone
}

// declarations returns, by directory, the names that Go files declare when the
// merge is done.
func (t *trees) declarations() (map[string]map[string]bool, error) {
	all := map[string]map[string]bool{}
	for p, f := range t.target {
		declare(all, p, f)
	}
	for p, f := range t.Ours.All() {
		if _, concerned := t.ours[p]; !concerned {
			declare(all, p, f)
		}
	}
	if t.Strays == nil {
		return all, nil
	}
	strays, err := t.Strays()
	for p, f := range strays.All() {
		declare(all, p, f)
	}
	return all, err
}

// missing returns the names that a file of the merge newly uses and that are gone.
func (t *trees) missing(p tree.Path, gone, has map[string]bool) []string {
	if gone == nil || path.Ext(p.String()) != ".go" {
		return nil
	}
	names := unresolved(t.target[p].Data)
	before := unresolved(t.ours[p].Data)
	maps.DeleteFunc(names, func(name string, _ bool) bool { return before[name] || has[name] || !gone[name] })
	return slices.Sorted(maps.Keys(names))
}

// declare adds the names that a Go file declares to those of its directory.
func declare(all map[string]map[string]bool, p tree.Path, f tree.File) {
	if path.Ext(p.String()) != ".go" || !plain(&f) {
		return
	}
	parsed, err := parser.ParseFile(token.NewFileSet(), "", f.Data, 0)
	if err != nil {
		return
	}
	dir := path.Dir(p.String())
	if all[dir] == nil {
		all[dir] = map[string]bool{}
	}
	for name := range parsed.Scope.Objects {
		all[dir][name] = true
	}
}
