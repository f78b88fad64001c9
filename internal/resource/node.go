package resource

import (
	"fmt"
	"strconv"
	"strings"

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

// YAML returns the resource as [FromNode] reads it, the item of a list with a
// line for each field, behind so many spaces.
func (r Resource) YAML(indent int) string {
	margin := strings.Repeat(" ", indent)
	var b strings.Builder
	fmt.Fprintf(&b, "%s- name: %s\n", margin, strictyaml.Quote(r.Name))
	fmt.Fprintf(&b, "%s  plural: %s\n", margin, strictyaml.Quote(r.Plural))
	b.WriteString(margin + "  fields:")
	b.WriteString(FieldsYAML(r.Fields, indent+4))
	return b.String()
}

// FieldsYAML returns the fields as the value of a key: a new line and then a
// line for each field behind so many spaces, or an empty list.
func FieldsYAML(fields []Field, indent int) string {
	if len(fields) == 0 {
		return " []\n"
	}
	var b strings.Builder
	b.WriteString("\n")
	for _, f := range fields {
		b.WriteString(strings.Repeat(" ", indent) + "- " + f.YAML() + "\n")
	}
	return b.String()
}

// YAML returns the field as [FieldFromNode] reads it, on one line.
func (f Field) YAML() string {
	w := flow{}
	w.text("name", f.Name)
	w.text("type", string(f.Type))
	w.number("max", f.Max)
	w.number("precision", f.Precision)
	if f.Type == Decimal {
		w.add("scale", strconv.Itoa(f.Scale))
	}
	w.list("choices", f.Choices)
	if f.Type == References {
		w.reference(f)
	}
	w.flag("required", f.Required)
	w.flag("unique", f.Unique)
	w.flag("index", f.Index)
	if f.Nullable != impliedNullable(f) {
		w.add("nullable", strconv.FormatBool(f.Nullable))
	}
	w.value(f, "min", f.Min)
	w.value(f, "max", f.Upper)
	w.optionalText("pattern", f.Pattern)
	w.flag("blank", f.Blank)
	w.value(f, "default", f.Default)
	return "{" + strings.Join(w.parts, ", ") + "}"
}

// flow collects the entries of a mapping on one line.
type flow struct{ parts []string }

func (w *flow) add(key, value string)  { w.parts = append(w.parts, key+": "+value) }
func (w *flow) text(key, value string) { w.add(key, strictyaml.Quote(value)) }

func (w *flow) optionalText(key, value string) {
	if value != "" {
		w.text(key, value)
	}
}

func (w *flow) number(key string, n int) {
	if n != 0 {
		w.add(key, strconv.Itoa(n))
	}
}

func (w *flow) flag(key string, set bool) {
	if set {
		w.add(key, "true")
	}
}

func (w *flow) list(key string, texts []string) {
	if len(texts) == 0 {
		return
	}
	quoted := make([]string, 0, len(texts))
	for _, t := range texts {
		quoted = append(quoted, strictyaml.Quote(t))
	}
	w.add(key, "["+strings.Join(quoted, ", ")+"]")
}

// reference leaves out the target and its plural where they can be told from
// the name.
func (w *flow) reference(f Field) {
	if f.Target != f.Name {
		w.text("target", f.Target)
	}
	if f.Table != Plural(f.Target) {
		w.optionalText("table", f.Table)
	}
}

// value writes what is a number or a boolean in JSON without quotes.
func (w *flow) value(f Field, key string, value *string) {
	if value == nil {
		return
	}
	_, wrong := strconv.ParseFloat(*value, 64)
	switch {
	case f.Type == Integer && wrong == nil, f.Type == Boolean && (*value == "true" || *value == "false"),
		key == "min" && (f.Type == String || f.Type == Text) && wrong == nil:
		w.add(key, *value)
	case f.Type == Float && wrong == nil && plainNumber(*value):
		w.add(key, *value)
	default:
		w.text(key, *value)
	}
}

func plainNumber(text string) bool { return strings.Trim(text, "-.0123456789") == "" }
