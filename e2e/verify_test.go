package e2e

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"groundsill.example/internal/record"
)

// verified runs sill verify --json and returns its exit code, the outcomes by
// clause and level, and what was printed.
func verified(t *testing.T, w *world, args ...string) (code int, outcomes map[string]string, printed string) {
	t.Helper()
	r := w.sill(append([]string{"verify", "--json"}, args...)...)
	var out struct {
		Sill   int
		Verify *struct {
			Clauses []struct{ ID, Level, Outcome, Missing string }
		}
	}
	if err := json.Unmarshal([]byte(r.Out), &out); err != nil || out.Sill != 1 || out.Verify == nil {
		t.Fatalf("exit %d, %v:\n%s%s", r.Code, err, r.Out, r.Err)
	}
	outcomes = map[string]string{}
	for _, c := range out.Verify.Clauses {
		outcomes[c.ID+" "+c.Level] = strings.TrimSpace(c.Outcome + " " + c.Missing)
	}
	return r.Code, outcomes, r.Out
}

// TestVerifyRepository holds a generated repository to a few clauses, and sees
// that it stays as it is but for its own build.
func TestVerifyRepository(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds and runs a service")
	}
	t.Parallel()
	w := newWorld(t)
	w.Env = []string{"GOCACHE=" + goEnv("GOCACHE"), "GOMODCACHE=" + goEnv("GOMODCACHE"), "GOPROXY=" + goEnv("GOPROXY")}
	w.good([]string{"new", "orders", "--yes"})
	code, outcomes, printed := verified(t, w, "-C", "orders/internal", "--clause", "HL-1,RS-20", "--clause", "SE-8", "--junit", "../../report.xml")
	want := map[string]string{"HL-1 MUST": "held", "RS-20 SHOULD": "not applicable module idempotency", "SE-8 MUST": "held"}
	if diff := cmp.Diff(want, outcomes); diff != "" || code != 0 {
		t.Errorf("exit %d (-want +got):\n%s\n%s", code, diff, printed)
	}
	if out := w.git("orders", "status", "--porcelain"); out != "" {
		t.Errorf("the repository is changed: %s", out)
	}
	data, err := os.ReadFile(filepath.Join(w.Dir, "report.xml"))
	must(t, err)
	var suite struct {
		Tests   int `xml:"tests,attr"`
		Skipped int `xml:"skipped,attr"`
	}
	if err := xml.Unmarshal(data, &suite); err != nil || suite.Tests != 3 || suite.Skipped != 1 {
		t.Errorf("JUnit: %v\n%s", err, data)
	}
}

// library is a service that nobody made with sill: it lends books, keeps them
// in memory, and takes whatever members a book has.
type library struct {
	mu    sync.Mutex
	books map[string]map[string]any
	count int
}

func (l *library) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Request-Id", "request")
	l.mu.Lock()
	defer l.mu.Unlock()
	id, one := strings.CutPrefix(r.URL.Path, "/v2/books/")
	book, has := l.books[id]
	switch {
	case r.URL.Path == "/livez":
		l.answer(w, 200, map[string]any{"status": "ok"})
	case r.Method == http.MethodPost && r.URL.Path == "/v2/books":
		l.lend(w, r)
	case r.Method == http.MethodGet && r.URL.Path == "/v2/books":
		l.answer(w, 200, map[string]any{"items": []any{}, "next_cursor": nil})
	case one && has && r.Method == http.MethodGet:
		l.answer(w, 200, book)
	case one && has && r.Method == http.MethodDelete:
		delete(l.books, id)
		w.WriteHeader(http.StatusNoContent)
	default:
		l.problem(w, 404)
	}
}

func (l *library) lend(w http.ResponseWriter, r *http.Request) {
	var book map[string]any
	if err := json.NewDecoder(r.Body).Decode(&book); err != nil {
		l.problem(w, 400)
		return
	}
	if title, ok := book["title"].(string); !ok || title == "" {
		l.problem(w, 422)
		return
	}
	l.count++
	book["id"] = fmt.Sprintf("00000000-0000-4000-8000-%012d", l.count)
	book["version"], book["created_at"], book["updated_at"] = 1, "2026-01-01T00:00:00.000Z", "2026-01-01T00:00:00.000Z"
	l.books[book["id"].(string)] = book
	w.Header().Set("Location", "/v2/books/"+book["id"].(string))
	l.answer(w, 201, book)
}

func (l *library) problem(w http.ResponseWriter, status int) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	fmt.Fprintf(w, `{"type":"about:blank","title":%q,"status":%d,"request_id":"request"}`, http.StatusText(status), status)
}

func (l *library) answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("ETag", `"1"`)
	w.WriteHeader(status)
	data, err := json.Marshal(body)
	if err == nil {
		_, err = w.Write(data)
	}
	if err != nil && !errors.Is(err, http.ErrBodyNotAllowed) {
		panic(err)
	}
}

