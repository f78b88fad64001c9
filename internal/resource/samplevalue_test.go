package resource_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"groundsill.example/internal/resource"
)

// Samples are part of what blueprints render, so this table only grows.
func TestSample(t *testing.T) {
	at := func(s string) *string { return &s }
	cases := []struct {
		name  string
		field resource.Field
		want  []string // Sample(1), Sample(2), Sample(3)
		bad   string   // "" for none
	}{
		{"string", resource.Field{Name: "full_name", Type: resource.String, Max: 100}, []string{`"Full name 1"`, `"Full name 2"`, `"Full name 3"`}, `" "`},
		{"string cut", resource.Field{Name: "full_name", Type: resource.String, Max: 6}, []string{`"Full 1"`, `"Full 2"`, `"Full 3"`}, `" "`},
		{"string of one", resource.Field{Name: "full_name", Type: resource.String, Max: 1}, []string{`"1"`, `"2"`, `"3"`}, `" "`},
		{"string padded", resource.Field{Name: "order_item", Type: resource.String, Min: at("15"), Max: 100}, []string{`"Order item order item 1"`, `"Order item order item 2"`, `"Order item order item 3"`}, `"               "`},
		{"string of two", resource.Field{Name: "name", Type: resource.String, Min: at("2"), Max: 2}, []string{`"01"`, `"02"`, `"03"`}, `"  "`},
		{"string blank", resource.Field{Name: "name", Type: resource.String, Max: 3, Blank: true}, []string{`"N 1"`, `"N 2"`, `"N 3"`}, `"xxxx"`},
		{"sku", resource.Sample().Fields[1], []string{`"A1"`, `"A2"`, `"A3"`}, `"!"`},
		{"slug", resource.Field{Name: "slug", Type: resource.String, Max: 40, Pattern: "[a-z]+(-[a-z]+)*"}, []string{`"a-a"`, `"a-b"`, `"a-c"`}, `"!"`},
		{"number", resource.Field{Name: "no", Type: resource.String, Max: 40, Pattern: "INV-[0-9]{4}"}, []string{`"INV-1111"`, `"INV-1112"`, `"INV-1113"`}, `"!"`},
		{"alternatives", resource.Field{Name: "no", Type: resource.String, Max: 1, Pattern: "long[0-9]|[AB]"}, []string{`"A"`, `"B"`, `"A"`}, `"!"`},
		{"pattern and min", resource.Field{Name: "no", Type: resource.String, Max: 5, Min: at("4"), Pattern: "[0-9]+"}, []string{`"1111"`, `"1112"`, `"1113"`}, `"!!!!"`},
		{"pattern without blank", resource.Field{Name: "no", Type: resource.String, Max: 5, Pattern: `\s*`}, nil, `"!"`},
		{"pattern too long", resource.Field{Name: "no", Type: resource.String, Max: 5, Pattern: `[a-z]{6}`}, nil, `"!"`},
		{"text", resource.Field{Name: "note", Type: resource.Text, Max: 4}, []string{`"No 1"`, `"No 2"`, `"No 3"`}, `"xxxxx"`},
		{"text with min", resource.Field{Name: "note", Type: resource.Text, Max: 40, Min: at("1")}, []string{`"Note 1"`, `"Note 2"`, `"Note 3"`}, `""`},
		{"text of a million", resource.Field{Name: "note", Type: resource.Text, Max: 1000000}, []string{`"Note 1"`, `"Note 2"`, `"Note 3"`}, ""},
		{"integer", resource.Field{Type: resource.Integer}, []string{`1`, `2`, `3`}, `2147483648`},
		{"integer from", resource.Field{Type: resource.Integer, Min: at("0")}, []string{`1`, `2`, `3`}, `-1`},
		{"integer within", resource.Field{Type: resource.Integer, Min: at("0"), Upper: at("1")}, []string{`1`, `0`, `1`}, `2`},
		{"integer below", resource.Field{Type: resource.Integer, Upper: at("-5")}, []string{`-5`, `-2147483648`, `-2147483647`}, `-4`},
		{"bigint", resource.Field{Type: resource.Bigint}, []string{`"1"`, `"2"`, `"3"`}, `"9223372036854775808"`},
		{"bigint at the end", resource.Field{Type: resource.Bigint, Min: at("9223372036854775806")}, []string{`"9223372036854775806"`, `"9223372036854775807"`, `"9223372036854775806"`}, `"9223372036854775805"`},
		{"decimal", resource.Field{Type: resource.Decimal, Precision: 10, Scale: 2}, []string{`"1.00"`, `"2.00"`, `"3.00"`}, `"100000000.00"`},
		{"decimal within", resource.Field{Type: resource.Decimal, Precision: 10, Scale: 2, Min: at("-0.02"), Upper: at("0.00")}, []string{`"0.00"`, `"-0.02"`, `"-0.01"`}, `"0.01"`},
		{"decimal from", resource.Field{Type: resource.Decimal, Precision: 10, Scale: 2, Min: at("0.00")}, []string{`"1.00"`, `"2.00"`, `"3.00"`}, `"-0.01"`},
		{"decimal small", resource.Field{Type: resource.Decimal, Precision: 2, Scale: 2}, []string{`"0.99"`, `"-0.99"`, `"-0.98"`}, `"1.00"`},
		{"decimal whole", resource.Field{Type: resource.Decimal, Precision: 18}, []string{`"1"`, `"2"`, `"3"`}, `"1000000000000000000"`},
		{"float", resource.Field{Type: resource.Float}, []string{`1.5`, `2.5`, `3.5`}, ""},
		{"float within", resource.Field{Type: resource.Float, Min: at("0"), Upper: at("1")}, []string{`0.5`, `0.25`, `0.75`}, `2`},
		{"float from", resource.Field{Type: resource.Float, Min: at("10")}, []string{`10`, `11`, `12`}, `9`},
		{"boolean", resource.Field{Type: resource.Boolean}, []string{`true`, `false`, `true`}, ""},
		{"date", resource.Field{Type: resource.Date}, []string{`"2026-01-01"`, `"2026-01-02"`, `"2026-01-03"`}, `"2026-02-30"`},
		{"date within", resource.Field{Type: resource.Date, Min: at("1969-12-30"), Upper: at("1969-12-31")}, []string{`"1969-12-31"`, `"1969-12-30"`, `"1969-12-31"`}, `"2026-02-30"`},
		{"datetime", resource.Field{Type: resource.Datetime}, []string{`"2026-01-01T08:30:00.000Z"`, `"2026-01-02T08:30:00.000Z"`, `"2026-01-03T08:30:00.000Z"`}, `"2026-02-30T08:30:00.000Z"`},
		{"datetime within", resource.Field{Type: resource.Datetime, Min: at("2030-01-01T00:00:00.000Z"), Upper: at("2030-01-01T00:00:00.001Z")}, []string{`"2030-01-01T00:00:00.000Z"`, `"2030-01-01T00:00:00.001Z"`, `"2030-01-01T00:00:00.000Z"`}, `"2026-02-30T08:30:00.000Z"`},
		{"uuid", resource.Field{Type: resource.UUID}, []string{`"019b76da-a800-7000-8000-000000000001"`, `"019b76da-a800-7000-8000-000000000002"`, `"019b76da-a800-7000-8000-000000000003"`}, `"not-a-uuid"`},
		{"enum", resource.Field{Type: resource.Enum, Choices: []string{"<a>", "ü \"b\""}}, []string{`"<a>"`, `"ü \"b\""`, `"<a>"`}, `"unknown"`},
		{"enum that knows unknown", resource.Field{Type: resource.Enum, Choices: []string{"Unknown"}}, []string{`"Unknown"`, `"Unknown"`, `"Unknown"`}, `"unknown-x"`},
		{"references", resource.Field{Name: "item", Type: resource.References}, nil, `"not-a-uuid"`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var got []string
			for n := 1; n <= 3; n++ {
				if text, ok := c.field.Sample(n); ok {
					got = append(got, text)
				}
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
			for n, text := range got {
				if wrong := broken(c.field, text); wrong != "" {
					t.Errorf("Sample(%d) = %s: %s", n+1, text, wrong)
				}
			}
			bad, ok := c.field.BadSample()
			if bad != c.bad || ok != (c.bad != "") {
				t.Errorf("BadSample() = %s, %v, want %s", bad, ok, c.bad)
			}
			if ok && c.field.Type != resource.References && broken(c.field, bad) == "" {
				t.Errorf("BadSample() = %s breaks no rule", bad)
			}
		})
	}
}

