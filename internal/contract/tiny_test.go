package contract

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"mime"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/signal"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
	"unicode/utf8"
)

const tinyWord = "tiny-service"

// TestMain makes the test binary a service of its own when it is asked to: a
// small one for the sample resource, kept in memory, which can be told to do
// one thing wrong.
func TestMain(m *testing.M) {
	if len(os.Args) > 2 && os.Args[1] == tinyWord {
		os.Exit(tinyMain(os.Args[2], os.Args[3:]))
	}
	os.Exit(m.Run())
}

// tiny is the small service.
type tiny struct {
	faults []string
	mu     sync.Mutex
	rows   map[string]map[string]any
	order  []string
	keys   map[string]keyedPost
	counts map[string]int
	log    sync.Mutex
}

func (t *tiny) broken(fault string) bool { return slices.Contains(t.faults, fault) }

func (t *tiny) print(level, msg string, more map[string]any) {
	r := map[string]any{"time": time.Now().Format(time.RFC3339Nano), "level": level, "msg": msg}
	maps.Copy(r, more)
	data, err := json.Marshal(r)
	if err != nil {
		data = []byte(err.Error())
	}
	t.log.Lock()
	defer t.log.Unlock()
	fmt.Fprintln(os.Stdout, string(data))
}

func tinyMain(command string, faults []string) int {
	t := &tiny{faults: faults, rows: map[string]map[string]any{}, keys: map[string]keyedPost{}, counts: map[string]int{}}
	if command == "migrate" {
		return 0
	}
	if t.broken("banner") {
		fmt.Println("Welcome!")
	}
	var bad []string
	port := os.Getenv("PORT")
	if data, err := os.ReadFile(".env"); err == nil && t.broken("dotenv") {
		port = strings.TrimSpace(strings.TrimPrefix(string(data), "PORT="))
	}
	if n, err := strconv.Atoi(port); err != nil || n > 65535 {
		bad = append(bad, "PORT is not a port")
	}
	if !strings.HasPrefix(os.Getenv("DATABASE_URL"), "sqlite://") {
		bad = append(bad, "DATABASE_URL is not a database")
	}
	if u, err := url.Parse(os.Getenv("DATABASE_URL")); err != nil || u.Host != "" {
		if t.broken("echo") {
			bad = append(bad, fmt.Sprint("DATABASE_URL ", os.Getenv("DATABASE_URL")))
		} else {
			bad = append(bad, "DATABASE_URL cannot be read")
		}
	}
	if l := os.Getenv("LOG_LEVEL"); l != "" && !slices.Contains([]string{"debug", "info", "warn", "error"}, l) {
		bad = append(bad, "LOG_LEVEL is not a level")
	}
	if len(bad) > 0 && t.broken("first") {
		bad = bad[:1]
	}
	if len(bad) > 0 {
		t.print("error", strings.Join(bad, "; "), nil)
		return 1
	}
	return t.serve(port)
}

