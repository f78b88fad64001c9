//go:build unix

package e2e

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestGeneratedService looks for the defects that are known from generated
// services elsewhere, in the running default service, built without cgo.
func TestGeneratedService(t *testing.T) {
	if testing.Short() {
		t.Skip("builds a service")
	}
	binary, database := built(t)
	for _, c := range []struct {
		name  string
		check func(t *testing.T, binary, database string)
	}{
		{"a health check without a database ends the process", checkHealth},
		{"a wrong port is ignored", checkWrongPort},
		{"no port is a random port", checkNoPort},
		{"the first route answers everything", checkUnknownPaths},
		{"JSON is sent as text", checkContentTypes},
		{"every origin may send cookies", checkOrigins},
		{"the database stays open", checkShutdown},
		{"the name of the database is not escaped", checkDatabaseName},
		{"a password in the URL is logged", checkSecret},
		{"there is no request id, structured log or limit", checkLogAndLimits},
	} {
		t.Run(c.name, func(t *testing.T) { c.check(t, binary, database) })
	}
}

func checkHealth(t *testing.T, binary, _ string) {
	t.Helper()
	ports := freePorts(t)
	missing := "sqlite://" + filepath.Join(t.TempDir(), "missing", "orders.db")
	env := []string{"HOST=127.0.0.1", "PORT=" + ports[0], "METRICS_PORT=" + ports[1], "DATABASE_URL=" + missing}
	p := start(t, t.TempDir(), env, []string{binary, "start"})
	p.base = "http://127.0.0.1:" + ports[0]
	p.await(t, "/livez")
	for range 3 {
		if res := p.ask(t, "GET", "/readyz", ""); res.status != http.StatusServiceUnavailable || strings.Contains(res.body, "missing") {
			t.Errorf("/readyz: %d\n%s", res.status, res.body)
		}
		if res := p.ask(t, "GET", "/livez", ""); res.status != http.StatusOK {
			t.Errorf("/livez: %d\n%s", res.status, res.body)
		}
	}
	if !p.running() {
		t.Error("the probes ended the process")
	}
	p.stop(t)
}

// refused demands that a start with a wrong variable ends with an error that
// names it.
func refused(t *testing.T, binary, name, setting string, env ...string) {
	t.Helper()
	ports := freePorts(t)
	env = append([]string{"HOST=127.0.0.1", "PORT=" + ports[0], "METRICS_PORT=" + ports[1]}, env...)
	p := start(t, t.TempDir(), append(env, setting), []string{binary, "start"})
	p.wait(t)
	if exitCode(p.failure) <= 0 || !strings.Contains(p.out.String(), name) {
		t.Errorf("%s: exit code %d, the log does not name %s:\n%s", setting, exitCode(p.failure), name, p.out)
	}
}

func checkWrongPort(t *testing.T, binary, database string) {
	t.Helper()
	for _, setting := range []string{"PORT=abc", "PORT=70000", "PORT=-1", "METRICS_PORT=x"} {
		name, _, _ := strings.Cut(setting, "=")
		refused(t, binary, name, setting, "DATABASE_URL="+database)
	}
	refused(t, binary, "DATABASE_URL", "DATABASE_URL=")
}

func checkNoPort(t *testing.T, binary, database string) {
	t.Helper()
	env := []string{"HOST=127.0.0.1", "METRICS_PORT=0", "DATABASE_URL=" + database}
	if listens("8080") {
		refused(t, binary, "8080", "PORT=", env...)
		return
	}
	p := start(t, t.TempDir(), env, []string{binary, "start"})
	p.base = "http://127.0.0.1:8080"
	p.await(t, "/readyz")
	p.stop(t)
}

func checkUnknownPaths(t *testing.T, binary, database string) {
	t.Helper()
	p := serve(t, t.TempDir(), []string{"DATABASE_URL=" + database}, []string{binary, "start"})
	for _, method := range []string{"GET", "DELETE", "POST", "PUT", "PATCH"} {
		for _, path := range []string{"/", "/nope", "/api/v1/nope", "/.env", "/api"} {
			if res := p.ask(t, method, path, ""); res.status != http.StatusNotFound || res.header.Get("Content-Type") != "application/problem+json" {
				t.Errorf("%s %s: %d %s", method, path, res.status, res.header.Get("Content-Type"))
			}
		}
	}
	p.stop(t)
}

func checkContentTypes(t *testing.T, binary, database string) {
	t.Helper()
	p := serve(t, t.TempDir(), []string{"DATABASE_URL=" + database, "DOCS_ENABLED=true"}, []string{binary, "start"})
	for _, path := range []string{"/livez", "/readyz", "/openapi.json", "/api/v1/items"} {
		res := p.ask(t, "GET", path, "")
		if res.status != http.StatusOK || !strings.HasPrefix(res.header.Get("Content-Type"), "application/json") || !json.Valid([]byte(res.body)) {
			t.Errorf("%s: %d %s\n%s", path, res.status, res.header.Get("Content-Type"), res.body)
		}
	}
	created := p.ask(t, "POST", "/api/v1/items", `{"name":"Widget","sku":"W-1"}`)
	if created.status != http.StatusCreated || !strings.HasPrefix(created.header.Get("Content-Type"), "application/json") {
		t.Errorf("POST: %d %v\n%s", created.status, created.header, created.body)
	}
	p.stop(t)
}

