package contract

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/go-sql-driver/mysql"
)

// mysqlDatabase is a database on a MySQL or MariaDB server.
type mysqlDatabase struct{ *served }

// newMySQL makes a database. Its character set cannot hold most texts and its
// order ignores case, because a service must not lean on the settings of a
// server.
func newMySQL(server *url.URL) (*mysqlDatabase, error) {
	own, err := newServed(server, "3306", talk{})
	if err != nil {
		return nil, err
	}
	q := &mysqlDatabase{own}
	if err := execMySQL(server, "CREATE DATABASE "+q.name+" CHARACTER SET latin1 COLLATE latin1_swedish_ci"); err != nil {
		own.close()
		return nil, fmt.Errorf("make a database: %w", err)
	}
	return q, nil
}

// openMySQL returns a pool of one connection. Names are in double quotes there,
// as in every other database.
func openMySQL(at *url.URL) (*sql.DB, error) {
	settings := mysql.NewConfig()
	settings.Net, settings.Addr = "tcp", at.Host
	settings.User, settings.DBName = at.User.Username(), strings.TrimPrefix(at.Path, "/")
	settings.Passwd, _ = at.User.Password()
	settings.MultiStatements = true
	settings.Logger = &mysql.NopLogger{}
	settings.Params = map[string]string{"sql_mode": "'ANSI_QUOTES,TRADITIONAL'"}
	connector, err := mysql.NewConnector(settings)
	if err != nil {
		return nil, err
	}
	pool := sql.OpenDB(connector)
	pool.SetMaxOpenConns(1)
	return pool, nil
}

func execMySQL(at *url.URL, statement string) error {
	return withMySQL(at, func(ctx context.Context, pool *sql.DB) error {
		_, err := pool.ExecContext(ctx, statement)
		return err
	})
}

// withMySQL connects for so long as f takes.
func withMySQL(at *url.URL, f func(ctx context.Context, pool *sql.DB) error) error {
	pool, err := openMySQL(at)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), statementLimit)
	defer cancel()
	return errors.Join(f(ctx, pool), pool.Close())
}

// close drops the database.
func (q *mysqlDatabase) close() {
	q.ended.Do(func() {
		q.proxy.close()
		_ = execMySQL(q.server, "DROP DATABASE IF EXISTS "+q.name)
	})
}

func (q *mysqlDatabase) exec(statement string) error { return execMySQL(q.direct, statement) }

// hold locks every table, so that those who read go on and those who write
// wait.
func (q *mysqlDatabase) hold() (func(), error) {
	pool, err := openMySQL(q.direct)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), statementLimit)
	defer cancel()
	var once sync.Once
	release := func() { once.Do(func() { _ = pool.Close() }) }
	tables, err := mysqlLines(ctx, pool, `SELECT CONCAT('"', table_name, '" READ') FROM information_schema.tables
		WHERE table_schema = DATABASE() AND table_type = 'BASE TABLE' ORDER BY 1`)
	if err == nil && len(tables) > 0 {
		_, err = pool.ExecContext(ctx, "LOCK TABLES "+strings.Join(tables, ", "))
	}
	if err != nil {
		release()
		return nil, fmt.Errorf("lock the tables: %w", err)
	}
	return release, nil
}

// mysqlLines returns the texts that a query of one column finds.
func mysqlLines(ctx context.Context, pool *sql.DB, query string) (lines []string, err error) {
	rows, err := pool.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var line string
		if err := rows.Scan(&line); err != nil {
			return nil, err
		}
		lines = append(lines, line)
	}
	return lines, rows.Err()
}

// nextNumber is what a table says about the rows it had.
var nextNumber = regexp.MustCompile(` AUTO_INCREMENT=\d+`)

// schema returns the statements that make what is there, in an order that
// depends on nothing else.
func (q *mysqlDatabase) schema() (text string, err error) {
	var all []string
	err = withMySQL(q.direct, func(ctx context.Context, pool *sql.DB) error {
		tables, err := mysqlLines(ctx, pool, "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE() AND table_type = 'BASE TABLE'")
		if err != nil {
			return err
		}
		for _, table := range tables {
			var name, statement string
			if err := pool.QueryRowContext(ctx, `SHOW CREATE TABLE "`+table+`"`).Scan(&name, &statement); err != nil {
				return err
			}
			all = append(all, nextNumber.ReplaceAllString(statement, ""))
		}
		others, err := mysqlLines(ctx, pool, `
			SELECT CONCAT_WS(' ', 'view', table_name, view_definition) FROM information_schema.views WHERE table_schema = DATABASE()
			UNION ALL SELECT CONCAT_WS(' ', 'trigger', trigger_name, action_timing, event_manipulation, event_object_table, action_statement)
				FROM information_schema.triggers WHERE trigger_schema = DATABASE()
			UNION ALL SELECT CONCAT_WS(' ', routine_type, routine_name, routine_definition) FROM information_schema.routines WHERE routine_schema = DATABASE()
			UNION ALL SELECT CONCAT_WS(' ', 'event', event_name, event_definition) FROM information_schema.events WHERE event_schema = DATABASE()`)
		all = append(all, others...)
		return err
	})
	slices.Sort(all)
	return strings.ReplaceAll(strings.Join(all, "\n"), "`"+q.name+"`.", ""), err // a view names its database
}

func (q *mysqlDatabase) rename(table, to string) error { return q.exec(sqlRename(table, to)) }

func (q *mysqlDatabase) level(table string) error { return q.exec(sqlLevel(table)) }
