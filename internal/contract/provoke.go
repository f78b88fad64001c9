package contract

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

const smallBody = 16 << 10 // MAX_BODY_BYTES where contents are to be too large

// call is a request to an operation.
type call struct {
	operation *operation
	kind      *kind // whose collection or row it is, nil for none
	path      string
	tag       string // the ETag of the row
	body      any
	headers   []string
}

// provoker provokes answers that a document has and that no clause has seen
// yet. Calls are made with rows of one everyday service, and sent to that or
// to another on the same database.
type provoker struct {
	*Session

	everyday *service
}

// provokeDescribed goes before SE-8.
func provokeDescribed(ctx context.Context, s *Session) error {
	if s.suite.seen.api == nil {
		return nil
	}
	v, err := s.start(ctx, "DOCS_ENABLED=true", fmt.Sprintf("MAX_BODY_BYTES=%d", smallBody))
	if err != nil {
		return err
	}
	p := provoker{Session: s, everyday: v}
	if err := s.sameDescription(ctx, v); err != nil {
		return err
	}
	steps := []func(context.Context) error{p.simple, p.slow, p.limited, p.failing, p.away}
	if s.suite.outside != nil {
		steps = steps[:1] // the others need a process
	}
	for _, step := range steps {
		if err := step(ctx); err != nil {
			return err
		}
	}
	s.suite.provoked = true
	return nil
}

// untried says why answers with a status were not provoked.
func (s *Session) untried(status, why string) {
	s.suite.mu.Lock()
	defer s.suite.mu.Unlock()
	s.suite.untried[status] = why
}

// wanted returns calls to the operations that have not answered with a status
// yet and should.
func (p provoker) wanted(ctx context.Context, status string) []call {
	var calls []call
	for _, o := range p.suite.seen.api.missing(status) {
		c, err := p.call(ctx, o)
		if _, absent := errors.AsType[absentError](err); err != nil && !absent && p.suite.outside != nil {
			p.note("%s: no valid request is known", c.operation.path)
			continue
		}
		if err != nil {
			p.note("%s %s %s: %v", o.method, o.path, status, err)
			continue
		}
		calls = append(calls, c)
	}
	return calls
}

// missing returns the operations that promise a status and have not answered
// with it yet. A range counts with the statuses that are the easiest to
// provoke.
func (a *api) missing(status string) []*operation {
	wanted := []string{status}
	if slices.Contains([]string{"200", "201", "204", "400", "404", "503"}, status) {
		wanted = append(wanted, status[:1]+"XX")
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(a.operations), func(o *operation) bool {
		return !slices.ContainsFunc(o.answers, func(p *promise) bool { return !p.seen && slices.Contains(wanted, p.status) })
	})
}

// call makes a request that an operation answers with success.
func (p provoker) call(ctx context.Context, o *operation) (call, error) {
	c := call{operation: o, path: o.path}
	for _, k := range p.suite.kinds {
		if literal, ok := matches(o.path, k.path+"/x"); ok && literal > 0 && strings.Contains(o.path, "{") || o.path == k.path {
			c.kind = k
		}
	}
	if c.kind == nil {
		return c, nil
	}
	if c.member() {
		made, err := p.create(ctx, p.everyday, c.kind, nil)
		if err != nil {
			return c, err
		}
		c.path, c.tag = made.header.Get("Location"), made.etag()
	}
	if slices.Contains([]string{"POST", "PUT", "PATCH"}, o.method) {
		body, err := p.filled(ctx, c.kind)
		if err != nil {
			return c, err
		}
		c.body = body
	}
	return c, nil
}

func (c call) member() bool { return strings.Contains(c.operation.path, "{") }

// filled is valid content with the references that have to be unique, so that
// the same again is a duplicate.
func (p provoker) filled(ctx context.Context, k *kind) (object, error) {
	body, err := p.valid(ctx, p.everyday, k)
	if err != nil {
		return nil, err
	}
	for _, f := range k.Fields {
		if f.Target != "" && f.Unique && !f.Required {
			f.Required = true
			if err := p.refer(ctx, p.everyday, k, f, body); err != nil {
				return nil, err
			}
		}
	}
	return body, nil
}

