package record

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"groundsill.example/internal/diag"
	"groundsill.example/internal/resource"
	"groundsill.example/internal/strictyaml"
)

// WithResources returns the record with more resources and, in the log, the
// creation of their tables at the time now. A resource that the record has with
// all the fields given is left as it is, so that asking twice is asking once.
// The error is a *diag.Error of class Usage.
func (r Record) WithResources(more []resource.Resource, now time.Time) (Record, error) {
	var problems diag.List
	var fresh []resource.Resource
	for _, m := range more {
		old, there := r.resource(m.Name)
		switch {
		case !there:
			fresh = append(fresh, m)
		case !r.covers(old, m):
			problems.Add(diag.Diagnostic{
				Code: "resource-exists", Summary: fmt.Sprintf("resource %s is there already, with other fields", m.Name),
				Hint: fmt.Sprintf("sill add field %s FIELD… gives it more; sill remove field %s.FIELD takes one out", m.Name, m.Name),
			})
		}
	}
	if err := problems.Err(diag.Usage); err != nil || len(fresh) == 0 {
		return r, err
	}
	all := slices.Concat(r.Resources, fresh)
	if err := resource.Check(all); err != nil {
		return r, err
	}
	r.Resources = resource.Sorted(all)
	r.Schema = slices.Clone(r.Schema)
	for _, one := range r.Resources {
		if slices.ContainsFunc(fresh, func(f resource.Resource) bool { return f.Name == one.Name }) {
			r.Schema = append(r.Schema, Entry{At: NextAt(r.Schema, now), Kind: Create, Resource: one})
		}
	}
	return r, nil
}

// covers reports whether a resource of the record has everything that another
// description of it asks for.
func (r Record) covers(old, asked resource.Resource) bool {
	if old.Plural != asked.Plural {
		return false
	}
	_, missing := r.compareFields(old, asked.Fields)
	return missing == nil
}

// compareFields divides fields into those that a resource has just so, which
// are left out, and the others; differing is the first that it has otherwise.
func (r Record) compareFields(old resource.Resource, asked []resource.Field) (differing *resource.Field, missing []resource.Field) {
	for _, f := range r.linked(asked) {
		i := slices.IndexFunc(old.Fields, func(o resource.Field) bool { return o.Key() == f.Key() })
		switch {
		case i < 0:
			missing = append(missing, f)
		case !old.Fields[i].Equal(f):
			if differing == nil {
				differing = &old.Fields[i]
			}
			missing = append(missing, f)
		}
	}
	return differing, missing
}

// linked returns the fields with the tables of what they refer to.
func (r Record) linked(fields []resource.Field) []resource.Field {
	fields = slices.Clone(fields)
	for i, f := range fields {
		if target, there := r.resource(f.Target); there && f.Type == resource.References {
			fields[i].Table = target.Plural
		}
	}
	return fields
}

// WithFields returns the record with more fields of a resource, and the change
// of its table in the log. Fields that are there already, just so, are left
// out. The error is a *diag.Error of class Usage.
func (r Record) WithFields(name string, more []resource.Field, now time.Time) (Record, error) {
	old, there := r.resource(name)
	if !there {
		return r, r.unknownResource(name)
	}
	differing, fresh := r.compareFields(old, more)
	if differing != nil {
		return r, diag.New(diag.Usage, diag.Diagnostic{
			Code: "field-exists", Summary: fmt.Sprintf("%s has a field %s already, and it is another one", name, differing.Name),
			Hint: fmt.Sprintf("sill remove field %s.%s takes it out, with what is stored in it", name, differing.Name),
		})
	}
	if len(fresh) == 0 {
		return r, nil
	}
	if err := fillable(name, fresh); err != nil {
		return r, err
	}
	grown := old
	grown.Fields = slices.Concat(old.Fields, fresh)
	all, err := r.replaced(grown)
	if err != nil {
		return r, err
	}
	r.Resources = all
	r.Schema = append(slices.Clone(r.Schema), Entry{At: NextAt(r.Schema, now), Kind: Add, Resource: old, Changed: fresh})
	return r, nil
}

// fillable refuses fields for which rows that are there already have no value.
func fillable(name string, fields []resource.Field) error {
	var problems diag.List
	for _, f := range fields {
		if f.Nullable || f.Default != nil {
			continue
		}
		hint := fmt.Sprintf("write %s:%s:required:default=VALUE, or leave required out", f.Name, f.Type)
		if f.Unique || f.Type == resource.References {
			hint = "leave required out: no one value fits every row"
		}
		problems.Add(diag.Diagnostic{
			Code: "field-fill", Summary: fmt.Sprintf("%s.%s is required, and rows that are there already have no value for it", name, f.Name),
			Hint: hint,
		})
	}
	return problems.Err(diag.Usage)
}

// replaced returns the resources of the record with one in place of the one of
// its name, checked and in canonical order.
func (r Record) replaced(one resource.Resource) ([]resource.Resource, error) {
	all := slices.Clone(r.Resources)
	for i := range all {
		if all[i].Name == one.Name {
			all[i] = one
		}
	}
	if err := resource.Check(all); err != nil {
		return nil, err
	}
	return resource.Sorted(all), nil
}

// resource returns the resource with the name.
func (r Record) resource(name string) (resource.Resource, bool) {
	for _, one := range r.Resources {
		if one.Name == name && name != "" {
			return one, true
		}
	}
	return resource.Resource{}, false
}

func (r Record) unknownResource(name string) error {
	names := make([]string, 0, len(r.Resources))
	for _, one := range r.Resources {
		names = append(names, one.Name)
	}
	return unknown("resource-unknown", "there is no resource "+name, name, names)
}

// unknown is the error for a name that is not there; the hint is the name that
// was meant, or all there are.
func unknown(code, summary, name string, known []string) error {
	hint := "there are " + strings.Join(known, ", ")
	switch near := strictyaml.Nearest(name, known); {
	case near != "":
		hint = fmt.Sprintf("did you mean %s?", near)
	case len(known) == 0:
		hint = "there are none"
	}
	return diag.New(diag.Usage, diag.Diagnostic{Code: code, Summary: summary, Hint: hint})
}
