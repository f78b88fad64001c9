package e2e

import (
	"fmt"
	"go/format"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

// TestGeneratedScan reads every file of the golden cases as a strict reviewer
// would.
func TestGeneratedScan(t *testing.T) {
	for _, c := range goldenCases() {
		t.Run(c.name, func(t *testing.T) {
			dir := scaffold(t, c.args...)
			tree := readTree(t, dir)
			for _, file := range slices.Sorted(maps.Keys(tree)) {
				for _, problem := range scan(file, tree[file]) {
					t.Error(problem)
				}
			}
			checkEditorConfig(t, tree)
			checkLeftOut(t, chosen(t, dir), tree)
			if diff := cmp.Diff(tree, readTree(t, scaffold(t, c.args...))); diff != "" {
				t.Errorf("a second run differs:\n%s", diff)
			}
		})
	}
}

// flaws are what no line of a generated file has.
var flaws = []struct {
	what    string
	pattern *regexp.Regexp
	except  *regexp.Regexp // files where it is right
}{
	{"a template token", regexp.MustCompile(`\{\{|<no value>|%!\w?\(`), regexp.MustCompile(`_test\.go$`)},
	{"a template token", regexp.MustCompile(`\}\}`), regexp.MustCompile(`\.(go|yaml|md)$`)},
	{"a template token", regexp.MustCompile(`\[\[|\]\]`), regexp.MustCompile(`\.go$`)},
	{"a carriage return", regexp.MustCompile(`\r`), nil},
	{"trailing space", regexp.MustCompile(`[ \t]$`), nil},
	{"a to-do", regexp.MustCompile(`\b(TODO|FIXME|XXX|HACK)\b`), nil},
	{"a placeholder", regexp.MustCompile(`(?i)lorem ipsum|change[-_ ]?me\b|your[-_](name|org|repo|user)|<(user|repo|owner|your[^>]*)>|goes here|placeholder`), nil},
	{"a version that moves", regexp.MustCompile(`@latest|:latest\b|@main\b|@master\b`), nil},
	{"the generator's name", regexp.MustCompile(`(?i)groundsill`), nil},
	{"a private key", regexp.MustCompile(`-----BEGIN [A-Z ]*PRIVATE KEY`), nil},
	{"a cloud key", regexp.MustCompile(`\b(AKIA|ASIA)[0-9A-Z]{16}\b|\bgh[pousr]_[A-Za-z0-9]{36}|\bxox[abp]-`), nil},
	{"a password in a URL", regexp.MustCompile(`[a-z][a-z0-9+.-]*://[^\s/:@"'<>]*:[^\s/@"'<>]+@`), regexp.MustCompile(`_test\.go$`)},
	{"a password", regexp.MustCompile(`(?i)\b\w*(password|passwd|secret|credential)\w*["']?\s*(:=|[:=])\s*["']?[^\s"']{4,}`), regexp.MustCompile(`_test\.go$`)},
}

// rightful is the password of a development server, which says so, and the word
// that stands for one where a form is described; and what is the language of GitHub.
var rightful = regexp.MustCompile(`:(development|\$\{\w+_PASSWORD:-development\})@|_PASSWORD(=|: )development\b|\$\{\w+_PASSWORD:-development\}|user:password@|persist-credentials: false|\$\{\{ [^{}]* \}\}`)

// scan finds the flaws of one file, a line each.
func scan(file, text string) []string {
	var found []string
	if !utf8.ValidString(text) {
		return []string{file + ": is not UTF-8"}
	}
	if text == "" || !strings.HasSuffix(text, "\n") || strings.HasSuffix(text, "\n\n") {
		found = append(found, file+": does not end with one newline")
	}
	if strings.HasSuffix(file, ".go") {
		if formatted, err := format.Source([]byte(text)); err != nil || string(formatted) != text {
			found = append(found, fmt.Sprintf("%s: is not what gofmt makes of it: %v", file, err))
		}
	}
	for i, line := range strings.Split(text, "\n") {
		for _, flaw := range flaws {
			if flaw.except != nil && flaw.except.MatchString(file) {
				continue
			}
			if flaw.pattern.MatchString(rightful.ReplaceAllString(line, "-")) {
				found = append(found, fmt.Sprintf("%s:%d: %s: %s", file, i+1, flaw.what, line))
			}
		}
	}
	return found
}

// databaseWords and moduleWords are what betrays a database or a module.
var (
	databaseWords = map[string]*regexp.Regexp{
		"sqlite":   regexp.MustCompile(`(?i)\bsqlite3?\b`),
		"postgres": regexp.MustCompile(`(?i)\b(postgres(ql)?|pgx|psql|pg_\w+)\b`),
		"mysql":    regexp.MustCompile(`(?i)\b(mysql|mariadb|innodb)\b`),
		"mongodb":  regexp.MustCompile(`(?i)\b(mongo(db|sh)?|bson)\b`),
	}
	// sqlWords are what a service without SQL does not speak of.
	sqlWords    = regexp.MustCompile(`(?i)\b(sql|goose|(insert|delete) (into|from)|sql\.\w+)\b`)
	moduleWords = map[string]*regexp.Regexp{
		"auth":         regexp.MustCompile(`(?i)\b(jwt|jwks|bearer|oauth\w*|auth_\w+|_owner)\b`),
		"docker":       regexp.MustCompile(`(?i)\bdocker\w*\b`),
		"kubernetes":   regexp.MustCompile(`(?i)\b(kubernetes|kustomiz\w*|kubectl|k8s)\b`),
		"precommit":    regexp.MustCompile(`(?i)\bpre-?commit\b`),
		"vscode":       regexp.MustCompile(`(?i)\b(vs ?code|visual studio)\b`),
		"devcontainer": regexp.MustCompile(`(?i)\b(dev(elopment)? ?containers?)\b`),
		"github":       regexp.MustCompile(`(?i)\b(github|dependabot|codeql)\b`),
	}
	resourceWords = regexp.MustCompile(`(?i)\b(items?|sku)\b`)
	goLiteral     = regexp.MustCompile("\"[^\"]*\"|`[^`]*`")
	goPath        = regexp.MustCompile(`github\.com/[\w./-]+`)
)

// chosen is what a record says was chosen.
func chosen(t *testing.T, dir string) combination {
	t.Helper()
	r := readRecord(t, dir)
	_, all := choices(t, "go")
	return combination{database: fmt.Sprint(r.Answers["database"]), all: all, on: slices.Sorted(maps.Keys(r.Modules)), empty: len(r.Resources) == 0}
}

// absent returns the patterns of what was not chosen.
func (c combination) absent(t *testing.T) []*regexp.Regexp {
	t.Helper()
	var all []*regexp.Regexp
	for name, words := range databaseWords {
		if name != c.database {
			all = append(all, words)
		}
	}
	for _, name := range c.all {
		words := moduleWords[name]
		if words == nil {
			t.Fatalf("no words betray the module %s", name)
		}
		if !c.has(name) && !c.says(name) {
			all = append(all, words)
		}
	}
	if c.database == "mongodb" {
		all = append(all, sqlWords)
	}
	if c.empty {
		all = append(all, resourceWords)
	}
	return all
}

// says reports whether something else may speak of a module: a database server
// for development is in a container without the module docker, too, and a
// container to work in is told about containers and VS Code.
func (c combination) says(module string) bool {
	switch module {
	case "docker":
		return c.database != "sqlite" || c.has("devcontainer")
	case "vscode":
		return c.has("devcontainer")
	}
	return false
}

// checkLeftOut demands that what was not chosen left no word behind. Tests may
// name another database as something that is refused, and the words of a licence
// are nobody's here.
func checkLeftOut(t *testing.T, c combination, tree map[string]string) {
	t.Helper()
	absent := c.absent(t)
	for _, file := range slices.Sorted(maps.Keys(tree)) {
		if slices.Contains([]string{"go.sum", "go.mod", "LICENSE"}, file) || strings.HasSuffix(file, "_test.go") {
			continue
		}
		for i, line := range strings.Split(tree[file], "\n") {
			for _, words := range absent {
				word := words.FindString(goPath.ReplaceAllString(line, ""))
				if word != "" && (words != resourceWords || !listItem(file, line)) {
					t.Errorf("%s:%d: %s, which was not chosen: %s", file, i+1, word, line)
				}
			}
		}
	}
}

// listItem says that a line means the items of a list, in code or in a schema,
// and no resource.
func listItem(file, line string) bool {
	if strings.HasSuffix(file, ".go") {
		return !resourceWords.MatchString(strings.Join(goLiteral.FindAllString(line, -1), " "))
	}
	return strings.HasPrefix(strings.TrimSpace(line), "items: {")
}

// TestGeneratedMatrix renders every licence for every set of resources, with
// and without docker by turns. A licence decides nothing but texts, and docker
// nothing but its files, so that what TestGenerated proves for one holds for
// all.
func TestGeneratedMatrix(t *testing.T) {
	licenses := slices.Sorted(maps.Keys(licenseWords))
	sets := [][]string{
		{"--no-resource"}, nil, {"--resource-file", resourceFile("related")}, {"--resource-file", resourceFile("awkward")},
	}
	scanned := map[[2]string]bool{}
	for i, set := range sets {
		var code map[string]string
		texts := map[string]string{}
		for j, license := range licenses {
			args := slices.Concat(set, []string{"--license", license, "--author", "Ada Lovelace"})
			if (i+j)%2 == 0 {
				args = append(args, "--without", "docker")
			}
			tree := readTree(t, scaffold(t, args...))
			checkLicense(t, license, tree)
			texts[tree["LICENSE"]] = license
			if code == nil {
				code = codeOf(tree)
			} else if diff := cmp.Diff(code, codeOf(tree)); diff != "" {
				t.Fatalf("%v changes the code:\n%s", args, diff)
			}
			for file, text := range tree {
				if id := [2]string{file, text}; !scanned[id] {
					scanned[id] = true
					for _, problem := range scan(file, text) {
						t.Errorf("%v: %s", args, problem)
					}
				}
			}
		}
		if len(texts) != len(licenses) {
			t.Errorf("%d licences have %d texts", len(licenses), len(texts))
		}
	}
}

// codeOf is what is compiled of a service, with the modules it needs.
func codeOf(tree map[string]string) map[string]string {
	code := map[string]string{}
	for file, text := range tree {
		if strings.HasSuffix(file, ".go") || strings.HasPrefix(file, "go.") || strings.HasSuffix(file, ".sql") {
			code[file] = text
		}
	}
	return code
}

// holderless are licences whose text names no copyright holder.
var holderless = []string{"Apache-2.0", "MPL-2.0", "GPL-3.0-only", "AGPL-3.0-only", "Unlicense"}

// licenseWords is a phrase of each licence that no other has.
var licenseWords = map[string]string{
	"MIT":           "Permission is hereby granted, free of charge",
	"Apache-2.0":    "Apache License",
	"BSD-2-Clause":  "Redistribution and use in source and binary forms",
	"BSD-3-Clause":  "Neither the name of the copyright holder",
	"ISC":           "Permission to use, copy, modify, and/or distribute this software",
	"MPL-2.0":       "Mozilla Public License",
	"GPL-3.0-only":  "GNU GENERAL PUBLIC LICENSE",
	"AGPL-3.0-only": "GNU AFFERO GENERAL PUBLIC LICENSE",
	"Unlicense":     "released into the public domain",
	"proprietary":   "All rights reserved",
}

func checkLicense(t *testing.T, license string, tree map[string]string) {
	t.Helper()
	text := tree["LICENSE"]
	if !strings.Contains(text, licenseWords[license]) {
		t.Errorf("LICENSE is not that of %s", license)
	}
	if !slices.Contains(holderless, license) && !strings.Contains(text, "Ada Lovelace") {
		t.Errorf("the LICENSE of %s does not name the holder", license)
	}
	if license != "Unlicense" && !strings.Contains(tree["README.md"], "Ada Lovelace") {
		t.Errorf("README.md does not name the holder for %s", license)
	}
	if !strings.Contains(tree["README.md"], "(LICENSE)") {
		t.Errorf("README.md does not lead to the licence %s", license)
	}
}
