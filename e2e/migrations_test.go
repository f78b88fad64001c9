package e2e

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"groundsill.example/internal/resource"
)

// The numbers of the last migration of each stage of a history.
const (
	created = 1000
	added   = 2000
	removed = 3000
	dropped = 4000
)

// TestMigrations walks through a history in which every type of field with
// every modifier comes and goes, forth and back, on real databases. What is
// added in a step of its own has to be what it is when it is there from the
// start, and rows and references have to outlive it. Once more, rows get owners
// on the way.
func TestMigrations(t *testing.T) {
	if testing.Short() {
		t.Skip("builds a service")
	}
	for _, database := range databases() {
		if database == "mongodb" {
			continue // it has no SQL and no way back: TestMigrationsOfDocuments
		}
		t.Run(database, func(t *testing.T) {
			t.Parallel()
			travel(t, newHistory(t, scaffold(t, "--database", database), database, emptyDatabase(t, database), false))
		})
		t.Run(database+"-owned", func(t *testing.T) {
			t.Parallel()
			travel(t, newHistory(t, scaffold(t, "--database", database, "--with", "auth"), database, emptyDatabase(t, database), true))
		})
	}
}

// emptyDatabase returns the URL of a database without tables.
func emptyDatabase(t *testing.T, database string) string {
	t.Helper()
	if database == "sqlite" {
		file := filepath.Join(t.TempDir(), "history.db")
		put(t, file, "")
		return "sqlite://" + file
	}
	return databaseServer(t, database).URL()
}

// travel goes up and down the stages.
func travel(t *testing.T, h *history) {
	t.Helper()
	h.migrate("up", created)
	first := h.schema()
	h.fill()

	h.migrate("up", added)
	h.compare("a", "b")
	h.checkRows()

	h.migrate("down", created)
	h.same(first)
	h.checkRows()

	h.migrate("up", removed)
	h.compare("a", "c")
	h.checkRows()
	h.checkReferences()
	h.checkDataThatIsGone()

	h.migrate("down", added)
	h.compare("a", "b")
	h.checkRows()

	h.empty()
	h.migrate("up", dropped)
	if left := slices.Collect(maps.Keys(h.schema())); len(left) > 0 {
		t.Errorf("left are the tables %v", left)
	}
	h.migrate("down", created)
	h.same(first)
	h.migrate("down", 0)
	if left := slices.Collect(maps.Keys(h.schema())); len(left) > 0 {
		t.Errorf("left are the tables %v", left)
	}
}

// alteration is a set of fields that come and go together. Its resources are named
// for its number: a is changed, b has the fields from the start, c never has
// them, and d refers to a.
type alteration struct {
	number int
	fields []resource.Field
	rows   bool // whether rows that are there can have the fields
}

func (c alteration) resource(letter string, extra ...resource.Field) resource.Resource {
	name := letter + strconv.Itoa(c.number)
	fields := append([]resource.Field{{Name: "label", Type: resource.String, Max: 20, Required: true}}, extra...)
	r := resource.Resource{Name: name, Plural: name + "s", Fields: fields}
	for i, f := range r.Fields {
		if f.Target == "self" {
			r.Fields[i].Target, r.Fields[i].Table = r.Name, r.Plural
		}
	}
	return r
}

// alterations returns one for each field type and each set of modifiers that
// it can have, and one with all that can be added to a table with rows.
func alterations(t *testing.T) []alteration {
	t.Helper()
	var all []alteration
	together := alteration{rows: true}
	for _, f := range fields() {
		for _, modified := range modifications(f) {
			c := alteration{number: len(all) + 1, fields: []resource.Field{modified}, rows: !modified.Required || modified.Default != nil}
			if resource.CheckAlone(c.resource("b", modified)) != nil {
				continue
			}
			all = append(all, c)
			if c.rows {
				modified.Name += strconv.Itoa(len(all))
				together.fields = append(together.fields, modified)
			}
		}
	}
	if len(all) < 80 {
		t.Fatalf("only %d alterations", len(all))
	}
	together.number = len(all) + 1
	return append(all, together)
}

// fields returns a field of each type with a default that SQL and goose could
// misread, where the type has such values.
func fields() []resource.Field {
	text := func(s string) *string { return &s }
	return []resource.Field{
		{Type: resource.String, Max: 20, Default: text("it's; -- a")},
		{Type: resource.Text, Max: 20, Default: text("--")},
		{Type: resource.Integer, Default: text("-5")},
		{Type: resource.Bigint, Default: text("-9007199254740993")},
		{Type: resource.Decimal, Precision: 10, Scale: 2, Default: text("-0.50")},
		{Type: resource.Float, Default: text("-0.5")},
		{Type: resource.Boolean, Default: text("true")},
		{Type: resource.Date, Default: text("2020-02-29")},
		{Type: resource.Datetime, Default: text("2020-02-29T23:59:59.999Z")},
		{Type: resource.UUID, Default: text("0192f0c1-7d3a-7c4e-9b1a-3f5d2e8c6a42")},
		{Type: resource.Enum, Choices: []string{"a; --", "it's", "--"}, Default: text("it's")},
		{Type: resource.References, Target: "p", Table: "ps"},
		{Type: resource.References, Target: "self"},
	}
}

// modifications returns a field with every combination of modifiers, possible
// or not.
func modifications(f resource.Field) []resource.Field {
	f.Name = "value"
	defaults := []*string{nil}
	if f.Default != nil {
		defaults = append(defaults, f.Default)
	}
	var all []resource.Field
	for _, f.Default = range defaults {
		for bits := range 16 {
			f.Required, f.Nullable, f.Unique, f.Index = bits&1 > 0, bits&2 > 0, bits&4 > 0, bits&8 > 0
			all = append(all, f)
		}
	}
	return all
}

// words names fields and their modifiers.
func words(fields []resource.Field) string {
	list := make([]string, 0, len(fields))
	for _, f := range fields {
		list = append(list, fmt.Sprintf("%s %s (required %t, nullable %t, unique %t, index %t, default %t)",
			f.Name, f.Type, f.Required, f.Nullable, f.Unique, f.Index, f.Default != nil))
	}
	return strings.Join(list, ", ")
}
