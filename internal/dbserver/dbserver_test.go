package dbserver

import (
	"database/sql"
	"errors"
	"net"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/go-sql-driver/mysql"
	_ "github.com/jackc/pgx/v5/stdlib" // the driver pgx

	"groundsill.example/internal/need"
)

// product is a kind of server and how to talk to it.
type product struct {
	kind func() Kind
	open func(location string) (*sql.DB, error)
}

func products() map[string]product {
	return map[string]product{
		"postgres": {Postgres, func(location string) (*sql.DB, error) { return sql.Open("pgx", location) }},
		"mariadb": {MariaDB, func(location string) (*sql.DB, error) {
			u, err := url.Parse(location)
			if err != nil {
				return nil, err
			}
			password, _ := u.User.Password()
			c := mysql.NewConfig()
			c.Net, c.Addr, c.DBName, c.User, c.Passwd, c.Logger = "tcp", u.Host, u.Path[1:], u.User.Username(), password, &mysql.NopLogger{}
			return sql.Open("mysql", c.FormatDSN())
		}},
	}
}

// everyProduct calls f for each product that can be run here.
func everyProduct(t *testing.T, f func(t *testing.T, p product)) {
	t.Helper()
	for name, p := range products() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := p.kind().programs(); err != nil {
				need.Missing(t, name, err.Error())
			}
			f(t, p)
		})
	}
}

// started returns a server that ends with the test.
func (p product) started(t *testing.T) *Server {
	t.Helper()
	s, err := Start(t.Context(), p.kind())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if _, err := os.Stat(s.dir); !os.IsNotExist(err) {
			t.Errorf("%s is left: %v", s.dir, err)
		}
	})
	return s
}

// ask returns the answer to a query, or why there is none.
func (p product) ask(t *testing.T, location, query string) (answer string, err error) {
	t.Helper()
	pool, err := p.open(location)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, pool.Close()) }()
	return answer, pool.QueryRowContext(t.Context(), query).Scan(&answer)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestServerSurvivesStopAndKill(t *testing.T) {
	t.Parallel()
	everyProduct(t, func(t *testing.T, p product) {
		t.Helper()
		s := p.started(t)
		pool, err := p.open(s.URL())
		must(t, err)
		_, err = pool.ExecContext(t.Context(), "CREATE TABLE kept AS SELECT 'it is here' AS name")
		must(t, errors.Join(err, pool.Close()))
		for _, end := range []func() error{s.Stop, func() error { s.Kill(); return nil }} {
			must(t, end())
			if _, err := p.ask(t, s.URL(), "SELECT name FROM kept"); err == nil {
				t.Error("a server that has ended answers")
			}
			must(t, s.Start(t.Context()))
			if got, err := p.ask(t, s.URL(), "SELECT name FROM kept"); got != "it is here" || err != nil {
				t.Errorf("got %q, %v", got, err)
			}
		}
		if err := s.Start(t.Context()); err == nil {
			t.Error("a server that runs was started again")
		}
	})
}

func TestPasswordIsNeeded(t *testing.T) {
	t.Parallel()
	everyProduct(t, func(t *testing.T, p product) {
		t.Helper()
		s := p.started(t)
		for _, password := range []string{"wrong", ""} {
			location := strings.Replace(s.URL(), s.password, password, 1)
			if _, err := p.ask(t, location, "SELECT 'in'"); err == nil {
				t.Errorf("the password %q is good enough", password)
			}
		}
	})
}

// TestTakenPort has somebody else on the port, as can happen between the look
// for a free one and the start.
func TestTakenPort(t *testing.T) {
	t.Parallel()
	everyProduct(t, func(t *testing.T, p product) {
		t.Helper()
		s := p.started(t)
		must(t, s.Stop())
		l, err := net.Listen("tcp", s.address())
		must(t, err)
		if err := s.begin(t.Context()); !errors.Is(err, errTaken) {
			t.Errorf("error = %v", err)
		}
		must(t, l.Close())
		must(t, s.Start(t.Context()))
	})
}

func TestStartLeavesNothingWhenItFails(t *testing.T) {
	t.Parallel()
	everyProduct(t, func(t *testing.T, p product) {
		t.Helper()
		kind := p.kind()
		var dir string
		serve := kind.serve
		kind.serve = func(s *Server) []string {
			dir = s.dir
			return append(serve(s), "--nowhere=1")
		}
		if _, err := Start(t.Context(), kind); err == nil || !strings.Contains(err.Error(), "nowhere") {
			t.Errorf("error = %v", err)
		}
		if _, err := os.Stat(dir); dir == "" || !os.IsNotExist(err) {
			t.Errorf("%q is left: %v", dir, err)
		}
	})
}

func TestDebianVersion(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]int{
		"/usr/lib/postgresql/9.6/bin/postgres": 0,
		"/usr/lib/postgresql/9/bin/postgres":   9,
		"/usr/lib/postgresql/17/bin/postgres":  17,
	} {
		if got := debianVersion(path); got != want {
			t.Errorf("%s: %d, want %d", path, got, want)
		}
	}
}
