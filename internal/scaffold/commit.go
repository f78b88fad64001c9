package scaffold

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"groundsill.example/internal/apply"
	"groundsill.example/internal/diag"
	"groundsill.example/internal/gitrepo"
	"groundsill.example/internal/merge"
	"groundsill.example/internal/plan"
	"groundsill.example/internal/record"
	"groundsill.example/internal/tree"
)

// Receipt is what a commit of a plan did.
type Receipt struct {
	apply.Receipt

	Commit   string // hash of the first commit; empty for none
	Branch   string
	Warnings []string
}

// Commit does what p says at dir, the absolute root of the plan. Either all of
// it happens or nothing; only the git commit may be left out, with a warning,
// when nobody knows whose it would be.
func Commit(ctx context.Context, w World, dir string, p plan.Plan) (Receipt, error) {
	c := &commit{World: w, dir: dir, plan: p}
	if err := c.find(); err != nil {
		return Receipt{}, err
	}
	if _, err := os.Lstat(dir); errors.Is(err, fs.ErrNotExist) {
		return c.publish(ctx)
	}
	return c.run(ctx)
}

// Check reports why p cannot be committed at dir as it is, and changes nothing.
func Check(dir string, p plan.Plan) error {
	return apply.Check(apply.Target{Dir: dir}, p, apply.Options{})
}

// Recover puts back what a crashed run left at dir. It returns nil when there
// is nothing.
func Recover(ctx context.Context, w World, dir string) (*apply.Recovery, error) {
	c := &commit{World: w, dir: dir}
	if err := c.find(); err != nil || !directory(dir) {
		return nil, err
	}
	options := c.options()
	options.Restored = c.restoreIndex(ctx)
	return apply.Recover(ctx, c.target(), options)
}

// Left reports what a crashed run left at dir, and changes nothing.
func Left(dir string) (*apply.Recovery, error) {
	c := &commit{dir: dir}
	if err := c.find(); err != nil || !directory(dir) {
		return nil, err
	}
	return apply.Inspect(c.target())
}

// directory reports whether dir is there: nothing can be left in anything else.
func directory(dir string) bool {
	info, err := os.Stat(dir)
	return err == nil && info.IsDir()
}

type commit struct {
	World

	dir     string
	plan    plan.Plan
	repo    gitrepo.Repo
	found   bool
	receipt Receipt
}

func (c *commit) find() (err error) {
	c.repo, c.found, err = gitrepo.Find(c.dir)
	return err
}

// own reports whether dir is the root of a git work tree.
func (c *commit) own() bool { return c.found && c.repo.Prefix == "" }

func (c *commit) options() apply.Options { return apply.Options{PID: c.PID, Open: c.Open} }

// undoable returns options with which the run can be taken back: what it has to
// know of git is noted before anything is written.
func (c *commit) undoable(ctx context.Context) (apply.Options, error) {
	o := c.options()
	o.Restored = c.restoreIndex(ctx)
	if !c.found {
		return o, nil
	}
	var err error
	if o.Mark, err = c.mark(ctx); err != nil {
		return o, err
	}
	paths, err := c.solved(ctx)
	if err != nil {
		return o, err
	}
	for _, u := range c.unmerged() {
		paths = append(paths, u.Path)
	}
	if len(paths) > 0 {
		o.Note, err = gitrepo.SaveIndex(ctx, c.Env, c.repo, paths)
	}
	return o, err
}

// setIndex tells git's index about the conflicts, and what is solved.
func (c *commit) setIndex(ctx context.Context) error {
	if !c.found {
		return nil
	}
	if err := gitrepo.SetUnmerged(ctx, c.Env, c.repo, c.unmerged()); err != nil {
		return err
	}
	solved, err := c.solved(ctx)
	if err != nil {
		return err
	}
	return gitrepo.Stage(ctx, c.Env, c.repo, solved)
}

// unmerged returns the conflicts that git is to know about.
func (c *commit) unmerged() []gitrepo.Unmerged {
	var all []gitrepo.Unmerged
	for _, one := range c.plan.Conflicts {
		if !one.Sides.Empty() {
			all = append(all, gitrepo.Unmerged{Path: one.Path, Base: one.Sides.Base, Ours: one.Sides.Ours, Theirs: one.Sides.Theirs})
		}
	}
	return all
}

// solved returns the paths that the index is to have as they are in the end:
// where the plan is the solution of a merge, all that are not in conflict, and
// the old names of files that both sides have renamed.
func (c *commit) solved(ctx context.Context) ([]tree.Path, error) {
	if c.plan.Git != plan.GitStage || !c.found {
		return nil, nil
	}
	left := map[string]bool{}
	for _, one := range c.plan.Conflicts {
		left[one.Path.String()], left[one.Path.String()+merge.Sidecar] = true, true
	}
	var all []tree.Path
	for _, one := range c.plan.Changes {
		if !left[one.Path.String()] {
			all = append(all, one.Path)
		}
	}
	gone, err := gitrepo.GonePaths(ctx, c.Env, c.repo)
	return append(all, gone...), err
}

