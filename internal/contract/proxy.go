package contract

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"
)

// settled is how long a connection is open before it counts, so that one that
// takes the place of another does not count beside it.
const settled = 20 * time.Millisecond

// proxy stands between a service and its database server and can keep them
// apart. It always listens at one address, and on every [namespace] that it
// was let into.
type proxy struct {
	talk

	target  string
	address string

	mu        sync.Mutex
	mode      mode
	slow      time.Duration
	changed   chan struct{} // closed and made anew when the mode changes
	rooms     []*namespace  // nil is the network of the suite
	listeners []net.Listener
	links     map[*link]bool // true while it is a session of the service
	peak      int
	over      bool
}

// talk is what a proxy has to know of what goes through it.
type talk struct {
	aside   func(first []byte) bool   // recognises a connection that is no session; nil is none
	session func(message []byte) bool // recognises what only a session sends; nil is everything
}

// link is one connection of the service and its other half to the server.
type link struct {
	client net.Conn
	server net.Conn // nil until it is needed
	gone   chan struct{}
	once   sync.Once
}

func newProxy(target string, of talk) (*proxy, error) {
	p := &proxy{talk: of, target: target, mode: pass, changed: make(chan struct{}), links: map[*link]bool{}}
	// An address that nobody else uses is free again after refuse, and no
	// connection that is being made can take its port for its own end.
	own := fmt.Sprintf("127.%d.%d.%d:0", 1+randomBelow(254), randomBelow(256), 1+randomBelow(254))
	for _, address := range []string{own, "127.0.0.1:0"} { // only Linux has all of 127/8
		p.address = address
		l, err := p.listen(nil)
		if err != nil {
			continue
		}
		p.address = l.Addr().String()
		p.rooms = append(p.rooms, nil)
		p.admit(l)
		return p, nil
	}
	return nil, errors.New("no proxy can listen on a loopback address")
}

// listen returns a listener at the address of the proxy in a network.
func (p *proxy) listen(room *namespace) (l net.Listener, err error) {
	do := func(f func()) { f() }
	if room != nil {
		do = room.do
	}
	do(func() { l, err = (&net.ListenConfig{}).Listen(context.Background(), "tcp", p.address) })
	return l, err
}

// admit serves the connections of a listener. The lock is held, or nobody else
// knows the proxy yet.
func (p *proxy) admit(l net.Listener) {
	p.listeners = append(p.listeners, l)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go p.serve(c)
		}
	}()
}

// enter makes the database reachable in a network that has no other way to it.
func (p *proxy) enter(room *namespace) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	l, err := p.listen(room)
	if err != nil {
		return err
	}
	p.rooms = append(p.rooms, room)
	p.admit(l)
	return nil
}

// set makes the database reachable or not. refuse ends all connections and
// takes none; blackhole takes them, and nothing on any of them moves.
func (p *proxy) set(m mode) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	var err error
	if m == refuse {
		p.shut()
	} else if p.mode == refuse {
		err = p.reopen()
	}
	p.mode = m
	close(p.changed)
	p.changed = make(chan struct{})
	return err
}

// shut closes the listeners and all connections.
func (p *proxy) shut() {
	for _, l := range p.listeners {
		_ = l.Close()
	}
	p.listeners = nil
	for l := range p.links {
		l.cut()
	}
}

func (p *proxy) reopen() error {
	for _, room := range p.rooms {
		l, err := p.listen(room)
		if err != nil {
			return err
		}
		p.admit(l)
	}
	return nil
}

// delay holds back everything that the service sends for so long.
func (p *proxy) delay(d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.slow, p.peak = d, p.count()
}

// open returns how many sessions the service has.
func (p *proxy) open() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.count()
}

// most returns how many sessions the service had at a time, since the delay was
// set.
func (p *proxy) most() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.peak
}

// count is open for who holds the lock.
func (p *proxy) count() int {
	n := 0
	for _, has := range p.links {
		if has {
			n++
		}
	}
	return n
}

func (p *proxy) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.over = true
	p.shut()
}

