// Package dbserver runs database servers that live as long as a test does: the
// programs that the system has installed, on data in a temporary directory, on
// a free port of the loopback address.
package dbserver

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"
)

// Kind is a database product that can be run: [Postgres] and [MariaDB] are two.
type Kind struct {
	name     string
	user     string // whom the system has for it
	programs func() (dirs []string, err error)
	prepare  func(s *Server) (argv []string, err error) // what makes the data, once
	serve    func(s *Server) (argv []string)
	url      func(s *Server) *url.URL
	ready    string    // said when connections are taken
	taken    string    // said when the port cannot be had
	busy     string    // said when what is left of a killed server still ends
	end      os.Signal // that ends the server soon and cleanly
}

// NotInstalledError says that a database product cannot be run on this
// machine.
type NotInstalledError struct {
	Product string
	Reason  string
}

// Error implements error.
func (e *NotInstalledError) Error() string { return e.Product + " cannot be run here: " + e.Reason }

const (
	readyLimit = 30 * time.Second
	endLimit   = 20 * time.Second
	tries      = 20 // to get a port, and to outlive what was killed
)

// Server is a database server. Its methods are not for parallel use; the
// server itself is.
type Server struct {
	kind     Kind
	programs []string // the directories they are in
	dir      string
	owner    owner
	password string
	port     int
	run      *run // nil while it is stopped
}

// Start makes a server with data of its own and waits until it takes
// connections. Whoever starts one has to close it.
func Start(ctx context.Context, k Kind) (*Server, error) {
	programs, err := k.programs()
	if err != nil {
		return nil, err
	}
	who, err := unprivileged(k)
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "sill-"+k.name+"-")
	if err != nil {
		return nil, err
	}
	s := &Server{kind: k, programs: programs, dir: dir, owner: who, password: "S3CR3T-" + rand.Text()}
	if err := s.first(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// first makes the data and finds a port. Somebody else may take the port
// between the moment it was found free and the start; then there are others.
func (s *Server) first(ctx context.Context) error {
	if err := s.owner.own(s.dir); err != nil {
		return err
	}
	argv, err := s.kind.prepare(s)
	if err != nil {
		return err
	}
	if out, err := s.command(ctx, argv).CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", argv[0], err, out)
	}
	for range tries {
		if s.port, err = freePort(ctx); err != nil {
			return err
		}
		if err = s.begin(ctx); !errors.Is(err, errTaken) {
			return err
		}
	}
	return err
}

// URL returns where the server is, as its administrator and with a password,
// in the form of DATABASE_URL.
func (s *Server) URL() string { return s.kind.url(s).String() }

// Programs returns the directories that hold the programs of the product.
func (s *Server) Programs() []string { return slices.Clone(s.programs) }

// administrator is the name of who may do everything.
const administrator = "sill"

func (s *Server) administrator() *url.Userinfo { return url.UserPassword(administrator, s.password) }

func (s *Server) address() string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(s.port)) }

// confide writes a file that only the owner can read.
func (s *Server) confide(name, content string) error {
	path := filepath.Join(s.dir, name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		return err
	}
	return s.owner.own(path)
}

// Start starts a server that was stopped or killed again, where it was before.
func (s *Server) Start(ctx context.Context) error {
	if s.run != nil {
		return errors.New("the server runs already")
	}
	var err error
	for range tries {
		if err = s.begin(ctx); !errors.Is(err, errTaken) && !errors.Is(err, errBusy) {
			return err
		}
		if err := pause(ctx, 100*time.Millisecond); err != nil {
			return err
		}
	}
	return err
}

// Stop ends the server and all its connections.
func (s *Server) Stop() error {
	if s.run == nil {
		return nil
	}
	r := s.run
	s.run = nil
	if err := r.cmd.Process.Signal(s.kind.end); err != nil {
		r.kill()
		return fmt.Errorf("end %s: %w", s.kind.name, err)
	}
	timer := time.NewTimer(endLimit)
	defer timer.Stop()
	select {
	case <-r.done:
		return r.failure
	case <-timer.C:
		r.kill()
		return fmt.Errorf("%s did not end within %s\n%s", s.kind.name, endLimit, r.out)
	}
}

// Kill ends the server at once, as a loss of power would.
func (s *Server) Kill() {
	if s.run != nil {
		s.run.kill()
		s.run = nil
	}
}

// Close stops the server and removes its data.
func (s *Server) Close() error { return errors.Join(s.Stop(), os.RemoveAll(s.dir)) }

func freePort(ctx context.Context) (int, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err := errors.Join(err, l.Close()); err != nil {
		return 0, err
	}
	return strconv.Atoi(port)
}

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
