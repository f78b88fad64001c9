package contract

import (
	"context"
	"strconv"
	"sync"
	"time"
)

const day = 24 * time.Hour

// keyed is RS-20, but for keeping keys for a day.
func keyed(ctx context.Context, s *Session) error {
	s.note("keys kept for %s or more: not waited for", day)
	return s.eachOn(ctx, func(v *service, k *kind) error {
		body, err := s.valid(ctx, v, k)
		if err != nil {
			return err
		}
		one := random(8)
		first := v.do(ctx, "POST", k.path, body, "Idempotency-Key", one)
		again := v.do(ctx, "POST", k.path, body, "Idempotency-Key", one)
		if s.should(first, status(201)) {
			s.should(again, status(201))
			s.checkAt(Should, again.str("id") == first.str("id"), again.request, "the id "+first.str("id"), again.summary())
		}
		other, err := s.valid(ctx, v, k)
		if err != nil {
			return err
		}
		s.should(v.do(ctx, "POST", k.path, other, "Idempotency-Key", one), problem(422))
		s.should(v.do(ctx, "POST", k.path, other, "Idempotency-Key", random(150)), problem(400))
		return s.keyedRace(ctx, v, k)
	})
}

// keyedRace sends ten requests with one key at once.
func (s *Session) keyedRace(ctx context.Context, v *service, k *kind) error {
	body, err := s.valid(ctx, v, k)
	if err != nil {
		return err
	}
	two := random(8)
	made := map[string]bool{}
	for _, r := range race(func(int) *reply { return v.do(ctx, "POST", k.path, body, "Idempotency-Key", two) }) {
		if s.should(r, status(201, 409)) && r.status == 201 {
			made[r.str("id")] = true
		}
	}
	s.checkAt(Should, len(made) == 1, "parallel POSTs with one Idempotency-Key", "one row", strconv.Itoa(len(made)))
	return nil
}

// acknowledged are the rows that the service said it has.
type acknowledged struct {
	mu    sync.Mutex
	paths []string
}

func (a *acknowledged) add(path string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.paths = append(a.paths, path)
}

// load is RS-21.
func load(ctx context.Context, s *Session) error {
	v, err := s.start(ctx)
	if err != nil {
		return err
	}
	limit := max(2*time.Second, time.Duration(10*s.suite.Scale*float64(time.Second)))
	end, cancel := context.WithTimeout(ctx, limit)
	var wait sync.WaitGroup
	for i := range 50 {
		wait.Go(func() {
			for end.Err() == nil {
				s.mixed(ctx, v, s.suite.kinds[i%len(s.suite.kinds)])
			}
		})
	}
	wait.Wait()
	cancel()
	return s.killed(ctx, v)
}

// mixed makes, reads, changes and deletes one row.
func (s *Session) mixed(ctx context.Context, v *service, k *kind) {
	good := func(r *reply) bool {
		return s.want(r, expectation{says: "no 5xx and no reset", differs: func(r *reply) string {
			if r.status >= 500 {
				return r.summary()
			}
			return ""
		}})
	}
	body, err := s.valid(ctx, v, k)
	if err != nil {
		return
	}
	made := v.do(ctx, "POST", k.path, body)
	if !good(made) || made.status != 201 {
		return
	}
	path := made.header.Get("Location")
	good(v.do(ctx, "GET", path, nil))
	good(v.do(ctx, "GET", k.path, nil))
	if f, values, ok := k.change(); ok {
		good(v.do(ctx, "PATCH", path, object{f.Key(): values[0]}))
	}
	good(v.do(ctx, "DELETE", path, nil))
}

// killed ends the service without warning while rows are made, and looks for
// them afterwards.
func (s *Session) killed(ctx context.Context, v *service) error {
	k := s.suite.kinds[0]
	rows := &acknowledged{}
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			for v.running() && ctx.Err() == nil {
				if r, err := s.create(ctx, v, k, nil); err == nil {
					rows.add(r.header.Get("Location"))
				}
			}
		})
	}
	pause(ctx, 500*time.Millisecond)
	v.kill()
	wait.Wait()
	again, err := s.startOn(ctx, v.database)
	if err != nil {
		s.broken(Must, "start after SIGKILL", "ready", err.Error())
		return nil
	}
	s.check(len(rows.paths) > 0, "POST before SIGKILL", "some 201", "none")
	for _, path := range rows.paths {
		r := again.do(ctx, "GET", path, nil)
		r.request += " that was acknowledged before SIGKILL"
		s.want(r, status(200))
	}
	return nil
}
