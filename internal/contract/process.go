package contract

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// output collects what a process prints.
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
	return o.text.String()
}

// lines returns the lines printed so far, blank ones left out.
func (o *output) lines() []string {
	return slices.DeleteFunc(strings.Split(o.String(), "\n"), func(l string) bool { return strings.TrimSpace(l) == "" })
}

// records returns the lines that are JSON objects.
func (o *output) records() []object {
	var all []object
	for _, line := range o.lines() {
		if r, err := parseObject([]byte(line)); err == nil {
			all = append(all, r)
		}
	}
	return all
}

// process is a command of the record that was started, alone in its process
// group.
type process struct {
	cmd      *exec.Cmd
	out, err *output
	done     chan struct{} // closed when it has ended
}

// command starts a command of the record in the repository, with exactly env.
func (s *suite) command(name string, env []string, more ...string) (*process, error) {
	return s.commandIn(s.Dir, name, env, more...)
}

// commandIn is command in a directory that stands for the repository.
func (s *suite) commandIn(dir, name string, env []string, more ...string) (*process, error) {
	argv := slices.Concat(s.record.Commands[name], more)
	if len(argv) == 0 {
		return nil, fmt.Errorf("the record has no command %q", name)
	}
	return spawn(dir, argv, env)
}

func spawn(dir string, argv, env []string) (*process, error) {
	p := &process{out: &output{}, err: &output{}, done: make(chan struct{})}
	p.cmd = exec.CommandContext(context.Background(), argv[0], argv[1:]...) //nolint:gosec // the commands of the record are what is to be tried
	p.cmd.Dir, p.cmd.Stdout, p.cmd.Stderr = dir, p.out, p.err
	p.cmd.Env = slices.Concat([]string{}, env)
	p.cmd.WaitDelay = time.Second
	ownGroup(p.cmd)
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", strings.Join(argv, " "), err)
	}
	go func() {
		defer close(p.done)
		_ = p.cmd.Wait()
	}()
	return p, nil
}

// pid returns the number of the process and of its group.
func (p *process) pid() int { return p.cmd.Process.Pid }

// running reports whether it has not ended.
func (p *process) running() bool {
	select {
	case <-p.done:
		return false
	default:
		return true
	}
}

// ended waits for the end and reports whether it came in time.
func (p *process) ended(ctx context.Context, limit time.Duration) bool {
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-p.done:
		return true
	case <-timer.C:
	case <-ctx.Done():
	}
	return false
}

// status returns the exit status as a shell counts: 128 and the signal for
// one that a signal ended. It is meant for a process that has ended.
func (p *process) status() int {
	state := p.cmd.ProcessState
	if state == nil {
		return -1
	}
	if w, ok := state.Sys().(syscall.WaitStatus); ok && w.Signaled() {
		return 128 + int(w.Signal())
	}
	return state.ExitCode()
}

// kill ends the whole group at once.
func (p *process) kill() {
	if p.cmd == nil {
		return // it is not the suite's
	}
	killGroup(p.pid())
	<-p.done
}

// signal sends a signal to the process, not to its group, as a supervisor
// does.
func (p *process) signal(sig os.Signal) error { return p.cmd.Process.Signal(sig) }

// printed returns all output, for a report.
func (p *process) printed() string {
	return "stdout: " + clip(p.out.String(), 400) + "\nstderr: " + clip(p.err.String(), 400)
}

// service is a process that serves, and a client for it.
type service struct {
	*process
	suite    *suite
	database database
	port     int
	metrics  int
	env      []string
	room     *namespace // nil where the service shares the suite's network
	*client

	mu   sync.Mutex
	rows map[string]string // resource name → id of a row to refer to
}

// launch starts the service on a database and does not wait for it.
func (s *suite) launch(db database, settings ...string) (*service, error) {
	return s.launchIn(s.Dir, db, settings...)
}

// launchIn is launch in a directory that stands for the repository.
func (s *suite) launchIn(dir string, db database, settings ...string) (*service, error) {
	v := &service{suite: s, database: db, port: s.freePort(), metrics: s.freePort(), rows: map[string]string{}}
	v.env = environment(slices.Concat(s.Env, []string{
		"APP_ENV=production", "HOST=127.0.0.1", "PORT=" + strconv.Itoa(v.port),
		"METRICS_PORT=" + strconv.Itoa(v.metrics), "DATABASE_URL=" + db.url(),
	}, s.issuer.settings(), settings))
	v.port = setting(v.env, "PORT", v.port)
	v.metrics = setting(v.env, "METRICS_PORT", v.metrics)
	p, err := s.commandIn(dir, "start", v.env)
	if err != nil {
		return nil, err
	}
	v.process = p
	v.client = newClient(v.port, s.seen, s.Now)
	v.bearer = s.issuer.bearer()
	s.seen.add(v)
	return v, nil
}

