// Command demo shows what sill is for, on the real thing: it scaffolds a
// service on SQLite in a temporary directory, runs its tests, starts it,
// creates and reads an item over HTTP, and stops it. It needs Go and git.
package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) (err error) {
	if len(os.Args) != 2 {
		return errors.New("usage: demo SILL")
	}
	sill, err := filepath.Abs(os.Args[1])
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "sill-demo-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	d := demo{ctx: ctx, dir: dir}
	d.step("A new service", "sill", "new", "orders", "--yes")
	d.exec(sill, "new", "orders", "--yes")
	d.dir = filepath.Join(dir, "orders")
	d.show("Its history", "git", "--no-pager", "log", "--stat=72", "--oneline", "-1")
	d.show("Its tests", "go", "test", "./...")
	d.show("The binary", "go", "build", "-o", "bin/server", "./cmd/server")
	if d.err != nil {
		return d.err
	}
	return d.serve()
}

// demo runs commands one after the other, until one fails.
type demo struct {
	ctx context.Context //nolint:containedctx // lives as long as the program
	dir string
	err error
}

func (d *demo) step(title string, argv ...string) {
	if d.err == nil {
		fmt.Printf("\n# %s\n$ %s\n", title, strings.Join(argv, " "))
	}
}

func (d *demo) show(title string, argv ...string) {
	d.step(title, argv...)
	d.exec(argv...)
}

func (d *demo) exec(argv ...string) {
	if d.err != nil {
		return
	}
	cmd := exec.CommandContext(d.ctx, argv[0], argv[1:]...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = d.dir, os.Stdout, os.Stderr
	if err := cmd.Run(); err != nil {
		d.err = fmt.Errorf("%s: %w", strings.Join(argv, " "), err)
	}
}

// serve migrates a database, starts the service, talks to it and stops it.
func (d *demo) serve() error {
	port, err := freePort(d.ctx)
	if err != nil {
		return err
	}
	env := append(os.Environ(),
		"DATABASE_URL=sqlite://"+filepath.Join(d.dir, "demo.db"), "HOST=127.0.0.1", "PORT="+port, "METRICS_PORT=0")
	migrate := exec.CommandContext(d.ctx, filepath.Join(d.dir, "bin", "server"), "migrate")
	migrate.Dir, migrate.Env, migrate.Stdout, migrate.Stderr = d.dir, env, os.Stdout, os.Stderr
	d.step("A database", "bin/server", "migrate")
	if err := migrate.Run(); err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	server := exec.CommandContext(d.ctx, filepath.Join(d.dir, "bin", "server"), "start")
	server.Dir, server.Env, server.Stdout, server.Stderr = d.dir, env, os.Stdout, os.Stderr
	d.step("The service", "bin/server", "start &")
	if err := server.Start(); err != nil {
		return fmt.Errorf("start: %w", err)
	}
	talkErr := d.talk("http://127.0.0.1:" + port)
	d.step("Stop it", "kill -TERM")
	stopErr := server.Process.Signal(syscall.SIGTERM)
	return errors.Join(talkErr, stopErr, server.Wait())
}

func freePort(ctx context.Context) (string, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	_, port, err := net.SplitHostPort(l.Addr().String())
	return port, errors.Join(err, l.Close())
}

func (d *demo) talk(url string) error {
	if err := d.ready(url); err != nil {
		return err
	}
	created, err := d.request(http.MethodPost, url+"/api/v1/items", `{"name":"Widget","sku":"W-1","quantity":3}`)
	if err != nil {
		return err
	}
	if _, err := d.request(http.MethodGet, url+created.Get("Location"), ""); err != nil {
		return err
	}
	_, err = d.request(http.MethodGet, url+"/api/v1/items?sort=name", "")
	return err
}

// ready waits until the service can answer.
func (d *demo) ready(url string) error {
	const tries, pause = 100, 100 * time.Millisecond
	for range tries {
		req, err := http.NewRequestWithContext(d.ctx, http.MethodGet, url+"/readyz", nil)
		if err != nil {
			return err
		}
		if res, err := http.DefaultClient.Do(req); err == nil {
			_ = res.Body.Close()
			if res.StatusCode == http.StatusOK {
				return nil
			}
		}
		time.Sleep(pause)
	}
	return errors.New("the service does not become ready")
}

// request shows a request and its answer, which is a success.
func (d *demo) request(method, url, body string) (http.Header, error) {
	line := "curl -i " + url
	if body != "" {
		line += " -H 'Content-Type: application/json' -d '" + body + "'"
	}
	fmt.Printf("\n$ %s\n", line)
	req, err := http.NewRequestWithContext(d.ctx, method, url, bytes.NewBufferString(body))
	if err != nil {
		return nil, err
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close() //nolint:errcheck // it was only read
	text, err := io.ReadAll(res.Body)
	if err != nil {
		return nil, err
	}
	fmt.Println(res.Proto, res.Status)
	for _, key := range []string{"Location", "Etag", "Content-Type"} {
		if v := res.Header.Get(key); v != "" {
			fmt.Printf("%s: %s\n", key, v)
		}
	}
	fmt.Printf("\n%s\n", bytes.TrimSpace(text))
	if res.StatusCode >= http.StatusBadRequest {
		return nil, fmt.Errorf("%s %s: %s", method, url, res.Status)
	}
	return res.Header, nil
}
