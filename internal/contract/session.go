package contract

import (
	"context"
	"fmt"
	"slices"
	"sync"
)

const maxBreaks = 12 // that a clause reports in full; a hundred say no more

// Session is one try of one clause: the processes and databases it uses, and
// what it finds wrong. What a session starts ends with it.
type Session struct {
	suite  *suite
	clause Clause

	mu     sync.Mutex
	breaks []Break
	notes  []string
	ends   []func()
}

// broken records that the service did something other than the contract says.
func (s *Session) broken(level Level, request, want, got string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b := Break{Level: level, Request: request, Want: want, Got: clip(got, 600)}
	if len(s.breaks) < maxBreaks && !slices.Contains(s.breaks, b) {
		s.breaks = append(s.breaks, b)
	}
}

// note says that a part of the clause was not tried, and why.
func (s *Session) note(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	text := fmt.Sprintf(format, args...)
	if !slices.Contains(s.notes, text) {
		s.notes = append(s.notes, text)
	}
}

// check records a broken MUST unless ok.
func (s *Session) check(ok bool, request, want, got string) bool {
	return s.checkAt(Must, ok, request, want, got)
}

func (s *Session) checkAt(level Level, ok bool, request, want, got string) bool {
	if !ok {
		s.broken(level, request, want, got)
	}
	return ok
}

// want holds a reply against expectations; the first that fails is reported.
func (s *Session) want(r *reply, all ...expectation) bool { return s.wantAt(Must, r, all...) }

// should is want for what the contract only recommends.
func (s *Session) should(r *reply, all ...expectation) bool { return s.wantAt(Should, r, all...) }

func (s *Session) wantAt(level Level, r *reply, all ...expectation) bool {
	if r.err != nil {
		s.broken(level, r.request, all[0].says, r.err.Error())
		return false
	}
	for _, e := range all {
		if got := e.differs(r); got != "" {
			s.broken(level, r.request, e.says, got)
			return false
		}
	}
	return true
}

// later runs f when the session ends; the last one first.
func (s *Session) later(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ends = append(s.ends, f)
}

func (s *Session) close() {
	for _, end := range slices.Backward(s.ends) {
		end()
	}
}

// start makes a database, migrates it, starts the service and waits until it
// is ready. Settings are NAME=value and win over the everyday environment. A
// service that runs already is taken as it is.
func (s *Session) start(ctx context.Context, settings ...string) (*service, error) {
	if s.suite.outside != nil {
		return s.visit(settings), nil
	}
	db, err := s.migrated(ctx)
	if err != nil {
		return nil, err
	}
	return s.startOn(ctx, db, settings...)
}

// migrated returns a new database with the schema of the service.
func (s *Session) migrated(ctx context.Context) (database, error) { //nolint:ireturn // the kind of database is the record's choice
	db, err := s.empty()
	if err != nil {
		return nil, err
	}
	return db, s.suite.migrate(ctx, db)
}

// startOn starts the service on a database and waits until it is ready.
func (s *Session) startOn(ctx context.Context, db database, settings ...string) (*service, error) {
	v, err := s.launch(db, settings...)
	if err != nil {
		return nil, err
	}
	return v, v.awaitReady(ctx)
}

// launch starts the service on a database and does not wait.
func (s *Session) launch(db database, settings ...string) (*service, error) {
	return s.launchIn(s.suite.Dir, db, settings...)
}

// launchIn is launch in a directory that stands for the repository.
func (s *Session) launchIn(dir string, db database, settings ...string) (*service, error) {
	if s.suite.outside != nil {
		return nil, absentError(Process)
	}
	v, err := s.suite.launchIn(dir, db, settings...)
	if err != nil {
		return nil, err
	}
	s.later(v.kill)
	return v, nil
}

// common returns a service that many clauses share. Nobody may count its rows,
// read its log or stop it.
func (s *Session) common(ctx context.Context) (*service, error) { return s.suite.common(ctx) }
