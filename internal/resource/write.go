package resource

import (
	"fmt"
	"strconv"
	"strings"

	"groundsill.example/internal/strictyaml"
)

// Words returns the resource as [ParseWords] reads it, and false when it holds
// something that only the long form can say.
func (r Resource) Words() (string, bool) {
	words := []string{r.Name}
	if singular, plural := numbers(r.Name); singular != r.Name || plural != r.Plural {
		words[0] += ":plural=" + r.Plural
	}
	for _, f := range r.Fields {
		word, ok := f.Word()
		if !ok {
			return "", false
		}
		words = append(words, word)
	}
	return strings.Join(words, " "), true
}

// Word returns the field as [ParseField] reads it, and false when it holds
// something that only the long form can say.
func (f Field) Word() (string, bool) {
	parts := []string{f.Name, f.typeWord()}
	flags := []struct {
		set  bool
		word string
	}{
		{f.Required, "required"},
		{f.Unique, "unique"},
		{f.Index, "index"},
		{f.Nullable && !impliedNullable(f), "nullable"},
		{f.Blank, "blank"},
	}
	for _, flag := range flags {
		if flag.set {
			parts = append(parts, flag.word)
		}
	}
	values := []struct {
		word  string
		value *string
	}{{"min=", f.Min}, {"max=", f.Upper}, {"default=", f.Default}}
	for _, v := range values {
		if v.value != nil {
			parts = append(parts, v.word+*v.value)
		}
	}
	word := strings.Join(parts, ":")
	if strings.ContainsAny(word, " \t\r\n\v\f\u0085\u00a0\u2028\u2029\u3000") {
		return "", false
	}
	back, err := ParseField(word)
	return word, err == nil && back.Equal(f)
}

// typeWord returns the type with its arguments, without those that hold anyway.
func (f Field) typeWord() string {
	word := string(f.Type)
	switch f.Type {
	case String, Text:
		if f.Max != f.Type.DefaultMax() {
			word += "," + strconv.Itoa(f.Max)
		}
	case Decimal:
		word += fmt.Sprintf(",%d,%d", f.Precision, f.Scale)
	case Enum:
		word += "," + strings.Join(f.Choices, ",")
	case References:
		if f.Target != f.Name {
			word += "," + f.Target
		}
	case Integer, Bigint, Float, Boolean, Date, Datetime, UUID:
	}
	return word
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
