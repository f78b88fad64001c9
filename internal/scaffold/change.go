package scaffold

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"

	"groundsill.example/internal/answer"
	"groundsill.example/internal/blueprint"
	"groundsill.example/internal/diag"
	"groundsill.example/internal/gitrepo"
	"groundsill.example/internal/merge"
	"groundsill.example/internal/plan"
	"groundsill.example/internal/record"
	"groundsill.example/internal/render"
	"groundsill.example/internal/source"
	"groundsill.example/internal/tree"
	"groundsill.example/internal/userconfig"
)

// ChangeRequest is what add, remove, set and update have in common.
type ChangeRequest struct {
	Command    []string // the words that repeat the run, from "sill" on
	AllowDirty bool     // files may have changes that are not committed
	Commit     bool     // commit what was done, where nothing is left to decide
	Migration  Migration
	Asker      answer.Asker // nil: nothing is asked
	Config     userconfig.Config
}

// Migration says what becomes of the migrations of what goes.
type Migration string

// The ways of --migration. The zero value deletes what no remote-tracking
// branch holds and drops the rest.
const (
	MigrationDelete  Migration = "delete"
	MigrationDrop    Migration = "drop"
	MigrationRewrite Migration = "rewrite" // of sill set database: the log begins anew
)

// change is the way of a repository from one record to the next. Its steps run
// in the order in which [World.change] names them; each reads what the steps
// before it found.
type change struct {
	World
	ChangeRequest

	repo source.Repository
	git  gitrepo.Repo
	has  bool // there is a git repository

	from, to  record.Record
	old, new  *blueprint.Blueprint
	restart   bool                    // migrations are written anew
	renames   []blueprint.Migration   // what the new blueprint says about the way
	newPlaces map[tree.Path]tree.Path // of files that the new blueprint has put elsewhere
	spread    []substitution          // answers whose value stands in files of the user
	subject   string                  // of the commit message
	assumed   []Assumption            // answers that nobody gave
	notes     []string                // for people, before the plan: a changelog
	warnings  []string                // of the edit, for people

	copies       tree.Tree   // what the repository keeps of frozen files
	frozen       frozenFiles // what it has to keep: what no rendering of its blueprint makes
	base, theirs render.Output
	ours         tree.Tree // what is there at the paths of both
	outcome      merge.Outcome
	plan         plan.Plan
}

// edit changes c.to, and c.new where the blueprint changes.
type edit func(ctx context.Context, c *change) error

// changed runs an edit and everything that follows from it, up to the plan. It
// writes nothing.
func (w World) changed(ctx context.Context, r ChangeRequest, e edit) (Draft, error) {
	c, err := w.begin(r)
	if err != nil {
		return Draft{}, err
	}
	for _, step := range []func(context.Context) error{
		func(ctx context.Context) error { return e(ctx, c) },
		c.keepTables, c.render, c.look, c.merge, c.exchange, c.compare, c.checkClean, c.checkPlaces,
	} {
		if err := step(ctx); err != nil {
			return Draft{}, err
		}
	}
	return c.draft(), nil
}

// begin reads the repository that the working directory lies in.
func (w World) begin(r ChangeRequest) (*change, error) {
	repo, err := w.repository()
	if err != nil {
		return nil, err
	}
	c := &change{World: w, ChangeRequest: r, repo: repo}
	c.from, c.to = repo.Record, repo.Record
	c.old, c.new = repo.Source.Blueprint, repo.Source.Blueprint
	if c.git, c.has, err = gitrepo.Find(repo.Dir); err != nil {
		return nil, err
	}
	if err := c.readCopies(); err != nil {
		return nil, err
	}
	c.base, err = render.Render(c.old, c.from)
	c.base = c.frozen.in(c.base)
	return c, err
}

// codeLeftOver is for what a run left that was cut short.
const codeLeftOver = "left-over"

// repository returns the repository that the working directory lies in.
func (w World) repository() (source.Repository, error) {
	root, err := w.Root()
	if err != nil {
		return source.Repository{}, err
	}
	repo, found, err := source.FindRepository(root)
	if found && repo.Dir == root {
		return repo, nil
	}
	// The record, or the bundle, is where a crashed run has put it aside.
	if left, e := Left(root); e == nil && left != nil {
		err = diag.New(diag.Refused, diag.Diagnostic{
			Code: codeLeftOver, Summary: fmt.Sprintf("a run that was cut short left %d changes here", len(left.Paths)),
			Hint: "sill abort puts them back, and so does every command that writes",
		})
	}
	return repo, err
}

