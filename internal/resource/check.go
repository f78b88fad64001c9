package resource

import (
	"fmt"
	"slices"
	"strings"

	"groundsill.example/internal/diag"
	"groundsill.example/internal/strictyaml"
)

// The limits that hold in every database a service can use.
const (
	maxName       = 48   // bytes of a name
	maxIdentifier = 63   // bytes of a name in a database, PostgreSQL's
	maxString     = 4000 // code points
	maxIndexed    = 768  // code points of an indexed string: MySQL's 3072 bytes
	maxRow        = 15000
	maxText       = 1000000
	maxPrecision  = 18
	maxChoices    = 100
	maxChoice     = 64 // code points
	maxPattern    = 500
	maxFields     = 200
	maxResources  = 500
)

// Check returns every mistake in the resources as one *diag.Error of class
// Usage, or nil. What it lets through can be built in every language and every
// database.
func Check(rs []Resource) error {
	c := checker{all: rs}
	if len(rs) > maxResources {
		c.fail("resource-many", fmt.Sprintf("%d resources are more than %d", len(rs), maxResources), "")
		return c.list.Err(diag.Usage)
	}
	for _, r := range rs {
		c.resource(r)
	}
	c.collisions()
	if way := cycle(rs); way != nil {
		c.where = ""
		c.fail("resource-cycle", "resources refer to each other in a circle: "+strings.Join(way, " → "),
			"take one of the references out; a resource may only refer back to itself")
	}
	return c.list.Err(diag.Usage)
}

// checker collects mistakes; where names what it looks at.
type checker struct {
	all   []Resource
	where string
	list  diag.List
}

func (c *checker) fail(code, summary, hint string) {
	c.list.Add(diag.Diagnostic{Code: code, Summary: c.where + summary, Hint: hint})
}

func (c *checker) resource(r Resource) {
	c.where = fmt.Sprintf("resource %s: ", quote(r.Name))
	c.name("resource-name", "name", r.Name)
	if r.Plural != Plural(r.Name) || snake(r.Name) && len(r.Name) <= maxName {
		c.name("resource-name", "plural", r.Plural) // else the plural has the mistake of the name
	}
	if len(r.Fields) == 0 {
		c.fail("resource-empty", "has no fields", "write at least one field after the name, like total:integer")
	}
	if len(r.Fields) > maxFields {
		c.fail("resource-many", fmt.Sprintf("%d fields are more than %d", len(r.Fields), maxFields), "")
		return
	}
	width := 0
	for _, f := range r.Fields {
		c.where = fmt.Sprintf("resource %s: field %s: ", quote(r.Name), quote(f.Name))
		c.field(r, f)
		if f.Type == String {
			width += f.Max
		}
	}
	c.where = fmt.Sprintf("resource %s: ", quote(r.Name))
	if width > maxRow {
		c.fail("resource-wide", fmt.Sprintf("its strings hold %d characters, more than the %d of a row", width, maxRow),
			"make the long ones text")
	}
	c.fieldNames(r)
}

// name checks one name for its form and its length.
func (c *checker) name(code, what, name string) {
	switch {
	case !snake(name):
		hint := "a name is small letters, digits and single underscores and starts with a letter"
		if better := Snake(name); snake(better) {
			hint = fmt.Sprintf("did you mean %s?", better)
		}
		c.fail(code, fmt.Sprintf("the %s %s is not in snake_case", what, quote(name)), hint)
	case len(name) > maxName:
		c.fail(code, fmt.Sprintf("the %s is longer than %d characters", what, maxName), "")
	}
}

// snake reports whether name is [a-z][a-z0-9]*(_[a-z0-9]+)*.
func snake(name string) bool {
	if name == "" || name[0] < 'a' || name[0] > 'z' {
		return false
	}
	for word := range strings.SplitSeq(name, "_") {
		if word == "" || strings.Trim(word, "abcdefghijklmnopqrstuvwxyz0123456789") != "" {
			return false
		}
	}
	return true
}

func (c *checker) field(r Resource, f Field) {
	c.name("field-name", "name", f.Name)
	if reserved(f.Key()) || reserved(f.Name) {
		c.fail("field-reserved", "every resource has or needs this name itself",
			"reserved are "+strings.Join(reservedNames(), ", "))
	}
	if slices.Contains(systemColumns(), f.Key()) {
		c.fail("field-reserved", "every table of PostgreSQL has a column of this name itself", "choose another name")
	}
	if n := len(r.Plural + "_" + f.Key() + "_check"); n > maxIdentifier && snake(f.Name) {
		c.fail("field-name", fmt.Sprintf("with the plural %s the name is too long for a database", quote(r.Plural)),
			fmt.Sprintf("shorten one of them by %d characters", n-maxIdentifier))
	}
	if d, unknown := unknownType(string(f.Type)); unknown {
		c.fail(d.Code, d.Summary, d.Hint)
		return
	}
	c.modifiers(f)
	c.limits(f)
	c.values(f)
	if f.Type == References {
		c.reference(r, f)
	}
}

// systemColumns are the names that PostgreSQL refuses for a column, in quotes
// too (its manual, "System Columns").
func systemColumns() []string {
	return []string{"cmax", "cmin", "ctid", "tableoid", "xmax", "xmin"}
}

