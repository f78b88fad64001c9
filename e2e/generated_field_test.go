//go:build unix

package e2e

import (
	"bufio"
	"encoding/json"
	"fmt"
	"go/version"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestGeneratedFiles looks for the defects that are known from generated
// services elsewhere, in the files of the default service.
func TestGeneratedFiles(t *testing.T) {
	need(t, "git")
	dir := cloned(t)
	tree := readTree(t, dir)
	for _, c := range []struct {
		name  string
		check func(t *testing.T, dir string, tree map[string]string)
	}{
		{"the image has no directory for its own database", checkDataDirectory},
		{"the image is older than go.mod", checkGoVersions},
		{"a tag has no version", checkTags},
		{"the build needs cgo", checkCgo},
		{"tests need docker", checkDockerFreeTests},
		{"env.example is missing or lists other variables than are read", checkEnvExample},
		{"the README and the code disagree about defaults", checkReadmeVariables},
		{"a handler ends the process", checkExits},
		{"the environment is read in more than one place", checkEnvironment},
		{"the development database is on another host", checkDevelopmentDatabase},
		{"the image runs as root or copies secrets", checkImage},
		{"gitignore hides sources", checkIgnored},
		{"the README begins with a placeholder", checkReadme},
		{"names of the generator are in the code", checkBrand},
		{"pages tell to use commands that are not there", checkSillCommands},
	} {
		t.Run(c.name, func(t *testing.T) { c.check(t, dir, tree) })
	}
}

func find(t *testing.T, text, pattern string) string {
	t.Helper()
	m := regexp.MustCompile(`(?m)` + pattern).FindStringSubmatch(text)
	if len(m) < 2 {
		t.Fatalf("no %s in\n%s", pattern, text)
	}
	return m[1]
}

func checkDataDirectory(t *testing.T, _ string, tree map[string]string) {
	place := filepath.Dir(find(t, tree["Dockerfile"], `DATABASE_URL=sqlite://(/\S+)`))
	if !regexp.MustCompile(`mkdir .*` + place + `\b`).MatchString(tree["Dockerfile"]) {
		t.Errorf("the Dockerfile makes no %s", place)
	}
	if !strings.Contains(tree["Dockerfile"], `VOLUME ["`+place+`"]`) {
		t.Errorf("%s is no volume", place)
	}
}

func checkGoVersions(t *testing.T, _ string, tree map[string]string) {
	want := "go" + find(t, tree["go.mod"], `^go (\S+)$`)
	image := "go" + find(t, tree["Dockerfile"], `^FROM (?:--\S+ )?golang:([0-9.]+)`)
	if version.Compare(image, want) < 0 {
		t.Errorf("the image has %s, go.mod wants %s", image, want)
	}
	for _, page := range []string{"README.md", "AGENTS.md"} {
		if series := "go" + find(t, tree[page], `\bGo (\d+\.\d+)`); series != version.Lang(want) {
			t.Errorf("%s says %s, go.mod %s", page, series, want)
		}
	}
}

func checkTags(t *testing.T, _ string, tree map[string]string) {
	for _, m := range regexp.MustCompile(`(?m)^FROM (?:--\S+ )?(\S+)`).FindAllStringSubmatch(tree["Dockerfile"], -1) {
		if _, tag, found := strings.Cut(m[1], ":"); !found || tag == "latest" {
			t.Errorf("image %s has no version", m[1])
		}
	}
	for _, m := range regexp.MustCompile(`go run (\S+)`).FindAllStringSubmatch(tree["Makefile"], -1) {
		if strings.Contains(m[1], ".") && !regexp.MustCompile(`@v\d`).MatchString(m[1]) {
			t.Errorf("program %s has no version", m[1])
		}
	}
}

func checkCgo(t *testing.T, _ string, tree map[string]string) {
	for file, text := range tree {
		if strings.HasSuffix(file, ".go") && strings.Contains(text, `import "C"`) {
			t.Errorf("%s uses cgo", file)
		}
	}
	if strings.Contains(tree["go.mod"], "mattn/go-sqlite3") {
		t.Error("the driver of the database uses cgo")
	}
}

func checkDockerFreeTests(t *testing.T, _ string, tree map[string]string) {
	tests := 0
	for file, text := range tree {
		if strings.HasSuffix(file, "_test.go") {
			tests++
			if strings.Contains(text, "testcontainers") {
				t.Errorf("%s starts containers", file)
			}
		}
	}
	if tests == 0 {
		t.Error("there are no tests")
	}
}

var variable = regexp.MustCompile(`"([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*)"`)

// variablesRead are the names of variables in the configuration package. OTEL_
// variables belong to a library, which reads more of them.
func variablesRead(tree map[string]string) []string {
	set := map[string]bool{}
	for file, text := range tree {
		if strings.HasPrefix(file, "internal/config/") && !strings.HasSuffix(file, "_test.go") {
			for _, m := range variable.FindAllStringSubmatch(text, -1) {
				set[m[1]] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(set))
}

// contractVariables are the configuration that every service has.
var contractVariables = []string{
	"APP_ENV", "CORS_ALLOWED_ORIGINS", "DATABASE_URL", "DATABASE_URL_FILE", "DB_POOL_MAX", "DB_TIMEOUT_MS", "DOCS_ENABLED",
	"HEADER_TIMEOUT_MS", "HOST", "IDLE_TIMEOUT_MS", "LOG_LEVEL", "MAX_BODY_BYTES", "METRICS_PORT", "PORT", "RATE_LIMIT_RPM",
	"REQUEST_TIMEOUT_MS", "SHUTDOWN_TIMEOUT_MS", "TRUSTED_PROXIES",
}

func withoutLibrary(names []string) []string {
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool { return strings.HasPrefix(name, "OTEL_") })
}

func checkEnvExample(t *testing.T, dir string, tree map[string]string) {
	var listed []string
	for line := range strings.Lines(tree[".env.example"]) {
		if name, _, found := strings.Cut(line, "="); found && !strings.HasPrefix(line, "#") {
			listed = append(listed, name)
		}
	}
	slices.Sort(listed)
	if got := withoutLibrary(listed); !slices.Equal(got, contractVariables) {
		t.Errorf(".env.example lists\n%v, want\n%v", got, contractVariables)
	}
	read := variablesRead(tree)
	if got := withoutLibrary(read); !slices.Equal(got, contractVariables) {
		t.Errorf("the configuration reads\n%v, want\n%v", got, contractVariables)
	}
	if !slices.Contains(listed, "OTEL_EXPORTER_OTLP_ENDPOINT") || !slices.Contains(read, "OTEL_EXPORTER_OTLP_ENDPOINT") {
		t.Error("nothing says where traces go")
	}
	if out, err := command(dir, "git", "check-ignore", "-q", ".env").CombinedOutput(); err != nil {
		t.Errorf("git does not ignore .env: %v\n%s", err, out)
	}
}

var (
	variableRow = regexp.MustCompile("(?m)^\\| `([A-Z_]+)` \\|([^|]*)\\|")
	readDefault = regexp.MustCompile(`r\.(?:text|choice|integer|milliseconds|level|boolean)\("([A-Z_]+)", "?([\w.<]*)"?`)
)

func checkReadmeVariables(t *testing.T, _ string, tree map[string]string) {
	table := map[string]string{}
	for _, m := range variableRow.FindAllStringSubmatch(tree["README.md"], -1) {
		table[m[1]] = strings.Trim(strings.TrimSpace(m[2]), "`")
	}
	names := slices.Sorted(maps.Keys(table))
	if got := withoutLibrary(names); !slices.Equal(got, contractVariables) {
		t.Errorf("README.md lists\n%v, want\n%v", got, contractVariables)
	}
	for _, m := range readDefault.FindAllStringSubmatch(tree["internal/config/config.go"], -1) {
		fallback := strings.ReplaceAll(m[2], "_", "")
		switch {
		case fallback == "1<<20":
			fallback = "1048576"
		case fallback == "Production":
			fallback = "production"
		case m[1] == "DATABASE_URL" || m[1] == "DOCS_ENABLED" || strings.HasPrefix(m[1], "OTEL_"):
			continue
		}
		if table[m[1]] != fallback {
			t.Errorf("%s: README.md says %q, the code %q", m[1], table[m[1]], fallback)
		}
	}
}

func checkExits(t *testing.T, _ string, tree map[string]string) {
	pattern := regexp.MustCompile(`\blog\.(Fatal|Panic)|\bos\.Exit\(|\bpanic\(`)
	for file, text := range tree {
		if !strings.HasPrefix(file, "internal/") || !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go") {
			continue
		}
		// How a handler tells net/http to close the connection.
		text = strings.ReplaceAll(text, "panic(http.ErrAbortHandler)", "")
		if call := pattern.FindString(text); call != "" {
			t.Errorf("%s: %s", file, call)
		}
	}
}

func checkEnvironment(t *testing.T, _ string, tree map[string]string) {
	pattern := regexp.MustCompile(`\bos\.(Getenv|LookupEnv|Environ|ExpandEnv)\b`)
	for file, text := range tree {
		if strings.HasSuffix(file, ".go") && !strings.HasSuffix(file, "_test.go") && file != "cmd/server/main.go" {
			for line := range strings.Lines(text) {
				if pattern.MatchString(line) && !strings.HasPrefix(line, "//") {
					t.Errorf("%s: %s", file, line)
				}
			}
		}
	}
}

func checkDevelopmentDatabase(t *testing.T, _ string, tree map[string]string) {
	if url := find(t, tree[".env.example"], `^DATABASE_URL=(\S+)$`); !strings.HasPrefix(url, "sqlite://./") {
		t.Errorf("DATABASE_URL=%s is not in the repository", url)
	}
}

func checkImage(t *testing.T, _ string, tree map[string]string) {
	stages := strings.Split("\n"+tree["Dockerfile"], "\nFROM ")
	last := stages[len(stages)-1]
	if user := find(t, last, `^USER (\S+)$`); !regexp.MustCompile(`^[1-9]\d*(:[1-9]\d*)?$`).MatchString(user) {
		t.Errorf("the image runs as %s", user)
	}
	for _, want := range []string{`ENTRYPOINT ["`, `CMD ["`} {
		if !strings.Contains(last, want) {
			t.Errorf("the last stage has no %s", want)
		}
	}
	if !regexp.MustCompile(`(?m)^EXPOSE \d+ \d+$`).MatchString(last) {
		t.Error("the ports are no numbers")
	}
	if len(stages) < 3 || !strings.Contains(tree["Dockerfile"], "-trimpath") || !strings.Contains(tree["Dockerfile"], "-mod=readonly") {
		t.Error("the image is not built in a stage of its own from locked modules")
	}
	ignored := strings.Split(tree[".dockerignore"], "\n")
	for _, name := range []string{".git", ".env", ".env.*", "data", "bin"} {
		if !slices.Contains(ignored, name) {
			t.Errorf(".dockerignore lets %s in", name)
		}
	}
}

func checkIgnored(t *testing.T, dir string, tree map[string]string) {
	for file := range tree {
		if file == ".env" {
			t.Error(".env is committed")
		}
	}
	made := scaffold(t)
	if a, b := slices.Collect(maps.Keys(tree)), slices.Collect(maps.Keys(readTree(t, made))); len(a) != len(b) {
		t.Errorf("a clone has %d files, %d were made", len(a), len(b))
	}
	for _, name := range []string{"main", "cmd/main/main.go", "internal/view/page_templ.go", "internal/data/data.go", "internal/bin/bin.go", ".github/workflows/ci.yml"} {
		if command(dir, "git", "check-ignore", "-q", name).Run() == nil {
			t.Errorf("git ignores %s", name)
		}
	}
}

func checkReadme(t *testing.T, _ string, tree map[string]string) {
	if want := "# orders\n\nThe orders service.\n"; !strings.HasPrefix(tree["README.md"], want) {
		t.Errorf("README.md does not begin with %q", want)
	}
}

func checkBrand(t *testing.T, _ string, tree map[string]string) {
	pattern := regexp.MustCompile(`(?i)\b(sill|blueprints?|groundsill)\b`)
	for file, text := range tree {
		code := strings.HasSuffix(file, ".go") || strings.HasSuffix(file, ".sql") || strings.HasPrefix(file, "openapi")
		if word := pattern.FindString(text); code && word != "" {
			t.Errorf("%s says %s", file, word)
		}
	}
}

// checkSillCommands demands that the commands of sill which pages tell people
// to use are there.
func checkSillCommands(t *testing.T, dir string, tree map[string]string) {
	use := regexp.MustCompile("(?m)(?:^|`)sill ([a-z]+)")
	for _, page := range []string{"README.md", "AGENTS.md", "RESOURCES.md", "SECURITY.md"} {
		for _, m := range use.FindAllStringSubmatch(tree[page], -1) {
			if out, err := command(dir, "sill", m[1], "--help").CombinedOutput(); err != nil {
				t.Errorf("%s tells to use sill %s: %v\n%s", page, m[1], err, out)
			}
		}
	}
}

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
	ports := freePorts(t, 2)
	missing := "sqlite://" + filepath.Join(t.TempDir(), "missing", "orders.db")
	env := []string{"HOST=127.0.0.1", "PORT=" + ports[0], "METRICS_PORT=" + ports[1], "DATABASE_URL=" + missing}
	p := start(t, t.TempDir(), env, []string{binary, "start"})
	p.base = "http://127.0.0.1:" + ports[0]
	p.await(t, "/livez", http.StatusOK)
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
	p := start(t, t.TempDir(), append(env, setting), []string{binary, "start"})
	p.wait(t)
	if exitCode(p.failure) <= 0 || !strings.Contains(p.out.String(), name) {
		t.Errorf("%s: exit code %d, the log does not name %s:\n%s", setting, exitCode(p.failure), name, p.out)
	}
}

