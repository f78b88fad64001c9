// Package setup runs the setup commands of a blueprint in a new repository.
// Commands are argument vectors and never pass through a shell; who may run
// them was decided before.
package setup

import (
	"context"
	"io"
	"os/exec"

	"groundsill.example/internal/diag"
	"groundsill.example/internal/term"
)

// Run runs the commands in dir, in order, with env as the environment and what
// they print on out. The first that fails ends the run; the error is a
// *diag.Error of class Environment that names it.
func Run(ctx context.Context, dir string, commands [][]string, env []string, out io.Writer) error {
	for _, argv := range commands {
		cmd := exec.CommandContext(ctx, argv[0], argv[1:]...) //nolint:gosec // approved by the user, without a shell
		cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = dir, env, out, out
		if err := cmd.Run(); err != nil {
			return diag.Wrap(diag.Environment, err, diag.Diagnostic{
				Code:    "setup-failed",
				Summary: "setup command " + term.Command(argv),
				Hint:    "the files are in place; run it again by hand",
			})
		}
	}
	return nil
}
