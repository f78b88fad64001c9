// Package scaffold holds the use cases: what a command does, in which order,
// and nothing else. A use case computes a Draft, whose plan is data; Commit is
// the only way from a plan to the disk.
package scaffold

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"groundsill.example/internal/answer"
	"groundsill.example/internal/apply"
	"groundsill.example/internal/blueprint"
	"groundsill.example/internal/diag"
	"groundsill.example/internal/gitrepo"
	"groundsill.example/internal/merge"
	"groundsill.example/internal/plan"
	"groundsill.example/internal/record"
	"groundsill.example/internal/render"
	"groundsill.example/internal/resource"
	"groundsill.example/internal/source"
	"groundsill.example/internal/tree"
	"groundsill.example/internal/userconfig"
)

// World is what a use case knows of the process it runs in.
type World struct {
	Cwd       string // absolute; relative paths start here
	Env       gitrepo.Env
	ConfigDir string // of sill, in the user's configuration; may be empty
	PID       int
	Now       func() time.Time
	Open      func(dir string) (apply.FS, error) // a directory to write to; nil: as package apply does
}

// NewRequest is what a person asked of sill new.
type NewRequest struct {
	Target      string // as given: a name, a directory or "."
	Ref         string // of the blueprint, as given
	Source      source.Source
	Given       map[string]answer.Given
	Resources   []resource.Resource
	NoResources bool
	With        []string // modules
	Without     []string
	Git         plan.Git // empty: commit
	Merge       bool
	Asker       answer.Asker // nil: nothing is asked
	Config      userconfig.Config
}

// Draft is what a use case came to: the plan, and what to tell about it.
type Draft struct {
	Dir     string   // absolute: the root of the plan
	Title   string   // what the run does: "Add resource order"; empty for a new service
	Notes   []string // to be read first: a changelog
	Plan    plan.Plan
	Assumed []Assumption
	Command []string // repeats the run
	Next    []render.Step
	Setup   Setup
}

// Assumption is an answer that nobody gave.
type Assumption struct {
	Key   string
	Value string
	Why   string
}

// Setup is what a blueprint wants to run in a new repository.
type Setup struct {
	Commands [][]string
	Digest   string // of the blueprint, which an approval names
	Approved bool
}

// New plans a new service. It writes nothing.
func New(ctx context.Context, w World, r NewRequest) (Draft, error) {
	n := &newRun{World: w, NewRequest: r, dir: resolveDir(w.Cwd, r.Target), b: r.Source.Blueprint}
	steps := []func(context.Context) error{n.look, n.answer, n.chooseResources, n.chooseModules, n.describe, n.compare}
	for _, step := range steps {
		if err := step(ctx); err != nil {
			return Draft{}, err
		}
	}
	return n.draft(), nil
}

// newRun is one run of New. Each step reads what the steps before it found.
type newRun struct {
	World
	NewRequest

	b    *blueprint.Blueprint
	dir  string
	repo gitrepo.Repo
	// own says that the target is the root of repo; inside, that it lies in
	// the work tree of another one.
	own, inside bool
	there       bool // the target exists

	answers   answer.Set
	modules   map[string]answer.Set
	record    record.Record
	rendered  render.Output
	changes   []plan.Change
	conflicts []plan.Conflict
	warnings  []string
}

func resolveDir(cwd, target string) string {
	if filepath.IsAbs(target) {
		return filepath.Clean(target)
	}
	return filepath.Join(cwd, target)
}

// look finds what is at the target and refuses what is not free.
func (n *newRun) look(context.Context) error {
	info, err := os.Stat(n.dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if _, err := os.Lstat(n.dir); err == nil {
			return n.refuse("target-exists", n.Target+" is a link to something that is not there", "remove it or choose another name")
		}
	case errors.Is(err, syscall.ENOTDIR):
		return n.refuse("target-exists", n.Target+" would lie below a file", "choose another place")
	case err != nil:
		return diag.Wrap(diag.Environment, err, diag.Diagnostic{Code: "read-failed", Summary: "look at the target"})
	case !info.IsDir():
		return n.refuse("target-exists", n.Target+" is a file", "choose another name")
	default:
		n.there = true
	}
	if n.repo, n.inside, err = gitrepo.Find(n.dir); err != nil {
		return err
	}
	if err := n.checkName(); err != nil {
		return err
	}
	n.own = n.inside && n.repo.Prefix == ""
	n.inside = n.inside && !n.own
	n.chooseGit()
	return n.checkFree()
}

