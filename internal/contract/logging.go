package contract

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// logging returns the clauses about the log.
func logging() []Clause {
	must, both := []Level{Must}, []Level{Must, Should}
	has := []Need{Resource}
	return []Clause{
		{ID: "LG-1", Title: "every line of output is a JSON record", Levels: both, Turn: Last, Run: linesAreRecords},
		{ID: "LG-2", Title: "one access record for each request", Levels: must, Needs: has, Run: accessRecords},
		{ID: "LG-3", Title: "request ids are passed on, forged ones replaced", Levels: must, Run: requestIDs},
		{ID: "LG-4", Title: "credentials are never logged", Levels: must, Run: credentials},
		{ID: "LG-5", Title: "an unforeseen failure is one 500 and one error record", Levels: must, Needs: []Need{Resource, SQL}, Run: lastResort},
	}
}

// linesAreRecords is LG-1, over the output of every service of the run.
func linesAreRecords(_ context.Context, s *Session) error {
	services := s.suite.seen.logged()
	if len(services) == 0 {
		return absentError("service started in this run")
	}
	for _, v := range services {
		if slices.Contains(v.env, "APP_ENV=development") {
			continue
		}
		for _, line := range whole(v.out.String()) {
			fault := notRecord(line)
			s.check(fault == "", "a line on stdout", "a JSON object with time, level and msg", fault+": "+line)
		}
		for _, line := range whole(v.err.String()) {
			_, err := parseObject([]byte(line))
			s.checkAt(Should, err == nil, "a line on stderr", "nothing, or a JSON object", line)
		}
	}
	return nil
}

// whole returns the lines of a text that are complete: a process that is
// killed may leave half a line.
func whole(text string) []string {
	end := strings.LastIndexByte(text, '\n')
	if end < 0 {
		return nil
	}
	return strings.Split(text[:end], "\n")
}

// notRecord says what a line lacks to be a log record.
func notRecord(line string) string {
	r, err := parseObject([]byte(line))
	if err != nil {
		return "not one JSON object"
	}
	at, _ := r["time"].(string)
	if _, err := time.Parse(time.RFC3339Nano, at); err != nil {
		return "time is not of RFC 3339"
	}
	levels := []any{"trace", "debug", "info", "warn", "error", "fatal"}
	if !slices.Contains(levels, r["level"]) {
		return "level is none of debug to fatal"
	}
	if _, ok := r["msg"].(string); !ok {
		return "no msg"
	}
	return ""
}

// accessed returns the access records printed so far.
func (v *service) accessed() []object {
	return slices.DeleteFunc(v.out.records(), func(r object) bool {
		_, method := r["method"]
		_, code := r["status"]
		return !method || !code
	})
}

// access waits for the access record of a request and returns it.
func (v *service) access(ctx context.Context, id string) object {
	for range 100 {
		for _, r := range v.accessed() {
			if r["request_id"] == id {
				return r
			}
		}
		pause(ctx, 20*time.Millisecond)
	}
	return nil
}

// accessRecords is LG-2.
func accessRecords(ctx context.Context, s *Session) error {
	v, err := s.start(ctx)
	if err != nil {
		return err
	}
	return s.each(func(k *kind) error {
		body, made, err := s.row(ctx, v, k)
		if err != nil {
			return err
		}
		v.access(ctx, made.requestID())
		before := len(v.accessed())
		path := made.header.Get("Location")
		missing := k.path + "/" + randomUUID()
		var replies []*reply
		for _, one := range [][2]string{
			{"GET", k.path},
			{"GET", k.path + "?limit=1&q=secret"},
			{"HEAD", k.path},
			{"GET", path},
			{"HEAD", path},
			{"GET", missing},
			{"PUT", path},
			{"PATCH", path},
			{"GET", k.path + "?limit=0"},
			{"DELETE", path},
		} {
			replies = append(replies, v.do(ctx, one[0], one[1], suited(one[0], body, object{})))
		}
		v.do(ctx, "GET", "/livez", nil)
		v.do(ctx, "GET", "/readyz", nil)
		for _, r := range replies {
			s.accessRecord(ctx, v, k, r)
		}
		pause(ctx, 100*time.Millisecond)
		got := len(v.accessed()) - before
		s.check(got == len(replies), "10 requests to "+k.path+" and two health probes", "exactly 10 access records", strconv.Itoa(got))
		return nil
	})
}

// accessRecord checks the record of one request.
func (s *Session) accessRecord(ctx context.Context, v *service, k *kind, r *reply) {
	record := v.access(ctx, r.requestID())
	if !s.check(record != nil, r.request, "an access record with request_id "+r.requestID(), "none") {
		return
	}
	path, _, _ := strings.Cut(r.path, "?")
	for name, want := range map[string]any{"method": r.method, "path": path, "status": json.Number(strconv.Itoa(r.status)), "remote_ip": "127.0.0.1"} {
		s.check(record[name] == want, r.request, fmt.Sprintf("an access record with %s %v", name, want), fmt.Sprintf("%v", record[name]))
	}
	_, timed := record["duration_ms"].(json.Number)
	s.check(timed, r.request, "an access record with a number duration_ms", fmt.Sprint(record["duration_ms"]))
	trace, _ := record["trace_id"].(string)
	s.check(traceID(trace), r.request, "an access record with a trace_id", trace)
	route, _ := record["route"].(string)
	template := path == k.path && route != "" || path != k.path && route != "" && !strings.Contains(route, path[len(k.path)+1:])
	s.check(template && strings.Contains(route, k.Plural), r.request, "an access record with the template of the route", route)
}

