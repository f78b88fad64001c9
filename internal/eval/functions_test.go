package eval

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/Masterminds/sprig/v3"
	"github.com/google/go-cmp/cmp"

	"groundsill.example/internal/diag"
)

// The functions of engine 1. Output of an engine never changes: a name is
// added here on purpose or not at all.
const wantFunctions = `abbrev abbrevboth add add1 adler32sum all and any append atoi b32dec b32enc b64dec b64enc base biggest
camel cat ceil chunk clean coalesce compact concat contains deepEqual default dict dig dir div ecmaPattern empty eq ext fail first
float64 floor fromJson ge get goCamel goFile goPascal goString gt has hasKey hasPrefix hasSuffix html include indent index
initial initials int int64 isAbs join js kebab keys kindIs kindOf last le len list lower lt max maxf min minf mod mul
mustAppend mustChunk mustCompact mustFirst mustFromJson mustHas mustInitial mustLast mustPrepend mustPush mustRegexFind
mustRegexFindAll mustRegexMatch mustRegexReplaceAll mustRegexReplaceAllLiteral mustRegexSplit mustRest mustReverse
mustSlice mustToJson mustToPrettyJson mustToRawJson mustUniq mustWithout ne nindent nospace not omit or pascal pick pluck
plural prepend print printf println push quote regexFind regexFindAll regexMatch regexQuoteMeta regexReplaceAll
regexReplaceAllLiteral regexSplit repeat replace rest reverse round sampleJSON semverCompare sentence sha1sum sha256sum
sha512sum singular slice snake sortAlpha split splitList splitn squote sub substr swapcase ternary title toJson
toPrettyJson toRawJson toString toStrings trim trimAll trimPrefix trimSuffix trimall trunc tuple typeIs typeIsLike typeOf
uniq until untitle upper urlJoin urlParse urlquery without wrap wrapWith yamlString yamlWord`

func TestFunctionsOfEngineOne(t *testing.T) {
	e := mustNew(t, nil)
	got := slices.Sorted(maps.Keys(e.names))
	if d := cmp.Diff(strings.Fields(wantFunctions), got); d != "" {
		t.Error(d)
	}
}

func TestSprigHasWhatIsBorrowed(t *testing.T) {
	theirs := sprig.HermeticTxtFuncMap()
	for _, name := range borrowed() {
		if theirs[name] == nil {
			t.Errorf("sprig has no function %s", name)
		}
	}
}

// pool returns arguments that functions could mistreat: fresh ones each time.
func pool() []any {
	return []any{
		"b,a,c", "", "[a-z]+", 3, 0, -1, int64(7), 2.5, true, nil,
		[]any{"c", "a", "b", "a"},
		[]string{"z", "y", "x"},
		map[string]any{"one": "1", "two": []any{"x"}, "three": map[string]any{"k": 1}, "samples": []any{"s"}, "name": "n"},
	}
}

// Every function is called with every combination of arguments that fits it:
// none may change an argument, and two calls must agree. A function that walks
// a map in its own order, or sorts in place, is found here.
func TestFunctionsArePure(t *testing.T) {
	for name, f := range functions() {
		t.Run(name, func(t *testing.T) {
			v := reflect.ValueOf(f)
			calls := 0
			for _, picks := range combinations(v.Type()) {
				calls += checkPure(t, name, v, picks)
			}
			if calls == 0 {
				t.Errorf("%s was never called", name)
			}
		})
	}
}

// sortsInPlace are functions of a []string, which no data holds: a template
// has one only when it made it.
func sortsInPlace(name string) bool { return name == "sortAlpha" }

func combinations(f reflect.Type) [][]int {
	size := len(pool())
	arity := f.NumIn()
	if f.IsVariadic() {
		arity++
	}
	all := [][]int{{}}
	for range min(arity, 3) {
		var longer [][]int
		for _, picks := range all {
			for i := range size {
				longer = append(longer, append(slices.Clone(picks), i))
			}
		}
		all = longer
	}
	return all
}

func checkPure(t *testing.T, name string, f reflect.Value, picks []int) int {
	t.Helper()
	args := pool()
	first, ok := invoke(f, args, picks)
	if !ok {
		return 0
	}
	if d := cmp.Diff(pool(), args); d != "" && !sortsInPlace(name) {
		t.Fatalf("%s%v changed an argument:\n%s", name, picks, d)
	}
	for range 3 {
		if second, _ := invoke(f, pool(), picks); second != first {
			t.Fatalf("%s%v gave %s, then %s", name, picks, first, second)
		}
	}
	return 1
}

