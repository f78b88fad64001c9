package e2e

import (
	"encoding/json"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// savedPlan is what the law reads of a plan: its files.
type savedPlan struct {
	Plan struct {
		Root    string
		Message string
		Git     string
		Changes []struct {
			Path, Action, Mode, Before, BeforeMode, After, Content, Encoding string
		}
	}
}

// lawCase is a command line, what is there before, and its exit code.
type lawCase struct {
	name  string
	files string // of the working directory
	git   string // a directory that is a repository before
	made  string // arguments of sill new: the service that the command changes
	meet  string // arguments of a command on another branch, with which git merge has conflicts
	args  string
	exit  int
}

func lawCases() []lawCase {
	const (
		readme = "-- shop/README.md --\nmine\n"
		config = "-- shop/config.txt --\nmine\n"
		ignore = "-- shop/.gitignore --\n*.o\n"
		order  = "--resource 'order total:decimal,10,2:required placed_at:datetime'"
	)
	return []lawCase{
		{name: "default", args: "new shop -b TINY"},
		{name: "nested", args: "new a/b/shop -b TINY"},
		{name: "here", args: "new . -b TINY"},
		{name: "no git", args: "new shop -b TINY --git none"},
		{name: "git init", args: "new shop -b TINY --git init"},
		{name: "fresh clone", git: "shop", args: "new shop -b TINY"},
		{name: "answers as flags", args: "new shop -b TINY --name cart --license proprietary --public-api --tags red,blue --note hi"},
		{name: "answers by set", args: "new shop -b TINY --set license=proprietary --set rate=5 --set public_api=on"},
		{name: "answers of a file", files: "-- a.yaml --\nlicense: proprietary\ntags: [green]\n", args: "new shop -b TINY --answers a.yaml"},
		{name: "modules", args: "new shop -b TINY --with more --without rooted --set more.level=high"},
		{name: "other modules", args: "new shop -b TINY --without extra --with foe"},
		{name: "no resource", args: "new shop -b TINY --no-resource"},
		{name: "a resource", args: "new shop -b TINY " + order},
		{name: "two resources", args: "new shop -b TINY " + order + " --resource 'line order:references:required'"},
		{name: "resources of a file", files: "-- r.yaml --\n- {name: visit, fields: [{name: at, type: datetime}]}\n", args: "new shop -b TINY --resource-file r.yaml"},
		{name: "an empty directory", files: "-- shop/x/y --\n", args: "new shop/z -b TINY"},
		{name: "a subdirectory of a repository", git: "mono", files: "-- mono/README.md --\nmine\n", args: "new mono/shop -b TINY"},
		{name: "merge, files kept", files: readme, args: "new shop -b TINY --merge --git none"},
		{name: "merge, in a repository", git: "shop", files: readme, args: "new shop -b TINY --merge"},
		{name: "merge, lines united", files: ignore, args: "new shop -b TINY --merge --git none"},
		{name: "merge, a conflict", files: config, args: "new shop -b TINY --merge --git none", exit: 3},
		{name: "merge, everything", git: "shop", files: readme + config + ignore, args: "new shop -b TINY --merge", exit: 3},
		{name: "merge, the same file", files: "-- shop/extra.txt --\nextra of shop\n", args: "new shop -b TINY --merge --git none"},
		{name: "merge, other files", files: "-- shop/src/mine.c --\nmine\n", args: "new shop -b TINY --merge --git none"},
		{name: "merge, a mode", files: "-- shop/bin/run.sh --\n#!/bin/sh\necho \"running\"\n", args: "new shop -b TINY --merge --git none", exit: 3},
		{name: "setup", args: "new shop -b SETUP --no-setup"},
		{name: "built-in", args: "new shop"},
		{name: "built-in, resources", args: "new shop --without docker --license Apache-2.0 " + order},
		{name: "built-in, bare", args: "new shop --no-resource --git none"},
		{name: "add a resource", made: "-b TINY", args: "add resource invoice number:bigint:required"},
		{name: "add fields", made: "-b TINY " + order, args: "add field order note:text paid_at:datetime"},
		{name: "add what is there", made: "-b TINY " + order, args: "add resource order total:decimal,10,2:required placed_at:datetime"},
		{name: "add a module", made: "-b TINY --without extra", args: "add extra"},
		{name: "add and commit", made: "-b TINY", args: "add resource invoice number:bigint --commit"},
		{name: "remove a resource", made: "-b TINY " + order, args: "remove resource order"},
		{name: "remove a resource, dropped", made: "-b TINY " + order, args: "remove resource order --migration drop"},
		{name: "remove a field", made: "-b TINY " + order, args: "remove field order.placed_at"},
		{name: "remove a module", made: "-b TINY", args: "remove extra"},
		{name: "set", made: "-b TINY", args: "set license=proprietary public_api=true"},
		{name: "set beside edits", made: "-b TINY", files: "-- shop/LICENSE --\nmine\n", args: "set license=proprietary", exit: 3},
		{name: "update to the same", made: "-b TINY", args: "update -b TINY"},
		{name: "release", made: "-b TINY", args: "release README.md"},
		{name: "built-in, add a resource", made: "", args: "add resource payment amount:decimal,10,2:required item:references:required"},
		{name: "built-in, add fields", made: "--database postgres", args: "add field item color:string weight:float"},
		{name: "built-in, add kubernetes", made: "--git init", args: "add kubernetes"},
		{name: "built-in, remove docker", made: "--git init", args: "remove docker"},
		{name: "built-in, set the database", made: "--yes", args: "set database=postgres"},
		{name: "built-in, set another database", made: "--database postgres", args: "set database=mysql"},
		{name: "built-in, set a database without SQL", made: "--database postgres", args: "set database=mongodb"},
		{name: "built-in, set the database back", made: "--database mysql", args: "set database=sqlite"},
		{name: "built-in, add fields without SQL", made: "--database mongodb", args: "add field item color:string:default=red"},
		{name: "built-in, set the module", made: "--yes", args: "set module=github.com/acme/shop"},
		{name: "resolve", made: "-b TINY", meet: "add resource invoice number:bigint", args: "resolve"},
		{name: "resolve, beside a conflict", made: "-b TINY", meet: "set name=other", files: "-- shop/README.md --\nmine\n", args: "resolve", exit: 3},
		{name: "built-in, resolve", made: "", meet: "add resource invoice number:bigint item:references", args: "resolve"},
		{name: "resolve nothing", made: "-b TINY", args: "resolve"},
		{name: "built-in, merge", git: "shop", files: "-- shop/NOTES.txt --\nmine\n", args: "new shop --merge"},
	}
}

// words splits a command line at blanks outside of single quotes.
func (c lawCase) words(t *testing.T) []string {
	t.Helper()
	return wordsOf(t, c.args)
}

func wordsOf(t *testing.T, line string) []string {
	t.Helper()
	line = strings.ReplaceAll(line, "TINY", tiny(t))
	line = strings.ReplaceAll(line, "SETUP", filepath.Join(filepath.Dir(tiny(t)), "setup"))
	var words []string
	for i, part := range strings.Split(line, "'") {
		if i%2 == 1 {
			words = append(words, part)
		} else {
			words = append(words, strings.Fields(part)...)
		}
	}
	return words
}

// prepare makes what is there before. The working directory has the same name
// each time, because "." takes its name from there.
func (c lawCase) prepare(t *testing.T) *world {
	t.Helper()
	w := newWorld(t)
	w.Dir = filepath.Join(w.Dir, "work")
	must(t, os.Mkdir(w.Dir, 0o750))
	if strings.Contains(" new apply ", " "+strings.Fields(c.args)[0]+" ") {
		write(t, w.Dir, c.files)
	} else {
		c.make(t, w)
	}
	if c.git != "" {
		must(t, os.MkdirAll(filepath.Join(w.Dir, c.git), 0o750))
		w.git(c.git, "init", "-q", "-b", "main")
		w.git(c.git, "add", "-A")
		w.git(c.git, "commit", "-q", "--allow-empty", "-m", "before")
		if c.files == "" {
			w.git(c.git, "update-ref", "-d", "HEAD")
		}
	}
	return w
}

// make makes the service that the command changes, commits the edits of its
// people, and goes there. The clock of the runs stands still, because what they
// append to the schema log carries the time.
func (c lawCase) make(t *testing.T, w *world) {
	t.Helper()
	w.Env = append(w.Env, "SOURCE_DATE_EPOCH=1772600000")
	w.good(append([]string{"new", "shop"}, wordsOf(t, c.made)...))
	write(t, w.Dir, c.files)
	w.Dir = filepath.Join(w.Dir, "shop")
	w.git(".", "add", "-A")
	w.git(".", "commit", "-q", "--allow-empty", "-m", "edits")
	if c.meet != "" {
		w.git(".", "checkout", "-q", "-b", "theirs", "HEAD~1")
		w.good(append(wordsOf(t, c.meet), "--commit"))
		w.git(".", "checkout", "-q", "main")
		w.good([]string{"add", "resource", "order", "total:integer", "--commit"})
		merge := exec.Command("git", "merge", "--quiet", "theirs")
		merge.Dir, merge.Env = w.Dir, w.env()
		if r := w.run(merge); r.Code != 1 {
			t.Fatalf("git merge: exit code %d: %s%s", r.Code, r.Out, r.Err)
		}
	}
}

// TestLaw holds every command that plans to its word: the plan as JSON lists
// exactly what the run that follows changes, byte for byte and mode for mode;
// committing the saved plan gives the same tree as the run; and a dry run
// touches nothing.
func TestLaw(t *testing.T) {
	for _, c := range lawCases() {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := c.prepare(t)
			before, touched := w.tree("."), stats(t, filepath.Dir(w.Dir))
			dry := w.good(append(c.words(t), "-n", "--json"), c.exit)
			if diff := diffStats(touched, stats(t, filepath.Dir(w.Dir))); diff != "" {
				t.Errorf("the dry run touched something:\n%s", diff)
			}
			direct := w.good(c.words(t), c.exit)
			var p savedPlan
			must(t, json.Unmarshal([]byte(dry.Out), &p))
			p.check(t, before, w.tree("."))

			saved := c.prepare(t)
			put(t, filepath.Join(saved.Home, "plan.json"), dry.Out)
			saved.good([]string{"apply", filepath.Join(saved.Home, "plan.json")}, c.exit)
			if diff := diffTrees(w.tree("."), saved.tree(".")); diff != "" {
				t.Errorf("the saved plan gives another tree:\n%s%s", diff, direct.Err)
			}
			if c.meet != "" {
				if a, b := w.git(".", "ls-files", "--stage"), saved.git(".", "ls-files", "--stage"); a != b {
					t.Errorf("the saved plan gives another index:\n%s", cmp.Diff(a, b))
				}
			}
			p.checkGit(t, w, c.exit)
			p.checkGit(t, saved, c.exit)
		})
	}
}

