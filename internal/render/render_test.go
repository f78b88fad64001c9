package render

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"groundsill.example/internal/blueprint"
	"groundsill.example/internal/diag"
	"groundsill.example/internal/record"
	"groundsill.example/internal/resource"
	"groundsill.example/internal/tree"
)

const head = "name: demo\nversion: 1.2.3\ndescription: a demo\nengine: 1\n"

func path(tb testing.TB, s string) tree.Path {
	tb.Helper()
	p, err := tree.ParsePath(s)
	if err != nil {
		tb.Fatal(err)
	}
	return p
}

// load makes a blueprint of a manifest and of paths and contents, in turn.
func load(tb testing.TB, manifest string, pairs ...string) *blueprint.Blueprint {
	tb.Helper()
	var b tree.Builder
	pairs = append([]string{blueprint.ManifestName, head + manifest}, pairs...)
	for i := 0; i < len(pairs); i += 2 {
		if err := b.Add(path(tb, pairs[i]), tree.File{Data: []byte(pairs[i+1]), Mode: tree.Regular}); err != nil {
			tb.Fatal(err)
		}
	}
	loaded, err := blueprint.Load(b.Tree())
	if err != nil {
		tb.Fatal(err)
	}
	return loaded
}

// words returns the resources that words describe.
func words(tb testing.TB, lines ...string) []resource.Resource {
	tb.Helper()
	var all []resource.Resource
	for _, line := range lines {
		r, err := resource.ParseWords(line)
		if err != nil {
			tb.Fatal(err)
		}
		all = append(all, r)
	}
	return all
}

// shop is a record with resources that refer to each other.
func shop(tb testing.TB) record.Record {
	tb.Helper()
	resources := words(tb,
		"order total:decimal,10,2:required customer:references:required",
		"customer name:string:required parent:references,customer",
		"address city:string customer:references",
	)
	return record.Record{
		Answers:   map[string]any{"name": "shop", "tags": []string{"a", "b"}},
		Resources: resources,
		Modules:   map[string]map[string]any{"web": {"port": "80"}},
		Schema:    record.Initial(resource.Sorted(resources)),
	}
}

func render(tb testing.TB, b *blueprint.Blueprint, rec record.Record) Output {
	tb.Helper()
	out, err := Render(b, rec)
	if err != nil {
		tb.Fatal(err)
	}
	return out
}

func contents(out Output) map[string]string {
	all := map[string]string{}
	for p, f := range out.Tree.All() {
		all[p.String()] = string(f.Data)
	}
	return all
}

func equal[T any](t *testing.T, got, want T) {
	t.Helper()
	if d := cmp.Diff(want, got, cmp.AllowUnexported(tree.Path{})); d != "" {
		t.Error(d)
	}
}

