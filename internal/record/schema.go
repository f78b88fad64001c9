package record

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"groundsill.example/internal/resource"
)

// Kind is what an [Entry] of the schema log does.
type Kind string

// The kinds.
const (
	Create    Kind = "create"     // a resource
	Add       Kind = "add"        // fields to a resource
	Drop      Kind = "drop"       // a resource
	DropField Kind = "drop-field" // fields of a resource
	Module    Kind = "module"     // tables of a module, or its part of the table of a resource
)

// Entry is one step in the history of the schema, and one migration file. It
// holds whole fields and not only names: the migration is rendered from the
// entry alone, in both directions, whatever became of the resource later, and
// SQLite changes a table by making it anew, for which it takes every field.
type Entry struct {
	At       string // "00001", or the UTC time as YYYYMMDDHHMMSS
	Kind     Kind
	Resource resource.Resource // with the fields that are there before and after; of Create and Drop all
	Changed  []resource.Field  // Add, DropField: the fields that come or go
	Module   string            // Module: its name
	Step     string            // Module: which of its migrations
	With     []string          // the modules that have a part of the table, by name; not of Module
}

// The steps of a module in the table of a resource.
const (
	StepAdd  = "add"
	StepDrop = "drop"
)

// Before returns the resource as the entry finds it, and false when the entry
// makes it or is about a module.
func (e Entry) Before() (resource.Resource, bool) {
	switch e.Kind {
	case Drop, Add:
		return e.Resource, true
	case DropField:
		return e.all(), true
	case Create, Module:
	}
	return resource.Resource{}, false
}

// After returns the resource as the entry leaves it, and false when the entry
// drops it or is about a module.
func (e Entry) After() (resource.Resource, bool) {
	switch e.Kind {
	case Create, DropField:
		return e.Resource, true
	case Add:
		return e.all(), true
	case Drop, Module:
	}
	return resource.Resource{}, false
}

func (e Entry) all() resource.Resource {
	r := e.Resource
	r.Fields = slices.Concat(r.Fields, e.Changed)
	return r
}

// Initial returns the log of a new repository: an entry for each resource in
// canonical order, numbered from one so that two runs make the same bytes.
// With names the modules that have a part of every table.
func Initial(rs []resource.Resource, with ...string) []Entry {
	log := make([]Entry, 0, len(rs))
	for i, r := range resource.Sorted(rs) {
		log = append(log, Entry{At: fmt.Sprintf("%05d", i+1), Kind: Create, Resource: r, With: with})
	}
	return log
}

// NextAt returns the number of an entry appended to log at the time now: the
// time in UTC, or one more than the last entry where that is later.
func NextAt(log []Entry, now time.Time) string {
	at := now.UTC().Format("20060102150405")
	if len(log) == 0 {
		return at
	}
	last := log[len(log)-1].At
	if n, err := strconv.ParseUint(last, 10, 64); err == nil && len(last) == len(at) && last >= at {
		return strconv.FormatUint(n+1, 10)
	}
	return at
}

// later reports whether an entry numbered b may stand after one numbered a.
func later(a, b string) bool {
	return len(a) < len(b) || len(a) == len(b) && a < b
}