// invoke calls f when the picked arguments fit, and prints what came back. A
// panic is a result as well: text/template makes an error of it.
func invoke(f reflect.Value, args []any, picks []int) (result string, ok bool) {
	in := make([]reflect.Value, 0, len(picks))
	for i, pick := range picks {
		want := parameter(f.Type(), i)
		v := reflect.ValueOf(args[pick])
		switch {
		case want == nil:
			return "", false
		case !v.IsValid():
			v = reflect.Zero(want)
		case !v.Type().AssignableTo(want):
			return "", false
		}
		in = append(in, v)
	}
	if len(in) < f.Type().NumIn() && !f.Type().IsVariadic() {
		return "", false
	}
	defer func() {
		if p := recover(); p != nil {
			result, ok = fmt.Sprint("panic ", p), true
		}
	}()
	var text strings.Builder
	for _, out := range f.Call(in) {
		fmt.Fprintf(&text, "%#v;", out.Interface())
	}
	return text.String(), true
}

func parameter(f reflect.Type, i int) reflect.Type {
	last := f.NumIn() - 1
	if f.IsVariadic() && i >= last {
		return f.In(last).Elem()
	}
	if i > last {
		return nil
	}
	return f.In(i)
}

func TestNothingThatIsReturnedHasMethods(t *testing.T) {
	for name, f := range functions() {
		out := reflect.TypeOf(f).Out(0)
		if out.Kind() != reflect.Interface && out.NumMethod() > 0 {
			t.Errorf("%s returns %s, which has methods", name, out)
		}
	}
}

