package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"groundsill.example/internal/answer"
	"groundsill.example/internal/apply"
	"groundsill.example/internal/blueprint"
	"groundsill.example/internal/diag"
	"groundsill.example/internal/plan"
	"groundsill.example/internal/scaffold"
	"groundsill.example/internal/setup"
	"groundsill.example/internal/source"
	"groundsill.example/internal/term"
	"groundsill.example/internal/userconfig"
	"groundsill.example/internal/view"
)

// newOptions are the flags of sill new, but for the questions of the
// blueprint.
type newOptions struct {
	blueprint    string
	set          []string
	answers      string
	resources    []string
	resourceFile string
	noResource   bool
	with         []string
	without      []string
	git          string
	merge        bool
	noSetup      bool
	trust        bool

	// source is the blueprint that the flags were made for.
	source source.Source
}

func (a *app) newCommand() *cobra.Command {
	o := &newOptions{}
	cmd := &cobra.Command{
		Use:   "new NAME | DIR | .",
		Short: "Scaffold a service",
		Long: `New makes a service from a blueprint, in a directory that is absent, empty or
holds only .git, and commits it to a git repository of its own.

On a terminal it asks what no flag answers; --yes takes the defaults. Without a
terminal it never asks. Either everything is written or nothing.`,
		Example: `  sill new orders
  sill new orders --database sqlite --license Apache-2.0 --yes
  sill new orders --resource 'order total:decimal,10,2:required placed_at:datetime'
  sill new orders --dry-run --diff
  sill new orders -n --json >plan.json && sill apply plan.json
  git clone git@example.com:acme/orders && sill new orders --merge`,
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: cobra.FixedCompletions(nil, cobra.ShellCompDirectiveFilterDirs),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.runNew(cmd, o, args)
		},
	}
	f := cmd.Flags()
	f.StringVarP(&o.blueprint, "blueprint", "b", scaffold.DefaultBlueprint, "built-in blueprint `NAME`, or the directory of one")
	f.StringArrayVar(&o.set, "set", nil, "answer a question: `KEY=VALUE` (repeatable)")
	f.StringVar(&o.answers, "answers", "", "answers as YAML or JSON from `FILE`, or - for standard input")
	f.StringArrayVar(&o.resources, "resource", nil, "a resource and its fields, as in the examples: `WORDS` (repeatable)")
	f.StringVar(&o.resourceFile, "resource-file", "", "resources as YAML from `FILE`")
	f.BoolVar(&o.noResource, "no-resource", false, "no resource at all")
	f.StringSliceVar(&o.with, "with", nil, "add `MODULE` (repeatable)")
	f.StringSliceVar(&o.without, "without", nil, "leave out `MODULE` (repeatable)")
	f.StringVar(&o.git, "git", string(plan.GitCommit), "`MODE`: commit, init or none")
	f.BoolVar(&o.merge, "merge", false, "add the service to the files that are there, which stay")
	f.BoolVar(&o.noSetup, "no-setup", false, "do not run the setup commands of the blueprint")
	f.BoolVar(&o.trust, "trust", false, "approve the setup commands of this blueprint on this machine")
	a.planFlags(f)
	complete(cmd, "git", cobra.FixedCompletions([]string{"commit", "init", "none"}, cobra.ShellCompDirectiveNoFileComp))
	complete(cmd, "blueprint", completeBlueprints)
	cmd.Annotations = map[string]string{}
	a.newOptions = o
	return cmd
}

// planFlags adds the flags of every command that writes.
func (a *app) planFlags(f *pflag.FlagSet) {
	f.BoolVarP(&a.options.dryRun, "dry-run", "n", false, "show the plan and write nothing")
	f.BoolVar(&a.options.diff, "diff", false, "show the plan as a diff")
	f.BoolVarP(&a.options.yes, "yes", "y", false, "take the defaults and ask nothing")
}

