// Command sill scaffolds backend services and keeps them current.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"time"

	"groundsill.example/internal/cli"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	cwd, err := os.Getwd()
	if err != nil {
		cwd = "." // the first command that needs the directory says what is wrong with it
	}
	code := cli.Main(ctx, cli.Process{
		Args: os.Args[1:], In: os.Stdin, Out: os.Stdout, Err: os.Stderr,
		Env: os.Environ(), Cwd: cwd, PID: os.Getpid(), Now: time.Now,
	})
	stop()
	os.Exit(code)
}
