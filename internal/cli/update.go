package cli

import (
	"context"

	"github.com/spf13/cobra"

	"groundsill.example/internal/diag"
	"groundsill.example/internal/scaffold"
	"groundsill.example/internal/source"
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
				to, err := a.updateSource(w, ref)
				if err != nil {
					return scaffold.Draft{}, err
				}
				if err := checkKeys(to.Blueprint, given); err != nil {
					return scaffold.Draft{}, err
				}
				return w.Update(ctx, r, to, given)
			})
		},
	}
	a.changeFlags(cmd, o)
	cmd.Flags().StringVarP(&ref, "blueprint", "b", "", "`DIR` with the blueprint, for a service that was made from a directory")
	cmd.Flags().StringArrayVar(&o.set, "set", nil, "answer a new question: `KEY=VALUE` (repeatable)")
	return cmd
}

// updateSource returns what the repository is updated to.
func (a *app) updateSource(w scaffold.World, ref string) (source.Source, error) {
	if ref != "" {
		return source.Open(w.Cwd, ref)
	}
	repo, found, err := source.FindRepository(w.Cwd)
	if err != nil || !found {
		return source.Source{}, err
	}
	if repo.Source.Kind != source.Builtin {
		return source.Source{}, diag.New(diag.Usage, diag.Diagnostic{
			Code: "blueprint-missing", Summary: "this service was made from a directory, which its record does not name",
			Hint: "sill update --blueprint DIR",
		})
	}
	return source.Open(w.Cwd, repo.Record.Blueprint.Name)
}