// Small ranges are walked through before a value comes again.
func TestSampleExhausts(t *testing.T) {
	at := func(s string) *string { return &s }
	cases := []struct {
		name  string
		field resource.Field
		count int
	}{
		{"integer", resource.Field{Type: resource.Integer, Min: at("-3"), Upper: at("4")}, 8},
		{"decimal", resource.Field{Type: resource.Decimal, Precision: 3, Scale: 1, Min: at("-1.0"), Upper: at("3.2")}, 43},
		{"string", resource.Field{Name: "name", Type: resource.String, Max: 1}, 61},
		{"pattern", resource.Field{Name: "name", Type: resource.String, Max: 9, Pattern: "a{1,3}[bc]{1,2}"}, 18},
		{"pattern of one letter", resource.Field{Name: "name", Type: resource.String, Max: 30, Pattern: "a*"}, 30},
		{"pattern with a boundary", resource.Field{Name: "name", Type: resource.String, Max: 30, Pattern: `(x\b|y)[.z]`}, 3},
		{"pattern without case", resource.Field{Name: "name", Type: resource.String, Max: 30, Pattern: `(?i)abc`}, 8},
		{"pattern of capitals", resource.Field{Name: "name", Type: resource.String, Max: 30, Pattern: `[^\x00-\x60{-\x{10FFFF}]`}, 26},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			seen := map[string]bool{}
			for n := 1; n <= c.count; n++ {
				text, ok := c.field.Sample(n)
				if !ok || seen[text] || broken(c.field, text) != "" {
					t.Fatalf("Sample(%d) = %s, %v: %s; there before: %v", n, text, ok, broken(c.field, text), seen[text])
				}
				seen[text] = true
			}
		})
	}
}

