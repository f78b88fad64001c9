package scaffold

import (
	"context"
	"slices"

	"groundsill.example/internal/apply"
	"groundsill.example/internal/diag"
	"groundsill.example/internal/gitrepo"
)

// Abort puts back what the last run replaced, and git's index with it. It
// returns the paths. What was committed since, or edited, is not taken back.
func (w World) Abort(ctx context.Context) ([]string, error) {
	repo, err := w.repository()
	if err != nil {
		return nil, err
	}
	c := &commit{World: w, dir: repo.Dir}
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
	options := c.options()
	options.Restored = c.restoreIndex(ctx)
	undone, err := apply.Abort(ctx, c.target(), options)
	if err != nil {
		return nil, err
	}
	var paths []string
	for _, p := range slices.Concat(undone.Restored, undone.Removed) {
		paths = append(paths, p.String())
	}
	slices.Sort(paths)
	return paths, nil
}

// restoreIndex puts back what a run noted of git's index.
func (c *commit) restoreIndex(ctx context.Context) func(note []byte) error {
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
