package plan

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"groundsill.example/internal/diag"
	"groundsill.example/internal/tree"
)

var update = flag.Bool("update", false, "write the golden files anew")

func example(t *testing.T) Plan {
	t.Helper()
	return Plan{
		Root: "orders",
		Changes: []Change{
			{Path: path(t, "bin/run"), Action: Create, File: tree.File{Data: []byte("#!/bin/sh\n"), Mode: tree.Executable}, Why: "new"},
			{Path: path(t, "gone"), Action: Delete, Expect: ExpectFile(text("old\n")), Before: text("old\n"), Why: "no longer"},
			{Path: path(t, "kept"), Action: Keep, Expect: ExpectFile(text("same\n")), File: text("same\n"), Why: "same"},
			{Path: path(t, "link"), Action: Update, Expect: Expect{text("x").Digest(), tree.Symlink}, File: text("<&>\n"), Why: "a link"},
			{Path: path(t, "logo"), Action: Create, File: text("\xff\x00"), Why: "binary"},
		},
		Conflicts: []Conflict{
			{
				Path: path(t, "go.mod"), Kind: "content", Hunks: []Hunk{{"a\n", "b\n", "c\n"}, {"", "\xff", ""}},
				Sides: Sides{Base: new(text("a\n")), Theirs: &tree.File{Data: []byte("\xff"), Mode: tree.Executable}},
			},
			{Path: path(t, "kept"), Kind: "exists"},
		},
		Warnings: []string{"mind the gap"},
		Message:  "Start orders\n",
		Git:      GitCommit,
	}
}

