package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"testing"
)

// Limits on conflicts: of all cells, and of those that add something.
const (
	conflictLimit    = 0.05
	addConflictLimit = 0.02
)

// sampleSize is how many cells are built and tested with the Go toolchain.
const sampleSize = 2

// TestEdits is the corpus of what people do to a service that sill made: every
// edit of the table, committed, and then every operation, as the command line
// plans it. For each cell it demands that
//
//   - no line that a person wrote is gone and none that a person deleted is
//     back, and that what the blueprint changed has arrived, unless the file is
//     in conflict or the plan warns of it;
//   - what merged type-checks, with its tests, and is formatted and readable
//     where both sides were;
//   - conflicts, warnings about broken results, and defects are those of
//     testdata/edits/known.txt, each with its reason, and not one more or less;
//   - few cells are in conflict.
//
// It prints a table beside the one of git merge-file for the same three sides.
//
// Every cell is type-checked in this process, which takes milliseconds because
// packages that cells have in common are checked once. Building, vetting and
// testing a cell with the toolchain takes many seconds, so that is done for a
// sample, which changes every hour; the log says how to have the same again.
// `make corpus-full` does it for every cell that merged, and takes an hour or
// two.
func TestEdits(t *testing.T) {
	c := newCorpus(t)
	t.Run("cells", func(t *testing.T) {
		for _, e := range edits() {
			t.Run(e.name, func(t *testing.T) {
				t.Parallel()
				c.try(t, e)
			})
		}
	})
	if t.Failed() {
		return
	}
	c.sort()
	t.Log("\n" + c.table())
	if c.complete() {
		c.checkLimits(t)
	}
	c.checkKnown(t, filepath.Join("testdata", "edits", "known.txt"))
	c.buildSample(t)
}

// TestEditsTable demands that the corpus is as large as it has to be, and that
// no two edits have one name.
func TestEditsTable(t *testing.T) {
	names := map[string]bool{}
	for _, e := range edits() {
		if names[e.name] {
			t.Errorf("two edits are called %q", e.name)
		}
		names[e.name] = true
	}
	if len(edits()) < 60 || len(operations("")) < 7 {
		t.Errorf("%d edits and %d operations", len(edits()), len(operations("")))
	}
}

// workers is how many edits are tried at a time.
func workers() int { return runtime.GOMAXPROCS(0) }

// operation is a command that changes a service.
type operation struct {
	name string
	args []string
	adds bool
	bare bool // it starts from a service without the module docker
}

// operations returns what is done to every edit. Update goes to the blueprint
// in a directory.
func operations(newest string) []operation {
	both, err := filepath.Abs(filepath.Join("testdata", "edits", "resources.yaml"))
	if err != nil {
		both = ""
	}
	return []operation{
		{name: "add a resource", adds: true, args: []string{
			"add", "resource", "invoice", "number:string,20:required:unique", "customer:references:required", "total:decimal,10,2:required",
		}},
		{name: "add two resources", adds: true, args: []string{"add", "resource", "--resource-file", both}},
		{name: "add fields", adds: true, args: []string{"add", "field", "item", "note:text", "paid_at:datetime:index"}},
		{name: "add docker", adds: true, bare: true, args: []string{"add", "docker"}},
		{name: "remove a resource", args: []string{"remove", "resource", "customer"}},
		{name: "remove a field", args: []string{"remove", "field", "item.quantity"}},
		{name: "remove docker", args: []string{"remove", "docker"}},
		{name: "set database", args: []string{"set", "database=postgres"}},
		{name: "set module", args: []string{"set", "module=" + otherModule}},
		{name: "update", args: []string{"update", "-b", newest}},
	}
}

// The module path of the service, and the one that an operation gives it.
const (
	ownModule   = "example.com/orders"
	otherModule = "git.example.org/shop/orders"
)

// corpus is the table as far as it is filled, and what all cells share.
type corpus struct {
	world    *world
	made     map[bool]service // the service as sill made it; true: without docker
	packages *packages
	ops      []operation

	mu    sync.Mutex
	cells []cell
}

