package contract

import (
	"context"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"groundsill.example/internal/resource"
)

const (
	authModule = "auth"
	apiPrefix  = "/api/"
)

// authentication returns the clauses about tokens.
func authentication() []Clause {
	must := []Level{Must}
	needs := []Need{Module(authModule)}
	return []Clause{
		{ID: "AU-1", Title: "nothing of the API without a token, and a record of the refusal", Levels: must, Needs: needs, Run: noToken},
		{ID: "AU-2", Title: "tokens that are wrong in any way are refused", Levels: must, Needs: needs, Run: badTokens},
		{
			ID: "AU-3", Title: "scopes are asked for, and rows belong to who made them", Levels: must,
			Needs: append([]Need{Resource}, needs...), Run: owners,
		},
		{ID: "AU-4", Title: "keys are kept, renewed when needed, and never done without", Levels: must, Needs: needs, Run: keysKept},
	}
}

// challenged expects a refusal that says what to send.
func challenged() []expectation {
	return []expectation{problem(http.StatusUnauthorized), {says: "WWW-Authenticate: Bearer", differs: func(r *reply) string {
		if value := r.header.Get("WWW-Authenticate"); !strings.HasPrefix(value, "Bearer") {
			return fmt.Sprintf("WWW-Authenticate: %q", value)
		}
		return ""
	}}}
}

// apiCall is a request that an operation could take.
type apiCall struct {
	*operation

	path string
}

// apiCalls returns a request to each operation of the API; one to a path that
// is not there where it has none.
func (s *Session) apiCalls() []apiCall {
	variable := regexp.MustCompile(`\{[^}]*\}`)
	var calls []apiCall
	for _, o := range s.suite.protected.operations {
		if strings.HasPrefix(o.path, s.suite.protected.base+apiPrefix) {
			calls = append(calls, apiCall{o, variable.ReplaceAllString(o.path, randomUUID())})
		}
	}
	if len(calls) == 0 {
		calls = append(calls, apiCall{&operation{method: "GET"}, apiPrefix + "v1/nope"})
	}
	return calls
}

// place returns a path of the API, and what a good token gets there.
func (s *Session) place() (path string, want int) {
	if len(s.suite.kinds) == 0 {
		return apiPrefix + "v1/nope", http.StatusNotFound
	}
	return s.suite.kinds[0].path, http.StatusOK
}

// noToken is AU-1.
func noToken(ctx context.Context, s *Session) error {
	v, err := s.start(ctx)
	if err != nil {
		return err
	}
	good := s.suite.issuer.bearer()
	for _, c := range s.apiCalls() {
		for _, one := range []struct{ query, header string }{
			{"", ""}, {"", "Basic eDp5"}, {"", "Bearer x"}, {"?access_token=" + good, ""},
		} {
			r := v.do(ctx, c.method, c.path+one.query, nil, "Authorization", one.header)
			r.request = fmt.Sprintf("%s %s · Authorization: %q", c.method, clip(c.path+one.query, 80), one.header)
			if s.want(r, challenged()...) {
				v.access(ctx, r.requestID())
				count := v.warnings(r.requestID())
				s.check(count == 1, r.request, "one warn record", strconv.Itoa(count))
			}
		}
	}
	s.check(!strings.Contains(v.out.String()+v.err.String(), good), "requests with a token", "no token in the log", "it is there")
	return nil
}

// warnings counts the warn records of a request.
func (v *service) warnings(id string) int {
	return len(slices.DeleteFunc(v.out.records(), func(r object) bool { return r["request_id"] != id || r["level"] != "warn" }))
}

// badTokens is AU-2.
func badTokens(ctx context.Context, s *Session) error {
	issuer, v, err := s.startWithIssuer(ctx)
	if err != nil {
		return err
	}
	bad, err := issuer.bad()
	if err != nil {
		return err
	}
	path, want := s.place()
	ask := func(what, token string, want ...expectation) {
		r := v.do(ctx, "GET", path, nil, "Authorization", "Bearer "+token)
		r.request = "GET " + path + " with " + what
		s.want(r, want...)
	}
	ask("a good token", issuer.bearer(), status(want))
	for _, one := range bad {
		ask("a token with "+one.what, one.token, challenged()...)
	}
	ask("a good token", issuer.bearer(), status(want))
	_, strays := issuer.counts()
	s.check(strays == 0, "tokens that name keys", "no request for them", strconv.Itoa(strays))
	return nil
}

// startWithIssuer starts a service with an issuer of its own.
func (s *Session) startWithIssuer(ctx context.Context) (*issuer, *service, error) {
	i, err := s.suite.newIssuer(s.suite.issuer.scopes)
	if err != nil {
		return nil, nil, err
	}
	s.later(i.close)
	v, err := s.start(ctx, i.settings()...)
	return i, v, err
}

