package contract

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"groundsill.example/internal/dbserver"
	"groundsill.example/internal/need"
)

// postgresSuite returns a suite whose databases are on a server of its own.
func postgresSuite(t *testing.T) *suite {
	t.Helper()
	s := tinySuite(t, nil)
	s.record.Answers["database"] = "postgres"
	_, err := s.server.find()
	if missing, ok := errors.AsType[*dbserver.NotInstalledError](err); ok {
		need.Missing(t, "postgres", missing.Error())
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

func postgresOf(t *testing.T, s *suite) *postgres {
	t.Helper()
	db, err := s.newDatabase()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.close)
	q, ok := db.(*postgres)
	if !ok {
		t.Fatalf("%T", db)
	}
	return q
}

func TestPostgresDatabase(t *testing.T) {
	t.Parallel()
	s := postgresSuite(t)
	for name, try := range map[string]func(t *testing.T, s *suite){
		"schema": trySchema, "hold": tryHold, "url": tryURL, "close": tryClose,
	} {
		t.Run(name, func(t *testing.T) { try(t, s) })
	}
}

const madeTables = `
	CREATE TABLE "order" (id uuid PRIMARY KEY, "Name" text COLLATE "C" NOT NULL DEFAULT 'x' CHECK (length("Name") < 9));
	CREATE TABLE line (id bigint GENERATED ALWAYS AS IDENTITY, "order" uuid REFERENCES "order" (id));
	CREATE INDEX lines ON line ("order" DESC);`

func trySchema(t *testing.T, s *suite) {
	t.Helper()
	one, two := postgresOf(t, s), postgresOf(t, s)
	if got, err := one.schema(); got != "" || err != nil {
		t.Errorf("an empty database: %q, %v", got, err)
	}
	for _, q := range []*postgres{one, two} {
		if err := q.exec(madeTables + `INSERT INTO "order" VALUES ('` + randomUUID() + `', 'a');`); err != nil {
			t.Fatal(err)
		}
	}
	a, err := one.schema()
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{`public."order"`, `"Name" text COLLATE "C" NOT NULL DEFAULT 'x'`, "CHECK", "FOREIGN KEY", "lines", "line_id_seq"} {
		if !strings.Contains(a, part) {
			t.Errorf("no %s in\n%s", part, a)
		}
	}
	if b, err := two.schema(); a != b || err != nil {
		t.Errorf("the same statements, another schema: %v\n%s\nand\n%s", err, a, b)
	}
	for _, change := range []string{
		`ALTER TABLE line ADD extra integer`, `ALTER TABLE "order" ALTER "Name" DROP DEFAULT`, `DROP INDEX lines`,
		`ALTER TABLE line DROP CONSTRAINT line_order_fkey`,
	} {
		before, err := two.schema()
		if err != nil {
			t.Fatal(err)
		}
		if err := two.exec(change); err != nil {
			t.Fatal(err)
		}
		if after, err := two.schema(); after == before || err != nil {
			t.Errorf("%s leaves no trace: %v", change, err)
		}
	}
}

func tryHold(t *testing.T, s *suite) {
	t.Helper()
	q := postgresOf(t, s)
	if err := q.exec("CREATE TABLE t (x integer)"); err != nil {
		t.Fatal(err)
	}
	release, err := q.hold()
	if err != nil {
		t.Fatal(err)
	}
	if err := q.exec("SELECT * FROM t"); err != nil {
		t.Errorf("a reader: %v", err)
	}
	if err := q.exec("SET lock_timeout = '100ms'; INSERT INTO t VALUES (1)"); err == nil {
		t.Error("a writer gets in while the tables are locked")
	}
	release()
	if err := q.exec("INSERT INTO t VALUES (1)"); err != nil {
		t.Errorf("a writer afterwards: %v", err)
	}
}

func tryURL(t *testing.T, s *suite) {
	t.Helper()
	q := postgresOf(t, s)
	if secret, ok := password(q); !ok || !strings.HasPrefix(secret, "S3CR3T-") {
		t.Errorf("password %q, %v", secret, ok)
	}
	conn, err := pgx.Connect(t.Context(), q.url())
	if err != nil {
		t.Fatal(err)
	}
	if err := q.set(blackhole); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if err := conn.Ping(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("ping: %v", err)
	}
}

func tryClose(t *testing.T, s *suite) {
	t.Helper()
	q := postgresOf(t, s)
	if _, err := pgx.Connect(t.Context(), q.url()); err != nil {
		t.Fatal(err)
	}
	q.close()
	if err := q.exec("SELECT 1"); err == nil {
		t.Error("the database is still there, although somebody was connected")
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
	s.server.start = func(context.Context) (*dbserver.Server, error) {
		starts++
		return nil, &dbserver.NotInstalledError{Product: "PostgreSQL", Reason: "it is not there"}
	}
	_, err := s.run(t.Context(), All())
	if _, ok := errors.AsType[*dbserver.NotInstalledError](err); !ok || starts != 1 {
		t.Errorf("error = %v after %d starts", err, starts)
	}
}
