package contract

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// faults returns the clauses about shutdown and faults.
func faults() []Clause {
	must, should, both := []Level{Must}, []Level{Should}, []Level{Must, Should}
	has, network := []Need{Resource}, []Need{Network, Resource}
	return []Clause{
		{ID: "FT-1", Title: "a start without the database waits for it, or ends clearly", Levels: must, Run: startsEarly},
		{ID: "FT-2", Title: "a database that is away for a while is 503 for a while", Levels: must, Needs: network, Run: outage},
		{ID: "FT-3", Title: "a database that hangs holds nobody up for long", Levels: must, Needs: network, Run: hanging},
		{ID: "FT-4", Title: "the pool is bounded", Levels: should, Needs: network, Run: poolBound},
		{ID: "FT-5", Title: "what is under way at SIGTERM is answered", Levels: must, Needs: has, Run: drains},
		{ID: "FT-6", Title: "SIGTERM and SIGINT end it soon and cleanly", Levels: must, Run: endsCleanly},
		{ID: "FT-7", Title: "a stuck request does not hold the end up", Levels: must, Needs: has, Run: stuckEnd},
		{ID: "FT-8", Title: "slow clients slow nobody else", Levels: both, Turn: Heavy, Run: slowClients},
		{ID: "FT-9", Title: "clients that hang up leave nothing behind", Levels: should, Needs: has, Turn: Heavy, Run: hangUps},
		{ID: "FT-10", Title: "after trouble it is as before", Levels: must, Needs: has, Turn: Heavy, Run: recovers},
	}
}

// held starts a POST that waits for the write lock, and returns its answer to
// come and how to let it go on.
func (s *Session) held(ctx context.Context, v *service) (answer <-chan *reply, release func(), err error) {
	k := s.suite.kinds[0]
	if _, err := s.create(ctx, v, k, nil); err != nil { // the service has the file open now
		return nil, nil, err
	}
	body, err := s.valid(ctx, v, k)
	if err != nil {
		return nil, nil, err
	}
	release, err = v.database.hold()
	if err != nil {
		return nil, nil, err
	}
	s.later(release)
	replies := make(chan *reply, 1)
	go func() { replies <- v.do(ctx, "POST", k.path, body) }()
	return replies, release, nil
}

// underWay starts a request that the database keeps waiting, and returns its
// answer to come, the status it is to have, and how to let it go on. Where a
// network leads to the database, each step of the request takes it 2 s.
func (s *Session) underWay(ctx context.Context, v *service) (answer <-chan *reply, want int, release func(), err error) {
	slow, ok := v.database.(networked)
	if !ok {
		answer, release, err = s.held(ctx, v)
		return answer, http.StatusCreated, release, err
	}
	path := s.suite.kinds[0].path
	for range 3 { // what is done once for a connection or a statement is done now
		s.want(v.do(ctx, "GET", path, nil), status(200))
	}
	slow.delay(2 * time.Second)
	replies := make(chan *reply, 1)
	go func() { replies <- v.do(ctx, "GET", path, nil) }()
	return replies, http.StatusOK, func() { slow.delay(0) }, nil
}

// drains is FT-5.
func drains(ctx context.Context, s *Session) error {
	v, err := s.start(ctx)
	if err != nil {
		return err
	}
	answer, code, release, err := s.underWay(ctx, v)
	if err != nil {
		return err
	}
	pause(ctx, 500*time.Millisecond)
	if err := v.signal(syscall.SIGTERM); err != nil {
		return err
	}
	pause(ctx, 300*time.Millisecond)
	other := newClient(v.port, s.suite.seen, s.suite.Now).do(ctx, "GET", "/livez", nil)
	if other.err != nil {
		refused := strings.Contains(other.err.Error(), "refused")
		s.check(refused, "a new connection after SIGTERM", "refused or answered properly", other.err.Error())
	}
	pause(ctx, 1200*time.Millisecond)
	release()
	r := <-answer
	r.request += " · under way for 0.5 s when SIGTERM comes, database slow or locked for 2 s"
	s.want(r, status(code))
	if r.err == nil {
		s.check(len(r.json()) > 0, r.request, "the complete answer", r.summary())
		s.check(r.took > 1500*time.Millisecond, r.request, "the suite can keep a request waiting", "answered after "+r.took.String())
	}
	s.check(v.ended(ctx, 25*time.Second), r.request, "the process ends after it", "still running")
	return nil
}

