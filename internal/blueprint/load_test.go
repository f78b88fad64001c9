package blueprint

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"groundsill.example/internal/diag"
	"groundsill.example/internal/tree"
)

const head = "name: demo\nversion: 1.2.3\ndescription: a demo\nengine: 1\n"

func TestLoad(t *testing.T) {
	b, err := Load(files(t, ManifestName, head+`
reserved: [health]
questions:
  - {key: name, type: text, prompt: Name, pattern: '[a-z]+', hint: lower case}
  - {key: loud, type: bool, prompt: Loud, default: true, when: 'eq .name "x"', hidden: true}
  - {key: db, type: choice, prompt: Database, default: a, choices: [a, {value: b, help: bee}]}
  - {key: langs, type: multi, prompt: Languages, choices: [go, ts], optional: true}
computed:
  image: 'x/{{.name}}'
facts: {port: 8080, servers: {db: {PORT: '{{.name}}'}}}
files:
  - {path: '**', when: .loud}
  - {path: 'bin/*', mode: "0755", raw: true}
  - {path: 'm/*.go', for: resources as resource, delims: ["[[", "]]"], frozen: true, merge: union}
  - {path: 'l/*', for: langs as lang, when: .name}
locks: [{format: go, manifest: go.mod, from: locks/go.json}]
commands: {build: [go, build], test: [go, test]}
setup: [[go, mod, download]]
next: [{command: make, why: because, when: .loud}]
`,
		"files/bin/run", "#!", "files/m/x.go.tmpl", "x", "files/l/y.tmpl", "y", "locks/go.json", "{}",
		"partials/deep/p.tmpl", "part", "modules/web/module.yaml", "summary: Web\ndefault: true\nat: git-root\nneeds: [api]\n",
		"modules/web/files/index.html", "<html>", "modules/api/module.yaml", "summary: API\n"))
	if err != nil {
		t.Fatal(err)
	}
	at := func(line int) diag.Pos { return diag.Pos{File: ManifestName, Line: line, Column: 5} }
	if b.Name != "demo" || b.Version != "1.2.3" || b.Description != "a demo" || b.Digest != Digest(b.Content) {
		t.Errorf("got %s %s %s %s", b.Name, b.Version, b.Description, b.Digest)
	}
	var questions []Question
	for _, q := range b.Base.Questions {
		q.Pattern = nil
		questions = append(questions, q)
	}
	check(t, questions, []Question{
		{Key: "name", Kind: Text, Prompt: "Name", Hint: "lower case", At: at(8)},
		{Key: "loud", Kind: Bool, Prompt: "Loud", Default: "true", When: `eq .name "x"`, Hidden: true, At: at(9)},
		{Key: "db", Kind: Choice, Prompt: "Database", Default: "a", Choices: []Option{{"a", ""}, {"b", "bee"}}, At: at(10)},
		{Key: "langs", Kind: Multi, Prompt: "Languages", Choices: []Option{{"go", ""}, {"ts", ""}}, Optional: true, At: at(11)},
	})
	if form := b.Base.Questions[0].Pattern; !form.MatchString("ab") || form.MatchString("ab1") || form.MatchString("1ab") || form.MatchString("ab\n") {
		t.Errorf("the pattern %s is not anchored", form)
	}
	opts := cmp.AllowUnexported(tree.Path{})
	wantTemplates := []Template{
		{Source: path(t, "files/bin/run"), Name: "bin/run", Raw: true, Mode: tree.Executable, When: []string{".loud"}},
		{
			Source: path(t, "files/l/y.tmpl"), Name: "l/y", Mode: tree.Regular,
			When: []string{".loud", ".name"}, Each: Each{"langs", "lang"},
		},
		{
			Source: path(t, "files/m/x.go.tmpl"), Name: "m/x.go", Mode: tree.Regular, When: []string{".loud"},
			Each: Each{"resources", "resource"}, Left: "[[", Right: "]]", Frozen: true, Merge: MergeUnion,
		},
	}
	if d := cmp.Diff(wantTemplates, b.Base.Templates, opts); d != "" {
		t.Error(d)
	}
	check(t, b.Partials, map[string]string{"deep/p": "part"})
	check(t, b.Reserved, []string{"health"})
	check(t, b.Setup, [][]string{{"go", "mod", "download"}})
	check(t, b.Locks, []Lock{{"go", "go.mod", "locks/go.json"}})
	check(t, b.Next, []Step{{"make", "because", ".loud"}})
	check(t, b.Facts, []Fact{
		{Key: "port", Template: "8080", At: diag.Pos{File: ManifestName, Line: 14, Column: 15}},
		{Key: "servers", At: diag.Pos{File: ManifestName, Line: 14, Column: 30}, Group: []Fact{
			{Key: "db", At: diag.Pos{File: ManifestName, Line: 14, Column: 35}, Group: []Fact{
				{Key: "PORT", Template: "{{.name}}", At: diag.Pos{File: ManifestName, Line: 14, Column: 42}},
			}},
		}},
	})
	if len(b.Modules) != 2 || b.Modules[0].Name != "api" || b.Modules[1].Name != "web" {
		t.Fatalf("modules %v", b.Modules)
	}
	web := b.Modules[1]
	if !web.Default || !web.GitRoot || web.Summary != "Web" || web.Templates[0].Name != "index.html" || !web.Templates[0].Raw {
		t.Errorf("got %+v", web)
	}
	if parts := b.Parts(func(name string) bool { return name == "web" }); len(parts) != 2 || parts[1].Dir != "modules/web/files/" {
		t.Errorf("got %d parts", len(parts))
	}
}

