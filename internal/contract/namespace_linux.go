package contract

import (
	"runtime"

	"golang.org/x/sys/unix"
)

// namespace is a network of its own with only a loopback, kept by a thread.
type namespace struct {
	work chan func()
	over chan struct{}
}

// newNamespace makes a network; it needs the right to.
func newNamespace() (*namespace, error) {
	n := &namespace{work: make(chan func()), over: make(chan struct{})}
	made := make(chan error)
	go n.serve(made)
	return n, <-made
}

// serve runs work on a thread that never leaves the network and ends with it.
func (n *namespace) serve(made chan<- error) {
	runtime.LockOSThread()
	defer close(n.over)
	err := unix.Unshare(unix.CLONE_NEWNET)
	if err == nil {
		err = loopbackUp()
	}
	made <- err
	if err != nil {
		return
	}
	for work := range n.work {
		work()
	}
}

// do runs f inside the network; nil is the network of the suite.
func (n *namespace) do(f func()) {
	if n == nil {
		f()
		return
	}
	done := make(chan struct{})
	n.work <- func() {
		defer close(done)
		f()
	}
	<-done
}

func (n *namespace) close() {
	close(n.work)
	<-n.over
}

// loopbackUp switches the loopback interface on.
func loopbackUp() error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd) //nolint:errcheck // a socket that was only asked
	req, err := unix.NewIfreq("lo")
	if err != nil {
		return err
	}
	req.SetUint16(unix.IFF_UP | unix.IFF_RUNNING)
	return unix.IoctlIfreq(fd, unix.SIOCSIFFLAGS, req)
}
