package cli

import (
	"errors"
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"groundsill.example/internal/plan"
	"groundsill.example/internal/scaffold"
	"groundsill.example/internal/view"
)

func (a *app) applyCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "apply PLAN.json | -",
		Short: "Commit a plan that was saved",
		Long: `Apply commits a plan that a dry run wrote as JSON. What the plan expects must
still be true: where a file has changed since, nothing is written.`,
		Example: `  sill new orders --dry-run --json >plan.json
  sill apply --dry-run --diff plan.json
  sill apply plan.json`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 1 {
				return nil
			}
			return errors.New("apply takes one plan: a file, or - for standard input")
		},
		RunE: a.runApply,
	}
	a.planFlags(cmd.Flags())
	return cmd
}

func (a *app) runApply(cmd *cobra.Command, args []string) error {
	w, err := a.world()
	if err != nil {
		return err
	}
	data, err := a.readInput(w.Cwd, args[0])
	if err != nil {
		return err
	}
	p, err := plan.Decode(data)
	if err != nil {
		return err
	}
	if len(p.Conflicts) > 0 {
		a.status = exitConflicts
	}
	dir := filepath.Join(w.Cwd, filepath.FromSlash(p.Root))
	if a.options.dryRun {
		if err := scaffold.Check(dir, p); err != nil {
			return err
		}
		return a.view().Plan(view.PlanReport{
			Plan: p, Title: fmt.Sprintf("The plan for %s.", p.Root), Closing: "Nothing was written. Run it without --dry-run to do this.",
		})
	}
	if err := a.left(cmd.Context(), w, p.Root); err != nil {
		return err
	}
	receipt, err := a.commit(cmd.Context(), w, dir, p)
	if err != nil {
		return err
	}
	return a.view().Done(view.Report{
		Name: filepath.Base(dir), Receipt: receipt.Receipt, Plan: p, Commit: receipt.Commit,
		Branch: receipt.Branch, Command: []string{"sill", "apply", args[0]}, Warnings: receipt.Warnings,
	})
}
