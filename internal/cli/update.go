package cli

import (
	"context"

	"github.com/spf13/cobra"

	"groundsill.example/internal/scaffold"
)

func (a *app) updateCommand() *cobra.Command {
	o := &changeOptions{}
	var ref string
	cmd := &cobra.Command{
		Use:   "update",
		Short: "Move to the blueprint version that this sill carries",
		Long: `Update moves a service to the version of its blueprint that this sill carries.
What changed in the blueprint is merged into what is there; the old version
comes from the repository itself, so it works offline and whatever the history
looks like.

Questions that are new are asked on a terminal; without one, those that have
no default are a usage error that names them.`,
		Example: `  sill update --dry-run
  sill update
  sill update --blueprint ../our-blueprint
  sill update --set owner=@acme/backend --commit`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			given, err := o.given()
			if err != nil {
				return err
			}
			words := []string{"update"}
			if ref != "" {
				words = append(words, "--blueprint", "./blueprint")
			}
			return a.change(cmd, o, words, func(ctx context.Context, w scaffold.World, r scaffold.ChangeRequest) (scaffold.Draft, error) {
				return w.Update(ctx, r, ref, given)
			})
		},
	}
	a.changeFlags(cmd, o)
	cmd.Flags().StringVarP(&ref, "blueprint", "b", "", "`DIR` with the blueprint, for a service that was made from a directory")
	cmd.Flags().StringArrayVar(&o.set, "set", nil, "answer a new question: `KEY=VALUE` (repeatable)")
	return cmd
}