func TestRender(t *testing.T) {
	b := load(t, `
questions:
  - {key: name, type: text, prompt: P}
  - {key: tags, type: multi, prompt: P, choices: [a, b, c]}
  - {key: unasked, type: bool, prompt: P, when: 'eq .name "x"'}
facts: {port: "80{{len .name}}", servers: {a: {URL: 'a://{{.name}}'}, b: {}}}
files:
  - {path: 'r/*', for: resources as resource}
  - {path: 'n/*', for: resources_by_name as resource}
  - {path: 'm/*', for: schema as entry, frozen: true}
  - {path: 't/*', for: tags as tag}
  - {path: 'never', when: .unasked}
  - {path: 'city/**', for: resources as resource, when: 'eq .resource.name "address"'}
  - {path: 'run.sh', mode: "0755", frozen: true}
  - {path: 'ci.yml', delims: ["[[", "]]"], merge: union}
commands: {build: [make, 'bin/{{.name}}']}
setup: [[go, mod, '{{.name}}']]
next:
  - {command: 'cd {{.name}}', why: 'port {{.facts.port}}'}
  - {command: never, why: never, when: .unasked}
`,
		"files/r/{{.resource.name}}.txt.tmpl", "{{.resource.plural}} {{.resource.targets}} {{.resource.referrers}}",
		"files/n/{{.resource.name}}.tmpl", "{{.resource.name}}",
		"files/m/{{.entry.at}}_{{.entry.resource.name}}.sql.tmpl", "{{.entry.kind}} {{.entry.before}} {{.entry.after.name}}",
		"files/t/{{.tag}}.tmpl", "{{.tag}}",
		"files/never.tmpl", "{{fail \"never\"}}",
		"files/city/{{.resource.name}}.tmpl", "x",
		"files/run.sh", "#!/bin/sh {{as it is}}\n\n\n",
		"files/ci.yml.tmpl", "${{ github }} [[.name]] {{.name}}",
		"files/{{if false}}x{{end}}/left-out.tmpl", "{{fail \"never\"}}",
		"files/empty.tmpl", "{{if .unasked}}x{{end}}\n\n",
		"files/end.txt.tmpl", "a  \nb \t\n \n\n",
		"files/main.go.tmpl", "package  main\nfunc main( ) { println({{quote .name}})}",
		"files/raw.go", "package  main",
		"files/names.tmpl", "{{range .resources}}{{.name}} {{end}}|{{range .resources_by_name}}{{.name}} {{end}}|{{.modules.web.port}}{{.modules.off}}"+
			"|{{.commands.build}}|{{.uses.decimal}}{{.uses.uuid}}|{{.blueprint.name}} {{.blueprint.version}}|{{.facts.port}}",
		"files/facts.tmpl", "{{with index .facts.servers \"a\"}}{{.URL}}{{end}}|{{with index .facts.servers \"c\"}}c{{end}}|{{range $k, $v := .facts.servers}}{{$k}} {{$v}},{{end}}",
		"files/include.tmpl", "{{include \"p\" . | upper}}",
		"partials/p.tmpl", "of {{.name}}\n",
		"modules/web/module.yaml", "summary: s\nquestions: [{key: port, type: text, prompt: P}, {key: tls, type: bool, prompt: P}]",
		"modules/web/files/web.txt.tmpl", "{{.modules.web.tls}}",
		"modules/off/module.yaml", "summary: s", "modules/off/files/off.txt", "off",
	)
	out := render(t, b, shop(t))
	equal(t, contents(out), map[string]string{
		"r/customer.txt":       "customers [] [address order]\n",
		"r/order.txt":          "orders [customer] []\n",
		"r/address.txt":        "addresses [customer] []\n",
		"n/customer":           "customer\n",
		"n/order":              "order\n",
		"n/address":            "address\n",
		"m/00001_customer.sql": "create false customer\n",
		"m/00002_address.sql":  "create false address\n",
		"m/00003_order.sql":    "create false order\n",
		"t/a":                  "a\n",
		"t/b":                  "b\n",
		"city/address":         "x\n",
		"run.sh":               "#!/bin/sh {{as it is}}\n\n\n",
		"ci.yml":               "${{ github }} shop {{.name}}\n",
		"empty":                "",
		"end.txt":              "a  \nb\n",
		"main.go":              "package main\n\nfunc main() { println(\"shop\") }\n",
		"raw.go":               "package  main",
		"names":                "customer address order |address customer order |80false|[make bin/shop]|truefalse|demo 1.2.3|804\n",
		"facts":                "a://shop||a map[URL:a://shop],b map[],\n",
		"include":              "OF SHOP\n",
		"web.txt":              "false\n",
	})
	if f, _ := out.Tree.File(path(t, "run.sh")); f.Mode != tree.Executable {
		t.Errorf("run.sh has mode %s", f.Mode)
	}
	equal(t, out.Merge, map[tree.Path]string{path(t, "ci.yml"): blueprint.MergeUnion})
	equal(t, out.Frozen, map[tree.Path]string{
		path(t, "m/00001_customer.sql"): "00001", path(t, "m/00002_address.sql"): "00002", path(t, "m/00003_order.sql"): "00003",
		path(t, "run.sh"): "",
	})
	equal(t, out.Commands, map[string][]string{"build": {"make", "bin/shop"}})
	equal(t, out.Setup, [][]string{{"go", "mod", "shop"}})
	equal(t, out.Next, []Step{{"cd shop", "port 804"}})
}

