// Package contract checks a running service against the service contract, from
// outside: it reads the record of a generated repository, starts what the
// record says as a process, talks HTTP and raw sockets to it, and reports for
// each clause whether it is held, broken or not applicable.
//
// It knows no programming language. What it asks of a service comes from the
// record (commands, resources, modules, database) and from the contract alone.
package contract

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"groundsill.example/internal/record"
)

// Level says how strictly the contract asks for something.
type Level string

// The levels of the contract.
const (
	Must   Level = "MUST"
	Should Level = "SHOULD"
)

// Clause is one row of the contract: what it promises and how that is tried.
type Clause struct {
	ID    string
	Title string
	// Levels are those at which Run can report; a clause with two is two rows
	// of the report.
	Levels []Level
	Needs  []Need
	Turn   Turn
	Limit  time.Duration // the longest it may take; 0 is some minutes
	// Provoke makes answers for a clause whose turn is the last one to judge;
	// it runs after the turns before. It may be nil.
	Provoke func(ctx context.Context, s *Session) error
	// Run tries the clause. What the service does wrong goes to the session;
	// an error says that the stimulus could not be carried out.
	Run func(ctx context.Context, s *Session) error
}

// Turn is when a clause runs.
type Turn int

// The turns, in the order in which they are taken.
const (
	Waiting Turn = iota // costs little, so several run at a time
	Heavy               // keeps the machine busy or measures time, so it runs alone
	Last                // judges what all others have seen
)

// Options is what a run of the suite depends on.
type Options struct {
	Dir      string        // the generated repository
	Scratch  string        // an existing directory for databases; emptied by nobody
	Env      []string      // what commands need to run at all, PATH and HOME for example
	Clauses  []string      // only these: identifiers or groups such as "ST"; none is all
	Scale    float64       // of the long clauses; 0 is 0.1, 1 is full length
	Ready    time.Duration // the longest a start may take; 0 is 10 s
	Parallel int           // clauses that run at a time; 0 is 4
	// Server is the URL of a database server, with a user who may make
	// databases; many runs can share one. Where it is empty and the service
	// needs a server, the run starts one that is installed on the machine.
	Server string
	Now    func() time.Time

	// Progress is told how many of the clauses are done, one call at a time. It
	// may be nil.
	Progress func(done, total int)

	// URL is where a service runs that the suite does not start, and Document
	// the file that describes it in OpenAPI. Dir is not looked at then, and what
	// cannot be seen from outside is not applicable.
	URL      string
	Document string
}

// Run tries every clause and reports. The error is for a repository that
// cannot be tried at all; it wraps a [dbserver.NotInstalledError] when that is
// for want of a database server.
func Run(ctx context.Context, o Options) (Report, error) {
	if o.URL != "" {
		s, err := newOutside(ctx, o)
		if err != nil {
			return Report{}, err
		}
		return s.run(ctx, All())
	}
	s, err := newSuite(o)
	if err != nil {
		return Report{}, err
	}
	return s.run(ctx, All())
}

// All returns the clauses of the suite in the order of the contract.
func All() []Clause {
	return slices.Concat(
		needing(Process, startup()), health(), semantics(), resources(), needing(Log, logging()), metrics(),
		security(), authentication(), needing(Process, faults()), needing(Repository, container()), needing(Repository, repository()),
	)
}

// suite is what the clauses of one run share.
type suite struct {
	Options
	record record.Record
	kinds  []*kind
	seen   *seen
	server *server
	clone  *workcopy

	outside *outsideOnly // nil for a service that the suite starts

	issuer    *issuer // of tokens; nil where the service asks for none
	protected *api    // what the service asks of tokens

	begun       map[string]*Session // what Provoke has found, by clause
	undescribed error               // why there is no description to hold answers against
	provoked    bool                // what the description has was provoked
	untried     map[string]string   // statuses that could not be provoked, and why

	mu       sync.Mutex
	done     int // clauses
	ports    map[int]bool
	database int

	commonLock sync.Mutex
	shared     *service
}

func newSuite(o Options) (*suite, error) {
	dir, err := filepath.Abs(o.Dir)
	if err != nil {
		return nil, err
	}
	o.Dir = dir
	file := filepath.Join(dir, record.Name)
	data, err := os.ReadFile(file) //nolint:gosec // the repository to try is the user's choice
	if err != nil {
		return nil, err
	}
	r, err := record.Parse(file, data)
	if err != nil {
		return nil, err
	}
	return newSuiteOf(r, o)
}