// owners is AU-3.
func owners(ctx context.Context, s *Session) error {
	v, err := s.start(ctx)
	if err != nil {
		return err
	}
	all := s.suite.issuer.scopes
	for _, c := range s.apiCalls() {
		needed := c.scopes()
		if len(needed) == 0 {
			continue
		}
		rest := slices.DeleteFunc(slices.Clone(all), func(scope string) bool { return slices.Contains(needed, scope) })
		r := v.do(ctx, c.method, c.path, nil, "Authorization", "Bearer "+s.suite.issuer.good(everyday, rest...))
		r.request = fmt.Sprintf("%s %s without the scope %s", c.method, c.path, strings.Join(needed, " "))
		s.want(r, problem(http.StatusForbidden))
	}
	other := []string{"Authorization", "Bearer " + s.suite.issuer.good(somebody, all...)}
	return s.each(func(k *kind) error { return s.ownerOnly(ctx, v, k, other) })
}

// ownerOnly checks that the row of one cannot be seen, changed or referred to by
// another.
func (s *Session) ownerOnly(ctx context.Context, v *service, k *kind, other []string) error {
	made, err := s.create(ctx, v, k, nil)
	if err != nil {
		return err
	}
	body, err := s.valid(ctx, v, k)
	if err != nil {
		return err
	}
	path := made.header.Get("Location")
	for _, method := range []string{"GET", http.MethodHead, "PUT", "PATCH", "DELETE"} {
		var sent any
		switch method {
		case "PUT":
			sent = body
		case "PATCH":
			sent = object{}
		}
		r := v.do(ctx, method, path, sent, other...)
		r.request = method + " " + path + " of another"
		s.want(r, problem(http.StatusNotFound))
	}
	list := v.do(ctx, "GET", k.path, nil, other...)
	if s.want(list, status(http.StatusOK)) {
		found := slices.Contains(ids(list.items()), made.str("id"))
		s.check(!found, "GET "+k.path+" of another", "the row is not in the list", "it is")
	}
	s.want(v.do(ctx, "GET", path, nil), status(http.StatusOK), header("ETag", made.etag()))
	refers := slices.ContainsFunc(k.Fields, func(f resource.Field) bool { return f.Target != "" && body[f.Key()] != nil })
	if _, unique := k.unique(); unique && !refers {
		s.want(v.do(ctx, "POST", k.path, body), status(http.StatusCreated))
	}
	r := v.do(ctx, "POST", k.path, body, other...)
	if refers {
		r.request = "POST " + k.path + " with a reference to the row of another"
		s.want(r, problem(http.StatusUnprocessableEntity))
		return nil
	}
	r.request = "POST " + k.path + " with what the row of another has"
	s.want(r, status(http.StatusCreated))
	return nil
}

// keysKept is AU-4.
func keysKept(ctx context.Context, s *Session) error {
	i, v, err := s.startWithIssuer(ctx)
	if err != nil {
		return err
	}
	path, want := s.place()
	ask := func(what, token string, all ...expectation) {
		r := v.do(ctx, "GET", path, nil, "Authorization", "Bearer "+token)
		r.request = "GET " + path + " " + what
		s.want(r, all...)
	}
	const many, clients = 200, 10
	var wait sync.WaitGroup
	for range clients {
		wait.Go(func() {
			for range many / clients {
				ask("with a good token", i.bearer(), status(want))
			}
		})
	}
	wait.Wait()
	fetched := s.fetched(i, 0, 2, fmt.Sprintf("%d requests", many))
	if err := i.rotate(); err != nil {
		return err
	}
	ask("with a token of a new key", i.bearer(), status(want))
	begun := s.suite.Now()
	for n := range 50 {
		ask("with an unknown kid", i.signed(object{"kid": fmt.Sprint("key-", n)}, i.claims(everyday)), challenged()...)
	}
	s.fetched(i, fetched, 1+int(s.suite.Now().Sub(begun)/(10*time.Second)), "a new key and 50 unknown ones")
	i.fail(true)
	ask("while the issuer is down", i.bearer(), status(want))
	return s.withoutKeys(ctx)
}

// fetched demands that keys were read at most so many times more often than
// before, and returns how often.
func (s *Session) fetched(i *issuer, before, most int, request string) int {
	now, _ := i.counts()
	s.check(now-before <= most, request, fmt.Sprintf("at most %d requests for keys", most), strconv.Itoa(now-before))
	return now
}

// withoutKeys asks a service that has never seen a key, of every operation.
func (s *Session) withoutKeys(ctx context.Context) error {
	i, err := s.suite.newIssuer(s.suite.issuer.scopes)
	if err != nil {
		return err
	}
	s.later(i.close)
	i.fail(true)
	v, err := s.start(ctx, i.settings()...)
	if err != nil {
		return err
	}
	for _, c := range s.apiCalls() {
		r := v.do(ctx, c.method, c.path, nil, "Authorization", "Bearer "+i.bearer())
		r.request = c.method + " " + c.path + " while the issuer has never answered"
		s.want(r, problem(http.StatusServiceUnavailable))
	}
	i.fail(false)
	v.bearer = i.bearer()
	if path, want := s.place(); want == http.StatusOK {
		err := v.await(ctx, path, 10*time.Second)
		s.check(err == nil, "GET "+path+" once the issuer answers", "200 within 10 s", text(err))
	}
	return nil
}
