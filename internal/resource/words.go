package resource

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"groundsill.example/internal/diag"
	"groundsill.example/internal/strictyaml"
)

// ParseWords reads a resource from words that white space separates:
//
//	order total:decimal,10,2:required status:enum,open,paid:default=open
//	person:plural=people name:string,100:required boss:references,person
//
// The first word is the name, singular, with its plural where [Plural] is
// wrong about it. A name that is a plural by [Singular] is taken for the
// plural. The other words are fields, see [ParseField].
func ParseWords(words string) (Resource, error) {
	return ParseArgs(strings.Fields(words))
}

// ParseArgs is [ParseWords] for words that are separate already, so that a
// default can hold a space.
func ParseArgs(words []string) (Resource, error) {
	if len(words) == 0 {
		return Resource{}, failure("resource-name", "a resource needs a name", "for example: order total:integer")
	}
	var list diag.List
	name, plural, err := parseName(words[0])
	list.Take(err)
	r := Resource{Name: name, Plural: plural}
	for _, word := range words[1:] {
		f, err := ParseField(word)
		list.Take(err)
		r.Fields = append(r.Fields, f)
	}
	if err := list.Err(diag.Usage); err != nil {
		return Resource{}, err
	}
	return r, nil
}

func parseName(word string) (name, plural string, err error) {
	name, rest, more := strings.Cut(word, ":")
	if !more {
		name, plural = numbers(name)
		return name, plural, nil
	}
	plural, ok := strings.CutPrefix(rest, "plural=")
	if !ok || plural == "" {
		return "", "", failure("resource-name",
			fmt.Sprintf("resource %s: %s is not understood", quote(name), quote(rest)),
			"a resource is its name and then its fields, separate words; a plural is given as person:plural=people")
	}
	return name, plural, nil
}

// numbers returns the singular and the plural of a name that may be either.
func numbers(name string) (singular, plural string) {
	if singular = Singular(name); singular != name {
		return singular, name
	}
	return name, Plural(name)
}

// ParseField reads a field, one word that bash and zsh leave alone:
//
//	name:type[,argument…][:modifier…]
//
// Arguments are the longest length of string and text, precision and scale of
// decimal, the choices of enum, and the target of references where it is not
// the name. Modifiers are required, unique, index, nullable, blank, min=…,
// max=… and default=…. A colon in the value of default= belongs to the value
// unless a modifier comes after it. Patterns have only the long form.
func ParseField(word string) (Field, error) {
	parts := strings.Split(word, ":")
	w := fieldWord{field: Field{Name: parts[0]}}
	if len(parts) < 2 || parts[0] == "" {
		return Field{}, failure("field-form", fmt.Sprintf("field %s has no type", quote(word)),
			"write name:type, for example total:decimal,10,2:required")
	}
	w.typeAndArguments(parts[1])
	w.modifiers(parts[2:])
	if err := w.list.Err(diag.Usage); err != nil {
		return Field{}, err
	}
	w.field.Nullable = w.seen["nullable"] || impliedNullable(w.field)
	return w.field.normal(), nil
}

// impliedNullable is what holds when a field says nothing about null.
func impliedNullable(f Field) bool { return !f.Required && f.Default == nil }

// fieldWord reads one word into a field and collects its mistakes.
type fieldWord struct {
	field Field
	seen  map[string]bool
	list  diag.List
}

func (w *fieldWord) fail(code, summary, hint string) {
	w.list.Add(diag.Diagnostic{
		Code: code, Summary: fmt.Sprintf("field %s: %s", quote(w.field.Name), summary), Hint: hint,
	})
}

func (w *fieldWord) typeAndArguments(text string) {
	words := strings.Split(text, ",")
	w.field.Type = Type(words[0])
	args := words[1:]
	if d, ok := unknownType(words[0]); ok {
		w.fail(d.Code, d.Summary, d.Hint)
		return
	}
	switch w.field.Type {
	case String, Text:
		w.lengths(args)
	case Decimal:
		w.digits(args)
	case Enum:
		w.field.Choices = args
		w.arguments(args, 1, 1000, "enum,open,paid")
	case References:
		w.arguments(args, 0, 1, "references,person")
		if len(args) == 1 {
			w.field.Target = args[0]
		}
	case Integer, Bigint, Float, Boolean, Date, Datetime, UUID:
		w.arguments(args, 0, 0, words[0])
	}
}

// unknownType returns what is wrong with the name of a type, and whether
// anything is.
func unknownType(name string) (diag.Diagnostic, bool) {
	known := typeNames()
	if slices.Contains(known, name) {
		return diag.Diagnostic{}, false
	}
	d := diag.Diagnostic{
		Code: "field-type", Summary: fmt.Sprintf("type %s is unknown", quote(name)),
		Hint: "types are " + strings.Join(known, ", "),
	}
	if near := strictyaml.Nearest(name, known); near != "" {
		d.Hint = fmt.Sprintf("did you mean %s?", near)
	} else if usual := usualType(name); usual != "" {
		d.Hint = fmt.Sprintf("did you mean %s?", usual)
	}
	return d, true
}

