//go:build unix

package e2e

import (
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// TestPostgresTests runs the tests that services on PostgreSQL bring along,
// with a server: the tests of the database are among them.
func TestPostgresTests(t *testing.T) {
	if testing.Short() {
		t.Skip("runs the Go toolchain for minutes")
	}
	server := newPostgres(t)
	for _, c := range []generatedCase{
		{name: "default"},
		{name: "related", args: []string{"--resource-file", resourceFile("related")}},
		{name: "minimal", args: []string{"--no-resource"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := scaffold(t, append([]string{"--database", "postgres"}, c.args...)...)
			needModules(t, dir)
			cmd := command(dir, "go", "test", "./...")
			cmd.Env = append(cmd.Env, "GOFLAGS=-trimpath", "DATABASE_URL="+server.create(t, c.name))
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}

// onPostgres builds the default service on PostgreSQL, migrates a database
// twice at once and once more, and starts the service behind a proxy.
func onPostgres(t *testing.T) (*process, *postgres, *proxy) {
	t.Helper()
	server := newPostgres(t)
	dir := scaffold(t, "--database", "postgres")
	needModules(t, dir)
	binary := filepath.Join(t.TempDir(), "server")
	run(t, dir, "go", "build", "-trimpath", "-o", binary, "./cmd/server")
	database := server.create(t, "orders")
	var group sync.WaitGroup
	for range 2 {
		group.Go(func() {
			cmd := command(filepath.Dir(binary), binary, "migrate")
			cmd.Env = append(cmd.Env, "DATABASE_URL="+database)
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("migrate: %v\n%s", err, out)
			}
		})
	}
	group.Wait()
	migrate(t, binary, database)
	between := newProxy(t, server.address())
	p := serve(t, filepath.Dir(binary), []string{
		"DATABASE_URL=" + server.url(between.address, "orders"), "DB_TIMEOUT_MS=1000", "LOG_LEVEL=debug",
	}, []string{binary, "start"})
	t.Cleanup(func() {
		if strings.Contains(p.out.String(), "S3CR3T") {
			t.Errorf("the password is in the log:\n%s", p.out)
		}
	})
	return p, server, between
}

// TestPostgresService talks to a service on PostgreSQL while its database
// works, while it does not answer, and while it is gone.
func TestPostgresService(t *testing.T) {
	if testing.Short() {
		t.Skip("builds a service")
	}
	p, server, between := onPostgres(t)
	row := p.create(t, "A-1")
	t.Run("parallel", func(t *testing.T) {
		patch := func(int) answer { return p.ask(t, "PATCH", row, `{"quantity":7}`, `If-Match: "1"`) }
		tally(t, patch, map[int]int{http.StatusOK: 1, http.StatusPreconditionFailed: 19})
		post := func(int) answer { return p.ask(t, "POST", "/api/v1/items", item("A-2")) }
		tally(t, post, map[int]int{http.StatusCreated: 1, http.StatusConflict: 19})
	})
	t.Run("duplicate", func(t *testing.T) {
		if res := p.ask(t, "POST", "/api/v1/items", item("A-1")); !strings.Contains(res.body, `"pointer":"#/sku"`) {
			t.Errorf("POST of a sku that is taken: %d\n%s", res.status, res.body)
		}
	})
	t.Run("silent database", func(t *testing.T) {
		between.set(true, 0)
		p.unavailable(t, row)
		between.set(false, 0)
		p.recovers(t, row)
	})
	t.Run("restarted database", func(t *testing.T) {
		stop := make(chan struct{})
		var group sync.WaitGroup
		for range 4 {
			group.Go(func() { p.insist(t, row, stop) })
		}
		server.stop(t)
		p.unavailable(t, row)
		server.start(t)
		p.recovers(t, row)
		close(stop)
		group.Wait()
	})
	t.Run("slow database", func(t *testing.T) {
		between.set(false, 300*time.Millisecond)
		got := make(chan answer)
		go func() { got <- p.ask(t, "GET", row, "") }()
		time.Sleep(100 * time.Millisecond)
		if err := syscall.Kill(p.cmd.Process.Pid, syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		if res := <-got; res.status != http.StatusOK || !strings.HasSuffix(strings.TrimSpace(res.body), "}") {
			t.Errorf("a request during the shutdown: %d\n%s", res.status, res.body)
		}
		p.wait(t)
		if code := exitCode(p.failure); code != 0 && code != 143 {
			t.Errorf("SIGTERM: exit code %d\n%s", code, p.out)
		}
	})
}

func item(sku string) string { return fmt.Sprintf(`{"name":"Widget","sku":%q,"quantity":3}`, sku) }

// create makes an item and returns its path.
func (p *process) create(t *testing.T, sku string) string {
	t.Helper()
	res := p.ask(t, "POST", "/api/v1/items", item(sku))
	row := res.header.Get("Location")
	if read := p.ask(t, "GET", row, ""); res.status != http.StatusCreated || read.body != res.body {
		t.Fatalf("POST: %d\n%s\nGET: %d\n%s", res.status, res.body, read.status, read.body)
	}
	return row
}

// tally sends twenty requests at once and counts the answers.
func tally(t *testing.T, ask func(int) answer, want map[int]int) {
	t.Helper()
	var group sync.WaitGroup
	answers := make([]answer, 20)
	for i := range answers {
		group.Go(func() { answers[i] = ask(i) })
	}
	group.Wait()
	got := map[int]int{}
	for _, a := range answers {
		got[a.status]++
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("statuses %v, want %v", got, want)
	}
}

// unavailable demands that the service lives and says soon that its database
// does not answer.
func (p *process) unavailable(t *testing.T, row string) {
	t.Helper()
	for path, want := range map[string]int{
		"/livez": http.StatusOK, "/readyz": http.StatusServiceUnavailable, row: http.StatusServiceUnavailable,
	} {
		began := time.Now()
		res := p.ask(t, "GET", path, "")
		if res.status != want || time.Since(began) > 3*time.Second || strings.Contains(res.body, "127.0.0.1") {
			t.Errorf("GET %s: %d after %v, want %d\n%s", path, res.status, time.Since(began), want, res.body)
		}
		if want != http.StatusOK && res.header.Get("Retry-After") == "" {
			t.Errorf("GET %s: no Retry-After", path)
		}
	}
}

// recovers demands that the service finds its database again by itself.
func (p *process) recovers(t *testing.T, row string) {
	t.Helper()
	began := time.Now()
	p.await(t, "/readyz")
	if waited := time.Since(began); waited > 10*time.Second {
		t.Errorf("ready after %v", waited)
	}
	for range 20 {
		if res := p.ask(t, "GET", row, ""); res.status != http.StatusOK {
			t.Errorf("GET %s: %d\n%s", row, res.status, res.body)
		}
	}
}

// insist sends requests until it is told to stop. The database may be out of
// reach; nothing else may go wrong.
func (p *process) insist(t *testing.T, row string, stop <-chan struct{}) {
	t.Helper()
	for {
		select {
		case <-stop:
			return
		default:
		}
		for _, res := range []answer{p.ask(t, "GET", row, ""), p.ask(t, "PATCH", row, `{"quantity":8}`)} {
			if res.status != http.StatusOK && res.status != http.StatusServiceUnavailable {
				t.Errorf("%d\n%s\n%s", res.status, res.body, p.out)
				return
			}
		}
	}
}
