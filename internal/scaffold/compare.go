package scaffold

import (
	"context"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"groundsill.example/internal/blueprint"
	"groundsill.example/internal/diag"
	"groundsill.example/internal/gitrepo"
	"groundsill.example/internal/merge"
	"groundsill.example/internal/plan"
	"groundsill.example/internal/record"
	"groundsill.example/internal/render"
	"groundsill.example/internal/source"
	"groundsill.example/internal/term"
	"groundsill.example/internal/tree"
)

// merge brings what changed between the two renderings into what is there.
func (c *change) merge(ctx context.Context) error {
	var err error
	c.outcome, err = merge.Trees(merge.Request{
		Base: c.managed(c.base.Tree), Ours: c.ours, Theirs: c.managed(c.theirs.Tree),
		Strays:  func() (tree.Tree, error) { return c.strays(ctx) },
		Beside:  func() (ours, theirs tree.Tree, err error) { return c.goFiles(ctx) },
		Rules:   c.rule,
		Renames: c.newPlaces,
		Unique:  uniqueKeys(c.new),
		Labels:  c.labels(),
	})
	return err
}

func uniqueKeys(b *blueprint.Blueprint) []merge.Unique {
	all := make([]merge.Unique, 0, len(b.Unique))
	for _, u := range b.Unique {
		all = append(all, merge.Unique{
			Name: u.Name, Pattern: u.Pattern, Match: func(p tree.Path) bool { return u.Matches(p.String()) },
		})
	}
	return all
}

// managed returns a tree without the files that are the user's alone.
func (c *change) managed(t tree.Tree) tree.Tree { return without(t, c.unmanaged) }

func without(t tree.Tree, goes func(tree.Path) bool) tree.Tree {
	files := map[tree.Path]tree.File{}
	for p, f := range t.All() {
		if !goes(p) {
			files[p] = f
		}
	}
	return tree.Of(files)
}

func (c *change) rule(p tree.Path) merge.Rule {
	way := c.theirs.Merge[p]
	if way == "" {
		way = c.base.Merge[p]
	}
	// A file that stays the user's where a service joins a repository is a
	// document, and merged once the record knows what it was.
	return merge.Rule{Union: way != "", Set: way == blueprint.MergeUnion, Prose: way == blueprint.MergeOurs}
}

// strays returns the files of the repository that no rendering knows, as far as
// git would take them: what the user has moved is among them.
func (c *change) strays(ctx context.Context) (tree.Tree, error) {
	return c.files(ctx, func(p tree.Path) bool { return !c.rendered(p) })
}

// goFiles returns the Go files that are not merged, those of the user and those
// that were released, and the latter as the blueprint makes them.
func (c *change) goFiles(ctx context.Context) (ours, theirs tree.Tree, err error) {
	ofGo := func(p tree.Path) bool { return path.Ext(p.String()) == ".go" || path.Base(p.String()) == "go.mod" }
	ours, err = c.files(ctx, func(p tree.Path) bool { return ofGo(p) && (!c.rendered(p) || c.unmanaged(p)) })
	return ours, without(c.theirs.Tree, func(p tree.Path) bool { return !ofGo(p) || !c.unmanaged(p) }), err
}

// rendered reports whether a path is of a rendering, released or not.
func (c *change) rendered(p tree.Path) bool {
	_, was := c.base.Tree.File(p)
	_, will := c.theirs.Tree.File(p)
	return was || will
}

// files returns files of the repository.
func (c *change) files(ctx context.Context, wanted func(tree.Path) bool) (tree.Tree, error) {
	if !c.has {
		return tree.Tree{}, nil
	}
	all, err := gitrepo.Files(ctx, c.Env, c.git)
	if err != nil {
		return tree.Tree{}, err
	}
	all = slices.DeleteFunc(all, func(p tree.Path) bool {
		return own(p) || !wanted(p)
	})
	return source.Snapshot(c.repo.Dir, all)
}

