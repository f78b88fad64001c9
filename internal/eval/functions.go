package eval

import (
	"bytes"
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"text/template"

	"github.com/Masterminds/sprig/v3"

	"groundsill.example/internal/resource"
)

// forbidden are the functions that sprig calls hermetic and that would still
// make two renderings differ, or that cost without bound, or that belong to no
// scaffold: keys and certificates, password hashes, random order, the clock,
// the order of a map, the path rules of the machine; and those that change a
// map in place, which another template may be reading.
func forbidden() []string {
	return []string{
		"ago", "bcrypt", "buildCustomCert", "date", "dateInZone", "dateModify", "date_in_zone", "date_modify",
		"decryptAES", "derivePassword", "duration", "durationRound", "encryptAES", "genCA", "genCAWithKey",
		"genPrivateKey", "genSelfSignedCert", "genSelfSignedCertWithKey", "genSignedCert", "genSignedCertWithKey",
		"htmlDate", "htmlDateInZone", "htpasswd", "keys", "merge", "mergeOverwrite", "mustDateModify",
		"mustMerge", "mustMergeOverwrite", "must_date_modify", "mustToDate", "now", "osBase", "osClean", "osDir",
		"osExt", "osIsAbs", "randBytes", "randInt", "seq", "set", "shuffle", "toDate", "unixEpoch", "unset",
		"until", "untilStep", "values",
	}
}

// functions returns the function map of engine 1.
func (e *Evaluator) functions() template.FuncMap {
	all := sprig.HermeticTxtFuncMap()
	for _, name := range forbidden() {
		delete(all, name)
	}
	maps.Copy(all, naming())
	all["repeat"] = repeat
	all["until"] = until
	all["print"], all["printf"], all["println"] = fmt.Sprint, printf, fmt.Sprintln
	all["html"], all["js"], all["urlquery"] = template.HTMLEscaper, template.JSEscaper, template.URLQueryEscaper
	all["keys"] = sortedKeys
	all["include"] = e.include
	all["sampleJSON"] = sampleJSON
	for name, f := range all {
		all[name] = e.charged(f, slices.Contains(multiplying(), name))
	}
	all[tick] = e.tick
	return all
}

// multiplying are the functions whose result can be as large as the product of
// their arguments. They are weighed before the call as well.
func multiplying() []string {
	return []string{
		"indent", "join", "mustRegexReplaceAll", "mustRegexReplaceAllLiteral", "nindent", "regexReplaceAll",
		"regexReplaceAllLiteral", "replace", "wrap", "wrapWith",
	}
}

func naming() template.FuncMap {
	return template.FuncMap{
		"plural":   resource.Plural,
		"singular": resource.Singular,
		"snake":    resource.Snake,
		"camel":    resource.Camel,
		"pascal":   resource.Pascal,
		"kebab":    resource.Kebab,
		"goPascal": resource.GoPascal,
		"goCamel":  resource.GoCamel,
		"title":    resource.Title,
		"sentence": resource.Sentence,
		"goFile":   resource.GoFile,
		"quote":    strconv.Quote,
		"goString": strconv.Quote,
	}
}

// repeat checks the size before it is made; sprig's own would make it first.
func repeat(count int, s string) (string, error) {
	if count < 0 || count > maxValue || count*len(s) > maxValue {
		return "", limitError{fmt.Sprintf("repeat makes more than %d bytes", maxValue)}
	}
	return strings.Repeat(s, count), nil
}

// wide finds a verb with a width or a precision that is an argument or has more
// than three digits.
var wide = regexp.MustCompile(`%[^a-zA-Z%]*(\*|[0-9]{4,})`)

func printf(format string, args ...any) (string, error) {
	if wide.MatchString(format) {
		return "", limitError{"a width of printf has more than three digits"}
	}
	return fmt.Sprintf(format, args...), nil
}

func until(count int) ([]int, error) {
	const most = 10_000
	if count < 0 || count > most {
		return nil, limitError{fmt.Sprintf("until counts further than %d", most)}
	}
	list := make([]int, count)
	for i := range list {
		list[i] = i
	}
	return list, nil
}

