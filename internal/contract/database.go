package contract

import (
	"fmt"
	"net/url"
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
	// set makes the database reachable or not.
	set(m mode) error
	// hold keeps every writer waiting until release is called.
	hold() (release func(), err error)
	// schema describes all tables and indexes; it is empty where there are none.
	schema() (string, error)
	backdoor
	// close ends what the suite keeps for the database, twice at most.
	close()
}

// backdoor is what the suite does with rows behind the service. A method returns
// an absentError where that cannot be done.
type backdoor interface {
	// rename gives a table another name.
	rename(table, to string) error
	// level gives all rows of a table the created_at of the oldest.
	level(table string) error
}

// networked is what more can be done with a database that a network leads to.
type networked interface {
	// enter makes the database reachable in a network of the suite's own.
	enter(room *namespace) error
	// delay holds back what the service sends for so long.
	delay(d time.Duration)
	// most returns how many sessions the service had at a time.
	most() int
	// open returns how many sessions the service has.
	open() int
}

// password returns the password in the URL of a database, and false where it
// has none.
func password(db database) (string, bool) {
	u, err := url.Parse(db.url())
	if err != nil {
		return "", false
	}
	return u.User.Password()
}

// sqlRename is a statement that gives a table another name.
func sqlRename(table, to string) string { return `ALTER TABLE "` + table + `" RENAME TO "` + to + `"` }

// sqlLevel is a statement that gives all rows the created_at of the oldest. MySQL
// reads from the table it changes only where that is hidden from it.
func sqlLevel(table string) string {
	first := `(SELECT MIN("created_at") AS "first" FROM "` + table + `") AS "rows"`
	return `UPDATE "` + table + `" SET "created_at" = (SELECT "first" FROM ` + first + ")"
}

// empty returns a new database without tables, which ends with the session.
func (s *Session) empty() (database, error) { //nolint:ireturn // the kind of database is the record's choice
	if s.suite.outside != nil {
		return nil, absentError(Database)
	}
	db, err := s.suite.newDatabase()
	if err != nil {
		return nil, err
	}
	s.later(db.close)
	return db, nil
}

// product is a kind of server, and how to make a database on one.
type product struct {
	server   func() dbserver.Kind
	database func(server *url.URL) (database, error)
	// isDouble tells a protocol double from the product; nil where there is none.
	isDouble func(server *url.URL) (bool, error)
}

// products are the kinds of servers, by the database of a service.
func products() map[string]product {
	return map[string]product{
		"postgres": {server: dbserver.Postgres, database: func(server *url.URL) (database, error) { return newPostgres(server) }},
		"mysql":    {server: dbserver.MariaDB, database: func(server *url.URL) (database, error) { return newMySQL(server) }},
		"mongodb": {
			server: dbserver.MongoDB, isDouble: isDouble,
			database: func(server *url.URL) (database, error) { return newMongo(server) },
		},
	}
}

// databaseTitle is the database of the service, for the report: a double of it is
// called one.
func (s *suite) databaseTitle() string {
	if s.server.double {
		return s.databaseName() + ", protocol double"
	}
	return s.databaseName()
}

// newDatabase returns a new database without tables.
func (s *suite) newDatabase() (db database, err error) { //nolint:ireturn // the kind of database is the record's choice
	s.mu.Lock()
	s.database++
	number := s.database
	s.mu.Unlock()
	if s.databaseName() == "sqlite" {
		return newSQLite(filepath.Join(s.Scratch, "db"+strconv.Itoa(number)))
	}
	kind, known := products()[s.databaseName()]
	if !known {
		return nil, fmt.Errorf("the suite has no databases of the kind %q yet", s.databaseName())
	}
	at, err := s.server.find(kind)
	if err != nil {
		return nil, err
	}
	return kind.database(at)
}
