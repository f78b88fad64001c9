package main

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"groundsill.example/internal/dbserver"
)

// The programs that stand beside the generated service in a copy of its
// repository, so that they use the same drivers in the same versions.
var (
	//go:embed testdata/bare_sqlite.go.txt
	bareSQLite string
	//go:embed testdata/bare_postgres.go.txt
	barePostgres string
	//go:embed testdata/bare.go.txt
	bare string
	//go:embed testdata/profiled.go.txt
	profiled string

	//go:embed testdata/bare_sqlite.js.txt
	bareSQLiteJS string
	//go:embed testdata/bare_postgres.js.txt
	barePostgresJS string
	//go:embed testdata/bare.js.txt
	bareJS string
)

const (
	rounds   = 5
	span     = 1500 * time.Millisecond
	seedRows = 200
)

// kind is a kind of services that are compared with a bare one.
type kind struct {
	blueprint, title string
	prepare          func(b *bench, dir, database string) error
	ours, bare       []string // the programs, in the directory of the service
	profiled         bool     // it has a program that shows where time goes
}

func goKind() kind {
	return kind{
		blueprint: "go", title: "Go", prepare: (*bench).prepareGo,
		ours: []string{"bin/server"}, bare: []string{"bin/bare"}, profiled: true,
	}
}

func expressKind() kind {
	return kind{
		blueprint: "express", title: "Express", prepare: (*bench).prepareExpress,
		ours: []string{"node", "dist/main.js"}, bare: []string{"node", "bare/bare.js"},
	}
}

// service compares a generated service with a bare handler that runs the same
// statements on the same database, side by side.
func (b *bench) service(k kind, database string) error {
	dir := filepath.Join(b.dir, k.blueprint+"-"+database)
	url, end, err := b.database(dir, database)
	if missing, ok := errors.AsType[*dbserver.NotInstalledError](err); ok {
		fmt.Printf("\ngenerated %s service on %s: not compared, %s\n", k.title, database, missing)
		return nil
	}
	if err != nil {
		return err
	}
	defer end()
	err = errors.Join(
		b.command(b.dir, b.sill, "new", filepath.Base(dir), "-b", k.blueprint, "--name", "orders", "--database", database, "--yes", "--git", "none"),
		k.prepare(b, dir, database),
	)
	if err != nil {
		return err
	}
	if err := b.command(dir, "env", slices.Concat([]string{"DATABASE_URL=" + url}, k.ours, []string{"migrate"})...); err != nil {
		return err
	}
	ours, err := b.serve(dir, url, k.ours...)
	if err != nil {
		return err
	}
	defer ours.stop()
	other, err := b.serve(dir, url, k.bare...)
	if err != nil {
		return err
	}
	defer other.stop()
	path, err := seed(b.ctx, ours.address)
	if err != nil {
		return err
	}
	fmt.Printf("\ngenerated %s service on %s against a bare handler, %d connections, log and metrics on\n", k.title, database, connections)
	for _, q := range []request{
		get("GET one", path), get("GET list", "/api/v1/items"),
		post("POST", "/api/v1/items", func(n int64) string { return fmt.Sprintf(`{"name":"Widget","sku":"B-%d","quantity":3}`, n) }),
	} {
		if err := b.against(q, ours, other); err != nil {
			return err
		}
	}
	if !k.profiled {
		return nil
	}
	return b.profile(dir, url, path)
}

// against alternates between both and prints the medians.
func (b *bench) against(q request, ours, other *server) error {
	var numbers atomic.Int64
	numbers.Store(time.Now().UnixNano() % 1e12)
	var a, c []float64
	for range rounds {
		for _, side := range []struct {
			server *server
			rates  *[]float64
		}{{ours, &a}, {other, &c}} {
			rate, err := load(b.ctx, side.server.address, q, &numbers, span)
			if err != nil {
				return err
			}
			*side.rates = append(*side.rates, rate)
		}
	}
	x, y := median(a), median(c)
	fmt.Printf("  %-9s generated %7.0f /s   bare %7.0f /s   %.2f×\n", q.name, x, y, x/y)
	return nil
}

