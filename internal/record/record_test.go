package record_test

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"groundsill.example/internal/diag"
	"groundsill.example/internal/record"
	"groundsill.example/internal/resource"
	"groundsill.example/internal/tree"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func words(tb testing.TB, text string) resource.Resource {
	tb.Helper()
	r, err := resource.ParseWords(text)
	if err != nil {
		tb.Fatal(err)
	}
	return r
}

func field(tb testing.TB, word string) resource.Field {
	tb.Helper()
	f, err := resource.ParseField(word)
	if err != nil {
		tb.Fatal(err)
	}
	return f
}

func path(tb testing.TB, name string) tree.Path {
	tb.Helper()
	p, err := tree.ParsePath(name)
	if err != nil {
		tb.Fatal(err)
	}
	return p
}

// example is a record with everything in it.
func example(tb testing.TB) record.Record {
	tb.Helper()
	rs := resource.Sorted([]resource.Resource{
		resource.Sample(),
		words(tb, "order total:decimal,10,2:required status:enum,open,paid:default=open item:references:required person:references"),
		words(tb, "person:plural=folk name:string,80:required boss:references,person"),
	})
	log := record.Initial(rs)
	order, _ := log[2].After()
	order.Fields = order.Fields[:3]
	return record.Record{
		Format: record.FormatNumber, Engine: record.EngineNumber,
		Blueprint: record.Blueprint{
			Name: "go", Version: "0.1.0", Source: "builtin", Digest: "sha256:" + strings.Repeat("0123456789abcdef", 4),
		},
		Answers: map[string]any{
			"name": "orders", "module": "example.com/orders", "database": "sqlite", "license": "MIT",
			"description": "Orders: what people \"buy\"\nand when", "port": "8080", "metrics": true,
			"extras": []string{"a", "yes", ""},
		},
		Resources: rs,
		Modules:   map[string]map[string]any{"docker": {}, "auth": {"issuer": "https://id.example.com", "strict": false}},
		Schema: append(log,
			record.Entry{At: "20260131093000", Kind: record.Add, Resource: order, Changed: []resource.Field{field(tb, "note:text")}},
			record.Entry{At: "20260131093001", Kind: record.DropField, Resource: order, Changed: []resource.Field{field(tb, "note:text")}},
			record.Entry{At: "20260131093002", Kind: record.Module, Module: "idempotency", Step: "create"},
			record.Entry{At: "20260131093003", Kind: record.Drop, Resource: order},
		),
		Unmanaged: []tree.Path{path(tb, "README.md"), path(tb, "docs/read me.md")},
		Commands: map[string][]string{
			"setup": {"go", "mod", "download"}, "build": {"go", "build", "-o", "bin/server", "./cmd/server"},
			"start": {"bin/server", "start"}, "migrate": {"bin/server", "migrate"}, "test": {"go", "test", "./..."},
			"lint": {"go", "vet", "./..."}, "format": {"gofmt", "-w", "."},
		},
	}
}

func TestGolden(t *testing.T) {
	const file = "testdata/sill.yaml"
	got := record.Format(example(t))
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("the form of the record changed (-want +got):\n%s", diff)
	}
}

// tester is what a test and a property have in common.
type tester interface {
	Helper()
	Fatalf(format string, args ...any)
	Errorf(format string, args ...any)
}

func check(t tester, r record.Record) {
	t.Helper()
	text := record.Format(r)
	back, err := record.Parse("sill.yaml", text)
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	if diff := cmp.Diff(r, back, cmpopts.EquateEmpty(), cmpopts.EquateComparable(tree.Path{})); diff != "" {
		t.Errorf("read back (-want +got):\n%s", diff)
	}
	if again := record.Format(back); !bytes.Equal(text, again) || !back.Equal(r) {
		t.Errorf("written again (-first +second):\n%s", cmp.Diff(string(text), string(again)))
	}
}

