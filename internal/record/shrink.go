package record

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"groundsill.example/internal/diag"
	"groundsill.example/internal/resource"
)

// Forget decides whether the migration of an entry may be deleted, because
// nobody else can have run it. Where it may not, what the entry made is dropped
// by a new one.
type Forget func(Entry) bool

// WithoutResource returns the record without a resource. Where everything that
// the log says of its table may be forgotten it is, else an entry drops the
// table. A resource that others refer to is refused. The error is a *diag.Error.
func (r Record) WithoutResource(name string, forget Forget, now time.Time) (Record, error) {
	old, there := r.resource(name)
	if !there {
		return r, r.unknownResource(name)
	}
	if users := r.users(name); len(users) > 0 {
		return r, diag.New(diag.Refused, diag.Diagnostic{
			Code: "resource-referenced", Summary: fmt.Sprintf("resource %s is what %s refers to", name, strings.Join(users, ", ")),
			Hint: "remove that first: sill remove field " + strings.Join(users, " "),
		})
	}
	r.Resources = slices.DeleteFunc(slices.Clone(r.Resources), func(o resource.Resource) bool { return o.Name == name })
	life := r.life(name)
	gone := !slices.ContainsFunc(life, func(i int) bool { return !forget(r.Schema[i]) }) && !r.mentioned(name, life)
	r.Schema = slices.Clone(r.Schema)
	if !gone {
		r.Schema = append(r.Schema, Entry{At: NextAt(r.Schema, now), Kind: Drop, Resource: old})
		return r, nil
	}
	for _, i := range slices.Backward(life) {
		r.Schema = slices.Delete(r.Schema, i, i+1)
	}
	return r, nil
}

// users returns the fields of other resources that refer to one, as
// resource.field.
func (r Record) users(name string) []string {
	var all []string
	for _, one := range r.Resources {
		for _, f := range one.Fields {
			if f.Target == name && one.Name != name {
				all = append(all, one.Name+"."+f.Name)
			}
		}
	}
	return all
}

// life returns the entries of the log about the table that a resource has now:
// those after the last time a table of this name was dropped.
func (r Record) life(name string) []int {
	var all []int
	for i, e := range r.Schema {
		if e.Resource.Name != name {
			continue
		}
		all = append(all, i)
		if e.Kind == Drop {
			all = nil
		}
	}
	return all
}

// mentioned reports whether entries outside of life refer to the resource: they
// need its table, if only for a while.
func (r Record) mentioned(name string, life []int) bool {
	for i, e := range r.Schema {
		refers := func(f resource.Field) bool { return f.Target == name }
		if !slices.Contains(life, i) && (slices.ContainsFunc(e.Resource.Fields, refers) || slices.ContainsFunc(e.Changed, refers)) {
			return true
		}
	}
	return false
}

// WithoutFields returns the record without some fields of a resource. An entry
// that did nothing but add them is forgotten where it may be and nothing was
// built on it; else an entry drops the fields. The error is a *diag.Error of
// class Usage.
func (r Record) WithoutFields(name string, fields []string, forget Forget, now time.Time) (Record, error) {
	old, there := r.resource(name)
	if !there {
		return r, r.unknownResource(name)
	}
	left, gone, err := splitFields(old, fields)
	if err != nil {
		return r, err
	}
	shrunk := old
	shrunk.Fields = left
	all, err := r.replaced(shrunk)
	if err != nil {
		return r, err
	}
	r.Resources = all
	r.Schema = slices.Clone(r.Schema)
	if r.Schema, gone = r.unadded(name, gone, forget); len(gone) > 0 {
		r.Schema = append(r.Schema, Entry{At: NextAt(r.Schema, now), Kind: DropField, Resource: shrunk, Changed: gone})
	}
	return r, nil
}

// splitFields divides the fields of a resource into those that stay and those
// with the names, by name or by key.
func splitFields(old resource.Resource, names []string) (left, gone []resource.Field, err error) {
	var problems diag.List
	known := make([]string, 0, len(old.Fields))
	for _, f := range old.Fields {
		known = append(known, f.Name)
		if slices.Contains(names, f.Name) || slices.Contains(names, f.Key()) {
			gone = append(gone, f)
		} else {
			left = append(left, f)
		}
	}
	for _, n := range names {
		if !slices.ContainsFunc(gone, func(f resource.Field) bool { return f.Name == n || f.Key() == n }) {
			problems.Take(unknown("field-unknown", fmt.Sprintf("%s has no field %s", old.Name, n), n, known))
		}
	}
	return left, gone, problems.Err(diag.Usage)
}

// unadded returns the log without the newest entries of a resource, as long as
// all they did was to add fields that go now, and the fields that are left to
// drop.
func (r Record) unadded(name string, gone []resource.Field, forget Forget) ([]Entry, []resource.Field) {
	for len(gone) > 0 {
		life := r.life(name)
		if len(life) == 0 {
			break
		}
		i := life[len(life)-1]
		e := r.Schema[i]
		added := func(f resource.Field) bool {
			return slices.ContainsFunc(e.Changed, func(c resource.Field) bool { return c.Equal(f) })
		}
		rest := slices.DeleteFunc(slices.Clone(gone), added)
		if e.Kind != Add || len(gone)-len(rest) != len(e.Changed) || !forget(e) {
			break
		}
		r.Schema = slices.Delete(slices.Clone(r.Schema), i, i+1)
		gone = rest
	}
	return r.Schema, gone
}

// Restarted returns the record with a log that begins anew, as for a database
// of another kind: what there is now is what the first migrations make. Steps
// of modules in tables of their own stay, after the resources.
func (r Record) Restarted() Record {
	log := Initial(r.Resources)
	for _, e := range r.Schema {
		if e.Kind == Module && e.Resource.Name == "" {
			e.At = fmt.Sprintf("%05d", len(log)+1)
			log = append(log, e)
		}
	}
	r.Schema = log
	return r
}
