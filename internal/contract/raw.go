package contract

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"time"
)

// wire is a connection on which bytes are sent exactly as given.
type wire struct {
	conn net.Conn
	in   *bufio.Reader
	seen *seen
	line string // of the last request that was begun

	bearer string // as of a client
}

// dial opens a connection to the service; everything on it ends within limit.
func (c *client) dial(ctx context.Context, limit time.Duration) (*wire, error) {
	conn, err := c.connect(ctx)
	if err != nil {
		return nil, err
	}
	if err := conn.SetDeadline(c.now().Add(limit)); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return &wire{conn: conn, in: bufio.NewReader(conn), seen: c.seen, bearer: c.bearer}, nil
}

func (c *client) connect(ctx context.Context) (net.Conn, error) {
	dialer := &net.Dialer{Timeout: 5 * time.Second}
	if c.scheme == "https" {
		return (&tls.Dialer{NetDialer: dialer}).DialContext(ctx, "tcp", c.address)
	}
	return dialer.DialContext(ctx, "tcp", c.address)
}

// send writes bytes. A request to the API that begins with them gets the token
// of the client.
func (w *wire) send(text string) error {
	w.begin(text)
	_, err := io.WriteString(w.conn, w.admitted(text))
	return err
}

// admitted returns a text with the token of the client, if it begins a request
// to the API.
func (w *wire) admitted(text string) string {
	line, rest, begins := strings.Cut(text, " HTTP/1.1\r\n")
	if _, path, _ := strings.Cut(line, " "); begins && w.bearer != "" && strings.HasPrefix(path, apiPrefix) {
		text = line + " HTTP/1.1\r\nAuthorization: Bearer " + w.bearer + "\r\n" + rest
	}
	return text
}

// begin remembers which request a text begins, if it does.
func (w *wire) begin(text string) {
	if line, _, ok := strings.Cut(text, " HTTP/1.1\r\n"); ok && !strings.Contains(line, "\n") {
		w.line = line
	}
}

// answer reads one answer to a request with the method, and shows it to the
// run.
func (w *wire) answer(method, request string) *reply {
	r := w.read(method, request)
	w.seen.observe(r)
	return r
}

func (w *wire) read(method, request string) *reply {
	r := &reply{method: method, request: request, raw: true}
	if begun, path, ok := strings.Cut(w.line, " "); ok {
		r.method, r.path = begun, path
	}
	for {
		res, err := http.ReadResponse(w.in, &http.Request{Method: method})
		if err != nil {
			r.err = err
			return r
		}
		r.body, r.err = io.ReadAll(io.LimitReader(res.Body, maxAnswer))
		r.err = errors.Join(r.err, res.Body.Close())
		r.status, r.header = res.StatusCode, res.Header
		if res.StatusCode >= http.StatusOK || r.err != nil {
			return r
		}
	}
}

// over reports whether the other side has closed and sends nothing more, and
// otherwise what it sent.
func (w *wire) over(limit time.Duration, now func() time.Time) (bool, string) {
	if err := w.conn.SetReadDeadline(now().Add(limit)); err != nil {
		return false, err.Error()
	}
	rest, err := io.ReadAll(io.LimitReader(w.in, 4096))
	var timeout net.Error
	if errors.As(err, &timeout) && timeout.Timeout() && len(rest) == 0 {
		return false, "the connection stays open"
	}
	return len(rest) == 0, string(rest)
}

func (w *wire) close() { _ = w.conn.Close() }

// ask sends text on a connection of its own and returns the answer.
func (c *client) ask(ctx context.Context, method, text string) *reply {
	w, err := c.dial(ctx, 15*time.Second)
	if err != nil {
		return &reply{request: clip(text, 200), err: err}
	}
	defer w.close()
	if err := w.send(text); err != nil {
		return &reply{request: clip(text, 200), err: err}
	}
	return w.answer(method, clip(text, 200))
}