// send carries out a call on a service. The run sees the answer.
func (c call) send(ctx context.Context, v *service) {
	v.do(ctx, c.operation.method, c.path, c.body, c.headers...)
}

// slow provokes what a service answers that waits a second for contents, and
// that does not describe itself.
func (p provoker) slow(ctx context.Context) error {
	late, hidden := p.wanted(ctx, "408"), p.wanted(ctx, "404")
	if len(late)+len(hidden) == 0 {
		return nil
	}
	v, err := p.startOn(ctx, p.everyday.database, "REQUEST_TIMEOUT_MS=1000")
	if err != nil {
		return err
	}
	for _, c := range hidden {
		c.send(ctx, v)
	}
	var wait sync.WaitGroup
	for _, c := range late {
		wait.Go(func() {
			w, err := v.dial(ctx, 20*time.Second)
			if err != nil {
				p.note("%s %s 408: %v", c.operation.method, c.operation.path, err)
				return
			}
			defer w.close()
			head := c.operation.method + " " + c.path + " HTTP/1.1\r\nHost: service.test\r\n"
			if err := w.send(head + "Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{"); err == nil {
				w.answer(c.operation.method, c.operation.method+" "+c.path+" with content that never ends")
			}
		})
	}
	wait.Wait()
	return nil
}

// limited provokes 429.
func (p provoker) limited(ctx context.Context) error {
	calls := p.wanted(ctx, "429")
	if len(calls) == 0 {
		return nil
	}
	v, err := p.startOn(ctx, p.everyday.database, "DOCS_ENABLED=true", "RATE_LIMIT_RPM=1")
	if err != nil {
		return err
	}
	for _, c := range append(calls[:1:1], calls...) {
		c.send(ctx, v)
	}
	return nil
}

// failing provokes 500: each table has another name for a while.
func (p provoker) failing(ctx context.Context) error {
	byKind := map[*kind][]call{}
	for _, c := range p.wanted(ctx, "500") {
		byKind[c.kind] = append(byKind[c.kind], c)
	}
	delete(byKind, nil)
	for k, calls := range byKind {
		err := p.renamed(p.everyday.database, k, func() {
			for _, c := range calls {
				c.send(ctx, p.everyday)
			}
		})
		if absent, ok := errors.AsType[absentError](err); ok {
			p.untried("500", "no "+string(absent))
			return nil
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// renamed does something while the table of a kind has another name.
func (s *Session) renamed(db database, k *kind, do func()) error {
	const away = "contract_away"
	if err := db.rename(k.Plural, away); err != nil {
		return err
	}
	do()
	return db.rename(away, k.Plural)
}

// away provokes 503 and 504: a service starts and the database is not there.
func (p provoker) away(ctx context.Context) error {
	calls := slices.Concat(p.wanted(ctx, "503"), p.wanted(ctx, "504"))
	if len(calls) == 0 {
		return nil
	}
	db := p.everyday.database
	if err := db.set(refuse); err != nil {
		return err
	}
	defer p.restore(db)
	v, err := p.launch(db, "DB_TIMEOUT_MS=1000")
	if err != nil {
		return err
	}
	if err := v.await(ctx, "/livez", p.suite.Ready); err != nil {
		if v.running() {
			return err
		}
		// With SQLite a service may insist on its file, see FT-1.
		p.untried("503", "the service does not start without its database")
		return nil
	}
	for _, c := range calls {
		c.send(ctx, v)
	}
	return nil
}

// provoke runs what clauses want to have been seen before they judge. What it
// finds is theirs.
func (s *suite) provoke(ctx context.Context, clauses []Clause) {
	for _, c := range clauses {
		if c.Provoke == nil || s.missing(c.Needs) != "" {
			continue
		}
		ctx, cancel := context.WithTimeout(ctx, s.limit(c))
		session := &Session{suite: s, clause: c}
		if err := c.Provoke(ctx, session); err != nil {
			session.broken(c.Levels[0], "", "the stimulus of "+c.ID+" can be carried out", err.Error())
		}
		cancel()
		session.close()
		s.begun[c.ID] = session
	}
}
