package e2e

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// goldenCases are the services that are kept in full below testdata/golden.
func goldenCases() []generatedCase {
	return []generatedCase{
		{name: "default"},
		{name: "related", args: []string{"--resource-file", resourceFile("related"), "--with", "kubernetes,devcontainer,vscode,precommit"}},
		{name: "postgres", args: []string{"--database", "postgres", "--with", "kubernetes,devcontainer", "--owner", "acme/backend"}},
		{name: "mysql", args: []string{"--database", "mysql"}},
		{name: "mongodb", args: []string{"--database", "mongodb", "--resource-file", resourceFile("related")}, only: "go"},
		{name: "minimal", args: []string{"--no-resource", "--without", "docker,github", "--license", "proprietary"}},
	}
}

// goldenBlueprints are the blueprints whose golden repositories are kept, a
// directory each.
func goldenBlueprints() []string { return []string{"express", "go"} }

// generatedCase is a service and the arguments of sill new that make it.
type generatedCase struct {
	name string
	args []string
	lint bool
	only string // the one blueprint that can make it
}

// goldenCasesOf are those that a blueprint can make.
func goldenCasesOf(blueprint string) []generatedCase {
	return slices.DeleteFunc(goldenCases(), func(c generatedCase) bool { return c.only != "" && c.only != blueprint })
}

func resourceFile(name string) string {
	path, err := filepath.Abs(filepath.Join("testdata", "resources", name+".yaml"))
	if err != nil {
		return name
	}
	return path
}

// scaffold makes the service orders and returns its directory.
func scaffold(t *testing.T, args ...string) string {
	t.Helper()
	parent := t.TempDir()
	if out, err := sillNew(parent, args...); err != nil {
		t.Fatalf("sill new %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return filepath.Join(parent, "orders")
}

func sillNew(parent string, args ...string) ([]byte, error) {
	args = append([]string{"new", "orders", "--yes", "--git", "none"}, args...)
	return command(parent, "sill", args...).CombinedOutput()
}

// cloned makes the default service with its commit, and clones it to where a
// newcomer would: nothing is set up there.
func cloned(t *testing.T) string {
	t.Helper()
	need(t, "git")
	parent := t.TempDir()
	if out, err := command(parent, "sill", "new", "orders", "--yes").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	run(t, parent, "git", "clone", "--quiet", "orders", "clone")
	return filepath.Join(parent, "clone")
}

// run demands that a command succeeds and returns what it printed on standard
// output.
func run(t *testing.T, dir, name string, args ...string) string {
	t.Helper()
	cmd := command(dir, name, args...)
	var out, failure bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &failure
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s %s: %v\n%s%s", name, strings.Join(args, " "), err, out.Bytes(), failure.Bytes())
	}
	return out.String()
}

// silent demands that a command succeeds and has nothing to say.
func silent(t *testing.T, dir, name string, args ...string) {
	t.Helper()
	if out := run(t, dir, name, args...); out != "" {
		t.Errorf("%s %s says\n%s", name, strings.Join(args, " "), out)
	}
}

// TestGenerated builds, checks and tests what sill makes with the tools its
// people use. The cases follow each other, so that each finds in the build
// cache what the one before it built.
func TestGenerated(t *testing.T) {
	if testing.Short() {
		t.Skip("runs the Go toolchain for minutes")
	}
	cases := goldenCases()
	for i := range cases {
		cases[i].lint = true
	}
	cases = append(cases,
		generatedCase{name: "auth", args: []string{"--with", "auth", "--resource-file", resourceFile("related")}, lint: true},
		generatedCase{name: "auth-no-resource", args: []string{"--with", "auth", "--no-resource"}, lint: true},
		generatedCase{name: "types", args: []string{"--resource-file", resourceFile("types")}},
		generatedCase{name: "awkward", args: []string{"--resource-file", resourceFile("awkward")}},
	)
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			dir := scaffold(t, c.args...)
			needModules(t, dir)
			silent(t, dir, "gofmt", "-l", ".")
			silent(t, dir, "go", "build", "-mod=readonly", "./...")
			silent(t, dir, "go", "vet", "./...")
			silent(t, dir, "go", "mod", "tidy", "-diff")
			run(t, dir, "go", "mod", "verify")
			testService(t, dir)
			if c.lint {
				lintService(t, dir)
			}
		})
	}
}

// testService runs the service's own tests, and demands that there are some.
func testService(t *testing.T, dir string, env ...string) {
	t.Helper()
	cmd := command(dir, "go", "test", "./...")
	cmd.Env = append(cmd.Env, env...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("go test: %v\n%s", err, out)
	}
	if !bytes.Contains(out, []byte("ok  \t")) {
		t.Errorf("the service has no tests:\n%s", out)
	}
}

func lintService(t *testing.T, dir string) {
	t.Helper()
	t.Run("lint", func(t *testing.T) {
		need(t, "golangci-lint")
		if out := run(t, dir, "golangci-lint", "run"); strings.TrimSpace(out) != "0 issues." {
			t.Errorf("golangci-lint run says\n%s", out)
		}
		silent(t, dir, "golangci-lint", "fmt", "--diff")
	})
}

// TestGeneratedAlone type-checks a service for each field type that has no
// other, so that no file leans on what another type brings along.
func TestGeneratedAlone(t *testing.T) {
	if testing.Short() {
		t.Skip("runs the Go toolchain for minutes")
	}
	types := []string{
		"string", "text", "integer", "bigint", "decimal,10,2", "float", "boolean", "date", "datetime", "uuid",
		"enum,one,two", "references,thing",
	}
	for i, kind := range types {
		name, _, _ := strings.Cut(kind, ",")
		t.Run(name, func(t *testing.T) {
			words := "thing value:" + kind
			if i%2 == 1 { // every other type is required, where that can be filled
				words += required(name)
			}
			dir := scaffold(t, "--without", "docker", "--resource", words)
			needModules(t, dir)
			silent(t, dir, "go", "vet", "./...")
		})
	}
}

// required is the modifier; a required reference to itself could never be
// given by the first row.
func required(kind string) string {
	if kind == "references" {
		return ""
	}
	return ":required"
}

// TestGeneratedNames gives resources the names of the files, types and
// functions of the service itself. Such a name is refused as a mistake of the
// person who chose it, or the service builds.
func TestGeneratedNames(t *testing.T) {
	names := serviceNames(t)
	if len(names) < 20 {
		t.Fatalf("only %d names: %v", len(names), names)
	}
	accepted := filepath.Join(t.TempDir(), "accepted.yaml")
	var list bytes.Buffer
	tables := map[string]bool{}
	for _, name := range names {
		parent := t.TempDir()
		out, err := sillNew(parent, "--resource", name+" value:string parent:references,"+name)
		switch code := exitCode(err); code {
		case 0:
			resource := readRecord(t, filepath.Join(parent, "orders")).Resources[0]
			if table := strings.ReplaceAll(resource.Plural, "_", ""); !tables[table] {
				tables[table] = true
				list.WriteString("- " + resource.Name + " value:string parent:references," + resource.Name + "\n")
			}
		case 2:
		default:
			t.Errorf("a resource %s: exit code %d, want 0 or 2\n%s", name, code, out)
		}
	}
	if err := os.WriteFile(accepted, list.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	if testing.Short() {
		return
	}
	dir := scaffold(t, "--resource-file", accepted)
	needModules(t, dir)
	silent(t, dir, "go", "vet", "./...")
}
