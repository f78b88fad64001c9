package e2e

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/bmatcuk/doublestar/v4"
	"github.com/google/go-cmp/cmp"

	"groundsill.example/internal/record"
)

// choices are what the blueprint offers: its databases and its modules.
func choices(t *testing.T, blueprint string) (databases, modules []string) {
	t.Helper()
	var shown struct {
		Blueprint struct{ Modules []struct{ Module string } }
		Question  struct{ Choices []struct{ Choice string } }
	}
	for _, words := range [][]string{{blueprint}, {"-b", blueprint, "database"}} {
		must(t, json.Unmarshal([]byte(run(t, t.TempDir(), "sill", append([]string{"show", "--json"}, words...)...)), &shown))
	}
	for _, c := range shown.Question.Choices {
		databases = append(databases, c.Choice)
	}
	for _, m := range shown.Blueprint.Modules {
		modules = append(modules, m.Module)
	}
	if len(databases) < 2 || len(modules) < 2 {
		t.Fatalf("the blueprint offers the databases %q and the modules %q", databases, modules)
	}
	return databases, modules
}

// combination is a choice of a database and of modules.
type combination struct {
	blueprint string // go where it is empty
	database  string
	all, on   []string // modules
	empty     bool     // without resources
}

func (c combination) has(module string) bool { return slices.Contains(c.on, module) }

// of names the blueprint.
func (c combination) of() string {
	if c.blueprint == "" {
		return "go"
	}
	return c.blueprint
}

// scaffold makes the service of a combination and returns its directory.
func (c combination) scaffold(t *testing.T, args ...string) string {
	t.Helper()
	return scaffold(t, append(args, c.args()...)...)
}

// args are the arguments of sill new for the combination.
func (c combination) args() []string {
	args := []string{"-b", c.of(), "--database", c.database}
	for _, m := range c.all {
		word := "--without"
		if c.has(m) {
			word = "--with"
		}
		args = append(args, word, m)
	}
	return args
}

// everyModule calls f for modules in every combination of two, on every
// database: none of them, all of them, and each alone.
func everyModule(t *testing.T, f func(t *testing.T, c combination)) {
	t.Helper()
	databases, all := choices(t, "go")
	for _, database := range databases {
		sets := [][]string{nil, all}
		for _, m := range all {
			sets = append(sets, []string{m})
		}
		for _, on := range sets {
			t.Run(database+" "+strings.Join(on, " "), func(t *testing.T) {
				f(t, combination{database: database, all: all, on: on})
			})
		}
	}
}

// TestGeneratedModules holds what modules make to the linters of each format.
// All but auth change no code, so that what is built and tested with some of
// them holds with all.
func TestGeneratedModules(t *testing.T) {
	code := map[string]map[string]string{} // by database, with auth and without
	everyModule(t, func(t *testing.T, c combination) {
		t.Helper()
		dir := c.scaffold(t, "--owner", "acme/backend")
		tree := readTree(t, dir)
		for file, text := range tree {
			for _, problem := range scan(file, text) {
				t.Error(problem)
			}
		}
		checkEditorConfig(t, tree)
		checkLeftOut(t, c, tree)
		key := fmt.Sprint(c.database, c.has("auth"))
		if code[key] == nil {
			code[key] = codeOf(tree)
		}
		if diff := cmp.Diff(code[key], codeOf(tree)); diff != "" {
			t.Errorf("the modules %v change the code:\n%s", c.on, diff)
		}
		lintFiles(t, dir, tree)
	})
}

// TestGeneratedOwner demands that an owner, however it is written, reviews, and
// that nobody does where none is known.
func TestGeneratedOwner(t *testing.T) {
	for owner, want := range map[string]string{"acme": "@acme", "@ada": "@ada", "@Acme/backend": "@Acme/backend"} {
		dir := scaffold(t, "--owner", owner, "--with", "kubernetes")
		if got := find(t, read(t, dir, ".github/CODEOWNERS"), `^\* (\S+)$`); got != want {
			t.Errorf("%s: %s reviews", owner, got)
		}
		account, _, _ := strings.Cut(strings.ToLower(strings.TrimPrefix(want, "@")), "/")
		if got := find(t, read(t, dir, "deploy/k8s/overlays/staging/kustomization.yaml"), `newName: (\S+)$`); got != "ghcr.io/"+account+"/orders" {
			t.Errorf("%s: the image is %s", owner, got)
		}
	}
	if exists(filepath.Join(scaffold(t), ".github", "CODEOWNERS")) {
		t.Error("nobody owns the service, and somebody reviews")
	}
}

// linter is a program that reads files of a kind.
type linter struct {
	program string
	also    string // a program that it asks, and works without
	args    []string
	files   string // a glob
}

