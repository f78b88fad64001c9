package record

import (
	"slices"
	"time"

	"groundsill.example/internal/resource"
)

// table is what the log says of the table of a resource.
type table struct {
	resource resource.Resource
	with     []string // the modules that have a part of it, by name
}

// tables returns the tables that the log leaves, by the name of their resource.
func (r Record) tables() map[string]table {
	all := map[string]table{}
	for _, e := range r.Schema {
		follow(all, e)
	}
	return all
}

// follow takes a step of the log.
func follow(all map[string]table, e Entry) {
	name := e.Resource.Name
	t, there := all[name]
	switch {
	case e.Kind == Drop:
		delete(all, name)
	case e.Kind == Create:
		all[name] = table{e.Resource, e.With}
	case e.Kind == Module && there:
		t.with = slices.DeleteFunc(slices.Clone(t.with), func(m string) bool { return m == e.Module })
		if e.Step == StepAdd {
			t.with = append(t.with, e.Module)
			slices.Sort(t.with)
		}
		all[name] = t
	default:
		if after, stays := e.After(); stays {
			t.resource = after
			all[name] = t
		}
	}
}

// WithTables returns the record with a log in which every table has a part of
// the modules with the names, and of no others. What the log says beyond known
// is new: a table that is made there is made so at once, and a change of a table
// knows which modules it has. Other tables get a part, or lose it, in entries at
// the time now; one that gave a part is forgotten where it may be and nothing
// was built on it.
func (r Record) WithTables(names []string, known []Entry, forget Forget, now time.Time) Record {
	r.Schema = slices.Clone(r.Schema)
	tables := map[string]table{}
	for i, e := range r.Schema {
		fresh := !slices.ContainsFunc(known, func(o Entry) bool { return o.At == e.At })
		switch {
		case fresh && e.Kind == Create:
			e.With = names
		case fresh && e.Kind != Module:
			e.With = tables[e.Resource.Name].with
		}
		r.Schema[i] = e
		follow(tables, e)
	}
	for _, one := range r.Resources {
		with := tables[one.Name].with
		for _, name := range with {
			if !slices.Contains(names, name) {
				r.Schema = r.withoutPart(one, name, forget, now)
			}
		}
		for _, name := range names {
			if !slices.Contains(with, name) {
				r.Schema = append(r.Schema, Entry{At: NextAt(r.Schema, now), Kind: Module, Module: name, Step: StepAdd, Resource: one})
			}
		}
	}
	return r
}

// withoutPart returns the log without the part that a module has of a table.
func (r Record) withoutPart(one resource.Resource, module string, forget Forget, now time.Time) []Entry {
	for _, i := range slices.Backward(r.life(one.Name)) {
		e := r.Schema[i]
		if e.Kind == Module && e.Module == module && forget(e) {
			return slices.Delete(r.Schema, i, i+1)
		}
		if e.Kind == Module && e.Module == module || slices.Contains(e.With, module) {
			break
		}
	}
	return append(r.Schema, Entry{At: NextAt(r.Schema, now), Kind: Module, Module: module, Step: StepDrop, Resource: one})
}
