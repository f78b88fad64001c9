package resource_test

import (
	"fmt"
	"slices"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"groundsill.example/internal/resource"
	"groundsill.example/internal/strictyaml"
)

// drawValue draws a value of the type in its JSON form.
func drawValue(t *rapid.T, f resource.Field, label string) string {
	switch f.Type {
	case resource.Integer, resource.Bigint:
		return strconv.Itoa(int(rapid.Int32().Draw(t, label)))
	case resource.Decimal:
		n := rapid.IntRange(0, 9).Draw(t, label)
		if f.Scale == f.Precision {
			n = 0
		}
		if f.Scale == 0 {
			return strconv.Itoa(n)
		}
		return fmt.Sprintf("%d.%0*d", n, f.Scale, rapid.IntRange(0, 9).Draw(t, label+" fraction"))
	case resource.Float:
		return rapid.SampledFrom([]string{"0", "-1.5", "1e+21", "0.25", "1e-7"}).Draw(t, label)
	case resource.Boolean:
		return rapid.SampledFrom([]string{"true", "false"}).Draw(t, label)
	case resource.Date:
		return rapid.StringMatching(`(0001|1999|2026|9999)-(01|12)-[12][0-8]`).Draw(t, label)
	case resource.Datetime:
		return rapid.StringMatching(`20[0-9]{2}-(01|12)-[12][0-8]T[01][0-9]:[0-5][0-9]:[0-5][0-9]\.[0-9]{3}Z`).Draw(t, label)
	case resource.UUID:
		return rapid.StringMatching(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`).Draw(t, label)
	case resource.Enum:
		return rapid.SampledFrom(f.Choices).Draw(t, label)
	case resource.String, resource.Text, resource.References:
	}
	return rapid.StringMatching(`[a-zA-Z0-9 :,"'{}#=\\€~-]{0,8}x`).Draw(t, label)
}

func drawField(t *rapid.T, i int) resource.Field {
	f := resource.Field{
		Name: fmt.Sprintf("%s_f%d", rapid.StringMatching(`[a-z][a-z0-9]{0,5}`).Draw(t, "name"), i),
		Type: rapid.SampledFrom(resource.Types()).Draw(t, "type"),
	}
	flip := func(label string) bool { return rapid.Bool().Draw(t, label) }
	switch f.Type {
	case resource.String, resource.Text:
		f.Max = rapid.IntRange(20, 700).Draw(t, "max")
		f.Blank = f.Type == resource.String && flip("blank")
		if flip("has min") {
			f.Min = new(strconv.Itoa(rapid.IntRange(0, 1).Draw(t, "min")))
		}
		if flip("has pattern") {
			f.Pattern = `^[^\n]*x$`
		}
	case resource.Decimal:
		f.Precision = rapid.IntRange(1, 18).Draw(t, "precision")
		f.Scale = rapid.IntRange(0, f.Precision).Draw(t, "scale")
	case resource.Enum:
		f.Choices = rapid.SliceOfNDistinct(rapid.StringMatching(`[a-zA-Z0-9]([ ,:'"#a-z-]{0,5}[a-z])?`), 1, 5, rapid.ID).Draw(t, "choices")
	case resource.References:
		f.Target, f.Table = "item", "items"
	case resource.Integer, resource.Bigint, resource.Float, resource.Boolean, resource.Date, resource.Datetime,
		resource.UUID:
	}
	if f.Type == resource.Integer || f.Type == resource.Date {
		if low, high := drawValue(t, f, "low"), drawValue(t, f, "high"); flip("has range") && low == high {
			f.Min, f.Upper = &low, &high
		}
	}
	f.Required, f.Index = flip("required"), f.Type != resource.Text && flip("index")
	if f.Type != resource.References && flip("has default") {
		v := drawValue(t, f, "default")
		if f.Min != nil && f.Upper != nil {
			v = *f.Min
		}
		f.Default = &v
	}
	f.Nullable = !f.Required && (f.Default == nil || flip("nullable"))
	unique := []resource.Type{resource.Text, resource.Float, resource.Boolean}
	if f.Default == nil && !f.Index && !slices.Contains(unique, f.Type) {
		f.Unique = flip("unique")
	}
	return f
}

func drawResource(t *rapid.T) resource.Resource {
	r := resource.Resource{Name: rapid.StringMatching(`[a-z]{3,8}(_[a-z0-9]{1,5})?x`).Draw(t, "resource")}
	r.Plural = rapid.SampledFrom([]string{resource.Plural(r.Name), r.Name + "_list"}).Draw(t, "plural")
	for i := range rapid.IntRange(1, 6).Draw(t, "fields") {
		r.Fields = append(r.Fields, drawField(t, i))
	}
	return r
}

type fataler interface {
	Fatalf(format string, args ...any)
}

func parseYAML(t fataler, text string) []resource.Resource {
	node, err := strictyaml.Parse("f.yaml", []byte(text))
	if err != nil {
		t.Fatalf("%s\n%v", text, err)
	}
	rs, err := resource.FromNodes(node)
	if err != nil {
		t.Fatalf("%s\n%v", text, err)
	}
	return rs
}

// Every resource that Check lets through is read back from what is written.
func TestWriteThenRead(t *testing.T) {
	short := 0
	rapid.Check(t, func(t *rapid.T) {
		r := drawResource(t)
		if err := resource.Check([]resource.Resource{r, resource.Sample()}); err != nil {
			t.Fatalf("the generator made what Check refuses: %v", err)
		}
		if diff := cmp.Diff([]resource.Resource{r}, parseYAML(t, r.YAML(2))); diff != "" {
			t.Errorf("YAML (-want +got):\n%s", diff)
		}
		words, ok := r.Words()
		if !ok {
			return
		}
		short++
		back, err := resource.ParseWords(words)
		if err != nil {
			t.Fatalf("%s: %v", words, err)
		}
		if diff := cmp.Diff(r, back); diff != "" {
			t.Errorf("words %s (-want +got):\n%s", words, diff)
		}
	})
	if short == 0 {
		t.Error("no resource had a short form")
	}
}
