package cli

import (
	"context"
	"slices"

	"github.com/spf13/cobra"

	"groundsill.example/internal/diag"
	"groundsill.example/internal/scaffold"
)

func (a *app) removeCommand() *cobra.Command {
	o := &changeOptions{}
	cmd := &cobra.Command{
		Use:   "remove MODULE… | resource … | field …",
		Short: "Take a resource, fields or a module out of a service",
		Long: `Remove takes out what sill add puts in. Files that nobody has edited go; where
somebody has, it is a conflict and never a loss.`,
		Example: `  sill remove resource payment
  sill remove field payment.note payment.paid_at
  sill remove docker`,
		Args:              atLeast(1, "remove takes a module, or the word resource or field"),
		ValidArgsFunction: a.completeModules(true),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.change(cmd, o, slices.Concat([]string{"remove"}, args), func(ctx context.Context, w scaffold.World, r scaffold.ChangeRequest) (scaffold.Draft, error) {
				return w.RemoveModules(ctx, r, args)
			})
		},
	}
	a.changeFlags(cmd, o)
	cmd.AddCommand(a.removeResourceCommand(), a.removeFieldCommand())
	return cmd
}

const migrationsLong = `
Its migration goes as well while no remote-tracking branch holds it; else a
new one drops what it made, with everything stored in it, and the plan says
so.`

func (a *app) removeResourceCommand() *cobra.Command {
	o := &changeOptions{}
	cmd := &cobra.Command{
		Use:   "resource NAME…",
		Short: "Take resources out",
		Long:  "Take resources out of the service. One that others refer to stays." + "\n" + migrationsLong,
		Example: `  sill remove resource payment
  sill remove resource payment --migration drop --dry-run`,
		Args:              atLeast(1, "remove resource takes the names of resources"),
		ValidArgsFunction: a.completeResources,
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.change(cmd, o, slices.Concat([]string{"remove", "resource"}, args), func(ctx context.Context, w scaffold.World, r scaffold.ChangeRequest) (scaffold.Draft, error) {
				return w.RemoveResources(ctx, r, args)
			})
		},
	}
	a.changeFlags(cmd, o)
	migrationFlag(cmd, o, "delete", "drop")
	return cmd
}

func (a *app) removeFieldCommand() *cobra.Command {
	o := &changeOptions{}
	cmd := &cobra.Command{
		Use:               "field RESOURCE.FIELD…",
		Short:             "Take fields out of a resource",
		Long:              "Take fields out of a resource." + "\n" + migrationsLong,
		Example:           "  sill remove field payment.note\n  sill remove field payment.note payment.paid_at --migration drop",
		Args:              atLeast(1, "remove field takes fields as RESOURCE.FIELD"),
		ValidArgsFunction: a.completeFields,
		RunE: func(cmd *cobra.Command, args []string) error {
			var problems diag.List
			var names []scaffold.FieldName
			for _, word := range args {
				n, err := scaffold.ParseFieldName(word)
				problems.Take(err)
				names = append(names, n)
			}
			if err := problems.Err(diag.Usage); err != nil {
				return err
			}
			return a.change(cmd, o, slices.Concat([]string{"remove", "field"}, args), func(ctx context.Context, w scaffold.World, r scaffold.ChangeRequest) (scaffold.Draft, error) {
				return w.RemoveFields(ctx, r, names)
			})
		},
	}
	a.changeFlags(cmd, o)
	migrationFlag(cmd, o, "delete", "drop")
	return cmd
}

// completeFields lists the fields of the repository's resources.
func (a *app) completeFields(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	var names []string
	if repo, found := a.here(); found {
		for _, r := range repo.Record.Resources {
			for _, f := range r.Fields {
				names = append(names, cobra.CompletionWithDesc(r.Name+"."+f.Name, string(f.Type)))
			}
		}
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}
