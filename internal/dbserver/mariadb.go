package dbserver

import (
	"net/url"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// MariaDB is MariaDB, the server that Debian has for the protocol of MySQL. Its
// data outlives a crash of the server but no loss of power, which makes it
// quick, and it takes as many connections as parallel tests make. It is set up
// as a careless administrator would: what a service needs of strictness, time
// zone and character set, it has to ask for. A server that starts clears the
// place of temporary tables, so each has its own.
func MariaDB() Kind {
	return Kind{
		name:     "mariadb",
		user:     "mysql",
		programs: mariadbPrograms,
		prepare: func(s *Server) ([]string, error) {
			return []string{
				"mariadb-install-db", "--no-defaults", "--datadir=" + s.data(), "--auth-root-authentication-method=socket",
				"--skip-test-db", "--skip-name-resolve", "--innodb-log-file-size=8M", "--tmpdir=" + s.dir,
			}, s.confide("init.sql", mariadbFirst(s.password))
		},
		serve: func(s *Server) []string {
			return []string{
				"mariadbd", "--no-defaults", "--datadir=" + s.data(), "--tmpdir=" + s.dir, "--init-file=" + filepath.Join(s.dir, "init.sql"),
				"--bind-address=127.0.0.1", "--port=" + strconv.Itoa(s.port), "--socket=socket", "--skip-name-resolve",
				"--innodb-log-file-size=8M", "--innodb-buffer-pool-size=32M", "--max-connections=500",
				"--innodb-flush-log-at-trx-commit=2", "--loose-innodb-flush-method=nosync", "--loose-debug-no-sync",
				"--sql-mode=", "--default-time-zone=+05:30",
				"--character-set-server=latin1", "--collation-server=latin1_swedish_ci",
			}
		},
		url: func(s *Server) *url.URL {
			return &url.URL{Scheme: "mysql", User: s.administrator(), Host: s.address(), Path: "/" + administrator}
		},
		ready: "ready for connections",
		taken: "Can't start server: Bind on TCP/IP port",
		busy:  "Unable to lock ./ibdata1",
		end:   syscall.SIGTERM,
	}
}

func (s *Server) data() string { return filepath.Join(s.dir, "data") }

// mariadbFirst returns the statements that make the administrator and a first
// database, each on a line of its own, as the server wants them.
func mariadbFirst(password string) string {
	who := administrator + "@'127.0.0.1'"
	return strings.Join([]string{
		"CREATE USER IF NOT EXISTS " + who + " IDENTIFIED BY '" + password + "';",
		"GRANT ALL ON *.* TO " + who + " WITH GRANT OPTION;",
		"CREATE DATABASE IF NOT EXISTS " + administrator + ";",
	}, "\n") + "\n"
}

// mariadbPrograms returns where the programs of MariaDB are. Debian keeps the
// server where the PATH of ordinary users does not lead.
func mariadbPrograms() ([]string, error) {
	var dirs []string
	for _, name := range []string{"mariadbd", "mariadb-install-db"} {
		path, err := exec.LookPath(name)
		if err != nil {
			path, err = exec.LookPath(filepath.Join("/usr/sbin", name))
		}
		if err != nil {
			return nil, &NotInstalledError{Product: "MariaDB", Reason: "no program " + name + " in /usr/sbin or on the PATH"}
		}
		dirs = append(dirs, filepath.Dir(path))
	}
	return dirs, nil
}
