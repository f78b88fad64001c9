package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"go/format"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"go.yaml.in/yaml/v4"

	"groundsill.example/internal/cli"
)

// What a cell comes to: the two sides changed no file both, or they did.
const (
	clean      = "clean"
	merged     = "merged"
	conflicted = "conflict"
)

// cell is an edit and what an operation makes of it.
type cell struct {
	edit, op  string // no operation: the edit alone
	bare      bool
	outcome   string
	git       string
	conflicts []string // files
	warned    []string // what is not as it should be, and the plan warns of it
	wrong     []string // and nobody says so
	broken    []string // why it does not build
	warnings  []string
	result    sources
}

func (c cell) name() string {
	if c.op == "" {
		return fmt.Sprintf("%s (bare %v)", c.edit, c.bare)
	}
	return c.edit + " / " + c.op
}

// kind is what known.txt has to say about a cell.
func (c cell) kind() string {
	switch {
	case len(c.wrong) > 0 || len(c.broken) > 0 && len(c.warned) == 0 && !c.foretold():
		return kindDefect
	case c.outcome == conflicted:
		return kindConflict
	case len(c.warned) > 0 || len(c.broken) > 0:
		return kindWarned
	}
	return ""
}

// foretold reports whether a warning of the plan names every file with a
// mistake in it.
func (c cell) foretold() bool {
	return !slices.ContainsFunc(c.broken, func(b string) bool {
		file, _, _ := strings.Cut(b, ":")
		return !mention(c.warnings, file)
	})
}

// mention reports whether one of the texts names a file.
func mention(texts []string, file string) bool {
	return slices.ContainsFunc(texts, func(w string) bool { return strings.Contains(w, file) })
}

// expect demands that the plan warns of something.
func (c cell) expect(want string) cell {
	switch {
	case want == "" || c.outcome == conflicted:
	case mention(c.warnings, want):
		c.warned = append(c.warned, want)
	default:
		c.wrong = append(c.wrong, "the plan does not warn: "+want)
	}
	return c
}

// sources are the files of a service by their paths, without the bundle.
type sources map[string]string

func (s sources) clone() sources { return maps.Clone(s) }

// with returns the files as a plan leaves them.
func (s sources) with(t *testing.T, p planned) sources {
	t.Helper()
	after := s.clone()
	for _, c := range p.Changes {
		switch {
		case strings.HasPrefix(c.Path, ".sill/"), c.Action == "keep":
		case c.Action == "delete":
			delete(after, c.Path)
		default:
			after[c.Path] = text(t, c.Content, c.Encoding)
		}
	}
	return after
}

// planned is a plan as the command line prints it.
type planned struct {
	Changes []struct {
		Path, Action, Content, Encoding string
	}
	Conflicts []struct{ Path string }
	Warnings  []string
}

// plannedBy returns the plan of an operation in a repository. TestLaw shows that
// a run does what its plan says, so nothing has to be written here.
func plannedBy(t *testing.T, w *world, dir string, op operation) planned {
	t.Helper()
	var out, failure bytes.Buffer
	code := cli.Main(context.WithoutCancel(t.Context()), cli.Process{
		Args: append(slices.Clone(op.args), "--dry-run", "--json", "--yes"), In: strings.NewReader(""), Out: &out, Err: &failure,
		Env: w.env(), Cwd: dir, PID: os.Getpid(), Now: time.Now,
	})
	var p struct{ Plan planned }
	if err := json.Unmarshal(out.Bytes(), &p); err != nil || code != 0 && code != 3 {
		t.Fatalf("sill %s: exit code %d\n%s%s", strings.Join(op.args, " "), code, out.String(), failure.String())
	}
	if (code == 3) != (len(p.Plan.Conflicts) > 0) {
		t.Errorf("sill %s: exit code %d with %d conflicts", strings.Join(op.args, " "), code, len(p.Plan.Conflicts))
	}
	return p.Plan
}

