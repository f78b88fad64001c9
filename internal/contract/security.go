package contract

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"groundsill.example/internal/resource"
)

// security returns the clauses about security.
func security() []Clause {
	must, should, both := []Level{Must}, []Level{Should}, []Level{Must, Should}
	return []Clause{
		{ID: "SE-1", Title: "every answer carries the protective headers", Levels: both, Run: protectiveHeaders},
		{ID: "SE-2", Title: "no header tells what the service is made of", Levels: must, Turn: Last, Run: silentHeaders},
		{ID: "SE-3", Title: "other origins are let in by exact name only", Levels: must, Run: origins},
		{ID: "SE-4", Title: "input is never executed", Levels: must, Needs: []Need{Resource}, Run: injections},
		{ID: "SE-5", Title: "forwarding headers count from trusted proxies only", Levels: must, Needs: []Need{Log}, Run: forwarded},
		{ID: "SE-6", Title: "the rate limit limits and recovers", Levels: should, Needs: []Need{Process, Resource}, Turn: Heavy, Run: rateLimit},
		{ID: "SE-7", Title: "nothing of the inside is served", Levels: must, Run: hiddenPaths},
		describedClause(),
	}
}

// protectiveHeaders is SE-1.
func protectiveHeaders(ctx context.Context, s *Session) error {
	v, err := s.start(ctx, "TRUSTED_PROXIES=127.0.0.1")
	if err != nil {
		return err
	}
	s.protected(v.do(ctx, "GET", "/livez", nil), 200)
	s.protected(v.do(ctx, "GET", "/nope", nil), 404)
	if err := s.eachOrNone(func(k *kind) error {
		made, err := s.create(ctx, v, k, nil)
		if err != nil {
			return err
		}
		s.protected(made, 201)
		s.protected(v.do(ctx, "GET", k.path, nil), 200)
		s.protected(v.do(ctx, "POST", k.path, object{"nobody": 1}), 422)
		return nil
	}); err != nil {
		return err
	}
	s.failing(ctx, v, func(r *reply) { s.protected(r, 500) })
	if s.suite.outside != nil {
		return nil // whether HTTPS ends here is not known
	}
	s.want(v.do(ctx, "GET", "/livez", nil), lacks("Strict-Transport-Security"))
	secure := v.do(ctx, "GET", "/livez", nil, "X-Forwarded-Proto", "https", "X-Forwarded-For", "9.9.9.9")
	s.should(secure, hsts())
	return nil
}

// protected checks the headers of an answer with a status.
func (s *Session) protected(r *reply, want int) {
	ok := s.want(r, status(want), header("X-Content-Type-Options", "nosniff"), header("Cache-Control", "no-store"), header("Referrer-Policy", "no-referrer"))
	if !ok {
		return
	}
	policy := r.header.Get("Content-Security-Policy")
	for _, part := range []string{"default-src 'none'", "frame-ancestors 'none'"} {
		s.check(strings.Contains(policy, part), r.request, "Content-Security-Policy with "+part, policy)
	}
	s.should(r, header("X-Frame-Options", "DENY"))
}

// lacks expects a header not to be there.
func lacks(name string) expectation {
	return expectation{says: "no " + name, differs: func(r *reply) string {
		if all := r.header.Values(name); len(all) > 0 {
			return fmt.Sprintf("%s is %q", name, all)
		}
		return ""
	}}
}

// hsts expects a year of HTTPS, with subdomains.
func hsts() expectation {
	return expectation{says: "Strict-Transport-Security of a year or more with includeSubDomains", differs: func(r *reply) string {
		value := r.header.Get("Strict-Transport-Security")
		age := 0
		for part := range strings.SplitSeq(value, ";") {
			if text, ok := strings.CutPrefix(strings.TrimSpace(part), "max-age="); ok {
				age, _ = strconv.Atoi(text)
			}
		}
		if age >= 31536000 && strings.Contains(strings.ToLower(value), "includesubdomains") {
			return ""
		}
		return fmt.Sprintf("Strict-Transport-Security is %q", value)
	}}
}

// silentHeaders is SE-2: it reports what was seen in the whole run.
func silentHeaders(_ context.Context, s *Session) error {
	a := s.suite.seen
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, b := range a.headers {
		s.broken(b.Level, b.Request, b.Want, b.Got)
	}
	if a.answers == 0 {
		return absentError("answer in this run")
	}
	return nil
}

