package answer

import (
	"context"
	"errors"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"groundsill.example/internal/blueprint"
	"groundsill.example/internal/diag"
)

func questions() []blueprint.Question {
	return []blueprint.Question{
		{
			Key: "name", Kind: blueprint.Text, Prompt: "Name", Default: "{{.user.dir}}", Hint: "lower case",
			Pattern: regexp.MustCompile(`^(?:[a-z]+)$`),
		},
		{Key: "module_path", Kind: blueprint.Text, Prompt: "Module", Default: `{{.user.module_prefix | default "x.org"}}/{{.name}}`},
		{Key: "database", Kind: blueprint.Choice, Prompt: "Database", Default: "sqlite", Choices: []blueprint.Option{{Value: "sqlite"}, {Value: "postgres"}}},
		{Key: "dsn", Kind: blueprint.Text, Prompt: "DSN", Default: "local", When: `eq .database "postgres"`},
		{Key: "tls", Kind: blueprint.Bool, Prompt: "TLS", Default: "true"},
		{Key: "langs", Kind: blueprint.Multi, Prompt: "Languages", Choices: []blueprint.Option{{Value: "go"}, {Value: "ts"}, {Value: "c"}}},
		{Key: "owner", Kind: blueprint.Text, Prompt: "Owner", Optional: true, Hidden: true, Pattern: regexp.MustCompile(`^(?:@.+)$`)},
	}
}

func request() Request {
	return Request{
		Questions: questions(),
		Computed:  []blueprint.Value{{Key: "image", Template: "img/{{.name}}"}, {Key: "tag", Template: "{{.image}}:1"}},
		Facts:     Facts{Dir: "orders"},
	}
}

func defaults() Set {
	return Set{
		{"name", "orders", FromDefault},
		{"module_path", "x.org/orders", FromDefault},
		{"database", "sqlite", FromDefault},
		{"tls", true, FromDefault},
		{"langs", []string{}, FromDefault},
		{"owner", "", FromDefault},
		{"image", "img/orders", Computed},
		{"tag", "img/orders:1", Computed},
	}
}

