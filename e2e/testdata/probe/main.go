// Command probe runs the migrations of a directory on the database of a
// service, as the service does, and asks the database what came of it.
package main

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/pressly/goose/v3"

	"example.com/orders/internal/platform/db"
)

func main() {
	if err := run(context.Background(), os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// run takes a goose dialect, a URL, a directory, and "up" or "down" with a
// version, "sql" with statements, or "refused" with statements that have to
// fail.
func run(ctx context.Context, args []string) (err error) {
	location, err := url.Parse(args[1])
	if err != nil {
		return err
	}
	database, err := db.Open(db.Options{URL: location, PoolMax: 4, Timeout: 10 * time.Second})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, database.Close()) }()
	switch args[3] {
	case "sql":
		for _, statement := range args[4:] {
			if err := query(ctx, database, statement); err != nil {
				return fmt.Errorf("%s: %w", statement, err)
			}
		}
		return nil
	case "refused":
		for _, statement := range args[4:] {
			if err := query(ctx, database, statement); err == nil || !strings.Contains(strings.ToLower(err.Error()), "foreign key") {
				return fmt.Errorf("%s: %w", statement, cmp.Or(err, errors.New("is not refused")))
			}
		}
		return nil
	}
	version, err := strconv.ParseInt(args[4], 10, 64)
	if err != nil {
		return err
	}
	provider, err := goose.NewProvider(goose.Dialect(args[0]), pool(database), os.DirFS(args[2]), goose.WithAllowOutofOrder(true))
	if err != nil {
		return err
	}
	if args[3] == "up" {
		_, err = provider.UpTo(ctx, version)
		return err
	}
	_, err = provider.DownTo(ctx, version)
	return err
}

// pool returns the connections that write.
func pool(database *db.DB) *sql.DB {
	pools := database.Pools()
	return cmp.Or(pools["writer"], pools["all"])
}

// query prints a line for each row, the values of its columns with tabs between.
func query(ctx context.Context, database *db.DB, statement string) (err error) {
	rows, err := pool(database).QueryContext(ctx, statement)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	columns, err := rows.Columns()
	if err != nil {
		return err
	}
	for rows.Next() {
		values := make([]any, len(columns))
		into := make([]any, len(columns))
		for i := range values {
			into[i] = &values[i]
		}
		if err := rows.Scan(into...); err != nil {
			return err
		}
		texts := make([]string, len(values))
		for i, value := range values {
			texts[i] = fmt.Sprint(value)
			if text, ok := value.([]byte); ok {
				texts[i] = string(text)
			}
		}
		fmt.Println(strings.Join(texts, "\t"))
	}
	return rows.Err()
}