// prepareGo builds the service with the programs beside it.
func (b *bench) prepareGo(dir, database string) error {
	statements := bareSQLite
	if database == "postgres" {
		statements = barePostgres
	}
	for name, text := range map[string]string{"bare/main.go": bare, "bare/statements.go": statements, "profiled/main.go": profiled} {
		if err := write(filepath.Join(dir, "cmd", filepath.FromSlash(name)), text); err != nil {
			return err
		}
	}
	for _, name := range []string{"server", "bare", "profiled"} {
		if err := b.command(dir, "go", "build", "-trimpath", "-o", filepath.Join("bin", name), "./cmd/"+name); err != nil {
			return err
		}
	}
	return nil
}

// prepareExpress builds the service and puts the bare one beside it.
func (b *bench) prepareExpress(dir, database string) error {
	statements := bareSQLiteJS
	if database == "postgres" {
		statements = barePostgresJS
	}
	return errors.Join(
		write(filepath.Join(dir, "bare", "bare.js"), bareJS),
		write(filepath.Join(dir, "bare", "statements.js"), statements),
		b.command(dir, "npm", "ci", "--no-audit", "--no-fund"),
		b.command(dir, "npm", "run", "build"),
	)
}

// database returns the URL of an empty database, and how to end its server.
func (b *bench) database(dir, kind string) (url string, end func(), err error) {
	if kind == "sqlite" {
		return "sqlite://" + filepath.Join(dir, "bench.db"), func() {}, nil
	}
	s, err := dbserver.Start(b.ctx, dbserver.Postgres())
	if err != nil {
		return "", nil, err
	}
	return s.URL(), func() { _ = s.Close() }, nil
}

// server is a process that serves.
type server struct {
	cmd     *exec.Cmd
	log     *os.File
	address string
}

// serve starts a program of the repository and waits until it is ready. Its log
// goes to a file, as in production.
func (b *bench) serve(dir, url string, argv ...string) (*server, error) {
	port, err := freePort(b.ctx)
	if err != nil {
		return nil, err
	}
	log, err := os.CreateTemp(dir, "*.log")
	if err != nil {
		return nil, err
	}
	s := &server{log: log, address: net.JoinHostPort("127.0.0.1", port)}
	metrics, err := freePort(b.ctx)
	if err != nil {
		return nil, err
	}
	s.cmd = exec.CommandContext(b.ctx, argv[0], argv[1:]...)
	s.cmd.Dir, s.cmd.Stdout, s.cmd.Stderr = dir, log, log
	s.cmd.Env = []string{"HOST=127.0.0.1", "PORT=" + port, "METRICS_PORT=" + metrics, "DATABASE_URL=" + url}
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	return s, s.await(b.ctx)
}

func (s *server) await(ctx context.Context) error {
	for range 500 {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+s.address+"/readyz", nil)
		if err != nil {
			return err
		}
		if res, err := http.DefaultClient.Do(req); err == nil {
			_ = res.Body.Close()
			if res.StatusCode == http.StatusOK {
				return nil
			}
		}
		time.Sleep(20 * time.Millisecond)
	}
	s.stop()
	text, _ := os.ReadFile(s.log.Name())
	return fmt.Errorf("%s does not get ready\n%s", s.cmd.Path, text)
}

func (s *server) stop() {
	_ = s.cmd.Process.Signal(syscall.SIGTERM)
	_ = s.cmd.Wait()
	_ = s.log.Close()
}

func freePort(ctx context.Context) (string, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	_, port, err := net.SplitHostPort(l.Addr().String())
	return port, errors.Join(err, l.Close())
}

// seed makes the rows of the lists and returns the path of one.
func seed(ctx context.Context, address string) (path string, err error) {
	for i := range seedRows {
		body := strings.NewReader(fmt.Sprintf(`{"name":"Widget %d","sku":"S-%d","quantity":%d,"description":"one of many"}`, i, i, i))
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+address+"/api/v1/items", body)
		if err != nil {
			return "", err
		}
		req.Header.Set("Content-Type", "application/json")
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			return "", err
		}
		text, err := io.ReadAll(res.Body)
		if err := errors.Join(err, res.Body.Close()); err != nil {
			return "", err
		}
		if res.StatusCode != http.StatusCreated {
			return "", fmt.Errorf("seed: %s\n%s", res.Status, text)
		}
		path = res.Header.Get("Location")
	}
	return path, nil
}