// checkName refuses to make a directory of a name that some system does not
// take, or that a shell takes for an option.
func (n *newRun) checkName() error {
	for dir := n.dir; ; dir = filepath.Dir(dir) {
		if _, err := os.Lstat(dir); err == nil || dir == filepath.Dir(dir) {
			return nil
		}
		base := filepath.Base(dir)
		if _, err := tree.ParsePath(base); err != nil {
			return err
		}
		if strings.HasPrefix(base, "-") {
			return diag.New(diag.Usage, diag.Diagnostic{
				Code: "path-option", Summary: fmt.Sprintf("the name %q looks like an option", base), Hint: "begin it with a letter",
			})
		}
	}
}

func (n *newRun) chooseGit() {
	if n.inside {
		if n.Git != plan.GitNone {
			n.warnings = append(n.warnings, fmt.Sprintf(
				"%s lies in the git work tree %s: it gets no repository of its own; commit it there.", n.Target, n.repo.Root))
		}
		n.Git = plan.GitNone
	}
	if n.Git == "" {
		n.Git = plan.GitCommit
	}
}

func (n *newRun) checkFree() error {
	names, err := source.List(n.dir)
	if err != nil {
		return err
	}
	var inTheWay []string
	for _, name := range names {
		switch name {
		case ".git":
		case record.Name:
			return n.refuse("target-recorded", n.Target+" has a "+record.Name+" already: it was made by sill",
				"choose another directory")
		default:
			inTheWay = append(inTheWay, name)
		}
	}
	if len(inTheWay) == 0 || n.Merge {
		return nil
	}
	return n.refuse("target-exists", fmt.Sprintf("%s is not empty: %s", n.Target, shorten(inTheWay)),
		"choose another directory, or keep these files and add the service to them with --merge")
}

func (n *newRun) refuse(code, summary, hint string) error {
	return diag.New(diag.Refused, diag.Diagnostic{Code: code, Summary: summary, Hint: hint})
}

// shorten lists the first names.
func shorten(names []string) string {
	const most = 6
	text := ""
	for i, name := range names {
		if i == most {
			return fmt.Sprintf("%s and %d more", text, len(names)-most)
		}
		if i > 0 {
			text += ", "
		}
		text += fmt.Sprintf("%q", name)
	}
	return text
}

func (n *newRun) answer(ctx context.Context) error {
	var err error
	n.answers, err = answer.Resolve(ctx, answer.Request{
		Questions: n.questions(),
		Computed:  n.b.Computed,
		Given:     n.Given,
		Favourite: n.Config.Answers,
		Facts:     n.facts(),
		Asker:     n.Asker,
	})
	return err
}

// questions returns what to ask. A target that was named names the service, so
// nobody is asked for what follows from it.
func (n *newRun) questions() []blueprint.Question {
	list := slices.Clone(n.b.Base.Questions)
	for i, q := range list {
		if n.Target != "." && strings.Contains(q.Default, ".user.dir") {
			list[i].Hidden = true
		}
	}
	return list
}

func (n *newRun) facts() answer.Facts {
	return answer.Facts{Dir: filepath.Base(n.dir), Config: n.Config.Facts}
}

// describe makes the record, and renders it.
func (n *newRun) describe(context.Context) error {
	n.record = record.Record{
		Format: record.FormatNumber,
		Engine: blueprint.Engine,
		Blueprint: record.Blueprint{
			Name: n.b.Name, Version: n.b.Version, Source: string(n.Source.Kind), Digest: n.b.Digest,
		},
		Answers:   n.answers.Map(),
		Resources: n.Resources,
		Modules:   map[string]map[string]any{},
	}
	for name, answers := range n.modules {
		n.record.Modules[name] = answers.Map()
	}
	n.record.Schema = record.Initial(n.Resources, tables(n.b, n.record)...)
	var err error
	n.rendered, err = render.Render(n.b, n.record)
	n.record.Commands = n.rendered.Commands
	return err
}

