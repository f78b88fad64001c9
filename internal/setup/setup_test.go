//go:build unix

package setup

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"groundsill.example/internal/diag"
)

func TestRunInOrder(t *testing.T) {
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	commands := [][]string{{"pwd", "-P"}, {"sh", "-c", "echo $NAME; echo err >&2"}, {"printf", "%s|", "a b", "$NAME", "; rm -rf x", "*"}}
	if err := Run(t.Context(), dir, commands, []string{"NAME=value", "PATH=" + os.Getenv("PATH")}, &out); err != nil {
		t.Fatal(err)
	}
	if want := dir + "\nvalue\nerr\na b|$NAME|; rm -rf x|*|"; out.String() != want {
		t.Errorf("got %q, want %q", out.String(), want)
	}
}

func TestTheFirstFailureEnds(t *testing.T) {
	var out bytes.Buffer
	err := Run(t.Context(), t.TempDir(), [][]string{{"echo", "one"}, {"sh", "-c", "exit 3"}, {"echo", "two"}}, os.Environ(), &out)
	var d *diag.Error
	if !errors.As(err, &d) || d.Class != diag.Environment || d.Code() != "setup-failed" || d.Hint() == "" {
		t.Fatalf("got %v", err)
	}
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 3 || out.String() != "one\n" {
		t.Errorf("got %v after %q", err, out.String())
	}
}

func TestNoSuchProgram(t *testing.T) {
	err := Run(t.Context(), t.TempDir(), [][]string{{"no-such-program-here"}}, nil, &bytes.Buffer{})
	if diag.ClassOf(err) != diag.Environment || !errors.Is(err, exec.ErrNotFound) {
		t.Errorf("got %v", err)
	}
}

func TestInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := Run(ctx, t.TempDir(), [][]string{{"true"}}, os.Environ(), &bytes.Buffer{})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestNothingToRun(t *testing.T) {
	if err := Run(t.Context(), "not there", nil, nil, nil); err != nil {
		t.Error(err)
	}
}