func sortedKeys(m map[string]any) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// sampleJSON returns the n-th sample of a field, counted from one and starting
// over after the last.
func sampleJSON(field map[string]any, n int) (string, error) {
	list, _ := field["samples"].([]any)
	if len(list) == 0 || n < 1 {
		return "", fmt.Errorf("the field %v has no sample %d", field["name"], n)
	}
	text, _ := list[(n-1)%len(list)].(string)
	return text, nil
}

// include renders a partial to a string, so that it can be piped.
func (e *Evaluator) include(name string, data any) (string, error) {
	if e.budget.includes++; e.budget.includes > maxIncludes {
		return "", limitError{fmt.Sprintf("include is nested deeper than %d", maxIncludes)}
	}
	defer func() { e.budget.includes-- }()
	var out limitedBuffer
	if err := e.set.ExecuteTemplate(&out, name, data); err != nil {
		return "", err
	}
	return string(bytes.TrimRight(out.Bytes(), "\n")), nil
}

// budget is what one execution has used.
type budget struct {
	steps    int
	includes int
}

func (b *budget) spend(steps int) error {
	if b.steps += steps; b.steps > maxSteps {
		return limitError{fmt.Sprintf("it takes more than %d steps", maxSteps)}
	}
	return nil
}

func (e *Evaluator) tick() (string, error) { return "", e.budget.spend(1) }

// charged returns f with a price: every result is weighed, one that is too
// large is an error, and a large one counts for more steps. Without that, a
// loop that doubles a string or nests a list in itself would fill the memory
// within a few turns.
func (e *Evaluator) charged(f any, multiplies bool) any {
	v := reflect.ValueOf(f)
	t := v.Type()
	in := make([]reflect.Type, t.NumIn())
	for i := range in {
		in[i] = t.In(i)
	}
	failure := reflect.TypeFor[error]()
	priced := reflect.FuncOf(in, []reflect.Type{t.Out(0), failure}, t.IsVariadic())
	return reflect.MakeFunc(priced, func(args []reflect.Value) []reflect.Value {
		if multiplies && product(args) > maxProduct {
			err := limitError{fmt.Sprintf("the result could be larger than %d bytes", maxProduct)}
			return []reflect.Value{reflect.Zero(t.Out(0)), reflect.ValueOf(err)}
		}
		var out []reflect.Value
		if t.IsVariadic() {
			out = v.CallSlice(args)
		} else {
			out = v.Call(args)
		}
		if len(out) == 2 && !out[1].IsNil() {
			return out
		}
		err := e.charge(out[0])
		if err != nil {
			return []reflect.Value{reflect.Zero(t.Out(0)), reflect.ValueOf(err)}
		}
		return []reflect.Value{out[0], reflect.Zero(failure)}
	}).Interface()
}

// product multiplies the weights of arguments; a number weighs its value.
func product(args []reflect.Value) float64 {
	all := 1.0
	for _, a := range args {
		for a.Kind() == reflect.Interface && !a.IsNil() {
			a = a.Elem()
		}
		if a.CanInt() {
			all *= max(1, float64(a.Int()))
			continue
		}
		all *= max(1, float64(weight(a, 0)))
	}
	return all
}

func (e *Evaluator) charge(v reflect.Value) error {
	w := weight(v, 0)
	if w > maxValue {
		return limitError{fmt.Sprintf("a value is larger than %d bytes", maxValue)}
	}
	const perStep = 256
	return e.budget.spend(1 + w/perStep)
}

// weight returns about how many bytes v takes when it is printed. It stops
// counting above maxValue.
func weight(v reflect.Value, sum int) int {
	if sum > maxValue {
		return sum
	}
	switch v.Kind() {
	case reflect.Interface, reflect.Pointer:
		if v.IsNil() {
			return sum + 1
		}
		return weight(v.Elem(), sum)
	case reflect.String:
		return sum + v.Len()
	case reflect.Slice, reflect.Array:
		sum++
		for i := 0; i < v.Len() && sum <= maxValue; i++ {
			sum = weight(v.Index(i), sum+1)
		}
		return sum
	case reflect.Map:
		sum++
		for it := v.MapRange(); it.Next() && sum <= maxValue; {
			sum = weight(it.Value(), weight(it.Key(), sum))
		}
		return sum
	default:
		return sum + 1
	}
}
