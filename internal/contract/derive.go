package contract

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"

	"groundsill.example/internal/resource"
)

// derive returns the resources of an API: the paths that list and take new
// rows, and below which one row has a path.
func derive(a *api) []*kind {
	paths := map[string]string{}
	var all []resource.Resource
	others, given := map[string]int{}, map[string]object{}
	for _, o := range a.operations {
		if o.method != "POST" || strings.Contains(o.path, "{") || !a.collection(o.path) {
			continue
		}
		plural := o.path[strings.LastIndexByte(o.path, '/')+1:]
		r := resource.Resource{Name: resource.Singular(resource.Snake(plural)), Plural: plural}
		if _, twice := paths[r.Name]; twice {
			continue
		}
		input := a.document.within(o.place, "requestBody")
		input = a.document.jsonContent(input)
		r.Fields = a.document.fields(a.document.within(input, "schema"))
		a.unsorted(o.path, r.Fields)
		given[r.Name] = a.document.given(input, r)
		paths[r.Name] = o.path
		all = append(all, r)
		others[r.Name] = a.document.foreign(o, r)
	}
	refer(all, others)
	kinds := kindsOf(all)
	for _, k := range kinds {
		k.path, k.others, k.given = paths[k.Name], others[k.Name], given[k.Name]
		// Other rows may have the first values already.
		k.count = &atomic.Int64{}
		k.count.Store(100 + int64(randomBelow(1900)))
	}
	return kinds
}

// collection reports whether a path lists rows, and one row has a path below.
func (a *api) collection(path string) bool {
	list, row := false, false
	for _, o := range a.operations {
		rest, below := strings.CutPrefix(o.path, path+"/{")
		list = list || o.method == "GET" && o.path == path
		row = row || below && strings.HasSuffix(rest, "}") && !strings.Contains(rest, "/")
	}
	return list && row
}

// unsorted makes texts of the strings by which a list is not sorted, where its
// document tells by what it is.
func (a *api) unsorted(path string, fields []resource.Field) {
	o, _ := a.find("GET", path)
	if o == nil {
		return
	}
	parameters := a.document.within(o.place, "parameters")
	list, _ := parameters.value.([]any)
	for _, one := range list {
		p, err := a.document.follow(place{file: parameters.file, value: one})
		orders, ok := a.document.within(a.document.within(p, "schema"), "enum").value.([]any)
		if err != nil || p.text("name") != "sort" || !ok {
			continue
		}
		for i, f := range fields {
			if f.Type == resource.String && !slices.Contains(orders, any(f.Name)) {
				fields[i].Type = resource.Text
			}
		}
	}
}

// jsonContent returns what a request or an answer says of its JSON.
func (d *document) jsonContent(p place) place {
	return d.within(d.within(p, "content"), jsonType)
}

// properties returns the properties of an object, those of all its parts.
func (d *document) properties(schema place) (all map[string]place, required []string) {
	schema, err := d.follow(schema)
	if err != nil {
		return nil, nil
	}
	all = map[string]place{}
	if parts, ok := schema.list("allOf"); ok {
		for _, one := range parts {
			some, names := d.properties(place{file: schema.file, value: one})
			maps.Copy(all, some)
			required = append(required, names...)
		}
	}
	properties := d.within(schema, "properties")
	list, _ := properties.value.(object)
	for name := range list {
		all[name] = d.within(properties, name)
	}
	names, _ := schema.list("required")
	for _, name := range names {
		required = append(required, fmt.Sprint(name))
	}
	return all, required
}

// given returns values from the examples of a request, for text that has to be
// of a form: prose may say more about it. Unique text has to differ, and is not
// taken.
func (d *document) given(content place, r resource.Resource) object {
	all := object{}
	properties, _ := d.properties(d.within(content, "schema"))
	example, _ := d.within(content, "example").value.(object)
	named := d.within(content, "examples")
	list, _ := named.value.(object)
	for _, name := range slices.Sorted(maps.Keys(list)) {
		if one, ok := d.within(d.within(named, name), "value").value.(object); ok && example == nil {
			example = one
		}
	}
	for _, f := range r.Fields {
		if f.Pattern == "" || f.Unique {
			continue
		}
		if value, ok := example[f.Name]; ok {
			all[f.Name] = value
		} else if text := properties[f.Name].text("example"); text != "" {
			all[f.Name] = text
		}
	}
	return all
}

func serverNames() []string { return []string{"id", "version", "created_at", "updated_at"} }

