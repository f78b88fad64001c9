//go:build unix

package e2e

import (
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v4"

	"groundsill.example/internal/dbserver"
)

// composition is what the tests ask of a compose.yaml. That Compose reads it the
// same way is for the module e2e/container.
type composition struct {
	Services map[string]*composed
}

type composed struct {
	Image       string
	Build       any
	Command     []string
	Environment map[string]string
	DependsOn   map[string]struct{ Condition string } `yaml:"depends_on"`
	Healthcheck struct {
		Test              []string
		Interval, Timeout time.Duration
		Retries           int
	}
}

// composeDefault is a variable in a compose file with what it is by default.
var composeDefault = regexp.MustCompile(`\$\{\w+:-([^}]*)\}`)

func readComposition(t *testing.T, dir string) composition {
	t.Helper()
	var c composition
	text := composeDefault.ReplaceAllString(read(t, dir, "compose.yaml"), "$1")
	must(t, yaml.Unmarshal([]byte(text), &c))
	return c
}

// order returns the services, each after those that it depends on.
func (c composition) order(t *testing.T) []string {
	t.Helper()
	var done []string
	left := slices.Sorted(maps.Keys(c.Services))
	for len(left) > 0 {
		i := slices.IndexFunc(left, func(name string) bool {
			for other := range c.Services[name].DependsOn {
				if !slices.Contains(done, other) {
					return false
				}
			}
			return true
		})
		if i < 0 {
			t.Fatalf("%v wait for each other", left)
		}
		done = append(done, left[i])
		left = slices.Delete(left, i, i+1)
	}
	return done
}

// TestGeneratedCompose starts what compose.yaml starts, by hand and in its
// order, with the commands that stand there: the database server until its
// health check is content, the migration to its end, the service until it is
// ready. Without the server, or while it is down, the health check and the
// migration fail.
//
// Other than in containers are the places: the server is one of this machine
// on a free port, with a password of its own, so DATABASE_URL is its URL; the
// health check finds it by the variables of its own client (see checkedBy); and
// the service listens on free ports.
func TestGeneratedCompose(t *testing.T) {
	if testing.Short() {
		t.Skip("builds a service")
	}
	for _, database := range servers() {
		t.Run(database, func(t *testing.T) {
			dir := scaffold(t, "--database", database)
			needModules(t, dir)
			binary := filepath.Join(t.TempDir(), "server")
			run(t, dir, "go", "build", "-trimpath", "-o", binary, "./cmd/server")
			c := readComposition(t, dir)
			order := c.order(t)
			if want := []string{"db", "migrate", "app"}; !slices.Equal(order, want) {
				t.Fatalf("the order is %v, want %v", order, want)
			}
			db, migration, app := c.Services["db"], c.Services["migrate"], c.Services["app"]
			if app.DependsOn["db"].Condition != "service_healthy" || migration.DependsOn["db"].Condition != "service_healthy" ||
				app.DependsOn["migrate"].Condition != "service_completed_successfully" {
				t.Errorf("the service waits for %v, the migration for %v", app.DependsOn, migration.DependsOn)
			}
			server := databaseServer(t, database)
			env := checkedBy(t, database, server)
			must(t, server.Stop())
			if out, err := db.check(t, env); err == nil {
				t.Errorf("there is no server, and the health check %q says\n%s", db.Healthcheck.Test, out)
			}
			if m := migration.start(t, binary, server, "DB_TIMEOUT_MS=1000"); m.ended(t) == 0 {
				t.Errorf("there is no server, and the migration ends well:\n%s", m.out)
			}
			must(t, server.Start(t.Context()))
			db.untilHealthy(t, env)
			if m := migration.start(t, binary, server); m.ended(t) != 0 {
				t.Errorf("%q: %v\n%s", migration.Command, m.failure, m.out)
			}
			ports := freePorts(t)
			p := app.start(t, binary, server, "HOST=127.0.0.1", "PORT="+ports[0], "METRICS_PORT="+ports[1])
			p.base = "http://127.0.0.1:" + ports[0]
			p.await(t, "/readyz")
			p.create(t, "A-1")
			must(t, server.Stop())
			if out, err := db.check(t, env); err == nil {
				t.Errorf("the server has ended, and the health check says\n%s", out)
			}
			p.stop(t)
		})
	}
}