func TestEncode(t *testing.T) {
	got, err := Encode(example(t))
	if err != nil {
		t.Fatal(err)
	}
	golden := filepath.Join("testdata", "plan.json")
	if *update {
		if err := os.WriteFile(golden, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Error(diff)
	}
	checkRoundTrip(t, example(t))
}

// TestDecodeTakesOtherLayouts shows that white space and the order of keys mean
// nothing, and that a kept file may come with its content.
func TestDecodeTakesOtherLayouts(t *testing.T) {
	digest := text("é").Digest()
	got, err := Decode(fmt.Appendf(nil, `{"plan":{"warnings":[],"message":"","conflicts":[],
		"changes":[{"why":"","after":%q,"before":%q,"beforeMode":"0644","mode":"0644","encoding":"utf-8",
		"content":"\u00e9","action":"keep","path":"a"}],"root":"."},"sill":1}`, digest, digest))
	if err != nil {
		t.Fatal(err)
	}
	want := Plan{Root: ".", Changes: []Change{
		{Path: path(t, "a"), Action: Keep, Expect: ExpectFile(text("é")), File: text("é")},
	}}
	if diff := cmp.Diff(want, got, cmp.Comparer(samePath)); diff != "" {
		t.Error(diff)
	}
}

func TestDecodeRefuses(t *testing.T) {
	a, b := text("a"), text("b")
	create := fmt.Sprintf(`{"path":"a","action":"create","mode":"0644","before":null,"beforeMode":null,`+
		`"after":%q,"content":"a","encoding":"utf-8","why":""}`, a.Digest())
	change := func(old, replacement string) string {
		if !strings.Contains(create, old) {
			t.Fatalf("%q is not in the change", old)
		}
		return document(strings.Replace(create, old, replacement, 1))
	}
	before := fmt.Sprintf(`"before":%q,"beforeMode":"0644"`, a.Digest())
	absent := `"before":null,"beforeMode":null`
	tests := []struct{ name, json, code string }{
		{"nothing", "", "plan-syntax"},
		{"not JSON", "sill: 1", "plan-syntax"},
		{"cut off", document(create)[:40], "plan-syntax"},
		{"not UTF-8", "{\"sill\":1,\"\xff\":1}", "plan-syntax"},
		{"trailing value", document(create) + "{}", "plan-syntax"},
		{"trailing comma", `{"sill":1,}`, "plan-syntax"},
		{"nested without end", strings.Repeat("[", 20_000), "plan-syntax"},
		{"not an object", "[]", "plan-type"},
		{"null", "null", "plan-type"},
		{"no version", `{"plan":{}}`, "plan-missing"},
		{"another version", strings.Replace(document(""), `"sill":1`, `"sill":2`, 1), "plan-version"},
		{"a version like 1", strings.Replace(document(""), `"sill":1`, `"sill":1.0`, 1), "plan-version"},
		{"a version in quotes", strings.Replace(document(""), `"sill":1`, `"sill":"1"`, 1), "plan-type"},
		{"no plan", `{"sill":1}`, "plan-missing"},
		{"unknown key", change(`"why"`, `"run":"rm","why"`), "plan-unknown"},
		{"key in another case", change(`"why"`, `"Why"`), "plan-unknown"},
		{"key twice", change(`"why"`, `"path":"b","why"`), "plan-duplicate"},
		{"version twice", `{"sill":1,"sill":1}`, "plan-duplicate"},
		{"missing key", change(`,"why":""`, ``), "plan-missing"},
		{"changes are no list", strings.Replace(document(""), `"changes":[]`, `"changes":{}`, 1), "plan-type"},
		{"path is no string", change(`"path":"a"`, `"path":1`), "plan-type"},
		{"before is a number", change(`"before":null`, `"before":1`), "plan-type"},
		{"root is absolute", root("/etc"), "path-absolute"},
		{"root leaves", root("../x"), "path-escapes"},
		{"root is empty", root(""), "path-empty"},
		{"git is unknown", strings.Replace(document(""), `"git":"none"`, `"git":"push"`, 1), "plan-git"},
		{"path leaves", change(`"path":"a"`, `"path":"../a"`), "path-escapes"},
		{"path is absolute", change(`"path":"a"`, `"path":"/a"`), "path-absolute"},
		{"path into .git", change(`"path":"a"`, `"path":".GIT/hooks/pre-commit"`), "path-git"},
		{"path of a device", change(`"path":"a"`, `"path":"con.txt"`), "path-device"},
		{"path with half a surrogate", change(`"path":"a"`, `"path":"\ud800"`), "path-character"},
		{"setuid", change(`"0644"`, `"4755"`), "plan-change"},
		{"a symlink", change(`"0644"`, `"symlink"`), "plan-change"},
		{"no mode", change(`"mode":"0644"`, `"mode":null`), "plan-change"},
		{"a mode before but no digest", change(`"beforeMode":null`, `"beforeMode":"0644"`), "plan-change"},
		{"an unknown mode before", change(absent, strings.Replace(before, "0644", "0600", 1)), "plan-change"},
		{"a digest before in capitals", change(absent, `"before":"sha256:`+strings.Repeat("AB", 32)+`","beforeMode":"0644"`), "plan-change"},
		{"a short digest before", change(absent, `"before":"sha256:00","beforeMode":"0644"`), "plan-change"},
		{"content of another digest", change(`"content":"a"`, `"content":"b"`), "plan-change"},
		{"no content", change(`"content":"a","encoding":"utf-8",`, ``), "plan-change"},
		{"content without encoding", change(`"encoding":"utf-8",`, ``), "plan-change"},
		{"unknown encoding", change(`"utf-8"`, `"gzip"`), "plan-change"},
		{"bad base64", change(`"content":"a","encoding":"utf-8"`, `"content":"YQ","encoding":"base64"`), "plan-change"},
		{"base64 in lines", change(`"content":"a","encoding":"utf-8"`, `"content":"YQ\n==","encoding":"base64"`), "plan-change"},
		{"create over a file", change(absent, before), "plan-change"},
		{"update of nothing", change(`"create"`, `"update"`), "plan-change"},
		{"update to the same", strings.Replace(change(absent, before), `"create"`, `"update"`, 1), "plan-change"},
		{"delete of nothing", change(`"create"`, `"delete"`), "plan-change"},
		{"delete that leaves a file", strings.Replace(change(absent, before), `"create"`, `"delete"`, 1), "plan-change"},
		{"keep of something else", strings.Replace(change(absent, strings.Replace(before, a.Digest(), b.Digest(), 1)), `"create"`, `"keep"`, 1), "plan-change"},
		{"unknown action", change(`"create"`, `"exec"`), "plan-change"},
		{"path twice", document(create, create), "plan-order"},
		{"out of order", document(strings.Replace(create, `"a"`, `"b"`, 1), create), "plan-order"},
		{"names that fold together", document(strings.Replace(create, `"a"`, `"A"`, 1), create), "path-collision"},
		{"a file that is a directory", document(create, strings.Replace(create, `"a"`, `"a/b"`, 1)), "path-collision"},
		{"a conflict of no kind", conflict(`"path":"a","kind":"","hunks":[]`), "plan-conflict"},
		{"sides without a file", conflict(`"path":"a","kind":"k","hunks":[],"sides":{"base":null,"ours":null,"theirs":null}`), "plan-conflict"},
		{"a side that is a device", conflict(`"path":"a","kind":"k","hunks":[],"sides":{"base":null,"ours":null,` +
			`"theirs":{"mode":"special","content":"","encoding":"utf-8"}}`), "plan-conflict"},
		{"a side that is a word", conflict(`"path":"a","kind":"k","hunks":[],"sides":{"base":null,"ours":null,"theirs":"x"}`), "plan-type"},
		{"a hunk in no encoding", conflict(`"path":"a","kind":"k","hunks":[{"base":"","ours":"","theirs":"","encoding":"x"}]`), "plan-conflict"},
	}
	if _, err := Decode([]byte(document(create))); err != nil {
		t.Fatalf("the plan that the cases change: %v", err)
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := Decode([]byte(test.json))
			if err == nil {
				t.Fatal("taken")
			}
			checkRefusal(t, err)
			if e, _ := err.(*diag.Error); e != nil && e.Code() != test.code { //nolint:errorlint // the type itself
				t.Errorf("code %s, want %s: %v", e.Code(), test.code, err)
			}
		})
	}
}

