package contract

import (
	"context"
	"errors"
	"fmt"
	"net"
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

	double bool // it only speaks like the product
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
			return
		}
		if kind.isDouble != nil {
			s.double, s.err = kind.isDouble(s.url)
		}
	})
	return s.url, s.err
}

// served is a database of its own on a server, behind a proxy.
type served struct {
	*proxy
	name   string
	server *url.URL
	direct *url.URL // past the proxy
	ended  sync.Once
}

// newServed chooses a name for a database on a server, which is at that port
// where its URL says nothing else.
func newServed(server *url.URL, port string, of talk) (*served, error) {
	target := server.Host
	if server.Port() == "" {
		target = net.JoinHostPort(server.Hostname(), port)
	}
	between, err := newProxy(target, of)
	if err != nil {
		return nil, err
	}
	direct := *server
	direct.Host = target
	d := &served{proxy: between, name: "contract_" + random(8), server: server, direct: &direct}
	direct.Path = "/" + d.name
	return d, nil
}

// url leads through the proxy.
func (d *served) url() string {
	u := *d.direct
	u.Host = d.address
	return u.String()
}

// close stops a server of the run's own, and returns what was wrong with it.
func (s *server) close() error {
	s.once.Do(func() {}) // nobody needs it any more
	if s.own == nil {
		return s.err
	}
	return errors.Join(s.err, s.own.Close())
}
