//go:build unix

package e2e

import (
	"net"
	"net/http"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestRun does with a fresh clone of the default service what its README.md
// and AGENTS.md say, word for word.
func TestRun(t *testing.T) {
	if testing.Short() {
		t.Skip("builds a service")
	}
	dir := cloned(t)
	needModules(t, dir)
	t.Run("make run", func(t *testing.T) {
		need(t, "make")
		p := serve(t, dir, nil, []string{"make", "run"})
		if res := p.ask(t, "GET", "/api/v1/items", ""); res.status != http.StatusOK {
			t.Errorf("GET /api/v1/items: %d\n%s", res.status, res.body)
		}
		p.stop(t)
	})
	t.Run("README.md", func(t *testing.T) {
		follow(t, cloned(t), "README.md", "Quick start")
	})
	t.Run("AGENTS.md", func(t *testing.T) {
		need(t, "golangci-lint")
		follow(t, cloned(t), "AGENTS.md", "Commands")
	})
	t.Run("clean", func(t *testing.T) {
		if out := run(t, dir, "git", "status", "--porcelain"); out != "" {
			t.Errorf("running leaves changes:\n%s", out)
		}
	})
}

var fence = regexp.MustCompile("(?ms)^```sh\n(.*?)^```$")

// commandsIn are the lines of the sh blocks below a heading.
func commandsIn(t *testing.T, text, heading string) []string {
	t.Helper()
	_, text, found := strings.Cut(text, "\n## "+heading+"\n")
	if !found {
		t.Fatalf("there is no heading %q", heading)
	}
	text, _, _ = strings.Cut(text, "\n## ")
	var lines []string
	for _, block := range fence.FindAllStringSubmatch(text, -1) {
		lines = append(lines, strings.Split(strings.TrimSpace(block[1]), "\n")...)
	}
	if len(lines) == 0 {
		t.Fatalf("there is no command below %q", heading)
	}
	return lines
}

// follow runs the commands below a heading in a shell, one after the other.
// "make run" stays in the foreground, so it is started in another terminal,
// as the page says.
func follow(t *testing.T, dir, page, heading string) {
	t.Helper()
	need(t, "make")
	need(t, "curl")
	env, ports := documentedPorts(t)
	ran := 0
	for _, line := range commandsIn(t, read(t, dir, page), heading) {
		if line == "make run" {
			p := start(t, dir, env, []string{"sh", "-c", line})
			p.base = "http://127.0.0.1:" + ports["8080"]
			p.await(t, "/readyz")
			ran++
			continue
		}
		for documented, port := range ports {
			line = strings.ReplaceAll(line, ":"+documented, ":"+port)
		}
		cmd := command(dir, "sh", "-c", line)
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Errorf("%s: %s: %v\n%s", page, line, err, out)
		}
		if strings.HasPrefix(line, "curl ") && !strings.Contains(string(out), " 200 OK") {
			t.Errorf("%s: %s says\n%s", page, line, out)
		}
	}
	if ran != 1 {
		t.Errorf("%s starts the service %d times", page, ran)
	}
}

// documentedPorts are the ports of the documentation and what stands for them:
// themselves, unless something on this machine has one of them.
func documentedPorts(t *testing.T) (env []string, ports map[string]string) {
	t.Helper()
	if listens("8080") || listens("9464") {
		free := freePorts(t)
		return []string{"PORT=" + free[0], "METRICS_PORT=" + free[1]}, map[string]string{"8080": free[0], "9464": free[1]}
	}
	return nil, map[string]string{"8080": "8080", "9464": "9464"}
}

func listens(port string) bool {
	l, err := net.Listen("tcp", ":"+port)
	if err != nil {
		return true
	}
	return l.Close() != nil
}

// TestRecordCommands executes the commands of the record as they are written
// there: without a shell and without make in between.
func TestRecordCommands(t *testing.T) {
	if testing.Short() {
		t.Skip("builds a service")
	}
	dir := scaffold(t)
	needModules(t, dir)
	commands := readRecord(t, dir).Commands
	for _, name := range []string{"setup", "build", "migrate", "start", "test", "lint", "format"} {
		if len(commands[name]) == 0 {
			t.Errorf("the record has no command %s", name)
		}
	}
	database := "DATABASE_URL=sqlite://" + filepath.Join(t.TempDir(), "orders.db")
	for _, name := range []string{"setup", "build", "migrate", "test"} {
		argv := commands[name]
		cmd := command(dir, argv[0], argv[1:]...)
		if strings.Contains(argv[0], "/") {
			cmd = command(dir, filepath.Join(dir, argv[0]), argv[1:]...)
		}
		cmd.Env = append(cmd.Env, database, "GOFLAGS=")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%s %v: %v\n%s", name, argv, err, out)
		}
	}
	argv := append([]string{filepath.Join(dir, commands["start"][0])}, commands["start"][1:]...)
	serve(t, dir, []string{database}, argv).stop(t)
	t.Run("lint and format", func(t *testing.T) {
		need(t, "make")
		need(t, "golangci-lint")
		before := readTree(t, filepath.Join(dir, "internal"))
		for _, name := range []string{"lint", "format"} {
			run(t, dir, commands[name][0], commands[name][1:]...)
		}
		if len(before) == 0 || !equalTrees(before, readTree(t, filepath.Join(dir, "internal"))) {
			t.Error("the format command changes the code")
		}
	})
}

func equalTrees(a, b map[string]string) bool {
	for file, text := range a {
		if b[file] != text {
			return false
		}
	}
	return len(a) == len(b)
}

// built is a binary of the default service and the URL of a migrated
// database.
func built(t *testing.T, args ...string) (binary, database string) {
	t.Helper()
	dir := scaffold(t, args...)
	needModules(t, dir)
	binary = filepath.Join(t.TempDir(), "server")
	cmd := command(dir, "go", "build", "-trimpath", "-o", binary, "./cmd/server")
	cmd.Env = append(cmd.Env, "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	database = "sqlite://" + filepath.Join(t.TempDir(), "orders.db")
	migrate(t, binary, database)
	return binary, database
}

func migrate(t *testing.T, binary, database string) {
	t.Helper()
	cmd := command(filepath.Dir(binary), binary, "migrate")
	cmd.Env = append(cmd.Env, "DATABASE_URL="+database)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("migrate: %v\n%s", err, out)
	}
}