func typeNames() []string {
	names := make([]string, 0, len(Types()))
	for _, t := range Types() {
		names = append(names, string(t))
	}
	return names
}

// usualType returns our word for what other generators and databases call a
// type.
func usualType(name string) Type {
	switch strings.ToLower(name) {
	case "int", "int32", "int4", "smallint", "number", "counter":
		return Integer
	case "int64", "long", "int8":
		return Bigint
	case "varchar", "char", "str", "email", "url":
		return String
	case "numeric", "money":
		return Decimal
	case "double", "real", "float64", "float32":
		return Float
	case "timestamp", "timestamptz", "time":
		return Datetime
	case "belongs_to", "ref", "fk", "foreign_key", "reference":
		return References
	case "guid":
		return UUID
	case "longtext", "clob", "markdown":
		return Text
	}
	return ""
}

func (w *fieldWord) arguments(args []string, least, most int, example string) bool {
	if len(args) >= least && len(args) <= most {
		return true
	}
	w.fail("field-arguments", fmt.Sprintf("%s has %d arguments", w.field.Type, len(args)), "write "+example)
	return false
}

func (w *fieldWord) lengths(args []string) {
	if w.arguments(args, 0, 1, string(w.field.Type)+",100") && len(args) == 1 {
		w.field.Max = w.count(args[0])
	}
}

func (w *fieldWord) digits(args []string) {
	if w.arguments(args, 2, 2, "decimal,10,2: 10 digits, 2 of them after the point") {
		w.field.Precision, w.field.Scale = w.count(args[0]), w.count(args[1])
	}
}

// count reads an argument that is a small number without sign.
func (w *fieldWord) count(text string) int {
	n, err := strconv.Atoi(text)
	if err != nil || !allDigits(text) || n > 1<<30 {
		w.fail("field-arguments", fmt.Sprintf("%s is not a number of characters or digits", quote(text)), "")
		return 1
	}
	return n
}

// modifierNames are the modifiers of the short form; those with a value end in
// the sign.
func modifierNames() []string {
	return []string{"required", "unique", "index", "nullable", "blank", "min=", "max=", "default="}
}

// modifierOf returns the name of the modifier that text is, with its sign, and
// the value after it.
func modifierOf(text string) (name, value string, ok bool) {
	name = text
	if before, after, found := strings.Cut(text, "="); found {
		name, value = before+"=", after
	}
	return name, value, slices.Contains(modifierNames(), name)
}

func (w *fieldWord) modifiers(parts []string) {
	w.seen = map[string]bool{}
	for i := 0; i < len(parts); i++ {
		name, value, ok := modifierOf(parts[i])
		if !ok {
			w.unknownModifier(parts[i])
			continue
		}
		if name == "default=" {
			rest := len(parts)
			if n := slices.IndexFunc(parts[i+1:], isModifier); n >= 0 {
				rest = i + 1 + n
			}
			value = strings.Join(append([]string{value}, parts[i+1:rest]...), ":")
			i = rest - 1
		}
		if w.seen[name] {
			w.fail("field-modifier", fmt.Sprintf("modifier %s is there twice", name), "")
		}
		w.seen[name] = true
		w.modifier(name, value)
	}
}

func isModifier(text string) bool {
	_, _, ok := modifierOf(text)
	return ok
}

func (w *fieldWord) modifier(name, value string) {
	switch name {
	case "required":
		w.field.Required = true
	case "unique":
		w.field.Unique = true
	case "index":
		w.field.Index = true
	case "blank":
		w.field.Blank = true
	case "default=":
		w.field.Default = &value
	case "min=":
		w.field.Min = &value
	case "max=":
		w.most(value)
	}
}

func (w *fieldWord) most(value string) {
	if w.field.Type != String && w.field.Type != Text {
		w.field.Upper = &value
		return
	}
	if w.field.Max != 0 {
		w.fail("field-modifier", "the longest length is there twice", "")
	}
	w.field.Max = w.count(value)
}

func (w *fieldWord) unknownModifier(text string) {
	names := modifierNames()
	hint := "modifiers are " + strings.Join(names, ", ")
	name, _, _ := strings.Cut(text, "=")
	switch near := strictyaml.Nearest(text, names); {
	case name == "pattern":
		hint = "a pattern has only the long form: put the resource into a YAML file and give --resource-file"
	case near != "":
		hint = fmt.Sprintf("did you mean %s?", near)
	}
	w.fail("field-modifier", fmt.Sprintf("modifier %s is unknown", quote(text)), hint)
}

func failure(code, summary, hint string) error {
	return diag.New(diag.Usage, diag.Diagnostic{Code: code, Summary: summary, Hint: hint})
}

func quote(text string) string {
	const limit = 60
	if r := []rune(text); len(r) > limit {
		text = string(r[:limit]) + "…"
	}
	return fmt.Sprintf("%q", text)
}
