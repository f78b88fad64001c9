package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// hostile is a blueprint, answers or resources that mean harm or are broken.
type hostile struct {
	name  string
	files string // of the working directory, as txtar; the blueprint is in bp
	args  []string
	exit  int
	code  string
	at    string // file:line of the first diagnostic; "*" is any
}

// manifest is the least that a blueprint says, and more.
func manifest(more string) string {
	return "-- bp/blueprint.yaml --\nname: evil\nversion: 0.1.0\ndescription: means harm\nengine: 1\n" + more
}

// file is a template of the blueprint.
func file(name, text string) string {
	return manifest("") + "-- bp/files/" + name + " --\n" + text + "\n"
}

// path is a blueprint that makes a file of a name that comes from an answer.
func path(value string) string {
	return manifest(fmt.Sprintf("questions:\n  - {key: where, type: text, prompt: Where, default: %q}\n", value)) +
		"-- bp/files/{{.where}}.tmpl --\nharm\n"
}

func hostilePaths() []hostile {
	var all []hostile
	for value, code := range map[string]string{
		"../x":                   "path-escapes",
		"a/../../x":              "path-escapes",
		"..":                     "path-escapes",
		"./x":                    "path-segment",
		`C:\x`:                   "path-backslash",
		`..\x`:                   "path-backslash",
		"C:/x":                   "path-character",
		"CON":                    "path-device",
		"a/nul.txt":              "path-device",
		"com1":                   "path-device",
		"lpt¹.log":               "path-device",
		".git/hooks/x":           "path-git",
		"a/.GIT/config":          "path-git",
		"git~1/config":           "path-git",
		".g\u200cit/config":      "path-character",
		"x.":                     "path-trailing",
		"x ":                     "path-trailing",
		"a./b":                   "path-trailing",
		"x:stream":               "path-character",
		"a?b":                    "path-character",
		"sill.yaml":              "path-reserved",
		"SILL.yaml":              "path-reserved",
		".sill/tmp/journal":      "path-reserved",
		strings.Repeat("n", 256): "path-long",
	} {
		all = append(all, hostile{name: "path " + shorten(value), files: path(value), exit: 5, code: code, at: "files/{{.where}}.tmpl"})
	}
	return all
}

func shorten(s string) string { return strings.ToValidUTF8(s[:min(len(s), 20)], "") }

// place is file:line, without the line where it is not known.
func place(file string, line int) string {
	if line == 0 {
		return file
	}
	return fmt.Sprintf("%s:%d", file, line)
}