// fields returns the fields that a request may have. A required one of a type
// that the contract does not have makes a resource of which no row can be made.
func (d *document) fields(schema place) []resource.Field {
	all, required := d.properties(schema)
	var fields []resource.Field
	for _, name := range slices.Sorted(maps.Keys(all)) {
		p := all[name]
		if p.flag("readOnly") || slices.Contains(serverNames(), name) {
			continue
		}
		f := d.field(p)
		f.Name, f.Required = name, slices.Contains(required, name)
		if f.Type != "" || f.Required {
			fields = append(fields, f)
		}
	}
	return fields
}

// foreign counts the members of an answer that are neither fields of the
// resource nor what the contract gives every row.
func (d *document) foreign(o *operation, r resource.Resource) int {
	made := d.within(d.within(o.place, "responses"), "201")
	all, _ := d.properties(d.within(d.jsonContent(made), "schema"))
	n := 0
	for name := range all {
		known := slices.ContainsFunc(r.Fields, func(f resource.Field) bool { return f.Name == name })
		if !known && !slices.Contains(serverNames(), name) {
			n++
		}
	}
	return n
}

// field returns a field as a schema describes it, without its name.
func (d *document) field(p place) resource.Field {
	kind, nullable := types(p)
	f := resource.Field{Nullable: nullable || p.flag("nullable"), Unique: p.flag("x-unique")}
	if regexp.MustCompile(`(?i)\bunique\b`).MatchString(p.text("description")) {
		f.Unique = true
	}
	if one, _ := p.member("default"); one.value != nil {
		text := fmt.Sprint(one.value)
		f.Default = &text
	}
	if choices, ok := p.list("enum"); ok && (kind == "string" || kind == "") {
		f.Type = resource.Enum
		for _, c := range choices {
			if text, ok := c.(string); ok {
				f.Choices = append(f.Choices, text)
			}
		}
		return f
	}
	switch kind {
	case "string":
		described(p, &f)
	case "integer":
		f.Type, f.Min, f.Upper = resource.Integer, bound(p, "minimum"), bound(p, "maximum")
	case "number":
		f.Type, f.Min, f.Upper = resource.Float, bound(p, "minimum"), bound(p, "maximum")
	case "boolean":
		f.Type = resource.Boolean
	}
	return f
}

// types returns the type of a schema, and whether null is one too.
func types(p place) (kind string, nullable bool) {
	all, ok := p.list("type")
	if !ok {
		return p.text("type"), false
	}
	for _, one := range all {
		if one == "null" {
			nullable = true
			continue
		}
		kind = fmt.Sprint(one)
	}
	return kind, nullable
}

// described reads what a schema says of text.
func described(p place, f *resource.Field) {
	switch p.text("format") {
	case "date":
		f.Type = resource.Date
		return
	case "date-time":
		f.Type = resource.Datetime
		return
	case "uuid":
		f.Type = resource.UUID
		return
	}
	f.Type, f.Max = resource.String, resource.String.DefaultMax()
	if most := bound(p, "maxLength"); most != nil {
		f.Max = int(wholeNumber(*most))
	}
	f.Min = bound(p, "minLength")
	if f.Max > resource.String.DefaultMax() {
		f.Type = resource.Text
	}
	pattern := strings.TrimSuffix(strings.TrimPrefix(p.text("pattern"), "^"), "$")
	anything := []string{`[^\x00]*\S[^\x00]*`, `[^\x00]*`, `.*\S.*`, `.*`}
	f.Blank = f.Min == nil && !strings.Contains(pattern, `\S`)
	if _, err := regexp.Compile(pattern); err == nil && !slices.Contains(anything, pattern) {
		f.Pattern = pattern
	}
}

// bound returns a limit as text, nil where there is none.
func bound(p place, name string) *string {
	one, has := p.member(name)
	if !has {
		return nil
	}
	data, err := json.Marshal(one.value)
	if err != nil {
		return nil
	}
	text := string(data)
	return &text
}

func wholeNumber(text string) int64 {
	n, err := json.Number(text).Int64()
	if err != nil {
		return int64(resource.String.DefaultMax())
	}
	return n
}

// refer makes references of the fields that are named for another resource. An
// optional field that is named for something unknown is left alone: it counts
// as one of the others.
func refer(all []resource.Resource, others map[string]int) {
	for i := range all {
		r := &all[i]
		var fields []resource.Field
		for _, f := range r.Fields {
			target, ok := strings.CutSuffix(f.Name, "_id")
			known := slices.ContainsFunc(all, func(o resource.Resource) bool { return o.Name == target })
			switch {
			case ok && known && f.Type == resource.UUID:
				f.Type, f.Name, f.Target = resource.References, target, target
			case ok && !f.Required && f.Type == resource.UUID:
				others[r.Name]++
				continue
			}
			fields = append(fields, f)
		}
		r.Fields = fields
	}
}