func document(changes ...string) string {
	return `{"sill":1,"plan":{"root":".","changes":[` + strings.Trim(strings.Join(changes, ","), ",") +
		`],"conflicts":[],"warnings":[],"message":"","git":"none"}}`
}

func root(s string) string {
	return strings.Replace(document(""), `"root":"."`, fmt.Sprintf(`"root":%q`, s), 1)
}

func conflict(s string) string {
	return strings.Replace(document(""), `"conflicts":[]`, `"conflicts":[{`+s+`}]`, 1)
}

func TestDecodeNamesThePlace(t *testing.T) {
	_, err := Decode([]byte("{\n  \"sill\": 1,\n  \"plan\": {\n    \"röot\": \".\", \"x\": 1\n  }\n}\n"))
	checkRefusal(t, err)
	if got, want := err.Error(), `plan:4:5: key "röot" means nothing here`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	_, err = Decode([]byte("{\"sill\": 1,\n\"plan\": nil}"))
	checkRefusal(t, err)
	if e, ok := err.(*diag.Error); ok { //nolint:errorlint // the type itself
		want := diag.Pos{File: "plan", Line: 2, Column: 10}
		if diff := cmp.Diff(want, e.Diagnostics[0].At); diff != "" {
			t.Error(diff)
		}
	}
}

func TestDecodeRefusesHugePlans(t *testing.T) {
	_, err := Decode(bytes.Repeat([]byte(" "), maxSize+1))
	checkRefusal(t, err)
	if e, ok := err.(*diag.Error); !ok || e.Code() != "plan-size" { //nolint:errorlint // the type itself
		t.Errorf("got %v", err)
	}
}
