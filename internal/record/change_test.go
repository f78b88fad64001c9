package record

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"groundsill.example/internal/diag"
	"groundsill.example/internal/resource"
)

var now = time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)

func words(t interface{ Fatal(args ...any) }, lines ...string) []resource.Resource {
	var all []resource.Resource
	for _, line := range lines {
		r, err := resource.ParseWords(line)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, r)
	}
	return all
}

// shop is a record with two resources, one referring to the other.
func shop(t interface{ Fatal(args ...any) }) Record {
	rs := resource.Sorted(words(t, "item sku:string,32:required:unique", "order item:references:required total:decimal,10,2"))
	return Record{Format: 1, Engine: 1, Resources: rs, Schema: Initial(rs)}
}

// log returns the schema log in short form.
func log(r Record) string {
	var all []string
	for _, e := range r.Schema {
		words := []string{e.At, string(e.Kind), e.Resource.Name}
		for _, f := range e.Changed {
			words = append(words, f.Name)
		}
		all = append(all, strings.Join(words, " "))
	}
	return strings.Join(all, "\n")
}

func always(Entry) bool { return true }
func never(Entry) bool  { return false }

func TestChanges(t *testing.T) {
	t.Parallel()
	const begin = "00001 create item\n00002 create order\n"
	field := func(r Record, name string, words ...string) (Record, error) {
		var fields []resource.Field
		for _, w := range words {
			f, err := resource.ParseField(w)
			if err != nil {
				t.Fatal(err)
			}
			fields = append(fields, f)
		}
		return r.WithFields(name, fields, now)
	}
	for _, c := range []struct {
		name   string
		change func(r Record) (Record, error)
		log    string // after begin
		code   string
	}{
		{name: "resource", log: "20260304050607 create payment", change: func(r Record) (Record, error) {
			return r.WithResources(words(t, "payment order:references:required"), now)
		}},
		{name: "two resources, one for the other", log: "20260304050607 create zone\n20260304050608 create address", change: func(r Record) (Record, error) {
			return r.WithResources(words(t, "address zone:references", "zone code:string,8"), now)
		}},
		{name: "resource again", change: func(r Record) (Record, error) {
			return r.WithResources(words(t, "item sku:string,32:required:unique"), now)
		}},
		{name: "reference again", change: func(r Record) (Record, error) {
			return r.WithResources(words(t, "order item:references:required"), now)
		}},
		{name: "resource with another field", code: "resource-exists", change: func(r Record) (Record, error) {
			return r.WithResources(words(t, "item sku:string,32:required:unique name:string"), now)
		}},
		{name: "unknown target", code: "resource-reference", change: func(r Record) (Record, error) {
			return r.WithResources(words(t, "payment invoice:references"), now)
		}},
		{name: "fields", log: "20260304050607 add order note paid_at", change: func(r Record) (Record, error) {
			return field(r, "order", "note:text", "paid_at:datetime:index", "total:decimal,10,2")
		}},
		{name: "field again", change: func(r Record) (Record, error) { return field(r, "order", "total:decimal,10,2") }},
		{name: "other field of the name", code: "field-exists", change: func(r Record) (Record, error) { return field(r, "order", "total:integer") }},
		{name: "required field without a value", code: "field-fill", change: func(r Record) (Record, error) { return field(r, "order", "note:text:required") }},
		{name: "field of nothing", code: "resource-unknown", change: func(r Record) (Record, error) { return field(r, "ordr", "note:text") }},
		{name: "remove, forgotten", change: func(r Record) (Record, error) {
			r, err := r.WithResources(words(t, "payment order:references:required"), now)
			if err != nil {
				return r, err
			}
			return r.WithoutResource("payment", always, now)
		}},
		{name: "remove, dropped", log: "20260304050607 drop order", change: func(r Record) (Record, error) { return r.WithoutResource("order", never, now) }},
		{name: "remove what others refer to", code: "resource-referenced", change: func(r Record) (Record, error) { return r.WithoutResource("item", always, now) }},
		{name: "remove what an old entry refers to", log: "20260304050607 drop-field order item\n20260304050608 drop item", change: func(r Record) (Record, error) {
			r, err := r.WithoutFields("order", []string{"item_id"}, never, now)
			if err != nil {
				return r, err
			}
			return r.WithoutResource("item", always, now)
		}},
		{name: "remove a field of the first migration", log: "20260304050607 drop-field order total", change: func(r Record) (Record, error) {
			return r.WithoutFields("order", []string{"total"}, always, now)
		}},
		{name: "remove added fields", change: func(r Record) (Record, error) {
			r, err := field(r, "order", "note:text", "paid_at:datetime")
			if err != nil {
				return r, err
			}
			return r.WithoutFields("order", []string{"paid_at", "note"}, always, now)
		}},
		{name: "remove one of two added fields", log: "20260304050607 add order note paid_at\n20260304050608 drop-field order note", change: func(r Record) (Record, error) {
			r, err := field(r, "order", "note:text", "paid_at:datetime")
			if err != nil {
				return r, err
			}
			return r.WithoutFields("order", []string{"note"}, always, now)
		}},
		{name: "remove an unknown field", code: "field-unknown", change: func(r Record) (Record, error) {
			return r.WithoutFields("order", []string{"totl"}, always, now)
		}},
		{name: "made again after a drop", log: "20260304050607 drop order\n20260304050608 create order", change: func(r Record) (Record, error) {
			r, err := r.WithoutResource("order", never, now)
			if err != nil {
				return r, err
			}
			return r.WithResources(words(t, "order note:text"), now)
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			before := shop(t)
			after, err := c.change(before)
			if code := codeOf(err); code != c.code {
				t.Fatalf("error %v, want code %q", err, c.code)
			}
			if diff := cmp.Diff(strings.TrimRight(begin+c.log, "\n"), log(after)); diff != "" && err == nil {
				t.Errorf("log (-want +got):\n%s", diff)
			}
			if !before.Equal(shop(t)) {
				t.Error("the record that was changed is not what it was")
			}
		})
	}
}

