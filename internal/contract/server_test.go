package contract

import (
	"context"
	"database/sql"
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver pgx

	"groundsill.example/internal/dbserver"
	"groundsill.example/internal/need"
)

// dialect is what the tests have to say to a kind of server.
type dialect struct {
	need      string // what the machine has to have
	open      func(location string) (*sql.DB, error)
	tables    string   // statements that make some
	made      []string // parts of the schema then
	changes   []string // statements that change it
	undo      string   // statements that take all of it away
	impatient string   // a statement after which nobody waits for locks
}

func dialects() map[string]dialect {
	return map[string]dialect{
		"postgres": {
			need: "postgres",
			open: func(location string) (*sql.DB, error) { return sql.Open("pgx", location) },
			tables: `
	CREATE TABLE "order" (id uuid PRIMARY KEY, "Name" text COLLATE "C" NOT NULL DEFAULT 'x' CHECK (length("Name") < 9));
	CREATE TABLE line (id bigint GENERATED ALWAYS AS IDENTITY, "order" uuid REFERENCES "order" (id));
	CREATE INDEX lines ON line ("order" DESC);`,
			made: []string{`public."order"`, `"Name" text COLLATE "C" NOT NULL DEFAULT 'x'`, "CHECK", "FOREIGN KEY", "lines", "line_id_seq"},
			changes: []string{
				`ALTER TABLE line ADD extra integer`, `ALTER TABLE "order" ALTER "Name" DROP DEFAULT`, `DROP INDEX lines`,
				`ALTER TABLE line DROP CONSTRAINT line_order_fkey`,
			},
			undo:      `DROP TABLE line; DROP TABLE "order"`,
			impatient: "SET lock_timeout = '100ms'",
		},
		"mysql": {
			need: "mariadb",
			open: func(location string) (*sql.DB, error) {
				at, err := url.Parse(location)
				if err != nil {
					return nil, err
				}
				return openMySQL(at)
			},
			tables: `
	CREATE TABLE "order" (id CHAR(36) PRIMARY KEY, "Name" VARCHAR(9) COLLATE latin1_bin NOT NULL DEFAULT 'x' CHECK (length("Name") < 9));
	CREATE TABLE line (id BIGINT AUTO_INCREMENT PRIMARY KEY, "order" CHAR(36), KEY "lines" ("order"),
		CONSTRAINT line_order FOREIGN KEY ("order") REFERENCES "order" (id));
	CREATE VIEW v AS SELECT id FROM line;
	CREATE TRIGGER g BEFORE INSERT ON line FOR EACH ROW SET NEW.id = NEW.id + 0;
	INSERT INTO line () VALUES ();`,
			made: []string{`TABLE "order"`, `COLLATE latin1_bin NOT NULL DEFAULT 'x'`, "CHECK", "FOREIGN KEY", "lines", "view v", "trigger g"},
			changes: []string{
				`ALTER TABLE line ADD extra integer`, `ALTER TABLE "order" ALTER "Name" DROP DEFAULT`,
				`ALTER TABLE line DROP FOREIGN KEY line_order`, `DROP INDEX "lines" ON line`, `DROP TRIGGER g`, `DROP VIEW v`,
			},
			undo:      `DROP VIEW v; DROP TABLE line; DROP TABLE "order"`,
			impatient: "SET lock_wait_timeout = 1",
		},
	}
}

// TestServers tries what the suite does with a database on a server, on each
// kind that can be run here.
func TestServers(t *testing.T) {
	t.Parallel()
	for name, d := range dialects() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serverSuite(t, name, d.need)
			for what, try := range map[string]func(*testing.T, dialect, func() database){
				"schema": trySchema, "hold": tryHold, "url": tryURL, "close": tryClose,
			} {
				t.Run(what, func(t *testing.T) {
					try(t, d, func() database {
						db, err := s.newDatabase()
						if err != nil {
							t.Fatal(err)
						}
						t.Cleanup(db.close)
						return db
					})
				})
			}
		})
	}
	if len(dialects())+1 != len(products()) { // MongoDB has no statements, see TestMongoDB
		t.Error("there are servers that are not tried")
	}
}

