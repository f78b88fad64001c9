package eval

import (
	"fmt"
	"reflect"
	"regexp/syntax"
	"strings"
	"text/template"
)

// The bounds of values.
const (
	maxValue     = 1 << 20  // bytes or elements of any one value
	maxNesting   = 64       // lists and maps in each other
	maxResult    = 64 << 20 // bytes that a call could make, before it is made
	maxPattern   = 1000     // bytes of a regular expression
	bytesPerStep = 256
)

// charge gives every function a price: its arguments and its result are
// weighed, a result that is too large is an error, and large values count for
// more steps. Without that, a loop that doubles a string or nests a list in
// itself would fill the memory within a few turns.
func (e *Evaluator) charge(functions template.FuncMap) template.FuncMap {
	estimates := estimates()
	all := template.FuncMap{
		stepName: e.step, enterName: e.enter, leaveName: e.leave, "include": e.include,
	}
	for name, f := range functions {
		all[name] = e.charged(f, priceOf(e, name, estimates[name]))
	}
	return all
}

// price returns what a call costs in steps before it is made, or says that it
// costs too much.
type price func(args []reflect.Value) (steps int, err error)

func (e *Evaluator) charged(f any, price price) any {
	v := reflect.ValueOf(f)
	t := v.Type()
	in := make([]reflect.Type, t.NumIn())
	for i := range in {
		in[i] = t.In(i)
	}
	failure := reflect.TypeFor[error]()
	priced := reflect.FuncOf(in, []reflect.Type{t.Out(0), failure}, t.IsVariadic())
	invoke := v.Call
	if t.IsVariadic() {
		invoke = v.CallSlice
	}
	none, success := reflect.Zero(t.Out(0)), reflect.Zero(failure)
	return reflect.MakeFunc(priced, func(args []reflect.Value) []reflect.Value {
		steps, err := price(args)
		if err == nil {
			err = e.budget.spend(1 + steps)
		}
		if err != nil {
			return []reflect.Value{none, reflect.ValueOf(err)}
		}
		out := invoke(args)
		if len(out) == 2 && !out[1].IsNil() {
			return out
		}
		if err := e.pay(out[0]); err != nil {
			return []reflect.Value{none, reflect.ValueOf(err)}
		}
		return []reflect.Value{out[0], success}
	}).Interface()
}

// pay charges for a result.
func (e *Evaluator) pay(v reflect.Value) error {
	w := weight(v.Interface())
	if w > maxValue {
		return limitError{fmt.Sprintf("a value is larger than %d bytes or nested deeper than %d", maxValue, maxNesting)}
	}
	return e.budget.spend(w / bytesPerStep)
}

func priceOf(e *Evaluator, name string, estimate func(args []any) int) price {
	switch {
	case name != "regexQuoteMeta" && (strings.HasPrefix(name, "regex") || strings.HasPrefix(name, "mustRegex")):
		return func(args []reflect.Value) (int, error) { return e.priceOfMatch(interfaces(args), estimate) }
	case estimate != nil:
		return func(args []reflect.Value) (int, error) {
			plain := interfaces(args)
			return weight(plain) / bytesPerStep, checkEstimate(estimate, plain)
		}
	case name == "uniq" || name == "mustUniq" || name == "without" || name == "mustWithout":
		return func(args []reflect.Value) (int, error) {
			w := weight(interfaces(args))
			return w * w / bytesPerStep, nil // every element is compared with every other
		}
	}
	return func(args []reflect.Value) (int, error) {
		steps := 0
		for _, a := range args {
			if a.Kind() == reflect.Interface {
				a = a.Elem()
			}
			if a.Kind() == reflect.String || a.Kind() == reflect.Slice {
				steps += a.Len() / bytesPerStep
			}
		}
		return steps, nil
	}
}

func interfaces(args []reflect.Value) []any {
	all := make([]any, len(args))
	for i, a := range args {
		all[i] = a.Interface()
	}
	return all
}

func checkEstimate(estimate func(args []any) int, args []any) error {
	if estimate != nil && estimate(args) > maxResult {
		return limitError{fmt.Sprintf("the result could be larger than %d bytes", maxResult)}
	}
	return nil
}