func hostileTemplates() []hostile {
	one := func(name, text, code string, line int) hostile {
		return hostile{name: name, files: file("x.tmpl", text), exit: 5, code: code, at: place("files/x.tmpl", line)}
	}
	partial := func(name, text, code string) hostile {
		return hostile{
			name: name, files: file("x.tmpl", `{{include "p" .}}`) + "-- bp/partials/p.tmpl --\n" + text + "\n",
			exit: 5, code: code, at: "*",
		}
	}
	return []hostile{
		one("GitHub's braces", "a\nb: ${{ secrets.X }}", "template-collision", 2),
		one("undefined variable", "ok\n{{.nope}}", "template-undefined", 2),
		one("undefined below", "{{.facts.nope}}", "template-undefined", 1),
		one("syntax", "a\n\n{{if}}", "template-syntax", 3),
		one("not closed", "{{range .resources}}", "template-syntax", 2),
		one("environment", `{{env "HOME"}}`, "template-syntax", 1),
		one("expanded environment", `{{expandenv "$HOME"}}`, "template-syntax", 1),
		one("host name", `{{getHostByName "localhost"}}`, "template-syntax", 1),
		one("clock", `{{now}}`, "template-syntax", 1),
		one("chance", `{{randAlpha 5}}`, "template-syntax", 1),
		one("keys", `{{genPrivateKey "rsa"}}`, "template-syntax", 1),
		one("files", `{{readFile "/etc/passwd"}}`, "template-syntax", 1),
		one("huge repeat", `{{repeat 2000000000 "x"}}`, "template-limit", 1),
		one("huge until", `{{range until 2000000000}}x{{end}}`, "template-limit", 1),
		one("huge width", `{{printf "%2000000000d" 1}}`, "template-limit", 1),
		one("endless range", `{{range 9000000000000}}{{end}}`, "template-limit", 1),
		one("nested ranges", strings.Repeat("{{range until 9999}}", 5)+"x"+strings.Repeat("{{end}}", 5), "template-limit", 1),
		one("recursion", `{{define "r"}}{{template "r" .}}{{end}}{{template "r" .}}`, "template-limit", 1),
		one("doubling text", `{{$s := "xxxxxxxx"}}{{range until 64}}{{$s = print $s $s}}{{end}}{{$s}}`, "template-limit", 1),
		one("doubling lists", `{{$l := list 1}}{{range until 64}}{{$l = concat $l $l}}{{end}}`, "template-limit", 1),
		one("nesting lists", `{{$l := list 1}}{{range until 64}}{{$l = list $l $l}}{{end}}{{$l}}`, "template-limit", 1),
		one("huge output", `{{$s := repeat 1000000 "x"}}{{range until 100}}{{$s}}{{end}}`, "template-limit", 0),
		one("a pattern that backtracks", `{{regexMatch "(a+)+$" (repeat 100000 "a")}}{{.nope}}`, "template-undefined", 1),
		partial("include loop", `{{include "p" .}}`, "template-limit"),
		partial("template loop", `{{template "p" .}}`, "template-limit"),
		partial("growing include", `{{include "p" (print . .)}}`, "template-limit"),
		{
			name: "endless default", exit: 5, code: "template-limit", at: "blueprint.yaml:6",
			files: manifest("questions:\n  - {key: a, type: text, prompt: A, default: '{{range 9000000000000}}{{end}}'}\n"),
		},
		{
			name: "broken condition", exit: 5, code: "template-syntax", at: "blueprint.yaml:6",
			files: manifest("questions:\n  - {key: a, type: text, prompt: A, when: '.b | nope'}\n"),
		},
		{
			name: "Go that does not parse", exit: 5, code: "output-syntax", at: "files/x.go.tmpl",
			files: file("x.go.tmpl", "package x\nfunc {"),
		},
	}
}