// environment returns the settings with only the last of each name. A setting
// without a value ("NAME") takes the name away.
func environment(settings []string) []string {
	var env []string
	for i, one := range settings {
		name, _, has := strings.Cut(one, "=")
		again := slices.ContainsFunc(settings[i+1:], func(o string) bool {
			return o == name || strings.HasPrefix(o, name+"=")
		})
		if has && !again {
			env = append(env, one)
		}
	}
	return env
}

// setting returns the number that an environment gives a name.
func setting(env []string, name string, otherwise int) int {
	for _, one := range env {
		if value, ok := strings.CutPrefix(one, name+"="); ok {
			if n, err := strconv.Atoi(value); err == nil {
				return n
			}
		}
	}
	return otherwise
}

// freePort returns a port that nobody listens on and that this run has not
// used. It stays below the range that outgoing connections take theirs from.
func (s *suite) freePort() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	for range 20000 {
		port := 18000 + randomBelow(14000)
		if !s.ports[port] && bindable(port) {
			s.ports[port] = true
			return port
		}
	}
	return 0
}

// bindable reports whether a listener can have the port.
func bindable(port int) bool {
	l, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	return err == nil && l.Close() == nil
}

// awaitReady waits until /readyz answers 200.
func (v *service) awaitReady(ctx context.Context) error {
	return v.await(ctx, "/readyz", v.suite.Ready)
}

// await waits until a path answers 200.
func (v *service) await(ctx context.Context, path string, limit time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	var last *reply
	for ctx.Err() == nil {
		if !v.running() {
			return fmt.Errorf("the service ended with status %d\n%s", v.status(), v.printed())
		}
		last = v.do(ctx, "GET", path, nil)
		if last.err == nil && last.status == 200 {
			return nil
		}
		pause(ctx, 20*time.Millisecond)
	}
	return fmt.Errorf("GET %s is not 200 within %s; last: %s\n%s", path, limit, last.summary(), v.printed())
}

// pause waits, or returns early when the context ends.
func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// common returns the service that clauses share.
func (s *suite) common(ctx context.Context) (*service, error) {
	s.commonLock.Lock()
	defer s.commonLock.Unlock()
	if s.outside != nil || s.shared != nil && s.shared.running() {
		return s.shared, nil
	}
	db, err := s.newDatabase()
	if err != nil {
		return nil, err
	}
	v, err := s.migrateAndLaunch(ctx, db)
	if err != nil {
		db.close()
		return nil, err
	}
	if s.shared != nil {
		s.shared.kill()
		s.shared.database.close()
	}
	s.shared = v
	return v, v.awaitReady(ctx)
}

func (s *suite) migrateAndLaunch(ctx context.Context, db database) (*service, error) {
	if err := s.migrate(ctx, db); err != nil {
		return nil, err
	}
	return s.launch(db)
}

// stopShared ends the shared service the polite way.
func (s *suite) stopShared() {
	s.commonLock.Lock()
	defer s.commonLock.Unlock()
	v := s.shared
	if v == nil || s.outside != nil {
		return
	}
	s.shared = nil
	_ = v.signal(syscall.SIGTERM)
	v.ended(context.Background(), 10*time.Second)
	v.kill()
	v.database.close()
}

// migrate runs the migrate command on a database.
func (s *suite) migrate(ctx context.Context, db database) error {
	p, err := s.command("migrate", s.toolEnv(db))
	if err != nil {
		return err
	}
	defer p.kill()
	if !p.ended(ctx, 2*s.Ready) {
		return errors.New("migrate does not end\n" + p.printed())
	}
	if p.status() != 0 {
		return fmt.Errorf("migrate ends with status %d\n%s", p.status(), p.printed())
	}
	return nil
}

// toolEnv is the environment of commands that do not serve.
func (s *suite) toolEnv(db database) []string {
	return environment(slices.Concat(s.Env, []string{"APP_ENV=production", "DATABASE_URL=" + db.url()}, s.issuer.settings()))
}

// parseObject reads one JSON object, numbers as they are written.
func parseObject(data []byte) (object, error) {
	var o object
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	if err := d.Decode(&o); err != nil {
		return nil, err
	}
	if d.More() {
		return nil, errors.New("more than one JSON value")
	}
	if o == nil {
		return nil, errors.New("null is no JSON object")
	}
	return o, nil
}