// sides are the three sides of a merge. Moved tells where a file was that a
// person has moved, renamed exchanges names that a person has changed.
type sides struct {
	base, ours, theirs sources
	moved              map[string]string
	renamed            *strings.Replacer
}

// judge compares the result of a merge with its sides.
func (s sides) judge(t *testing.T, p planned) cell {
	t.Helper()
	c := cell{outcome: clean, git: clean, warnings: p.Warnings, result: s.ours.with(t, p)}
	for _, one := range p.Conflicts {
		c.conflicts = append(c.conflicts, one.Path)
	}
	if slices.ContainsFunc(s.both(), func(string) bool { return true }) {
		c.outcome, c.git = merged, merged
	}
	if len(c.conflicts) > 0 {
		c.outcome = conflicted
	}
	for _, name := range s.both() {
		if c.git != conflicted && !s.mergesInGit(t, name) {
			c.git = conflicted
		}
	}
	for _, fault := range s.faults(c) {
		file, _, _ := strings.Cut(fault, ":")
		if mention(p.Warnings, file) {
			c.warned = append(c.warned, fault)
		} else {
			c.wrong = append(c.wrong, fault)
		}
	}
	return c
}

// both returns the files that both sides changed. The record is not merged but set.
func (s sides) both() []string {
	var all []string
	for name := range s.all() {
		b, o, t := at(s.base, name), at(s.ours, name), at(s.theirs, name)
		if o != b && t != b && o != t && name != "sill.yaml" {
			all = append(all, name)
		}
	}
	slices.Sort(all)
	return all
}

func (s sides) all() map[string]bool {
	all := map[string]bool{}
	for _, side := range []sources{s.base, s.ours, s.theirs} {
		for name := range side {
			all[name] = true
		}
	}
	return all
}

// absent is what a file that is not there is compared as.
const absent = "\x00absent"

func at(files sources, name string) string {
	if data, there := files[name]; there {
		return data
	}
	return absent
}

// mergesInGit reports whether git would merge a file that both sides changed.
func (s sides) mergesInGit(t *testing.T, name string) bool {
	t.Helper()
	dir := t.TempDir()
	for side, files := range map[string]sources{"base": s.base, "ours": s.ours, "theirs": s.theirs} {
		data, there := files[name]
		if !there {
			return false // git asks about a file that one side deleted and the other changed, and about two new ones
		}
		put(t, filepath.Join(dir, side), data)
	}
	cmd := exec.CommandContext(t.Context(), "git", "merge-file", "-p", "-q", "ours", "base", "theirs")
	cmd.Dir = dir
	return cmd.Run() == nil
}

// faults returns what is not as it should be in the files that are not in
// conflict, each with the name of the file in front.
func (s sides) faults(c cell) []string {
	var all []string
	renamed := func(text string) string { return strings.ReplaceAll(text, otherModule, ownModule) }
	for name, data := range c.result {
		if strings.Contains(data, otherModule) {
			c.result[name] = renamed(data)
			if strings.Contains(data, ownModule) {
				all = append(all, name+": has the old module path")
			}
		}
	}
	for name := range s.all() {
		if slices.Contains(c.conflicts, name) || name == "sill.yaml" {
			continue
		}
		was := name
		if from, moved := s.moved[name]; moved {
			was = from
		}
		if at(s.ours, name) == at(s.base, was) {
			continue // TestUpdateMakesTheNewVersion and others look at what nobody edited
		}
		base, ours, theirs := s.renamed.Replace(s.base[was]), s.ours[name], s.renamed.Replace(renamed(s.theirs[was]))
		result, there := c.result[name]
		if _, stays := s.ours[name]; !stays {
			if there {
				all = append(all, name+": came back")
			} else if _, moved := s.movedFrom(name); !moved && theirs != base {
				all = append(all, name+": lacks what the blueprint changed")
			}
			continue
		}
		if !there { // the blueprint renamed it, or it is gone
			all = append(all, lineFaults(name, base, ours, theirs, s.appeared(c.result))...)
			all = slices.DeleteFunc(all, func(f string) bool { return strings.HasPrefix(f, name+": has again") })
			continue
		}
		all = append(all, lineFaults(name, base, ours, theirs, result)...)
		all = append(all, formFaults(name, ours, theirs, result)...)
	}
	slices.Sort(all)
	return all
}