func TestFormatThenParse(t *testing.T) {
	check(t, example(t))
	check(t, record.Record{Format: 1, Engine: 1, Blueprint: example(t).Blueprint})
	rapid.Check(t, func(d *rapid.T) {
		r := example(t)
		text := rapid.StringOf(rapid.OneOf(rapid.RuneFrom([]rune("ab \"'\\:{}[],#&*!|>%@`~-?\n\tyé😀\u00a0\u2028")), rapid.Rune()))
		text = text.Filter(func(s string) bool { return !strings.ContainsFunc(s, unreadable) })
		key := rapid.StringMatching(`[a-z]{1,4}(_[a-z0-9]{1,3})?`)
		answer := rapid.OneOf(
			rapid.Map(text, func(s string) any { return s }),
			rapid.Map(rapid.Bool(), func(b bool) any { return b }),
			rapid.Map(rapid.SliceOf(text), func(s []string) any { return s }))
		r.Answers = rapid.MapOf(key, answer).Draw(d, "answers")
		module := rapid.StringMatching(`[a-z]{1,4}(-[a-z0-9]{1,3})?`)
		r.Modules = rapid.MapOf(module, rapid.MapOf(key, answer)).Draw(d, "modules")
		r.Commands["test"] = append([]string{"go"}, rapid.SliceOf(text).Draw(d, "argv")...)
		r.Unmanaged = nil
		for i, name := range rapid.SliceOfN(rapid.StringMatching(`[a-z!#'{}, é]{0,30}x`), 0, 8).Draw(d, "paths") {
			r.Unmanaged = append(r.Unmanaged, path(t, fmt.Sprintf("%d/%s", i, name)))
		}
		n := rapid.IntRange(0, len(r.Schema)).Draw(d, "entries")
		r.Schema = r.Schema[:n]
		check(d, r)
	})
}

// unreadable reports the characters that a record refuses in texts.
func unreadable(r rune) bool {
	turns := 0x202a <= r && r <= 0x202e || 0x2066 <= r && r <= 0x2069
	return turns || r == unicode.ReplacementChar || unicode.IsControl(r) && r != '\n' && r != '\t'
}

func header() string {
	return "format: 1\nengine: 1\nblueprint: {name: go, version: 0.1.0, source: builtin, digest: \"sha256:" +
		strings.Repeat("0", 64) + "\"}\n"
}

// problem returns "code line" of the first diagnostic.
func problem(t *testing.T, err error) string {
	t.Helper()
	if err == nil {
		return ""
	}
	e, ok := errors.AsType[*diag.Error](err)
	if !ok || e.Class != diag.Refused || e.Diagnostics[0].At.File != "sill.yaml" {
		t.Fatalf("error %v is a %T, not a *diag.Error of class Refused with a place", err, err)
	}
	return fmt.Sprintf("%s %d", e.Code(), e.Diagnostics[0].At.Line)
}

