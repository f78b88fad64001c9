package dbserver

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"
)

var (
	errTaken = errors.New("the port is taken")
	errBusy  = errors.New("what is left of the last run has not ended")
)

// run is the process of a server.
type run struct {
	cmd     *exec.Cmd
	out     *output
	done    chan struct{} // closed when it has ended
	failure error         // how it ended; to be read when done is closed
}

// begin starts the process and waits until it takes connections.
func (s *Server) begin(ctx context.Context) error {
	r, err := s.spawn()
	if err != nil {
		return err
	}
	timer := time.NewTimer(readyLimit)
	defer timer.Stop()
	select {
	case <-r.out.said:
		s.run = r
		return nil
	case <-r.done:
		return s.failed(r)
	case <-ctx.Done():
		r.kill()
		return ctx.Err()
	case <-timer.C:
		r.kill()
		return fmt.Errorf("%s took no connections within %s\n%s", s.kind.name, readyLimit, r.out)
	}
}

// failed says why a process ended before it took connections.
func (s *Server) failed(r *run) error {
	said := r.out.String()
	err := fmt.Errorf("%s does not start: %w\n%s", s.kind.name, r.failure, said)
	switch {
	case strings.Contains(said, s.kind.taken):
		return errors.Join(errTaken, err)
	case strings.Contains(said, s.kind.busy):
		return errors.Join(errBusy, err)
	}
	return err
}

// spawn starts the process. The thread that does so waits for its end, because
// the system ends the process together with that thread, and with nothing else
// of the program that may come and go.
func (s *Server) spawn() (*run, error) {
	r := &run{out: &output{awaited: []byte(s.kind.ready), said: make(chan struct{})}, done: make(chan struct{})}
	r.cmd = s.command(context.Background(), s.kind.serve(s))
	r.cmd.Stdout, r.cmd.Stderr = r.out, r.out
	r.cmd.WaitDelay = time.Second
	endWithParent(r.cmd)
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := r.cmd.Start()
		started <- err
		if err == nil {
			r.failure = r.cmd.Wait()
			close(r.done)
		}
	}()
	return r, <-started
}

// kill ends the process and what it has started.
func (r *run) kill() {
	killGroup(r.cmd)
	<-r.done
}

// command returns a program of the product, to run in the directory of the
// server by somebody who may.
func (s *Server) command(ctx context.Context, argv []string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, s.program(argv[0]), argv[1:]...) //nolint:gosec // the programs of the system
	cmd.Dir = s.dir
	path := strings.Join(append(slices.Clone(s.programs), "/usr/bin", "/bin"), string(os.PathListSeparator))
	cmd.Env = []string{"LC_ALL=C", "TZ=UTC", "PATH=" + path}
	s.owner.run(cmd)
	return cmd
}

// program returns where a program of the product is.
func (s *Server) program(name string) string {
	for _, dir := range s.programs {
		path := filepath.Join(dir, name)
		if _, err := os.Stat(path); err == nil {
			return path
		}
	}
	return name
}

// output keeps what a server says, and tells when it has said something.
type output struct {
	awaited []byte
	said    chan struct{} // closed when it was said

	mu   sync.Mutex
	data bytes.Buffer
	seen bool
}

// Write implements io.Writer.
func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	n, err := o.data.Write(p)
	if !o.seen && bytes.Contains(o.data.Bytes(), o.awaited) {
		o.seen = true
		close(o.said)
	}
	return n, err
}

// String returns everything said so far.
func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.data.String()
}