func (t *tiny) serve(port string) int {
	l, err := net.Listen("tcp", "127.0.0.1:"+port)
	if err != nil {
		t.print("error", err.Error(), nil)
		return 1
	}
	if t.broken("silent") {
		t.log.Lock() // for good
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if t.broken("deaf") {
		signal.Ignore(os.Interrupt, syscall.SIGTERM)
	}
	s := &http.Server{Handler: t, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = s.Serve(l) }()
	if p := os.Getenv("METRICS_PORT"); p != "0" {
		m := &http.Server{Addr: "127.0.0.1:" + p, Handler: http.HandlerFunc(t.metrics), ReadHeaderTimeout: 10 * time.Second}
		go func() { _ = m.ListenAndServe() }()
	}
	t.print("info", "started", nil)
	<-ctx.Done()
	_ = s.Shutdown(context.Background())
	if !t.broken("silent") {
		t.print("info", "shutdown finished", nil)
	}
	return 0
}

func (t *tiny) metrics(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; version=0.0.4")
	t.mu.Lock()
	defer t.mu.Unlock()
	for key, n := range t.counts {
		p := strings.Split(key, "|")
		labels := fmt.Sprintf(`http_request_method=%q,http_response_status_code=%q,http_route=%q`, p[0], p[1], p[2])
		for le := range strings.FieldsSeq("0.005 0.01 0.025 0.05 0.075 0.1 0.25 0.5 0.75 1 2.5 5 7.5 10 +Inf") {
			fmt.Fprintf(w, "%s_bucket{%s,le=%q} %d\n", duration, labels, le, n)
		}
		fmt.Fprintf(w, "%s_sum{%s} 0\n%s_count{%s} %d\n", duration, labels, duration, labels, n)
	}
	fmt.Fprintln(w, "up 1")
}

// answer is what the small service says to one request.
type answer struct {
	http.ResponseWriter

	t      *tiny
	r      *http.Request
	id     string
	route  string
	status int
}

func (a *answer) send(status int, media string, body any) {
	a.status = status
	a.Header().Set("Content-Type", media)
	a.WriteHeader(status)
	if body != nil && a.r.Method != http.MethodHead {
		if err := json.NewEncoder(a).Encode(body); err != nil {
			a.t.print("error", err.Error(), nil)
		}
	}
}

func (a *answer) problem(status int, entries ...map[string]any) {
	if a.t.broken("plain errors") {
		a.status = status
		http.Error(a, "nope", status)
		return
	}
	p := map[string]any{"type": "about:blank", "title": http.StatusText(status), "status": status, "request_id": a.id}
	if entries != nil {
		p["errors"] = entries
	}
	a.send(status, "application/problem+json", p)
}

func (t *tiny) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	id := r.Header.Get("X-Request-Id")
	if !regexp.MustCompile(`^[A-Za-z0-9-]{1,100}$`).MatchString(id) && !t.broken("trusting") {
		id = random(16)
	}
	a := &answer{ResponseWriter: w, t: t, r: r, id: id}
	h := w.Header()
	h.Set("X-Request-Id", id)
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	h.Set("X-Frame-Options", "DENY")
	if !t.broken("no nosniff") {
		h.Set("X-Content-Type-Options", "nosniff")
	}
	if t.broken("powered") {
		h.Set("X-Powered-By", "Tiny/1.0")
	}
	trusted := os.Getenv("TRUSTED_PROXIES") == "127.0.0.1" || t.broken("any proxy")
	if trusted && r.Header.Get("X-Forwarded-Proto") == "https" {
		h.Set("Strict-Transport-Security", "max-age=63072000; includeSubDomains")
	}
	remote := "127.0.0.1"
	if f := r.Header.Get("X-Forwarded-For"); f != "" && trusted {
		remote = f
	}
	begun := time.Now()
	t.cors(a)
	t.routes(a)
	t.access(a, remote, time.Since(begun))
}

func (t *tiny) access(a *answer, remote string, took time.Duration) {
	if a.r.URL.Path == "/livez" || a.r.URL.Path == "/readyz" {
		return
	}
	t.mu.Lock()
	t.counts[a.r.Method+"|"+strconv.Itoa(a.status)+"|"+a.route]++
	t.mu.Unlock()
	if t.broken("silent") {
		return
	}
	shown := a.r.URL.EscapedPath()
	if t.broken("query") {
		shown = a.r.URL.RequestURI()
	}
	trace := random(16)
	if p := strings.Split(a.r.Header.Get("Traceparent"), "-"); len(p) == 4 && p[0] == "00" && traceID(p[1]) && strings.Trim(p[2], "0") != "" {
		trace = p[1]
	}
	t.print("info", "request", map[string]any{
		"method": a.r.Method, "path": shown, "route": a.route, "status": a.status, "duration_ms": took.Seconds() * 1000,
		"remote_ip": remote, "request_id": a.id, "trace_id": trace,
	})
}

func (t *tiny) cors(a *answer) {
	origin, allowed := a.r.Header.Get("Origin"), os.Getenv("CORS_ALLOWED_ORIGINS")
	if origin == "" || allowed == "" && !t.broken("any origin") {
		return
	}
	a.Header().Set("Vary", "Origin")
	if origin == allowed || t.broken("any origin") {
		a.Header().Set("Access-Control-Allow-Origin", origin)
	}
}