// check compares the plan with what has changed.
func (p savedPlan) check(t *testing.T, before, after map[string]entry) {
	t.Helper()
	planned := map[string]bool{}
	for _, c := range p.Plan.Changes {
		name := c.Path
		if p.Plan.Root != "." {
			name = p.Plan.Root + "/" + c.Path
		}
		planned[name] = true
		was, there := before[name]
		is, stays := after[name]
		if there != (c.Before != "") {
			t.Errorf("%s: before is %q, and a file there is %v", name, c.Before, there)
		}
		switch c.Action {
		case "create", "update":
			if !stays || is.Data != text(t, c.Content, c.Encoding) || (is.Mode&0o100 != 0) != (c.Mode == "0755") {
				t.Errorf("%s is not as planned: %v", name, is)
			}
		case "keep":
			if was != is {
				t.Errorf("%s was to stay as it is", name)
			}
		case "delete":
			if stays || !there {
				t.Errorf("%s was to go", name)
			}
		default:
			t.Errorf("%s: action %q is not known", name, c.Action)
		}
	}
	for name, is := range after {
		if was, there := before[name]; !is.Mode.IsDir() && !planned[name] && (!there || was != is) {
			t.Errorf("%s has changed and was not planned", name)
		}
	}
	for name := range before {
		if _, stays := after[name]; !stays && !planned[name] && !before[name].Mode.IsDir() {
			t.Errorf("%s is gone and was not planned", name)
		}
	}
}