func TestOwnFunctions(t *testing.T) {
	data := map[string]any{
		"m":     map[string]any{"b": 1, "a": 2, "c": 3},
		"field": map[string]any{"name": "f", "samples": []any{"1", "2"}},
	}
	for _, c := range []struct{ name, text, want string }{
		{"keys sorted", `{{join "," (keys .m)}}`, "a,b,c"},
		{"quote of Go", `{{quote "a\"b"}}{{goString "c"}}`, `"a\"b""c"`},
		{"repeat", `{{repeat 3 "ab"}}`, "ababab"},
		{"repeat of nothing", `{{repeat 3 ""}}|`, "|"},
		{"until", `{{range until 3}}{{.}}{{end}}`, "012"},
		{"range over a number", `{{range 3}}{{.}}{{end}}`, "012"},
		{"printf", `{{printf "%-4s|%04d|%.2f|%%|%v" "a" 7 1.5 .m}}`, "a   |0007|1.50|%|map[a:2 b:1 c:3]"},
		{"printf without enough", `{{printf "%d"}}`, "%!d(MISSING)"},
		{"samples", `{{sampleJSON .field 1}}{{sampleJSON .field 2}}{{sampleJSON .field 3}}`, "121"},
		{"a text as a pattern", `{{regexQuoteMeta "a.b"}}`, `a\.b`},
		{"a pattern for others", `{{ecmaPattern "(?i)a.\\z"}}`, `[Aa][^\n]$`},
		{"scalars of YAML", `{{yamlWord "a-b"}} {{yamlWord "on"}} {{yamlWord "1e3"}} {{yamlString "it's \"a\""}} {{yamlString "\\ \n"}}`, `a-b "on" "1e3" 'it''s "a"' "\\ \n"`},
		{"ours, not sprig's", `{{plural "category"}} {{snake "HTTPServer"}}`, "categories http_server"},
		{"break and continue", `{{range until 9}}{{if eq . 1}}{{continue}}{{end}}{{if eq . 4}}{{break}}{{end}}{{.}}{{end}}`, "023"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := run(t, mustNew(t, nil), c.text, data); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestBounds(t *testing.T) {
	const double = `{{$x := "0123456789"}}{{range until 40}}{{$x = print $x $x}}{{end}}`
	for _, c := range []struct{ name, text string }{
		{"repeat", `{{repeat 2000000 "x"}}`},
		{"repeat that overflows", `{{repeat 9223372036854775807 "xx"}}`},
		{"repeat below zero", `{{repeat -1 "x"}}`},
		{"until", `{{until 10001}}`},
		{"range over a number", `{{range 100000000}}{{end}}`},
		{"nested loops", `{{range until 10000}}{{range until 10000}}{{end}}{{end}}`},
		{"doubling", double},
		{"list in itself", `{{$x := list 1}}{{range until 40}}{{$x = list $x $x}}{{end}}`},
		{"deep list", `{{$x := list 1}}{{range until 9999}}{{$x = list $x}}{{end}}`},
		{"deep dict", `{{$x := dict "a" 1}}{{range until 9999}}{{$x = dict "a" $x}}{{end}}`},
		{"template in itself", `{{define "a"}}{{template "a"}}{{end}}{{template "a"}}`},
		{"two templates in each other", `{{define "a"}}{{template "b"}}{{end}}{{define "b"}}{{template "a"}}{{end}}{{template "b"}}`},
		{"include in itself", `{{define "a"}}{{include "a" .}}{{end}}{{include "a" .}}`},
		{"include and template", `{{define "a"}}{{include "b" .}}{{end}}{{define "b"}}{{template "a"}}{{end}}{{template "b"}}`},
		{"indent", `{{$x := repeat 100000 "\n"}}{{indent 100000 $x}}`},
		{"indent without an end", `{{indent 9223372036854775807 "x"}}`},
		{"nindent", `{{$x := repeat 100000 "\n"}}{{nindent 100000 $x}}`},
		{"wrapWith", `{{$x := repeat 100000 "x"}}{{wrapWith 1 $x $x}}`},
		{"join", `{{$x := splitList "" (repeat 100000 "x")}}{{join (repeat 100000 "y") $x}}`},
		{"replace", `{{$x := repeat 100000 "x"}}{{replace "x" $x $x}}`},
		{"regexReplaceAll", `{{$x := repeat 10000 "x"}}{{regexReplaceAll "x" $x $x}}`},
		{"regexReplaceAll by the whole match", `{{regexReplaceAll ".*" (repeat 10000 "x") (repeat 10000 "$0")}}`},
		{"width as an argument", `{{printf "%*d" 100000000 1}}`},
		{"wide", `{{printf "%100000000d" 1}}`},
		{"precise", `{{printf "%.100000000f" 1.0}}`},
		{"many verbs for one argument", `{{$f := repeat 100000 "%[1]s"}}{{printf $f $f}}`},
		{"pointer", `{{printf "%p" .m}}`},
		{"pointer with flags", `{{printf "%-8p" .m}}`},
		{"second verb is a pointer", `{{printf "%d%%%p" 1 .m}}`},
		{"pretty JSON", `{{$x := list 1}}{{range until 60}}{{$x = list $x}}{{end}}{{$y := list}}{{range until 5000}}{{$y = append $y $x}}{{end}}{{toPrettyJson $y}}`},
		{"long regular expression", `{{regexMatch (repeat 1001 "a") "a"}}`},
		{"large program", `{{$r := repeat 99 "(a{999})"}}{{range until 10000}}{{$x := regexMatch $r "aaaa"}}{{end}}`},
		{"large program, long text", `{{regexMatch (repeat 99 "(a{999})?") (repeat 1000000 "a")}}`},
		{"uniq of many", `{{uniq (splitList "" (repeat 400000 "x"))}}`},
		{"without of many", `{{$x := splitList "" (repeat 400000 "x")}}{{without $x "y"}}`},
		{"output", `{{$x := repeat 1000000 "x"}}{{range until 9}}{{$x}}{{end}}`},
		{"many large values", `{{range until 2000}}{{$x := repeat 1000000 "x"}}{{end}}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := mustNew(t, nil)
			_, err := execute(e, c.text, map[string]any{"m": map[string]any{}})
			var d *diag.Error
			if !errors.As(err, &d) || d.Code() != "template-limit" || d.Class != diag.Blueprint {
				t.Fatalf("got %v, want a template-limit", err)
			}
			if at := d.Diagnostics[0].At; at.File != "files/x.tmpl" || d.Hint() == "" {
				t.Errorf("at %v, hint %q", at, d.Hint())
			}
		})
	}
}

func TestWithinBounds(t *testing.T) {
	for _, c := range []struct{ name, text string }{
		{"a large loop", `{{range until 10000}}{{range until 20}}{{end}}{{end}}`},
		{"a long text", `{{repeat 1000000 "x"}}`},
		{"deep but not too deep", `{{$x := list 1}}{{range until 60}}{{$x = list $x}}{{end}}{{toPrettyJson $x}}`},
		{"many siblings", `{{define "a"}}x{{end}}{{range until 5000}}{{template "a"}}{{end}}`},
		{"many includes", `{{define "a"}}x{{end}}{{range until 5000}}{{include "a" .}}{{end}}`},
		{"regular expressions over a file", `{{regexReplaceAll "(?m)^x+" (repeat 100000 "xx\n") "y$0"}}`},
		{"uniq", `{{uniq (splitList "" (repeat 1000 "ab"))}}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := execute(mustNew(t, nil), c.text, nil); err != nil {
				t.Error(err)
			}
		})
	}
}

// Recursion ends early: a deep one would take a stack of hundreds of megabytes.
func TestRecursionEndsEarly(t *testing.T) {
	for _, text := range []string{
		`{{define "a"}}{{template "a"}}{{end}}{{template "a"}}`, `{{define "a"}}{{include "a" .}}{{end}}{{include "a" .}}`,
	} {
		e := mustNew(t, nil)
		if _, err := execute(e, text, nil); err == nil || e.budget.depth != maxDepth+1 || maxDepth > 200 {
			t.Errorf("%s: depth %d, %v", text, e.budget.depth, err)
		}
	}
}

func TestBudgetIsOfOneExecution(t *testing.T) {
	e := mustNew(t, nil)
	parsed, err := e.Parse("files/x.tmpl", `{{range until 10000}}{{range until 60}}{{end}}{{end}}`, "", "")
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if _, err := parsed.Execute(nil); err != nil {
			t.Fatal(err)
		}
	}
}