func (t *tiny) routes(a *answer) {
	p := a.r.URL.Path
	_, err := os.Stat(path.Dir(strings.TrimPrefix(os.Getenv("DATABASE_URL"), "sqlite://")))
	switch {
	case p == "/livez":
		if err != nil && t.broken("live needs database") {
			a.problem(503)
			return
		}
		t.method(a, map[string]func(*answer){"GET": func(a *answer) { a.send(200, jsonType, map[string]any{"status": "ok"}) }})
	case p == "/readyz":
		t.method(a, map[string]func(*answer){"GET": func(a *answer) {
			switch {
			case err != nil && t.broken("always ready"):
			case err != nil && t.broken("tells"):
				a.send(503, "application/problem+json", map[string]any{"type": "x", "title": err.Error(), "status": 503, "request_id": a.id})
				return
			case err != nil:
				a.problem(503)
				return
			}
			a.send(200, jsonType, map[string]any{"status": "ok", "checks": map[string]any{"database": "ok"}})
		}})
	case p == "/openapi.json" && os.Getenv("DOCS_ENABLED") == "true":
		t.method(a, map[string]func(*answer){"GET": t.describe})
	case p == "/api/v1/items":
		a.route = p
		t.method(a, map[string]func(*answer){"GET": t.list, "POST": t.post})
	case strings.HasPrefix(p, "/api/v1/items/"):
		a.route = "/api/v1/items/{id}"
		t.method(a, map[string]func(*answer){"GET": t.get, "PUT": t.change, "PATCH": t.change, "DELETE": t.remove})
	case p == "/actuator" && t.broken("actuator"):
		a.send(200, jsonType, nil)
	default:
		a.problem(404)
	}
}

func (t *tiny) method(a *answer, by map[string]func(*answer)) {
	m := a.r.Method
	if m == http.MethodHead && !t.broken("no head") {
		m = "GET"
	}
	if m == http.MethodOptions && a.Header().Get("Access-Control-Allow-Origin") != "" {
		a.send(204, "", nil)
		return
	}
	f, ok := by[m]
	if !ok {
		var allowed []string
		for name := range by {
			allowed = append(allowed, name)
		}
		if !t.broken("no allow") {
			a.Header().Set("Allow", strings.Join(append(allowed, "HEAD"), ", "))
		}
		a.problem(405)
		return
	}
	accept := a.r.Header.Get("Accept")
	if m == "GET" && accept != "" && !strings.Contains(accept, "*/*") && !strings.Contains(accept, "json") && !t.broken("any accept") {
		a.problem(406)
		return
	}
	f(a)
}

func (t *tiny) list(a *answer) {
	t.mu.Lock()
	defer t.mu.Unlock()
	limit, q := 20, a.r.URL.Query()
	for name, values := range q {
		n, err := strconv.Atoi(values[0])
		bad := name == "limit" && (err != nil || n < 1 || len(values) > 1) || name == "status" && !slices.Contains([]string{"draft", "active", "archived"}, values[0])
		if bad {
			a.problem(400, map[string]any{"detail": "not valid", "parameter": name})
			return
		}
		if name == "limit" {
			limit = min(n, 100)
			if t.broken("no clamp") {
				limit = n
			}
		}
	}
	rows := []any{}
	for _, id := range slices.Backward(t.order) {
		row, ok := t.rows[id]
		name, _ := row["name"].(string)
		sku, _ := row["sku"].(string)
		hit := strings.Contains(name, q.Get("q")) || strings.Contains(sku, q.Get("q"))
		if t.broken("like") {
			like := strings.ReplaceAll(regexp.QuoteMeta(q.Get("q")), "_", ".")
			hit = regexp.MustCompile(strings.ReplaceAll(like, "%", ".*")).MatchString(name)
		}
		if !ok || !hit || q.Get("status") != "" && row["status"] != q.Get("status") || q.Get("sku") != "" && sku != q.Get("sku") ||
			q.Get("quantity") != "" && fmt.Sprint(row["quantity"]) != q.Get("quantity") || len(rows) == limit {
			continue
		}
		rows = append(rows, row)
	}
	page := map[string]any{"items": rows, "next_cursor": nil}
	if t.broken("other type") {
		page["next_cursor"] = 0
	}
	if t.broken("other member") {
		page["total"] = len(rows)
	}
	a.send(200, jsonType, page)
}