func TestMistakes(t *testing.T) {
	const perResource = "files: [{path: '*resource*', for: resources as resource}]\n"
	for _, c := range []struct {
		name, manifest string
		files          []string
		want           string
	}{
		{"undefined", "", []string{"files/a.tmpl", "x\n{{.nope}}"}, "files/a.tmpl:2:3 template-undefined"},
		{"syntax", "", []string{"files/a.tmpl", "{{if"}, "files/a.tmpl:1 template-syntax"},
		{"path", "", []string{"files/{{.nope}}.tmpl", ""}, "files/{{.nope}}.tmpl template-undefined"},
		{"condition", "files: [{path: a, when: .nope}]", []string{"files/a.tmpl", ""}, "files/a.tmpl template-undefined"},
		{"partial", "", []string{"partials/p.tmpl", "{{"}, "partials/p.tmpl:1 template-syntax"},
		{"fact", "facts: {a: '{{.nope}}'}", nil, "blueprint.yaml:5:12 template-undefined"},
		{"fact in a group", "facts: {a: {b: '{{.nope}}'}}", nil, "blueprint.yaml:5:16 template-undefined"},
		{"command", "commands: {build: ['{{.nope}}']}", nil, "blueprint.yaml:5:19 template-undefined"},
		{"command without a program", "commands: {build: ['{{.x}}']}\nquestions: [{key: x, type: text, prompt: P}]", nil, "blueprint.yaml:5:19 command-empty"},
		{"setup", "setup: [['{{.nope}}']]", nil, "blueprint.yaml template-undefined"},
		{"step", "next: [{command: a, why: '{{.nope}}'}]", nil, "blueprint.yaml template-undefined"},
		{"Go", "", []string{"files/a.go.tmpl", "package ("}, "files/a.go.tmpl output-syntax"},
		{"climbs", "facts: {up: ..}", []string{"files/{{.facts.up}}/a.tmpl", ""}, "files/{{.facts.up}}/a.tmpl path-escapes"},
		{"git", "facts: {up: .git}", []string{"files/{{.facts.up}}/a", ""}, "files/{{.facts.up}}/a path-git"},
		{"line break", `facts: {up: "a\nb"}`, []string{"files/{{.facts.up}}/a", ""}, "files/{{.facts.up}}/a path-character"},
		{"record", "", []string{"files/sill.yaml", ""}, "files/sill.yaml path-reserved"},
		{"record in another case", "", []string{"files/SILL.YAML.tmpl", ""}, "files/SILL.YAML.tmpl path-reserved"},
		{"bundle", "", []string{"files/.sill/x", ""}, "files/.sill/x path-reserved"},
		{"same file twice", "", []string{"files/a", "", "files/a.tmpl", ""}, "files/a.tmpl path-collision"},
		{"file of the base", "", []string{"files/a", "", "modules/web/module.yaml", "summary: s", "modules/web/files/A", ""}, "modules/web/files/A path-collision"},
		{"one file for every resource", "files: [{path: a, for: resources as resource}]", []string{"files/a.tmpl", ""}, "files/a.tmpl path-collision"},
		{
			"only the first resource", "files: [{path: '*resource*', for: resources as resource, when: 'ne .resource.name (.resource.name | eq \"customer\" | ternary 1 \"x\")'}]",
			[]string{"files/{{.resource.name}}.tmpl", "x"},
			"files/{{.resource.name}}.tmpl template-failed",
		},
		{"only the last resource", perResource, []string{"files/{{.resource.name}}.tmpl", "{{if eq .resource.name \"order\"}}{{fail \"no\"}}{{end}}"}, "files/{{.resource.name}}.tmpl:1:35 template-failed"},
		{
			"all at once", "",
			[]string{"files/a.tmpl", "{{.nope}}", "files/b.tmpl", "{{", "files/.sill/c", "", "files/d.go.tmpl", "-"},
			"files/.sill/c path-reserved\nfiles/a.tmpl:1:3 template-undefined\nfiles/b.tmpl:1 template-syntax\nfiles/d.go.tmpl output-syntax",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			rec := shop(t)
			rec.Answers = nil
			out, err := Render(load(t, c.manifest, c.files...), rec)
			equal(t, mistakes(t, err), c.want)
			if out.Tree.Len() != 0 {
				t.Errorf("a failed rendering gave %d files", out.Tree.Len())
			}
		})
	}
}

