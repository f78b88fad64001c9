package cli

import (
	"context"
	"slices"

	"github.com/spf13/cobra"

	"groundsill.example/internal/scaffold"
)

func (a *app) setCommand() *cobra.Command {
	o := &changeOptions{}
	cmd := &cobra.Command{
		Use:   "set KEY=VALUE…",
		Short: "Change answers of a service",
		Long: `Set changes what sill new was told, and the service with it. Another database
takes new dependencies, repositories and migrations, which begin anew; where
others may have run the old ones, only with --migration rewrite.

An answer that stands in files of yours, such as the path of the Go module, is
changed there too where the blueprint says how, and refused with the places
where it does not.`,
		Example: `  sill set database=postgres
  sill set license=Apache-2.0 'author=Acme Ltd'
  sill set database=postgres --dry-run --diff`,
		Args:              atLeast(1, "set takes answers as KEY=VALUE"),
		ValidArgsFunction: a.completeAnswers,
		RunE: func(cmd *cobra.Command, args []string) error {
			given, err := parseSet(args)
			if err != nil {
				return err
			}
			return a.change(cmd, o, slices.Concat([]string{"set"}, args), func(ctx context.Context, w scaffold.World, r scaffold.ChangeRequest) (scaffold.Draft, error) {
				return w.Set(ctx, r, given)
			})
		},
	}
	a.changeFlags(cmd, o)
	migrationFlag(cmd, o, "rewrite")
	return cmd
}

// completeAnswers lists the keys of answers, and their choices.
func (a *app) completeAnswers(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	var words []string
	if repo, found := a.here(); found {
		for _, q := range repo.Source.Blueprint.Base.Questions {
			if len(q.Choices) == 0 {
				words = append(words, cobra.CompletionWithDesc(q.Key+"=", q.Prompt))
			}
			for _, choice := range q.Choices {
				words = append(words, cobra.CompletionWithDesc(q.Key+"="+choice.Value, choice.Help))
			}
		}
	}
	return words, cobra.ShellCompDirectiveNoSpace | cobra.ShellCompDirectiveNoFileComp
}