// own reports the files that are sill's: they are set and never merged.
func own(p tree.Path) bool {
	top, _, _ := strings.Cut(p.String(), "/")
	return top == record.Name || top == ".sill"
}

// compare makes the plan.
func (c *change) compare(context.Context) error { return c.compareWith(c.recordText) }

// compareWith makes the plan with the text that recordText makes of the record
// that is there.
func (c *change) compareWith(recordText func(old []byte) ([]byte, error)) error {
	before, after := maps.Collect(c.outcome.Ours.All()), maps.Collect(c.outcome.Target.All())
	maps.Copy(before, maps.Collect(c.copies.All()))
	copies, err := c.newCopies()
	if err != nil {
		return err
	}
	maps.Copy(after, copies)
	for _, set := range []struct {
		name string
		data func(old []byte) ([]byte, error)
	}{
		{record.Name, recordText},
		{blueprint.BundlePath, func([]byte) ([]byte, error) { return blueprint.Bundle(c.new.Content), nil }},
	} {
		p, err := tree.ParsePath(set.name)
		if err != nil {
			return err
		}
		old, there := c.repo.Own.File(p) // what the plan is made from, and expects
		if there {
			before[p] = old
		} else {
			old.Mode = tree.Regular
		}
		data, err := set.data(old.Data)
		if err != nil {
			return err
		}
		after[p] = tree.File{Data: data, Mode: old.Mode}
	}
	c.plan = plan.Plan{
		Root: ".", Changes: plan.Compute(tree.Of(before), tree.Of(after), c.why), Conflicts: conflicts(c.outcome.Conflicts),
		Warnings: slices.Concat(c.warnings, c.outcome.Warnings), Message: c.message(),
	}
	if c.Commit {
		c.plan.Git = plan.GitCommit
	}
	c.plan.Changes = slices.DeleteFunc(c.plan.Changes, func(one plan.Change) bool {
		return one.Action == plan.Keep && c.outcome.Why[one.Path] == ""
	})
	return nil
}

// recordText returns the new record with the comments that people have put into
// the old one.
func (c *change) recordText(old []byte) ([]byte, error) {
	if c.from.Equal(c.to) {
		return old, nil
	}
	text := record.Format(c.to)
	merged := merge.File(record.Name+".txt", record.Format(c.from), old, text, merge.Rule{}, merge.Labels{})
	if len(merged.Hunks) > 0 {
		return text, nil
	}
	if again, err := record.Parse(record.Name, merged.Data); err != nil || !again.Equal(c.to) {
		return text, nil //nolint:nilerr // what cannot be read back is written anew, without the comments
	}
	return merged.Data, nil
}

func conflicts(list []merge.Conflict) []plan.Conflict {
	var all []plan.Conflict
	for _, m := range list {
		p := plan.Conflict{Path: m.Path, Kind: string(m.Kind), Sides: plan.Sides{Base: m.Stages[0], Ours: m.Stages[1], Theirs: m.Stages[2]}}
		for _, h := range m.Hunks {
			p.Hunks = append(p.Hunks, plan.Hunk{Base: h.Base, Ours: h.Ours, Theirs: h.Theirs})
		}
		all = append(all, p)
	}
	return all
}

func (c *change) why(p tree.Path) string {
	if why := c.outcome.Why[p]; why != "" {
		return why
	}
	return reason(p, c.new)
}

// reason says why sill makes a file.
func reason(p tree.Path, b *blueprint.Blueprint) string {
	switch p.String() {
	case record.Name:
		return "the record"
	case blueprint.BundlePath:
		return "the blueprint, for later changes"
	}
	if strings.HasPrefix(p.String(), frozenDir+"/") {
		return "what a migration was when it was made"
	}
	return "blueprint " + b.Name
}

