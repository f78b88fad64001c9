package gitrepo

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"

	"groundsill.example/internal/diag"
	"groundsill.example/internal/tree"
)

// command is one run of the system git.
type command struct {
	env   Env
	git   string
	dir   string
	extra []string // further variables of the environment
	flags []string // of git itself, before the subcommand
	stdin string
	hint  string // what to do when git fails; empty speaks of a commit
}

// run runs git with args and returns what it prints, without the end of the
// last line.
func (c command) run(ctx context.Context, args ...string) (string, error) {
	out, err := c.output(ctx, args...)
	return strings.TrimRight(out, "\r\n"), err
}

// output runs git with args and returns all that it prints. When git fails,
// the error is of class Environment and its detail is what git said.
func (c command) output(ctx context.Context, args ...string) (string, error) {
	var out, errOut bytes.Buffer
	all := append(slices.Clone(c.flags), args...)
	cmd := exec.CommandContext(ctx, c.git, all...) //nolint:gosec // The program is git and the arguments are ours.
	cmd.Dir, cmd.Env = c.dir, c.env.child(c.extra...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(c.stdin), &out, &errOut
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = time.Second // for a hook that does not heed the interrupt
	err := cmd.Run()
	if err == nil {
		return out.String(), nil
	}
	verb := subcommand(args)
	// Ctrl-C goes to git as well, and git may be the first to end of it.
	exit, signalled := errors.AsType[*exec.ExitError](err)
	if signalled = signalled && exit.ExitCode() < 0; signalled || ctx.Err() != nil {
		return "", diag.Wrap(diag.Interrupted, cmp.Or(context.Cause(ctx), err), diag.Diagnostic{
			Code: "interrupted", Summary: "git " + verb + " was interrupted",
		})
	}
	return "", diag.Wrap(diag.Environment, err, diag.Diagnostic{
		Code:    CodeFailed,
		Summary: "git " + verb + " did not succeed",
		Detail:  strings.TrimSpace(cmp.Or(errOut.String(), out.String())),
		Hint:    cmp.Or(c.hint, "solve what git says; if the files are in place, git add and git commit them"),
	})
}

// subcommand returns the first of args that is no option.
func subcommand(args []string) string {
	for i := 0; i < len(args); i++ {
		switch {
		case args[i] == "-c":
			i++
		case !strings.HasPrefix(args[i], "-"):
			return args[i]
		}
	}
	return ""
}

// systemInit lets git make a repository in dir, with HEAD on branch.
func systemInit(ctx context.Context, c command, branch string) error {
	if _, err := c.run(ctx, "-c", "init.defaultBranch="+branch, "init", "--quiet"); err != nil {
		return err
	}
	_, err := c.run(ctx, "symbolic-ref", "--", "HEAD", "refs/heads/"+branch)
	return err
}

// systemCommit lets git add files and commit exactly them and what o deletes.
// Paths are relative to the directory of c.
func systemCommit(ctx context.Context, c command, files tree.Tree, o CommitOptions) (string, error) {
	var written, all strings.Builder
	dirs := map[tree.Path]bool{}
	for p := range files.All() {
		written.WriteString(literalSpec(p))
		for d, ok := p.Dir(); ok && !dirs[d]; d, ok = d.Dir() {
			dirs[d] = true
		}
	}
	all.WriteString(written.String())
	for _, p := range o.Deleted {
		// A file that has become a directory goes with the first file in
		// there, and git fails when it is named.
		if !dirs[p] {
			all.WriteString(literalSpec(p))
		}
	}
	c.extra = o.dates(c.env)
	list := []string{"--pathspec-from-file=-", "--pathspec-file-nul"}
	if c.stdin = written.String(); c.stdin != "" {
		if _, err := c.run(ctx, append([]string{"add", "--force"}, list...)...); err != nil {
			return "", err
		}
	}
	c.stdin = all.String()
	commit := []string{"commit", "--quiet", "--only", "--message=" + o.Message}
	if _, err := c.run(ctx, append(commit, list...)...); err != nil {
		return "", c.explain(ctx, err)
	}
	return c.run(ctx, "rev-parse", "--verify", "HEAD")
}

// literalSpec returns a pathspec for p alone, with the NUL that ends it: no
// bracket in it is a pattern.
func literalSpec(p tree.Path) string { return ":(literal)" + p.String() + "\x00" }

// explain turns the failure of a commit into a missing identity where that is
// the reason.
func (c command) explain(ctx context.Context, failed error) error {
	if diag.ClassOf(failed) == diag.Interrupted {
		return failed
	}
	for _, name := range []string{"GIT_AUTHOR_IDENT", "GIT_COMMITTER_IDENT"} {
		_, err := c.run(ctx, "var", name)
		if _, refused := errors.AsType[*exec.ExitError](err); refused {
			return identityMissing()
		}
	}
	return failed
}

// dates returns the variables that date a commit, unless env has its own.
func (o CommitOptions) dates(env Env) []string {
	if o.When.IsZero() {
		return nil
	}
	author, committer := o.signatures()
	var vars []string
	for key, at := range map[string]time.Time{"GIT_AUTHOR_DATE": author.When, "GIT_COMMITTER_DATE": committer.When} {
		if env.Get(key) == "" {
			vars = append(vars, fmt.Sprintf("%s=@%d %s", key, at.Unix(), at.Format("-0700")))
		}
	}
	return vars
}