func linters() []linter {
	return []linter{
		{program: "actionlint", also: "shellcheck", args: []string{"-no-color", "-pyflakes="}, files: ".github/workflows/*"},
		{program: "editorconfig-checker", args: []string{"-no-color", "-ignore-defaults"}, files: "**"},
		{program: "yamllint", args: []string{"--strict", "--format", "parsable", "--config-data", yamlRules}, files: "**/*.{yml,yaml}"},
	}
}

// lintFiles holds files to the linters of their formats.
func lintFiles(t *testing.T, dir string, tree map[string]string) {
	t.Helper()
	for _, l := range linters() {
		names := matching(tree, l.files)
		if len(names) == 0 {
			continue
		}
		t.Run(l.program, func(t *testing.T) {
			l.need(t)
			silent(t, dir, l.program, slices.Concat(l.args, names)...)
		})
	}
}

func (l linter) need(t *testing.T) {
	t.Helper()
	need(t, l.program)
	if l.also != "" {
		need(t, l.also)
	}
}

// TestGeneratedLintersAreRed changes files for the worse, and the linters tell.
func TestGeneratedLintersAreRed(t *testing.T) {
	dir := scaffold(t)
	for _, c := range []struct{ program, file, old, changed string }{
		{"actionlint", ".github/workflows/ci.yml", "github.workflow }}", "github.workflo }}"},
		{"actionlint", ".github/workflows/ci.yml", "timeout-minutes", "timeout-minute"},
		{"actionlint", ".github/workflows/ci.yml", "          make format", "          make $format"},
		{"editorconfig-checker", "README.md", "\n## API\n", "\n## API \n"},
		{"editorconfig-checker", "Makefile", "\tgo test ./...", "  go test ./..."},
		{"editorconfig-checker", ".github/dependabot.yml", "    directory", "     directory"},
		{"yamllint", "compose.yaml", "    ports:", "    ports: "},
		{"yamllint", "compose.yaml", "name: orders", "name: orders\nname: orders"},
	} {
		t.Run(c.program+" "+c.changed, func(t *testing.T) {
			l := linters()[slices.IndexFunc(linters(), func(l linter) bool { return l.program == c.program })]
			l.need(t)
			good := read(t, dir, c.file)
			bad := strings.Replace(good, c.old, c.changed, 1)
			must(t, os.WriteFile(filepath.Join(dir, c.file), []byte(bad), 0o600))
			err := command(dir, l.program, append(l.args, c.file)...).Run()
			must(t, os.WriteFile(filepath.Join(dir, c.file), []byte(good), 0o600))
			if exitCode(err) == 0 || bad == good {
				t.Errorf("%s does not find %q in place of %q", l.program, c.changed, c.old)
			}
		})
	}
}

// TestGeneratedModulesComeAndGo adds every module to a service without any, and takes it
// out again: the files are those of a service that was made so, but for the log
// of the schema where a module comes to tables that are there.
func TestGeneratedModulesComeAndGo(t *testing.T) {
	need(t, "git")
	for _, blueprint := range goldenBlueprints() {
		databases, all := choices(t, blueprint)
		for _, database := range databases {
			t.Run(blueprint+" "+database, func(t *testing.T) {
				w := newWorld(t)
				bare := combination{blueprint: blueprint, database: database, all: all}
				without := readTree(t, bare.scaffold(t))
				w.good(append([]string{"new", "orders", "--yes"}, bare.args()...))
				dir := filepath.Join(w.Dir, "orders")
				for _, module := range all {
					w.good([]string{"-C", "orders", "add", module, "--commit"})
					with := bare
					with.on = []string{module}
					if diff := cmp.Diff(outsideLog(readTree(t, with.scaffold(t))), outsideLog(readTree(t, dir))); diff != "" {
						t.Errorf("%s, added later, is not what it is from the beginning (- want, + got):\n%s", module, diff)
					}
					w.good([]string{"-C", "orders", "remove", module, "--commit"})
					if diff := cmp.Diff(without, readTree(t, dir)); diff != "" {
						t.Errorf("%s leaves something behind (- want, + got):\n%s", module, diff)
					}
				}
			})
		}
	}
}

// outsideLog returns a tree without the log of the schema and its migrations.
func outsideLog(files map[string]string) map[string]string {
	left := maps.Clone(files)
	maps.DeleteFunc(left, func(name, _ string) bool {
		return strings.HasPrefix(name, "migrations/") && !strings.HasSuffix(name, ".go")
	})
	before, log, _ := strings.Cut(left[record.Name], "\nschema:")
	_, after, _ := strings.Cut(log, "\ncommands:")
	left[record.Name] = before + after
	return left
}

// yamlRules are those of yamllint, but for what is a matter of taste.
const yamlRules = `{extends: default, rules: {
  braces: {max-spaces-inside: 1}, comments: {min-spaces-from-content: 1}, document-start: disable,
  line-length: {max: 140}, truthy: {check-keys: false}}}`

// matching returns the names of the files that match a glob, in order.
func matching(tree map[string]string, glob string) []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(tree)), func(file string) bool { return !doublestar.MatchUnvalidated(glob, file) })
}
