//go:build unix

package e2e

import (
	"bytes"
	"errors"
	"io"
	"net"
	"net/http"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// Limits that only a hanging program reaches.
const (
	readyLimit = 3 * time.Minute // make run builds first
	stopLimit  = 20 * time.Second
)

// process is a running service, or make that started one, with what it says.
type process struct {
	base    string // URL of the API
	cmd     *exec.Cmd
	out     *output
	done    chan struct{}
	failure error // of the wait; to be read when done is closed
}

// output collects what a process writes while others read it.
type output struct {
	mu   sync.Mutex
	data bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.data.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.data.String()
}

// start runs a command in a process group of its own, which the end of the
// test takes down.
func start(t *testing.T, dir string, env, argv []string) *process {
	t.Helper()
	cmd := command(dir, argv[0], argv[1:]...)
	cmd.Env = append(cmd.Env, env...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	p := &process{cmd: cmd, out: &output{}, done: make(chan struct{})}
	cmd.Stdout, cmd.Stderr = p.out, p.out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		p.failure = cmd.Wait()
		close(p.done)
	}()
	t.Cleanup(func() {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		<-p.done
	})
	return p
}

// serve starts a command with free ports and waits until /readyz answers 200.
func serve(t *testing.T, dir string, env, argv []string) *process {
	t.Helper()
	ports := freePorts(t)
	env = append([]string{"HOST=127.0.0.1", "PORT=" + ports[0], "METRICS_PORT=" + ports[1]}, env...)
	p := start(t, dir, env, argv)
	p.base = "http://127.0.0.1:" + ports[0]
	p.await(t, "/readyz")
	return p
}

// await waits until a path answers 200.
func (p *process) await(t *testing.T, path string) {
	t.Helper()
	deadline := time.After(readyLimit)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		res, err := http.Get(p.base + path)
		if err == nil {
			_ = res.Body.Close()
			if res.StatusCode == http.StatusOK {
				return
			}
		}
		select {
		case <-p.done:
			t.Fatalf("the process ended (%v) before %s answered 200:\n%s", p.failure, path, p.out)
		case <-deadline:
			t.Fatalf("%s did not answer 200 (%v):\n%s", path, err, p.out)
		case <-tick.C:
		}
	}
}

// stop sends SIGTERM to the whole group and demands a graceful end.
func (p *process) stop(t *testing.T) {
	t.Helper()
	if err := syscall.Kill(-p.cmd.Process.Pid, syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	p.wait(t)
	if code := exitCode(p.failure); code != 0 && code != 143 && !interruptedMake(p) {
		t.Errorf("SIGTERM: exit code %d\n%s", code, p.out)
	}
	if err := syscall.Kill(-p.cmd.Process.Pid, 0); !errors.Is(err, syscall.ESRCH) {
		t.Errorf("SIGTERM leaves processes of the group: %v", err)
	}
}

// interruptedMake says that make was ended by the signal and passes that on.
func interruptedMake(p *process) bool {
	exit, ok := errors.AsType[*exec.ExitError](p.failure)
	if !ok || filepath.Base(p.cmd.Path) != "make" {
		return false
	}
	status, ok := exit.Sys().(syscall.WaitStatus)
	return ok && (status.Signaled() && status.Signal() == syscall.SIGTERM || status.ExitStatus() == 2)
}

func (p *process) wait(t *testing.T) {
	t.Helper()
	select {
	case <-p.done:
	case <-time.After(stopLimit):
		t.Fatalf("the process did not end:\n%s", p.out)
	}
}

func (p *process) running() bool {
	select {
	case <-p.done:
		return false
	default:
		return true
	}
}

// answer is what the service said to a request.
type answer struct {
	status int
	header http.Header
	body   string
}

// ask sends a request; headers are "Name: value".
func (p *process) ask(t *testing.T, method, path, body string, headers ...string) answer {
	t.Helper()
	req, err := http.NewRequest(method, p.base+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		req.Header.Set(name, value)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", method, path, err, p.out)
	}
	data, err := io.ReadAll(res.Body)
	if err := errors.Join(err, res.Body.Close()); err != nil {
		t.Fatal(err)
	}
	return answer{res.StatusCode, res.Header, string(data)}
}

// freePorts are two ports that nobody listened on a moment ago.
func freePorts(t *testing.T) [2]string {
	t.Helper()
	var ports [2]string
	for i := range ports {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		ports[i] = strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
	}
	return ports
}
