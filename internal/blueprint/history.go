package blueprint

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"groundsill.example/internal/strictyaml"
	"groundsill.example/internal/tree"
)

// history reads the migrations of a manifest from the last to the first, and so
// knows for each of them what its answers have become since.
type history struct {
	*manifest

	becomes map[string]Question        // key of an answer → the question that it answers by now
	values  map[string]map[string]bool // key of a choice → what is one of the choices, or becomes one
}

func (r *manifest) migrations(m strictyaml.Map, b *Blueprint) []Migration {
	h := history{r, map[string]Question{}, map[string]map[string]bool{}}
	for _, q := range b.Base.Questions {
		h.asks(q.Key, q)
	}
	for _, m := range b.Modules {
		for _, q := range m.Questions {
			h.asks(m.Name+"."+q.Key, q)
		}
	}
	nodes := m.List("migrations")
	all := make([]Migration, len(nodes))
	for i, n := range slices.Backward(nodes) {
		all[i] = h.migration(n)
	}
	for i, n := range nodes {
		to := all[i].To
		if to == "" || b.Version == "" {
			continue
		}
		if i > 0 && !Older(all[i-1].To, to) {
			r.Fail(n, "manifest-form", fmt.Sprintf("the migration to %s stands after the one to %s", to, all[i-1].To), "migrations are in the order of their versions")
		}
		if Older(b.Version, to) {
			r.Fail(n, "manifest-form", fmt.Sprintf("there is a migration to %s, and this is %s", to, b.Version), "")
		}
	}
	return all
}

// asks notes a question of this version: its answer is called key.
func (h history) asks(key string, q Question) {
	q.Key = key
	h.becomes[key], h.values[key] = q, map[string]bool{}
	for _, c := range q.Choices {
		h.values[key][c.Value] = true
	}
}

func (h history) migration(n *strictyaml.Node) Migration {
	m := h.Map(n, "to", "rename", "rename-answer", "map-answer")
	m.Require("to")
	return Migration{
		To:      h.version(m, "to"),
		Renames: h.renames(m),
		// Values go by new keys, and so come first on the way back.
		MapAnswers:    h.mapAnswers(m),
		RenameAnswers: h.renameAnswers(m),
	}
}

func (h history) renames(m strictyaml.Map) []Rename {
	var all []Rename
	for _, e := range m.Map("rename").Entries() {
		one := Rename{e.Key, h.Str(e.Value)}
		if one.To != "" && !one.sound() {
			h.Fail(e.Value, "manifest-form", fmt.Sprintf("%s: %s is not a way from one place to another", one.From, one.To),
				"both are paths below the repository, with one * in both or in neither")
		}
		all = append(all, one)
	}
	return all
}

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

func (h history) renameAnswers(m strictyaml.Map) map[string]string {
	all, taken, before := map[string]string{}, map[string]string{}, map[string]Question{}
	for _, e := range m.Map("rename-answer").Entries() {
		key := h.Str(e.Value)
		q, known := h.becomes[key]
		switch {
		case key == e.Key:
			h.Fail(e.Value, "manifest-form", fmt.Sprintf("the answer %s is renamed to itself", key), "")
		case taken[key] != "":
			h.Fail(e.Value, "manifest-form", fmt.Sprintf("the answers %s and %s both become %s", taken[key], e.Key, key), "")
		case !known:
			h.gone(e.Value, key)
		}
		all[e.Key], taken[key] = key, e.Key
		if known {
			before[e.Key] = q
		}
	}
	maps.Copy(h.becomes, before)
	return all
}

func (h history) mapAnswers(m strictyaml.Map) map[string]map[string]string {
	all := map[string]map[string]string{}
	for _, e := range m.Map("map-answer").Entries() {
		q, known := h.becomes[e.Key]
		switch {
		case !known:
			h.gone(e.Value, e.Key)
		case q.Kind != Text && q.Kind != Choice:
			h.Fail(e.Value, "manifest-form", fmt.Sprintf("the question %s is of type %s", q.Key, q.Kind),
				"map-answer is for questions whose type is text or choice by now")
		default:
			all[e.Key] = h.mapValues(q, e.Value)
		}
	}
	return all
}

func (h history) mapValues(q Question, n *strictyaml.Node) map[string]string {
	values := map[string]string{}
	for _, e := range h.Map(n).Entries() {
		to := h.Scalar(e.Value)
		if q.Kind == Choice && !h.values[q.Key][to] {
			h.Fail(e.Value, "manifest-form", fmt.Sprintf("%q is not one of the choices of %s", to, q.Key), "")
			continue
		}
		values[e.Key] = to
	}
	for old := range values {
		h.values[q.Key][old] = true
	}
	return values
}

// gone says that an answer leads to no question.
func (h history) gone(n *strictyaml.Node, key string) {
	h.Fail(n, "manifest-form", fmt.Sprintf("there is no question %q, and no later migration renames it", key),
		"leave out what became of answers that are no longer asked for")
}