// endsCleanly is FT-6.
func endsCleanly(ctx context.Context, s *Session) error {
	db, err := s.migrated(ctx)
	if err != nil {
		return err
	}
	for _, c := range []struct {
		name     string
		signal   os.Signal
		idle     int
		statuses []int
	}{
		{"SIGTERM when idle", syscall.SIGTERM, 0, []int{0, 143}},
		{"SIGTERM with 10 idle keep-alive connections", syscall.SIGTERM, 10, []int{0, 143}},
		{"SIGINT", syscall.SIGINT, 0, []int{0, 130}},
	} {
		v, err := s.startOn(ctx, db)
		if err != nil {
			return err
		}
		if err := s.idle(ctx, v, c.idle); err != nil {
			return err
		}
		if err := v.signal(c.signal); err != nil {
			return err
		}
		if !s.check(v.ended(ctx, 5*time.Second), c.name, "exit within 5 s", "still running") {
			continue
		}
		s.check(slices.Contains(c.statuses, v.status()), c.name, "exit status "+oneOf(c.statuses), strconv.Itoa(v.status()))
		s.check(!groupAlive(v.pid()), c.name, "no process of the group left", "some")
		s.check(bindable(v.port), c.name, "the port can be bound again at once", "it cannot")
		s.lastRecord(v, c.name)
	}
	return nil
}

// lastRecord checks that the log ends with the end of the shutdown.
func (s *Session) lastRecord(v *service, request string) {
	last := ""
	if all := v.out.records(); len(all) > 0 {
		last = fmt.Sprint(all[len(all)-1]["msg"])
	}
	said := regexp.MustCompile(`(?i)shut ?down|stopped|finished`).MatchString(last)
	s.check(said, request, "the last record says that shutdown has finished", last)
}

// idle opens connections, uses each once and keeps them.
func (s *Session) idle(ctx context.Context, v *service, number int) error {
	for range number {
		w, err := v.dial(ctx, time.Minute)
		if err != nil {
			return err
		}
		s.later(w.close)
		if err := w.send("GET /livez HTTP/1.1\r\nHost: service.test\r\n\r\n"); err != nil {
			return err
		}
		s.want(w.answer("GET", "GET /livez on a connection that is kept"), status(200))
	}
	return nil
}

// stuckEnd is FT-7.
func stuckEnd(ctx context.Context, s *Session) error {
	v, err := s.start(ctx, "SHUTDOWN_TIMEOUT_MS=3000", "DB_TIMEOUT_MS=30000")
	if err != nil {
		return err
	}
	if err := s.stick(ctx, v); err != nil {
		return err
	}
	pause(ctx, 500*time.Millisecond)
	if err := v.signal(syscall.SIGTERM); err != nil {
		return err
	}
	s.check(v.ended(ctx, 8*time.Second), "SIGTERM while a request waits for the database, SHUTDOWN_TIMEOUT_MS=3000",
		"the process is gone within 8 s", "still running")
	return nil
}

// stick starts a request that the database never answers.
func (s *Session) stick(ctx context.Context, v *service) error {
	if !s.suite.networked() {
		_, _, err := s.held(ctx, v)
		return err
	}
	path := s.suite.kinds[0].path
	s.want(v.do(ctx, "GET", path, nil), status(200)) // there is a connection now
	if err := v.database.set(blackhole); err != nil {
		return err
	}
	go func() { v.do(ctx, "GET", path, nil) }()
	return nil
}

// drip keeps connections open that send a little each second, and returns how
// to end them and how many the service has closed.
func (s *Session) drip(ctx context.Context, v *service, head, piece string) (stop func(), closed func() int) {
	ctx, cancel := context.WithCancel(ctx)
	var wait sync.WaitGroup
	var gone atomic.Int64
	for range 50 {
		wait.Go(func() {
			w, err := v.dial(ctx, 3*time.Minute)
			if err != nil {
				gone.Add(1)
				return
			}
			defer w.close()
			over := make(chan struct{})
			go func() {
				defer close(over)
				_, _ = w.in.Peek(1 << 12)
			}()
			for err = w.send(head); err == nil && ctx.Err() == nil; err = w.send(piece) {
				select {
				case <-over:
					gone.Add(1)
					return
				case <-ctx.Done():
				case <-time.After(time.Second):
				}
			}
			if ctx.Err() == nil {
				gone.Add(1)
			}
		})
	}
	return func() { cancel(); wait.Wait() }, func() int { return int(gone.Load()) }
}

// slowClients is FT-8.
func slowClients(ctx context.Context, s *Session) error {
	path := s.anyPath()
	limit := 60 * time.Second
	var settings []string
	if s.suite.Scale < 1 {
		limit = 10 * time.Second
		settings = []string{"HEADER_TIMEOUT_MS=2000", "REQUEST_TIMEOUT_MS=4000", "IDLE_TIMEOUT_MS=4000"}
	}
	v, err := s.start(ctx, settings...)
	if err != nil {
		return err
	}
	post := "POST " + path + " HTTP/1.1\r\nHost: service.test\r\n"
	for _, c := range []struct {
		level             Level
		name, head, piece string
	}{
		{Must, "header line", post, "X-Slow: 1\r\n"},
		{Should, "body byte", post + "Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n", " "},
	} {
		stop, closed := s.drip(ctx, v, c.head, c.piece)
		request := fmt.Sprintf("50 connections that send a %s each second", c.name)
		end, cancel := context.WithTimeout(ctx, limit)
		for end.Err() == nil && closed() < 50 {
			for _, other := range []string{"/livez", path} {
				r := v.do(ctx, "GET", other, nil)
				r.request += " beside " + request
				s.wantAt(c.level, r, status(200), within(time.Second))
			}
			pause(end, 200*time.Millisecond)
		}
		cancel()
		s.checkAt(Should, closed() == 50, request+" "+strings.Join(settings, " "), "closed within "+limit.String(), fmt.Sprintf("%d of 50 closed", closed()))
		stop()
	}
	return nil
}

