// Package cli is the command line: cobra, flags to requests, the wiring of the
// parts, and the table of exit codes. Whatever a use case could hold is not
// here.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"groundsill.example/internal/diag"
	"groundsill.example/internal/gitrepo"
	"groundsill.example/internal/scaffold"
	"groundsill.example/internal/term"
	"groundsill.example/internal/view"
)

// Process is what the program was started with.
type Process struct {
	Args     []string // without the program's name
	In       io.Reader
	Out, Err io.Writer
	Env      []string
	Cwd      string
	PID      int
	Now      func() time.Time
}

// Main runs the command and returns its exit code. Cancelling ctx is Ctrl-C.
func Main(ctx context.Context, p Process) int {
	a := newApp(p)
	root := a.root()
	// What goes wrong before the flags are parsed comes out in the form that
	// they ask for.
	a.options.json = slices.Contains(p.Args, "--json")
	if err := a.addQuestions(root); err != nil {
		return a.fail(err)
	}
	root.SetArgs(p.Args)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return a.status
	}
	if ctx.Err() != nil && diag.ClassOf(err) != diag.Interrupted {
		err = diag.Wrap(diag.Interrupted, err, diag.Diagnostic{Code: "interrupted", Summary: "interrupted"})
	}
	return a.fail(err)
}

// app is one run of the program.
type app struct {
	Process

	env        gitrepo.Env
	streams    term.Streams
	options    options
	newOptions *newOptions
	status     int // of a run without an error
}

// options are the flags that several commands share.
type options struct {
	dir    string
	json   bool
	dryRun bool
	diff   bool
	yes    bool
}

func newApp(p Process) *app {
	env := gitrepo.Env(p.Env)
	return &app{
		Process: p, env: env,
		streams: term.New(term.Process{In: p.In, Out: p.Out, Err: p.Err, Env: env.Get}),
	}
}

func (a *app) fail(err error) int {
	if writeErr := a.view().Error(err); writeErr != nil {
		return exitCode(diag.Environment)
	}
	return exitCode(diag.ClassOf(err))
}

func (a *app) view() view.View { //nolint:ireturn // the flags choose one of two
	if a.options.json {
		return view.JSON{Out: a.streams.Out}
	}
	return view.Human{Out: a.streams.Out, Err: a.streams.Err, Diff: a.options.diff}
}

// world returns what the use cases know of the process.
func (a *app) world() (scaffold.World, error) {
	cwd, err := a.cwd()
	return scaffold.World{
		Cwd: cwd, Env: a.env, ConfigDir: a.configDir(), PID: a.PID, Now: a.clock(),
	}, err
}

// clock returns what tells the time: SOURCE_DATE_EPOCH where it is set, so that
// a run can be repeated to the byte (https://reproducible-builds.org/specs/source-date-epoch/).
func (a *app) clock() func() time.Time {
	seconds, err := strconv.ParseInt(a.env.Get("SOURCE_DATE_EPOCH"), 10, 64)
	if err != nil {
		return a.Now
	}
	return func() time.Time { return time.Unix(seconds, 0).UTC() }
}

// cwd returns the directory that -C goes to.
func (a *app) cwd() (string, error) {
	dir := a.Cwd
	if a.options.dir != "" {
		dir = a.options.dir
		if !filepath.IsAbs(dir) {
			dir = filepath.Join(a.Cwd, dir)
		}
	}
	if info, err := os.Stat(dir); a.options.dir == "" || err == nil && info.IsDir() {
		return dir, nil
	}
	return dir, diag.New(diag.Usage, diag.Diagnostic{
		Code: "directory-missing", Summary: "there is no directory " + a.options.dir, Hint: "-C goes to a directory that exists",
	})
}

// configDir returns the directory of sill in the user's configuration, empty
// when there is none. It follows the XDG Base Directory Specification, and on
// Windows the AppData variable, as os.UserConfigDir does.
func (a *app) configDir() string {
	if dir := a.env.Get("XDG_CONFIG_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "sill")
	}
	if dir := a.env.Get("AppData"); dir != "" {
		return filepath.Join(dir, "sill")
	}
	if home := a.env.Get("HOME"); home != "" {
		return filepath.Join(home, ".config", "sill")
	}
	return ""
}

func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:           "sill",
		Short:         "Scaffold backend services and keep them current",
		Long:          "Sill scaffolds backend services from blueprints and keeps a record of how they\nwere made.",
		Example:       "  sill new orders\n  sill new orders --resource 'order total:decimal,10,2:required'\n  sill list",
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          cobra.NoArgs,
		PersistentPreRunE: func(*cobra.Command, []string) error {
			_, err := a.cwd()
			return err
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetIn(a.In)
	root.SetOut(a.Out)
	root.SetErr(a.Err)
	root.SetUsageTemplate(usageTemplate(root.UsageTemplate()))
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error { return usage(cmd, err) })
	root.PersistentFlags().StringVarP(&a.options.dir, "directory", "C", "", "go to `DIR` first")
	root.PersistentFlags().BoolVar(&a.options.json, "json", false, "one JSON value on standard output, failures too")
	root.AddCommand(
		a.newCommand(), a.addCommand(), a.removeCommand(), a.setCommand(), a.updateCommand(), a.statusCommand(), a.diffCommand(), a.abortCommand(), a.resolveCommand(),
		a.releaseCommand(), a.applyCommand(), a.verifyCommand(), a.listCommand(), a.showCommand(), a.versionCommand(), a.completionCommand(),
	)
	root.CompletionOptions.DisableDefaultCmd = true
	root.InitDefaultHelpCmd()
	for _, cmd := range all(root) {
		if cmd.Name() == "help" {
			cmd.Example = "  sill help new"
		}
		checkArgs(cmd)
	}
	return root
}

// usageTemplate wraps flags as text is wrapped, and adds the exit codes.
func usageTemplate(text string) string {
	return strings.ReplaceAll(text, "Flags.FlagUsages ", fmt.Sprintf("Flags.FlagUsagesWrapped %d ", term.DefaultWidth)) + exitCodes()
}

// all returns the command and every command below it.
func all(cmd *cobra.Command) []*cobra.Command {
	list := []*cobra.Command{cmd}
	for _, sub := range cmd.Commands() {
		list = append(list, all(sub)...)
	}
	return list
}

// checkArgs makes what cobra says about arguments an error of ours.
func checkArgs(cmd *cobra.Command) {
	check := cmd.Args
	if check == nil {
		return
	}
	cmd.Args = func(cmd *cobra.Command, args []string) error {
		if err := check(cmd, args); err != nil {
			return usage(cmd, err)
		}
		return nil
	}
}

func usage(cmd *cobra.Command, err error) error {
	if _, ok := errors.AsType[*diag.Error](err); ok {
		return err
	}
	summary, _, _ := strings.Cut(err.Error(), "\n")
	return diag.New(diag.Usage, diag.Diagnostic{
		Code: "usage", Summary: summary, Hint: cmd.CommandPath() + " --help shows what there is",
	})
}
