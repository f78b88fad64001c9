package dbserver

import (
	"errors"
	"net"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"groundsill.example/internal/need"
)

// started returns a PostgreSQL server that ends with the test.
func started(t *testing.T) *Server {
	t.Helper()
	s, err := Start(t.Context(), Postgres())
	if missing, ok := errors.AsType[*NotInstalledError](err); ok {
		need.Missing(t, "postgres", missing.Error())
	}
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
func ask(t *testing.T, s *Server, query string) (string, error) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), s.URL())
	if err != nil {
		return "", err
	}
	defer conn.Close(t.Context())
	var answer string
	return answer, conn.QueryRow(t.Context(), query).Scan(&answer)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestServerSurvivesStopAndKill(t *testing.T) {
	t.Parallel()
	s := started(t)
	conn, err := pgx.Connect(t.Context(), s.URL())
	must(t, err)
	_, err = conn.Exec(t.Context(), "CREATE TABLE kept AS SELECT 'Zoë'::text AS name")
	must(t, err)
	must(t, conn.Close(t.Context()))
	for _, end := range []func() error{s.Stop, func() error { s.Kill(); return nil }} {
		must(t, end())
		if _, err := ask(t, s, "SELECT 1::text"); err == nil {
			t.Error("a server that has ended answers")
		}
		must(t, s.Start(t.Context()))
		if got, err := ask(t, s, "SELECT name FROM kept"); got != "Zoë" || err != nil {
			t.Errorf("got %q, %v", got, err)
		}
	}
	if err := s.Start(t.Context()); err == nil {
		t.Error("a server that runs was started again")
	}
}

func TestPasswordIsNeeded(t *testing.T) {
	t.Parallel()
	s := started(t)
	wrong := strings.Replace(s.URL(), s.password, "wrong", 1)
	if conn, err := pgx.Connect(t.Context(), wrong); err == nil {
		_ = conn.Close(t.Context())
		t.Error("a wrong password is good enough")
	}
}

// TestTakenPort has somebody else on the port, as can happen between the look
// for a free one and the start.
func TestTakenPort(t *testing.T) {
	t.Parallel()
	s := started(t)
	must(t, s.Stop())
	l, err := net.Listen("tcp", "127.0.0.1:"+strconv.Itoa(s.port))
	must(t, err)
	if err := s.begin(t.Context()); !errors.Is(err, errTaken) {
		t.Errorf("error = %v", err)
	}
	must(t, l.Close())
	must(t, s.Start(t.Context()))
}

func TestStartLeavesNothingWhenItFails(t *testing.T) {
	t.Parallel()
	kind := Postgres()
	if _, err := kind.programs(); err != nil {
		need.Missing(t, "postgres", err.Error())
	}
	var dir string
	kind.serve = func(s *Server) []string {
		dir = s.dir
		return []string{"postgres", "-D", "nowhere"}
	}
	if _, err := Start(t.Context(), kind); err == nil || !strings.Contains(err.Error(), "nowhere") {
		t.Errorf("error = %v", err)
	}
	if _, err := os.Stat(dir); dir == "" || !os.IsNotExist(err) {
		t.Errorf("%q is left: %v", dir, err)
	}
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
