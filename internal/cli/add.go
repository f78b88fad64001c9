package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"groundsill.example/internal/diag"
	"groundsill.example/internal/resource"
	"groundsill.example/internal/scaffold"
	"groundsill.example/internal/source"
)

func (a *app) addCommand() *cobra.Command {
	o := &changeOptions{}
	cmd := &cobra.Command{
		Use:   "add MODULE… | resource … | field …",
		Short: "Add a resource, fields or a module to a service",
		Long: `Add changes a service that sill made, in a repository that people have edited:
what the blueprint makes of the new record is merged into what is there.
Nobody's line is lost; what cannot be merged is a conflict as git has them.

Asking for what is there already does nothing.`,
		Example: `  sill add resource payment amount:decimal,10,2:required order:references
  sill add field payment note:text paid_at:datetime:index
  sill add docker`,
		Args:              atLeast(1, "add takes a module, or the word resource or field"),
		ValidArgsFunction: a.completeModules(false),
		RunE: func(cmd *cobra.Command, args []string) error {
			given, err := o.given()
			if err != nil {
				return err
			}
			return a.change(cmd, o, slices.Concat([]string{"add"}, args), func(ctx context.Context, w scaffold.World, r scaffold.ChangeRequest) (scaffold.Draft, error) {
				return w.AddModules(ctx, r, args, given)
			})
		},
	}
	a.changeFlags(cmd, o)
	cmd.Flags().StringArrayVar(&o.set, "set", nil, "answer a question of a module: `MODULE.KEY=VALUE` (repeatable)")
	cmd.AddCommand(a.addResourceCommand(), a.addFieldCommand())
	return cmd
}

func (a *app) addResourceCommand() *cobra.Command {
	o := &changeOptions{}
	var file string
	cmd := &cobra.Command{
		Use:   "resource NAME FIELD…",
		Short: "Add a resource",
		Long: `Add a resource: model, controller, view, repository, routes, a migration, its
part of the OpenAPI document, tests and documentation.

A field is name:type[,argument…][:modifier…]. Types are string[,max],
text[,max], integer, bigint, decimal,p,s, float, boolean, date, datetime,
uuid, enum,a,b and references; modifiers are required, unique, index,
nullable, blank, min=N, max=N and default=VALUE.`,
		Example: `  sill add resource payment amount:decimal,10,2:required order:references:required
  sill add resource person:plural=people email:string:required:unique
  sill add resource --resource-file resources.yaml
  sill add resource payment amount:decimal,10,2 --dry-run --diff`,
		RunE: func(cmd *cobra.Command, args []string) error {
			more, words, err := a.resourceArgs(args, file)
			if err != nil {
				return err
			}
			return a.change(cmd, o, slices.Concat([]string{"add", "resource"}, words), func(ctx context.Context, w scaffold.World, r scaffold.ChangeRequest) (scaffold.Draft, error) {
				return w.AddResources(ctx, r, more)
			})
		},
	}
	cmd.Flags().StringVar(&file, "resource-file", "", "resources as YAML from `FILE`, or - for standard input")
	a.changeFlags(cmd, o)
	return cmd
}

// resourceArgs reads resources from the words or from a file, and returns the
// words that repeat it.
func (a *app) resourceArgs(args []string, file string) ([]resource.Resource, []string, error) {
	if (len(args) > 0) == (file != "") {
		return nil, nil, diag.New(diag.Usage, diag.Diagnostic{
			Code: "usage", Summary: "a resource is given in words or with --resource-file, one of the two",
			Hint: "for example: sill add resource payment amount:decimal,10,2:required",
		})
	}
	if file == "" {
		one, err := resource.ParseArgs(args)
		return []resource.Resource{one}, args, err
	}
	w, err := a.world()
	if err != nil {
		return nil, nil, err
	}
	list, err := a.readResources(w, file)
	return list, []string{"--resource-file", "resources.yaml"}, err
}

func (a *app) addFieldCommand() *cobra.Command {
	o := &changeOptions{}
	cmd := &cobra.Command{
		Use:   "field RESOURCE FIELD…",
		Short: "Add fields to a resource",
		Long: `Add fields to a resource, with a migration that changes its table. A required
field needs a default, which rows that are there already get.`,
		Example: `  sill add field payment note:text paid_at:datetime:index
  sill add field order priority:integer:required:default=0`,
		Args:              atLeast(2, "add field takes a resource and its new fields"),
		ValidArgsFunction: a.completeResources,
		RunE: func(cmd *cobra.Command, args []string) error {
			var problems diag.List
			var more []resource.Field
			for _, word := range args[1:] {
				f, err := resource.ParseField(word)
				problems.Take(err)
				more = append(more, f)
			}
			if err := problems.Err(diag.Usage); err != nil {
				return err
			}
			return a.change(cmd, o, slices.Concat([]string{"add", "field"}, args), func(ctx context.Context, w scaffold.World, r scaffold.ChangeRequest) (scaffold.Draft, error) {
				return w.AddFields(ctx, r, args[0], more)
			})
		},
	}
	a.changeFlags(cmd, o)
	return cmd
}

// atLeast is a check of arguments that says what is missing.
func atLeast(n int, what string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		if len(args) < n {
			return errors.New(what)
		}
		return nil
	}
}

// here returns the repository that completions are about.
func (a *app) here() (source.Repository, bool) {
	cwd, err := a.cwd()
	if err != nil {
		return source.Repository{}, false
	}
	repo, found, err := source.FindRepository(cwd)
	return repo, found && err == nil
}

// completeModules lists the modules that the repository has, or has not.
func (a *app) completeModules(on bool) cobra.CompletionFunc {
	return func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
		var names []string
		if repo, found := a.here(); found {
			for _, m := range repo.Source.Blueprint.Modules {
				if _, has := repo.Record.Modules[m.Name]; has == on && !slices.Contains(args, m.Name) {
					names = append(names, cobra.CompletionWithDesc(m.Name, m.Summary))
				}
			}
		}
		return names, cobra.ShellCompDirectiveNoFileComp
	}
}

// completeResources lists the resources of the repository, for the first word.
func (a *app) completeResources(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	var names []string
	if repo, found := a.here(); found && len(args) == 0 {
		for _, r := range repo.Record.Resources {
			names = append(names, cobra.CompletionWithDesc(r.Name, fmt.Sprintf("%d fields", len(r.Fields))))
		}
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}
