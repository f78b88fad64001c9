package render

import (
	"groundsill.example/internal/record"
	"groundsill.example/internal/resource"
)

// schemaData returns the log of the schema. An entry says what it needs by
// itself, so that a migration is rendered from its entry alone.
func schemaData(entries []record.Entry, all []resource.Resource) []any {
	out := make([]any, 0, len(entries))
	for _, entry := range entries {
		data := map[string]any{
			"at":     entry.At,
			"kind":   string(entry.Kind),
			"module": entry.Module,
			"step":   entry.Step,
			"fields": fieldList(entry.Changed),
			"before": false,
			"after":  false,
		}
		data["resource"] = resourceData(entry.Resource, all)
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
