package contract

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"groundsill.example/internal/need"
)

// echoed returns a proxy before a server that sends back what it gets.
func echoed(t *testing.T) *proxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() { _, _ = io.Copy(c, c); _ = c.Close() }()
		}
	}()
	p, err := newProxy(l.Addr().String(), talk{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.close)
	return p
}

func dialed(t *testing.T, p *proxy) net.Conn {
	t.Helper()
	c, err := net.DialTimeout("tcp", p.address, time.Second)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// say sends a word and returns what comes back in time, and how long it took.
func say(t *testing.T, c net.Conn, word string, limit time.Duration) (string, time.Duration, error) {
	t.Helper()
	begun := time.Now()
	if err := c.SetDeadline(begun.Add(limit)); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Write([]byte(word)); err != nil {
		return "", 0, err
	}
	buffer := make([]byte, len(word))
	n, err := io.ReadFull(c, buffer)
	return string(buffer[:n]), time.Since(begun), err
}

func TestProxyPasses(t *testing.T) {
	t.Parallel()
	c := dialed(t, echoed(t))
	large := strings.Repeat("x", 1<<20)
	for _, word := range []string{"one", "two", large} {
		if got, _, err := say(t, c, word, 5*time.Second); got != word || err != nil {
			t.Errorf("got %d bytes, %v", len(got), err)
		}
	}
}

func TestProxyRefuses(t *testing.T) {
	t.Parallel()
	p := echoed(t)
	c := dialed(t, p)
	if _, _, err := say(t, c, "one", time.Second); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if err := p.set(refuse); err != nil {
			t.Fatal(err)
		}
		if _, _, err := say(t, c, "two", time.Second); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("a connection from before: %v", err)
		}
		if _, err := net.Dial("tcp", p.address); !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("a new connection: %v", err)
		}
		if err := p.set(pass); err != nil {
			t.Fatal(err)
		}
		c = dialed(t, p)
		if got, _, err := say(t, c, "three", time.Second); got != "three" || err != nil {
			t.Errorf("afterwards: %q, %v", got, err)
		}
	}
}

func TestProxyBlackhole(t *testing.T) {
	t.Parallel()
	p := echoed(t)
	before := dialed(t, p)
	if _, _, err := say(t, before, "one", time.Second); err != nil {
		t.Fatal(err)
	}
	if err := p.set(blackhole); err != nil {
		t.Fatal(err)
	}
	during := dialed(t, p)
	for _, c := range []net.Conn{before, during} {
		if got, _, err := say(t, c, "two", 100*time.Millisecond); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("got %q, %v", got, err)
		}
	}
	if err := p.set(pass); err != nil {
		t.Fatal(err)
	}
	for _, c := range []net.Conn{before, during} {
		if got, _, err := say(t, c, "!", time.Second); got != "t" || err != nil { // of two
			t.Errorf("got %q, %v", got, err)
		}
	}
	if err := p.set(blackhole); err != nil {
		t.Fatal(err)
	}
	if err := p.set(refuse); err != nil {
		t.Fatal(err)
	}
	rest, err := io.ReadAll(before)
	if err == nil || errors.Is(err, os.ErrDeadlineExceeded) || bytes.Contains(rest, []byte("three")) {
		t.Errorf("blackhole, then refuse: %q, %v", rest, err)
	}
}

func TestProxyDelays(t *testing.T) {
	t.Parallel()
	p := echoed(t)
	c := dialed(t, p)
	p.delay(200 * time.Millisecond)
	for range 2 {
		if _, took, err := say(t, c, "one", 2*time.Second); took < 200*time.Millisecond || took > time.Second || err != nil {
			t.Errorf("took %s, %v", took, err)
		}
	}
	p.delay(0)
	if _, took, err := say(t, c, "one", time.Second); took > 150*time.Millisecond || err != nil {
		t.Errorf("took %s, %v", took, err)
	}
}

func TestProxyCounts(t *testing.T) {
	t.Parallel()
	p := echoed(t)
	p.delay(50 * time.Millisecond) // the end of a connection shows at once all the same
	for range 5 {
		c := dialed(t, p)
		if _, _, err := say(t, c, "one", time.Second); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Write([]byte("left over")); err != nil {
			t.Fatal(err)
		}
		_ = c.Close()
	}
	for range 3 {
		dialed(t, p)
	}
	time.Sleep(5 * settled)
	if p.open() != 3 || p.most() != 3 {
		t.Errorf("open %d, most %d", p.open(), p.most())
	}
}

func TestProxyInNamespace(t *testing.T) {
	t.Parallel()
	room, err := newNamespace()
	if err != nil {
		need.Missing(t, "network namespace", err.Error())
	}
	p := echoed(t)
	if err := p.enter(room); err != nil {
		t.Fatal(err)
	}
	var c net.Conn
	room.do(func() { c, err = net.DialTimeout("tcp", p.address, time.Second) })
	if err != nil {
		t.Fatal(err)
	}
	if got, _, err := say(t, c, "one", time.Second); got != "one" || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
	_ = c.Close()
	p.close()
	room.close()
}
