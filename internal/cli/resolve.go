package cli

import (
	"context"

	"github.com/spf13/cobra"

	"groundsill.example/internal/scaffold"
)

func (a *app) resolveCommand() *cobra.Command {
	o := &changeOptions{}
	var choice scaffold.Choice
	cmd := &cobra.Command{
		Use:   "resolve",
		Short: "Finish a git merge of two branches that both changed the service",
		Long: `Resolve unites the two records of a merge, a rebase, a cherry-pick or a revert
that git could not finish: resources, fields, modules and answers by key, the
log of the schema in the order of its numbers. Then it makes what both records
together make, with what people did on either branch, and tells git which
files are solved. Files that you solved and added stay as you solved them.

A key that both branches changed differently is left to you: resolve names it
with both values, writes nothing and exits 3 until you choose. What people
changed differently stays a conflict of git. "Ours" and "theirs" are git's
words: in a rebase, ours is the branch that you rebase on.

Without a merge there is nothing to do. To take it back: sill abort.`,
		Example: `  sill resolve
  sill resolve --dry-run --diff
  sill resolve --ours answers.license --theirs resources.payment.note`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			words := []string{"resolve"}
			for _, key := range choice.Ours {
				words = append(words, "--ours", key)
			}
			for _, key := range choice.Theirs {
				words = append(words, "--theirs", key)
			}
			return a.change(cmd, o, words, func(ctx context.Context, w scaffold.World, r scaffold.ChangeRequest) (scaffold.Draft, error) {
				return w.Resolve(ctx, r, choice)
			})
		},
	}
	f := cmd.Flags()
	a.planFlags(f)
	f.BoolVar(&o.allowDirty, "allow-dirty", false, "go on where files have changes that are not added, or conflicts half solved")
	f.StringArrayVar(&choice.Ours, "ours", nil, "`KEY` of the record, and all below it, as our branch has it (repeatable)")
	f.StringArrayVar(&choice.Theirs, "theirs", nil, "`KEY` of the record, and all below it, as their branch has it (repeatable)")
	return cmd
}
