package contract

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"
)

// startsEarly is FT-1.
func startsEarly(ctx context.Context, s *Session) error {
	db, err := s.migrated(ctx)
	if err != nil {
		return err
	}
	if err := db.set(refuse); err != nil {
		return err
	}
	defer s.restore(db)
	v, err := s.launch(db)
	if err != nil {
		return err
	}
	request := "start without the database"
	if err := v.await(ctx, "/livez", s.suite.Ready); err != nil {
		if !v.running() && !s.suite.networked() {
			s.check(v.status() != 0 && v.complains(""), request, "exit ≠ 0 with a clear record", fmt.Sprint(v.status(), "\n", v.printed()))
			return nil
		}
		s.broken(Must, request, "GET /livez → 200", err.Error())
		return nil
	}
	s.want(v.do(ctx, "GET", "/readyz", nil), status(503))
	for _, k := range s.suite.kinds {
		s.want(v.do(ctx, "GET", k.path, nil), problem(503))
	}
	if err := db.set(pass); err != nil {
		return err
	}
	err = v.await(ctx, "/readyz", 10*time.Second)
	s.check(err == nil, request+", and then it appears", "ready within 10 s without restart", text(err))
	return nil
}

// databaseTimeout is the default of DB_TIMEOUT_MS with what the contract adds.
const databaseTimeout = 7 * time.Second

// outage is FT-2.
func outage(ctx context.Context, s *Session) error {
	v, err := s.start(ctx)
	if err != nil {
		return err
	}
	k := s.suite.kinds[0]
	body, err := s.valid(ctx, v, k)
	if err != nil {
		return err
	}
	s.warm(ctx, v)
	if err := v.database.set(refuse); err != nil {
		return err
	}
	defer s.restore(v.database)
	end, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	var wait sync.WaitGroup
	for _, method := range []string{"GET", "GET", "POST", "POST"} {
		wait.Go(func() {
			var content any
			if method == "POST" {
				content = body
			}
			for end.Err() == nil {
				r := v.do(ctx, method, k.path, content)
				r.request += " · database: refuse"
				s.want(r, problem(503), retryAfter(), within(databaseTimeout))
				pause(end, 200*time.Millisecond)
			}
		})
	}
	wait.Wait()
	return s.returned(ctx, v, k)
}

// warm fills the pool of a service with connections that work.
func (s *Session) warm(ctx context.Context, v *service) {
	var wait sync.WaitGroup
	for range 20 {
		wait.Go(func() { s.want(v.do(ctx, "GET", s.anyPath(), nil), status(200)) })
	}
	wait.Wait()
}

// returned brings the database back and expects the same process to find it.
func (s *Session) returned(ctx context.Context, v *service, k *kind) error {
	if err := v.database.set(pass); err != nil {
		return err
	}
	request := "GET " + k.path + " · database: back"
	err := v.await(ctx, k.path, 10*time.Second)
	s.check(err == nil, request, "2xx after 10 s at most", text(err))
	for range 50 {
		r := v.do(ctx, "GET", k.path, nil)
		r.request = request
		s.want(r, status(200))
	}
	s.check(v.running(), request, "the process that was there before", "it has ended")
	return nil
}

// hanging is FT-3.
func hanging(ctx context.Context, s *Session) error {
	v, err := s.start(ctx)
	if err != nil {
		return err
	}
	s.warm(ctx, v)
	if err := v.database.set(blackhole); err != nil {
		return err
	}
	defer s.restore(v.database)
	var wait sync.WaitGroup
	for range 50 {
		wait.Go(func() {
			r := v.do(ctx, "GET", s.anyPath(), nil)
			r.request += " · database: blackhole"
			s.want(r, problem(503, 504), within(databaseTimeout))
		})
	}
	for range 5 {
		s.want(v.do(ctx, "GET", "/livez", nil), status(200), within(time.Second))
		pause(ctx, 500*time.Millisecond)
	}
	wait.Wait()
	return nil
}

// poolBound is FT-4, with the default of DB_POOL_MAX and with a small one. The
// timeout is long: on a busy machine a statement would run into a shorter one,
// and to cancel it a driver may need a connection for a moment.
func poolBound(ctx context.Context, s *Session) error {
	for _, c := range []struct {
		settings []string
		requests int
		most     int
	}{{nil, 100, 10}, {[]string{"DB_POOL_MAX=3"}, 30, 3}} {
		v, err := s.start(ctx, append(c.settings, "DB_TIMEOUT_MS=20000")...)
		if err != nil {
			return err
		}
		slow, ok := v.database.(networked)
		if !ok {
			return absentError(Network)
		}
		slow.delay(200 * time.Millisecond)
		var wait sync.WaitGroup
		for range c.requests {
			wait.Go(func() { s.should(v.do(ctx, "GET", s.anyPath(), nil), status(200, 503)) })
		}
		wait.Wait()
		request := fmt.Sprintf("%d parallel GETs, each step of the database 200 ms late %s", c.requests, strings.Join(c.settings, " "))
		s.checkAt(Should, slow.most() <= c.most, request, fmt.Sprintf("%d connections at most", c.most), strconv.Itoa(slow.most()))
		s.checkAt(Should, slow.most() > 0, request, "connections that the suite can count", "none")
	}
	return nil
}