// What fields that nobody thought of give keeps their rules, differs, and is
// the same every time.
func TestSampleProperty(t *testing.T) {
	random := rand.New(rand.NewPCG(2026, 11))
	for range 3000 {
		f := generated(random)
		var got []string
		for n := 1; n <= 5; n++ {
			text, ok := f.Sample(n)
			if !ok {
				t.Fatalf("%s: Sample(%d) has nothing", f.YAML(), n)
			}
			if wrong := broken(f, text); wrong != "" {
				t.Fatalf("%s: Sample(%d) = %.100s: %s", f.YAML(), n, text, wrong)
			}
			if again, _ := f.Sample(n); again != text {
				t.Fatalf("%s: Sample(%d) = %s, then %s", f.YAML(), n, text, again)
			}
			got = append(got, text)
		}
		slices.Sort(got)
		if have := len(slices.Compact(got)); have != min(5, atMost(f)) {
			t.Errorf("%s: %d different values: %.200v", f.YAML(), have, got)
		}
		bad, ok := f.BadSample()
		if ok && broken(f, bad) == "" {
			t.Errorf("%s: BadSample() = %s breaks no rule", f.YAML(), bad)
		}
		if free := f.Type == resource.Boolean || f.Type == resource.Float && f.Min == nil && f.Upper == nil; ok == free {
			t.Errorf("%s: BadSample() = %.100s, %v", f.YAML(), bad, ok)
		}
	}
}

// generated returns a field that has at least one value.
func generated(random *rand.Rand) resource.Field {
	types := resource.Types()
	f := resource.Field{Name: []string{"name", "order_item", "x", "a_long_name_of_a_field"}[random.IntN(4)]}
	f.Type = types[random.IntN(len(types)-1)] // references are last
	switch f.Type {
	case resource.String, resource.Text:
		f.Max = 1 + random.IntN([]int{5, 40, 4000}[random.IntN(3)])
		f.Blank = f.Type == resource.String && random.IntN(4) == 0
		if random.IntN(2) == 0 {
			f.Min = new(strconv.Itoa(random.IntN(f.Max + 1)))
		}
		if random.IntN(2) == 0 {
			patterned(random, &f)
		}
	case resource.Decimal:
		f.Precision = 1 + random.IntN(18)
		f.Scale = random.IntN(f.Precision + 1)
	case resource.Enum:
		for i := range 1 + random.IntN(7) {
			f.Choices = append(f.Choices, fmt.Sprintf("c%d", i))
		}
	case resource.Integer, resource.Bigint, resource.Float, resource.Boolean, resource.Date, resource.Datetime,
		resource.UUID, resource.References:
	}
	bounded(random, &f)
	return f
}

// patterned sets a pattern that texts of every length from 3 to 4000 match.
func patterned(random *rand.Rand, f *resource.Field) {
	patterns := []string{
		"^[A-Z0-9][A-Z0-9-]{1,1000}.*$", `\w+`, "[^@ ]+(@|#)[a-z]+", "(?i)sku[0-9]*", "(abc?|de|[f-h])+x*",
		`\p{Greek}{2,}`, `(\d{1,3}\.?)+`, `[a-z]+\b.*`, `([ab]{1,2}[cd]?){1,}`, `.{3,}`, `(?s).+`, `(long prefix)?[xyz]+[0-9]+`,
	}
	f.Pattern = patterns[random.IntN(len(patterns))]
	f.Max = max(f.Max, 4)
	if f.Min != nil && f.MinLength() > 1000 {
		f.Min = nil
	}
}

