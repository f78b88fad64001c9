// Package dbserver runs database servers that live as long as a test: from the
// programs that are installed, on a free port of the loopback address, with all
// their files in a temporary directory, and never as root.
//
// It configures for speed and not for keeping: a server of this package is
// thrown away, so it does not wait for the disk.
package dbserver

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"time"
)

// ErrNotInstalled says that this machine lacks the programs of a server.
var ErrNotInstalled = errors.New("not installed")

// startTimeout is the longest a server may take to start.
const startTimeout = 30 * time.Second

// Server is a running database server.
type Server struct {
	dir     string
	port    int
	owner   owner
	argv    []string
	url     string // of the database for administration
	signal  os.Signal
	process *exec.Cmd
	ended   chan struct{}
	out     *output
}

// Start starts a server of the kind that a record names as its database:
// "postgres". The error is [ErrNotInstalled] where its programs are missing.
// Close ends it and removes its files.
func Start(ctx context.Context, kind string) (*Server, error) {
	switch kind {
	case "postgres":
		return startPostgres(ctx)
	default:
		return nil, fmt.Errorf("a server for %q: %w", kind, ErrNotInstalled)
	}
}

// Installed returns [ErrNotInstalled] where the programs of a server are missing.
func Installed(kind string) error {
	if kind == "postgres" {
		_, err := postgresPrograms()
		return err
	}
	return fmt.Errorf("a server for %q: %w", kind, ErrNotInstalled)
}

// URL returns the URL of a database in which a client may create others.
func (s *Server) URL() string { return s.url }

// Address returns where the server listens, as host:port.
func (s *Server) Address() string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(s.port)) }

// Stop ends the server and all its connections; its files stay.
func (s *Server) Stop() error {
	if s.process == nil {
		return nil
	}
	if err := s.process.Process.Signal(s.signal); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	timer := time.NewTimer(startTimeout)
	defer timer.Stop()
	select {
	case <-s.ended:
	case <-timer.C:
		_ = s.process.Process.Kill()
		<-s.ended
	}
	s.process = nil
	return nil
}

// Start starts the server again after Stop, where it was.
func (s *Server) Start(ctx context.Context) error {
	if s.process != nil {
		return nil
	}
	cmd := exec.CommandContext(context.WithoutCancel(ctx), s.argv[0], s.argv[1:]...) //nolint:gosec // the programs of the server
	cmd.Dir, cmd.Env = s.dir, environment()
	s.out = &output{}
	cmd.Stdout, cmd.Stderr = s.out, s.out
	s.owner.own(cmd)
	if err := cmd.Start(); err != nil {
		return err
	}
	s.process, s.ended = cmd, make(chan struct{})
	go func(ended chan struct{}) {
		defer close(ended)
		_ = cmd.Wait()
	}(s.ended)
	if err := s.await(ctx); err != nil {
		return errors.Join(err, s.Stop())
	}
	return nil
}

// await waits until the server takes connections.
func (s *Server) await(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	for {
		if ready(ctx, s.url) {
			return nil
		}
		select {
		case <-s.ended:
			return fmt.Errorf("the server ends at once:\n%s", s.out)
		case <-ctx.Done():
			return fmt.Errorf("the server is not ready within %s:\n%s", startTimeout, s.out)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// Close ends the server and removes its files.
func (s *Server) Close() error { return errors.Join(s.Stop(), os.RemoveAll(s.dir)) }

// newDir makes a directory that only the owner of the server may enter.
func newDir(o owner) (string, error) {
	dir, err := os.MkdirTemp("", "sill-server-")
	if err != nil {
		return "", err
	}
	if err := o.give(dir); err != nil {
		return "", errors.Join(err, os.RemoveAll(dir))
	}
	return dir, nil
}

// freePort returns a port that nobody listens on now.
func freePort(ctx context.Context) (int, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	_, text, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		return 0, errors.Join(err, l.Close())
	}
	port, err := strconv.Atoi(text)
	return port, errors.Join(err, l.Close())
}

// environment is what the programs of a server see.
func environment() []string { return []string{"LC_ALL=C", "TZ=UTC", "PATH=" + os.Getenv("PATH")} }

// output collects what a server prints.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write implements io.Writer.
func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

// String returns everything printed so far.
func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return strings.TrimSpace(o.text.String())
}