func newSuiteOf(r record.Record, o Options) (*suite, error) {
	if o.Scale == 0 {
		o.Scale = 0.1
	}
	if o.Ready == 0 {
		o.Ready = 10 * time.Second
	}
	if o.Parallel == 0 {
		o.Parallel = 4
	}
	if o.Now == nil {
		return nil, errors.New("contract: a run needs a clock")
	}
	s := &suite{
		Options: o, record: r, ports: map[int]bool{}, seen: &seen{}, server: newServer(o.Server),
		begun: map[string]*Session{}, untried: map[string]string{},
	}
	s.kinds = kindsOf(r.Resources)
	s.clone = &workcopy{suite: s}
	return s, nil
}

func (s *suite) run(ctx context.Context, all []Clause) (Report, error) {
	begun := s.Now()
	chosen := slices.DeleteFunc(slices.Clone(all), func(c Clause) bool { return !s.chosen(c) })
	if len(chosen) == 0 {
		return Report{}, fmt.Errorf("no clause is called %s", strings.Join(s.Clauses, " or "))
	}
	if err := s.openIssuer(ctx); err != nil {
		return Report{}, err
	}
	defer s.issuer.close()
	s.describe(ctx, chosen)
	results := make([][]Result, len(chosen))
	s.turn(ctx, chosen, results, Waiting, s.Parallel)
	s.turn(ctx, chosen, results, Heavy, 1)
	s.provoke(ctx, chosen)
	s.stopShared()
	s.turn(ctx, chosen, results, Last, 1)
	s.sweep(ctx)
	return Report{
		Service:  s.name(),
		Database: s.databaseTitle(),
		Took:     s.Now().Sub(begun),
		Results:  slices.Concat(results...),
	}, errors.Join(ctx.Err(), s.server.close())
}

// turn runs the clauses whose turn it is, so many at a time.
func (s *suite) turn(ctx context.Context, clauses []Clause, results [][]Result, turn Turn, width int) {
	var wait sync.WaitGroup
	free := make(chan struct{}, width)
	for i, c := range clauses {
		if c.Turn != turn {
			continue
		}
		free <- struct{}{}
		if ctx.Err() != nil {
			break
		}
		wait.Go(func() {
			defer func() { <-free }()
			results[i] = s.try(ctx, c)
			s.progress(len(clauses))
		})
	}
	wait.Wait()
}

func (s *suite) progress(total int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.done++
	if s.Progress != nil {
		s.Progress(s.done, total)
	}
}

func (s *suite) chosen(c Clause) bool {
	if len(s.Clauses) == 0 {
		return true
	}
	return slices.ContainsFunc(s.Clauses, func(want string) bool {
		return want == c.ID || strings.HasPrefix(c.ID, want+"-")
	})
}

// name returns what a report calls the service.
func (s *suite) name() string {
	if s.outside != nil {
		return s.outside.url.Redacted()
	}
	return fmt.Sprint(s.record.Answers["name"])
}

func (s *suite) databaseName() string {
	name, _ := s.record.Answers["database"].(string)
	return name
}

// try runs one clause in a session of its own.
func (s *suite) try(ctx context.Context, c Clause) []Result {
	if missing := s.missing(c.Needs); missing != "" {
		return outcomes(c, nil, nil, missing, 0)
	}
	ctx, cancel := context.WithTimeout(ctx, s.limit(c))
	defer cancel()
	begun := s.Now()
	session := s.begun[c.ID]
	if session == nil {
		session = &Session{suite: s, clause: c}
	}
	err := c.Run(ctx, session)
	session.close()
	if absent, ok := errors.AsType[absentError](err); ok {
		return outcomes(c, session.breaks, session.notes, string(absent), s.Now().Sub(begun))
	}
	if err != nil {
		session.broken(c.Levels[0], "", "the stimulus of "+c.ID+" can be carried out", err.Error())
	}
	return outcomes(c, session.breaks, session.notes, "", s.Now().Sub(begun))
}

// limit is the longest that a clause may take.
func (s *suite) limit(c Clause) time.Duration {
	if c.Limit > 0 {
		return c.Limit
	}
	return 2*time.Minute + time.Duration(float64(5*time.Minute)*s.Scale)
}

// outcomes divides what a session found among the levels of its clause.
func outcomes(c Clause, breaks []Break, notes []string, missing string, took time.Duration) []Result {
	var results []Result
	for i, level := range c.Levels {
		r := Result{ID: c.ID, Title: c.Title, Level: level, Outcome: Held, Took: took}
		if i == 0 {
			r.Notes = notes
		}
		for _, b := range breaks {
			if b.Level == level {
				r.Outcome = Broken
				r.Breaks = append(r.Breaks, b)
			}
		}
		if missing != "" && len(r.Breaks) == 0 {
			r.Outcome, r.Missing = NotApplicable, missing
		}
		results = append(results, r)
	}
	return results
}