func check[T any](t *testing.T, got, want T) {
	t.Helper()
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
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

func TestMistakes(t *testing.T) {
	question := func(rest string) string { return head + "questions:\n  - {prompt: P, " + rest + "}\n" }
	for _, c := range []struct {
		name, manifest string
		more           []string
		want           string
	}{
		{name: "YAML", manifest: "a: [", want: "blueprint.yaml:2:1 yaml-syntax"},
		{name: "tag", manifest: "name: !!binary x\n", want: "blueprint.yaml:1:7 yaml-tag"},
		{name: "nothing", manifest: "{}", want: strings.Repeat("\nblueprint.yaml:1:1 yaml-missing", 4)[1:]},
		{name: "unknown key", manifest: head + "hooks: []\n", want: "blueprint.yaml:5:1 yaml-unknown"},
		{name: "newer engine", manifest: strings.Replace(head, "engine: 1", "engine: 2", 1), want: "blueprint.yaml:4:9 engine-unknown"},
		{name: "empty name", manifest: strings.Replace(head, "demo", "''", 1), want: "blueprint.yaml:1:7 manifest-form"},
		{name: "long name", manifest: strings.Replace(head, "demo", strings.Repeat("a", 64), 1), want: "blueprint.yaml:1:7 manifest-form"},
		{name: "version", manifest: strings.Replace(head, "1.2.3", "v1", 1), want: "blueprint.yaml:2:10 manifest-form"},
		{name: "kind", manifest: question("key: a, type: number"), want: "blueprint.yaml:6:31 manifest-form"},
		{name: "no kind", manifest: question("key: a"), want: "blueprint.yaml:6:5 yaml-missing"},
		{name: "key form", manifest: question("key: a-b, type: text"), want: "blueprint.yaml:6:22 manifest-form"},
		{name: "no choices", manifest: question("key: a, type: choice"), want: "blueprint.yaml:6:5 manifest-form"},
		{name: "idle choices", manifest: question("key: a, type: bool, choices: [x]"), want: "blueprint.yaml:6:46 manifest-form"},
		{name: "choice twice", manifest: question("key: a, type: choice, choices: [x, x]"), want: "blueprint.yaml:6:48 manifest-form"},
		{name: "comma", manifest: question("key: a, type: multi, choices: ['x,y']"), want: "blueprint.yaml:6:47 manifest-form"},
		{name: "default", manifest: question("key: a, type: choice, choices: [x], default: y"), want: "blueprint.yaml:6:62 manifest-form"},
		{name: "pattern", manifest: question("key: a, type: text, pattern: '('"), want: "blueprint.yaml:6:46 manifest-form"},
		{name: "reserved key", manifest: question("key: modules, type: text"), want: "blueprint.yaml:6:5 key-taken"},
		{
			name: "key twice", want: "blueprint.yaml:7:5 key-taken",
			manifest: question("key: a, type: text") + "  - {prompt: P, key: a, type: bool}\n",
		},
		{name: "computed twice", manifest: question("key: a, type: text") + "computed: {a: x}\n", want: "blueprint.yaml:7:15 key-taken"},
		{name: "glob", manifest: head + "files:\n  - {path: '[', when: x}\n", want: "blueprint.yaml:6:5 rule-unused\nblueprint.yaml:6:12 manifest-form"},
		{name: "unused rule", manifest: head + "files: [{path: nope}]\n", want: "blueprint.yaml:5:9 rule-unused"},
		{name: "mode", manifest: head + "files: [{path: a, mode: '4755'}]\n", want: "blueprint.yaml:5:25 manifest-form"},
		{name: "merge", manifest: head + "files: [{path: a, merge: theirs}]\n", want: "blueprint.yaml:5:26 manifest-form"},
		{name: "delims", manifest: head + "files: [{path: a, delims: [x]}]\n", want: "blueprint.yaml:5:27 manifest-form"},
		{name: "for", manifest: head + "files: [{path: a, for: each resource}]\n", want: "blueprint.yaml:5:24 manifest-form"},
		{name: "for an unknown list", manifest: head + "files: [{path: a, for: modules as m}]\n", want: "blueprint.yaml:5:9 rule-list"},
		{name: "for hides a key", manifest: head + "files: [{path: a, for: resources as uses}]\n", want: "blueprint.yaml:5:9 rule-list"},
		{name: "fact form", manifest: head + "facts: {PORT: x}\n", want: "blueprint.yaml:5:15 manifest-form"},
		{name: "fact in a group", manifest: head + "facts: {db: {a-b: x}}\n", want: "blueprint.yaml:5:19 manifest-form"},
		{name: "fact list", manifest: head + "facts: {db: [x]}\n", want: "blueprint.yaml:5:13 yaml-type"},
		{name: "command", manifest: head + "commands: {build: []}\n", want: "blueprint.yaml:5:19 manifest-form"},
		{name: "unknown command", manifest: head + "commands: {deploy: [x]}\n", want: "blueprint.yaml:5:12 yaml-unknown"},
		{name: "setup", manifest: head + "setup: [[]]\n", want: "blueprint.yaml:5:9 manifest-form"},
		{name: "lock format", manifest: head + "locks: [{format: cargo, manifest: go.mod, from: files/a}]\n", want: "blueprint.yaml:5:18 manifest-form"},
		{name: "lock climbs", manifest: head + "locks: [{format: go, manifest: ../go.mod, from: ../a}]\n", want: "blueprint.yaml lock-missing\nblueprint.yaml lock-manifest"},
		{name: "partial", manifest: head, more: []string{"partials/x.txt", ""}, want: "partials/x.txt partial-name"},
		{name: "module without manifest", manifest: head, more: []string{"modules/x/files/a", ""}, want: "modules/x/module.yaml module-manifest"},
		{name: "module name", manifest: head, more: []string{"modules/X/module.yaml", "summary: s"}, want: "modules/X/module.yaml:1:1 manifest-form"},
		{name: "module at", manifest: head, more: []string{"modules/x/module.yaml", "summary: s\nat: root"}, want: "modules/x/module.yaml:2:5 manifest-form"},
		{name: "module needs", manifest: head, more: []string{"modules/x/module.yaml", "summary: s\nneeds: [y]"}, want: "modules/x/module.yaml module-unknown"},
		{name: "module conflicts", manifest: head, more: []string{"modules/x/module.yaml", "summary: s\nconflicts: [y]"}, want: "modules/x/module.yaml module-unknown"},
		{name: "module against an answer that is not there", manifest: head, more: []string{"modules/x/module.yaml", "summary: s\nconflicts: [y=z]"}, want: "modules/x/module.yaml module-unknown"},
		{name: "module against itself", manifest: head, more: []string{"modules/x/module.yaml", "summary: s\nconflicts: [x]"}, want: "modules/x/module.yaml module-impossible"},
		{
			name: "module key", manifest: head, want: "modules/x/module.yaml:3:5 key-taken",
			more: []string{"modules/x/module.yaml", "summary: s\nquestions:\n  - {key: name, type: text, prompt: P}"},
		},
		{name: "module rule", manifest: head, more: []string{"modules/x/module.yaml", "summary: s\nfiles: [{path: a}]"}, want: "modules/x/module.yaml:2:9 rule-unused"},
		{
			name:     "all at once",
			manifest: head + "hooks: []\nfiles: [{path: nope}]\nlocks: [{format: go, manifest: go.mod, from: nope}]\n",
			more:     []string{"modules/x/module.yaml", "needs: [y]", "partials/p", ""},
			want: "blueprint.yaml lock-missing\nblueprint.yaml:5:1 yaml-unknown\nblueprint.yaml:6:9 rule-unused\n" +
				"modules/x/module.yaml module-unknown\nmodules/x/module.yaml:1:1 yaml-missing\npartials/p partial-name",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			content := files(t, append([]string{ManifestName, c.manifest, "files/a", "", "files/go.mod.tmpl", ""}, c.more...)...)
			_, err := Load(content)
			check(t, mistakes(t, err), c.want)
		})
	}
	_, err := Load(tree.Tree{})
	var d *diag.Error
	if !errors.As(err, &d) || d.Code() != "blueprint-manifest" {
		t.Errorf("without a manifest: %v", err)
	}
}