// serve carries one connection until both sides are done with it.
func (p *proxy) serve(client net.Conn) {
	l := &link{client: client, gone: make(chan struct{})}
	if !p.add(l) {
		l.cut()
		return
	}
	defer p.remove(l)
	chunks := make(chan []byte, 256)
	go p.receive(l, chunks)
	if !p.connect(l) {
		l.cut()
		return
	}
	go p.answer(l)
	for data := range chunks {
		if !p.through(l, true) {
			return
		}
		if _, err := l.server.Write(data); err != nil {
			l.cut()
			return
		}
	}
	l.end()
}

// receive reads what the service sends, ahead of when it is passed on: the end
// of a connection shows at once, whatever is held back.
func (p *proxy) receive(l *link, chunks chan<- []byte) {
	defer close(chunks)
	for first := true; ; first = false {
		buffer := make([]byte, 16<<10)
		n, err := l.client.Read(buffer)
		if first && p.aside != nil && p.aside(buffer[:n]) {
			p.mark(l, false)
		}
		if p.session != nil && p.session(buffer[:n]) {
			p.mark(l, true)
		}
		if n > 0 {
			select {
			case chunks <- buffer[:n]:
			case <-l.gone:
				return
			}
		}
		if err != nil {
			p.mark(l, false)
			return
		}
	}
}

// mark puts a link into the count, or takes it out; the traffic is the same.
func (p *proxy) mark(l *link, session bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if was, known := p.links[l]; known && was != session {
		p.links[l] = session
		p.measure()
	}
}

// measure notes how many sessions there are, a moment later.
func (p *proxy) measure() {
	time.AfterFunc(settled, func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.peak = max(p.peak, p.count())
	})
}

// answer passes on what the server sends.
func (p *proxy) answer(l *link) {
	buffer := make([]byte, 16<<10)
	for {
		n, err := l.server.Read(buffer)
		if n > 0 && p.through(l, false) {
			_, failure := l.client.Write(buffer[:n])
			err = errors.Join(err, failure)
		}
		if err != nil {
			if p.through(l, false) { // the end waits in line as well
				l.end()
			}
			return
		}
	}
}

// connect makes the other half of a link.
func (p *proxy) connect(l *link) bool {
	if !p.through(l, false) {
		return false
	}
	server, err := (&net.Dialer{Timeout: 5 * time.Second}).DialContext(context.Background(), "tcp", p.target)
	if err != nil {
		return false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	l.server = server
	select {
	case <-l.gone: // it was cut meanwhile
		_ = server.Close()
		return false
	default:
		return true
	}
}

// through waits until something may pass, and reports whether it still has
// where to.
func (p *proxy) through(l *link, delayed bool) bool {
	for {
		p.mu.Lock()
		m, changed, slow := p.mode, p.changed, p.slow
		p.mu.Unlock()
		if delayed && slow > 0 {
			delayed = false
			if !l.wait(nil, slow) {
				return false
			}
			continue
		}
		if m != blackhole {
			select {
			case <-l.gone:
				return false
			default:
				return true
			}
		}
		if !l.wait(changed, time.Hour) {
			return false
		}
	}
}

func (p *proxy) add(l *link) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.mode == refuse || p.over {
		return false
	}
	p.links[l] = p.session == nil
	p.measure()
	return true
}

func (p *proxy) remove(l *link) {
	<-l.gone
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.links, l)
}

// wait waits for a change and reports whether the link is still there.
func (l *link) wait(changed <-chan struct{}, limit time.Duration) bool {
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-l.gone:
		return false
	case <-changed:
	case <-timer.C:
	}
	return true
}

// cut ends both halves the way a server that vanishes does: with a reset.
func (l *link) cut() {
	if c, ok := l.client.(*net.TCPConn); ok {
		_ = c.SetLinger(0)
	}
	l.end()
}

// end closes both halves.
func (l *link) end() {
	l.once.Do(func() {
		close(l.gone)
		_ = l.client.Close()
		if l.server != nil {
			_ = l.server.Close()
		}
	})
}
