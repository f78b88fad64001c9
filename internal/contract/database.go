package contract

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"time"

	"groundsill.example/internal/dbserver"
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
	// password is the secret in the URL, empty where there is none.
	password() string
	// set makes the database reachable or not.
	set(m mode) error
	// suspend keeps requests that write waiting until resume is called.
	suspend() (resume func(), err error)
	// schema describes all tables and indexes; it is empty where there are none.
	schema() (string, error)
	// exec runs a statement behind the service. It returns an absentError when
	// the machine has no client for the database.
	exec(statement string) error
	// close removes the database.
	close() error
}

// networked is a database behind a proxy.
type networked interface {
	// delay holds back what the service sends, and begins to count connections.
	delay(d time.Duration)
	// most is the largest number of connections that were open at a time since.
	most() int
	// offer lets the service reach the database from inside a network.
	offer(room *namespace) error
}

// empty returns a new database without tables.
func (s *Session) empty() (database, error) { //nolint:ireturn // the kind of database is the record's choice
	if s.suite.outside != nil {
		return nil, absentError(Database)
	}
	return s.suite.newDatabase()
}

// newDatabase returns a new database without tables, which ends with the run.
func (s *suite) newDatabase() (database, error) { //nolint:ireturn // the kind of database is the record's choice
	db, err := s.makeDatabase()
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.databases = append(s.databases, db)
	return db, nil
}

func (s *suite) makeDatabase() (database, error) { //nolint:ireturn // the kind of database is the record's choice
	switch kind := s.databaseName(); kind {
	case "sqlite":
		s.mu.Lock()
		s.count++
		number := s.count
		s.mu.Unlock()
		return newSQLite(filepath.Join(s.Scratch, "db"+strconv.Itoa(number)))
	case "postgres":
		server, err := s.server(kind)
		if err != nil {
			return nil, err
		}
		return newPostgres(server, s.freePort())
	default:
		return nil, fmt.Errorf("the suite has no databases of the kind %q", kind)
	}
}

// server returns the URL of the server on which databases are made: the one it
// was given, or one that it starts and that lives as long as the run.
func (s *suite) server(kind string) (string, error) {
	if s.Server != "" {
		return s.Server, nil
	}
	s.serverLock.Lock()
	defer s.serverLock.Unlock()
	if s.own == nil {
		var err error
		if s.own, err = dbserver.Start(context.Background(), kind); err != nil {
			return "", err
		}
	}
	return s.own.URL(), nil
}

// closeDatabases removes what the run has made.
func (s *suite) closeDatabases() error {
	s.mu.Lock()
	all := s.databases
	s.databases = nil
	s.mu.Unlock()
	var errs []error
	for _, db := range all {
		errs = append(errs, db.close())
	}
	if s.own != nil {
		errs = append(errs, s.own.Close())
	}
	return errors.Join(errs...)
}
