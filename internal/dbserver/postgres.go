package dbserver

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"

	"github.com/jackc/pgx/v5"
)

// startPostgres makes a cluster and starts a server on it. The programs are
// those of the newest version that Debian's packages have put in place, else
// those on the PATH.
func startPostgres(ctx context.Context) (*Server, error) {
	programs, err := postgresPrograms()
	if err != nil {
		return nil, err
	}
	who, err := unprivileged("postgres")
	if err != nil {
		return nil, err
	}
	dir, err := newDir(who)
	if err != nil {
		return nil, err
	}
	s := &Server{dir: dir, owner: who, signal: syscall.SIGINT}
	initdb := exec.CommandContext(ctx, filepath.Join(programs, "initdb"), //nolint:gosec // the programs of the server
		"--pgdata", "data", "--username", "sill", "--encoding", "UTF8", "--locale", "C", "--auth", "trust", "--no-sync")
	initdb.Dir, initdb.Env = dir, environment()
	who.own(initdb)
	if out, err := initdb.CombinedOutput(); err != nil {
		return nil, errors.Join(fmt.Errorf("initdb: %w\n%s", err, out), os.RemoveAll(dir))
	}
	const tries = 5 // somebody else may take the port first
	for range tries {
		if s.port, err = freePort(ctx); err != nil {
			break
		}
		s.url = "postgres://sill@" + s.Address() + "/postgres"
		s.argv = []string{
			filepath.Join(programs, "postgres"), "-D", "data", "-p", strconv.Itoa(s.port), "-c", "listen_addresses=127.0.0.1",
			"-c", "unix_socket_directories=", "-c", "fsync=off", "-c", "full_page_writes=off", "-c", "max_connections=300",
		}
		if err = s.Start(ctx); err == nil {
			return s, nil
		}
	}
	return nil, errors.Join(err, s.Close())
}

func postgresPrograms() (string, error) {
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/postgres")
	if err != nil {
		return "", err
	}
	if len(found) > 0 {
		return filepath.Dir(slices.MaxFunc(found, byVersion)), nil
	}
	path, err := exec.LookPath("postgres")
	if err != nil {
		return "", fmt.Errorf("PostgreSQL: %w", ErrNotInstalled)
	}
	return filepath.Dir(path), nil
}

// byVersion compares paths as /usr/lib/postgresql/17/bin/postgres by their
// number.
func byVersion(a, b string) int {
	number := func(path string) int {
		n, err := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(path))))
		if err != nil {
			return 0
		}
		return n
	}
	return number(a) - number(b)
}

// ready reports whether the server at the URL takes connections.
func ready(ctx context.Context, url string) bool {
	conn, err := pgx.Connect(ctx, url)
	return err == nil && conn.Close(ctx) == nil
}
