package record

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"groundsill.example/internal/resource"
	"groundsill.example/internal/strictyaml"
)

const maxLine = 110

// Format returns the one form in which r is written. [Parse] reads it back as
// r.
func Format(r Record) []byte {
	var w writer
	w.line("# Where this repository came from, for sill to render it again.")
	w.line("format: %d # of this file", r.Format)
	w.line("engine: %d # of the rendering rules", r.Engine)
	w.line("blueprint:")
	w.line("  name: %s", strictyaml.Quote(r.Blueprint.Name))
	w.line("  version: %s", strictyaml.Quote(r.Blueprint.Version))
	w.line("  source: %s", strictyaml.Quote(r.Blueprint.Source))
	w.line("  digest: %s", strictyaml.Quote(r.Blueprint.Digest))
	w.answers(r.Answers)
	w.resources(r.Resources)
	w.modules(r.Modules)
	w.schema(r.Schema)
	w.unmanaged(r)
	w.commands(r.Commands)
	return []byte(w.text.String())
}

type writer struct{ text strings.Builder }

func (w *writer) line(form string, args ...any) {
	fmt.Fprintf(&w.text, form, args...)
	w.text.WriteByte('\n')
}

func (w *writer) answers(answers map[string]any) {
	if len(answers) == 0 {
		w.line("answers: {}")
		return
	}
	w.line("answers:")
	for _, key := range slices.Sorted(maps.Keys(answers)) {
		w.line("  %s: %s", strictyaml.Quote(key), value(answers[key]))
	}
}

func (w *writer) resources(rs []resource.Resource) {
	if len(rs) == 0 {
		w.line("resources: []")
		return
	}
	w.line("resources:")
	for _, r := range rs {
		w.text.WriteString(r.YAML(2))
	}
}

func (w *writer) modules(modules map[string]map[string]any) {
	if len(modules) == 0 {
		w.line("modules: {}")
		return
	}
	w.line("modules:")
	for _, name := range slices.Sorted(maps.Keys(modules)) {
		answers := modules[name]
		parts := make([]string, 0, len(answers))
		for _, key := range slices.Sorted(maps.Keys(answers)) {
			parts = append(parts, strictyaml.Quote(key)+": "+value(answers[key]))
		}
		w.line("  %s: {%s}", strictyaml.Quote(name), strings.Join(parts, ", "))
	}
}

func (w *writer) schema(log []Entry) {
	if len(log) == 0 {
		w.line("schema: [] # append-only")
		return
	}
	w.line("schema: # append-only: one migration for each entry")
	for _, e := range log {
		w.line("  - at: %s", strictyaml.Quote(e.At))
		w.line("    %s: %s", e.Kind, strictyaml.Quote(e.subject()))
		if e.Kind == Module {
			w.line("    step: %s", strictyaml.Quote(e.Step))
			if e.Resource.Name == "" {
				continue
			}
			w.line("    resource: %s", strictyaml.Quote(e.Resource.Name))
		}
		w.line("    plural: %s", strictyaml.Quote(e.Resource.Plural))
		w.text.WriteString("    fields:" + resource.FieldsYAML(e.Resource.Fields, 6))
		if key := changedKey(e.Kind); key != "" {
			w.text.WriteString("    " + key + ":" + resource.FieldsYAML(e.Changed, 6))
		}
		if len(e.With) > 0 {
			w.line("    with: [%s]", strings.Join(e.With, ", "))
		}
	}
}

func (e Entry) subject() string {
	if e.Kind == Module {
		return e.Module
	}
	return e.Resource.Name
}

// changedKey returns the key under which the changed fields of an entry stand,
// and "" for a kind that has none.
func changedKey(k Kind) string {
	switch k {
	case Add:
		return "added"
	case DropField:
		return "dropped"
	case Create, Drop, Module:
	}
	return ""
}

func (w *writer) unmanaged(r Record) {
	paths := make([]string, 0, len(r.Unmanaged))
	for _, p := range r.Unmanaged {
		paths = append(paths, strictyaml.Quote(p.String()))
	}
	line := "unmanaged: [" + strings.Join(paths, ", ") + "] # files that are yours now"
	if len(line) <= maxLine {
		w.line("%s", line)
		return
	}
	w.line("unmanaged: # files that are yours now")
	for _, p := range paths {
		w.line("  - %s", p)
	}
}

func (w *writer) commands(commands map[string][]string) {
	if len(commands) == 0 {
		w.line("commands: {}")
		return
	}
	w.line("commands: # argument lists, for people, CI and tests")
	for _, name := range CommandNames() {
		if argv, ok := commands[name]; ok {
			w.line("  %s: %s", name, value(argv))
		}
	}
}

// value returns an answer as Parse reads it.
func value(v any) string {
	switch v := v.(type) {
	case bool:
		return strconv.FormatBool(v)
	case []string:
		quoted := make([]string, 0, len(v))
		for _, s := range v {
			quoted = append(quoted, strictyaml.Quote(s))
		}
		return "[" + strings.Join(quoted, ", ") + "]"
	case string:
		return strictyaml.Quote(v)
	}
	return strictyaml.Quote(fmt.Sprint(v))
}