// service is a repository as sill made it, and what operations make of it.
type service struct {
	dirs   chan string // copies that nobody uses at the moment
	files  sources
	theirs map[string]sources // by operation
}

func newCorpus(t *testing.T) *corpus {
	t.Helper()
	before := debug.SetGCPercent(400) // a thousand renderings make much garbage
	t.Cleanup(func() { debug.SetGCPercent(before) })
	dirs := blueprintHistory(t)
	w := newWorld(t)
	w.Env = []string{"SOURCE_DATE_EPOCH=1772600000"}
	c := &corpus{world: w, made: map[bool]service{}, ops: operations(dirs[versions()[len(versions())-1]])}
	for _, bare := range []bool{false, true} {
		args := []string{
			"new", "orders", "--yes",
			"--resource", "customer name:string,80:required email:string:required:unique",
			"--resource", "item name:string,100:required sku:string,32:required:unique quantity:integer:min=0:default=0 " +
				"status:enum,draft,active,archived:default=draft description:text,2000",
		}
		if bare {
			args = append(args, "--without", "docker")
		}
		in := &world{t: t, Home: w.Home, Dir: t.TempDir(), Env: w.Env}
		in.good(args)
		dir := filepath.Join(in.Dir, "orders")
		in.git("orders", "tag", "made")
		s := service{dirs: make(chan string, workers()), files: readTree(t, dir), theirs: map[string]sources{}}
		for _, op := range c.ops {
			if op.bare == bare {
				s.theirs[op.name] = s.files.with(t, plannedBy(t, w, dir, op))
			}
		}
		for i := range workers() {
			one := fmt.Sprintf("%s-%d", dir, i)
			must(t, os.CopyFS(one, os.DirFS(dir)))
			s.dirs <- one
		}
		c.made[bare] = s
	}
	c.packages = newPackages()
	if !testing.Short() {
		c.learn(t)
	}
	return c
}

// learn gives the type checker what services of both databases import, and what
// edits do.
func (c *corpus) learn(t *testing.T) {
	t.Helper()
	own := []sources{c.made[false].files}
	for _, e := range edits() {
		ours := c.made[false].files.clone()
		for _, s := range e.steps {
			if err := s(ours, map[string]string{}); err != nil {
				t.Errorf("%s: %v", e.name, err)
			}
		}
		own = append(own, ours)
	}
	c.packages.learn(t, scaffold(t), own...)
	other := scaffold(t, "--database", "postgres")
	c.packages.learn(t, other, readTree(t, other))
}

// try fills the row of an edit.
func (c *corpus) try(t *testing.T, e userEdit) {
	t.Helper()
	for _, bare := range []bool{false, true} {
		if bare && e.docker {
			continue
		}
		made := c.made[bare]
		ours := made.files.clone()
		moved := map[string]string{}
		for _, s := range e.steps {
			if err := s(ours, moved); err != nil {
				t.Fatal(err)
			}
		}
		dir := <-made.dirs
		c.commit(t, dir, made.files, ours)
		alone := cell{edit: e.name, bare: bare, result: ours, outcome: clean}
		for name, data := range ours {
			if made.files[name] != data && filepath.Ext(name) != ".go" { // an edit may format Go otherwise
				alone.wrong = append(alone.wrong, formFaults(name, made.files[name], "", data)...)
			}
		}
		c.add(alone)
		for _, op := range c.ops {
			if op.bare != bare {
				continue
			}
			p := plannedBy(t, c.world, dir, op)
			s := sides{base: made.files, ours: ours, theirs: made.theirs[op.name], moved: moved, renamed: strings.NewReplacer(e.renamed...)}
			one := s.judge(t, p).expect(e.warns[op.name])
			one.edit, one.op, one.bare = e.name, op.name, bare
			c.add(one)
		}
		c.restore(t, dir)
		made.dirs <- dir
	}
}

