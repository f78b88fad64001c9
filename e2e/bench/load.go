package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

const connections = 32

// request is what every connection sends again and again.
type request struct {
	name   string
	status int
	// text is a whole HTTP request for the n-th time.
	text func(n int64) string
}

func get(name, path string) request {
	text := "GET " + path + " HTTP/1.1\r\nHost: bench.test\r\n\r\n"
	return request{name: name, status: http.StatusOK, text: func(int64) string { return text }}
}

func post(name, path string, body func(n int64) string) request {
	return request{name: name, status: http.StatusCreated, text: func(n int64) string {
		b := body(n)
		return fmt.Sprintf("POST %s HTTP/1.1\r\nHost: bench.test\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", path, len(b), b)
	}}
}

// load sends requests on connections that are kept, for a while, and returns
// how many were answered each second. Any other status than the wanted one is
// an error: what fails is fast.
func load(ctx context.Context, address string, q request, numbers *atomic.Int64, span time.Duration) (float64, error) {
	ctx, cancel := context.WithTimeout(ctx, span)
	defer cancel()
	var done atomic.Int64
	var wait sync.WaitGroup
	errs := make(chan error, connections)
	begun := time.Now()
	for range connections {
		wait.Go(func() { errs <- loadOne(ctx, address, q, numbers, &done) })
	}
	wait.Wait()
	close(errs)
	var all []error
	for err := range errs {
		all = append(all, err)
	}
	return float64(done.Load()) / time.Since(begun).Seconds(), errors.Join(all...)
}

func loadOne(ctx context.Context, address string, q request, numbers, done *atomic.Int64) (err error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	in := bufio.NewReader(conn)
	for ctx.Err() == nil {
		if _, err := io.WriteString(conn, q.text(numbers.Add(1))); err != nil {
			return err
		}
		res, err := http.ReadResponse(in, nil)
		if err != nil {
			return err
		}
		body, err := io.ReadAll(res.Body)
		if err := errors.Join(err, res.Body.Close()); err != nil {
			return err
		}
		if res.StatusCode != q.status {
			return fmt.Errorf("%s: %s\n%s", strings.SplitN(q.text(0), "\r", 2)[0], res.Status, body)
		}
		done.Add(1)
	}
	return nil
}