func checkWrongPort(t *testing.T, binary, database string) {
	for _, setting := range []string{"PORT=abc", "PORT=70000", "PORT=-1", "METRICS_PORT=x"} {
		name, _, _ := strings.Cut(setting, "=")
		refused(t, binary, name, setting, "DATABASE_URL="+database)
	}
	refused(t, binary, "DATABASE_URL", "DATABASE_URL=")
}

func checkNoPort(t *testing.T, binary, database string) {
	env := []string{"HOST=127.0.0.1", "METRICS_PORT=0", "DATABASE_URL=" + database}
	if listens("8080") {
		refused(t, binary, "8080", "PORT=", env...)
		return
	}
	p := start(t, t.TempDir(), env, []string{binary, "start"})
	p.base = "http://127.0.0.1:8080"
	p.await(t, "/readyz", http.StatusOK)
	p.stop(t)
}

func checkUnknownPaths(t *testing.T, binary, database string) {
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
	const secret = "S3CR3T-4711"
	for _, url := range []string{"postgres://u:" + secret + "@db/x", "sqlite://u:" + secret + "@h:notaport/x", "ftp://" + secret} {
		p := start(t, t.TempDir(), []string{"LOG_LEVEL=debug", "DATABASE_URL=" + url}, []string{binary, "start"})
		p.wait(t)
		if exitCode(p.failure) <= 0 || strings.Contains(p.out.String(), secret) || !strings.Contains(p.out.String(), "DATABASE_URL") {
			t.Errorf("%s: exit code %d\n%s", url, exitCode(p.failure), p.out)
		}
	}
}

func checkLogAndLimits(t *testing.T, binary, database string) {
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