// message returns the message of the commit, proposed or made.
func (c *change) message() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n\nMade by sill from the blueprint %s %s. The same again:\n\n", c.subject, c.new.Name, c.new.Version)
	const width = 72
	for _, line := range term.WrapCommand(c.Command, width) {
		b.WriteString("    " + line + "\n")
	}
	return b.String()
}

// checkClean refuses to write where git has changes that are not committed:
// what the user did and what sill does would be one change, and git could not
// take it apart.
func (c *change) checkClean(ctx context.Context) error {
	return c.refuseDirty(ctx, "commit or stash your changes to these files, or go on with --allow-dirty")
}

// refuseDirty refuses to write where git has changes of other kinds than those
// that may be.
func (c *change) refuseDirty(ctx context.Context, hint string, may ...gitrepo.Kind) error {
	if !c.has || c.AllowDirty {
		return nil
	}
	dirty, err := gitrepo.Dirty(ctx, c.Env, c.git, c.touched())
	dirty = slices.DeleteFunc(dirty, func(d gitrepo.State) bool { return slices.Contains(may, d.Kind) })
	if err != nil || len(dirty) == 0 {
		return err
	}
	if slices.ContainsFunc(dirty, func(d gitrepo.State) bool { return d.Kind == gitrepo.KindUnmerged }) {
		hint = "solve the conflicts and git add the files, or take the last run back with sill abort"
		if what := gitrepo.Merging(c.git); what != "" {
			hint = "finish the " + what + " first; sill resolve helps with it"
		}
	}
	var problems diag.List
	for _, d := range dirty {
		problems.Add(diag.Diagnostic{
			Code: "tree-dirty", Summary: "it has changes that are not committed: " + string(d.Kind), Hint: hint,
			At: diag.Pos{File: d.Path.String()},
		})
	}
	return problems.Err(diag.Refused)
}

// touched returns the paths that the plan changes.
func (c *change) touched() []tree.Path {
	var all []tree.Path
	for _, one := range c.plan.Changes {
		if one.Action != plan.Keep {
			all = append(all, one.Path)
		}
	}
	for _, one := range c.plan.Conflicts {
		if !slices.Contains(all, one.Path) {
			all = append(all, one.Path)
		}
	}
	return all
}

// checkPlaces refuses to write below something that is no directory: a link of
// the user leads elsewhere. A file that goes makes room for a directory.
func (c *change) checkPlaces(context.Context) error {
	blocked, err := source.Blocked(c.repo.Dir, c.touched())
	blocked = slices.DeleteFunc(blocked, func(p tree.Path) bool {
		return slices.ContainsFunc(c.plan.Changes, func(one plan.Change) bool { return one.Path == p && one.Action == plan.Delete })
	})
	if err != nil || len(blocked) == 0 {
		return err
	}
	var problems diag.List
	for _, p := range blocked {
		problems.Add(diag.Diagnostic{
			Code: "target-blocked", Summary: "a directory is needed here, and something else is in its place",
			Hint: "make it a directory again, or let go of the files in it with sill release", At: diag.Pos{File: p.String()},
		})
	}
	return problems.Err(diag.Refused)
}

// draft returns what the run came to.
func (c *change) draft() Draft {
	return Draft{
		Dir: c.repo.Dir, Plan: c.plan, Title: c.subject, Assumed: c.assumed, Command: c.Command, Next: c.steps(), Notes: c.notes,
	}
}

// steps returns what to do next.
func (c *change) steps() []render.Step {
	var all []render.Step
	if len(c.plan.Conflicts) > 0 {
		all = append(all,
			render.Step{Command: "git status", Why: "see the conflicts; git mergetool helps to solve them"},
			render.Step{Command: "sill abort", Why: "take this run back instead"})
	} else if c.has && !c.Commit {
		all = append(all, render.Step{Command: "git diff", Why: "see what changed"})
	}
	if argv := c.to.Commands["test"]; len(argv) > 0 {
		all = append(all, render.Step{Command: term.Command(argv), Why: "run the tests"})
	}
	return all
}
