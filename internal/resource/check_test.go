package resource_test

import (
	"errors"
	"strings"
	"testing"

	"groundsill.example/internal/diag"
	"groundsill.example/internal/resource"
	"groundsill.example/internal/strictyaml"
)

// parse reads resources in their short form, separated by semicolons.
func parse(t *testing.T, text string) []resource.Resource {
	t.Helper()
	var rs []resource.Resource
	for words := range strings.SplitSeq(text, ";") {
		r, err := resource.ParseWords(words)
		if err != nil {
			t.Fatalf("%s: %v", words, err)
		}
		rs = append(rs, r)
	}
	return rs
}

func twice(code string) string { return code + " " + code }

func TestCheckWords(t *testing.T) {
	cases := []struct{ text, want string }{
		{sampleWords() + "; item a:integer", ""},
		{"order", "resource-empty"},
		{"Order a:integer", "resource-name"},
		{"order_ a:integer", "resource-name"},
		{strings.Repeat("a", 49) + " a:integer", "resource-name"},
		{"order:plural=Orders a:integer", "resource-name"},
		{"Order:plural=my-orders a:integer", twice("resource-name")},
		{"order orderId:integer", "field-name"},
		{"order 1a:integer", "field-name"},
		{"order id:uuid", "field-reserved"},
		{"order ctid:integer xmin:date", twice("field-reserved")},
		{"order c_tid:integer", ""},
		{
			"order version:integer q:string sort:string limit:integer cursor:text created_at:date updatedat:date",
			strings.TrimSpace(strings.Repeat("field-reserved ", 7)),
		},
		{"order " + strings.Repeat("a", 48) + ":integer", ""},
		{strings.Repeat("b", 20) + " " + strings.Repeat("a", 40) + ":integer", "field-name"},
		{"order a:integer a:string", "field-collision"},
		{"order a_b:integer ab:string", "field-collision"},
		{"order item:references item_id:uuid; item a:integer", "field-collision"},
		{"order item:references item:string; item a:integer", "field-collision"},
		{"order a:integer; order b:integer", "resource-collision"},
		{"order a:integer; orders:plural=order_list b:integer", "resource-collision"},
		{"order_item a:integer; orderitem b:integer", "resource-collision"},
		{"order item:references", "resource-reference"},
		{"order item_id:references,item; item a:integer", "field-name"},
		{"order item:references,items; item a:integer", "resource-reference"},
		{"order parent:references,order", ""},
		{"order parent:references,order:required", "resource-cycle"},
		{"a b:references; b c:references; c a:references", "resource-cycle"},
		{"a b:references:required x:integer; b y:integer", ""},
		{"order a:decimal,19,2", "field-arguments"},
		{"order a:decimal,4,5", "field-arguments"},
		{"order a:decimal,0,0", "field-arguments"},
		{"order a:decimal,18,18:default=0.1", ""},
		{"order a:string,4001", "field-arguments"},
		{"order a:string,769:unique", "field-arguments"},
		{"order a:string,769:index", "field-arguments"},
		{"order a:string,768:unique", ""},
		{"order a:string,4000 b:string,4000 c:string,4000 d:string,4000", "resource-wide"},
		{"order a:text,1000001", "field-arguments"},
		{"order a:text:unique", "field-modifier"},
		{"order a:text:index", "field-modifier"},
		{"order a:float:unique", "field-modifier"},
		{"order a:boolean:unique", "field-modifier"},
		{"order a:boolean:min=1", "field-modifier field-value"},
		{"order a:text:blank", "field-modifier"},
		{"order item:references:default=x; item a:integer", "field-modifier"},
		{"order a:integer:required:nullable", "field-modifier"},
		{"order a:integer:required:default=1", ""},
		{"order a:integer:unique:default=1", "field-modifier"},
		{"order a:integer:default=1.5", "field-value"},
		{"order a:integer:default=2147483648", "field-value"},
		{"order a:integer:min=2:max=1", "field-value"},
		{"order a:integer:min=2:default=1", "field-value"},
		{"order a:integer:max=2:default=10", "field-value"},
		{"order a:bigint:max=9223372036854775808", "field-value"},
		{"order a:decimal,4,2:default=1.234", "field-value"},
		{"order a:decimal,4,2:default=100", "field-value"},
		{"order a:decimal,4,2:min=9:max=10:default=9.5", ""},
		{"order a:float:default=NaN", "field-value"},
		{"order a:float:default=0x1p4", "field-value"},
		{"order a:boolean:default=yes", "field-value"},
		{"order a:date:default=2026-02-30", "field-value"},
		{"order a:date:min=2026-02-02:default=2026-02-01", "field-value"},
		{"order a:datetime:default=2026-02-01T00:00:00", "field-value"},
		{"order a:uuid:default=x", "field-value"},
		{"order a:enum,x,y:default=z", "field-value"},
		{"order a:enum,x,x", "field-arguments"},
		{"order a:enum,x,", "field-arguments"},
		{"order a:enum,\u200bx", "field-arguments"},
		{"order a:string,3:default=abcd", "field-value"},
		{"order a:string:default=", "field-value"},
		{"order a:string:default=:blank", ""},
		{"order a:string:min=3:default=ab", "field-value"},
		{"order a:string,5:min=6", "field-value"},
		{"order a:string:min=x", "field-value"},
	}
	for _, c := range cases {
		if got := codes(t, resource.Check(parse(t, c.text))); got != c.want {
			t.Errorf("%q: got %q, want %q (%v)", c.text, got, c.want, resource.Check(parse(t, c.text)))
		}
	}
}

