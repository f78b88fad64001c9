package e2e

import (
	"bytes"
	"cmp"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"groundsill.example/internal/contract"
)

// mutant is the generated service with one thing wrong, and the clauses of the
// contract that have to notice: "ST-6 MUST, ST-7 MUST". Whatever else is tried
// has to be held.
type mutant struct {
	name  string
	edits []edit
	want  string
}

// edit changes the text of a file, which has to have it exactly once.
type edit struct{ file, old, changed string }

// herd is mutants on one database, and the clauses that they are tried with.
type herd struct {
	name, database string
	blueprint      string // go where it is empty
	with           string // a module that the service has
	related        bool   // its resources refer to each other
	namespace      bool   // a network of its own is needed to notice
	clauses        []string
	mutants        []mutant
}

func herds() []herd {
	return slices.Concat(startupMutants(), httpMutants(), listingMutants(), rowMutants(), documentMutants(), logMutants(), metricsMutants(),
		securityMutants(), authMutants(), faultMutants(), networkMutants(), expressMutants())
}

// TestMutants breaks the generated service on purpose, one thing at a time, and
// demands that the suite notices with the right clauses and no others. The
// service as it is comes first, and nothing of it may be broken.
func TestMutants(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds and runs services")
	}
	if runtime.GOOS != "linux" {
		miss(t, "linux", "is not this system, and open files and memory are read from its /proc")
	}
	need(t, "sqlite3")
	n := newNursery(t)
	for _, h := range herds() {
		t.Run(strings.TrimPrefix(h.blueprint+"/"+h.database+"/"+h.name, "/"), func(t *testing.T) {
			t.Parallel()
			h.try(t, n)
		})
	}
}

// nursery is where mutants are made. Building keeps the machine busy and trying
// mostly waits, so one is built while several are tried.
type nursery struct {
	origins  map[string]string // origin of a herd → directory of the service as it is
	packages string            // where the node_modules of services in TypeScript are
	building sync.Mutex
	trying   chan struct{}
}

func newNursery(t *testing.T) *nursery {
	t.Helper()
	const tried = 6
	n := &nursery{origins: map[string]string{}, trying: make(chan struct{}, tried)}
	for _, h := range herds() {
		if key := h.origin(); n.origins[key] == "" {
			args := []string{"-b", h.of(), "--database", h.database}
			if h.with != "" {
				args = append(args, "--with", h.with)
			}
			if h.related {
				args = append(args, "--resource-file", resourceFile("related"))
			}
			n.origins[key] = scaffold(t, args...)
			if h.of() == "go" {
				needModules(t, n.origins[key])
			} else {
				needPackages(t, n.origins[key])
				n.packages = t.TempDir()
				must(t, os.Rename(filepath.Join(n.origins[key], "node_modules"), filepath.Join(n.packages, "node_modules")))
			}
		}
	}
	return n
}

// origin names the service that mutants are made of.
func (h herd) origin() string { return fmt.Sprint(h.blueprint, h.database, h.with, h.related) }

// of names the blueprint.
func (h herd) of() string { return cmp.Or(h.blueprint, "go") }

// try runs the clauses against the service as it is and against every mutant.
func (h herd) try(t *testing.T, n *nursery) {
	t.Helper()
	if h.namespace && command(".", "unshare", "--net", "true").Run() != nil {
		miss(t, "network namespace", "cannot be made")
	}
	server := ""
	if h.database != "sqlite" {
		server = databaseServer(t, h.database).URL()
	}
	var wait sync.WaitGroup
	defer wait.Wait()
	for _, m := range append([]mutant{{name: "as it is"}}, h.mutants...) {
		dir := n.build(t, h, m)
		wait.Go(func() {
			n.trying <- struct{}{}
			defer func() { <-n.trying }()
			h.judge(t, m, dir, server)
		})
	}
}