// mistakes returns the codes of an error with their places, a line each.
func mistakes(t *testing.T, err error) string {
	t.Helper()
	var d *diag.Error
	if !errors.As(err, &d) || d.Class != diag.Blueprint {
		t.Fatalf("got %v, want an error of class blueprint", err)
	}
	var lines []string
	for _, one := range d.Diagnostics {
		if one.At.File == "" || one.Summary == "" {
			t.Errorf("no place: %+v", one)
		}
		lines = append(lines, one.At.String()+" "+one.Code)
	}
	return strings.Join(lines, "\n")
}

func TestTooMuchOutput(t *testing.T) {
	big := "{{repeat 1000000 \"x\"}}{{repeat 1000000 \"x\"}}{{repeat 1000000 \"x\"}}"
	var pairs []string
	for i := range maxBytes/3_000_000 + 2 {
		pairs = append(pairs, fmt.Sprintf("files/f%d.tmpl", i), big)
	}
	for range 3 {
		_, err := Render(load(t, "", pairs...), record.Record{})
		equal(t, mistakes(t, err), "blueprint.yaml output-large")
	}
}

func TestTooManyFiles(t *testing.T) {
	var pairs []string
	for i := range maxFiles/3 + 1 {
		pairs = append(pairs, fmt.Sprintf("files/f%d-{{.resource.name}}", i), "")
	}
	_, err := Render(load(t, "files: [{path: '*', for: resources as resource}]", pairs...), shop(t))
	equal(t, mistakes(t, err), "blueprint.yaml output-large")
}

// random makes a blueprint of templates that use every kind of data.
func random(t *testing.T, r *rand.Rand) *blueprint.Blueprint {
	t.Helper()
	bodies := []string{
		"{{.name}}\n", "{{range .resources}}{{.name}}: {{range .fields}}{{.name}} {{.samples}} {{end}}\n{{end}}", "{{. | toJson}}",
		"{{.modules}}{{.facts}}", "{{printf \"%v\" .}}", "{{template \"p\" .}}", "{{include \"p\" . | indent 3}}", "{{keys .uses}}",
		"{{range $k, $v := .uses}}{{$k}}{{$v}}{{end}}", "{{define \"own\"}}{{.name}}{{end}}{{template \"own\" .}}", "plain", "{{.resource}}",
	}
	pairs := []string{
		"partials/p.tmpl", "{{range .schema}}{{.at}}{{.resource.name}}{{end}}",
		"files/e-{{.name}}.tmpl", bodies[0], "modules/web/module.yaml", "summary: s", "modules/web/files/w.tmpl", bodies[1],
	}
	for i := range 1 + r.IntN(30) {
		body := r.IntN(len(bodies))
		name := fmt.Sprintf("files/d%d/f%d.tmpl", r.IntN(4), i)
		if body == len(bodies)-1 {
			name = fmt.Sprintf("files/each%d-{{.resource.name}}.tmpl", i)
		}
		pairs = append(pairs, name, bodies[body])
	}
	pairs = append(pairs, "files/each-{{.resource.name}}.tmpl", "{{.resource}}")
	return load(t, "facts: {a: b, c: '{{.name}}'}\nfiles: [{path: 'each*', for: resources as resource}]\n", pairs...)
}

// The same record gives the same bytes: again, in every order of the record,
// and on any number of processors.
func TestRenderingIsAFunction(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	for range 60 {
		b, rec := random(t, r), shop(t)
		runtime.GOMAXPROCS(1)
		want := render(t, b, rec)
		for _, processors := range []int{1, 8} {
			runtime.GOMAXPROCS(processors)
			rec.Resources = slices.Clone(rec.Resources)
			r.Shuffle(len(rec.Resources), func(i, j int) {
				rec.Resources[i], rec.Resources[j] = rec.Resources[j], rec.Resources[i]
			})
			rec.Modules = maps.Clone(rec.Modules)
			rec.Modules["unknown"] = map[string]any{}
			got := render(t, b, rec)
			if !got.Tree.Equal(want.Tree) {
				t.Fatal(cmp.Diff(contents(want), contents(got)))
			}
			delete(rec.Modules, "unknown")
			equal(t, got.Commands, want.Commands)
		}
	}
}