func (a *app) runNew(cmd *cobra.Command, o *newOptions, args []string) error {
	ctx := cmd.Context()
	w, err := a.world()
	if err != nil {
		return err
	}
	r, err := a.newRequest(cmd, w, o)
	if err != nil {
		return err
	}
	if r.Target, err = a.target(ctx, r.Asker, args); err != nil {
		return err
	}
	if err := a.left(ctx, w, r.Target); err != nil {
		return err
	}
	d, err := scaffold.New(ctx, w, r)
	if err != nil {
		return err
	}
	if len(d.Plan.Conflicts) > 0 {
		a.status = exitConflicts
	}
	title := fmt.Sprintf("New service in %s, from the blueprint %s %s.", d.Plan.Root, r.Source.Blueprint.Name, r.Source.Blueprint.Version)
	if a.options.dryRun {
		return a.showPlan(title, d)
	}
	return a.commitNew(ctx, w, o, r, d)
}

// showPlan shows a plan that could be committed, and fails where that would.
func (a *app) showPlan(title string, d scaffold.Draft) error {
	if err := scaffold.Check(d.Dir, d.Plan); err != nil {
		return err
	}
	report := view.PlanReport{
		Plan: d.Plan, Title: title, Notes: d.Notes, Assumed: assumptions(d.Assumed),
		Closing: "Nothing was written. Run it without --dry-run to do this.",
	}
	for _, argv := range d.Setup.Commands {
		report.Then = append(report.Then, view.Step{Command: term.Command(argv), Why: "setup of the blueprint"})
	}
	return a.view().Plan(report)
}

func (a *app) commitNew(ctx context.Context, w scaffold.World, o *newOptions, r scaffold.NewRequest, d scaffold.Draft) error {
	receipt, err := a.commit(ctx, w, d.Dir, d.Plan)
	if err != nil {
		return err
	}
	next := steps(d, w.Cwd)
	report := view.Report{
		Name: filepath.Base(d.Dir), Blueprint: r.Source.Blueprint.Name + " " + r.Source.Blueprint.Version,
		Receipt: receipt.Receipt, Plan: d.Plan, Commit: receipt.Commit, Branch: receipt.Branch,
		Assumed: assumptions(d.Assumed), Command: d.Command, Next: next, Warnings: receipt.Warnings,
	}
	// The files are there whatever becomes of the setup, so the report is
	// shown; but one run writes one JSON value.
	setupErr := a.setup(ctx, o, r, d, &report)
	if setupErr != nil && a.options.json {
		return setupErr
	}
	return errors.Join(a.view().Done(report), setupErr)
}

// commit commits a plan, and tells people on a terminal what takes so long when
// it takes longer than a second.
func (a *app) commit(ctx context.Context, w scaffold.World, dir string, p plan.Plan) (scaffold.Receipt, error) {
	if a.streams.Err.Terminal && !a.options.json {
		slow := time.AfterFunc(time.Second, func() {
			_, _ = fmt.Fprintf(a.streams.Err, "Writing %d files …\n", len(p.Changes)) // nothing depends on it
		})
		defer slow.Stop()
	}
	return scaffold.Commit(ctx, w, dir, p)
}

// steps returns what to do next, in the directory of the service.
func steps(d scaffold.Draft, cwd string) []view.Step {
	var list []view.Step
	for i, s := range d.Next {
		command := s.Command
		if i == 0 && d.Dir != cwd {
			command = term.Command([]string{"cd", shownDir(d, cwd)}) + " && " + command
		}
		list = append(list, view.Step{Command: command, Why: s.Why})
	}
	return list
}

// shownDir returns how a person in cwd goes to the new service.
func shownDir(d scaffold.Draft, cwd string) string {
	if filepath.Join(cwd, filepath.FromSlash(d.Plan.Root)) == d.Dir {
		return d.Plan.Root
	}
	return d.Dir
}

// setup runs the setup commands of the blueprint where they are approved.
func (a *app) setup(ctx context.Context, o *newOptions, r scaffold.NewRequest, d scaffold.Draft, report *view.Report) error {
	if len(d.Setup.Commands) == 0 || o.noSetup {
		return nil
	}
	approved, err := a.approved(ctx, o, r.Asker, d.Setup)
	if err != nil {
		return err
	}
	if !approved {
		for _, argv := range d.Setup.Commands {
			report.Warnings = append(report.Warnings, fmt.Sprintf(
				"The blueprint's setup command %q was not run: it is not approved. Approve it with --trust.", term.Command(argv)))
		}
		return nil
	}
	return setup.Run(ctx, d.Dir, d.Setup.Commands, a.Env, a.Err)
}

