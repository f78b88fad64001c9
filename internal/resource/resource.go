// Package resource describes what a service stores: resources, their fields,
// the field types, and the names that are derived from a name.
//
// It knows the two ways to write a resource down, as words of a command line
// and as YAML, and the rules that both share. It knows no programming language
// and no database; those belong to blueprints.
package resource

import (
	"reflect"
	"slices"
	"strconv"
)

// Type is what a field holds.
type Type string

// The field types.
const (
	String     Type = "string"
	Text       Type = "text"
	Integer    Type = "integer"
	Bigint     Type = "bigint"
	Decimal    Type = "decimal"
	Float      Type = "float"
	Boolean    Type = "boolean"
	Date       Type = "date"
	Datetime   Type = "datetime"
	UUID       Type = "uuid"
	Enum       Type = "enum"
	References Type = "references"
)

// Resource is one kind of thing that a service stores. [ParseWords] and
// [FromNode] read one; [Check] makes sure that what it says can be built.
type Resource struct {
	Name   string // singular, snake_case: "order_item"
	Plural string // "order_items"; the name of the table and of the route
	Fields []Field
}

// Field is one field of a resource. Values that JSON or a language could round
// are kept as text: Default, Min and Max are written as the field's JSON form
// without quotes ("0", "12.50", "open", "true").
type Field struct {
	Name      string // snake_case; for References the name without "_id"
	Type      Type
	Max       int      // String, Text: the longest value in code points
	Precision int      // Decimal: digits in all
	Scale     int      // Decimal: digits after the point
	Choices   []string // Enum
	Target    string   // References: the name of the resource referred to
	Table     string   // References: the plural of the target; [Sorted] fills it in
	Required  bool     // a request that creates one has to have it
	Unique    bool
	Index     bool
	Nullable  bool    // null is accepted and returned
	Default   *string // nil: none; with Required it only fills rows that are there already
	Min       *string // numbers, dates: the least value; String and Text: the fewest code points
	Upper     *string // numbers, dates: the greatest value ("max" in YAML)
	Pattern   string  // String, Text: RE2 syntax, anchored by whoever uses it
	Blank     bool    // String: only white space and the empty string are fine
}

// Key returns the name of the field in JSON and of its column: the field's
// name, and for a reference the name with "_id".
func (f Field) Key() string {
	if f.Type == References {
		return f.Name + "_id"
	}
	return f.Name
}

// MinLength returns the fewest code points that a String or Text holds: one,
// for a String, where nothing else is said.
func (f Field) MinLength() int {
	if f.Min != nil {
		n, err := strconv.Atoi(*f.Min)
		if err == nil {
			return n
		}
	}
	if f.Type == String && !f.Blank {
		return 1
	}
	return 0
}

// Searchable reports whether the query parameter q looks into the field.
func (f Field) Searchable() bool { return f.Type == String }

// Filterable reports whether the field is a query parameter that selects.
func (f Field) Filterable() bool {
	switch f.Type {
	case String:
		return f.Unique || f.Index
	case Integer, Bigint, Decimal, Boolean, Date, UUID, Enum, References:
		return true
	case Text, Float, Datetime:
	}
	return false
}

// Sortable reports whether the query parameter sort takes the field.
func (f Field) Sortable() bool {
	switch f.Type {
	case String, Integer, Bigint, Decimal, Float, Date, Datetime, Enum:
		return true
	case Text, Boolean, UUID, References:
	}
	return false
}

// Equal reports whether both resources say the same.
func (r Resource) Equal(o Resource) bool {
	return r.Name == o.Name && r.Plural == o.Plural && slices.EqualFunc(r.Fields, o.Fields, Field.Equal)
}

// Equal reports whether both fields say the same.
func (f Field) Equal(o Field) bool {
	choices := slices.Equal(f.Choices, o.Choices)
	f.Choices, o.Choices = nil, nil
	return choices && reflect.DeepEqual(f, o)
}

// Types returns the field types in the order of the documentation.
func Types() []Type {
	return []Type{
		String, Text, Integer, Bigint, Decimal, Float, Boolean, Date, Datetime, UUID, Enum, References,
	}
}

// DefaultMax returns the longest value of a String or Text that says nothing
// about it, and 0 for other types.
func (t Type) DefaultMax() int {
	switch t {
	case String:
		return 255
	case Text:
		return 10000
	case Integer, Bigint, Decimal, Float, Boolean, Date, Datetime, UUID, Enum, References:
	}
	return 0
}

// normal returns f as every other spelling of it is written: the defaults of
// the type filled in and values in their JSON form. What is wrong with a field
// stays as it is, for [Check] to find.
func (f Field) normal() Field {
	if f.Max == 0 {
		f.Max = f.Type.DefaultMax()
	}
	if f.Type == References {
		if f.Target == "" {
			f.Target = f.Name
		}
		if f.Table == "" {
			f.Table = Plural(f.Target)
		}
	}
	if f.Unique {
		f.Index = false // a unique field has an index already
	}
	f.Default = f.normalValue(f.Default)
	if f.Type != String && f.Type != Text {
		f.Min, f.Upper = f.normalValue(f.Min), f.normalValue(f.Upper)
	}
	return f
}

func (f Field) normalValue(v *string) *string {
	if v == nil {
		return nil
	}
	if text, problem := f.canonical(*v); problem == "" {
		return &text
	}
	return v
}