const libraryDocument = `openapi: 3.0.3
info: {title: library, version: "2"}
servers: [{url: https://library.example/v2}]
paths:
  /books:
    get: {responses: {"200": {description: all, content: {application/json: {schema: {type: object, required: [items]}}}}}}
    post:
      requestBody:
        content:
          application/json:
            schema:
              type: object
              required: [title, pages]
              properties:
                title: {type: string, maxLength: 80}
                pages: {type: integer, minimum: 1, maximum: 5000}
                kind: {type: string, nullable: true, enum: [novel, essay]}
                lent_on: {type: string, format: date}
      responses:
        "201": {description: lent, content: {application/json: {schema: {$ref: '#/components/schemas/Book'}}}}
        4XX: {$ref: '#/components/responses/Problem'}
  /books/{id}:
    parameters: [{name: id, in: path, required: true, schema: {type: string}}]
    get: {responses: {"200": {description: one, content: {application/json: {schema: {$ref: '#/components/schemas/Book'}}}}, "404": {$ref: '#/components/responses/Problem'}}}
    delete: {responses: {"204": {description: gone}, "404": {$ref: '#/components/responses/Problem'}}}
components:
  responses:
    Problem: {description: wrong, content: {application/problem+json: {schema: {type: object, required: [status]}}}}
  schemas:
    Book: {type: object, required: [id, title], properties: {id: {type: string, format: uuid}, kind: {type: string, nullable: true}}}
`

// TestVerifyReachesRegistries sees that commands know of proxies, and of nothing
// that is the service's.
func TestVerifyReachesRegistries(t *testing.T) {
	t.Parallel()
	need(t, "sh")
	w := newWorld(t)
	w.Env = []string{"HTTPS_PROXY=http://proxy.example:3128", "NODE_EXTRA_CA_CERTS=/etc/ca.pem", "PORT=1"}
	w.good([]string{"new", "orders", "--yes"})
	file := filepath.Join(w.Dir, "orders", record.Name)
	seen := filepath.Join(w.Dir, "seen")
	text := regexp.MustCompile(`(?m)^  setup: .*$`).ReplaceAllLiteralString(read(t, w.Dir, "orders/"+record.Name), fmt.Sprintf("  setup: [sh, -c, 'env > %s; exit 1']", seen))
	text = regexp.MustCompile(`(?m)^  build: .*$`).ReplaceAllLiteralString(text, "  build: ['true']")
	must(t, os.WriteFile(file, []byte(text), 0o600))
	w.sill("-C", "orders", "verify", "--clause", "RP-1")
	got := read(t, w.Dir, "seen")
	for setting, want := range map[string]bool{"HTTPS_PROXY=http://proxy.example:3128": true, "NODE_EXTRA_CA_CERTS=/etc/ca.pem": true, "PORT=1": false} {
		if strings.Contains("\n"+got, "\n"+setting+"\n") != want {
			t.Errorf("%s, wanted %t:\n%s", setting, want, got)
		}
	}
}

// TestVerifyForeign tries a service of others from outside: some clauses are
// held, some broken, and some do not apply.
func TestVerifyForeign(t *testing.T) {
	t.Parallel()
	l := &library{books: map[string]map[string]any{"mine": {"title": "stays"}}}
	server := httptest.NewServer(l)
	defer server.Close()
	w := newWorld(t)
	must(t, os.WriteFile(filepath.Join(w.Dir, "api.yaml"), []byte(libraryDocument), 0o600))
	try := []string{"--yes", "--url", server.URL, "--openapi", "api.yaml", "--clause"}
	code, outcomes, printed := verified(t, w, append(try, "HL-1,HT-2,RS-1,RS-7,RS-12,RS-19,SE-8,ST-1,LG-2,RP-2,MT-1")...)
	want := map[string]string{
		"HL-1 MUST": "held", "HT-2 MUST": "held", "RS-1 MUST": "held", "RS-19 MUST": "held",
		"RS-12 MUST": "broken", // members that nobody knows are stored
		"SE-8 MUST":  "broken", // OpenAPI 3.0, and /livez is not in it
		"RS-7 MUST":  "not applicable database", "ST-1 MUST": "not applicable process", "LG-2 MUST": "not applicable log",
		"RP-2 MUST": "not applicable repository", "MT-1 MUST": "not applicable metrics port",
	}
	if diff := cmp.Diff(want, outcomes); diff != "" || code != 3 {
		t.Errorf("exit %d (-want +got):\n%s\n%s", code, diff, printed)
	}
	if len(l.books) != 1 || l.count == 0 {
		t.Errorf("%d books are left of %d and the one that was there", len(l.books), l.count)
	}
	if code, _, printed := verified(t, w, append(try, "RS-1,RS-19")...); code != 0 {
		t.Errorf("exit %d\n%s", code, printed)
	}
	human := w.sill(append([]string{"verify"}, append(try, "RS-12")...)...)
	for _, part := range []string{"RS-12  MUST  broken  members", "\nRS-12 MUST is broken: ", "expected  problem(422)", "\nMUST    0 held, 1 broken, 0 not applicable\n"} {
		if human.Code != 3 || !strings.Contains(human.Out, part) {
			t.Errorf("exit %d, %q is missing:\n%s%s", human.Code, part, human.Out, human.Err)
		}
	}
}