// checkGit compares the commit with the plan's message.
func (p savedPlan) checkGit(t *testing.T, w *world, exit int) {
	t.Helper()
	if p.Plan.Git != "commit" || exit != 0 {
		return
	}
	if got := w.git(p.Plan.Root, "log", "-1", "--format=%B"); strings.TrimSpace(got) != strings.TrimSpace(p.Plan.Message) {
		t.Errorf("the commit says %q, and the plan %q", got, p.Plan.Message)
	}
	// The blueprint of the tests does not ignore the scratch space of sill.
	if got := w.git(p.Plan.Root, "status", "--porcelain", "--", ".", ":!.sill/tmp"); got != "" {
		t.Errorf("git status:\n%s", got)
	}
}

// stats returns what a write would change of everything below a directory,
// .git included.
func stats(t *testing.T, dir string) map[string]fs.FileInfo {
	t.Helper()
	all := map[string]fs.FileInfo{}
	must(t, filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		all[name], err = d.Info()
		return err
	}))
	return all
}

// diffStats says which files are not the same as before: other ones, or
// written to.
func diffStats(before, after map[string]fs.FileInfo) string {
	var b strings.Builder
	for name, a := range after {
		was, there := before[name]
		if !there || !os.SameFile(was, a) || !was.ModTime().Equal(a.ModTime()) || was.Size() != a.Size() || was.Mode() != a.Mode() {
			b.WriteString(name + "\n")
		}
	}
	for name := range before {
		if _, there := after[name]; !there {
			b.WriteString(name + " is gone\n")
		}
	}
	return b.String()
}
