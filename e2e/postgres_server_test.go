//go:build unix

package e2e

import (
	"bytes"
	"io"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"
)

// postgres is a PostgreSQL server of the test's own.
type postgres struct {
	binaries, dir, port string
	owner               *syscall.Credential // who runs it; nil is who runs the test
	cmd                 *exec.Cmd
	out                 *output
}

// newPostgres makes a database cluster in a temporary directory and starts a
// server on it that listens on a free port of the loopback address. Root may
// not run PostgreSQL, so for root somebody else does.
func newPostgres(t *testing.T) *postgres {
	t.Helper()
	p := &postgres{binaries: postgresBinaries(t), port: freePorts(t)[0], owner: unprivileged(t), out: &output{}}
	dir, err := os.MkdirTemp("", "sill-postgres-") //nolint:usetesting // only its owner may enter t.TempDir
	must(t, err)
	t.Cleanup(func() { must(t, os.RemoveAll(dir)) })
	p.dir = dir
	if p.owner != nil {
		must(t, os.Chown(dir, int(p.owner.Uid), int(p.owner.Gid)))
	}
	initdb := p.command("initdb", "--pgdata", "data", "--username", "sill", "--encoding", "UTF8", "--locale", "C", "--auth", "trust", "--no-sync")
	if out, err := initdb.CombinedOutput(); err != nil {
		t.Fatalf("initdb: %v\n%s", err, out)
	}
	p.start(t)
	t.Cleanup(func() { p.stop(t) })
	return p
}

// postgresBinaries is where the programs of PostgreSQL are. Debian keeps them
// off the PATH, a directory for each version.
func postgresBinaries(t *testing.T) string {
	t.Helper()
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/postgres")
	must(t, err)
	if len(found) > 0 {
		return filepath.Dir(slices.Max(found))
	}
	need(t, "postgres")
	path, err := exec.LookPath("postgres")
	must(t, err)
	return filepath.Dir(path)
}

func unprivileged(t *testing.T) *syscall.Credential {
	t.Helper()
	if os.Getuid() != 0 {
		return nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		found, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err := strconv.ParseUint(found.Uid, 10, 32)
		must(t, err)
		gid, err := strconv.ParseUint(found.Gid, 10, 32)
		must(t, err)
		return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	}
	miss(t, "postgres", "cannot be run by root, and there is nobody else")
	return nil
}

func (p *postgres) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(filepath.Join(p.binaries, name), args...)
	cmd.Dir = p.dir
	cmd.Env = []string{"LC_ALL=C", "PATH=" + p.binaries + ":" + os.Getenv("PATH")}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: p.owner, Setpgid: true}
	return cmd
}

// start starts the server and waits until it takes connections.
func (p *postgres) start(t *testing.T) {
	t.Helper()
	p.cmd = p.command("postgres", "-D", "data", "-p", p.port, "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "fsync=off")
	p.cmd.Stdout, p.cmd.Stderr = p.out, p.out
	must(t, p.cmd.Start())
	ready := []byte("database system is ready to accept connections")
	before := bytes.Count([]byte(p.out.String()), ready)
	for range 1000 {
		if bytes.Count([]byte(p.out.String()), ready) > before {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("the server does not start:\n%s", p.out)
}

// stop ends the server and all its connections.
func (p *postgres) stop(t *testing.T) {
	t.Helper()
	if p.cmd == nil {
		return
	}
	must(t, p.cmd.Process.Signal(syscall.SIGINT))
	if err := p.cmd.Wait(); err != nil {
		t.Errorf("the server ends with %v:\n%s", err, p.out)
	}
	p.cmd = nil
}

// url names a database on the server, or where something in front of it
// listens.
func (p *postgres) url(address, name string) string {
	return "postgres://sill:S3CR3T@" + address + "/" + name
}

func (p *postgres) address() string { return "127.0.0.1:" + p.port }

// create makes a new database and returns its URL.
func (p *postgres) create(t *testing.T, name string) string {
	t.Helper()
	cmd := p.command("createdb", "--host", "127.0.0.1", "--port", p.port, "--username", "sill", name)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("createdb: %v\n%s", err, out)
	}
	return p.url(p.address(), name)
}

// proxy stands between a service and its database. It can hold back what the
// service sends, for a while or for as long as it is told.
type proxy struct {
	address, target string

	mu    sync.Mutex
	hold  bool
	delay time.Duration
}

func newProxy(t *testing.T, target string) *proxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	t.Cleanup(func() { _ = l.Close() })
	p := &proxy{address: l.Addr().String(), target: target}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go p.serve(c)
		}
	}()
	return p
}

func (p *proxy) set(hold bool, delay time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.hold, p.delay = hold, delay
}

func (p *proxy) serve(client net.Conn) {
	defer client.Close()
	server, err := net.Dial("tcp", p.target)
	if err != nil {
		return
	}
	defer server.Close()
	go func() {
		_, _ = io.Copy(client, server)
		_ = client.Close()
	}()
	buffer := make([]byte, 64<<10)
	for {
		n, err := client.Read(buffer)
		if err != nil {
			return
		}
		p.wait()
		if _, err := server.Write(buffer[:n]); err != nil {
			return
		}
	}
}

func (p *proxy) wait() {
	p.mu.Lock()
	delay := p.delay
	p.mu.Unlock()
	time.Sleep(delay)
	for {
		p.mu.Lock()
		hold := p.hold
		p.mu.Unlock()
		if !hold {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
}
