package dbserver

import (
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
)

// postgres starts a server, or skips the test where there is none to start.
func postgres(t *testing.T) *Server {
	t.Helper()
	s, err := Start(t.Context(), "postgres")
	if errors.Is(err, ErrNotInstalled) && !slices.Contains(strings.Split(os.Getenv("SILL_TEST_REQUIRE"), ","), "postgres") {
		t.Skip("postgres is not installed")
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func TestPostgresKeepsItsDataOverAStop(t *testing.T) {
	t.Parallel()
	s := postgres(t)
	run := func(statement string) error {
		conn, err := pgx.Connect(t.Context(), s.URL())
		if err != nil {
			return err
		}
		_, err = conn.Exec(t.Context(), statement)
		return errors.Join(err, conn.Close(t.Context()))
	}
	if err := run("CREATE TABLE kept (id int)"); err != nil {
		t.Fatal(err)
	}
	if err := s.Stop(); err != nil {
		t.Fatal(err)
	}
	if err := run("SELECT 1"); err == nil {
		t.Error("a stopped server answers")
	}
	if err := s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := run("SELECT * FROM kept"); err != nil {
		t.Error(err)
	}
}

func TestCloseLeavesNothing(t *testing.T) {
	t.Parallel()
	s := postgres(t)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(s.dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%s is still there: %v", s.dir, err)
	}
}

func TestUnknownServer(t *testing.T) {
	t.Parallel()
	if _, err := Start(t.Context(), "abacus"); !errors.Is(err, ErrNotInstalled) {
		t.Errorf("error %v", err)
	}
}
