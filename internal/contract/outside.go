package contract

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"groundsill.example/internal/diag"
	"groundsill.example/internal/record"
)

// outsideOnly is what can be known of a service that the suite did not start:
// where it runs and what its document says.
type outsideOnly struct {
	url *url.URL
	api *api
}

// newOutside returns a suite for a service that runs already. Its clauses run
// one after the other, because they share the service and its rows.
func newOutside(ctx context.Context, o Options) (*suite, error) {
	u, err := url.Parse(o.URL)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, fmt.Errorf("%q is no http or https URL", o.URL)
	}
	a, err := loadAPI(ctx, o.Document)
	if err != nil {
		return nil, diag.Wrap(diag.Usage, err, diag.Diagnostic{
			Code: "openapi-invalid", Summary: "read " + o.Document + " as OpenAPI", Hint: "it has to be a valid document of OpenAPI 3.1 or 3.0, in YAML or JSON",
		})
	}
	if base := strings.TrimSuffix(u.Path, "/"); base != "" {
		a.rebase(base)
	}
	o.Parallel = 1
	s, err := newSuiteOf(record.Record{}, o)
	if err != nil {
		return nil, err
	}
	s.outside = &outsideOnly{url: u, api: a}
	s.kinds, s.seen.keep = derive(a), true
	v := s.visited()
	if err := v.do(ctx, "GET", "/livez", nil).err; err != nil {
		if wrapped, ok := errors.AsType[*url.Error](err); ok {
			err = wrapped.Err
		}
		return nil, diag.Wrap(diag.Environment, err, diag.Diagnostic{
			Code: "service-unreachable", Summary: "no service answers at " + u.Redacted(), Hint: "start it, or look at the URL again",
		})
	}
	s.shared = v
	return s, nil
}

// loadAPI reads what a document in a file promises.
func loadAPI(ctx context.Context, file string) (*api, error) {
	d, err := loadDocument(ctx, file)
	if err != nil {
		return nil, err
	}
	return newAPI(d)
}

// rebase puts the operations below another path.
func (a *api) rebase(base string) {
	for _, o := range a.operations {
		o.path = base + strings.TrimPrefix(o.path, a.base)
	}
	a.base = base
}

// visited returns the service that runs already, as the clauses see one. It
// has no process: it cannot be ended, and nothing that it prints is seen.
func (s *suite) visited() *service {
	u := s.outside.url
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	v := &service{
		suite: s, database: unseenDatabase{}, rows: map[string]string{}, client: newClient(0, s.seen, s.Now),
		process: &process{out: &output{}, err: &output{}, done: make(chan struct{})},
	}
	v.scheme, v.address = u.Scheme, net.JoinHostPort(u.Hostname(), port)
	return v
}

// sweep deletes the rows that the run has made on a service that runs on, the
// last first, because later ones may refer to earlier ones. An interrupted run
// does so too, for a while.
func (s *suite) sweep(ctx context.Context) {
	if s.outside == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 20*time.Second)
	defer cancel()
	s.seen.mu.Lock()
	made := slices.Clone(s.seen.made)
	s.seen.mu.Unlock()
	for _, place := range slices.Backward(made) {
		u, err := s.outside.url.Parse(place)
		if err != nil || u.Host != s.outside.url.Host || ctx.Err() != nil {
			continue // it is not on this service, or there is no time left
		}
		s.shared.do(ctx, http.MethodDelete, u.EscapedPath(), nil)
	}
}

// unseenDatabase is the database of a service that the suite did not start.
type unseenDatabase struct{}

var errNoDatabase = absentError(Database)

func (unseenDatabase) url() string                 { return "" }
func (unseenDatabase) set(mode) error              { return errNoDatabase }
func (unseenDatabase) hold() (func(), error)       { return nil, errNoDatabase }
func (unseenDatabase) schema() (string, error)     { return "", errNoDatabase }
func (unseenDatabase) rename(string, string) error { return errNoDatabase }
func (unseenDatabase) level(string) error          { return errNoDatabase }
func (unseenDatabase) close()                      {}

// visit returns the service that runs already in place of one with settings,
// which are noted: what only they would show is not tried.
func (s *Session) visit(settings []string) *service {
	if len(settings) > 0 {
		s.note("a start with %s: not applicable, no %s", strings.Join(settings, " "), Process)
	}
	return s.suite.shared
}

// part ends a part of a clause. Where it does not apply, the rest of the
// clause still does.
func (s *Session) part(what string, err error) error {
	if absent, ok := errors.AsType[absentError](err); ok {
		s.note("%s: not applicable, no %s", what, string(absent))
		return nil
	}
	return err
}

// needing adds a need to each of some clauses.
func needing(n Need, clauses []Clause) []Clause {
	for i := range clauses {
		clauses[i].Needs = slices.Concat([]Need{n}, clauses[i].Needs)
	}
	return clauses
}