func TestParseRefuses(t *testing.T) {
	item := "resources:\n  - item a:integer\n"
	cases := []struct{ name, text, want string }{
		{"nothing", "", "yaml-type 1"},
		{"a list", "[]", "yaml-type 1"},
		{"no blueprint", "format: 1\nengine: 1\nanswers: {}\n", "yaml-missing 1"},
		{"conflict markers", "format: 1\n<<<<<<< HEAD\nengine: 1\n=======\n>>>>>>> x\n", "record-markers 2"},
		{"the base of a conflict", "format: 1\n||||||| base\n", "record-markers 2"},
		{"a newer format with keys of its own", "engine: 1\nformat: 2\nfuture: {a: b}\n", "record-newer 2"},
		{"a newer engine", "format: 1\nengine: 7\n", "record-newer 2"},
		{"format zero", "format: 0\nengine: 1\n", "record-value 1"},
		{"format as text", "format: one\nengine: 1\n", "yaml-type 1"},
		{"a format that no number holds", "format: 99999999999999999999\nengine: 1\n", "yaml-range 1"},
		{"a key twice", "format: 1\nengine: 1\nformat: 1\n", "yaml-duplicate 3"},
		{"an unknown key", header() + "answers: {}\nhooks: [rm]\n", "yaml-unknown 5"},
		{"an anchor", header() + "answers: &a {}\n", "yaml-anchor 4"},
		{"a number as answer", header() + "answers: {port: 8080}\n", "yaml-type 4"},
		{"a mapping as answer", header() + "answers: {a: {b: c}}\n", "yaml-type 4"},
		{"null as answer", header() + "answers: {a: }\n", "yaml-type 4"},
		{"a zero byte in an answer", header() + "answers: {a: \"\\0\"}\n", "record-value 4"},
		{"an escape in an answer", header() + "answers: {a: \"\\e[2J\"}\n", "record-value 4"},
		{"text that turns around", header() + "answers: {a: \"\\u202e\"}\n", "record-value 4"},
		{"an answer named like a path", header() + "answers: {../a: b}\n", "record-key 4"},
		{"a module named like a path", header() + "answers: {}\nmodules: {../../etc: {}}\n", "record-key 5"},
		{"a module without answers", header() + "answers: {}\nmodules: {docker: }\n", "yaml-type 5"},
		{"a path that leaves", header() + "answers: {}\nunmanaged: [a, ../b]\n", "path-escapes 5"},
		{"an absolute path", header() + "answers: {}\nunmanaged:\n  - a\n  - /etc/passwd\n", "path-absolute 7"},
		{"a path into git", header() + "answers: {}\nunmanaged: [.GIT/config]\n", "path-git 5"},
		{"a path twice", header() + "answers: {}\nunmanaged: [a, A]\n", "record-duplicate 5"},
		{"an unknown command", header() + "answers: {}\ncommands: {biuld: [go]}\n", "yaml-unknown 5"},
		{"a command line", header() + "answers: {}\ncommands: {build: go build}\n", "yaml-type 5"},
		{"a command without a program", header() + "answers: {}\ncommands: {build: []}\n", "record-value 5"},
		{"an unknown type", header() + "answers: {}\nresources:\n  - item a:strin\n", "field-type 6"},
		{"a bad resource", header() + "answers: {}\nresources:\n  - item id:uuid\n", "field-reserved 6"},
		{"a resource twice", header() + "answers: {}\n" + item + "  - item b:integer\n", "resource-collision 6"},
		{"an entry of no kind", header() + "answers: {}\nschema:\n  - {at: \"00001\"}\n", "record-value 6"},
		{"an entry of two kinds", header() + "answers: {}\nschema:\n  - {at: \"00001\", create: a, drop: b}\n", "record-value 6"},
		{"an entry without fields", header() + "answers: {}\nschema:\n  - {at: \"00001\", create: a, plural: b}\n", "yaml-missing 6"},
		{"an entry with a bad number", header() + "answers: {}\nschema:\n  - {at: \"1\", module: a, step: b}\n", "record-value 6"},
		{"a number that is a path", header() + "answers: {}\nschema:\n  - {at: \"../x\", module: a, step: b}\n", "record-value 6"},
		{"a step that is a path", header() + "answers: {}\nschema:\n  - {at: \"00001\", module: a, step: ../b}\n", "record-value 6"},
		{"entries out of order", header() + "answers: {}\nschema:\n  - {at: \"00002\", module: a, step: b}\n" +
			"  - {at: \"00001\", module: a, step: b}\n", "record-order 7"},
		{"an entry that adds nothing", header() + "answers: {}\nschema:\n  - {at: \"00001\", add: a, plural: as, " +
			"fields: [\"b:text\"], added: []}\n", "record-value 6"},
		{"an entry that adds what is there", header() + "answers: {}\nschema:\n  - {at: \"00001\", add: a, plural: as, " +
			"fields: [\"b:text\"], added: [\"b:text\"]}\n", "field-collision 6"},
		{"an entry for a hostile table", header() + "answers: {}\nschema:\n  - {at: \"00001\", drop: a, plural: \"x; DROP\", " +
			"fields: [\"b:text\"]}\n", "resource-name 6"},
		{"a reference to a hostile table", header() + "answers: {}\nschema:\n  - {at: \"00001\", create: a, plural: as, " +
			"fields: [{name: b, type: references, table: \"x; DROP\"}]}\n", "resource-name 6"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, err := record.Parse("sill.yaml", []byte(c.text))
			if got := problem(t, err); got != c.want {
				t.Errorf("got %q, want %q (%v)", got, c.want, err)
			}
		})
	}
}

