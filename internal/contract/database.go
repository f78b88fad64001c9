package contract

import (
	"fmt"
	"path/filepath"
	"strconv"
)

// mode is how a database behaves towards the service.
type mode string

// The modes. SQLite has no network, so for it both faults are a directory that
// is gone.
const (
	pass      mode = "pass"
	refuse    mode = "refuse"
	blackhole mode = "blackhole"
)

// database is one database that a service runs on, as the suite sees it from
// the other side.
type database interface {
	// url is the value of DATABASE_URL.
	url() string
	// set makes the database reachable or not.
	set(m mode) error
	// hold keeps every writer waiting until release is called.
	hold() (release func(), err error)
	// schema describes all tables and indexes; it is empty where there are none.
	schema() (string, error)
	// exec runs a statement behind the service. It returns an absentError when
	// the machine has no client for the database.
	exec(statement string) error
}

// empty returns a new database without tables.
func (s *Session) empty() (database, error) { //nolint:ireturn // the kind of database is the record's choice
	return s.suite.newDatabase()
}

// newDatabase returns a new database without tables.
func (s *suite) newDatabase() (database, error) { //nolint:ireturn // the kind of database is the record's choice
	s.mu.Lock()
	s.database++
	number := s.database
	s.mu.Unlock()
	switch s.databaseName() {
	case "sqlite":
		return newSQLite(filepath.Join(s.Scratch, "db"+strconv.Itoa(number)))
	default:
		return nil, fmt.Errorf("the suite has no databases of the kind %q yet", s.databaseName())
	}
}
