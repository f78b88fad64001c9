//go:build unix

package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestServerTests runs the tests that services bring along, with a server: the
// tests of the database are among them.
func TestServerTests(t *testing.T) {
	if testing.Short() {
		t.Skip("runs the Go toolchain for minutes")
	}
	for _, database := range servers() {
		server := databaseServer(t, database)
		for _, c := range []generatedCase{
			{name: "default"},
			{name: "related", args: []string{"--resource-file", resourceFile("related")}},
			{name: "minimal", args: []string{"--no-resource"}},
		} {
			t.Run(database+"/"+c.name, func(t *testing.T) {
				dir := scaffold(t, append([]string{"--database", database}, c.args...)...)
				needModules(t, dir)
				testService(t, dir, "DATABASE_URL="+server.URL())
			})
		}
	}
}

// TestServerRestart takes the server down, politely and not, while a service
// works. A proxy cannot do that: a server says goodbye in words of its own.
func TestServerRestart(t *testing.T) {
	if testing.Short() {
		t.Skip("builds a service")
	}
	for _, database := range servers() {
		t.Run(database, func(t *testing.T) { restart(t, database) })
	}
}

func restart(t *testing.T, database string) {
	t.Helper()
	server := databaseServer(t, database)
	_, err := exec.LookPath("mongod")
	forgets := database == "mongodb" && err != nil // the protocol double keeps nothing when it ends
	p := served(t, database, server.URL())
	for i, c := range []struct {
		name string
		end  func() error
	}{
		{"stopped", server.Stop},
		{"killed", func() error { server.Kill(); return nil }},
	} {
		row := p.create(t, fmt.Sprintf("A-%d", i))
		t.Run(c.name, func(t *testing.T) {
			stop := make(chan struct{})
			var group sync.WaitGroup
			for range 4 {
				group.Go(func() { p.insist(t, row, stop) })
			}
			must(t, c.end())
			p.unavailable(t, row)
			if forgets { // and what asks for the row would miss it
				close(stop)
				group.Wait()
				must(t, server.Start(t.Context()))
				migrate(t, p.cmd.Path, server.URL())
				p.recovers(t, "/api/v1/items")
				return
			}
			must(t, server.Start(t.Context()))
			p.recovers(t, row)
			close(stop)
			group.Wait()
		})
	}
}

// TestServerSortsAllOfAString has strings differ where a server that looks only
// at their beginning does not see it.
func TestServerSortsAllOfAString(t *testing.T) {
	if testing.Short() {
		t.Skip("builds a service")
	}
	for _, database := range servers() {
		t.Run(database, func(t *testing.T) {
			p := served(t, database, databaseServer(t, database).URL(), "--resource", "note text:string,4000:required")
			long := strings.Repeat("a", 3999)
			for _, end := range []string{"c", "🚀", "a", "é"} {
				if res := p.ask(t, "POST", "/api/v1/notes", `{"text":"`+long+end+`"}`); res.status != http.StatusCreated {
					t.Fatalf("POST: %d\n%s", res.status, res.body)
				}
			}
			res := p.ask(t, "GET", "/api/v1/notes?sort=text", "")
			var page struct{ Items []struct{ Text string } }
			must(t, json.Unmarshal([]byte(res.body), &page))
			var ends []string
			for _, item := range page.Items {
				ends = append(ends, strings.TrimPrefix(item.Text, long))
			}
			if diff := cmp.Diff([]string{"a", "c", "é", "🚀"}, ends); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// served makes, builds, migrates and starts a service.
func served(t *testing.T, database, location string, args ...string) *process {
	t.Helper()
	dir := scaffold(t, append([]string{"--database", database}, args...)...)
	needModules(t, dir)
	binary := filepath.Join(t.TempDir(), "server")
	run(t, dir, "go", "build", "-trimpath", "-o", binary, "./cmd/server")
	migrate(t, binary, location)
	return serve(t, filepath.Dir(binary), []string{"DATABASE_URL=" + location, "DB_TIMEOUT_MS=1000"}, []string{binary, "start"})
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
