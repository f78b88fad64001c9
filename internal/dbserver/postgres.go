package dbserver

import (
	"net/url"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
)

// Postgres is PostgreSQL. Its data is not safe from a loss of power, which
// makes it quick, and it takes as many connections as parallel tests make.
func Postgres() Kind {
	return Kind{
		name:     "postgres",
		user:     "postgres",
		programs: postgresPrograms,
		prepare:  preparePostgres,
		serve: func(s *Server) []string {
			return []string{
				"postgres", "-D", "data", "-p", strconv.Itoa(s.port), "-c", "listen_addresses=127.0.0.1",
				"-c", "unix_socket_directories=", "-c", "fsync=off", "-c", "max_connections=500", "-c", "logging_collector=off",
			}
		},
		url: func(s *Server) *url.URL {
			return &url.URL{Scheme: "postgres", User: s.administrator(), Host: s.address(), Path: "/postgres"}
		},
		ready: "database system is ready to accept connections",
		taken: "could not create any TCP/IP sockets",
		busy:  "pre-existing shared memory block",
		end:   syscall.SIGINT,
	}
}

// postgresPrograms returns where the programs of PostgreSQL are. Debian keeps
// them off the PATH, a directory for each version.
func postgresPrograms() ([]string, error) {
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/postgres")
	if err != nil {
		return nil, err
	}
	if len(found) > 0 {
		newest := slices.MaxFunc(found, func(a, b string) int { return debianVersion(a) - debianVersion(b) })
		return []string{filepath.Dir(newest)}, nil
	}
	path, err := exec.LookPath("postgres")
	if err != nil {
		return nil, &NotInstalledError{Product: "PostgreSQL", Reason: "no program postgres in /usr/lib/postgresql or on the PATH"}
	}
	path, err = filepath.EvalSymlinks(path)
	return []string{filepath.Dir(path)}, err
}

// debianVersion returns the 15 of /usr/lib/postgresql/15/bin/postgres.
func debianVersion(program string) int {
	n, err := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(program))))
	if err != nil {
		return 0
	}
	return n
}

func preparePostgres(s *Server) ([]string, error) {
	return []string{
		"initdb", "--pgdata", "data", "--username", administrator, "--pwfile", "password", "--auth", "scram-sha-256",
		"--encoding", "UTF8", "--locale", "C", "--no-sync",
	}, s.confide("password", s.password+"\n")
}
