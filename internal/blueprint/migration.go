package blueprint

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"golang.org/x/mod/semver"

	"groundsill.example/internal/strictyaml"
	"groundsill.example/internal/tree"
)

// Migration is what a version of a blueprint says about the way to it: where
// files went, and what became of answers. Files that it no longer makes need no
// word: an update takes them away where nobody has edited them.
type Migration struct {
	To            string                       // the version
	Renames       []Rename                     // in the order of the manifest
	RenameAnswers map[string]string            // old key → new key
	MapAnswers    map[string]map[string]string // key, by its new name → old value → new value
}

// Rename says that files have another place. One "*" in From stands for any
// part of a name, and the one in To for the same part.
type Rename struct{ From, To string }

// Older reports whether version a comes before version b (Semantic Versioning).
func Older(a, b string) bool { return semver.Compare("v"+a, "v"+b) < 0 }

// Between returns the migrations that lead from a version to this one, in
// order.
func (b *Blueprint) Between(from string) []Migration {
	var all []Migration
	for _, m := range b.Migrations {
		if Older(from, m.To) && !Older(b.Version, m.To) {
			all = append(all, m)
		}
	}
	return all
}

// MigrateAnswers returns answers by their new keys and with their new values.
func MigrateAnswers(answers map[string]any, migrations []Migration) map[string]any {
	answers = maps.Clone(answers)
	for _, m := range migrations {
		for _, old := range slices.Sorted(maps.Keys(m.RenameAnswers)) {
			if v, has := answers[old]; has {
				delete(answers, old)
				answers[m.RenameAnswers[old]] = v
			}
		}
		for key, values := range m.MapAnswers {
			if to, mapped := values[fmt.Sprint(answers[key])]; mapped {
				answers[key] = to
			}
		}
	}
	return answers
}

// MigratePath returns where a file of an old version is now, and whether that
// is another place.
func MigratePath(p tree.Path, migrations []Migration) (tree.Path, bool) {
	name := p.String()
	for _, m := range migrations {
		for _, r := range m.Renames {
			if to, ok := r.apply(name); ok {
				name = to
				break
			}
		}
	}
	to, err := tree.ParsePath(name)
	return to, err == nil && to != p
}

func (r Rename) apply(name string) (string, bool) {
	before, after, star := strings.Cut(r.From, "*")
	if !star {
		return r.To, name == r.From
	}
	part, ok := strings.CutPrefix(name, before)
	if !ok {
		return "", false
	}
	if part, ok = strings.CutSuffix(part, after); !ok || part == "" || strings.Contains(part, "/") {
		return "", false
	}
	return strings.Replace(r.To, "*", part, 1), true
}

func (r *manifest) migrations(m strictyaml.Map, version string) []Migration {
	var all []Migration
	for _, n := range m.List("migrations") {
		one := r.migration(n)
		if len(all) > 0 && one.To != "" && !Older(all[len(all)-1].To, one.To) {
			r.Fail(n, "manifest-form", fmt.Sprintf("the migration to %s stands after the one to %s", one.To, all[len(all)-1].To), "migrations are in the order of their versions")
		}
		if one.To != "" && version != "" && Older(version, one.To) {
			r.Fail(n, "manifest-form", fmt.Sprintf("there is a migration to %s, and this is %s", one.To, version), "")
		}
		all = append(all, one)
	}
	return all
}

func (r *manifest) migration(n *strictyaml.Node) Migration {
	m := r.Map(n, "to", "rename", "rename-answer", "map-answer")
	m.Require("to")
	one := Migration{To: r.form(m, "to", versionForm), RenameAnswers: map[string]string{}, MapAnswers: map[string]map[string]string{}}
	for _, e := range m.Map("rename").Entries() {
		rename := Rename{e.Key, r.word(e.Value)}
		if !rename.sound() {
			r.Fail(e.Value, "manifest-form", fmt.Sprintf("%s: %s is not a way from one place to another", rename.From, rename.To),
				"both are paths below the repository, with one * in both or in neither")
		}
		one.Renames = append(one.Renames, rename)
	}
	for _, e := range m.Map("rename-answer").Entries() {
		one.RenameAnswers[e.Key] = r.word(e.Value)
	}
	for _, e := range m.Map("map-answer").Entries() {
		values := map[string]string{}
		for _, v := range r.Map(e.Value).Entries() {
			values[v.Key] = r.word(v.Value)
		}
		one.MapAnswers[e.Key] = values
	}
	return one
}

func (r *manifest) word(n *strictyaml.Node) string { return fmt.Sprint(n.Plain()) }

// sound reports whether both ends are paths, different, and with a star in both
// or in neither.
func (r Rename) sound() bool {
	stars := strings.Count(r.From, "*")
	for _, p := range []string{r.From, r.To} {
		if _, err := tree.ParsePath(strings.ReplaceAll(p, "*", "x")); err != nil || strings.Count(p, "*") != stars || stars > 1 {
			return false
		}
	}
	return r.From != r.To
}
