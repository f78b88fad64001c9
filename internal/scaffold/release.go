package scaffold

import (
	"context"
	"fmt"
	"slices"

	"groundsill.example/internal/diag"
	"groundsill.example/internal/tree"
)

// Release plans a record in which files belong to the user alone: they are in
// no tree from then on, and nothing that sill does touches them.
func (w World) Release(ctx context.Context, r ChangeRequest, paths []string) (Draft, error) {
	return w.changed(ctx, r, func(_ context.Context, c *change) error {
		c.subject = "Release " + many("file", paths)
		var problems diag.List
		for _, text := range paths {
			p, err := tree.ParsePath(text)
			if err != nil {
				problems.Take(err)
				continue
			}
			if _, ours := c.base.Tree.File(p); !ours {
				problems.Add(diag.Diagnostic{
					Code: "file-unknown", Summary: fmt.Sprintf("%s is no file of the blueprint: it is yours already", text),
					Hint: "sill show files lists those of the blueprint",
				})
				continue
			}
			if !slices.Contains(c.to.Unmanaged, p) {
				c.to.Unmanaged = append(slices.Clone(c.to.Unmanaged), p)
			}
		}
		slices.SortFunc(c.to.Unmanaged, tree.Path.Compare)
		return problems.Err(diag.Usage)
	})
}