// movedFrom returns where a person moved a file to.
func (s sides) movedFrom(name string) (string, bool) {
	for to, from := range s.moved {
		if from == name {
			return to, true
		}
	}
	return "", false
}

// appeared returns the files that are only in the result: one of them is what a
// file became that the blueprint renamed.
func (s sides) appeared(result sources) string {
	var b strings.Builder
	for name, data := range result {
		if _, known := s.ours[name]; !known {
			b.WriteString(data)
		}
	}
	return b.String()
}

// lineFaults counts the lines that say something: there have to be as many of
// each as a person left, and as many more or less as the blueprint made of it.
// Where the lines are laid out otherwise, that has to hold for their words.
func lineFaults(name, base, ours, theirs, result string) []string {
	all := countFaults(lineCounts, name, base, ours, theirs, result)
	if len(all) > 0 && len(countFaults(wordCounts, name, base, ours, theirs, result)) == 0 {
		return nil
	}
	return all
}

func countFaults(count func(string) map[string]int, name, base, ours, theirs, result string) []string {
	b, o, t, r := count(base), count(ours), count(theirs), count(result)
	set := slices.Contains([]string{"go.mod", "go.sum"}, filepath.Base(name))
	var all []string
	for _, one := range slices.Sorted(maps.Keys(union(b, o, t, r))) {
		least := max(0, o[one]+t[one]-b[one])
		most := least
		if o[one] == t[one] { // both may have done the same
			least, most = min(least, o[one]), max(most, o[one])
		}
		free := set || isImport(one)
		switch {
		case r[one] < least && (!free || r[one] == 0 && o[one] > b[one]):
			all = append(all, fmt.Sprintf("%s: lost %q", name, one))
		case r[one] > most && (!free || o[one] == 0 && t[one] == 0):
			all = append(all, fmt.Sprintf("%s: has again %q", name, one))
		}
	}
	return all
}

func union(all ...map[string]int) map[string]bool {
	keys := map[string]bool{}
	for _, one := range all {
		for k := range one {
			keys[k] = true
		}
	}
	return keys
}

// isImport reports whether a line of Go is an import: those are a set that the
// merge keeps to what is used.
func isImport(line string) bool {
	_, quoted, ok := strings.Cut(line, `"`)
	return ok && strings.HasSuffix(quoted, `"`) && !strings.ContainsAny(line, "(){}=,:")
}

// lineCounts returns how often a text has each line that says something, by its
// words: formatters change the space between them.
func lineCounts(text string) map[string]int {
	n := map[string]int{}
	for line := range strings.Lines(text) {
		words := strings.Join(strings.Fields(line), " ")
		if strings.ContainsFunc(words, func(r rune) bool { return r > ' ' && !strings.ContainsRune("{}()[]<>|-+*/=,;:#\"'`\\", r) }) {
			n[words]++
		}
	}
	return n
}

// wordCounts returns how often a text has each word.
func wordCounts(text string) map[string]int {
	n := map[string]int{}
	for word := range strings.FieldsFuncSeq(text, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		n[word]++
	}
	return n
}

// formFaults demands that what both sides had in good form is so in the result.
func formFaults(name, ours, theirs, result string) []string {
	good := func(string) bool { return true }
	switch filepath.Ext(name) {
	case ".go":
		good = func(text string) bool {
			tidy, err := format.Source([]byte(text))
			return err == nil && string(tidy) == text
		}
	case ".yaml", ".yml":
		good = func(text string) bool { var v any; return yaml.Unmarshal([]byte(text), &v) == nil }
	case ".json":
		good = func(text string) bool { return json.Valid([]byte(text)) }
	}
	if good(ours) && (theirs == "" || good(theirs)) && !good(result) {
		return []string{name + ": is not in good form"}
	}
	return nil
}