func TestCheckLongForm(t *testing.T) {
	cases := []struct{ field, want string }{
		{`{name: a, type: string, pattern: "^[a-z]+$", default: abc}`, ""},
		{`{name: a, type: string, pattern: "[a-z]+", default: "abc1"}`, "field-value"},
		{`{name: a, type: string, pattern: "(?=x)"}`, "field-pattern"},
		{`{name: a, type: integer, pattern: "x"}`, "field-modifier"},
		{`{name: a, type: string, default: "a\0b"}`, "field-value"},
		{`{name: a, type: integer, nullable: false}`, "field-modifier"},
		{`{name: a, type: integer, min: 1, max: 2, default: 3}`, "field-value"},
		{`{name: a, type: text, choices: [x]}`, "field-modifier"},
		{`{name: a, type: text, scale: 1}`, "field-modifier"},
		{`{name: a, type: text, target: b}`, "field-modifier"},
		{`{name: a, type: enum, choices: []}`, "field-arguments"},
		{`"a:decimal,5,2:required"`, ""},
		{`{name: a, type: strin}`, "field-type"},
		{`{name: a, type: string, uniqe: true}`, "yaml-unknown"},
		{`{name: a}`, "yaml-missing"},
		{`{name: a, type: string, required: yes}`, "yaml-type"},
		{`{name: 1, type: string, max: ten}`, twice("yaml-type")},
		{`[a]`, "yaml-type"},
	}
	for _, c := range cases {
		node, err := strictyaml.Parse("f.yaml", []byte("[{name: order, fields: ["+c.field+"]}]"))
		if err != nil {
			t.Fatal(err)
		}
		rs, err := resource.FromNodes(node)
		if err == nil {
			err = resource.Check(rs)
		} else if at := firstPlace(err); at.Line != 1 || at.Column < 25 {
			t.Errorf("%s: the place is %s", c.field, at)
		}
		if got := codes(t, err); got != c.want {
			t.Errorf("%s: got %q, want %q (%v)", c.field, got, c.want, err)
		}
	}
}

func firstPlace(err error) diag.Pos {
	var list diag.List
	list.Take(err)
	if e, ok := errors.AsType[*diag.Error](list.Err(diag.Usage)); ok {
		return e.Diagnostics[0].At
	}
	return diag.Pos{}
}

func TestCheckNamesTheCycle(t *testing.T) {
	err := resource.Check(parse(t, "c a:references; a x:integer b:references; b c:references; d a:references"))
	if err == nil || !strings.Contains(err.Error(), "a → b → c → a") {
		t.Errorf("got %v", err)
	}
}

func TestSampleIsFineAndCanonical(t *testing.T) {
	sample := []resource.Resource{resource.Sample()}
	if err := resource.Check(sample); err != nil {
		t.Error(err)
	}
	if got := parseYAML(t, resource.Sample().YAML(0)); !got[0].Equal(resource.Sample()) {
		t.Errorf("read back as %v", got)
	}
	words, err := resource.ParseWords("item name:string,100:required sku:string,32:required:unique quantity:integer:default=0 " +
		"status:enum,draft,active,archived:default=draft description:text,2000")
	if err != nil {
		t.Fatal(err)
	}
	words.Fields[1].Pattern = `^[A-Z0-9][A-Z0-9-]{1,31}$`
	words.Fields[2].Min = new("0")
	if !words.Equal(resource.Sample()) {
		t.Errorf("the words of the contract with their long form are %v", words)
	}
}

func TestSorted(t *testing.T) {
	rs := parse(t, "zebra a:integer; order person:references item:references boss:references,order; item a:integer; "+
		"person:plural=folk a:integer; address order:references")
	var names []string
	for _, r := range resource.Sorted(rs) {
		names = append(names, r.Name)
	}
	if got := strings.Join(names, " "); got != "item person order address zebra" {
		t.Errorf("got %s", got)
	}
	if table := resource.Sorted(rs)[2].Fields[0].Table; table != "folk" {
		t.Errorf("the reference to person knows the plural %q", table)
	}
	if rs[1].Fields[0].Table != "people" {
		t.Error("Sorted changed its argument")
	}
	cyclic := resource.Sorted(parse(t, "b a:references; a b:references; c x:integer"))
	if len(cyclic) != 3 {
		t.Errorf("a cycle lost resources: %v", cyclic)
	}
}
