package contract

import (
	"context"
	"errors"
	"net"
	"strconv"
	"sync"
	"time"
)

// proxy stands between the service and the server of its database, and can
// keep them apart.
type proxy struct {
	address, target string

	mu       sync.Mutex
	listener net.Listener
	more     []net.Listener // in other networks
	pairs    map[*pair]bool
	held     chan struct{} // closed when what is held may go on; nil while nothing is held
	lag      time.Duration
	peak     int
}

// pair is a connection of the service and its continuation to the server.
type pair struct{ near, far net.Conn }

// close ends both connections. Closing twice is harmless.
func (p *pair) close() { _, _ = p.near.Close(), p.far.Close() }

func newProxy(port int, target string) (*proxy, error) {
	p := &proxy{address: net.JoinHostPort("127.0.0.1", strconv.Itoa(port)), target: target, pairs: map[*pair]bool{}}
	return p, p.set(pass)
}

// set changes how the database behaves. Refusing closes the port and every
// connection. A black hole takes connections and data and passes none of it on
// until it ends; what belongs to connections that were closed meanwhile is lost.
func (p *proxy) set(m mode) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.held != nil && m != blackhole {
		close(p.held)
		p.held = nil
	}
	if m == blackhole && p.held == nil {
		p.held = make(chan struct{})
	}
	if m == refuse {
		return p.shut()
	}
	if p.listener != nil {
		return nil
	}
	l, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", p.address)
	if err != nil {
		return err
	}
	p.listener = l
	go p.accept(l)
	return nil
}

// shut closes the port and cuts what is open. The lock is held.
func (p *proxy) shut() error {
	for one := range p.pairs {
		one.close()
	}
	if p.listener == nil {
		return nil
	}
	err := p.listener.Close()
	p.listener = nil
	return err
}

// offer opens the port inside a network, too, until the proxy is closed.
func (p *proxy) offer(room *namespace) (err error) {
	var l net.Listener
	room.do(func() { l, err = (&net.ListenConfig{}).Listen(context.Background(), "tcp", p.address) })
	if err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.more = append(p.more, l)
	go p.accept(l)
	return nil
}

// delay holds everything that the service sends back for a while, and counts
// connections from now on.
func (p *proxy) delay(d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.lag, p.peak = d, len(p.pairs)
}

// most returns how many connections were open at the same time at the most,
// since the delay was set.
func (p *proxy) most() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.peak
}

func (p *proxy) close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.held != nil {
		close(p.held)
		p.held = nil
	}
	for _, l := range p.more {
		_ = l.Close()
	}
	return p.shut()
}

func (p *proxy) accept(l net.Listener) {
	for {
		near, err := l.Accept()
		if err != nil {
			return
		}
		go p.connect(near)
	}
}

func (p *proxy) connect(near net.Conn) {
	far, err := (&net.Dialer{Timeout: 5 * time.Second}).DialContext(context.Background(), "tcp", p.target)
	if err != nil {
		_ = near.Close()
		return
	}
	one := &pair{near, far}
	if !p.enter(one) {
		one.close()
		return
	}
	var wait sync.WaitGroup
	wait.Go(func() { p.carry(one, near, far, true) })
	wait.Go(func() { p.carry(one, far, near, false) })
	wait.Wait()
}

// enter notes a connection, unless the port was closed meanwhile.
func (p *proxy) enter(one *pair) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.listener == nil {
		return false
	}
	p.pairs[one] = true
	time.AfterFunc(settled, p.count)
	return true
}

// settled is how long after a connection was opened it is counted: one that the
// service closed just before is not seen to be closed at once. What is delayed
// stays open for longer than that.
const settled = 50 * time.Millisecond

func (p *proxy) count() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.peak = max(p.peak, len(p.pairs))
}

func (p *proxy) leave(one *pair) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.pairs, one)
}

// carry moves data one way until an end closes, and then closes the other.
func (p *proxy) carry(one *pair, from, to net.Conn, slow bool) {
	defer one.close()
	const ahead = 256 // pieces that are read while the first is held
	pieces, over := make(chan []byte, ahead), make(chan struct{})
	go func() {
		defer close(pieces)
		defer close(over)
		for {
			piece := make([]byte, 32<<10)
			n, err := from.Read(piece)
			if n > 0 {
				pieces <- piece[:n]
			}
			if err != nil {
				p.leave(one) // for the service it is closed, whatever is still on the way
				return
			}
		}
	}()
	for piece := range pieces {
		if !p.let(over, slow) {
			continue // the sender is gone, and with it what it sent
		}
		if _, err := to.Write(piece); err != nil && !errors.Is(err, net.ErrClosed) {
			one.close()
		}
	}
}

// let waits until data may pass, and reports whether it still may.
func (p *proxy) let(over <-chan struct{}, slow bool) bool {
	p.mu.Lock()
	held, lag := p.held, p.lag
	p.mu.Unlock()
	if slow && lag > 0 {
		time.Sleep(lag)
	}
	if held == nil {
		return true
	}
	select {
	case <-held:
		return true
	case <-over:
		return false
	}
}