// compare plans the way from what is there to what was rendered.
func (n *newRun) compare(context.Context) error {
	target, ours := n.rendered.Tree, tree.Tree{}
	if n.there {
		if err := n.checkDirs(target); err != nil {
			return err
		}
		var err error
		if ours, err = source.Snapshot(n.dir, paths(target)); err != nil {
			return err
		}
	}
	outcome, err := merge.Trees(merge.Request{
		Ours: ours, Theirs: target,
		Rules: func(p tree.Path) merge.Rule {
			way := n.rendered.Merge[p]
			return merge.Rule{Set: way == blueprint.MergeUnion, Ours: way == blueprint.MergeOurs}
		},
	})
	if err != nil {
		return err
	}
	before, after := n.keep(outcome)
	for name, data := range map[string][]byte{
		record.Name: record.Format(n.record), blueprint.BundlePath: blueprint.Bundle(n.b.Content),
	} {
		p, err := tree.ParsePath(name)
		if err != nil {
			return err
		}
		after = after.With(p, tree.File{Data: data, Mode: tree.Regular})
	}
	n.changes = plan.Compute(before, after, func(p tree.Path) string { return reason(p, n.b) })
	return nil
}

// keep leaves the files that stay as they are to the user: they have no part in
// the plan, nor in what sill manages. There is no history that git could merge,
// so it is not told about conflicts.
func (n *newRun) keep(o merge.Outcome) (before, after tree.Tree) {
	n.record.Unmanaged = o.Kept
	n.warnings = append(n.warnings, o.Warnings...)
	n.conflicts = conflicts(o.Conflicts)
	for i, c := range n.conflicts {
		n.record.Unmanaged = append(n.record.Unmanaged, c.Path)
		n.conflicts[i].Sides = plan.Sides{}
	}
	kept := func(p tree.Path) bool { return slices.Contains(n.record.Unmanaged, p) }
	return without(o.Ours, kept), without(o.Target, kept)
}

// checkDirs refuses a target where something else is in the place of a
// directory of the service. A link to a directory is something else.
func (n *newRun) checkDirs(target tree.Tree) error {
	blocked, err := source.Blocked(n.dir, paths(target))
	if err != nil || len(blocked) == 0 {
		return err
	}
	var problems diag.List
	for _, p := range blocked {
		problems.Add(diag.Diagnostic{
			Code: "target-blocked", Summary: "the service needs a directory here, and something else is in its place",
			Hint: "move it aside, or choose another directory", At: diag.Pos{File: p.String()},
		})
	}
	return problems.Err(diag.Refused)
}

func paths(t tree.Tree) []tree.Path {
	all := make([]tree.Path, 0, t.Len())
	for p := range t.All() {
		all = append(all, p)
	}
	return all
}

func (n *newRun) draft() Draft {
	command := n.command()
	setup := Setup{Commands: n.rendered.Setup, Digest: n.b.Digest}
	setup.Approved = n.Source.Kind == source.Builtin || userconfig.Approved(n.ConfigDir, n.b.Digest)
	return Draft{
		Dir: n.dir,
		Plan: plan.Plan{
			Root:      n.root(),
			Changes:   n.changes,
			Conflicts: n.conflicts,
			Warnings:  n.warnings,
			Message:   n.message(command),
			Git:       n.Git,
		},
		Assumed: n.assumed(),
		Command: command,
		Next:    n.rendered.Next,
		Setup:   setup,
	}
}

// root returns the target relative to the working directory, and the bare name
// of a target elsewhere: a plan holds no path of a machine.
func (n *newRun) root() string {
	rel, err := filepath.Rel(n.Cwd, n.dir)
	if err != nil || !filepath.IsLocal(rel) {
		return filepath.Base(n.dir)
	}
	return filepath.ToSlash(rel)
}