// describe serves the resolved description that lies beside the parts of it.
func (t *tiny) describe(a *answer) {
	data, err := os.ReadFile("openapi.json")
	var document map[string]any
	if err == nil {
		err = json.Unmarshal(data, &document)
	}
	if err != nil {
		t.print("error", err.Error(), nil)
		a.problem(500)
		return
	}
	if t.broken("other description") {
		document["info"] = map[string]any{"title": "other", "version": "1.0.0"}
	}
	a.send(200, jsonType, document)
}

// read returns the content of a request, or answers.
func (t *tiny) read(a *answer) map[string]any {
	media, _, _ := mime.ParseMediaType(a.r.Header.Get("Content-Type"))
	if media != jsonType && (media != mergeType || a.r.Method != http.MethodPatch) && !t.broken("any media") {
		a.problem(415)
		return nil
	}
	data, err := io.ReadAll(http.MaxBytesReader(a, a.r.Body, int64(setting(os.Environ(), "MAX_BODY_BYTES", bodyMax))))
	if err != nil && !t.broken("any size") {
		a.Header().Set("Connection", "close")
		a.problem(413)
		return nil
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	var in map[string]any
	err = d.Decode(&in)
	if err == nil && !t.broken("trailing") {
		if _, more := d.Token(); more != io.EOF {
			err = errors.New("more")
		}
	}
	if err != nil || in == nil || !utf8.Valid(data) || bytes.Contains(data, []byte(`\ud800`)) {
		a.problem(400)
		return nil
	}
	return in
}

// check returns what is wrong with the content of an item.
func (t *tiny) check(in map[string]any, whole bool) []map[string]any {
	var bad []string
	text := func(name string, least, most int, null bool) {
		v, has := in[name]
		s, ok := v.(string)
		n := utf8.RuneCountInString(s)
		if t.broken("utf16") {
			n = len([]rune(s)) + strings.Count(s, "🚀")
		}
		blank := least > 0 && (strings.TrimSpace(s) == "" || strings.Contains(s, "\x00"))
		if has && (v != nil || !null) && (!ok || n < least || n > most || blank) {
			bad = append(bad, name)
		}
	}
	text("name", 1, 100, false)
	text("sku", 2, 32, false)
	text("description", 0, 2000, true)
	if s, ok := in["sku"].(string); ok && !slices.Contains(bad, "sku") && !regexp.MustCompile(`^[A-Z0-9][A-Z0-9-]{1,31}$`).MatchString(s) {
		bad = append(bad, "sku")
	}
	if v, has := in["quantity"]; has {
		number, ok := v.(json.Number)
		if s, isText := v.(string); isText && t.broken("coerce") {
			number, ok = json.Number(s), true
			in["quantity"] = number
		}
		n, err := strconv.ParseInt(number.String(), 10, 32)
		if !ok || err != nil || n < 0 {
			bad = append(bad, "quantity")
		}
	}
	if v, has := in["status"]; has && v != "draft" && v != "active" && v != "archived" {
		bad = append(bad, "status")
	}
	for name := range in {
		if !slices.Contains([]string{"name", "sku", "quantity", "status", "description"}, name) && !t.broken("unknown") {
			bad = append(bad, name)
		}
	}
	for _, name := range []string{"name", "sku"} {
		if _, has := in[name]; !has && whole {
			bad = append(bad, name)
		}
	}
	if len(bad) > 0 && t.broken("one fault") {
		bad = bad[:1]
	}
	var entries []map[string]any
	for _, name := range bad {
		entries = append(entries, map[string]any{"detail": "not valid", "pointer": "#/" + name})
	}
	return entries
}

func (t *tiny) taken(id, sku string) bool {
	for other, row := range t.rows {
		if other != id && row["sku"] == sku {
			return true
		}
	}
	return false
}

func stamp() string { return time.Now().UTC().Format("2006-01-02T15:04:05.000Z") }

// put stores what came in over a row, or answers.
func (t *tiny) put(a *answer, id string, row, in map[string]any) bool {
	sku, _ := in["sku"].(string)
	if t.taken(id, sku) {
		a.problem(409, map[string]any{"detail": "taken", "pointer": "#/sku"})
		return false
	}
	maps.Copy(row, in)
	t.rows[id] = row
	return true
}

func (a *answer) row(status int, row map[string]any) {
	a.Header().Set("ETag", fmt.Sprintf(`"%v"`, row["version"]))
	a.send(status, jsonType, row)
}

func blank() map[string]any {
	return map[string]any{"quantity": 0, "status": "draft", "description": nil}
}

func (t *tiny) post(a *answer) {
	in := t.read(a)
	if in == nil {
		return
	}
	if bad := t.check(in, true); bad != nil {
		a.problem(422, bad...)
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.again(a, in) {
		return
	}
	id, row := randomUUID(), blank()
	row["id"], row["version"], row["created_at"] = id, 1, stamp()
	row["updated_at"] = row["created_at"]
	if t.put(a, id, row, in) {
		t.order = append(t.order, id)
		if key := a.r.Header.Get("Idempotency-Key"); key != "" {
			t.keys[key] = keyedPost{id, fmt.Sprint(in)}
		}
		place := "/api/v1/items/" + id
		if t.broken("host in location") {
			place = "http://" + a.r.Host + place
		}
		a.Header().Set("Location", place)
		if t.broken("200 for made") {
			a.row(200, row)
			return
		}
		a.row(201, row)
	}
}

// keyedPost is what an Idempotency-Key was used for.
type keyedPost struct{ id, content string }

// again answers a request whose key is known, or is none. The lock is held.
func (t *tiny) again(a *answer, in map[string]any) bool {
	key := a.r.Header.Get("Idempotency-Key")
	if len(key) > 255 && !t.broken("long key") {
		a.problem(400)
		return true
	}
	first, known := t.keys[key]
	if !known || t.broken("no keys") {
		return false
	}
	if first.content != fmt.Sprint(in) && !t.broken("key alone") {
		a.problem(422)
		return true
	}
	if t.broken("second time 409") {
		a.problem(409)
		return true
	}
	a.Header().Set("Location", "/api/v1/items/"+first.id)
	a.row(201, t.rows[first.id])
	return true
}

// find returns the row of a request, or answers. The lock is held.
func (t *tiny) find(a *answer) map[string]any {
	row, ok := t.rows[strings.TrimPrefix(a.r.URL.Path, "/api/v1/items/")]
	if !ok && t.broken("500 for unknown") && strings.Contains(a.r.URL.Path, "'") {
		a.problem(500)
		return nil
	}
	if !ok {
		a.problem(404)
		return nil
	}
	tag := fmt.Sprintf(`"%v"`, row["version"])
	if c := a.r.Header.Get("If-Match"); c != "" && c != "*" && c != tag && !t.broken("no if-match") {
		a.problem(412)
		return nil
	}
	return row
}

func (t *tiny) get(a *answer) {
	t.mu.Lock()
	defer t.mu.Unlock()
	row := t.find(a)
	if row == nil {
		return
	}
	tag := fmt.Sprintf(`"%v"`, row["version"])
	if strings.Contains(a.r.Header.Get("If-None-Match"), tag) && !t.broken("no 304") {
		a.status = 304
		a.Header().Set("ETag", tag)
		a.WriteHeader(http.StatusNotModified)
		return
	}
	a.row(200, row)
}

func (t *tiny) change(a *answer) {
	in := t.read(a)
	if in == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	old := t.find(a)
	if old == nil {
		return
	}
	if bad := t.check(in, a.r.Method == http.MethodPut); bad != nil {
		a.problem(422, bad...)
		return
	}
	row := blank()
	if a.r.Method == http.MethodPatch || t.broken("put keeps") {
		maps.Copy(row, old)
	}
	if a.r.Method == http.MethodPatch && len(in) == 0 {
		a.row(200, old)
		return
	}
	version, _ := old["version"].(int)
	row["id"], row["created_at"], row["updated_at"], row["version"] = old["id"], old["created_at"], stamp(), version+1
	if t.broken("frozen") {
		row["updated_at"] = old["updated_at"]
	}
	if t.put(a, fmt.Sprint(old["id"]), row, in) {
		a.row(200, row)
	}
}

func (t *tiny) remove(a *answer) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if row := t.find(a); row != nil {
		if !t.broken("undead") {
			delete(t.rows, fmt.Sprint(row["id"]))
		}
		if t.broken("200 for gone") {
			a.send(200, jsonType, nil)
			return
		}
		a.status = 204
		a.WriteHeader(http.StatusNoContent)
	}
}