func codeOf(err error) string {
	e, ok := err.(*diag.Error) //nolint:errorlint // exactly this type comes out
	if !ok {
		return ""
	}
	return e.Code()
}

// Whatever is done to a record, it can be written and read again; the log never
// runs backwards, and replaying it gives the resources there are.
func TestChangesKeepTheLaws(t *testing.T) {
	t.Parallel()
	pool := []string{"alpha code:string,8:required:unique", "beta note:text", "gamma alpha:references size:integer", "delta gamma:references:index"}
	more := []string{"one:integer", "two:boolean", "three:date:index"}
	rapid.Check(t, func(t *rapid.T) {
		r := shop(t)
		for range rapid.IntRange(1, 12).Draw(t, "steps") {
			pick := func(label string, from []string) string { return rapid.SampledFrom(from).Draw(t, label) }
			forget := always
			if rapid.Bool().Draw(t, "published") {
				forget = never
			}
			next, err := r, error(nil)
			switch rapid.IntRange(0, 3).Draw(t, "verb") {
			case 0:
				next, err = r.WithResources(words(t, pick("resource", pool)), now)
			case 1:
				f, fieldErr := resource.ParseField(pick("field", more))
				if fieldErr != nil {
					t.Fatal(fieldErr)
				}
				next, err = r.WithFields(pick("of", names(r)), []resource.Field{f}, now)
			case 2:
				next, err = r.WithoutResource(pick("gone", names(r)), forget, now)
			case 3:
				next, err = r.WithoutFields(pick("of", names(r)), []string{pick("less", []string{"one", "two", "three"})}, forget, now)
			}
			if err == nil {
				r = next
			}
			r.Blueprint = Blueprint{Name: "go", Version: "0.1.0", Source: "builtin", Digest: "sha256:" + strings.Repeat("0", 64)}
			again, err := Parse(Name, Format(r))
			if err != nil {
				t.Fatalf("%v\n%s", err, Format(r))
			}
			if !again.Equal(r) {
				t.Fatalf("read back differently:\n%s", Format(again))
			}
			if bad := r.Unrecorded(); len(bad) > 0 {
				t.Fatalf("the record does not know its own %v", bad)
			}
			if got, want := replay(t, r.Schema), fieldNames(r.Resources); !cmp.Equal(got, want) {
				t.Fatalf("the log makes %v, the record says %v\n%s", got, want, log(r))
			}
		}
	})
}

func names(r Record) []string {
	all := []string{"nobody"}
	for _, one := range r.Resources {
		all = append(all, one.Name)
	}
	return all
}

func fieldNames(rs []resource.Resource) map[string][]string {
	all := map[string][]string{}
	for _, r := range rs {
		all[r.Name] = []string{}
		for _, f := range r.Fields {
			all[r.Name] = append(all[r.Name], f.Name)
		}
		slices.Sort(all[r.Name])
	}
	return all
}

// replay does what the log says to an empty schema.
func replay(t *rapid.T, schema []Entry) map[string][]string {
	tables := map[string][]string{}
	for _, e := range schema {
		name := e.Resource.Name
		if before, ok := e.Before(); ok && !cmp.Equal(tables[name], fieldNames([]resource.Resource{before})[name]) {
			t.Fatalf("%s %s finds %v", e.At, e.Kind, tables[name])
		}
		for _, f := range slices.Concat(e.Resource.Fields, e.Changed) {
			if _, there := tables[f.Target]; f.Type == resource.References && !there && f.Target != name && e.Kind != Drop && e.Kind != DropField {
				t.Fatalf("%s refers to %s, which is not there", e.At, f.Target)
			}
		}
		after, stays := e.After()
		if !stays {
			delete(tables, name)
			continue
		}
		tables[name] = fieldNames([]resource.Resource{after})[name]
	}
	return tables
}

func TestUnrecorded(t *testing.T) {
	t.Parallel()
	r := shop(t)
	r.Resources = append(r.Resources, words(t, "ghost note:text")...)
	r.Resources[0].Fields = slices.Concat(r.Resources[0].Fields, r.Resources[2].Fields)
	r.Schema = r.Schema[:1]
	if diff := cmp.Diff([]string{"ghost", "item", "order"}, r.Unrecorded()); diff != "" {
		t.Error(diff)
	}
}
