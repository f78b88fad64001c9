package contract

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// statementLimit is how long the suite waits for its own statements.
const statementLimit = 20 * time.Second

// postgres is a database on a PostgreSQL server.
type postgres struct{ *served }

// newPostgres makes a database. Its order of text is that of a language where
// the server knows one, because that is not what the contract asks for and a
// service must not lean on the settings of a server.
func newPostgres(server *url.URL) (*postgres, error) {
	own, err := newServed(server, "5432", talk{aside: cancels})
	if err != nil {
		return nil, err
	}
	q := &postgres{own}
	create := "CREATE DATABASE " + q.name + " TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C'"
	err = execPostgres(server, create+" LOCALE_PROVIDER icu ICU_LOCALE 'en-US'")
	if refused, ok := errors.AsType[*pgconn.PgError](err); ok && refused.Code != "42501" { // insufficient_privilege
		err = execPostgres(server, create)
	}
	if err != nil {
		own.close()
		return nil, fmt.Errorf("make a database: %w", err)
	}
	return q, nil
}

// cancels recognises a CancelRequest of the protocol: a connection that asks
// to end the statement of another, takes no place of a session and closes.
func cancels(first []byte) bool {
	const code = 80877102
	return len(first) >= 8 && binary.BigEndian.Uint32(first[4:]) == code
}

// close drops the database.
func (q *postgres) close() {
	q.ended.Do(func() {
		q.proxy.close()
		_ = execPostgres(q.server, "DROP DATABASE IF EXISTS "+q.name+" WITH (FORCE)")
	})
}

func (q *postgres) exec(statement string) error { return execPostgres(q.direct, statement) }

func execPostgres(at *url.URL, statement string) error {
	ctx, cancel := context.WithTimeout(context.Background(), statementLimit)
	defer cancel()
	conn, err := pgx.Connect(ctx, at.String())
	if err != nil {
		return err
	}
	_, err = conn.PgConn().Exec(ctx, statement).ReadAll()
	return errors.Join(err, conn.Close(ctx))
}

// hold locks every table, so that those who read go on and those who write
// wait.
func (q *postgres) hold() (func(), error) {
	ctx, cancel := context.WithTimeout(context.Background(), statementLimit)
	defer cancel()
	conn, err := pgx.Connect(ctx, q.direct.String())
	if err != nil {
		return nil, err
	}
	var once sync.Once
	release := func() { once.Do(func() { _ = conn.Close(context.Background()) }) }
	rows, err := conn.Query(ctx, "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables WHERE "+ownSchema+" ORDER BY 1")
	if err == nil {
		var tables []string
		tables, err = pgx.CollectRows(rows, pgx.RowTo[string])
		if err == nil && len(tables) > 0 {
			_, err = conn.PgConn().Exec(ctx, "BEGIN; LOCK TABLE "+strings.Join(tables, ", ")+" IN EXCLUSIVE MODE").ReadAll()
		}
	}
	if err != nil {
		release()
		return nil, fmt.Errorf("lock the tables: %w", err)
	}
	return release, nil
}

// ownSchema is what is not the server's own.
const ownSchema = "schemaname NOT IN ('pg_catalog', 'information_schema')"

// describeSchema lists columns, constraints, indexes and the rest of what migrations
// make, in an order that depends on nothing else.
const describeSchema = `
WITH spaces AS (
	SELECT oid, nspname FROM pg_namespace WHERE nspname NOT IN ('information_schema') AND nspname NOT LIKE 'pg\_%'
), relations AS (
	SELECT c.oid, format('%I.%I', s.nspname, c.relname) AS name, c.relkind FROM pg_class c JOIN spaces s ON s.oid = c.relnamespace
)
SELECT line FROM (
	SELECT format('relation %s %s', relkind, name) AS line FROM relations WHERE relkind NOT IN ('i', 'I')
	UNION ALL
	SELECT format('column %s %s %I %s%s%s%s', r.name, a.attnum, a.attname, format_type(a.atttypid, a.atttypmod),
		CASE WHEN a.attcollation <> t.typcollation THEN ' COLLATE ' || a.attcollation::regcollation ELSE '' END,
		CASE WHEN a.attnotnull THEN ' NOT NULL' ELSE '' END,
		coalesce(' DEFAULT ' || pg_get_expr(d.adbin, d.adrelid), '') || a.attidentity::text)
	FROM relations r
	JOIN pg_attribute a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
	JOIN pg_type t ON t.oid = a.atttypid
	LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
	WHERE r.relkind IN ('r', 'p', 'v', 'm', 'f')
	UNION ALL
	SELECT format('constraint %s %I %s', r.name, n.conname, pg_get_constraintdef(n.oid))
	FROM pg_constraint n JOIN relations r ON r.oid = n.conrelid
	UNION ALL
	SELECT 'index ' || pg_get_indexdef(oid) FROM relations WHERE relkind IN ('i', 'I')
	UNION ALL
	SELECT format('type %I.%I', s.nspname, t.typname) FROM pg_type t JOIN spaces s ON s.oid = t.typnamespace WHERE t.typtype IN ('d', 'e', 'r')
	UNION ALL
	SELECT format('trigger %s %s', r.name, pg_get_triggerdef(g.oid)) FROM pg_trigger g JOIN relations r ON r.oid = g.tgrelid WHERE NOT g.tgisinternal
	UNION ALL
	SELECT format('extension %I', extname) FROM pg_extension WHERE extname <> 'plpgsql'
) AS lines ORDER BY line COLLATE "C"`

func (q *postgres) schema() (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), statementLimit)
	defer cancel()
	conn, err := pgx.Connect(ctx, q.direct.String())
	if err != nil {
		return "", err
	}
	defer conn.Close(ctx) //nolint:errcheck // a connection that only read
	rows, err := conn.Query(ctx, describeSchema)
	if err != nil {
		return "", err
	}
	lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
	return strings.Join(lines, "\n"), err
}

func (q *postgres) rename(table, to string) error { return q.exec(sqlRename(table, to)) }

func (q *postgres) level(table string) error { return q.exec(sqlLevel(table)) }
