// Package answer turns what a person gave, in flags, files, configuration and
// prompts, into one value for each question of a blueprint.
//
// Every value knows its origin. All mistakes and all missing answers of a run
// come back in one error. The package knows no terminal: it asks through an
// Asker, or not at all.
package answer

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"groundsill.example/internal/blueprint"
	"groundsill.example/internal/diag"
	"groundsill.example/internal/eval"
	"groundsill.example/internal/strictyaml"
)

// Origin is where a value comes from.
type Origin string

// The origins, strongest first.
const (
	FromFlag    Origin = "flag"
	FromFile    Origin = "answers file"
	FromPrompt  Origin = "prompt"
	FromConfig  Origin = "configuration"
	FromDefault Origin = "default"
	Computed    Origin = "computed"
)

// Value is one answer: a string, a bool or a []string.
type Value struct {
	Key    string
	Any    any
	Origin Origin
}

// Set is the answers of one run, in the order of the questions, computed
// values last.
type Set []Value

// Get returns the value of key, and whether it has one.
func (s Set) Get(key string) (Value, bool) {
	for _, v := range s {
		if v.Key == key {
			return v, true
		}
	}
	return Value{}, false
}

// Map returns the values by key.
func (s Set) Map() map[string]any {
	m := make(map[string]any, len(s))
	for _, v := range s {
		m[v.Key] = v.Any
	}
	return m
}

// Given is what somebody gave for a key, before it is checked.
type Given struct {
	Any    any // a string as a flag has it, or a string, bool, number or list of a file
	Origin Origin
	At     diag.Pos // of a file
}

// Facts is what the world tells a run. Templates of defaults see it as .user.
type Facts struct {
	Dir      string // base name of the target
	GitName  string
	GitEmail string
	Config   map[string]string // module_prefix, owner, license, registry
}

// Prompt is one question, ready to be asked.
type Prompt struct {
	Question blueprint.Question
	Default  string             // as a flag would give it
	Check    func(string) error // nil when a value is fine
}

// Asker asks a person. It returns the answer as a flag would give it, or an
// *diag.Error of class Interrupted.
type Asker interface {
	Ask(ctx context.Context, p Prompt) (string, error)
}

// Request is everything that Resolve needs.
type Request struct {
	Questions []blueprint.Question
	Computed  []blueprint.Value
	Given     map[string]Given // by key
	Favourite map[string]Given // of the configuration: used where nothing is given
	Data      map[string]any   // more that templates of defaults see
	Facts     Facts
	Asker     Asker  // nil: nothing is asked
	Prefix    string // of the keys in flags: "docker." for the questions of a module
}

// Resolve returns a value for every question that applies. The error is a
// *diag.Error of class Usage with every wrong and every missing answer, of
// class Blueprint when a template of the blueprint fails, or of class
// Interrupted.
func Resolve(ctx context.Context, r Request) (Set, error) {
	run, err := start(r)
	if err != nil {
		return nil, err
	}
	for _, q := range r.Questions {
		if err := run.question(ctx, q); err != nil {
			return nil, err
		}
	}
	if err := run.problems.Err(diag.Usage); err != nil {
		return nil, err
	}
	for _, c := range r.Computed {
		text, err := run.eval.Text(c.At, c.Template, run.data)
		if err != nil {
			return nil, err
		}
		run.put(Value{c.Key, text, Computed})
	}
	return run.set, nil
}

type resolution struct {
	Request
	eval     *eval.Evaluator
	data     map[string]any
	set      Set
	problems diag.List
}

func start(r Request) (*resolution, error) {
	e, err := eval.New(nil)
	if err != nil {
		return nil, err
	}
	user := map[string]any{"dir": r.Facts.Dir, "git_name": r.Facts.GitName, "git_email": r.Facts.GitEmail}
	for _, key := range []string{"module_prefix", "owner", "license", "registry"} {
		user[key] = r.Facts.Config[key]
	}
	data := map[string]any{"user": user}
	maps.Copy(data, r.Data)
	return &resolution{Request: r, eval: e, data: data}, nil
}

func (r *resolution) put(v Value) {
	r.set = append(r.set, v)
	r.data[v.Key] = v.Any
}

func (r *resolution) question(ctx context.Context, q blueprint.Question) error {
	given, isGiven := r.Given[r.Prefix+q.Key]
	applies, err := r.eval.True(q.At, q.When, r.data)
	if err != nil {
		return err
	}
	if !applies {
		if isGiven {
			r.problem(given, "answer-idle", fmt.Sprintf("%s does not apply here", r.Prefix+q.Key), "leave it out")
		}
		r.data[q.Key] = q.Kind.Zero()
		return nil
	}
	if isGiven {
		r.accept(q, given)
		return nil
	}
	return r.fallback(ctx, q)
}

// fallback finds an answer that nobody gave: from the configuration or the
// default, and from a person where there is one to ask.
func (r *resolution) fallback(ctx context.Context, q blueprint.Question) error {
	given, favoured := r.Favourite[r.Prefix+q.Key]
	if !favoured {
		text, err := r.eval.Text(q.At, q.Default, r.data)
		if err != nil {
			return err
		}
		given = Given{Any: text, Origin: FromDefault}
	}
	if r.Asker != nil && !q.Hidden {
		proposed := proposal(q, given.Any)
		text, err := r.Asker.Ask(ctx, Prompt{Question: q, Default: proposed, Check: check(q)})
		if err != nil {
			return err
		}
		if text != proposed || proposed == "" {
			given = Given{Any: text, Origin: FromPrompt}
		}
	}
	if given.Any == "" && !q.Optional && q.Kind != blueprint.Multi {
		r.missing(q)
		return nil
	}
	r.accept(q, given)
	return nil
}

