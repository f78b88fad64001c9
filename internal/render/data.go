package render

import (
	"cmp"
	"maps"
	"slices"

	"groundsill.example/internal/blueprint"
	"groundsill.example/internal/eval"
	"groundsill.example/internal/record"
	"groundsill.example/internal/resource"
)

// newData returns what every template sees: plain values with lower-case keys,
// nothing with a method. Lists are in canonical order, whatever the order of
// the record.
func newData(e *eval.Evaluator, b *blueprint.Blueprint, rec record.Record) (map[string]any, error) {
	sorted := resource.Sorted(rec.Resources)
	data := map[string]any{
		"blueprint":         map[string]any{"name": b.Name, "version": b.Version},
		"resources":         resourceList(sorted, sorted),
		"resources_by_name": resourceList(byName(sorted), sorted),
		"uses":              uses(fieldsOf(sorted)),
		"modules":           moduleData(b, rec),
		"schema":            schemaData(rec.Schema, sorted, b.Modules),
		"commands":          map[string]any{},
	}
	for _, q := range b.Base.Questions {
		data[q.Key] = plain(q.Kind.Zero()) // of a question that did not apply
	}
	for key, v := range rec.Answers {
		data[key] = plain(v)
	}
	facts, err := factData(e, b.Facts, data)
	data["facts"] = facts
	return data, err
}

func factData(e *eval.Evaluator, facts []blueprint.Fact, data map[string]any) (map[string]any, error) {
	all := map[string]any{}
	for _, f := range facts {
		var err error
		if f.Group != nil {
			all[f.Key], err = factData(e, f.Group, data)
		} else {
			all[f.Key], err = e.Text(f.At, f.Template, data)
		}
		if err != nil {
			return nil, err
		}
	}
	return all, nil
}

func plain(v any) any {
	list, ok := v.([]string)
	if !ok {
		return v
	}
	return anyList(list)
}

func anyList(list []string) []any {
	all := make([]any, 0, len(list))
	for _, s := range list {
		all = append(all, s)
	}
	return all
}

// moduleData has every module of the blueprint: false for one that is not
// chosen, and for one that is a map, which is true even without answers.
func moduleData(b *blueprint.Blueprint, rec record.Record) map[string]any {
	all := map[string]any{}
	for _, m := range b.Modules {
		all[m.Name] = false
		if answers, on := rec.Modules[m.Name]; on {
			one := map[string]any{"name": m.Name}
			for _, q := range m.Questions {
				one[q.Key] = plain(q.Kind.Zero())
			}
			for k, v := range answers {
				one[k] = plain(v)
			}
			all[m.Name] = one
		}
	}
	return all
}

func commandData(commands map[string][]string) map[string]any {
	all := map[string]any{}
	for name, argv := range commands {
		all[name] = anyList(argv)
	}
	return all
}

func byName(resources []resource.Resource) []resource.Resource {
	return slices.SortedFunc(slices.Values(resources), func(a, b resource.Resource) int {
		return cmp.Compare(a.Name, b.Name)
	})
}

func fieldsOf(resources []resource.Resource) []resource.Field {
	var all []resource.Field
	for _, r := range resources {
		all = append(all, r.Fields...)
	}
	return all
}

// uses says of each field type whether a field has it, and whether one is a
// datetime that may be null.
func uses(fields []resource.Field) map[string]any {
	all := map[string]any{}
	for _, t := range resource.Types() {
		all[string(t)] = slices.ContainsFunc(fields, func(f resource.Field) bool { return f.Type == t })
	}
	all["nullable_datetime"] = slices.ContainsFunc(fields, func(f resource.Field) bool {
		return f.Type == resource.Datetime && f.Nullable
	})
	return all
}

func resourceList(list, all []resource.Resource) []any {
	out := make([]any, 0, len(list))
	for _, r := range list {
		out = append(out, resourceData(r, all))
	}
	return out
}

func resourceData(r resource.Resource, all []resource.Resource) map[string]any {
	return map[string]any{
		"name":      r.Name,
		"go_file":   resource.GoFile(r.Name),
		"plural":    r.Plural,
		"fields":    fieldList(r.Fields),
		"uses":      uses(r.Fields),
		"targets":   anyList(targets(r)),
		"referrers": anyList(referrers(r, all)),
	}
}

func targets(r resource.Resource) []string {
	set := map[string]bool{}
	for _, f := range r.Fields {
		if f.Type == resource.References && f.Target != r.Name {
			set[f.Target] = true
		}
	}
	return slices.Sorted(maps.Keys(set))
}

func referrers(r resource.Resource, all []resource.Resource) []string {
	var names []string
	for _, other := range all {
		if slices.Contains(targets(other), r.Name) {
			names = append(names, other.Name)
		}
	}
	slices.Sort(names)
	return names
}

func fieldList(fields []resource.Field) []any {
	out := make([]any, 0, len(fields))
	for _, f := range fields {
		out = append(out, fieldData(f))
	}
	return out
}

func fieldData(f resource.Field) map[string]any {
	data := map[string]any{
		"name":          f.Name,
		"key":           f.Key(),
		"type":          string(f.Type),
		"max":           f.Max,
		"precision":     f.Precision,
		"scale":         f.Scale,
		"choices":       anyList(f.Choices),
		"target":        f.Target,
		"target_plural": f.Table,
		"required":      f.Required,
		"unique":        f.Unique,
		"index":         f.Index,
		"nullable":      f.Nullable,
		"pattern":       f.Pattern,
		"blank":         f.Blank,
		"min_length":    f.MinLength(),
		"searchable":    f.Searchable(),
		"filterable":    f.Filterable(),
		"sortable":      f.Sortable(),
	}
	optional(data, "default", f.Default)
	optional(data, "min", f.Min)
	optional(data, "upper", f.Upper)
	samples(data, f)
	return data
}

// optional puts a value that may be absent under its key, and under "has_" and
// the key whether it is there.
func optional(data map[string]any, key string, value *string) {
	data["has_"+key] = value != nil
	data[key] = ""
	if value != nil {
		data[key] = *value
	}
}

// samples puts values for tests, seeds and examples: "samples" is a list of
// JSON texts that satisfy every rule of the field, and "bad_sample" is one that
// breaks a rule, empty when nothing of the field's type does.
func samples(data map[string]any, f resource.Field) {
	const count = 3
	list := make([]any, 0, count)
	for n := 1; n <= count; n++ {
		if text, ok := f.Sample(n); ok {
			list = append(list, text)
		}
	}
	data["samples"] = list
	data["bad_sample"], _ = f.BadSample()
}
