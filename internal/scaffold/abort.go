package scaffold

import (
	"context"
	"errors"
	"slices"

	"groundsill.example/internal/apply"
	"groundsill.example/internal/diag"
	"groundsill.example/internal/gitrepo"
	"groundsill.example/internal/tree"
)

// Abort puts back what the last run replaced, and git's index with it, also
// where that run, or an abort of it, was cut short. It returns the paths. What
// was committed since, or edited, is not taken back.
func (w World) Abort(ctx context.Context) ([]string, error) {
	dir, err := w.Root()
	if err != nil {
		return nil, err
	}
	if left, err := Recover(ctx, w, dir); left != nil || err != nil {
		return pathsLeft(left), err
	}
	c := &commit{World: w, dir: dir}
	if err := c.find(); err != nil {
		return nil, err
	}
	last, found, err := apply.Last(c.target())
	if err != nil {
		return nil, err
	}
	mark, err := c.mark(ctx)
	if err != nil {
		return nil, err
	}
	if !found || last.Mark != mark {
		return nil, diag.New(diag.Refused, diag.Diagnostic{
			Code: "abort-nothing", Summary: "there is no run to take back",
			Hint: "a run can be taken back until the next run or the next commit; git has what was committed",
		})
	}
	undone, err := c.abort(ctx, last.Note)
	if err != nil {
		return nil, err
	}
	return texts(slices.Concat(undone.Restored, undone.Removed)), nil
}

// pathsLeft returns the paths that a run which was cut short had to do with.
func pathsLeft(r *apply.Recovery) []string {
	if r == nil {
		return nil
	}
	return texts(r.Paths)
}

func texts(paths []tree.Path) []string {
	var all []string
	for _, p := range paths {
		all = append(all, p.String())
	}
	slices.Sort(all)
	return all
}

// abort undoes the last run, whose note is given. When it fails, the index says
// what it said before, as the files do.
func (c *commit) abort(ctx context.Context, note []byte) (apply.Undone, error) {
	options := c.options()
	options.Restored = c.restoreIndex(ctx)
	if !c.found || len(note) == 0 {
		return apply.Abort(ctx, c.target(), options)
	}
	was, err := gitrepo.ResaveIndex(ctx, c.Env, c.repo, note)
	if err != nil {
		return apply.Undone{}, err
	}
	undone, err := apply.Abort(ctx, c.target(), options)
	if err != nil && undone.Recovered == nil {
		err = errors.Join(err, c.restoreIndex(ctx)(was))
	}
	return undone, err
}

// restoreIndex puts back what a run noted of git's index. What has been
// interrupted is still put back.
func (c *commit) restoreIndex(ctx context.Context) func(note []byte) error {
	ctx = context.WithoutCancel(ctx)
	return func(note []byte) error {
		if len(note) == 0 || !c.found {
			return nil
		}
		return gitrepo.RestoreIndex(ctx, c.Env, c.repo, note)
	}
}

// mark returns what the last run is remembered with: the commit it was made on.
func (c *commit) mark(ctx context.Context) (string, error) {
	if !c.found {
		return "", nil
	}
	return gitrepo.Head(ctx, c.Env, c.repo)
}