func hostileManifests() []hostile {
	bomb := []string{"a: &a [x,x,x,x,x,x,x,x,x]\n"}
	for c := 'b'; c < 'k'; c++ {
		bomb = append(bomb, fmt.Sprintf("%c: &%c [%s]\n", c, c, strings.Repeat(fmt.Sprintf("*%c,", c-1), 9)))
	}
	one := func(name, text, code string, line int) hostile {
		return hostile{name: name, files: manifest(text), exit: 5, code: code, at: place("blueprint.yaml", line)}
	}
	return []hostile{
		one("tag", "facts: {a: !!python/object/apply:os.system [id]}\n", "yaml-tag", 5),
		one("anchor", "facts: {a: &x b}\n", "yaml-anchor", 5),
		one("alias bomb", strings.Join(bomb, ""), "yaml-anchor", 5),
		one("merge key", "facts: {<<: {a: b}}\n", "yaml-merge", 5),
		one("twice", "name: again\n", "yaml-duplicate", 5),
		one("two documents", "---\nname: b\n", "yaml-documents", 5),
		one("unknown key", "hooks: [x]\n", "yaml-unknown", 5),
		one("deep", "facts: "+strings.Repeat("[", 2000)+strings.Repeat("]", 2000)+"\n", "yaml-deep", 5),
		one("newer engine", "", "engine-unknown", 4),
		one("shared path", "shared: [../../etc]\n", "manifest-form", 5),
		one("shared that is not there", "shared: [nope]\n", "shared-unknown", 0),
		one("lock outside", "locks:\n  - {format: go, manifest: go.mod, from: ../../etc/passwd}\n", "lock-missing", 0),
		one("lock to outside", "locks:\n  - {format: go, manifest: ../go.mod, from: locks/x}\n-- bp/locks/x --\n", "lock-manifest", 0),
		one("glob", "files:\n  - {path: '[', mode: '0644'}\n", "rule-unused", 6),
		one("mode", "files:\n  - {path: 'x', mode: '4755'}\n-- bp/files/x --\n", "manifest-form", 6),
		one("pattern", "questions:\n  - {key: a, type: text, prompt: A, pattern: '('}\n", "manifest-form", 6),
		one("empty setup", "setup:\n  - []\n", "manifest-form", 6),
		one("taken key", "questions:\n  - {key: resources, type: text, prompt: A}\n", "key-taken", 6),
		one("flag of sill", "questions:\n  - {key: dry_run, type: text, prompt: A}\n", "key-taken", 6),
		one("flag of cobra", "questions:\n  - {key: help, type: text, prompt: A}\n", "key-taken", 6),
		{
			name: "module path", files: manifest("-- bp/modules/a/module.yaml --\nsummary: a\nneeds: [../b]\n"),
			exit: 5, code: "module-unknown", at: "modules/a/module.yaml",
		},
		{name: "name of a module", files: manifest("-- bp/modules/Bad Name/module.yaml --\nsummary: a\n"), exit: 5, code: "manifest-form", at: "*"},
		{name: "no manifest", files: "-- bp/files/x --\n", exit: 5, code: "blueprint-manifest"},
		{name: "not YAML", files: "-- bp/blueprint.yaml --\n\t{{{\n", exit: 5, code: "yaml-syntax", at: "blueprint.yaml:2"},
		{name: "a list", files: "-- bp/blueprint.yaml --\n- a\n", exit: 5, code: "yaml-type", at: "blueprint.yaml:1"},
		{name: "two files of one name", files: file("A.txt", "") + "-- bp/files/a.txt --\n", exit: 5, code: "path-collision", at: "files/a.txt"},
		{name: "two spellings of one name", files: file("caf\u00e9", "") + "-- bp/files/cafe\u0301 --\n", exit: 5, code: "path-collision", at: "*"},
		{name: "two names when rendered", files: file("{{.blueprint.name}}", "") + "-- bp/files/EVIL --\n", exit: 5, code: "path-collision", at: "*"},
		{name: "a file and a directory", files: file("{{.blueprint.name}}", "") + "-- bp/files/evil/x --\n", exit: 5, code: "path-collision", at: "*"},
	}
}

func hostileAnswers() []hostile {
	ask := manifest("questions:\n  - {key: a, type: text, prompt: A}\n")
	one := func(name, text, code, at string) hostile {
		return hostile{name: name, files: ask + "-- a.yaml --\n" + text, args: []string{"--answers", "a.yaml"}, exit: 2, code: code, at: at}
	}
	resources := func(name, text, code string) hostile {
		return hostile{name: name, files: ask + "-- r.yaml --\n" + text, args: []string{"--set", "a=b", "--resource-file", "r.yaml"}, exit: 2, code: code, at: "*"}
	}
	return []hostile{
		one("answer tag", "a: !!binary aGk=\n", "yaml-tag", "a.yaml:1"),
		one("answer alias", "a: &x b\nb: *x\n", "yaml-anchor", "a.yaml:1"),
		one("answer twice", "a: b\na: c\n", "yaml-duplicate", "a.yaml:2"),
		one("answer in two documents", "a: b\n---\na: c\n", "yaml-documents", "a.yaml:2"),
		one("answer list", "a: [b]\n", "answer-invalid", "a.yaml:1"),
		one("answer mapping", "a: {b: c}\n", "answer-invalid", "a.yaml:1"),
		one("answer control", `a: "x\ey"`+"\n", "answer-invalid", "a.yaml:1"),
		one("answer line break", `a: "x\ny"`+"\n", "answer-invalid", "a.yaml:1"),
		one("answer long", "a: "+strings.Repeat("x", 5000)+"\n", "answer-invalid", "a.yaml:1"),
		one("answer not text", "a: \xff\xfe\n", "yaml-encoding", "*"),
		one("answer module", "a: b\nmodules: [../x]\n", "module-unknown", "*"),
		resources("resource path", "- name: ../x\n  fields: [{name: a, type: string}]\n", "resource-name"),
		resources("resource template", "- name: '{{.x}}'\n  fields: [{name: a, type: string}]\n", "resource-name"),
		resources("resource quote", "- name: order\n  fields: [{name: 'a\"; DROP', type: string}]\n", "field-name"),
		resources("resource unknown", "- name: order\n  shell: rm\n", "yaml-unknown"),
	}
}

