package contract

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"sync"
	"time"

	"groundsill.example/internal/dbserver"
)

// server is the database server that the databases of a run are on: the one
// that was given, or one of the run's own, started when it is first needed.
type server struct {
	given string
	start func(context.Context, dbserver.Kind) (*dbserver.Server, error)

	once sync.Once
	url  *url.URL
	own  *dbserver.Server
	err  error
}

func newServer(given string) *server { return &server{given: given, start: dbserver.Start} }

// find returns where the server is, which is one of that kind.
func (s *server) find(kind product) (*url.URL, error) {
	s.once.Do(func() {
		given := s.given
		if given == "" {
			ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
			defer cancel()
			if s.own, s.err = s.start(ctx, kind.server()); s.err != nil {
				s.err = fmt.Errorf("start a database server: %w", s.err)
				return
			}
			given = s.own.URL()
		}
		if s.url, s.err = url.Parse(given); s.err != nil {
			s.err = errors.New("the URL of the database server cannot be read") // it may hold a password
		}
	})
	return s.url, s.err
}

// close stops a server of the run's own, and returns what was wrong with it.
func (s *server) close() error {
	s.once.Do(func() {}) // nobody needs it any more
	if s.own == nil {
		return s.err
	}
	return errors.Join(s.err, s.own.Close())
}
