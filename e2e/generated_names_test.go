package e2e

import (
	"errors"
	"go/ast"
	"go/build"
	"go/parser"
	"go/token"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// exitCode is the exit code that err of an [exec.Cmd] stands for, -1 when the
// program did not run to its end.
func exitCode(err error) int {
	if err == nil {
		return 0
	}
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return exit.ExitCode()
	}
	return -1
}

// serviceNames are words that the default service uses itself: the stems of
// its files, and the names of its types and functions without the endings
// that templates add to the name of a resource.
func serviceNames(t *testing.T) []string {
	t.Helper()
	root := scaffold(t)
	var names []string
	for _, file := range walk(t, root) {
		if !sharedWithResources(file) {
			continue
		}
		stem := strings.TrimSuffix(strings.TrimSuffix(filepath.Base(file), ".go"), "_test")
		names = append(names, strings.TrimSuffix(stem, "_sqlite"))
		names = append(names, declared(t, filepath.Join(root, file))...)
	}
	slices.Sort(names)
	names = slices.Compact(names)
	return slices.DeleteFunc(names, func(name string) bool {
		return strings.HasPrefix(name, "item") || strings.HasPrefix(name, "test_") || len(name) < 3
	})
}

// sharedWithResources says that a file is in a package that resources have
// files in, too.
func sharedWithResources(file string) bool {
	packages := []string{
		"internal/controller", "internal/model", "internal/repository", "internal/seed", "internal/view", "test/api",
	}
	return strings.HasSuffix(file, ".go") && slices.Contains(packages, filepath.ToSlash(filepath.Dir(file)))
}

var (
	derivedEnding    = regexp.MustCompile(`(Controller|Repository|Response|Rules|Rule|s)$`)
	derivedBeginning = regexp.MustCompile(`^(New|new|scan|position|seed)`)
	wordStart        = regexp.MustCompile(`([a-z0-9])([A-Z])`)
)

// declared are the snake_case words in a file's types and functions.
func declared(t *testing.T, file string) []string {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, d := range parsed.Decls {
		for _, name := range declaredBy(d) {
			name = derivedEnding.ReplaceAllString(derivedBeginning.ReplaceAllString(name, ""), "")
			names = append(names, strings.ToLower(wordStart.ReplaceAllString(name, "${1}_$2")))
		}
	}
	return names
}

func declaredBy(d ast.Decl) []string {
	switch d := d.(type) {
	case *ast.FuncDecl:
		if d.Recv == nil {
			return []string{d.Name.Name}
		}
	case *ast.GenDecl:
		var names []string
		for _, spec := range d.Specs {
			if s, ok := spec.(*ast.TypeSpec); ok {
				names = append(names, s.Name.Name)
			}
		}
		return names
	}
	return nil
}

// TestGeneratedPairs demands of two resources of which one is called like
// something that is derived from the other what TestGeneratedNames demands.
func TestGeneratedPairs(t *testing.T) {
	pairs := [][]string{
		{"item name:string", "item_list_filter name:string"},
		{"item name:string", "item_response name:string", "item_repository name:string", "item_controller name:string"},
		{"item name:string", "item_sqlite name:string"},
		{"item name:string", "new_item name:string"},
		{"item name:string", "seed_item name:string", "scan_item name:string"},
	}
	for _, words := range pairs {
		t.Run(strings.ReplaceAll(strings.Join(words, "+"), " name:string", ""), func(t *testing.T) {
			var args []string
			for _, w := range words {
				args = append(args, "--resource", w)
			}
			parent := t.TempDir()
			out, err := sillNew(parent, args...)
			if exitCode(err) == 2 {
				return
			}
			if err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			if testing.Short() {
				return
			}
			dir := filepath.Join(parent, "orders")
			needModules(t, dir)
			silent(t, dir, "go", "vet", "./...")
		})
	}
}

// TestGeneratedEverySystem demands that the name of no file makes go build
// leave it out on some system, or take it for a test.
func TestGeneratedEverySystem(t *testing.T) {
	dir := scaffold(t, "--resource-file", resourceFile("awkward"))
	systems := []build.Context{build.Default, build.Default, build.Default}
	systems[0].GOOS, systems[0].GOARCH = "windows", "amd64"
	systems[1].GOOS, systems[1].GOARCH = "linux", "arm64"
	systems[2].GOOS, systems[2].GOARCH = "plan9", "386"
	for _, file := range walk(t, dir) {
		if !strings.HasSuffix(file, ".go") {
			continue
		}
		for _, system := range systems {
			taken, err := system.MatchFile(filepath.Join(dir, filepath.Dir(file)), filepath.Base(file))
			if err != nil || !taken {
				t.Errorf("%s is left out on %s/%s: %v", file, system.GOOS, system.GOARCH, err)
			}
		}
	}
}

// A service may be called as what YAML 1.1 reads as no text.
func TestGeneratedNameIsText(t *testing.T) {
	t.Parallel()
	bare := regexp.MustCompile(`(?m)^.*[:-] +on *$`)
	for _, blueprint := range goldenBlueprints() {
		for _, database := range []string{"sqlite", "postgres"} {
			root := scaffold(t, "-b", blueprint, "--name", "on", "--database", database, "--with", "kubernetes,devcontainer,vscode,precommit")
			for _, file := range walk(t, root) {
				if ext := filepath.Ext(file); ext != ".yaml" && ext != ".yml" {
					continue
				}
				for _, line := range bare.FindAllString(read(t, root, file), -1) {
					t.Errorf("%s of the %s service has %q", file, blueprint, line)
				}
			}
		}
	}
}