// TestHostile runs sill on blueprints and answers that mean harm. Each is
// refused with its code and its place, within its time, and nothing is
// written.
func TestHostile(t *testing.T) {
	var all []hostile
	for _, some := range [][]hostile{hostilePaths(), hostileTemplates(), hostileManifests(), hostileAnswers()} {
		all = append(all, some...)
	}
	for _, h := range all {
		t.Run(h.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			write(t, w.Dir, h.files)
			if h.name == "newer engine" {
				text, err := os.ReadFile(filepath.Join(w.Dir, "bp", "blueprint.yaml"))
				must(t, err)
				put(t, filepath.Join(w.Dir, "bp", "blueprint.yaml"), strings.Replace(string(text), "engine: 1", "engine: 2", 1))
			}
			h.check(t, w)
		})
	}
}

// check runs sill new and compares what comes of it.
func (h hostile) check(t *testing.T, w *world) {
	t.Helper()
	before := w.tree(".")
	started := time.Now()
	r := w.sill(append([]string{"new", "made", "-b", "./bp", "--json"}, h.args...)...)
	if took := time.Since(started); took > 20*time.Second {
		t.Errorf("it took %v", took)
	}
	if r.Code != h.exit {
		t.Fatalf("exit code %d, want %d\n%s%s", r.Code, h.exit, r.Out, r.Err)
	}
	f := r.failed(t)
	if f.Error.Code != h.code {
		t.Errorf("code %q, want %q: %s", f.Error.Code, h.code, f.Error.Message)
	}
	if len(f.Error.Diagnostics) == 0 {
		t.Fatalf("no diagnostics: %s", r.Out)
	}
	at := f.Error.Diagnostics[0].At
	if got := place(at.File, at.Line); h.at != "*" && got != h.at {
		t.Errorf("place %q, want %q: %s", got, h.at, f.Error.Message)
	}
	if strings.Contains(r.Out, w.Home) {
		t.Errorf("the message tells the home directory: %s", r.Out)
	}
	if diff := diffTrees(before, w.tree(".")); diff != "" {
		t.Errorf("something was written:\n%s", diff)
	}
}

// TestHostileLinks runs sill on blueprints that hold links: to a file and to a
// directory outside, by a chain, to nothing, and of a directory itself.
func TestHostileLinks(t *testing.T) {
	for name, links := range map[string]map[string]string{
		"file":      {"bp/files/x": "../../secret"},
		"absolute":  {"bp/files/x": "/etc/passwd"},
		"directory": {"bp/files/x": "../../private"},
		"chain":     {"bp/files/x": "y", "bp/files/y": "../../secret"},
		"dangling":  {"bp/files/x": "../../nothing"},
		"inside":    {"bp/files/x": "../blueprint.yaml"},
		"loop":      {"bp/files/x": "x"},
		"files":     {"bp/files": "../private"},
		"partials":  {"bp/partials": "../private"},
		"manifest":  {"bp/modules/m/module.yaml": "../../../secret"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			write(t, w.Dir, manifest("-- secret --\nhidden\n-- private/key --\nhidden\n-- bp/modules/a/module.yaml --\nsummary: a\n"))
			for at, target := range links {
				must(t, os.MkdirAll(filepath.Join(w.Dir, filepath.Dir(at)), 0o750))
				must(t, os.Symlink(target, filepath.Join(w.Dir, at)))
			}
			r := w.good([]string{"new", "made", "-b", "./bp", "--json"}, 5)
			if f := r.failed(t); f.Error.Code != "blueprint-special" && f.Error.Code != "blueprint-unreadable" {
				t.Errorf("code %q: %s", f.Error.Code, f.Error.Message)
			}
			if strings.Contains(r.Out, "hidden") || len(w.tree("made")) > 0 {
				t.Errorf("it leads out of the blueprint:\n%s", r.Out)
			}
		})
	}
}
