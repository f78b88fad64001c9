package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"groundsill.example/internal/answer"
	"groundsill.example/internal/scaffold"
	"groundsill.example/internal/userconfig"
	"groundsill.example/internal/view"
)

// changeOptions are the flags of every command that changes a repository.
type changeOptions struct {
	allowDirty bool
	commit     bool
	migration  string
	migrations []string // what the command takes for migration
	set        []string
}

// changeFlags adds the flags of a command that changes a repository.
func (a *app) changeFlags(cmd *cobra.Command, o *changeOptions) {
	f := cmd.Flags()
	a.planFlags(f)
	f.BoolVar(&o.allowDirty, "allow-dirty", false, "go on where files have changes that are not committed")
	f.BoolVar(&o.commit, "commit", false, "commit what was done, unless conflicts are left")
}

// migrationFlag adds the flag that decides what becomes of migrations.
func migrationFlag(cmd *cobra.Command, o *changeOptions, choices ...string) {
	o.migrations = choices
	cmd.Flags().StringVar(&o.migration, "migration", "",
		"`MODE` for migrations: "+strings.Join(choices, ", ")+" (default: by what remote-tracking branches hold)")
	complete(cmd, "migration", cobra.FixedCompletions(choices, cobra.ShellCompDirectiveNoFileComp))
}

// changeUse is one use case that changes a repository.
type changeUse func(ctx context.Context, w scaffold.World, r scaffold.ChangeRequest) (scaffold.Draft, error)

// change runs a use case: it shows the plan, or commits it and says what was
// done. Words are the command without "sill" and without flags.
func (a *app) change(cmd *cobra.Command, o *changeOptions, words []string, use changeUse) error {
	ctx := cmd.Context()
	w, err := a.world()
	if err != nil {
		return err
	}
	r := scaffold.ChangeRequest{
		Command: o.words(words), AllowDirty: o.allowDirty, Commit: o.commit, Migration: scaffold.Migration(o.migration), Asker: a.asker(),
	}
	if o.migration != "" && !slices.Contains(o.migrations, o.migration) {
		return usage(cmd, fmt.Errorf("--migration %q is not one of: %s", o.migration, strings.Join(o.migrations, ", ")))
	}
	if r.Config, err = userconfig.Read(w.ConfigDir); err != nil {
		return err
	}
	root, err := w.Root()
	if err != nil {
		return err
	}
	if err := a.left(ctx, w, root); err != nil {
		return err
	}
	d, err := use(ctx, w, r)
	if err != nil {
		return err
	}
	if len(d.Plan.Conflicts) > 0 {
		a.status = exitConflicts
	}
	if a.options.dryRun {
		return a.showPlan(d.Title+".", d)
	}
	return a.commitChange(ctx, w, d)
}

// words returns the command that repeats the run.
func (o *changeOptions) words(words []string) []string {
	all := slices.Concat([]string{"sill"}, words)
	for _, one := range o.set {
		all = append(all, "--set", one)
	}
	if o.migration != "" {
		all = append(all, "--migration", o.migration)
	}
	return all
}

// commitChange commits a plan where there is something to do.
func (a *app) commitChange(ctx context.Context, w scaffold.World, d scaffold.Draft) error {
	report := view.Report{Title: d.Title, Plan: d.Plan, Notes: d.Notes, Assumed: assumptions(d.Assumed), Command: d.Command}
	if len(d.Plan.Changes) > 0 || len(d.Plan.Conflicts) > 0 {
		receipt, err := a.commit(ctx, w, d.Dir, d.Plan)
		if err != nil {
			return err
		}
		report.Receipt, report.Commit, report.Branch, report.Warnings = receipt.Receipt, receipt.Commit, receipt.Branch, receipt.Warnings
		report.Next = steps(d, d.Dir)
	}
	report.Receipt.Dir = d.Dir
	return a.view().Done(report)
}

// given reads the answers of --set.
func (o *changeOptions) given() (map[string]answer.Given, error) { return parseSet(o.set) }