func reservedNames() []string {
	return []string{"id", "version", "created_at", "updated_at", "limit", "cursor", "sort", "q"}
}

func reserved(name string) bool {
	return slices.ContainsFunc(reservedNames(), func(r string) bool { return folded(r) == folded(name) })
}

// folded returns the form in which two names are equal when some language or
// file system could take one for the other.
func folded(name string) string {
	return strings.ToLower(strings.ReplaceAll(name, "_", ""))
}

// modifiers checks which of them a type has, and which go together.
func (c *checker) modifiers(f Field) {
	numeric := f.Type == Integer || f.Type == Bigint || f.Type == Decimal || f.Type == Float
	dated := f.Type == Date || f.Type == Datetime
	lettered := f.Type == String || f.Type == Text
	rules := []struct {
		used, fits bool
		what       string
	}{
		{f.Unique, f.Type != Text && f.Type != Float && f.Type != Boolean, "unique"},
		{f.Index, f.Type != Text, "index"},
		{f.Min != nil, numeric || dated || lettered, "min"},
		{f.Upper != nil, numeric || dated, "max"},
		{f.Max != 0, lettered, "a longest length"},
		{f.Pattern != "", lettered, "pattern"},
		{f.Blank, f.Type == String, "blank"},
		{f.Default != nil, f.Type != References, "default"},
		{len(f.Choices) > 0, f.Type == Enum, "choices"},
		{f.Precision != 0 || f.Scale != 0, f.Type == Decimal, "precision and scale"},
		{f.Target != "" || f.Table != "", f.Type == References, "a target"},
	}
	for _, rule := range rules {
		if rule.used && !rule.fits {
			c.fail("field-modifier", fmt.Sprintf("%s has no %s", f.Type, rule.what), "")
		}
	}
	if f.Required && f.Nullable {
		c.fail("field-modifier", "is required and nullable", "keep one of the two")
	}
	if !f.Required && !f.Nullable && f.Default == nil {
		c.fail("field-modifier", "is not nullable, not required and has no default",
			"make it required or give it a default")
	}
	if f.Unique && f.Default != nil {
		c.fail("field-modifier", "is unique and has a default, which only one row could have", "take one of the two out")
	}
	if f.Unique && f.Index {
		c.fail("field-modifier", "is unique and has an index already", "take index out")
	}
}

func (c *checker) reference(r Resource, f Field) {
	if base, found := strings.CutSuffix(f.Name, "_id"); found {
		c.fail("field-name", fmt.Sprintf("the name of a reference gets its _id by itself, and %s is %s", f.Name, f.Key()),
			fmt.Sprintf("write %s:references", base))
	}
	if f.Target == r.Name {
		if f.Required {
			c.fail("resource-cycle", "refers to its own resource and is required, so the first one could never be made",
				"take required out")
		}
		return
	}
	names := make([]string, 0, len(c.all))
	for _, other := range c.all {
		names = append(names, other.Name)
	}
	if slices.Contains(names, f.Target) {
		return
	}
	hint := fmt.Sprintf("add the resource, or write %s:references,TARGET", f.Name)
	if slices.Contains(names, Singular(f.Target)) {
		hint = fmt.Sprintf("write %s:references,%s", f.Name, Singular(f.Target))
	} else if near := strictyaml.Nearest(f.Target, names); near != "" {
		hint = fmt.Sprintf("did you mean %s?", near)
	}
	c.fail("resource-reference", fmt.Sprintf("refers to the resource %s, which is not there", quote(f.Target)), hint)
}

// fieldNames reports fields that are one name in some language, and references
// that meet a field of their JSON name.
func (c *checker) fieldNames(r Resource) {
	seen := map[string]string{}
	for _, f := range r.Fields {
		for _, name := range slices.Compact([]string{f.Name, f.Key()}) {
			first, twice := seen[folded(name)]
			if twice {
				c.fail("field-collision", fmt.Sprintf("the fields %s and %s have the same name where case and "+
					"underscores do not count", quote(first), quote(f.Name)), "rename one of them")
				break
			}
			seen[folded(name)] = f.Name
		}
	}
}

// collisions reports resources whose names, singular or plural, are one name
// in some language, table, file or route.
func (c *checker) collisions() {
	seen := map[string]string{}
	for _, r := range c.all {
		c.where = ""
		names := []string{folded(r.Name)}
		if p := folded(r.Plural); p != names[0] {
			names = append(names, p)
		}
		for _, name := range names {
			if first, twice := seen[name]; twice {
				c.fail("resource-collision", fmt.Sprintf("the resources %s and %s share the name %s, singular or plural, "+
					"where case and underscores do not count", quote(first), quote(r.Name), quote(name)),
					"rename one of them, or give it another plural")
				break
			}
			seen[name] = r.Name
		}
	}
}

// CheckAlone is [Check] for one resource whose targets are not at hand: what
// it refers to is taken to be there, with the plural that the reference has.
func CheckAlone(r Resource) error {
	all := []Resource{r}
	for _, f := range r.Fields {
		known := slices.ContainsFunc(all, func(o Resource) bool { return o.Name == f.Target })
		if f.Type == References && !known {
			all = append(all, Resource{Name: f.Target, Plural: f.Table, Fields: []Field{{Name: "x", Type: Boolean, Nullable: true}}})
		}
	}
	return Check(all)
}