// judge runs the clauses against one service and compares.
func (h herd) judge(t *testing.T, m mutant, dir, server string) {
	t.Helper()
	report, err := contract.Run(t.Context(), contract.Options{
		Dir: dir, Scratch: filepath.Dir(dir), Server: server, Env: cleanEnv(), Clauses: h.clauses, Scale: 0.01, Now: time.Now,
	})
	if err != nil {
		t.Errorf("%s: %v", m.name, err)
		return
	}
	var broken []string
	for _, one := range report.Results {
		if one.Outcome == contract.NotApplicable {
			t.Errorf("%s: %s cannot be tried: no %s", m.name, one.ID, one.Missing)
		}
		if one.Outcome == contract.Broken {
			broken = append(broken, one.ID+" "+string(one.Level))
		}
	}
	if got := strings.Join(broken, ", "); got != m.want {
		var table bytes.Buffer
		_ = report.Table(&table)
		t.Errorf("%s\nbroken: %s\nwant:   %s\n%s", m.name, got, m.want, &table)
	}
}

// build makes the service, changes it and builds it.
func (n *nursery) build(t *testing.T, h herd, m mutant) string {
	t.Helper()
	n.building.Lock()
	defer n.building.Unlock()
	dir := filepath.Join(t.TempDir(), "orders")
	must(t, os.CopyFS(dir, os.DirFS(n.origins[h.origin()])))
	for _, e := range m.edits {
		e.apply(t, m.name, dir)
	}
	if h.of() == "go" {
		run(t, dir, "go", "build", "-trimpath", "-ldflags=-s -w", "-o", filepath.Join("bin", "server"), "./cmd/server")
		return dir
	}
	must(t, os.Symlink(filepath.Join(n.packages, "node_modules"), filepath.Join(dir, "node_modules")))
	run(t, dir, "npm", "run", "build")
	return dir
}

func (e edit) apply(t *testing.T, name, dir string) {
	t.Helper()
	file := filepath.Join(dir, filepath.FromSlash(e.file))
	data, err := os.ReadFile(file)
	must(t, err)
	if found := strings.Count(string(data), e.old); found != 1 {
		t.Fatalf("mutant %q: %s has %d times what is to be changed:\n%s", name, e.file, found, e.old)
	}
	must(t, os.WriteFile(file, []byte(strings.Replace(string(data), e.old, e.changed, 1)), 0o600))
}

var verdicts = regexp.MustCompile(`^[A-Z]{2}-\d+ (MUST|SHOULD)(, [A-Z]{2}-\d+ (MUST|SHOULD))*$`)

// TestEveryClauseCanFail demands that each clause, at each of its levels, is
// broken on purpose by some test: by a mutant, or in the tables of the suite's
// own tests, which compare what they hold with what was broken.
func TestEveryClauseCanFail(t *testing.T) {
	red := map[string]bool{}
	for _, h := range herds() {
		for _, m := range h.mutants {
			for one := range strings.SplitSeq(m.want, ", ") {
				red[one] = true
			}
		}
	}
	for _, one := range verdictsIn(t, filepath.Join("..", "internal", "contract", "*_test.go")) {
		red[one] = true
	}
	for _, c := range contract.All() {
		for _, level := range c.Levels {
			name := fmt.Sprintf("%s %s", c.ID, level)
			if !red[name] {
				t.Errorf("nothing breaks %s: %s", name, c.Title)
			}
			delete(red, name)
		}
	}
	for name := range red {
		t.Errorf("%s is broken by a test, and there is no such clause", name)
	}
}

// verdictsIn returns the lists of broken clauses among the string literals of Go
// files, one by one.
func verdictsIn(t *testing.T, pattern string) []string {
	t.Helper()
	names, err := filepath.Glob(pattern)
	must(t, err)
	var all []string
	for _, name := range names {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		must(t, err)
		ast.Inspect(file, func(n ast.Node) bool {
			literal, ok := n.(*ast.BasicLit)
			if !ok || literal.Kind != token.STRING {
				return true
			}
			if text, err := strconv.Unquote(literal.Value); err == nil && verdicts.MatchString(text) {
				all = append(all, strings.Split(text, ", ")...)
			}
			return true
		})
	}
	if len(all) == 0 {
		t.Fatalf("%s holds nothing that is broken", pattern)
	}
	return all
}
