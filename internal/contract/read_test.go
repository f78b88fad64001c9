package contract

import (
	"bufio"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestParseMetrics(t *testing.T) {
	t.Parallel()
	got, err := parseMetrics("# HELP x y\nup 1\nx_bucket{le=\"+Inf\", path=\"a\\\"b}\"} 3 1700000000 # {id=\"1\"} 2\n")
	if err != nil {
		t.Fatal(err)
	}
	want := []sample{{"up", map[string]string{}, 1}, {"x_bucket", map[string]string{"le": "+Inf", "path": `a"b}`}, 3}}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(sample{})); diff != "" {
		t.Error(diff)
	}
	for _, bad := range []string{"9x 1", "x", "x{a=1} 2", "x{a=\"1\" 2", "x{a=\"1\",a=\"2\"} 3", "x one"} {
		if _, err := parseMetrics(bad); err == nil {
			t.Errorf("%q is taken for metrics", bad)
		}
	}
}

func TestEditorConfig(t *testing.T) {
	t.Parallel()
	e := parseEditorConfig("root = true\n[*]\nend_of_line = lf\ninsert_final_newline = true\ntrim_trailing_whitespace = true\nindent_style = space\n" +
		"[{*.go,Makefile}]\nindent_style = tab\n[docs/**.md]\ntrim_trailing_whitespace = false\n")
	for _, c := range []struct{ name, data, want string }{
		{"a.txt", "x\n", ""},
		{"a.txt", "x", "no newline at the end"},
		{"a.txt", "x\r\n", "a carriage return"},
		{"a/b.yaml", "x\n\ty\n", "line 2: indented with a tab"},
		{"a/b.go", "x\n\ty\n", ""},
		{"Makefile", "x\n  y\n", "line 2: indented with spaces"},
		{"b.md", "x \n", "line 1: trailing space"},
		{"docs/b.md", "x \n", ""},
	} {
		if got := e.breaks(c.name, c.data); got != c.want {
			t.Errorf("%s %q: got %q, want %q", c.name, c.data, got, c.want)
		}
	}
}

func TestLeaks(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		`{"title":"Not Found","detail":"No row has this id."}`: false,
		`<html><body>oops`:                            true,
		`panic: goroutine 7 [running]`:                true,
		`SELECT name FROM items`:                      true,
		`open "/home/me/orders.db"`:                   true,
		`org.springframework.web.BadRequestException`: true,
		`at item.go:31`:                               true,
		`no such table: SQLITE_ERROR`:                 true,
		`Unknown column on this MariaDB server`:       true,
	} {
		if got := leaks(text) != ""; got != want {
			t.Errorf("%q leaks: %v", text, got)
		}
	}
}

// sqliteDatabase makes a database with the command-line client.
func sqliteDatabase(t *testing.T, statements string) *sqlite {
	t.Helper()
	if _, err := exec.LookPath("sqlite3"); err != nil {
		t.Skip("the sqlite3 command is not installed")
	}
	q, err := newSQLite(filepath.Join(t.TempDir(), "db"))
	if err != nil {
		t.Fatal(err)
	}
	if err := q.exec(statements); err != nil {
		t.Fatal(err)
	}
	return q
}

func TestSQLiteSchema(t *testing.T) {
	t.Parallel()
	long := `CREATE TABLE "long" ("` + strings.Repeat("x", 9000) + `" TEXT)`
	var statements, want []string
	for name := range strings.FieldsSeq("a b c d e f g h i j k l m n o p q r s t u v w x y z") {
		one := `CREATE TABLE "` + name + `" ("` + strings.Repeat(name, 300) + `" TEXT)`
		statements, want = append(statements, one), append(want, one)
	}
	q := sqliteDatabase(t, strings.Join(append(statements, long), ";")+";")
	want = append(want, long)
	got, err := q.schema()
	if err != nil {
		t.Fatal(err)
	}
	if len(strings.Split(got, "\n")) != 27 {
		t.Fatalf("%d statements, want 27", len(strings.Split(got, "\n")))
	}
	for _, one := range want {
		if !strings.Contains(got, one) {
			t.Errorf("%.40s is missing", one)
		}
	}
}

func TestSQLiteSchemaOfNothing(t *testing.T) {
	t.Parallel()
	q, err := newSQLite(filepath.Join(t.TempDir(), "db"))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := q.schema(); got != "" || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
	if err := os.WriteFile(q.file(), []byte(strings.Repeat("x", 4096)), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := q.schema(); err == nil {
		t.Error("what is no database is read as one")
	}
}

// reading keeps a connection open that has read, and with it the shared memory
// of WAL mode, until leave is called.
func reading(t *testing.T, q *sqlite) (leave func()) {
	t.Helper()
	reader := exec.CommandContext(t.Context(), "sqlite3", q.file())
	in, err := reader.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := reader.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := reader.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(in, "SELECT count(*) FROM t;\n"); err != nil {
		t.Fatal(err)
	}
	if _, err := out.Read(make([]byte, 8)); err != nil {
		t.Fatal(err)
	}
	return func() { _, _ = in.Close(), reader.Wait() }
}

func TestHoldKeepsWritersOut(t *testing.T) {
	t.Parallel()
	for _, journal := range []string{"WAL", "DELETE"} {
		q := sqliteDatabase(t, "PRAGMA journal_mode="+journal+"; CREATE TABLE t (x);")
		leave := reading(t, q)
		release, err := q.hold()
		if err != nil {
			t.Fatal(err)
		}
		quick := exec.CommandContext(t.Context(), "sqlite3", "-bail", q.file(), "INSERT INTO t VALUES (1);")
		if err := quick.Run(); err == nil {
			t.Errorf("%s: a writer gets in while the lock is held", journal)
		}
		release()
		if err := q.exec("INSERT INTO t VALUES (1);"); err != nil {
			t.Errorf("%s: %v after release", journal, err)
		}
		leave()
	}
}

func TestWire(t *testing.T) {
	t.Parallel()
	near, far := net.Pipe()
	w := &wire{conn: near, in: bufio.NewReader(near), seen: &seen{}}
	go func() {
		_, _ = far.Write([]byte("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 204 No Content\r\n\r\nleft"))
	}()
	t.Cleanup(func() { _ = far.Close() })
	if r := w.answer("GET", "x"); r.err != nil || r.status != 200 || string(r.body) != "ok" {
		t.Errorf("first answer: %+v", r)
	}
	if r := w.answer("GET", "x"); r.err != nil || r.status != 204 {
		t.Errorf("second answer: %+v", r)
	}
	if over, rest := w.over(100*time.Millisecond, time.Now); over || rest != "left" {
		t.Errorf("over: %v %q", over, rest)
	}
}