// bounded sets min, max, both or none of a number, day or time.
func bounded(random *rand.Rand, f *resource.Field) {
	low := random.Int64N(1<<[]int{3, 31}[random.IntN(2)]) * (random.Int64N(3) - 1)
	high := low + random.Int64N(1<<[]int{3, 20}[random.IntN(2)])
	switch f.Type {
	case resource.Integer:
		low, high = min(max(low, math.MinInt32), math.MaxInt32), min(high, math.MaxInt32)
	case resource.Decimal:
		most, _ := strconv.ParseInt(strings.Repeat("9", f.Precision), 10, 64)
		low, high = max(min(low, most), -most), max(min(high, most), -most)
	case resource.Date:
		low = low % 40000
		high = low + high%8
		low, high = min(low, high), max(low, high)
	case resource.Bigint, resource.Float, resource.Datetime:
	case resource.String, resource.Text, resource.Boolean, resource.UUID, resource.Enum, resource.References:
		return
	}
	if random.IntN(2) == 0 {
		f.Min = new(spelled(f, low))
	}
	if random.IntN(2) == 0 {
		f.Upper = new(spelled(f, high))
	}
}

func spelled(f *resource.Field, n int64) string {
	switch f.Type {
	case resource.Decimal:
		return new(big.Rat).Mul(big.NewRat(n, 1), unit(f.Scale)).FloatString(f.Scale)
	case resource.Float:
		return strconv.FormatFloat(float64(n)/8, 'f', -1, 64)
	case resource.Date:
		return time.Date(1990, 1, 1+int(n), 0, 0, 0, 0, time.UTC).Format("2006-01-02")
	case resource.Datetime:
		return time.Date(1990, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(n) * time.Millisecond).Format("2006-01-02T15:04:05.000Z")
	case resource.Integer, resource.Bigint, resource.String, resource.Text, resource.Boolean, resource.UUID,
		resource.Enum, resource.References:
	}
	return strconv.FormatInt(n, 10)
}

func unit(scale int) *big.Rat {
	r, _ := new(big.Rat).SetString("1e-" + strconv.Itoa(scale))
	return r
}

// atMost returns how many values a generated field has, as far as it matters.
func atMost(f resource.Field) int {
	switch f.Type {
	case resource.Boolean:
		return 2
	case resource.Enum:
		return len(f.Choices)
	case resource.Float:
		if f.Min != nil && f.Upper != nil && *f.Min == *f.Upper {
			return 1
		}
	case resource.Integer, resource.Bigint, resource.Decimal, resource.Date, resource.Datetime:
		low, high := ordered(f, f.Min, "-1e30"), ordered(f, f.Upper, "1e30")
		if f.Type == resource.Decimal {
			most := new(big.Rat).Mul(big.NewRat(power10(f.Precision)-1, 1), unit(f.Scale))
			if f.Min == nil {
				low = new(big.Rat).Neg(most)
			}
			if f.Upper == nil {
				high = most
			}
			low, high = new(big.Rat).Quo(low, unit(f.Scale)), new(big.Rat).Quo(high, unit(f.Scale))
		}
		if f.Type == resource.Integer && f.Upper == nil {
			high = big.NewRat(math.MaxInt32, 1)
		}
		if f.Type == resource.Integer && f.Min == nil {
			low = big.NewRat(math.MinInt32, 1)
		}
		n, _ := new(big.Rat).Sub(high, low).Float64()
		return int(min(n, 100)) + 1
	case resource.String, resource.Text, resource.UUID, resource.References:
	}
	return 100
}

func power10(n int) int64 {
	p, _ := strconv.ParseInt("1"+strings.Repeat("0", n), 10, 64)
	return p
}

// ordered returns a value as a number: itself, its day or its millisecond.
func ordered(f resource.Field, value *string, none string) *big.Rat {
	text := none
	if value != nil {
		text = *value
	}
	switch f.Type {
	case resource.Date, resource.Datetime:
		form, each := "2006-01-02", int64(24*60*60*1000)
		if f.Type == resource.Datetime {
			form, each = "2006-01-02T15:04:05.000Z", 1
		}
		if at, err := time.Parse(form, text); err == nil {
			return big.NewRat(at.UnixMilli(), each)
		}
	case resource.String, resource.Text, resource.Integer, resource.Bigint, resource.Decimal, resource.Float,
		resource.Boolean, resource.UUID, resource.Enum, resource.References:
	}
	r, ok := new(big.Rat).SetString(text)
	if !ok {
		return nil
	}
	return r
}