func TestBlueprintRefused(t *testing.T) {
	good := map[string]string{"name": "go", "version": "0.1.0", "source": "dir", "digest": "sha256:" + strings.Repeat("a", 64)}
	bad := map[string][]string{
		"name":    {"Go", "../go", "go\n", ""},
		"version": {"1.0", "v1.0.0", "1.0.0 ", "1.0.0-\\u0007"},
		"source": {
			"/home/me/blueprints", "https://me:secret@example.com/x", "https://token@example.com/x",
			"file:///etc", "https://example.com/x?token=1", "git@example.com:x", "ext::sh", "--upload-pack=x", "",
		},
		"digest": {"", "sha256:", "sha256:" + strings.Repeat("A", 64), "md5:" + strings.Repeat("a", 64)},
	}
	for key, values := range bad {
		for _, v := range append([]string{good[key]}, values...) {
			text := []byte("format: 1\nengine: 1\nanswers: {}\nblueprint:\n")
			for k, g := range good {
				if k == key {
					g = v
				}
				text = fmt.Appendf(text, "  %s: %q\n", k, g)
			}
			_, err := record.Parse("sill.yaml", text)
			if want := v != good[key]; (err != nil) != want {
				t.Errorf("%s %q: refused is %v, want %v (%v)", key, v, err != nil, want, err)
			}
		}
	}
	for _, url := range []string{"https://example.com/a/b.git", "ssh://git.example.com:22/x", "builtin"} {
		text := strings.Replace(header(), "builtin", "\""+url+"\"", 1) + "answers: {}\n"
		if _, err := record.Parse("sill.yaml", []byte(text)); err != nil {
			t.Errorf("%s: %v", url, err)
		}
	}
}

func TestEntryBeforeAndAfter(t *testing.T) {
	stay, note := words(t, "order total:integer"), field(t, "note:text")
	all := words(t, "order total:integer note:text")
	cases := []struct {
		kind          record.Kind
		before, after *resource.Resource
	}{
		{record.Create, nil, &stay},
		{record.Drop, &stay, nil},
		{record.Add, &stay, &all},
		{record.DropField, &all, &stay},
		{record.Module, nil, nil},
	}
	for _, c := range cases {
		e := record.Entry{Kind: c.kind, Resource: stay, Changed: []resource.Field{note}}
		if got, ok := e.Before(); ok != (c.before != nil) || ok && !got.Equal(*c.before) {
			t.Errorf("%s: before it is %v, %v", c.kind, got, ok)
		}
		if got, ok := e.After(); ok != (c.after != nil) || ok && !got.Equal(*c.after) {
			t.Errorf("%s: after it is %v, %v", c.kind, got, ok)
		}
	}
}

func TestNextAt(t *testing.T) {
	now := time.Date(2026, 1, 31, 10, 30, 0, 0, time.FixedZone("", 3600))
	cases := []struct{ last, want string }{
		{"", "20260131093000"},
		{"00007", "20260131093000"},
		{"20260131092959", "20260131093000"},
		{"20260131093000", "20260131093001"},
		{"20991231235959", "20991231235960"},
	}
	for _, c := range cases {
		var log []record.Entry
		if c.last != "" {
			log = []record.Entry{{At: c.last}}
		}
		if got := record.NextAt(log, now); got != c.want {
			t.Errorf("after %q: got %s, want %s", c.last, got, c.want)
		}
	}
}

func FuzzParse(f *testing.F) {
	golden, err := os.ReadFile("testdata/sill.yaml")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(golden)
	for _, seed := range []string{
		header() + "answers: {}\n", "format: 1\nengine: 1\n", "format: 2\nengine: 1\n", "<<<<<<< HEAD\n",
		header() + "answers: {a: \"\\u0085\"}\nresources: [\"item a:integer\"]\nunmanaged: [a b]\n",
		header() + "answers: {}\nschema:\n  - {at: \"00001\", create: a, plural: as, fields: [\"b:references,c\"]}\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := record.Parse("sill.yaml", data)
		if err != nil {
			problem(t, err)
			return
		}
		check(t, r)
	})
}

func BenchmarkParse(b *testing.B) {
	text := record.Format(example(b))
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		if _, err := record.Parse("sill.yaml", text); err != nil {
			b.Fatal(err)
		}
	}
}
