package contract

import (
	"context"
	"net/http"
	"net/url"
	"path"
	"sync"
	"time"
)

// health returns the clauses about health and life cycle.
func health() []Clause {
	must := []Level{Must}
	return []Clause{
		{ID: "HL-1", Title: "/livez never depends on the database", Levels: must, Run: alive},
		{ID: "HL-2", Title: "/readyz follows the database, down and up again", Levels: must, Run: readiness},
		{ID: "HL-3", Title: "probes are never limited or cached", Levels: must, Run: probes},
	}
}

const liveContent = `{"status":"ok"}`

// alive is HL-1.
func alive(ctx context.Context, s *Session) error {
	v, err := s.start(ctx)
	if err != nil {
		return err
	}
	live := []expectation{status(200), media(jsonType), content(liveContent), within(time.Second)}
	s.want(v.do(ctx, "GET", "/livez", nil), live...)
	if err := v.database.set(blackhole); err != nil {
		return s.part("the database away", err)
	}
	defer s.restore(v.database)
	for range 3 {
		s.want(v.do(ctx, "GET", "/livez", nil), live...)
	}
	return nil
}

// restore makes the database reachable again.
func (s *Session) restore(db database) {
	if err := db.set(pass); err != nil {
		s.broken(Must, "", "the suite can bring the database back", err.Error())
	}
}

// readiness is HL-2.
func readiness(ctx context.Context, s *Session) error {
	v, err := s.start(ctx)
	if err != nil {
		return err
	}
	s.want(v.do(ctx, "GET", "/readyz", nil), status(200), content(`{"status":"ok","checks":{"database":"ok"}}`))
	if err := v.database.set(refuse); err != nil {
		return s.part("the database away", err)
	}
	defer s.restore(v.database)
	for _, m := range []mode{refuse, blackhole} {
		if err := v.database.set(m); err != nil {
			return err
		}
		r := v.do(ctx, "GET", "/readyz", nil)
		r.request += " · database: " + string(m)
		s.want(r, status(503), within(3*time.Second), without(inside(v)...))
	}
	if err := v.database.set(pass); err != nil {
		return err
	}
	err = v.await(ctx, "/readyz", 10*time.Second)
	s.check(err == nil, "GET /readyz · database: back", "200 within 10 s without restart", text(err))
	return nil
}

// inside returns texts that would tell about the database: where it is, who
// uses it, with what, and what went wrong inside.
func inside(v *service) []string {
	texts := []string{
		v.database.url(), "127.0.0.1", "sqlite", "pgx", "psycopg", "postgres", "mysql", "mongo", "jdbc", "no such file",
		"unable to open", "refused", "reset", "timeout", "timed out", "exception", "errno",
	}
	at, err := url.Parse(v.database.url())
	if err != nil {
		return texts
	}
	secret, _ := at.User.Password()
	for _, part := range []string{path.Base(at.Path), at.Host, at.Hostname(), at.User.Username(), secret} {
		if part != "" {
			texts = append(texts, part)
		}
	}
	return texts
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// probes is HL-3.
func probes(ctx context.Context, s *Session) error {
	v, err := s.start(ctx, "RATE_LIMIT_RPM=10")
	if err != nil {
		return err
	}
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	var wait sync.WaitGroup
	for range 300 {
		<-tick.C
		wait.Go(func() {
			s.want(v.do(ctx, "GET", "/livez", nil), status(200), header("Cache-Control", "no-store"))
		})
	}
	wait.Wait()
	s.want(v.do(ctx, http.MethodHead, "/readyz", nil), status(200), header("Cache-Control", "no-store"), nothing())
	return nil
}