func TestRuleMatches(t *testing.T) {
	for _, c := range []struct {
		glob, rel string
		want      bool
	}{
		{"a.go", "a.go", true},
		{"a.go", "a.go.tmpl", true},
		{"a.go.tmpl", "a.go.tmpl", true},
		{"a.go.tmpl", "a.go", false},
		{"*.go", "a/b.go.tmpl", false},
		{"**/*.go", "a/b/c.go.tmpl", true},
		{"**", "x/y", true},
		{"{a,b}", "b.tmpl", true},
		{"*[{][{].resource.*", "x_{{.resource.name}}.go.tmpl", true},
		{"*[{][{].resource.*", "x_{{.entry.at}}.go.tmpl", false},
	} {
		if got := (Rule{Glob: c.glob}).matches(c.rel); got != c.want {
			t.Errorf("%q, %q: got %v", c.glob, c.rel, got)
		}
	}
}

func TestShared(t *testing.T) {
	modules, parts, err := Shared([]byte("name: Not Checked\nshared: [docker, web]\ninclude: [service]\n"))
	if err != nil {
		t.Fatal(err)
	}
	check(t, modules, []string{"docker", "web"})
	check(t, parts, []string{"service"})
	for manifest, want := range map[string]string{
		"shared: [../x]": "blueprint.yaml:1:10 manifest-form",
		"include: [a/b]": "blueprint.yaml:1:11 manifest-form",
		"shared: x":      "blueprint.yaml:1:9 yaml-type",
		"[":              "blueprint.yaml:2:1 yaml-syntax",
	} {
		_, _, err := Shared([]byte(manifest))
		check(t, mistakes(t, err), want)
	}
}

