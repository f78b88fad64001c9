package resource_test

import (
	"errors"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"groundsill.example/internal/diag"
	"groundsill.example/internal/resource"
)

func TestParseField(t *testing.T) {
	cases := []struct {
		word string
		want resource.Field
	}{
		{"a:string", resource.Field{Name: "a", Type: "string", Max: 255, Nullable: true}},
		{"a:string,32:required:unique", resource.Field{Name: "a", Type: "string", Max: 32, Required: true, Unique: true}},
		{"a:string:max=9:min=0:blank:index", resource.Field{
			Name: "a", Type: "string", Max: 9, Min: new("0"), Blank: true, Index: true, Nullable: true,
		}},
		{"a:text", resource.Field{Name: "a", Type: "text", Max: 10000, Nullable: true}},
		{"a:text,2000:default=none", resource.Field{Name: "a", Type: "text", Max: 2000, Default: new("none")}},
		{"a:integer:default=0", resource.Field{Name: "a", Type: "integer", Default: new("0")}},
		{"a:integer:min=+1:max=007:required", resource.Field{
			Name: "a", Type: "integer", Min: new("1"), Upper: new("7"), Required: true,
		}},
		{"a:bigint:default=9223372036854775807", resource.Field{Name: "a", Type: "bigint", Default: new("9223372036854775807")}},
		{"a:decimal,10,2:default=-1.5", resource.Field{
			Name: "a", Type: "decimal", Precision: 10, Scale: 2, Default: new("-1.50"),
		}},
		{"a:decimal,5,0:default=-0", resource.Field{Name: "a", Type: "decimal", Precision: 5, Default: new("0")}},
		{"a:float:default=1e3", resource.Field{Name: "a", Type: "float", Default: new("1000")}},
		{"a:boolean:default=true:nullable", resource.Field{Name: "a", Type: "boolean", Default: new("true"), Nullable: true}},
		{"a:date:index", resource.Field{Name: "a", Type: "date", Index: true, Nullable: true}},
		{"a:datetime:default=2026-01-31T01:30:00+02:00:index", resource.Field{
			Name: "a", Type: "datetime", Default: new("2026-01-30T23:30:00.000Z"), Index: true,
		}},
		{"a:uuid:unique:index", resource.Field{Name: "a", Type: "uuid", Unique: true, Nullable: true}},
		{"a:enum,open,paid:default=open", resource.Field{
			Name: "a", Type: "enum", Choices: []string{"open", "paid"}, Default: new("open"),
		}},
		{"item:references:required", resource.Field{
			Name: "item", Type: "references", Target: "item", Table: "items", Required: true,
		}},
		{"parent:references,category", resource.Field{
			Name: "parent", Type: "references", Target: "category", Table: "categories", Nullable: true,
		}},
		{"a:string:default=10:30:x:required", resource.Field{
			Name: "a", Type: "string", Max: 255, Default: new("10:30:x"), Required: true,
		}},
		{"a:string:default=", resource.Field{Name: "a", Type: "string", Max: 255, Default: new("")}},
	}
	for _, c := range cases {
		got, err := resource.ParseField(c.word)
		if err != nil {
			t.Errorf("%s: %v", c.word, err)
			continue
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.word, diff)
		}
	}
}

// codes returns the code of each diagnostic of err, sorted.
func codes(t *testing.T, err error) string {
	t.Helper()
	if err == nil {
		return ""
	}
	e, ok := errors.AsType[*diag.Error](err)
	if !ok || e.Class != diag.Usage {
		t.Fatalf("error %v is a %T, not a *diag.Error of class Usage", err, err)
	}
	var all []string
	for _, d := range e.Diagnostics {
		all = append(all, d.Code)
	}
	slices.Sort(all)
	return strings.Join(all, " ")
}

