package contract

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// postgres is a database of its own on a PostgreSQL server, behind a proxy.
type postgres struct {
	*proxy

	server *url.URL // where the suite itself connects
	name   string
	user   *url.Userinfo
}

// adminTime bounds what the suite does to a database.
const adminTime = 30 * time.Second

// newPostgres makes an empty database on the server.
func newPostgres(server string, port int) (*postgres, error) {
	u, err := url.Parse(server)
	if err != nil {
		return nil, errors.New("the URL of the database server cannot be read")
	}
	d := &postgres{server: u, name: "contract_" + random(8), user: u.User}
	if _, has := u.User.Password(); !has {
		// A server that asks for no password takes any, and ST-3 looks for it.
		d.user = url.UserPassword(u.User.Username(), "S3CR3T-"+random(8))
	}
	if err := d.admin(u.Path, "CREATE DATABASE "+d.name+" TEMPLATE template0 ENCODING 'UTF8'"); err != nil {
		return nil, err
	}
	d.proxy, err = newProxy(port, u.Host)
	return d, err
}

// url names the database as the service reaches it.
func (d *postgres) url() string {
	u := *d.server
	u.Host, u.Path, u.User = d.address, "/"+d.name, d.user
	return u.String()
}

// password is what must never be printed.
func (d *postgres) password() string {
	text, _ := d.user.Password()
	return text
}

// exec runs a statement behind the service.
func (d *postgres) exec(statement string) error { return d.admin("/"+d.name, statement) }

// admin runs a statement in a database of the server.
func (d *postgres) admin(database, statement string) error {
	return d.connect(database, func(ctx context.Context, conn *pgx.Conn) error {
		_, err := conn.Exec(ctx, statement)
		return err
	})
}

func (d *postgres) connect(database string, do func(context.Context, *pgx.Conn) error) error {
	ctx, cancel := context.WithTimeout(context.Background(), adminTime)
	defer cancel()
	u := *d.server
	u.Path = database
	conn, err := pgx.Connect(ctx, u.String())
	if err != nil {
		return err
	}
	return errors.Join(do(ctx, conn), conn.Close(ctx))
}

// schema describes columns, constraints and indexes, sorted.
func (d *postgres) schema() (string, error) {
	const query = `
SELECT format('%s.%s %s %s %s', c.relname, a.attname, format_type(a.atttypid, a.atttypmod),
	CASE WHEN a.attnotnull THEN 'not null' ELSE 'null' END, pg_get_expr(d.adbin, d.adrelid))
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace
UNION ALL
SELECT format('%s %s %s', conrelid::regclass, conname, pg_get_constraintdef(oid))
FROM pg_constraint WHERE connamespace = 'public'::regnamespace
UNION ALL
SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'
ORDER BY 1`
	var lines []string
	err := d.connect("/"+d.name, func(ctx context.Context, conn *pgx.Conn) error {
		rows, err := conn.Query(ctx, query)
		if err != nil {
			return err
		}
		lines, err = pgx.CollectRows(rows, pgx.RowTo[string])
		return err
	})
	return strings.Join(lines, "\n"), err
}

// suspend keeps all that is under way waiting.
func (d *postgres) suspend() (func(), error) {
	if err := d.set(blackhole); err != nil {
		return nil, err
	}
	return func() { _ = d.set(pass) }, nil // what is held goes on; the port was open all the time
}

// close removes the database.
func (d *postgres) close() error {
	return errors.Join(d.proxy.close(), d.admin(d.server.Path, "DROP DATABASE "+d.name+" WITH (FORCE)"))
}