// origins is SE-3.
func origins(ctx context.Context, s *Session) error {
	closed, err := s.start(ctx)
	if err != nil {
		return err
	}
	path := s.anyPath()
	evil := []string{"Origin", "https://evil.test"}
	preflight := []string{"Access-Control-Request-Method", "POST", "Access-Control-Request-Headers", "content-type"}
	s.want(closed.do(ctx, "GET", path, nil, evil...), noCORS())
	s.want(closed.do(ctx, http.MethodOptions, path, nil, slices.Concat(evil, preflight)...), noCORS())
	open, err := s.startOn(ctx, closed.database, "CORS_ALLOWED_ORIGINS=https://app.test")
	if err != nil {
		return s.part("an origin that is let in", err)
	}
	const good = "https://app.test"
	s.want(open.do(ctx, "GET", path, nil, "Origin", good), status(200), header("Access-Control-Allow-Origin", good), vary())
	s.want(open.do(ctx, http.MethodOptions, path, nil, slices.Concat([]string{"Origin", good}, preflight)...),
		status(200, 204), header("Access-Control-Allow-Origin", good), vary())
	for _, origin := range []string{"https://app.test.evil.test", "null", "https://evil.test"} {
		s.want(open.do(ctx, "GET", path, nil, "Origin", origin), noOrigin())
		s.want(open.do(ctx, http.MethodOptions, path, nil, slices.Concat([]string{"Origin", origin}, preflight)...), noOrigin())
	}
	return nil
}

// anyPath returns a path that answers 200: a list, where there is one.
func (s *Session) anyPath() string {
	if len(s.suite.kinds) == 0 {
		return "/livez"
	}
	return s.suite.kinds[0].path
}

// noCORS expects no header of cross-origin sharing.
func noCORS() expectation {
	return expectation{says: "no Access-Control-* header", differs: func(r *reply) string {
		for name, values := range r.header {
			if strings.HasPrefix(name, "Access-Control-") {
				return fmt.Sprintf("%s: %q", name, values)
			}
		}
		return ""
	}}
}

// noOrigin expects that an origin is not let in.
func noOrigin() expectation {
	return expectation{says: "no Access-Control-Allow-Origin", differs: lacks("Access-Control-Allow-Origin").differs}
}

// vary expects caches to be told that the origin matters.
func vary() expectation {
	return expectation{says: "Vary: Origin", differs: func(r *reply) string {
		for _, line := range r.header.Values("Vary") {
			for one := range strings.SplitSeq(line, ",") {
				if strings.EqualFold(strings.TrimSpace(one), "Origin") {
					return ""
				}
			}
		}
		return fmt.Sprintf("Vary is %q", r.header.Values("Vary"))
	}}
}

func payloads() []string {
	return []string{
		"' OR 1=1--", `"; DROP TABLE items;--`, "1 UNION SELECT", `{"$ne":null}`, "$where", "${7*7}", "{{7*7}}", "#{7*7}", ";id", "../../etc/passwd",
	}
}

// injections is SE-4.
func injections(ctx context.Context, s *Session) error {
	return s.alone(ctx, func(v *service, k *kind) error {
		made, err := s.create(ctx, v, k, nil)
		if err != nil {
			return err
		}
		other := v.do(ctx, "GET", made.header.Get("Location"), nil)
		stored := 0
		for _, payload := range payloads() {
			n, err := s.inject(ctx, v, k, payload)
			if err != nil {
				return err
			}
			stored += n
		}
		rows := v.do(ctx, "GET", k.path+"?limit=100", nil)
		s.want(rows, status(200))
		s.check(s.suite.outside != nil || len(rows.items()) == min(100, stored+1), "GET "+k.path+" after the payloads", fmt.Sprintf("%d rows", stored+1), strconv.Itoa(len(rows.items())))
		s.want(v.do(ctx, "GET", made.header.Get("Location"), nil), status(200), content(string(other.body)))
		return nil
	})
}

// inject sends a payload in every place there is and returns how many rows
// that made.
func (s *Session) inject(ctx context.Context, v *service, k *kind, payload string) (int, error) {
	harmless := []expectation{calm(), within(time.Second)}
	s.want(v.do(ctx, "GET", k.path+"/"+url.PathEscape(payload), nil), harmless...)
	escaped := url.QueryEscape(payload)
	parameters := []string{"limit", "cursor", "sort", "q"}
	for _, f := range k.Fields {
		if f.Filterable() {
			parameters = append(parameters, f.Key(), f.Key()+"[$ne]", f.Key()+"[]")
		}
	}
	for _, name := range parameters {
		s.want(v.do(ctx, "GET", k.path+"?"+name+"="+escaped, nil), harmless...)
	}
	stored := 0
	for _, f := range k.Fields {
		if f.Type != resource.String && f.Type != resource.Text {
			continue
		}
		body, err := s.valid(ctx, v, k)
		if err != nil {
			return 0, err
		}
		body[f.Key()] = payload
		r := v.do(ctx, "POST", k.path, body)
		if s.want(r, harmless...) && r.status == 201 {
			stored++
			s.check(r.str(f.Key()) == payload, r.request, "stored verbatim", r.str(f.Key()))
		}
	}
	return stored, nil
}

// calm expects an answer of the 2xx or 4xx kind in which nothing was computed.
func calm() expectation {
	return expectation{says: "2xx or 4xx, and no expression computed", differs: func(r *reply) string {
		if r.status < 200 || r.status >= 300 && r.status < 400 || r.status >= 500 {
			return r.summary()
		}
		var problem object
		if r.status >= 400 {
			problem = r.json()
		}
		for _, name := range []string{"title", "detail"} {
			if text, ok := problem[name].(string); ok && strings.Contains(text, "49") {
				return r.summary()
			}
		}
		return ""
	}}
}

