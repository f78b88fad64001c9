package resource

import (
	"groundsill.example/internal/diag"
	"groundsill.example/internal/strictyaml"
)

// FromNodes reads a list of resources, see [FromNode].
func FromNodes(n *strictyaml.Node) ([]Resource, error) {
	var r strictyaml.Reader
	var rs []Resource
	for _, item := range r.List(n) {
		one, err := FromNode(item)
		if r.Take(item, err) {
			rs = append(rs, one)
		}
	}
	if err := r.Err(diag.Usage); err != nil {
		return nil, err
	}
	return rs, nil
}

// FromNode reads a resource from YAML, either the words of [ParseWords] as one
// text or
//
//	name: person
//	plural: people             # where it is not what Plural says
//	fields:
//	  - name:string,100:required
//	  - {name: age, type: integer, min: 0, max: 150, default: 18}
//
// A field in braces has the keys name, type, max, precision, scale, choices,
// target, table, required, unique, index, nullable, min, pattern, blank and
// default.
func FromNode(n *strictyaml.Node) (Resource, error) {
	var r strictyaml.Reader
	if n.Kind == strictyaml.String {
		res, err := ParseWords(n.Text)
		r.Take(n, err)
		return res, r.Err(diag.Usage)
	}
	m := r.Map(n, "name", "plural", "fields")
	m.Require("name")
	res := Resource{Name: m.Str("name"), Plural: m.Str("plural")}
	if res.Plural == "" {
		res.Name, res.Plural = numbers(res.Name)
	}
	for _, item := range m.List("fields") {
		f, err := FieldFromNode(item)
		r.Take(item, err)
		res.Fields = append(res.Fields, f)
	}
	if err := r.Err(diag.Usage); err != nil {
		return Resource{}, err
	}
	return res, nil
}

// FieldFromNode reads a field as [FromNode] does.
func FieldFromNode(n *strictyaml.Node) (Field, error) {
	var r strictyaml.Reader
	if n.Kind == strictyaml.String {
		f, err := ParseField(n.Text)
		r.Take(n, err)
		return f, r.Err(diag.Usage)
	}
	m := r.Map(n, "name", "type", "max", "precision", "scale", "choices", "target", "table",
		"required", "unique", "index", "nullable", "min", "pattern", "blank", "default")
	m.Require("name", "type")
	f := Field{
		Name: m.Str("name"), Type: Type(m.Str("type")),
		Precision: m.Int("precision"), Scale: m.Int("scale"), Choices: m.StrList("choices"),
		Target: m.Str("target"), Table: m.Str("table"),
		Required: m.Bool("required"), Unique: m.Bool("unique"), Index: m.Bool("index"),
		Pattern: m.Str("pattern"), Blank: m.Bool("blank"),
		Min: optional(m, "min"), Default: optional(m, "default"),
	}
	if t, ok := m.Get("type"); ok && t.Kind == strictyaml.String {
		if d, unknown := unknownType(t.Text); unknown {
			r.Fail(t, d.Code, d.Summary, d.Hint)
		}
	}
	if f.Type == String || f.Type == Text {
		f.Max = m.Int("max")
	} else {
		f.Upper = optional(m, "max")
	}
	f.Nullable = impliedNullable(f)
	if m.Has("nullable") {
		f.Nullable = m.Bool("nullable")
	}
	if err := r.Err(diag.Usage); err != nil {
		return Field{}, err
	}
	return f.normal(), nil
}

func optional(m strictyaml.Map, key string) *string {
	if !m.Has(key) {
		return nil
	}
	text := m.Scalar(key)
	return &text
}
