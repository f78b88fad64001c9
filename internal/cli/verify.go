package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"groundsill.example/internal/answer"
	"groundsill.example/internal/blueprint"
	"groundsill.example/internal/contract"
	"groundsill.example/internal/dbserver"
	"groundsill.example/internal/diag"
	"groundsill.example/internal/record"
	"groundsill.example/internal/setup"
	"groundsill.example/internal/source"
	"groundsill.example/internal/term"
)

// verifyOptions are the flags of sill verify.
type verifyOptions struct {
	url, openapi string
	database     string
	clauses      []string
	full         bool
	noBuild      bool
	junit        string
	yes          bool
}

func (a *app) verifyCommand() *cobra.Command {
	o := &verifyOptions{}
	cmd := &cobra.Command{
		Use:   "verify",
		Short: "Hold a service to the contract",
		Long: `Verify tries every clause of the service contract and tells which are held. In a
repository that sill made, it runs the build command of the record, starts the
service as often as it has to, on databases of its own, and takes it through
faults, load and shutdown. Nothing is written but by the build.

With --url it tries a service that runs already, whoever wrote it, as far as
that can be seen from outside. What there is to try comes from its OpenAPI
document. It makes, changes and deletes rows there: point it at a service
whose data do not matter. Clauses that need the process, its log, its database
or its files are not applicable.`,
		Example: `  sill verify
  sill verify --clause RS,SE-8 --junit contract.xml
  sill verify --full
  sill verify --database-url postgres://postgres@127.0.0.1/postgres
  sill verify --url http://127.0.0.1:8080 --openapi openapi.yaml`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.runVerify(cmd.Context(), o) },
	}
	f := cmd.Flags()
	f.StringVar(&o.url, "url", "", "try the service that runs at `URL`")
	f.StringVar(&o.openapi, "openapi", "", "what that service serves, as OpenAPI in `FILE`")
	f.StringSliceVar(&o.clauses, "clause", nil, "only `CLAUSE`: an identifier or a group, HL-1 or ST (repeatable)")
	f.BoolVar(&o.full, "full", false, "long clauses at their full length")
	f.BoolVar(&o.noBuild, "no-build", false, "do not run the build command first")
	f.StringVar(&o.database, "database-url", "", "the server in which databases may be made, at `URL`; default: DATABASE_URL, or one of its own")
	f.StringVar(&o.junit, "junit", "", "write the report as JUnit XML to `FILE`, too")
	f.BoolVarP(&o.yes, "yes", "y", false, "do not ask before rows are made and deleted at --url")
	complete(cmd, "clause", completeClauses)
	return cmd
}