// proposal returns a default as the prompt shows it: one that is no answer to
// the question is not proposed.
func proposal(q blueprint.Question, given any) string {
	v, why := parse(q, given)
	if why != "" && q.Kind != blueprint.Text {
		return ""
	}
	if why != "" {
		return asText(given)
	}
	return asText(v)
}

func (r *resolution) accept(q blueprint.Question, given Given) {
	v, why := parse(q, given.Any)
	if why == "" {
		r.put(Value{q.Key, v, given.Origin})
		return
	}
	r.data[q.Key] = q.Kind.Zero()
	hint := q.Hint
	if given.Origin == FromDefault {
		if !r.problems.Empty() {
			return // it may follow from an answer that is wrong, which is said already
		}
		hint = strings.TrimPrefix(hint+"; give it with "+Flag(r.Prefix, q), "; ")
	}
	r.problem(given, "answer-invalid", fmt.Sprintf("%s: %s", r.Prefix+q.Key, why), hint)
}

func (r *resolution) missing(q blueprint.Question) {
	r.data[q.Key] = q.Kind.Zero()
	r.problems.Add(diag.Diagnostic{
		Code:    "answer-missing",
		Summary: fmt.Sprintf("%s is missing: %s", r.Prefix+q.Key, q.Prompt),
		Hint:    "give it with " + Flag(r.Prefix, q),
	})
}

func (r *resolution) problem(given Given, code, summary, hint string) {
	r.problems.Add(diag.Diagnostic{Code: code, Summary: summary, Hint: hint, At: given.At})
}

// Flag returns how a person gives the answer to q on the command line:
// "--database sqlite|postgres", or "--set docker.registry=VALUE" for the
// question of a module.
func Flag(prefix string, q blueprint.Question) string {
	value := strings.ToUpper(q.Key)
	if len(q.Choices) > 0 {
		value = strings.Join(choices(q), "|")
	}
	if prefix != "" {
		return fmt.Sprintf("--set %s%s=%s", prefix, q.Key, value)
	}
	return fmt.Sprintf("--%s %s", strings.ReplaceAll(q.Key, "_", "-"), value)
}

func choices(q blueprint.Question) []string {
	values := make([]string, 0, len(q.Choices))
	for _, c := range q.Choices {
		values = append(values, c.Value)
	}
	return values
}

func check(q blueprint.Question) func(string) error {
	return func(text string) error {
		if _, why := parse(q, text); why != "" {
			if q.Hint != "" {
				why += " (" + q.Hint + ")"
			}
			return errors.New(why)
		}
		return nil
	}
}

// parse checks one answer and returns it as string, bool or []string, or says
// why it is none.
func parse(q blueprint.Question, given any) (v any, why string) {
	switch q.Kind {
	case blueprint.Bool:
		return parseBool(given)
	case blueprint.Multi:
		return parseMulti(q, given)
	case blueprint.Text, blueprint.Choice:
	}
	switch given.(type) {
	case []any, []string, map[string]any, nil:
		return nil, "a single value is needed"
	}
	text := asText(given)
	switch {
	case q.Kind == blueprint.Choice:
		return text, notOneOf(q, text)
	case text == "" && !q.Optional:
		return nil, "an answer is needed"
	case strings.ContainsFunc(text, control):
		return nil, "holds a control character or a line break"
	case len(text) > longest:
		return nil, fmt.Sprintf("is longer than %d bytes", longest)
	case q.Pattern != nil && text != "" && !q.Pattern.MatchString(text):
		return nil, fmt.Sprintf("%q does not match %s", text, q.Pattern)
	}
	return text, ""
}

// longest is the longest text answer, in bytes.
const longest = 1024

func control(r rune) bool {
	return r < ' ' || r == 0x7f || r == '\u2028' || r == '\u2029' || r == '\ufffd'
}

func notOneOf(q blueprint.Question, text string) string {
	known := choices(q)
	if slices.Contains(known, text) {
		return ""
	}
	why := fmt.Sprintf("%q is not one of %s", text, strings.Join(known, ", "))
	if near := strictyaml.Nearest(text, known); near != "" {
		why += fmt.Sprintf("; did you mean %q?", near)
	}
	return why
}

func parseBool(given any) (v any, why string) {
	switch strings.ToLower(asText(given)) {
	case "true", "yes", "y", "on", "1":
		return true, ""
	case "false", "no", "n", "off", "0":
		return false, ""
	}
	return nil, fmt.Sprintf("%q is not true or false", asText(given))
}

func parseMulti(q blueprint.Question, given any) (v any, why string) {
	list := asList(given)
	for _, item := range list {
		if why := notOneOf(q, item); why != "" {
			return nil, why
		}
	}
	slices.Sort(list)
	return slices.Compact(list), ""
}

func asList(given any) []string {
	list := []string{}
	switch g := given.(type) {
	case []string:
		return append(list, g...)
	case []any:
		for _, item := range g {
			list = append(list, asText(item))
		}
		return list
	}
	for item := range strings.SplitSeq(asText(given), ",") {
		if item = strings.TrimSpace(item); item != "" {
			list = append(list, item)
		}
	}
	return list
}

// asText returns a value of a file as a flag would give it.
func asText(given any) string {
	switch g := given.(type) {
	case nil:
		return ""
	case []any, []string:
		return strings.Join(asList(g), ",")
	case float64:
		return strconv.FormatFloat(g, 'f', -1, 64)
	}
	return fmt.Sprint(given)
}