// add type-checks a cell and puts it into the table.
func (c *corpus) add(one cell) {
	if one.outcome != conflicted && !testing.Short() {
		one.broken = c.packages.check(one.result)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.cells = append(c.cells, one)
}

// commit changes a repository as sill made it to one with an edit committed.
func (c *corpus) commit(t *testing.T, dir string, made, ours sources) {
	t.Helper()
	for name := range made {
		if _, stays := ours[name]; !stays {
			must(t, os.Remove(filepath.Join(dir, filepath.FromSlash(name))))
		}
	}
	for name, data := range ours {
		if made[name] != data {
			put(t, filepath.Join(dir, filepath.FromSlash(name)), data)
		}
	}
	in := &world{t: t, Home: c.world.Home, Dir: dir, Env: c.world.Env}
	in.git(".", "add", "-A")
	in.git(".", "commit", "-q", "--allow-empty", "-m", "Make it ours") // git may not see line endings
}

// restore makes a repository again what sill made.
func (c *corpus) restore(t *testing.T, dir string) {
	t.Helper()
	in := &world{t: t, Home: c.world.Home, Dir: dir, Env: c.world.Env}
	in.git(".", "rm", "-rq", "--cached", ".")
	in.git(".", "reset", "-q", "--hard", "made")
	in.git(".", "clean", "-dfq")
}

// complete reports whether every edit was tried.
func (c *corpus) complete() bool {
	tried := map[string]bool{}
	for _, one := range c.cells {
		tried[one.edit] = true
	}
	return len(tried) == len(edits())
}

func (c *corpus) sort() {
	slices.SortFunc(c.cells, func(a, b cell) int { return strings.Compare(a.name(), b.name()) })
}

// table prints how many cells came to what, beside what git comes to.
func (c *corpus) table() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%-20s%7s  %s\n%-20s%7s", "", "", "      sill                              git merge-file", "operation", "cells")
	for _, title := range []string{"clean", "merged", "conflict", "warned", "defect", "clean", "merged", "conflict"} {
		fmt.Fprintf(&b, "%9s", title)
	}
	b.WriteString("\n")
	line := func(name string, of func(cell) bool) {
		n := c.count(of)
		fmt.Fprintf(&b, "%-20s%7d", name, n)
		for _, is := range []func(cell) bool{
			func(o cell) bool { return o.outcome == clean },
			func(o cell) bool { return o.outcome == merged },
			func(o cell) bool { return o.outcome == conflicted },
			func(o cell) bool { return o.kind() == kindWarned },
			func(o cell) bool { return o.kind() == kindDefect },
			func(o cell) bool { return o.git == clean },
			func(o cell) bool { return o.git == merged },
			func(o cell) bool { return o.git == conflicted },
		} {
			fmt.Fprintf(&b, "%9d", c.count(func(o cell) bool { return of(o) && is(o) }))
		}
		b.WriteString("\n")
	}
	for _, op := range c.ops {
		line(op.name, func(o cell) bool { return o.op == op.name })
	}
	line("all", func(o cell) bool { return o.op != "" })
	return b.String()
}

func (c *corpus) count(of func(cell) bool) int {
	n := 0
	for _, one := range c.cells {
		if of(one) {
			n++
		}
	}
	return n
}

// checkLimits demands that few cells are in conflict.
func (c *corpus) checkLimits(t *testing.T) {
	t.Helper()
	adds := map[string]bool{}
	for _, op := range c.ops {
		adds[op.name] = op.adds
	}
	for _, limit := range []struct {
		of   string
		most float64
		in   func(cell) bool
	}{
		{"cells", conflictLimit, func(o cell) bool { return o.op != "" }},
		{"cells that add", addConflictLimit, func(o cell) bool { return adds[o.op] }},
	} {
		all := c.count(limit.in)
		n := c.count(func(o cell) bool { return limit.in(o) && o.outcome == conflicted })
		t.Logf("%d of %d %s are in conflict, %.1f %%", n, all, limit.of, 100*float64(n)/float64(all))
		if float64(n) > limit.most*float64(all) {
			t.Errorf("more than %.0f %% of the %s are in conflict", 100*limit.most, limit.of)
		}
	}
}