// Root returns the directory of that repository: the nearest with a record, or
// with a crashed run that has put the record aside.
func (w World) Root() (string, error) {
	root, found, err := source.FindRoot(w.Cwd)
	if err != nil {
		return "", err
	}
	for dir := w.Cwd; dir != root; dir = filepath.Dir(dir) {
		if left, err := Left(dir); err == nil && left != nil {
			return dir, nil
		}
		if dir == filepath.Dir(dir) {
			break
		}
	}
	if !found {
		err = noRepository()
	}
	return root, err
}

func noRepository() error {
	return diag.New(diag.Usage, diag.Diagnostic{
		Code: "record-missing", Summary: "there is no " + record.Name + " here or above",
		Hint: "go to a repository that sill made, or make one with sill new",
	})
}

// keepTables brings the log of the schema into line with the modules that have
// a part of every table, and tells what its new entries drop.
func (c *change) keepTables(ctx context.Context) error {
	known, forget := c.from.Schema, record.Forget(func(record.Entry) bool { return false })
	had, on := tables(c.old, c.from), tables(c.new, c.to)
	switch {
	case c.restart:
		known = nil
	case !slices.Equal(had, on):
		var err error
		if forget, err = c.forget(ctx); err != nil {
			return err
		}
	}
	c.to = c.to.WithTables(on, known, forget, c.Now())
	c.tellDropped()
	return nil
}

// tables returns the modules of a record that have a part of every table.
func tables(b *blueprint.Blueprint, r record.Record) []string {
	return b.Tables(func(name string) bool { _, has := r.Modules[name]; return has })
}

// render renders what the repository is to be.
func (c *change) render(context.Context) error {
	if c.to.Equal(c.from) && c.old.Digest == c.new.Digest {
		c.theirs = c.base
		c.to.Commands = c.base.Commands
		return nil
	}
	var err error
	if c.theirs, err = c.base.Again(c.new, c.to); err != nil {
		return err
	}
	c.to.Commands = c.theirs.Commands
	c.follow()
	if c.restart {
		c.frozen = nil
		return nil
	}
	c.freeze()
	return nil
}

// follow finds where the new blueprint has put files of the old one. One that
// is the user's alone stays so under its new name.
func (c *change) follow() {
	c.newPlaces = blueprint.MigratePaths(c.base.Tree, c.theirs.Tree, c.renames)
	c.to.Unmanaged = slices.Clone(c.to.Unmanaged)
	for i, p := range c.to.Unmanaged {
		if to, moved := c.newPlaces[p]; moved {
			c.to.Unmanaged[i] = to
		}
	}
}

// unmanaged reports whether a file is the user's alone.
func (c *change) unmanaged(p tree.Path) bool {
	return slices.Contains(c.from.Unmanaged, p) || slices.Contains(c.to.Unmanaged, p)
}

// look reads what is there, at every place where something was or is to be.
func (c *change) look(context.Context) error {
	places := map[tree.Path]bool{}
	for _, t := range []tree.Tree{c.base.Tree, c.theirs.Tree} {
		for p := range t.All() {
			places[p] = true
		}
	}
	list := make([]tree.Path, 0, len(places))
	for p := range places {
		list = append(list, p)
	}
	var err error
	c.ours, err = source.Snapshot(c.repo.Dir, list)
	return err
}

// labels name the sides in conflict markers.
func (c *change) labels() merge.Labels {
	theirs := version(c.new)
	if c.old.Digest == c.new.Digest {
		theirs = "incoming " + theirs
	}
	return merge.Labels{Ours: "yours", Base: "base " + version(c.old), Theirs: theirs}
}

func version(b *blueprint.Blueprint) string { return b.Name + "@" + b.Version }

// dir returns the directory of a file of the repository.
func (c *change) at(p tree.Path) string {
	return filepath.Join(c.repo.Dir, filepath.FromSlash(p.String()))
}
