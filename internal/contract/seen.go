package contract

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// seen is what a run remembers of every answer and every process, for the
// clauses that hold for all of them.
type seen struct {
	api *api // nil where there is no description to hold answers against

	mu       sync.Mutex
	keep     bool     // the paths of rows that are made
	made     []string // oldest first
	answers  int
	errors   int
	faults   []Break // answers that HT-1 forbids
	headers  []Break // answers that SE-2 forbids
	services []*service
}

func (a *seen) add(v *service) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.services = append(a.services, v)
}

// observe judges an answer by what holds for all.
func (a *seen) observe(r *reply) {
	if r.err != nil {
		return
	}
	if a.api != nil {
		a.api.observe(r)
	}
	fault, tells := "", telling(r.header)
	judged := r.status >= http.StatusBadRequest && !fromParser(r)
	if judged {
		fault = faulty(r)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.answers++
	if place := r.header.Get("Location"); a.keep && r.method == http.MethodPost && r.status == http.StatusCreated && place != "" {
		a.made = append(a.made, place)
	}
	if judged {
		a.errors++
	}
	if fault != "" && len(a.faults) < maxBreaks {
		a.faults = append(a.faults, Break{Must, r.request, "problem(S) without anything of the inside", fault + ": " + r.summary()})
	}
	if tells != "" && len(a.headers) < maxBreaks {
		a.headers = append(a.headers, Break{Must, r.request, "no header that tells what the service is made of", tells})
	}
}

// fromParser reports whether an answer may come from the HTTP server itself,
// before routing.
func fromParser(r *reply) bool {
	early := []int{
		http.StatusRequestTimeout, http.StatusRequestEntityTooLarge,
		http.StatusRequestURITooLong, http.StatusRequestHeaderFieldsTooLarge,
	}
	odd := r.status == http.StatusBadRequest && (r.raw || strings.Contains(r.path, "%00") || strings.Contains(r.path, "%2f"))
	return slices.Contains(early, r.status) || r.method == http.MethodTrace || odd
}

// faulty says what is wrong with an error answer.
func faulty(r *reply) string {
	if fault := notProblem(r); fault != "" {
		return fault
	}
	if leak := leaks(string(r.body)); leak != "" {
		return "the content shows " + leak
	}
	return ""
}

// leaks returns what an error answer tells about the inside: markup, stack
// traces, SQL, paths of files and names of classes.
func leaks(text string) string {
	inside := regexp.MustCompile(`(?i:<html|<!doctype|goroutine \d|traceback \(most recent|stack trace)` +
		`|\.(?:go|py|rb|php|java|[cm]?js|ts):\d+|SQLSTATE|SQLITE_[A-Z]+|(?i:sqlite|pgx|psycopg|mysql|mariadb|mongod)\b` +
		`|\b(?:SELECT .+ FROM|INSERT INTO|UPDATE .+ SET|DELETE FROM)\b` +
		`|(?:^|["'\s])/(?:usr|home|app|srv|var|root|opt)/\w|\b(?:\w+\.){2,}\w*(?:Exception|Error)\b`)
	return inside.FindString(text)
}

// telling returns a header that tells what a service is made of.
func telling(h http.Header) string {
	for name := range h {
		low := strings.ToLower(name)
		if low == "x-powered-by" || low == "x-runtime" || low == "x-generator" || strings.HasPrefix(low, "x-aspnet") {
			return fmt.Sprintf("%s: %s", name, h.Get(name))
		}
	}
	if server := h.Get("Server"); strings.ContainsAny(server, "0123456789") {
		return "Server: " + server
	}
	return ""
}

// logged returns the services of the run.
func (a *seen) logged() []*service {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.services)
}