// approved reports whether the setup commands may run: those of a built-in
// blueprint, those approved before, and those that a person approves now.
func (a *app) approved(ctx context.Context, o *newOptions, asker answer.Asker, s scaffold.Setup) (bool, error) {
	if s.Approved {
		return true, nil
	}
	yes := o.trust
	if !yes && asker != nil {
		q := blueprint.Question{Key: "trust", Kind: blueprint.Bool, Prompt: "The blueprint wants to run:"}
		for _, argv := range s.Commands {
			q.Prompt += fmt.Sprintf(" %q", term.Command(argv))
		}
		q.Prompt += ". Approve?"
		text, err := asker.Ask(ctx, answer.Prompt{Question: q, Default: "false"})
		if err != nil {
			return false, err
		}
		yes = text == "true"
	}
	if !yes {
		return false, nil
	}
	return true, userconfig.Approve(a.configDir(), s.Digest)
}

func assumptions(list []scaffold.Assumption) []view.Assumption {
	var all []view.Assumption
	for _, x := range list {
		all = append(all, view.Assumption{Key: x.Key, Value: x.Value, Why: x.Why})
	}
	return all
}

// left deals with what a crashed run has left: a run that writes puts it back,
// a dry run only says so.
func (a *app) left(ctx context.Context, w scaffold.World, target string) error {
	dir := target
	if !filepath.IsAbs(dir) {
		dir = filepath.Join(w.Cwd, target)
	}
	var found *apply.Recovery
	var err error
	if a.options.dryRun {
		found, err = scaffold.Left(dir)
	} else {
		found, err = scaffold.Recover(ctx, w, dir)
	}
	if err != nil || found == nil {
		return err
	}
	what := "put back"
	if a.options.dryRun {
		what = "not put back by a dry run"
	}
	_, err = fmt.Fprintf(a.streams.Err, "sill: a run that was cut short left %d changes here; %s.\n", len(found.Paths), what)
	return err
}

// target returns the directory to make, which a person is asked for when it is
// not given.
func (a *app) target(ctx context.Context, asker answer.Asker, args []string) (string, error) {
	if len(args) == 1 && args[0] != "" {
		return args[0], nil
	}
	if asker == nil {
		return "", diag.New(diag.Usage, diag.Diagnostic{
			Code: "target-missing", Summary: "the name of the service is missing", Hint: "sill new NAME, or sill new . for this directory",
		})
	}
	q := blueprint.Question{Key: "name", Kind: blueprint.Text, Prompt: "Name of the service", Help: "It names the new directory too."}
	return asker.Ask(ctx, answer.Prompt{Question: q, Default: "service", Check: func(s string) error {
		if strings.TrimSpace(s) == "" {
			return errors.New("a name is needed")
		}
		return nil
	}})
}

// completeBlueprints lists the built-in blueprints and lets the shell list
// directories.
func completeBlueprints(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	names, err := source.Names()
	if err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	return names, cobra.ShellCompDirectiveDefault
}

func complete(cmd *cobra.Command, flag string, f cobra.CompletionFunc) {
	// The only error is a flag that is not there, which the tests would see.
	_ = cmd.RegisterFlagCompletionFunc(flag, f)
}

// readInput returns the content of a file, or of standard input for "-".
func (a *app) readInput(cwd, name string) ([]byte, error) {
	const most = 64 << 20
	if name == "-" {
		data, err := io.ReadAll(io.LimitReader(a.In, most))
		if err != nil {
			return nil, unreadable("standard input", err)
		}
		return data, nil
	}
	data, err := readFile(cwd, name)
	if err != nil {
		return nil, unreadable(name, err)
	}
	return data, nil
}

func unreadable(name string, err error) error {
	return diag.Wrap(diag.Usage, err, diag.Diagnostic{Code: "file-unreadable", Summary: "read " + name})
}

// parseSet splits the values of --set.
func parseSet(words []string) (map[string]answer.Given, error) {
	given := map[string]answer.Given{}
	var problems diag.List
	for _, w := range words {
		key, value, ok := strings.Cut(w, "=")
		if _, twice := given[key]; !ok || key == "" || twice {
			problems.Add(diag.Diagnostic{
				Code: "set-form", Summary: fmt.Sprintf("--set %q is not KEY=VALUE, each key once", w),
			})
			continue
		}
		given[key] = answer.Given{Any: value, Origin: answer.FromFlag}
	}
	return given, problems.Err(diag.Usage)
}
