package contract

import (
	"bufio"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"time"
)

// echo is a server that sends back what it gets, line by line.
func echo(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() { _, _ = io.Copy(conn, conn); _ = conn.Close() }()
		}
	}()
	return l.Addr().String()
}

// freeAddress returns a port that nobody listens on.
func freeAddress(t *testing.T) int {
	t.Helper()
	s := &suite{ports: map[int]bool{}}
	return s.freePort()
}

func TestProxy(t *testing.T) {
	t.Parallel()
	p, err := newProxy(freeAddress(t), echo(t))
	if err != nil {
		t.Fatal(err)
	}
	defer p.close() //nolint:errcheck // the test is over
	say := func(conn net.Conn, limit time.Duration) error {
		_ = conn.SetDeadline(time.Now().Add(limit))
		if _, err := io.WriteString(conn, "hello\n"); err != nil {
			return err
		}
		line, err := bufio.NewReader(conn).ReadString('\n')
		if err == nil && line != "hello\n" {
			return errors.New(line)
		}
		return err
	}
	dial := func() net.Conn {
		conn, err := net.Dial("tcp", p.address)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.Close() })
		return conn
	}
	set := func(m mode) {
		if err := p.set(m); err != nil {
			t.Fatal(err)
		}
	}
	old := dial()
	if err := say(old, time.Second); err != nil {
		t.Fatalf("pass: %v", err)
	}

	set(blackhole)
	held := dial()
	if err := say(old, 100*time.Millisecond); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("an old connection in a black hole: %v", err)
	}
	if err := say(held, 100*time.Millisecond); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("a new connection in a black hole: %v", err)
	}
	set(pass)
	_ = held.SetDeadline(time.Now().Add(time.Second))
	if line, err := bufio.NewReader(held).ReadString('\n'); err != nil || line != "hello\n" {
		t.Errorf("what a black hole held: %q, %v", line, err)
	}

	set(refuse)
	if err := say(held, time.Second); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("an old connection after refusing: %v", err)
	}
	if _, err := net.Dial("tcp", p.address); err == nil || !strings.Contains(err.Error(), "refused") {
		t.Errorf("a new connection while refusing: %v", err)
	}
	set(pass)

	p.delay(150 * time.Millisecond)
	slow := dial()
	begun := time.Now()
	if err := say(slow, time.Second); err != nil || time.Since(begun) < 150*time.Millisecond {
		t.Errorf("delayed: %v after %s", err, time.Since(begun))
	}
	if n := p.most(); n != 1 {
		t.Errorf("%d connections at the most", n)
	}
}