// broken says which rule of the field a JSON text breaks, from the contract
// and not from the code under test.
func broken(f resource.Field, text string) string {
	d := json.NewDecoder(bytes.NewReader([]byte(text)))
	d.UseNumber()
	var value any
	if err := d.Decode(&value); err != nil || d.More() {
		return "is not one JSON value"
	}
	switch f.Type {
	case resource.Boolean:
		if _, ok := value.(bool); !ok {
			return "is no boolean"
		}
		return ""
	case resource.Integer, resource.Float:
		n, ok := value.(json.Number)
		if !ok {
			return "is no number"
		}
		return brokenForm(f, n.String())
	case resource.String, resource.Text, resource.Bigint, resource.Decimal, resource.Date, resource.Datetime,
		resource.UUID, resource.Enum, resource.References:
	}
	s, ok := value.(string)
	if !ok {
		return "is no string"
	}
	if f.Type == resource.String || f.Type == resource.Text {
		return brokenText(f, s)
	}
	return brokenForm(f, s)
}

func brokenText(f resource.Field, s string) string {
	n := utf8.RuneCountInString(s)
	switch {
	case n > f.Max || n < f.MinLength():
		return fmt.Sprintf("has %d code points", n)
	case f.Type == resource.String && !f.Blank && strings.TrimSpace(s) == "":
		return "is blank"
	case strings.Contains(s, "\x00"):
		return "has U+0000"
	case f.Pattern != "" && !regexp.MustCompile(`\A(?:`+f.Pattern+`)\z`).MatchString(s):
		return "does not match"
	}
	return ""
}

func brokenForm(f resource.Field, s string) string {
	fraction := ""
	if f.Scale > 0 {
		fraction = fmt.Sprintf(`\.[0-9]{%d}`, f.Scale)
	}
	forms := map[resource.Type]string{
		resource.Integer:  `-?(0|[1-9][0-9]{0,9})`,
		resource.Bigint:   `-?(0|[1-9][0-9]{0,18})`,
		resource.Decimal:  fmt.Sprintf(`-?(0|[1-9][0-9]{0,%d})`, max(f.Precision-f.Scale-1, 0)) + fraction,
		resource.Float:    `-?[0-9.]+(e[-+]?[0-9]+)?`,
		resource.Date:     `\d{4}-\d\d-\d\d`,
		resource.Datetime: `\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z`,
		resource.UUID:     `[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}`,
		resource.Enum:     `(?s).*`,
	}
	if !regexp.MustCompile(`\A(?:` + forms[f.Type] + `)\z`).MatchString(s) {
		return "has not the form of the type"
	}
	if f.Type == resource.Enum && !slices.Contains(f.Choices, s) {
		return "is no choice"
	}
	if f.Type == resource.Enum || f.Type == resource.UUID {
		return ""
	}
	return brokenRange(f, s)
}

func brokenRange(f resource.Field, s string) string {
	limits := map[resource.Type][2]string{
		resource.Integer:  {"-2147483648", "2147483647"},
		resource.Bigint:   {"-9223372036854775808", "9223372036854775807"},
		resource.Decimal:  {"-1e18", "1e18"},
		resource.Float:    {"-1.8e308", "1.8e308"},
		resource.Date:     {"0001-01-01", "9999-12-31"},
		resource.Datetime: {"0001-01-01T00:00:00.000Z", "9999-12-31T23:59:59.999Z"},
	}[f.Type]
	n := ordered(f, &s, "")
	switch {
	case n == nil:
		return "is no value of the type"
	case n.Cmp(ordered(f, nil, limits[0])) < 0 || n.Cmp(ordered(f, nil, limits[1])) > 0:
		return "is out of the range of the type"
	case f.Min != nil && n.Cmp(ordered(f, f.Min, "")) < 0:
		return "is less than min"
	case f.Upper != nil && n.Cmp(ordered(f, f.Upper, "")) > 0:
		return "is more than max"
	case f.Type == resource.Decimal && f.Precision == f.Scale && n.Cmp(big.NewRat(1, 1)) >= 0:
		return "has too many digits"
	}
	return ""
}