// forwarded is SE-5.
func forwarded(ctx context.Context, s *Session) error {
	for _, trusted := range []bool{false, true} {
		settings, want := []string{}, "127.0.0.1"
		if trusted {
			settings, want = []string{"TRUSTED_PROXIES=127.0.0.1"}, "9.9.9.9"
		}
		v, err := s.start(ctx, settings...)
		if err != nil {
			return err
		}
		for _, path := range []string{s.anyPath(), "/nope"} {
			s.forwardedOnce(ctx, v, path, want, strings.Join(settings, " "))
		}
		for _, k := range s.suite.kinds {
			body, err := s.valid(ctx, v, k)
			if err != nil {
				continue
			}
			r := v.do(ctx, "POST", k.path, body, "Host", "evil.test", "X-Forwarded-Host", "evil.test", "X-Forwarded-For", "9.9.9.9")
			s.want(r, status(201), untouched("evil.test"))
		}
	}
	return nil
}

func (s *Session) forwardedOnce(ctx context.Context, v *service, path, want, settings string) {
	id := "forwarded-" + random(4)
	r := v.do(ctx, "GET", path, nil, "X-Request-Id", id, "Host", "evil.test", "X-Forwarded-Host", "evil.test", "X-Forwarded-For", "9.9.9.9")
	s.want(r, status(200, 404), untouched("evil.test"))
	if path == "/livez" {
		return // probes leave no access record
	}
	record := v.access(ctx, id)
	s.check(record["remote_ip"] == want, r.request+" · "+settings, "an access record with remote_ip "+want, fmt.Sprint(record["remote_ip"]))
}

// untouched expects that a text from the request is in no header and not in
// the content.
func untouched(text string) expectation {
	return expectation{says: text + " in no header and not in the content", differs: func(r *reply) string {
		for name, values := range r.header {
			if strings.Contains(strings.Join(values, "\n"), text) {
				return fmt.Sprintf("%s: %q", name, values)
			}
		}
		return without(text).differs(r)
	}}
}

// rateLimit is SE-6.
func rateLimit(ctx context.Context, s *Session) error {
	v, err := s.start(ctx, "RATE_LIMIT_RPM=60")
	if err != nil {
		return err
	}
	path := s.anyPath()
	limited := s.burst(ctx, v, path)
	request := fmt.Sprintf("120 × GET %s in 1 s with RATE_LIMIT_RPM=60", path)
	if s.checkAt(Should, len(limited) > 0, request, "some problem(429)", "none") {
		s.should(limited[0], problem(429), retryAfter())
		recovered := false
		for range 25 {
			r := v.do(ctx, "GET", path, nil)
			if recovered = r.err == nil && r.status != 429; recovered {
				break
			}
			pause(ctx, 200*time.Millisecond)
		}
		s.checkAt(Should, recovered, request, "it recovers", "429 for 5 s more")
	}
	free, err := s.startOn(ctx, v.database)
	if err != nil {
		return err
	}
	s.checkAt(Should, len(s.burst(ctx, free, path)) == 0, "the same without RATE_LIMIT_RPM", "no 429", "some")
	return nil
}

// burst sends 120 requests at once and returns those that were limited.
func (s *Session) burst(ctx context.Context, v *service, path string) []*reply {
	var wait sync.WaitGroup
	var mu sync.Mutex
	var limited []*reply
	for range 4 {
		wait.Go(func() {
			for range 30 {
				if r := v.do(ctx, "GET", path, nil); r.err == nil && r.status == 429 {
					mu.Lock()
					limited = append(limited, r)
					mu.Unlock()
				}
			}
		})
	}
	wait.Wait()
	return limited
}

// retryAfter expects whole seconds, one or more.
func retryAfter() expectation {
	return expectation{says: "an integer Retry-After of 1 or more", differs: func(r *reply) string {
		if n, err := strconv.Atoi(r.header.Get("Retry-After")); err != nil || n < 1 {
			return fmt.Sprintf("Retry-After is %q", r.header.Get("Retry-After"))
		}
		return ""
	}}
}

// hiddenPaths is SE-7.
func hiddenPaths(ctx context.Context, s *Session) error {
	v, err := s.start(ctx, "APP_ENV")
	if err != nil {
		return err
	}
	for _, path := range []string{
		"/.env", "/.git/config", "/actuator", "/actuator/env", "/rails/info/routes", "/debug/pprof/", "/console",
		"/phpinfo.php", "/static/../.env", "/openapi.json", "/docs",
	} {
		if s.suite.outside != nil && (path == descriptionAt || path == "/docs") {
			s.note("%s: not applicable, whether it is production cannot be seen", path)
			continue
		}
		s.want(v.do(ctx, "GET", path, nil), problem(404))
	}
	index, root := v.do(ctx, "GET", "/index.php", nil), v.do(ctx, "GET", "/", nil)
	if index.status != 404 {
		s.want(index, status(root.status))
	}
	return nil
}