// target returns where the plan goes and where its journal lives: in the git
// directory, out of everybody's way, a place of its own for each service of a
// repository.
func (c *commit) target() apply.Target {
	state := filepath.Join(c.dir, ".sill", "tmp")
	if c.found {
		state = filepath.Join(c.repo.GitDir, "sill")
		if c.repo.Prefix != "" {
			sum := sha256.Sum256([]byte(c.repo.Prefix))
			state = filepath.Join(state, "at-"+hex.EncodeToString(sum[:6]))
		}
	}
	return apply.Target{Dir: c.dir, State: state}
}

// publish makes a directory that is not there yet, with its repository in it,
// and gives it its name at the end.
func (c *commit) publish(ctx context.Context) (Receipt, error) {
	options := c.options()
	options.Finish = func(dir string) error { return c.git(ctx, dir) }
	var err error
	c.receipt.Receipt, err = apply.Publish(ctx, c.target(), c.plan, options)
	return c.receipt, err
}

// run changes a directory that is there.
func (c *commit) run(ctx context.Context) (Receipt, error) {
	options, err := c.undoable(ctx)
	if err != nil {
		return c.receipt, err
	}
	// Conflicts and solutions are in the files and in the index, or in neither.
	options.Finish = func(string) error { return c.setIndex(ctx) }
	c.receipt.Receipt, err = apply.Run(ctx, c.target(), c.plan, options)
	if err != nil {
		return c.receipt, err
	}
	err = c.git(ctx, c.dir)
	if diag.ClassOf(err) == diag.Interrupted {
		err = diag.Wrap(diag.Interrupted, err, diag.Diagnostic{
			Code: "interrupted", Summary: "the files are written and not committed", Hint: "git add and git commit them",
		})
	}
	return c.receipt, err
}

// git does what the plan says about git, in dir.
func (c *commit) git(ctx context.Context, dir string) error {
	if c.found && !c.own() && !c.changes() {
		return nil
	}
	switch c.plan.Git {
	case plan.GitCommit:
		return c.firstCommit(ctx, dir)
	case plan.GitInit:
		return c.initOnly(dir)
	case plan.GitNone, plan.GitStage:
	}
	return nil
}

func (c *commit) initOnly(dir string) error {
	if c.own() {
		return nil
	}
	config, err := gitrepo.ReadConfig(c.Env, dir)
	if err != nil {
		return err
	}
	c.receipt.Branch = config.DefaultBranch
	return gitrepo.Init(dir, config.DefaultBranch)
}

func (c *commit) firstCommit(ctx context.Context, dir string) error {
	if len(c.plan.Conflicts) > 0 {
		c.receipt.Warnings = append(c.receipt.Warnings, "Nothing is committed: conflicts are left for you.")
		return nil
	}
	options := gitrepo.CommitOptions{Message: c.plan.Message, When: c.Now(), Deleted: c.deleted()}
	var err error
	if c.found {
		c.receipt.Commit, err = gitrepo.Commit(ctx, c.Env, c.repo, c.written(), options)
	} else {
		c.receipt.Commit, err = gitrepo.Create(ctx, c.Env, dir, c.written(), options)
	}
	if e, ok := errors.AsType[*diag.Error](err); ok && e.Code() == gitrepo.CodeIdentity {
		c.receipt.Warnings = append(c.receipt.Warnings,
			"Nothing is committed: git does not know who you are. Tell it, then commit:\n"+
				`  git config --global user.name "Your Name"`+"\n"+
				"  git config --global user.email you@example.com\n"+
				"  git add -A && git commit -m 'Scaffold the service'")
		return nil
	}
	if err != nil {
		return err
	}
	made, _, err := gitrepo.Find(dir)
	if err == nil {
		c.receipt.Branch, err = made.Branch()
	}
	return err
}

// changes reports whether the plan changes a service that is there, and does not
// make one.
func (c *commit) changes() bool {
	return slices.ContainsFunc(c.plan.Changes, func(one plan.Change) bool {
		return one.Path.String() == record.Name && one.Action == plan.Update
	})
}

// deleted returns the paths that the plan deletes.
func (c *commit) deleted() []tree.Path {
	var all []tree.Path
	for _, change := range c.plan.Changes {
		if change.Action == plan.Delete {
			all = append(all, change.Path)
		}
	}
	return all
}

// written returns the files that the plan creates or updates.
func (c *commit) written() tree.Tree {
	files := map[tree.Path]tree.File{}
	for _, change := range c.plan.Changes {
		if change.Action == plan.Create || change.Action == plan.Update {
			files[change.Path] = change.File
		}
	}
	return tree.Of(files)
}