// Which mistakes are reported does not depend on the number of processors.
func TestFailuresAreAFunction(t *testing.T) {
	var pairs []string
	for i := range 50 {
		pairs = append(pairs, fmt.Sprintf("files/f%02d.tmpl", i), strings.Repeat("\n", i)+"{{.nope}}")
	}
	b := load(t, "", pairs...)
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	want := ""
	for _, processors := range []int{1, 8, 8, 3} {
		runtime.GOMAXPROCS(processors)
		_, err := Render(b, record.Record{})
		got := mistakes(t, err)
		if want == "" {
			want = got
		}
		equal(t, got, want)
		if strings.Count(got, "template-undefined") != 50 {
			t.Errorf("got\n%s", got)
		}
	}
}

// The data of templates is made of plain values only, so that a template can
// call no method.
func TestDataIsPlain(t *testing.T) {
	b := load(t, "questions: [{key: on, type: bool, prompt: P}, {key: tags, type: multi, prompt: P, choices: [a]}]", "modules/web/module.yaml", "summary: s")
	rec := shop(t)
	seen := map[string]any{}
	spy := func(key string, v any) { seen[key] = v }
	data, err := newData(nil, b, rec)
	if err != nil {
		t.Fatal(err)
	}
	checkPlain(t, "", data, spy)
	for _, key := range []string{".resources[].fields[].samples[]", ".modules.web.port", ".schema[].after.name", ".tags[]", ".on"} {
		if _, ok := seen[key]; !ok {
			t.Errorf("there is no %s", key)
		}
	}
}

func checkPlain(t *testing.T, at string, v any, spy func(string, any)) {
	t.Helper()
	spy(at, v)
	switch v := v.(type) {
	case string, bool, int:
	case []any:
		for _, item := range v {
			checkPlain(t, at+"[]", item, spy)
		}
	case map[string]any:
		for key, item := range v {
			checkPlain(t, at+"."+key, item, spy)
		}
	default:
		t.Errorf("%s is a %T", at, v)
	}
}

func TestOneFinalNewline(t *testing.T) {
	for in, want := range map[string]string{
		"": "", "\n\n": "", " \t\n": "", "a": "a\n", "a\n": "a\n", "a\n\n\n": "a\n", "a \n \n": "a\n", "\na": "\na\n", "a\r\n": "a\r\n",
	} {
		if got := string(oneFinalNewline([]byte(in))); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

func TestHasEmptySegment(t *testing.T) {
	for name, want := range map[string]bool{"": true, "/a": true, "a/": true, "a//b": true, "a": false, "a/b": false} {
		if got := hasEmptySegment(name); got != want {
			t.Errorf("%q: got %v", name, got)
		}
	}
}

func FuzzRender(f *testing.F) {
	f.Add("a", "{{.name}}", ".name")
	f.Add("{{.name}}", "{{range .resources}}{{.}}{{end}}", "eq .name \"x\"")
	f.Add("{{.name}}/../x", "{{", "")
	f.Add("a.go", "package a; func", "or")
	f.Add("sill.yaml", "{{.resources | toPrettyJson}}", "not false")
	f.Fuzz(func(t *testing.T, name, body, when string) {
		b := &blueprint.Blueprint{Base: blueprint.Part{Manifest: blueprint.ManifestName}}
		source := path(t, "files/x.tmpl")
		b.Content = tree.Of(map[tree.Path]tree.File{source: {Data: []byte(body), Mode: tree.Regular}})
		b.Base.Templates = []blueprint.Template{{Source: source, Name: name, Mode: tree.Regular, When: []string{when}}}
		rec := shop(t)
		out, err := Render(b, rec)
		if err != nil {
			mistakes(t, err)
			return
		}
		if again := render(t, b, rec); !again.Tree.Equal(out.Tree) {
			t.Fatalf("two renderings differ: %v and %v", contents(out), contents(again))
		}
	})
}
