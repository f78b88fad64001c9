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
)

const (
	rounds   = 5
	span     = 1500 * time.Millisecond
	seedRows = 200
)

// service compares the generated Go service with a bare net/http handler that
// runs the same statements on the same database, side by side.
func (b *bench) service(database string) error {
	dir := filepath.Join(b.dir, "service-"+database)
	if err := b.scaffold(dir, database); err != nil {
		return err
	}
	url, end, err := b.database(dir, database)
	if missing, ok := errors.AsType[*dbserver.NotInstalledError](err); ok {
		fmt.Printf("\ngenerated service on %s: not compared, %s\n", database, missing)
		return nil
	}
	if err != nil {
		return err
	}
	defer end()
	if err := b.command(dir, "env", "DATABASE_URL="+url, filepath.Join(dir, "bin", "server"), "migrate"); err != nil {
		return err
	}
	ours, err := b.serve(dir, "server", url)
	if err != nil {
		return err
	}
	defer ours.stop()
	other, err := b.serve(dir, "bare", url)
	if err != nil {
		return err
	}
	defer other.stop()
	path, err := seed(b.ctx, ours.address)
	if err != nil {
		return err
	}
	fmt.Printf("\ngenerated Go service on %s against a bare handler, %d connections, log and metrics on\n", database, connections)
	for _, q := range []request{
		get("GET one", path), get("GET list", "/api/v1/items"),
		post("POST", "/api/v1/items", func(n int64) string { return fmt.Sprintf(`{"name":"Widget","sku":"B-%d","quantity":3}`, n) }),
	} {
		if err := b.against(q, ours, other); err != nil {
			return err
		}
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

// scaffold makes the service and builds it with the programs beside it.
func (b *bench) scaffold(dir, database string) error {
	if err := b.command(b.dir, b.sill, "new", filepath.Base(dir), "--name", "orders", "--database", database, "--yes", "--git", "none"); err != nil {
		return err
	}
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
func (b *bench) serve(dir, program, url string, args ...string) (*server, error) {
	port, err := freePort(b.ctx)
	if err != nil {
		return nil, err
	}
	log, err := os.Create(filepath.Join(dir, program+".log"))
	if err != nil {
		return nil, err
	}
	s := &server{log: log, address: net.JoinHostPort("127.0.0.1", port)}
	metrics, err := freePort(b.ctx)
	if err != nil {
		return nil, err
	}
	s.cmd = exec.CommandContext(b.ctx, filepath.Join(dir, "bin", program), args...)
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