func resolve(t *testing.T, r Request) Set {
	t.Helper()
	set, err := Resolve(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func equal[T any](t *testing.T, got, want T) {
	t.Helper()
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestDefaults(t *testing.T) {
	set := resolve(t, request())
	equal(t, set, defaults())
	equal(t, set.Map()["image"], any("img/orders"))
	if v, ok := set.Get("tls"); v.Any != true || !ok {
		t.Errorf("got %v, %v", v, ok)
	}
	if _, ok := set.Get("dsn"); ok {
		t.Error("an answer that does not apply is in the set")
	}
}

// scripted answers from a map by key, and otherwise takes what is proposed.
type scripted struct {
	says map[string]string
	err  error
	seen []string
}

func (s *scripted) Ask(_ context.Context, p Prompt) (string, error) {
	s.seen = append(s.seen, p.Question.Key+"="+p.Default)
	if s.err != nil {
		return "", s.err
	}
	text, ok := s.says[p.Question.Key]
	if !ok {
		text = p.Default
	}
	if err := p.Check(text); err != nil {
		return "", errors.New("the prompt would not let this pass: " + err.Error())
	}
	return text, nil
}

func TestPrecedence(t *testing.T) {
	flag, file := Given{Any: "flagged", Origin: FromFlag}, Given{Any: "filed", Origin: FromFile}
	config := map[string]Given{"name": {Any: "configured", Origin: FromConfig}}
	for _, c := range []struct {
		name      string
		given     map[string]Given
		favourite map[string]Given
		says      map[string]string
		want      Value
	}{
		{"default", nil, nil, nil, Value{"name", "orders", FromDefault}},
		{"favourite over default", nil, config, nil, Value{"name", "configured", FromConfig}},
		{"prompt over favourite", nil, config, map[string]string{"name": "typed"}, Value{"name", "typed", FromPrompt}},
		{"favourite taken at the prompt", nil, config, map[string]string{}, Value{"name", "configured", FromConfig}},
		{"default taken at the prompt", nil, nil, map[string]string{}, Value{"name", "orders", FromDefault}},
		{"file over prompt", map[string]Given{"name": file}, config, map[string]string{"name": "typed"}, Value{"name", "filed", FromFile}},
		{"flag over all", map[string]Given{"name": flag}, config, map[string]string{"name": "typed"}, Value{"name", "flagged", FromFlag}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := request()
			r.Given, r.Favourite = c.given, c.favourite
			if c.says != nil {
				r.Asker = &scripted{says: c.says}
			}
			v, _ := resolve(t, r).Get("name")
			equal(t, v, c.want)
		})
	}
}

func TestAsking(t *testing.T) {
	asker := &scripted{says: map[string]string{"database": "postgres", "tls": "no", "langs": "ts,go"}}
	r := request()
	r.Asker, r.Given = asker, map[string]Given{"name": {Any: "given", Origin: FromFlag}}
	set := resolve(t, r)
	// What is given, hidden or does not apply is not asked.
	equal(t, asker.seen, []string{"module_path=x.org/given", "database=sqlite", "dsn=local", "tls=true", "langs="})
	equal(t, set[2:6], Set{
		{"database", "postgres", FromPrompt}, {"dsn", "local", FromDefault}, {"tls", false, FromPrompt}, {"langs", []string{"go", "ts"}, FromPrompt},
	})
}

func TestProposals(t *testing.T) {
	r := request()
	r.Questions[2].Default, r.Questions[4].Default = "oracle", "yes"
	r.Facts.Dir = "Not Good"
	asker := &scripted{says: map[string]string{"name": "good", "database": "sqlite"}}
	r.Asker = asker
	resolve(t, r)
	// A text can be corrected, a choice that is none is not proposed.
	equal(t, asker.seen, []string{"name=Not Good", "module_path=x.org/good", "database=", "tls=true", "langs="})
}

func TestInterrupted(t *testing.T) {
	r := request()
	stop := diag.New(diag.Interrupted, diag.Diagnostic{Code: "interrupted"})
	r.Asker = &scripted{err: stop}
	if set, err := Resolve(t.Context(), r); set != nil || !errors.Is(err, stop) {
		t.Errorf("got %v, %v", set, err)
	}
}

// problems returns the diagnostics of an error of class Usage: code, summary
// and hint, a line each.
func problems(t *testing.T, err error) string {
	t.Helper()
	var d *diag.Error
	if !errors.As(err, &d) || d.Class != diag.Usage {
		t.Fatalf("got %v, want an error of class usage", err)
	}
	var lines []string
	for _, one := range d.Diagnostics {
		lines = append(lines, one.Code+" | "+one.String()+" | "+one.Hint)
	}
	return strings.Join(lines, "\n")
}

func TestAllMissingAtOnce(t *testing.T) {
	r := request()
	r.Facts.Dir = ""
	r.Questions[2].Default, r.Questions[4].Default = "", ""
	_, err := Resolve(t.Context(), r)
	equal(t, problems(t, err), "answer-missing | database is missing: Database | give it with --database sqlite|postgres\n"+
		"answer-missing | name is missing: Name | give it with --name NAME\n"+
		"answer-missing | tls is missing: TLS | give it with --tls TLS")
}

func TestMissingOfAModule(t *testing.T) {
	_, err := Resolve(t.Context(), Request{
		Prefix: "docker.", Questions: []blueprint.Question{
			{Key: "registry_host", Kind: blueprint.Text, Prompt: "Registry"},
			{Key: "base", Kind: blueprint.Choice, Prompt: "Base", Choices: []blueprint.Option{{Value: "a"}, {Value: "b"}}},
		},
	})
	equal(t, problems(t, err), "answer-missing | docker.base is missing: Base | give it with --set docker.base=a|b\n"+
		"answer-missing | docker.registry_host is missing: Registry | give it with --set docker.registry_host=REGISTRY_HOST")
}

func TestModuleAnswers(t *testing.T) {
	r := Request{
		Prefix:    "docker.",
		Questions: []blueprint.Question{{Key: "tag", Kind: blueprint.Text, Prompt: "Tag", Default: "{{.name}}"}},
		Data:      map[string]any{"name": "orders"},
		Given:     map[string]Given{"tag": {Any: "of the base", Origin: FromFlag}},
		Favourite: map[string]Given{"tag": {Any: "of the base", Origin: FromConfig}},
	}
	equal(t, resolve(t, r), Set{{"tag", "orders", FromDefault}})
	r.Favourite["docker.tag"] = Given{Any: "mine", Origin: FromConfig}
	equal(t, resolve(t, r), Set{{"tag", "mine", FromConfig}})
	r.Given["docker.tag"] = Given{Any: "given", Origin: FromFlag}
	equal(t, resolve(t, r), Set{{"tag", "given", FromFlag}})
}

func TestWrongAnswers(t *testing.T) {
	at := diag.Pos{File: "a.yaml", Line: 3}
	long := strings.Repeat("x", longest+1)
	for _, c := range []struct {
		name, key string
		given     any
		want      string
	}{
		{"pattern", "name", "Nope1", `answer-invalid | a.yaml:3: name: "Nope1" does not match ^(?:[a-z]+)$ | lower case`},
		{"empty", "name", "", "answer-invalid | a.yaml:3: name: an answer is needed | lower case"},
		{"empty without a pattern", "module_path", "", "answer-invalid | a.yaml:3: module_path: an answer is needed | "},
		{"line break", "module_path", "a\nb", "answer-invalid | a.yaml:3: module_path: holds a control character or a line break | "},
		{"not UTF-8", "module_path", "a\xff", "answer-invalid | a.yaml:3: module_path: holds a control character or a line break | "},
		{"long", "module_path", long, "answer-invalid | a.yaml:3: module_path: is longer than 1024 bytes | "},
		{"list for a text", "module_path", []any{"a"}, "answer-invalid | a.yaml:3: module_path: a single value is needed | "},
		{"nothing for a text", "module_path", nil, "answer-invalid | a.yaml:3: module_path: a single value is needed | "},
		{"mapping for a choice", "database", map[string]any{}, "answer-invalid | a.yaml:3: database: a single value is needed | "},
		{"choice", "database", "postgre", `answer-invalid | a.yaml:3: database: "postgre" is not one of sqlite, postgres; did you mean "postgres"? | `},
		{"no choice is near", "database", "x", `answer-invalid | a.yaml:3: database: "x" is not one of sqlite, postgres | `},
		{"bool", "tls", "maybe", `answer-invalid | a.yaml:3: tls: "maybe" is not true or false | `},
		{"multi", "langs", "go,java", `answer-invalid | a.yaml:3: langs: "java" is not one of go, ts, c | `},
		{"idle", "dsn", "x", "answer-idle | a.yaml:3: dsn does not apply here | leave it out"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := request()
			r.Given = map[string]Given{c.key: {Any: c.given, Origin: FromFile, At: at}}
			_, err := Resolve(t.Context(), r)
			equal(t, problems(t, err), c.want)
		})
	}
}

func TestWrongAnswersAllAtOnce(t *testing.T) {
	r := request()
	r.Given = map[string]Given{
		"database": {Any: "x", Origin: FromFlag}, "tls": {Any: "x", Origin: FromFlag}, "name": {Any: "X", Origin: FromFlag},
	}
	r.Questions[1].Pattern = regexp.MustCompile(`^x\.org/.+$`) // its default follows from the wrong name
	_, err := Resolve(t.Context(), r)
	equal(t, problems(t, err), `answer-invalid | database: "x" is not one of sqlite, postgres | `+"\n"+
		`answer-invalid | name: "X" does not match ^(?:[a-z]+)$ | lower case`+"\n"+
		`answer-invalid | tls: "x" is not true or false | `)
}

func TestWrongDefaultNamesTheFlag(t *testing.T) {
	r := request()
	r.Facts.Dir = "42"
	_, err := Resolve(t.Context(), r)
	equal(t, problems(t, err), `answer-invalid | name: "42" does not match ^(?:[a-z]+)$ | lower case; give it with --name NAME`)
}

func TestBrokenTemplates(t *testing.T) {
	for name, change := range map[string]func(*Request){
		"default":  func(r *Request) { r.Questions[0].Default = "{{.nope}}" },
		"when":     func(r *Request) { r.Questions[0].When = ".nope" },
		"computed": func(r *Request) { r.Computed[0].Template = "{{.nope}}" },
		"later":    func(r *Request) { r.Questions[0].Default = "{{.database}}" },
	} {
		r := request()
		change(&r)
		if _, err := Resolve(t.Context(), r); diag.ClassOf(err) != diag.Blueprint {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestParse(t *testing.T) {
	multi := blueprint.Question{Kind: blueprint.Multi, Choices: []blueprint.Option{{Value: "a"}, {Value: "b"}}}
	text := blueprint.Question{Kind: blueprint.Text}
	boolean := blueprint.Question{Kind: blueprint.Bool}
	for _, c := range []struct {
		q     blueprint.Question
		given any
		want  any
	}{
		{boolean, "true", true},
		{boolean, "YES", true},
		{boolean, "on", true},
		{boolean, int64(1), true},
		{boolean, true, true},
		{boolean, "n", false},
		{boolean, "Off", false},
		{boolean, false, false},
		{multi, "", []string{}},
		{multi, nil, []string{}},
		{multi, " b , a,,b", []string{"a", "b"}},
		{multi, []any{"b", "a", "b"}, []string{"a", "b"}},
		{multi, []string{"b"}, []string{"b"}},
		{text, "é", "é"},
		{text, int64(7), "7"},
		{text, 1.5, "1.5"},
		{text, 123456789012345678901234567890.0, "123456789012345680000000000000"},
		{text, true, "true"},
	} {
		got, why := parse(c.q, c.given)
		if why != "" {
			t.Errorf("%v: %s", c.given, why)
		}
		equal(t, got, c.want)
	}
}

// What Resolve gives back, given again, is the same: nobody's list is sorted
// under their hands.
func TestGivenIsNotChanged(t *testing.T) {
	list := []string{"ts", "go"}
	r := request()
	r.Given = map[string]Given{"langs": {Any: list, Origin: FromFile}}
	v, _ := resolve(t, r).Get("langs")
	equal(t, v.Any, any([]string{"go", "ts"}))
	equal(t, list, []string{"ts", "go"})
}
