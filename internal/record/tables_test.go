package record

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// logged returns what entries do to which tables, and with which modules.
func logged(log []Entry) []string {
	var all []string
	for _, e := range log {
		text := string(e.Kind) + " " + e.Resource.Name
		if e.Kind == Module {
			text = e.Step + " " + e.Module + " " + e.Resource.Name
		}
		if len(e.With) > 0 {
			text += " with " + strings.Join(e.With, " ")
		}
		all = append(all, text)
	}
	return all
}

func TestWithTables(t *testing.T) {
	now := time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)
	always, never := func(Entry) bool { return true }, func(Entry) bool { return false }
	fill := func(t *testing.T, r Record, line string) Record {
		t.Helper()
		return good(t)(r.WithResources(words(t, line), now))
	}
	start := func(t *testing.T) Record {
		t.Helper()
		from := Blueprint{Name: "go", Version: "1.0.0", Source: "builtin", Digest: "sha256:" + strings.Repeat("0", 64)}
		return fill(t, Record{Format: 1, Engine: 1, Blueprint: from}, "item sku:string,32:required:unique")
	}
	auth := []string{"auth"}
	tests := []struct {
		name string
		do   func(t *testing.T) Record
		want []string
	}{
		{"a table that is made with a module", func(t *testing.T) Record {
			t.Helper()
			return start(t).WithTables(auth, nil, never, now)
		}, []string{"create item with auth"}},
		{"a module that comes", func(t *testing.T) Record {
			t.Helper()
			r := start(t)
			r = r.WithTables(auth, r.Schema, never, now)
			return r.WithTables(auth, r.Schema, never, now)
		}, []string{"create item", "add auth item"}},
		{"a module that comes and goes", func(t *testing.T) Record {
			t.Helper()
			r := start(t)
			r = r.WithTables(auth, r.Schema, never, now)
			return r.WithTables(nil, r.Schema, always, now)
		}, []string{"create item"}},
		{"a module that goes after others have run it", func(t *testing.T) Record {
			t.Helper()
			r := start(t)
			r = r.WithTables(auth, r.Schema, never, now)
			return r.WithTables(nil, r.Schema, never, now)
		}, []string{"create item", "add auth item", "drop auth item"}},
		{"a module on which a field was built", func(t *testing.T) Record {
			t.Helper()
			r := start(t)
			r = r.WithTables(auth, r.Schema, never, now)
			known := r.Schema
			r = addField("item", "code:string,9:unique")(t, r, now).WithTables(auth, known, never, now)
			return r.WithTables(nil, r.Schema, always, now)
		}, []string{"create item", "add auth item", "add item with auth", "drop auth item"}},
		{"a resource that comes after the module, which goes", func(t *testing.T) Record {
			t.Helper()
			r := start(t)
			r = r.WithTables(auth, r.Schema, never, now)
			known := r.Schema
			r = fill(t, r, "order note:text").WithTables(auth, known, never, now)
			return r.WithTables(nil, r.Schema, always, now)
		}, []string{"create item", "create order with auth", "drop auth order"}},
		{"a resource that goes with its part", func(t *testing.T) Record {
			t.Helper()
			r := start(t)
			r = r.WithTables(auth, r.Schema, never, now)
			known := r.Schema
			return good(t)(r.WithoutResource("item", always, now)).WithTables(auth, known, never, now)
		}, nil},
		{"a table that is dropped with its part", func(t *testing.T) Record {
			t.Helper()
			r := start(t)
			r = r.WithTables(auth, r.Schema, never, now)
			known := r.Schema
			return good(t)(r.WithoutResource("item", never, now)).WithTables(auth, known, never, now)
		}, []string{"create item", "add auth item", "drop item with auth"}},
		{"another database", func(t *testing.T) Record {
			t.Helper()
			r := start(t)
			r = r.WithTables(auth, r.Schema, never, now)
			return r.Restarted().WithTables(auth, nil, never, now)
		}, []string{"create item with auth"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := test.do(t)
			if diff := cmp.Diff(test.want, logged(got.Schema)); diff != "" {
				t.Error(diff)
			}
			if names := got.Unrecorded(); len(names) > 0 {
				t.Errorf("the log and the resources disagree about %v", names)
			}
			again, err := Parse(Name, Format(got))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(Format(got)), string(Format(again))); diff != "" {
				t.Errorf("read back: %s", diff)
			}
		})
	}
}
