package render

import (
	"strings"
	"testing"

	"groundsill.example/internal/record"
	"groundsill.example/internal/resource"
)

func TestEntryName(t *testing.T) {
	fields := func(names ...string) []resource.Field {
		var list []resource.Field
		for _, name := range names {
			list = append(list, resource.Field{Name: name, Type: resource.Text})
		}
		return list
	}
	payment := resource.Resource{Name: "payment", Plural: "payments"}
	long := resource.Resource{Name: "x", Plural: strings.Repeat("p", 27)}
	key := strings.Repeat("f", 29) // as long as a database can have both
	order := []resource.Field{{Name: "order", Type: resource.References}}
	for _, c := range []struct {
		entry record.Entry
		want  string
	}{
		{record.Entry{Kind: record.Create, Resource: payment}, "create_payments"},
		{record.Entry{Kind: record.Drop, Resource: payment}, "drop_payments"},
		{record.Entry{Kind: record.Add, Resource: payment, Changed: order}, "add_order_id_to_payments"},
		{record.Entry{Kind: record.Add, Resource: payment, Changed: fields("note", "paid_at")}, "add_note_and_paid_at_to_payments"},
		{record.Entry{Kind: record.DropField, Resource: payment, Changed: fields("note")}, "drop_note_from_payments"},
		{record.Entry{Kind: record.DropField, Resource: payment, Changed: fields(key, key, "c")}, "drop_" + key + "_and_2_more_from_payments"},
		{record.Entry{Kind: record.DropField, Resource: long, Changed: fields(key)}, "drop_" + key + "_from_" + long.Plural},
		{record.Entry{Kind: record.Module, Module: "auth", Step: "tokens"}, "auth_tokens"},
	} {
		equal(t, entryName(c.entry), c.want)
	}
	most := record.Entry{Kind: record.DropField, Resource: long, Changed: fields(append([]string{key}, make([]string, 198)...)...)}
	if name := "20261126235959_" + entryName(most) + ".sql"; len(name) >= 100 {
		t.Errorf("%s has %d characters", name, len(name))
	}
}