// hangUp sends requests on connections of their own and closes them at once.
func (s *Session) hangUp(ctx context.Context, v *service, number int) error {
	k := s.suite.kinds[0]
	for range number {
		body, err := s.valid(ctx, v, k)
		if err != nil {
			return err
		}
		data, _ := encode(body)
		w, err := v.dial(ctx, 5*time.Second)
		if err != nil {
			return err
		}
		err = w.send(fmt.Sprintf("POST %s HTTP/1.1\r\nHost: service.test\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", k.path, len(data), data))
		w.close()
		if err != nil {
			return err
		}
	}
	return nil
}

// hangUps is FT-9.
func hangUps(ctx context.Context, s *Session) error {
	v, err := s.start(ctx)
	if err != nil {
		return err
	}
	if err := s.hangUp(ctx, v, 100); err != nil {
		return err
	}
	k := s.suite.kinds[0]
	for range 20 {
		s.should(v.do(ctx, "GET", k.path, nil), status(200))
		body, err := s.valid(ctx, v, k)
		if err != nil {
			return err
		}
		s.should(v.do(ctx, "POST", k.path, body), status(201))
	}
	if far, ok := v.database.(networked); ok {
		const pool = 10 // the default of DB_POOL_MAX
		s.checkAt(Should, far.open() <= pool, "100 clients that send POST and close", "10 database connections at most", strconv.Itoa(far.open()))
	}
	s.checkAt(Should, v.errorRecords("") == 0, "100 clients that send POST and close", "no error records", v.printed())
	return nil
}

// recovers is FT-10.
func recovers(ctx context.Context, s *Session) error {
	// How full a pool is depends on how busy the machine is; a small one is full
	// before and after, and what else stays open shows.
	v, err := s.start(ctx, "DB_POOL_MAX=2")
	if err != nil {
		return err
	}
	k := s.suite.kinds[0]
	work := func() {
		var wait sync.WaitGroup
		for range 20 { // as many at once as trouble brings, so that pools are as full
			wait.Go(func() {
				for range 5 {
					s.want(v.do(ctx, "GET", k.path, nil), status(200))
				}
			})
		}
		wait.Wait()
		v.http.CloseIdleConnections()
		pause(ctx, 500*time.Millisecond)
	}
	work()
	if err := s.hangUp(ctx, v, 5); err != nil {
		return err
	}
	memory, files, err := resident(v.pid())
	if err != nil {
		s.note("memory and open files: %v", err)
	}
	if err := s.trouble(ctx, v); err != nil {
		return err
	}
	work()
	if memory > 0 {
		after, open, err := resident(v.pid())
		for range 10 { // connections that are closing count until they are closed
			if err != nil || open <= files+10 {
				break
			}
			pause(ctx, 500*time.Millisecond)
			after, open, err = resident(v.pid())
		}
		if err != nil {
			return err
		}
		s.check(after <= 2*memory, "trouble, then 100 requests", "memory at most twice as before", fmt.Sprintf("%d KiB, before %d KiB", after>>10, memory>>10))
		s.check(open <= files+10, "trouble, then 100 requests", "open files as before, ±10", fmt.Sprintf("%d, before %d", open, files))
	}
	return nil
}

// trouble mixes slow clients, clients that hang up and a database that is away
// or, where it has no network, locked.
func (s *Session) trouble(ctx context.Context, v *service) error {
	limit := max(6*time.Second, time.Duration(120*s.suite.Scale*float64(time.Second)))
	end, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	stop, _ := s.drip(ctx, v, "GET /livez HTTP/1.1\r\nHost: service.test\r\n", "X-Slow: 1\r\n")
	defer stop()
	for turn := 0; end.Err() == nil; turn++ {
		if err := s.hangUp(ctx, v, 5); err != nil {
			return err
		}
		release, err := s.disturb(v.database, turn)
		if err != nil {
			return err
		}
		var wait sync.WaitGroup
		for range 10 {
			wait.Go(func() { v.do(end, http.MethodGet, s.anyPath(), nil) })
		}
		pause(end, time.Second)
		release()
		wait.Wait()
		pause(end, 500*time.Millisecond)
	}
	err := v.await(ctx, "/readyz", 10*time.Second)
	s.check(err == nil, "trouble", "ready again", text(err))
	return nil
}

// disturb takes the database away for a while, every other time in another
// way.
func (s *Session) disturb(db database, turn int) (release func(), err error) {
	if !s.suite.networked() {
		return db.hold()
	}
	return func() { s.restore(db) }, db.set([]mode{refuse, blackhole}[turn%2])
}