func completeClauses(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	var names []string
	for _, c := range contract.All() {
		names = append(names, cobra.CompletionWithDesc(c.ID, c.Title))
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

func (a *app) runVerify(ctx context.Context, o *verifyOptions) (err error) {
	if err := o.check(); err != nil {
		return err
	}
	run, build, err := a.verification(o)
	if err != nil {
		return err
	}
	if err := a.mayChange(ctx, o); err != nil {
		return err
	}
	if run.Scratch, err = os.MkdirTemp("", "sill-verify-"); err != nil {
		return verifyFailed(err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(run.Scratch)) }()
	if !o.noBuild {
		if err := a.build(ctx, run.Dir, build); err != nil {
			return unlessInterrupted(ctx, err)
		}
	}
	done := a.showProgress(&run)
	report, err := contract.Run(ctx, run)
	done()
	if err != nil {
		return unlessInterrupted(ctx, verifyFailed(err))
	}
	if report.Count(contract.Must, contract.Broken) > 0 {
		a.status = exitConflicts
	}
	if err := a.writeJUnit(o.junit, report); err != nil {
		return err
	}
	return a.view().Verify(verifyReport(report))
}

// verification turns flags into what the suite has to know, and the command
// that comes first.
func (a *app) verification(o *verifyOptions) (run contract.Options, build []string, err error) {
	cwd, err := a.cwd()
	if err != nil {
		return run, nil, err
	}
	run = contract.Options{Clauses: o.clauses, Now: a.Now, Env: a.bare()}
	if o.full {
		run.Scale = 1
	}
	if err := knownClauses(o.clauses); err != nil {
		return run, nil, err
	}
	if o.url != "" {
		run.URL, run.Document = o.url, o.openapi
		if !filepath.IsAbs(run.Document) {
			run.Document = filepath.Join(cwd, run.Document)
		}
		return run, nil, nil
	}
	repo, found, err := source.FindRepository(cwd)
	if err != nil {
		return run, nil, err
	}
	if !found {
		return run, nil, diag.New(diag.Usage, diag.Diagnostic{
			Code: "no-repository", Summary: "there is no " + record.Name + " in " + cwd + " or above",
			Hint: "go to a repository that sill made, with cd or -C, or name a running service with --url",
		})
	}
	run.Dir = repo.Dir
	run.Server, err = o.server(fmt.Sprint(repo.Record.Answers["database"]), a.env.Get("DATABASE_URL"))
	return run, repo.Record.Commands["build"], err
}

// server returns where databases may be made, empty for a server of the suite's
// own. DATABASE_URL may well name a database of another kind, or a file.
func (o *verifyOptions) server(database, environment string) (string, error) {
	schemes := map[string][]string{"postgres": {"postgres", "postgresql"}, "mysql": {"mysql"}, "mongodb": {"mongodb"}}[database]
	of := func(server string) bool {
		scheme, _, _ := strings.Cut(server, "://")
		return slices.Contains(schemes, scheme)
	}
	switch {
	case o.database != "" && !of(o.database):
		return "", verifyFlags("--database-url names no server for the database of the service, "+database,
			"leave it out, and the suite has databases of its own")
	case o.database != "":
		return o.database, nil
	case of(environment):
		return environment, nil
	}
	return "", nil
}

// check refuses flags that do not go together.
func (o *verifyOptions) check() error {
	switch {
	case o.url == "" && o.openapi != "":
		return verifyFlags("--openapi describes a running service, and --url is missing", "in a repository, its own openapi.yaml is what counts")
	case o.url == "":
		return nil
	case o.openapi == "":
		return verifyFlags("--url needs --openapi", "name the OpenAPI document of the service: --openapi FILE")
	case o.noBuild || o.full || o.database != "":
		return verifyFlags("--no-build, --full and --database-url are for a service that sill starts", "leave them out with --url")
	}
	u, err := url.Parse(o.url)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return verifyFlags(fmt.Sprintf("%q is no http or https URL", o.url), "for example --url http://127.0.0.1:8080")
	}
	return nil
}

func verifyFlags(summary, hint string) error {
	return diag.New(diag.Usage, diag.Diagnostic{Code: "verify-flags", Summary: summary, Hint: hint})
}

// mayChange makes sure that somebody wants rows to be made and deleted on a
// service that runs.
func (a *app) mayChange(ctx context.Context, o *verifyOptions) error {
	if o.url == "" || o.yes {
		return nil
	}
	refused := diag.New(diag.Usage, diag.Diagnostic{
		Code: "verify-unconfirmed", Summary: "nobody has said that rows may be made and deleted at " + o.url, Hint: "say so with --yes",
	})
	asker := a.asker()
	if asker == nil {
		return refused
	}
	text, err := asker.Ask(ctx, answer.Prompt{Default: "false", Question: blueprint.Question{
		Key: "yes", Kind: blueprint.Bool, Prompt: "Make, change and delete rows at " + term.Escape(o.url) + "?",
	}})
	if err != nil {
		return err
	}
	if text != "true" {
		return refused
	}
	return nil
}

// kept are the variables that programs need to run at all, and to reach the
// registries of packages: through a proxy, with other authorities, or elsewhere.
func kept() []string {
	return []string{
		"PATH", "HOME", "SYSTEMROOT", "TMPDIR",
		"HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy",
		"SSL_CERT_FILE", "SSL_CERT_DIR", "NODE_EXTRA_CA_CERTS",
		"GOPROXY", "GOSUMDB", "GONOSUMDB", "GOPRIVATE", "GOMODCACHE", "GOCACHE",
		"NPM_CONFIG_REGISTRY", "npm_config_registry", "NPM_CONFIG_CACHE", "npm_config_cache",
	}
}

// bare returns the variables of the environment that are kept.
func (a *app) bare() []string {
	var env []string
	for _, name := range kept() {
		if value := a.env.Get(name); value != "" {
			env = append(env, name+"="+value)
		}
	}
	return env
}

// knownClauses refuses a name that no clause and no group has.
func knownClauses(names []string) error {
	for _, name := range names {
		known := slices.ContainsFunc(contract.All(), func(c contract.Clause) bool {
			return c.ID == name || strings.HasPrefix(c.ID, name+"-")
		})
		if !known {
			return diag.New(diag.Usage, diag.Diagnostic{
				Code: "clause-unknown", Summary: fmt.Sprintf("no clause and no group is called %q", name),
				Hint: "a clause is HL-1, a group is HL; sill verify without --clause tries all",
			})
		}
	}
	return nil
}

// build runs the build command of a repository. What it prints is shown only
// where it fails.
func (a *app) build(ctx context.Context, dir string, argv []string) error {
	if len(argv) == 0 {
		return nil
	}
	var out bytes.Buffer
	err := setup.Run(ctx, dir, [][]string{argv}, a.env, &out)
	if err == nil {
		return nil
	}
	if cause := errors.Unwrap(err); cause != nil {
		err = cause
	}
	return diag.Wrap(diag.Environment, err, diag.Diagnostic{
		Code: "build-failed", Summary: "build command " + term.Command(argv), Detail: tail(out.String(), 40),
		Hint: "make it build, or try what is built already with --no-build",
	})
}

// tail returns the last lines of a text.
func tail(text string, most int) string {
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	return strings.Join(lines[max(0, len(lines)-most):], "\n")
}

// unlessInterrupted returns the error, or that Ctrl-C came.
func unlessInterrupted(ctx context.Context, err error) error {
	if ctx.Err() == nil {
		return err
	}
	return diag.New(diag.Interrupted, diag.Diagnostic{Code: "interrupted", Summary: "interrupted; what was started has ended"})
}

func verifyFailed(err error) error {
	if _, ok := errors.AsType[*diag.Error](err); ok {
		return err
	}
	if _, ok := errors.AsType[*dbserver.NotInstalledError](err); ok {
		return diag.Wrap(diag.Environment, err, diag.Diagnostic{
			Code: "server-missing", Summary: "the suite needs a database server", Hint: "name one in which it may make databases: --database-url URL",
		})
	}
	return diag.Wrap(diag.Environment, err, diag.Diagnostic{Code: "verify-failed", Summary: "try the service"})
}