// start runs a service of the image: its entrypoint is the binary, and where no
// command stands in compose.yaml it is that of the image.
func (s *composed) start(t *testing.T, binary string, server *dbserver.Server, env ...string) *process {
	t.Helper()
	if s.Build == nil || !strings.Contains(s.Environment["DATABASE_URL"], "@db:") {
		t.Fatalf("it is not the service with the database: %v", s.Environment)
	}
	var given []string
	for _, name := range slices.Sorted(maps.Keys(s.Environment)) {
		given = append(given, name+"="+s.Environment[name])
	}
	given = slices.Concat(given, []string{"DATABASE_URL=" + server.URL()}, env)
	words := s.Command
	if words == nil {
		words = []string{"start"} // CMD of the Dockerfile, as TestImage sees
	}
	return start(t, filepath.Dir(binary), given, append([]string{binary}, words...))
}

// ended waits for the end of a process and returns its status.
func (p *process) ended(t *testing.T) int {
	t.Helper()
	p.wait(t)
	return exitCode(p.failure)
}

// check runs the health check once.
func (s *composed) check(t *testing.T, env []string) (string, error) {
	t.Helper()
	test := s.Healthcheck.Test
	if len(test) < 2 || test[0] != "CMD" {
		t.Fatalf("the health check is %q", test)
	}
	var path string
	for _, one := range env {
		if value, is := strings.CutPrefix(one, "PATH="); is {
			path = value
		}
	}
	program := ""
	for _, dir := range filepath.SplitList(path) {
		if file := filepath.Join(dir, test[1]); exists(file) {
			program = file
			break
		}
	}
	if program == "" {
		miss(t, test[1], "is not there")
	}
	cmd := command(".", program, test[2:]...)
	cmd.Env = append(cmd.Env, env...)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// untilHealthy runs the health check as often as compose.yaml says.
func (s *composed) untilHealthy(t *testing.T, env []string) {
	t.Helper()
	if s.Healthcheck.Interval <= 0 || s.Healthcheck.Timeout <= 0 || s.Healthcheck.Retries <= 0 {
		t.Fatalf("the health check is %+v", s.Healthcheck)
	}
	out, err := "", error(nil)
	for range s.Healthcheck.Retries {
		if out, err = s.check(t, env); err == nil {
			return
		}
		time.Sleep(s.Healthcheck.Interval)
	}
	t.Fatalf("%q: %v after %d tries\n%s", s.Healthcheck.Test, err, s.Healthcheck.Retries, out)
}

// checkedBy returns the environment in which the health check of an image finds
// the program that it names and the server. PostgreSQL's is a program of
// PostgreSQL, and gets a port. MariaDB's is a script of its image, which this
// machine lacks: testdata/bin/healthcheck.sh stands in for it.
func checkedBy(t *testing.T, database string, server *dbserver.Server) []string {
	t.Helper()
	at, err := url.Parse(server.URL())
	must(t, err)
	if database == "postgres" {
		return []string{"PATH=" + strings.Join(append(server.Programs(), os.Getenv("PATH")), string(os.PathListSeparator)), "PGPORT=" + at.Port()}
	}
	need(t, "mariadb")
	bin, err := filepath.Abs(filepath.Join("testdata", "bin"))
	must(t, err)
	password, _ := at.User.Password()
	return []string{
		"PATH=" + bin + string(os.PathListSeparator) + os.Getenv("PATH"),
		"MYSQL_TCP_PORT=" + at.Port(), "MYSQL_PWD=" + password, "HEALTH_USER=" + at.User.Username(),
	}
}