func TestZero(t *testing.T) {
	for kind, want := range map[Kind]any{Text: "", Choice: "", Bool: false, Multi: []string{}} {
		check(t, kind.Zero(), want)
	}
}

func FuzzLoad(f *testing.F) {
	f.Add(head, "summary: s\n")
	f.Add(head+"files: [{path: '**', for: resources as resource, when: x}]\n", "summary: s\nneeds: [x]\n")
	f.Add("name: [", "a")
	f.Add(head+"questions: [{key: a, type: choice, choices: [x], prompt: p}]\ncomputed: {a: b}\n", "{}")
	f.Add(head+"questions: [{key: a, type: text, prompt: p}]\nmigrations: [{to: 1.0.0, rename: {a*: b*}, rename-answer: {b: a}, map-answer: {a: {x: y}}}]\nunique: [{name: a, path: '*', pattern: (a)}]\n", "summary: s\n")
	f.Fuzz(func(t *testing.T, manifest, module string) {
		b, err := Load(files(t, ManifestName, manifest, "modules/x/module.yaml", module, "files/a.tmpl", ""))
		if err != nil {
			mistakes(t, err)
			return
		}
		if b.Digest == "" || len(b.Modules) != 1 || len(b.Base.Templates) != 1 {
			t.Fatalf("got %+v", b)
		}
	})
}