func checkOrigins(t *testing.T, binary, database string) {
	t.Helper()
	p := serve(t, t.TempDir(), []string{"DATABASE_URL=" + database}, []string{binary, "start"})
	for name := range p.ask(t, "GET", "/api/v1/items", "", "Origin: https://evil.test").header {
		if strings.HasPrefix(name, "Access-Control-") {
			t.Errorf("without a list of origins the answer has %s", name)
		}
	}
	p.stop(t)
	allowing := []string{"DATABASE_URL=" + database, "CORS_ALLOWED_ORIGINS=https://app.test"}
	p = serve(t, t.TempDir(), allowing, []string{binary, "start"})
	for _, c := range []struct{ origin, want string }{
		{"https://app.test", "https://app.test"},
		{"https://evil.test", ""},
		{"https://app.test.evil.test", ""},
		{"null", ""},
	} {
		if got := p.ask(t, "GET", "/api/v1/items", "", "Origin: "+c.origin).header.Get("Access-Control-Allow-Origin"); got != c.want {
			t.Errorf("origin %s: %q, want %q", c.origin, got, c.want)
		}
	}
	p.stop(t)
	for _, pattern := range []string{"*", "https://*", "https://*.app.test"} {
		refused(t, binary, "CORS_ALLOWED_ORIGINS", "CORS_ALLOWED_ORIGINS="+pattern, "DATABASE_URL="+database)
	}
}

func checkShutdown(t *testing.T, binary, database string) {
	t.Helper()
	p := serve(t, t.TempDir(), []string{"DATABASE_URL=" + database}, []string{binary, "start"})
	p.ask(t, "POST", "/api/v1/items", `{"name":"Widget","sku":"W-2"}`)
	p.stop(t)
	for _, ending := range []string{"-wal", "-shm"} {
		if name := strings.TrimPrefix(database, "sqlite://") + ending; exists(name) {
			t.Errorf("%s is still there", name)
		}
	}
}

func checkDatabaseName(t *testing.T, binary, _ string) {
	t.Helper()
	dir := t.TempDir()
	database := "sqlite://" + dir + "/a%20b%23c%3Fd%25e.db"
	migrate(t, binary, database)
	if !exists(filepath.Join(dir, "a b#c?d%e.db")) {
		files, err := os.ReadDir(dir)
		t.Errorf("the database is not where the URL says: %v %v", files, err)
	}
	p := serve(t, t.TempDir(), []string{"DATABASE_URL=" + database}, []string{binary, "start"})
	if res := p.ask(t, "POST", "/api/v1/items", `{"name":"Widget","sku":"W-3"}`); res.status != http.StatusCreated {
		t.Errorf("POST: %d\n%s", res.status, res.body)
	}
	p.stop(t)
}

func checkSecret(t *testing.T, binary, _ string) {
	t.Helper()
	const secret = "S3CR3T-4711"
	for _, url := range []string{"postgres://u:" + secret + "@db/x", "mysql://u:" + secret + "@db/x", "sqlite://u:" + secret + "@h:notaport/x", "ftp://" + secret} {
		p := start(t, t.TempDir(), []string{"LOG_LEVEL=debug", "DATABASE_URL=" + url}, []string{binary, "start"})
		p.wait(t)
		if exitCode(p.failure) <= 0 || strings.Contains(p.out.String(), secret) || !strings.Contains(p.out.String(), "DATABASE_URL") {
			t.Errorf("%s: exit code %d\n%s", url, exitCode(p.failure), p.out)
		}
	}
}

func checkLogAndLimits(t *testing.T, binary, database string) {
	t.Helper()
	p := serve(t, t.TempDir(), []string{"DATABASE_URL=" + database, "MAX_BODY_BYTES=1000"}, []string{binary, "start"})
	large := p.ask(t, "POST", "/api/v1/items", fmt.Sprintf(`{"name":%q}`, strings.Repeat("x", 2000)), "X-Request-Id: large-1")
	if large.status != http.StatusRequestEntityTooLarge || large.header.Get("X-Request-Id") != "large-1" {
		t.Errorf("a large body: %d %v", large.status, large.header)
	}
	p.stop(t)
	if out := p.out.String(); !strings.Contains(out, "large-1") || strings.Contains(out, "superfluous") {
		t.Errorf("the log:\n%s", out)
	}
	lines := bufio.NewScanner(strings.NewReader(p.out.String()))
	for lines.Scan() {
		var record struct{ Time, Level, Msg string }
		if err := json.Unmarshal(lines.Bytes(), &record); err != nil || record.Time == "" || record.Level == "" || record.Msg == "" {
			t.Errorf("no record: %s", lines.Text())
		}
	}
}