// priceOfMatch bounds a regular expression: matching takes time by the size of
// its program times the size of the text, and compiling it by the size of the
// program, which a short pattern can make large.
func (e *Evaluator) priceOfMatch(args []any, estimate func(args []any) int) (int, error) {
	pattern := text(args, 0)
	if len(pattern) > maxPattern {
		return 0, limitError{fmt.Sprintf("a regular expression is longer than %d bytes", maxPattern)}
	}
	const compiling = 64
	steps := e.programSize(pattern) * (len(text(args, 1)) + compiling) / bytesPerStep
	return steps, checkEstimate(estimate, args)
}

func (e *Evaluator) programSize(pattern string) int {
	if size, ok := e.programs[pattern]; ok {
		return size
	}
	size := 1
	if re, err := syntax.Parse(pattern, syntax.Perl); err == nil {
		if program, err := syntax.Compile(re.Simplify()); err == nil {
			size = len(program.Inst)
		}
	}
	const most = 1000
	if len(e.programs) > most {
		clear(e.programs)
	}
	e.programs[pattern] = size
	return size
}

// estimates are upper bounds of the size of a result, for the functions whose
// result can be much larger than their arguments.
func estimates() map[string]func(args []any) int {
	indent := func(args []any) int {
		return number(args, 0)*(2+strings.Count(text(args, 1), "\n")) + len(text(args, 1))
	}
	expand := func(args []any) int {
		return (len(text(args, 1)) + 1) * (len(text(args, 2)) + 1)
	}
	wrap := func(args []any) int {
		str := text(args, len(args)-1)
		separator := 1
		if len(args) == 3 {
			separator = len(text(args, 1))
		}
		return (2*len(str)/max(1, number(args, 0))+1)*separator + len(str)
	}
	pretty := func(args []any) int { return 2 * maxNesting * weight(args) }
	return map[string]func(args []any) int{
		"indent": indent, "nindent": indent, "wrap": wrap, "wrapWith": wrap,
		"toPrettyJson": pretty, "mustToPrettyJson": pretty,
		"regexReplaceAll": expand, "regexReplaceAllLiteral": expand,
		"mustRegexReplaceAll": expand, "mustRegexReplaceAllLiteral": expand,
		"join": func(args []any) int { return (len(text(args, 0)) + 1) * weight(args[1]) },
		"replace": func(args []any) int {
			return (strings.Count(text(args, 2), text(args, 0))+1)*len(text(args, 1)) + len(text(args, 2))
		},
		"printf": func(args []any) int {
			const width = 1000
			return strings.Count(text(args, 0), "%")*(weight(args[1])+width) + len(text(args, 0))
		},
		"urlJoin": weight1, "toJson": weight1, "toRawJson": weight1, "mustToJson": weight1, "mustToRawJson": weight1,
		"print": weight1, "println": weight1, "html": weight1, "js": weight1, "urlquery": weight1,
		"toString": weight1, "deepEqual": weight1, "cat": weight1, "sortAlpha": weight1, "toStrings": weight1,
	}
}

// weight1 is the estimate of a function that goes through its arguments to the
// bottom and makes nothing larger of them.
func weight1(args []any) int { return weight(args) }

func text(args []any, i int) string {
	s, _ := args[i].(string)
	return s
}

func number(args []any, i int) int {
	n, _ := args[i].(int)
	return min(max(0, n), maxResult)
}

// weight returns about how many bytes v takes when it is printed, and more
// than maxValue for one that is nested too deep. It stops counting there.
func weight(v any) int { return weigh(v, 0, 0) }

func weigh(v any, sum, depth int) int {
	if sum > maxValue || depth > maxNesting {
		return maxValue + 1
	}
	switch v := v.(type) {
	case nil:
		return sum + 1
	case string:
		return sum + 1 + len(v)
	case bool, int, int64, float64:
		return sum + 1
	case []any:
		for _, item := range v {
			sum = weigh(item, sum, depth+1)
		}
		return sum + 1
	case map[string]any:
		for key, item := range v {
			sum = weigh(item, sum+1+len(key), depth+1)
		}
		return sum + 1
	}
	return weighOther(reflect.ValueOf(v), sum, depth)
}

// weighOther weighs what functions return beside plain values.
func weighOther(v reflect.Value, sum, depth int) int {
	switch v.Kind() {
	case reflect.Slice, reflect.Array:
		for i := 0; i < v.Len() && sum <= maxValue; i++ {
			sum = weigh(v.Index(i).Interface(), sum, depth+1)
		}
	case reflect.Map:
		for it := v.MapRange(); it.Next() && sum <= maxValue; {
			sum = weigh(it.Value().Interface(), weigh(it.Key().Interface(), sum, depth), depth+1)
		}
	default:
	}
	return sum + 1
}
