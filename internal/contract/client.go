package contract

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

const (
	jsonType  = "application/json"
	mergeType = "application/merge-patch+json"
	maxAnswer = 32 << 20
)

// object is a JSON object; numbers are json.Number.
type object = map[string]any

// reply is an answer, or the reason why there is none.
type reply struct {
	request string // for a report
	method  string
	path    string
	status  int
	header  http.Header
	body    []byte
	took    time.Duration
	raw     bool // the request was written byte by byte
	err     error
}

// client talks to one service and shows every answer to the run.
type client struct {
	scheme  string // http or https
	address string
	http    *http.Client
	seen    *seen
	now     func() time.Time
	bearer  string // the token of requests to the API; "" for none
}

func newClient(port int, all *seen, now func() time.Time) *client {
	dialer := &net.Dialer{Timeout: 5 * time.Second}
	return &client{
		scheme: "http", address: net.JoinHostPort("127.0.0.1", strconv.Itoa(port)), seen: all, now: now,
		http: &http.Client{
			Timeout: 45 * time.Second,
			Transport: &http.Transport{
				DialContext: dialer.DialContext, DisableCompression: true, MaxIdleConnsPerHost: 64, IdleConnTimeout: 5 * time.Second,
			},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
}

// dialIn makes connections inside a network.
func (c *client) dialIn(room *namespace) {
	if t, ok := c.http.Transport.(*http.Transport); ok {
		plain := t.DialContext
		t.DialContext = func(ctx context.Context, network, address string) (conn net.Conn, err error) {
			room.do(func() { conn, err = plain(ctx, network, address) })
			return conn, err
		}
	}
}

// chunked is a body that is sent without telling its length.
type chunked []byte

// do sends a request and returns the answer. The body is sent as it is when it
// is text or bytes, else as JSON. Headers are name, value, name, value; a
// Content-Type is application/json where a body has none, and left out when
// its value is empty. Host is a header here. Requests to the API have the token
// of the client unless a header says otherwise.
func (c *client) do(ctx context.Context, method, path string, body any, headers ...string) *reply {
	r := &reply{method: method, path: path}
	data, length := encode(body)
	r.request = describe(method, path, data, headers)
	target, query, _ := strings.Cut(path, "?")
	req, err := http.NewRequestWithContext(ctx, method, c.scheme+"://"+c.address, data.reader())
	if err != nil {
		r.err = err
		return r
	}
	req.URL = &url.URL{Scheme: c.scheme, Host: c.address, Opaque: target, RawQuery: query}
	req.ContentLength = length
	if c.bearer != "" && strings.HasPrefix(target, apiPrefix) {
		req.Header.Set("Authorization", "Bearer "+c.bearer)
	}
	setHeaders(req, body != nil, headers)
	c.exchange(req, r)
	c.seen.observe(r)
	return r
}

func (c *client) exchange(req *http.Request, r *reply) {
	begun := c.now()
	res, err := c.http.Do(req)
	r.took = c.now().Sub(begun)
	if err != nil {
		r.err = err
		return
	}
	r.status, r.header = res.StatusCode, res.Header
	r.body, r.err = io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	r.took = c.now().Sub(begun)
	if err := res.Body.Close(); r.err == nil {
		r.err = err
	}
}

// payload is the bytes of a request, nil for none.
type payload []byte

func (p payload) reader() io.Reader {
	if p == nil {
		return nil
	}
	return bytes.NewReader(p)
}

// encode returns the bytes of a body and its length as a request counts it.
func encode(body any) (payload, int64) {
	switch b := body.(type) {
	case nil:
		return nil, 0
	case chunked:
		return payload(b), -1
	case []byte:
		return append(payload{}, b...), int64(len(b))
	case string:
		return append(payload{}, b...), int64(len(b))
	}
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	if err := e.Encode(body); err != nil {
		return payload(err.Error()), int64(len(err.Error()))
	}
	data := bytes.TrimSuffix(out.Bytes(), []byte("\n"))
	return data, int64(len(data))
}

func setHeaders(req *http.Request, hasBody bool, headers []string) {
	req.Header.Set("User-Agent", "contract")
	if hasBody {
		req.Header.Set("Content-Type", jsonType)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		name, value := headers[i], headers[i+1]
		switch {
		case name == "Host":
			req.Host = value
		case (name == "Content-Type" || name == "Authorization") && value == "":
			req.Header.Del(name)
		default:
			req.Header.Set(name, value)
		}
	}
}

// describe returns a request as a report shows it.
func describe(method, path string, data []byte, headers []string) string {
	parts := []string{method + " " + clip(path, 200)}
	for i := 0; i+1 < len(headers); i += 2 {
		parts = append(parts, headers[i]+": "+clip(headers[i+1], 80))
	}
	if len(data) > 0 {
		parts = append(parts, clip(string(data), 200))
	}
	return strings.Join(parts, " · ")
}

// summary returns an answer as a report shows it.
func (r *reply) summary() string {
	if r == nil {
		return "no answer"
	}
	if r.err != nil {
		return r.err.Error()
	}
	text := strconv.Itoa(r.status)
	if t := r.header.Get("Content-Type"); t != "" {
		text += " " + t
	}
	return text + " " + clip(string(r.body), 300)
}

// json returns the content as an object; an empty one where it is not.
func (r *reply) json() object {
	o, err := parseObject(r.body)
	if err != nil {
		return object{}
	}
	return o
}

// str returns a string member of the content.
func (r *reply) str(name string) string {
	text, _ := r.json()[name].(string)
	return text
}

// number returns a whole number of the content, and false where it is none.
func (r *reply) number(name string) (int64, bool) {
	n, ok := r.json()[name].(json.Number)
	if !ok {
		return 0, false
	}
	value, err := n.Int64()
	return value, err == nil
}

// etag returns the entity tag.
func (r *reply) etag() string {
	if r.header == nil {
		return ""
	}
	return r.header.Get("ETag")
}

// items returns the rows of a list.
func (r *reply) items() []object {
	list, ok := r.json()["items"].([]any)
	if !ok {
		return nil
	}
	var rows []object
	for _, one := range list {
		if o, ok := one.(object); ok {
			rows = append(rows, o)
		}
	}
	return rows
}

// ids returns the ids of rows.
func ids(rows []object) []string {
	var all []string
	for _, row := range rows {
		all = append(all, fmt.Sprint(row["id"]))
	}
	return all
}
