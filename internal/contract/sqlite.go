package contract

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// sqlite is a database file in a directory of its own.
type sqlite struct {
	dir, away string
}

func newSQLite(dir string) (*sqlite, error) {
	return &sqlite{dir: dir, away: dir + ".away"}, os.MkdirAll(dir, 0o700)
}

func (q *sqlite) file() string { return filepath.Join(q.dir, "service.db") }

func (q *sqlite) url() string { return "sqlite://" + q.file() }

// set moves the directory away and back.
func (q *sqlite) set(m mode) error {
	_, err := os.Stat(q.dir)
	here := err == nil
	switch {
	case m == pass && !here:
		return os.Rename(q.away, q.dir)
	case m != pass && here:
		return os.Rename(q.dir, q.away)
	}
	return nil
}

// close leaves the file where it is: the directory is not the suite's.
func (*sqlite) close() {}

// schema returns the statements that made the tables and indexes. A file that
// is not there has none.
func (q *sqlite) schema() (string, error) {
	data, err := os.ReadFile(q.file())
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	log, err := os.ReadFile(q.file() + "-wal")
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	return sqliteSchema(data, log)
}

// exec runs a statement with the command-line client. It returns an absentError
// when the machine has none.
func (q *sqlite) exec(statement string) error {
	client, err := exec.LookPath("sqlite3")
	if err != nil {
		return absentError("sqlite3 command")
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, client, "-bail", "-cmd", ".timeout 5000", q.file(), statement) //nolint:gosec // the suite's own file and statement
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("sqlite3: %w: %s", err, strings.TrimSpace(string(out)))
	}
	return nil
}

func (q *sqlite) rename(table, to string) error { return q.exec(sqlRename(table, to)) }

func (q *sqlite) level(table string) error { return q.exec(sqlLevel(table)) }