func TestParseWordsRefuses(t *testing.T) {
	cases := []struct{ words, code, hint string }{
		{"", "resource-name", "for example: order total:integer"},
		{"order:people", "resource-name", ""},
		{"order:plural=", "resource-name", ""},
		{"order total", "field-form", "write name:type, for example total:decimal,10,2:required"},
		{"order :integer", "field-form", ""},
		{"order a:strin", "field-type", "did you mean string?"},
		{"order a:varchar", "field-type", "did you mean string?"},
		{"order a:int", "field-type", "did you mean integer?"},
		{"order a:blob", "field-type", ""},
		{"order a:integer:requird", "field-modifier", "did you mean required?"},
		{"order a:integer:required:required", "field-modifier", ""},
		{"order a:string:pattern=^x$", "field-modifier", "a pattern has only the long form: put the resource into a YAML file and give --resource-file"},
		{"order a:string,5:max=6", "field-modifier", ""},
		{"order a:string,", "field-arguments", ""},
		{"order a:string,-1", "field-arguments", ""},
		{"order a:string,1,2", "field-arguments", "write string,100"},
		{"order a:decimal", "field-arguments", "write decimal,10,2: 10 digits, 2 of them after the point"},
		{"order a:enum", "field-arguments", "write enum,open,paid"},
		{"order a:integer,5", "field-arguments", "write integer"},
		{"order item:references,a,b", "field-arguments", "write references,person"},
		{"order a:int b:integer:uniqe c", "field-form field-modifier field-type", ""},
	}
	for _, c := range cases {
		_, err := resource.ParseWords(c.words)
		if got := codes(t, err); got != c.code {
			t.Errorf("%q: got %q, want %q (%v)", c.words, got, c.code, err)
			continue
		}
		if e, ok := errors.AsType[*diag.Error](err); ok && c.hint != "" && e.Hint() != c.hint {
			t.Errorf("%q: hint %q, want %q", c.words, e.Hint(), c.hint)
		}
	}
}

func TestNameAndPlural(t *testing.T) {
	cases := []struct{ word, name, plural string }{
		{"item", "item", "items"},
		{"items", "item", "items"},
		{"order_items", "order_item", "order_items"},
		{"person", "person", "people"},
		{"person:plural=persons", "person", "persons"},
		{"status", "status", "statuses"},
		{"data:plural=datasets", "data", "datasets"},
		{"sheep", "sheep", "sheep"},
	}
	for _, c := range cases {
		r, err := resource.ParseWords(c.word + " x:integer")
		if err != nil {
			t.Errorf("%s: %v", c.word, err)
			continue
		}
		if r.Name != c.name || r.Plural != c.plural {
			t.Errorf("%s: got %s, %s; want %s, %s", c.word, r.Name, r.Plural, c.name, c.plural)
		}
		back, ok := r.Words()
		again, err := resource.ParseWords(back)
		if !ok || err != nil || !again.Equal(r) {
			t.Errorf("%s: written as %q and read back as %v, %v", c.word, back, again, err)
		}
	}
}

func sampleWords() string {
	return "order total:decimal,10,2:required placed_at:datetime:default=2026-01-31T09:30:00Z " +
		"status:enum,open,paid:default=open item:references:required note:text,2000 ratio:float:min=-1.5:max=+2 " +
		"parent:references,order day:date:index key:uuid:unique:nullable ok:boolean:default=true"
}

// The short form needs no quotes: each shell passes the words on as they are.
func TestShellsLeaveWordsAlone(t *testing.T) {
	ran := 0
	for _, shell := range []string{"bash", "zsh", "dash", "sh"} {
		path, err := exec.LookPath(shell)
		if err != nil {
			continue
		}
		out, err := exec.Command(path, "-c", `printf '%s\n' `+sampleWords()).Output()
		if err != nil {
			t.Errorf("%s: %v", shell, err)
			continue
		}
		ran++
		if diff := cmp.Diff(strings.Fields(sampleWords()), strings.Fields(string(out))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", shell, diff)
		}
	}
	if ran == 0 {
		t.Skip("there is no shell here")
	}
	if strings.ContainsAny(sampleWords(), "*?[]{}()$`'\"\\|&;<>!#~^%@") {
		t.Error("a character of the short form means something to a shell")
	}
}

func FuzzParseWords(f *testing.F) {
	for _, seed := range []string{
		sampleWords(), "people name:string", "person:plural=people boss:references,person",
		"a b:string:default=x:y:required", "a b:enum,,x", "a b:decimal,99,1:min=1.5", "a b:text:default=\x00",
		"ÄÖ ü:string", "a b:string,99999999999", "a b:float:default=NaN", ": :", "a b:uuid:default=00000000-0000-0000-0000-00000000000G",
		"s as:references,is", "a b:datetime:default=2026-01-31T01:30:00,5+02:00",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, words string) {
		r, err := resource.ParseWords(words)
		if err != nil {
			codes(t, err)
			return
		}
		if err := resource.Check([]resource.Resource{r, resource.Sample()}); err != nil {
			codes(t, err)
			return
		}
		back, ok := r.Words()
		if !ok {
			return
		}
		again, err := resource.ParseWords(back)
		if err != nil || !again.Equal(r) {
			t.Errorf("%q is written as %q and read back as %v, %v", words, back, again, err)
		}
		if diff := cmp.Diff([]resource.Resource{r}, parseYAML(t, r.YAML(0))); diff != "" {
			t.Errorf("%q in YAML (-want +got):\n%s", words, diff)
		}
	})
}