// serverSuite returns a suite whose databases are on a server of its own.
func serverSuite(t *testing.T, database, needed string) *suite {
	t.Helper()
	s := tinySuite(t, nil)
	s.record.Answers["database"] = database
	_, err := s.server.find(products()[database])
	if missing, ok := errors.AsType[*dbserver.NotInstalledError](err); ok {
		need.Missing(t, needed, missing.Error())
	}
	t.Cleanup(func() {
		if err := s.server.close(); err != nil {
			t.Error(err)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func trySchema(t *testing.T, d dialect, fresh func() database) {
	t.Helper()
	one, two := fresh(), fresh()
	if got, err := one.schema(); got != "" || err != nil {
		t.Errorf("an empty database: %q, %v", got, err)
	}
	for i, db := range []database{one, two} {
		for range i { // what was there before leaves no trace
			must(t, execute(db, d.tables))
			must(t, execute(db, d.undo))
		}
		must(t, execute(db, d.tables))
	}
	a, err := one.schema()
	must(t, err)
	for _, part := range d.made {
		if !strings.Contains(a, part) {
			t.Errorf("no %s in\n%s", part, a)
		}
	}
	if b, err := two.schema(); a != b || err != nil {
		t.Errorf("the same statements, another schema: %v\n%s\nand\n%s", err, a, b)
	}
	for _, change := range d.changes {
		before, err := two.schema()
		must(t, err)
		must(t, execute(two, change))
		if after, err := two.schema(); after == before || err != nil {
			t.Errorf("%s leaves no trace: %v", change, err)
		}
	}
}

func tryHold(t *testing.T, d dialect, fresh func() database) {
	t.Helper()
	db := fresh()
	must(t, execute(db, "CREATE TABLE t (x integer)"))
	release, err := db.hold()
	must(t, err)
	if err := execute(db, "SELECT * FROM t"); err != nil {
		t.Errorf("a reader: %v", err)
	}
	if err := execute(db, d.impatient+"; INSERT INTO t VALUES (1)"); err == nil {
		t.Error("a writer gets in while the tables are locked")
	}
	release()
	if err := execute(db, "INSERT INTO t VALUES (1)"); err != nil {
		t.Errorf("a writer afterwards: %v", err)
	}
}

func tryURL(t *testing.T, d dialect, fresh func() database) {
	t.Helper()
	db := fresh()
	if secret, ok := password(db); !ok || !strings.HasPrefix(secret, "S3CR3T-") {
		t.Errorf("password %q, %v", secret, ok)
	}
	pool, err := d.open(db.url())
	must(t, err)
	t.Cleanup(func() { _ = pool.Close() })
	must(t, pool.PingContext(t.Context()))
	must(t, db.set(blackhole))
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if err := pool.PingContext(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("ping: %v", err)
	}
}

func tryClose(t *testing.T, d dialect, fresh func() database) {
	t.Helper()
	db := fresh()
	pool, err := d.open(db.url())
	must(t, err)
	t.Cleanup(func() { _ = pool.Close() })
	must(t, pool.PingContext(t.Context()))
	db.close()
	if err := execute(db, "SELECT 1"); err == nil {
		t.Error("the database is still there, although somebody was connected")
	}
}

// execute runs a statement behind a service.
func execute(db database, statement string) error {
	direct, ok := db.(interface{ exec(statement string) error })
	if !ok {
		return errors.ErrUnsupported
	}
	return direct.exec(statement)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestCancelRequestIsNoSession(t *testing.T) {
	t.Parallel()
	for first, want := range map[string]bool{
		"\x00\x00\x00\x10\x04\xd2\x16\x2e12345678": true,
		"\x00\x00\x00\x08\x04\xd2\x16\x2f":         false, // SSLRequest
		"\x00\x00\x00\x10\x04":                     false,
		"":                                         false,
	} {
		if got := cancels([]byte(first)); got != want {
			t.Errorf("%q: %v", first, got)
		}
	}
}

// TestNoServer has a run say what it lacks.
func TestNoServer(t *testing.T) {
	t.Parallel()
	s := tinySuite(t, nil, "ST-1", "HL-1")
	s.record.Answers["database"] = "postgres"
	starts := 0
	s.server.start = func(context.Context, dbserver.Kind) (*dbserver.Server, error) {
		starts++
		return nil, &dbserver.NotInstalledError{Product: "PostgreSQL", Reason: "it is not there"}
	}
	_, err := s.run(t.Context(), All())
	if _, ok := errors.AsType[*dbserver.NotInstalledError](err); !ok || starts != 1 {
		t.Errorf("error = %v after %d starts", err, starts)
	}
}
