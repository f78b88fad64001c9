package render

import (
	"fmt"
	"slices"
	"strings"

	"groundsill.example/internal/blueprint"
	"groundsill.example/internal/record"
	"groundsill.example/internal/resource"
)

// schemaData returns the log of the schema. An entry says what it needs by
// itself, so that a migration is rendered from its entry alone.
func schemaData(entries []record.Entry, all []resource.Resource, modules []blueprint.Module) []any {
	out := make([]any, 0, len(entries))
	for _, entry := range entries {
		data := map[string]any{
			"at":     entry.At,
			"name":   entryName(entry),
			"kind":   string(entry.Kind),
			"module": entry.Module,
			"step":   entry.Step,
			"fields": fieldList(entry.Changed),
			"before": false,
			"after":  false,
		}
		data["resource"] = resourceData(entry.Resource, all)
		if with := withData(entry, modules); len(with) > 0 {
			data["with"] = with
		}
		if before, ok := entry.Before(); ok {
			data["before"] = resourceData(before, all)
		}
		if after, ok := entry.After(); ok {
			data["after"] = resourceData(after, all)
		}
		out = append(out, data)
	}
	return out
}

// longName is the length from which a name no longer has every field.
const longName = 60

// entryName says what an entry does, as the name of a file: "create_items",
// "add_note_and_paid_at_to_payments". Where the fields are too many for a name,
// it has the first and the number of the others.
func entryName(entry record.Entry) string {
	switch entry.Kind {
	case record.Add:
		return changeName("add", entry.Changed, "to", entry.Resource.Plural)
	case record.DropField:
		return changeName("drop", entry.Changed, "from", entry.Resource.Plural)
	case record.Create, record.Drop:
		return string(entry.Kind) + "_" + entry.Resource.Plural
	case record.Module:
	}
	switch {
	case entry.Resource.Name == "":
		return entry.Module + "_" + entry.Step
	case entry.Step == record.StepDrop:
		return "drop_" + entry.Module + "_from_" + entry.Resource.Plural
	}
	return entry.Step + "_" + entry.Module + "_to_" + entry.Resource.Plural
}

// withData says of every module that can have a part of a table whether it has
// one of the table that an entry is about.
func withData(entry record.Entry, modules []blueprint.Module) map[string]any {
	all := map[string]any{}
	for _, m := range modules {
		if m.Tables {
			all[m.Name] = slices.Contains(entry.With, m.Name)
		}
	}
	return all
}

func changeName(verb string, fields []resource.Field, preposition, table string) string {
	keys := make([]string, 0, len(fields))
	for _, f := range fields {
		keys = append(keys, f.Key())
	}
	name := strings.Join([]string{verb, strings.Join(keys, "_and_"), preposition, table}, "_")
	if len(name) <= longName || len(keys) == 1 {
		return name
	}
	return fmt.Sprintf("%s_%s_and_%d_more_%s_%s", verb, keys[0], len(keys)-1, preposition, table)
}