// traceID reports whether a text is a trace id of W3C that is not zero.
func traceID(text string) bool {
	return len(text) == 32 && strings.Trim(text, "0123456789abcdef") == "" && strings.Trim(text, "0") != ""
}

// requestIDs is LG-3.
func requestIDs(ctx context.Context, s *Session) error {
	v, err := s.start(ctx)
	if err != nil {
		return err
	}
	given := "abc-123"
	r := v.do(ctx, "GET", "/nope", nil, "X-Request-Id", given)
	s.want(r, problem(404), header("X-Request-Id", given))
	s.check(v.access(ctx, given) != nil, r.request, "an access record with the request id", "none")
	for _, bad := range []string{"", strings.Repeat("a", 500), `a%0d%0a{"x":1}`} {
		var headers []string
		if bad != "" {
			headers = []string{"X-Request-Id", bad}
		}
		r := v.do(ctx, "GET", "/nope", nil, headers...)
		s.want(r, problem(404))
		id := r.requestID()
		if s.check(len(id) >= 16 && id != bad, r.request, "a generated request id of 16 characters or more", id) {
			s.check(v.access(ctx, id) != nil, r.request, "an access record with the request id "+id, "none")
		}
	}
	v.do(ctx, "GET", `/x%0a{"level":"error","msg":"forged"}`, nil)
	last := v.do(ctx, "GET", "/nope", nil)
	v.access(ctx, last.requestID())
	for _, line := range whole(v.out.String()) {
		record, err := parseObject([]byte(line))
		s.check(err == nil && record["msg"] != "forged", `GET /x%0a{"level":"error","msg":"forged"}`, "no forged record, every line parses", line)
	}
	return nil
}

// credentials is LG-4.
func credentials(ctx context.Context, s *Session) error {
	v, err := s.start(ctx, "LOG_LEVEL=debug")
	if err != nil {
		return err
	}
	var secrets []string
	for i := range 4 {
		secrets = append(secrets, fmt.Sprintf("T%dx%s", i+1, random(8)))
	}
	paths := []string{"/nope"}
	for _, k := range s.suite.kinds {
		paths = append(paths, k.path)
	}
	for _, path := range paths {
		r := v.do(ctx, "POST", path+"?token="+secrets[2], object{"password": secrets[3]},
			"Authorization", "Bearer "+secrets[0], "Cookie", "s="+secrets[1])
		v.access(ctx, r.requestID())
		for i, secret := range secrets {
			s.secretAbsent(v.process, secret, fmt.Sprintf("%s (T%d)", r.request, i+1))
		}
	}
	return nil
}

// failing makes the first resource's table unreachable, requests its list,
// and puts the table back. Where that cannot be done it is a note; LG-5 says
// more.
func (s *Session) failing(ctx context.Context, v *service, judge func(r *reply)) {
	if err := s.unforeseen(ctx, v, judge); err != nil {
		s.note("an answer 500: %v", err)
	}
}

func (s *Session) unforeseen(ctx context.Context, v *service, judge func(r *reply)) error {
	if len(s.suite.kinds) == 0 {
		return absentError("resource")
	}
	k := s.suite.kinds[len(s.suite.kinds)-1]
	const away = "contract_away"
	if err := v.database.rename(k.Plural, away); err != nil {
		return err
	}
	r := v.do(ctx, "GET", k.path, nil)
	r.request += " while the table has another name"
	judge(r)
	return v.database.rename(away, k.Plural)
}

// lastResort is LG-5.
func lastResort(ctx context.Context, s *Session) error {
	v, err := s.start(ctx)
	if err != nil {
		return err
	}
	k := s.suite.kinds[len(s.suite.kinds)-1]
	err = s.unforeseen(ctx, v, func(r *reply) {
		r.body = []byte(strings.ReplaceAll(string(r.body), k.path, ""))
		s.want(r, problem(500), without(`"`+k.Plural, " "+k.Plural, "contract_away", "no such table", "does not exist", "select", "goroutine", "traceback"))
		s.errorRecord(ctx, v, r)
	})
	if err != nil {
		return err
	}
	s.want(v.do(ctx, "GET", k.path, nil), status(200))
	before := v.errorRecords("")
	for _, path := range []string{"/nope", k.path + "/" + randomUUID(), k.path + "?limit=0"} {
		r := v.do(ctx, "GET", path, nil)
		v.access(ctx, r.requestID())
	}
	s.check(v.errorRecords("") == before, "GET of what answers 4xx", "4xx is never logged at error", v.printed())
	return nil
}

// errorRecords counts the records at error with a request id, or all.
func (v *service) errorRecords(id string) int {
	n := 0
	for _, r := range v.out.records() {
		if r["level"] == "error" && (id == "" || r["request_id"] == id) {
			n++
		}
	}
	return n
}

// errorRecord checks that a failure left one record, with a stack.
func (s *Session) errorRecord(ctx context.Context, v *service, r *reply) {
	id := r.requestID()
	v.access(ctx, id)
	pause(ctx, 100*time.Millisecond)
	n := v.errorRecords(id)
	s.check(n == 1, r.request, "exactly one error record with request_id "+id, strconv.Itoa(n))
	for _, record := range v.out.records() {
		if record["level"] == "error" && record["request_id"] == id {
			s.check(hasStack(record), r.request, "an error record with a stack", fmt.Sprint(record))
		}
	}
}

// hasStack reports whether a record has a member named after a stack.
func hasStack(record object) bool {
	for name, value := range record {
		if inner, ok := value.(object); ok && hasStack(inner) {
			return true
		}
		if strings.Contains(strings.ToLower(name), "stack") && len(fmt.Sprint(value)) > 10 {
			return true
		}
	}
	return false
}
