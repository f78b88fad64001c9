// Package main makes the superset locks of the built-in blueprints again, and
// lists the actions, images and programs that they pin, with newer releases. It
// is a tool of the maintainer: it uses the go command and the network, and its
// result is committed, so that nobody else needs either.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	switch {
	case errors.Is(err, flag.ErrHelp):
	case err != nil:
		fmt.Fprintln(os.Stderr, "refresh:", err)
		os.Exit(1)
	}
}

// options are the flags of a run.
type options struct {
	dir     string // of the blueprint
	upgrade bool
	check   bool
	offline bool
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	var o options
	flags := flag.NewFlagSet("refresh", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&o.dir, "blueprints", "blueprints", "the `directory` of the blueprints")
	flags.BoolVar(&o.upgrade, "upgrade", false, "move everything that is not pinned to its newest version")
	flags.BoolVar(&o.check, "check", false, "write nothing and fail when the lock would change")
	flags.BoolVar(&o.offline, "no-newer", false, "do not look for newer versions")
	flags.Usage = func() {
		fmt.Fprintln(stderr, "usage: refresh [flags] BLUEPRINT")
		flags.PrintDefaults()
	}
	if err := flags.Parse(args); err != nil {
		return fmt.Errorf("read the command line: %w", err)
	}
	if flags.NArg() != 1 {
		flags.Usage()
		return errors.New("name one blueprint, as in: refresh go")
	}
	o.dir = filepath.Join(o.dir, flags.Arg(0))
	return refresh(ctx, o, stdout)
}
