package blueprint

import (
	"maps"
	"strconv"
	"strings"

	"golang.org/x/mod/semver"

	"groundsill.example/internal/tree"
)

// Migration is what a version of a blueprint says about the way to it: where
// files went, and what became of answers. The answer to a question of a module
// is called MODULE.KEY. Files that it no longer makes need no word: an update
// takes them away where nobody has edited them, and is a conflict where
// somebody has.
type Migration struct {
	To            string                       // the version
	Renames       []Rename                     // in the order of the manifest; the first that fits a file counts
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

// MigrateAnswers returns answers by their new keys and with their new values:
// those of the base, and those of each module. The renames of one migration
// happen at once, so that two answers can change places.
func MigrateAnswers(
	base map[string]any, modules map[string]map[string]any, migrations []Migration,
) (map[string]any, map[string]map[string]any) {
	answers := map[string]any{}
	maps.Copy(answers, base)
	for name, own := range modules {
		for key, v := range own {
			answers[name+"."+key] = v
		}
	}
	for _, m := range migrations {
		m.answers(answers)
	}
	base, moved := map[string]any{}, map[string]map[string]any{}
	for name := range modules {
		moved[name] = map[string]any{}
	}
	for key, v := range answers {
		name, own, ofModule := strings.Cut(key, ".")
		switch {
		case !ofModule:
			base[key] = v
		case moved[name] != nil: // else it is the answer to what nobody asks here
			moved[name][own] = v
		}
	}
	return base, moved
}

// answers changes answers to what they become.
func (m Migration) answers(answers map[string]any) {
	moved := map[string]any{}
	for old, key := range m.RenameAnswers {
		if v, has := answers[old]; has {
			moved[key] = v
			delete(answers, old)
		}
	}
	maps.Copy(answers, moved)
	for key, values := range m.MapAnswers {
		if old, ok := word(answers[key]); ok {
			if to, mapped := values[old]; mapped {
				answers[key] = to
			}
		}
	}
}

// word returns the text by which a manifest names a value of an answer, and
// whether there is one.
func word(v any) (string, bool) {
	switch v := v.(type) {
	case string:
		return v, true
	case bool:
		return strconv.FormatBool(v), true
	}
	return "", false
}

// MigratePaths returns where the files of an old rendering are in a new one, for
// those that have another place there. A file that a rename fits and that did
// not follow it, because there is nothing at the new place, stays where it was.
// Where two files have become one, it is the first that is followed.
func MigratePaths(from, to tree.Tree, migrations []Migration) map[tree.Path]tree.Path {
	moved, taken := map[tree.Path]tree.Path{}, map[tree.Path]bool{}
	for old := range from.All() {
		if now, ok := follow(old, to, migrations); ok && now != old && !taken[now] {
			moved[old], taken[now] = now, true
		}
	}
	return moved
}

// follow returns the last place on the way of a file at which there is one.
func follow(old tree.Path, to tree.Tree, migrations []Migration) (last tree.Path, found bool) {
	name := old.String()
	for _, m := range migrations {
		name = m.rename(name)
		if p, err := tree.ParsePath(name); err == nil {
			if _, there := to.File(p); there {
				last, found = p, true
			}
		}
	}
	return last, found
}

func (m Migration) rename(name string) string {
	for _, r := range m.Renames {
		if to, fits := r.apply(name); fits {
			return to
		}
	}
	return name
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
