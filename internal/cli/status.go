package cli

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/spf13/cobra"

	"groundsill.example/internal/scaffold"
	"groundsill.example/internal/view"
)

func (a *app) statusCommand() *cobra.Command {
	var check string
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Show what you changed, and what an update would change",
		Long: `Status compares three trees: what the record makes, what is there, and what
the blueprint of this sill would make. It lists the files in which they
differ.

With --check it exits 3 for what is wrong and not only different: a conflict
that is not solved, a file with the suffix .sill, what a run left over, a
record that does not belong to its bundle or to its migrations. Edits are
never wrong. With --check=update it also exits 3 when an update is there.`,
		Example: `  sill status
  sill status --check
  sill status --check=update --json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if !slices.Contains([]string{"", "state", "update"}, check) {
				return usage(cmd, fmt.Errorf("--check %q is not state or update", check))
			}
			return a.runStatus(cmd, check)
		},
	}
	cmd.Flags().StringVar(&check, "check", "", "exit 3 for what is wrong; `WHAT` is state, or update for updates too")
	cmd.Flags().Lookup("check").NoOptDefVal = "state"
	complete(cmd, "check", cobra.FixedCompletions([]string{"state", "update"}, cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

func (a *app) runStatus(cmd *cobra.Command, check string) error {
	w, err := a.world()
	if err != nil {
		return err
	}
	s, err := w.Status(cmd.Context())
	if err != nil {
		return err
	}
	if check != "" && len(s.Problems) > 0 || check == "update" && s.Latest != "" {
		a.status = exitConflicts
	}
	return a.view().Sheet(statusSheet(s))
}

// statusSheet shows two columns for each file that differs, what people did and
// what the blueprint would do, and then what is wrong.
func statusSheet(s scaffold.Status) view.Sheet {
	files := view.Table{Name: "files", Columns: []string{"you", "blueprint", "file"}, Empty: "Every file is as the blueprint makes it."}
	for _, f := range s.Files {
		files.Rows = append(files.Rows, []string{orNone(f.You), orNone(f.Blueprint), f.Path.String()})
	}
	title := s.Service + ", made from " + s.Blueprint
	if s.Blueprint == "" {
		title, files = "What is here cannot be read.", view.Table{Name: "files", Columns: files.Columns}
	}
	sheet := view.Sheet{
		Name: "status", Title: title,
		Fields: []view.Field{{Key: "blueprint", Value: s.Blueprint}, {Key: "update", Value: s.Latest}},
		Tables: []view.Table{files},
	}
	if len(s.Problems) > 0 {
		wrong := view.Table{Name: "problems", Columns: []string{"problem", "path", "what to do"}}
		for _, p := range s.Problems {
			wrong.Rows = append(wrong.Rows, []string{p.Text, p.Path, p.Hint})
		}
		sheet.Tables = append(sheet.Tables, wrong)
	}
	return sheet
}

func orNone(text string) string {
	if text == "" {
		return "-"
	}
	return text
}

func (a *app) diffCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "diff [PATH…]",
		Short: "Show what people changed against what the blueprint made",
		Long: `Diff shows the files of the blueprint as they were made and as they are, in
the form of git diff. It needs no commit: what was made follows from the
record.`,
		Example: `  sill diff
  sill diff internal/app Makefile
  sill diff --json`,
		RunE: func(cmd *cobra.Command, args []string) error {
			w, err := a.world()
			if err != nil {
				return err
			}
			p, err := w.Diff(cmd.Context(), args)
			if err != nil {
				return err
			}
			v := a.view()
			if h, ok := v.(view.Human); ok {
				h.Diff = true
				v = h
			}
			return v.Plan(view.PlanReport{Plan: p})
		},
	}
	return cmd
}

func (a *app) abortCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "abort",
		Short: "Take the last run back",
		Long: `Abort puts back byte for byte what the last add, remove, set or update
replaced, and git's index with it. It can until the next run, the next commit,
or an edit of one of the files, which it names.`,
		Example: "  sill abort",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			w, err := a.world()
			if err != nil {
				return err
			}
			undone, err := w.Abort(cmd.Context())
			if err != nil {
				return err
			}
			return a.view().Sheet(view.Sheet{
				Name: "aborted", Title: "The last run is taken back.",
				Fields: []view.Field{{Key: "files", Value: strconv.Itoa(len(undone))}},
				Tables: []view.Table{{Name: "paths", Columns: []string{"path"}, Rows: column(undone)}},
			})
		},
	}
}

// column returns texts as the rows of a table with one column.
func column(texts []string) [][]string {
	rows := make([][]string, 0, len(texts))
	for _, t := range texts {
		rows = append(rows, []string{t})
	}
	return rows
}

func (a *app) releaseCommand() *cobra.Command {
	o := &changeOptions{}
	cmd := &cobra.Command{
		Use:   "release PATH…",
		Short: "Make files yours alone",
		Long: `Release takes files out of what sill looks after. They stay as they are, no
update touches them, and the record lists them as unmanaged.`,
		Example: `  sill release README.md
  sill release internal/app/router.go --commit`,
		Args: atLeast(1, "release takes files of the blueprint"),
		RunE: func(cmd *cobra.Command, args []string) error {
			w, err := a.world()
			if err != nil {
				return err
			}
			paths, err := w.PathsFrom(args)
			if err != nil {
				return err
			}
			return a.change(cmd, o, slices.Concat([]string{"release"}, paths), func(ctx context.Context, w scaffold.World, r scaffold.ChangeRequest) (scaffold.Draft, error) {
				return w.Release(ctx, r, paths)
			})
		},
	}
	a.changeFlags(cmd, o)
	return cmd
}
