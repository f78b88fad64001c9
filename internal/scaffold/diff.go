package scaffold

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"groundsill.example/internal/diag"
	"groundsill.example/internal/plan"
	"groundsill.example/internal/tree"
)

// Diff returns what people changed, as a plan from the tree that nobody has
// edited to the one that is there. Paths, relative to the working directory,
// choose files and directories; none chooses all.
func (w World) Diff(ctx context.Context, paths []string) (plan.Plan, error) {
	c, err := w.begin(ChangeRequest{})
	if err != nil {
		return plan.Plan{}, err
	}
	chosen, err := w.PathsFrom(paths)
	if err != nil {
		return plan.Plan{}, err
	}
	c.theirs = c.base
	if err := c.look(ctx); err != nil {
		return plan.Plan{}, err
	}
	outside := func(p tree.Path) bool {
		return len(chosen) > 0 && !slices.ContainsFunc(chosen, func(dir string) bool {
			return dir == "." || p.String() == dir || strings.HasPrefix(p.String(), dir+"/")
		})
	}
	limit := func(t tree.Tree) tree.Tree {
		return without(t, func(p tree.Path) bool { return outside(p) || c.unmanaged(p) })
	}
	changes := plan.Compute(limit(c.base.Tree), limit(c.ours), func(tree.Path) string { return "changed by people" })
	changes = slices.DeleteFunc(changes, func(one plan.Change) bool { return one.Action == plan.Keep })
	return plan.Plan{Root: ".", Changes: changes}, nil
}

// PathsFrom returns paths that are given relative to the working directory as
// they are from the root of the repository.
func (w World) PathsFrom(paths []string) ([]string, error) {
	root, err := w.Root()
	if err != nil {
		return nil, err
	}
	var problems diag.List
	var all []string
	for _, p := range paths {
		abs := p
		if !filepath.IsAbs(abs) {
			abs = filepath.Join(w.Cwd, p)
		}
		rel, err := filepath.Rel(root, abs)
		if err != nil || !filepath.IsLocal(rel) {
			problems.Add(diag.Diagnostic{
				Code: "path-escapes", Summary: fmt.Sprintf("%q is not in this repository", p), Hint: "paths are relative to where you are",
			})
			continue
		}
		all = append(all, filepath.ToSlash(rel))
	}
	return all, problems.Err(diag.Usage)
}
