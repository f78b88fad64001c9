package e2e

import (
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestReadmeAddsALanguage follows what README.md says of a blueprint for another
// language: what stands there is enough, nothing of it is too much, and sill
// names what is missing.
func TestReadmeAddsALanguage(t *testing.T) {
	_, page, found := strings.Cut(read(t, "..", "README.md"), "### Add a language\n")
	if !found {
		t.Fatal("README.md does not tell how")
	}
	manifest := find(t, page, "(?s)```yaml\n(.*?)```")
	w := newWorld(t)
	blueprint := filepath.Join(w.Dir, "flask")
	write := func(name, text string) { put(t, filepath.Join(blueprint, filepath.FromSlash(name)), text) }
	write("blueprint.yaml", manifest)
	write("CHANGELOG.md", "# Changelog\n\n## 0.1.0\n\n- The first.\n")
	write("files/app.py.tmpl", "print(\"{{ .name }}\")\n")
	args := []string{"new", "shop", "-b", "./flask", "--yes", "--git", "none", "--with", "docker,github,kubernetes", "--resource", "order total:integer"}

	for _, part := range [][2]string{
		{"docker/build", "FROM python:3.14-slim AS build\nCOPY app.py /out/app/\n"},
		{"docker/run", "ENTRYPOINT [\"python3\", \"/app/app.py\"]\n"},
		{"github/toolchain", "- name: Install Python\n  uses: actions/setup-python@v6\n"},
	} {
		name, text := part[0], part[1]
		r := w.sill(args...)
		if r.Code != 5 || !strings.Contains(strings.Join(strings.Fields(r.Err), " "), fmt.Sprintf("%q", name)) {
			t.Fatalf("without %s: exit code %d\n%s", name, r.Code, r.Err)
		}
		if !strings.Contains(page, "`partials/"+name+".tmpl`") {
			t.Errorf("README.md does not name %s", name)
		}
		write("partials/"+name+".tmpl", text)
	}
	write("files/migrations/{{.entry.at}}_{{.entry.name}}.sql.tmpl", "{{ include \"sql/create/sqlite\" . }}\n")
	rule := "  - {path: 'migrations/*[{][{].entry.*', for: schema as entry, frozen: true}\n"
	write("blueprint.yaml", strings.Replace(manifest, "files:\n", "files:\n"+rule, 1))
	w.good(args)
	for file, want := range map[string]string{
		"app.py": "print(\"shop\")\n", "migrations/00001_create_orders.sql": "CREATE TABLE \"orders\"",
		"Dockerfile": "FROM python:3.14-slim AS build", "openapi/order.yaml": "OrderInput:",
	} {
		if got := read(t, w.Dir, "shop/"+file); !strings.Contains(got, want) {
			t.Errorf("%s lacks %s:\n%s", file, want, got)
		}
	}

	for _, line := range regexp.MustCompile(`(?m)^  (?:\w+:|- \{key:) .*\n`).FindAllString(manifest, -1) {
		name := find(t, line, `^  (?:- \{key: )?(\w+)`)
		if name == "name" || name == "setup" || name == "build" || name == "migrate" || name == "start" {
			continue // what no file asks for, but people and sill verify
		}
		write("blueprint.yaml", strings.Replace(manifest, line, "", 1))
		again := append([]string{"new", "other"}, args[2:]...)
		if r := w.sill(again...); r.Code == 0 || !strings.Contains(r.Err, name) {
			t.Errorf("without %s: exit code %d\n%s", name, r.Code, r.Err)
		}
	}
}
