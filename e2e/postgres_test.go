package e2e

import (
	"errors"
	"testing"

	"github.com/jackc/pgx/v5"

	"groundsill.example/internal/dbserver"
)

// postgres starts a PostgreSQL server that ends with the test.
func postgres(t *testing.T) *dbserver.Server {
	t.Helper()
	s, err := dbserver.Start(t.Context(), "postgres")
	if errors.Is(err, dbserver.ErrNotInstalled) {
		miss(t, "postgres", "is not installed")
	}
	must(t, err)
	t.Cleanup(func() { must(t, s.Close()) })
	return s
}

// needServer skips the test where a database server is not installed.
func needServer(t *testing.T, kind string) {
	t.Helper()
	if err := dbserver.Installed(kind); err != nil {
		miss(t, kind, err.Error())
	}
}

// createDatabase makes a database on a server and returns its URL.
func createDatabase(t *testing.T, s *dbserver.Server, name string) string {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), s.URL())
	must(t, err)
	_, err = conn.Exec(t.Context(), "CREATE DATABASE "+pgx.Identifier{name}.Sanitize())
	must(t, errors.Join(err, conn.Close(t.Context())))
	return "postgres://sill@" + s.Address() + "/" + name
}

// TestPostgresTests runs the tests that services on PostgreSQL bring along,
// with a server: the tests of the database are among them.
func TestPostgresTests(t *testing.T) {
	if testing.Short() {
		t.Skip("runs the Go toolchain for minutes")
	}
	server := postgres(t)
	for _, c := range []generatedCase{
		{name: "default"},
		{name: "related", args: []string{"--resource-file", resourceFile("related")}},
		{name: "minimal", args: []string{"--no-resource"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := scaffold(t, append([]string{"--database", "postgres"}, c.args...)...)
			needModules(t, dir)
			cmd := command(dir, "go", "test", "./...")
			cmd.Env = append(cmd.Env, "GOFLAGS=-trimpath", "DATABASE_URL="+createDatabase(t, server, c.name))
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}
