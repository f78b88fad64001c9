package record

import (
	"slices"

	"groundsill.example/internal/resource"
)

// Unrecorded returns the names of resources for which the record and its own
// schema log disagree: the log makes other fields, or none. A record that only
// sill has changed has none.
func (r Record) Unrecorded() []string {
	tables := r.tables()
	var names []string
	for _, one := range r.Resources {
		if made, there := tables[one.Name]; !there || !sameFields(made.resource, one) {
			names = append(names, one.Name)
		}
		delete(tables, one.Name)
	}
	for name := range tables {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// sameFields reports whether both have the same fields, in any order.
func sameFields(a, b resource.Resource) bool {
	if len(a.Fields) != len(b.Fields) {
		return false
	}
	return !slices.ContainsFunc(a.Fields, func(f resource.Field) bool {
		return !slices.ContainsFunc(b.Fields, f.Equal)
	})
}
