package e2e

import (
	"go/version"
	"maps"
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
	t.Helper()
	place := filepath.Dir(find(t, tree["Dockerfile"], `DATABASE_URL=sqlite://(/\S+)`))
	if !regexp.MustCompile(`mkdir .*` + place + `\b`).MatchString(tree["Dockerfile"]) {
		t.Errorf("the Dockerfile makes no %s", place)
	}
	if !strings.Contains(tree["Dockerfile"], `VOLUME ["`+place+`"]`) {
		t.Errorf("%s is no volume", place)
	}
}

func checkGoVersions(t *testing.T, _ string, _ map[string]string) {
	t.Helper()
	_, modules := choices(t, "go")
	tree := readTree(t, scaffold(t, "--with", strings.Join(modules, ",")))
	want := "go" + find(t, tree["go.mod"], `^go (\S+)$`)
	image := "go" + find(t, tree["Dockerfile"], `^FROM (?:--\S+ )?golang:([0-9.]+)`)
	if version.Compare(image, want) < 0 {
		t.Errorf("the image has %s, go.mod wants %s", image, want)
	}
	for page, pattern := range map[string]string{
		"README.md": `\bGo (\d+\.\d+)`, "AGENTS.md": `\bGo (\d+\.\d+)`, ".github/workflows/ci.yml": `go-version: (\d+\.\d+)\.x$`,
		".devcontainer/compose.yaml": `golang:(\d+\.\d+)`,
	} {
		if series := "go" + find(t, tree[page], pattern); series != version.Lang(want) {
			t.Errorf("%s says %s, go.mod %s", page, series, want)
		}
	}
}

func checkTags(t *testing.T, _ string, tree map[string]string) {
	t.Helper()
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
	t.Helper()
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
	t.Helper()
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
	t.Helper()
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
	t.Helper()
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
	t.Helper()
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
	t.Helper()
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
	t.Helper()
	if url := find(t, tree[".env.example"], `^DATABASE_URL=(\S+)$`); !strings.HasPrefix(url, "sqlite://./") {
		t.Errorf("DATABASE_URL=%s is not in the repository", url)
	}
}

func checkImage(t *testing.T, _ string, tree map[string]string) {
	t.Helper()
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
	for _, name := range []string{".*", "data", "bin"} {
		if !slices.Contains(ignored, name) {
			t.Errorf(".dockerignore lets %s in", name)
		}
	}
}

func checkIgnored(t *testing.T, dir string, tree map[string]string) {
	t.Helper()
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
	t.Helper()
	if want := "# orders\n\nThe orders service.\n"; !strings.HasPrefix(tree["README.md"], want) {
		t.Errorf("README.md does not begin with %q", want)
	}
}

func checkBrand(t *testing.T, _ string, tree map[string]string) {
	t.Helper()
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
	t.Helper()
	use := regexp.MustCompile("(?m)(?:^|`)sill ([a-z]+)")
	for _, page := range []string{"README.md", "AGENTS.md", "RESOURCES.md", "SECURITY.md"} {
		for _, m := range use.FindAllStringSubmatch(tree[page], -1) {
			if out, err := command(dir, "sill", m[1], "--help").CombinedOutput(); err != nil {
				t.Errorf("%s tells to use sill %s: %v\n%s", page, m[1], err, out)
			}
		}
	}
}
