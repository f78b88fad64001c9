package contract

import (
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

// semantics returns the clauses about HTTP and its errors.
func semantics() []Clause {
	must, should, both := []Level{Must}, []Level{Should}, []Level{Must, Should}
	has := []Need{Resource}
	return []Clause{
		{ID: "HT-1", Title: "every error is problem details and tells nothing of the inside", Levels: must, Turn: Last, Run: errorsAreProblems},
		{ID: "HT-2", Title: "unknown paths are 404", Levels: must, Run: unknownPaths},
		{ID: "HT-3", Title: "wrong methods are 405 with the right Allow", Levels: must, Run: wrongMethods},
		{ID: "HT-4", Title: "HEAD is GET without content", Levels: must, Run: heads},
		{ID: "HT-5", Title: "content that cannot be parsed is 400", Levels: must, Needs: has, Run: unparsable},
		{ID: "HT-6", Title: "only JSON content types are taken", Levels: must, Needs: has, Run: contentTypes},
		{ID: "HT-7", Title: "what a client does not accept is 406", Levels: should, Needs: has, Run: accepts},
		{ID: "HT-8", Title: "content over the limit is 413, at the limit it is fine", Levels: must, Needs: has, Run: bodyLimit},
		{ID: "HT-9", Title: "huge headers and queries are refused", Levels: should, Run: headerLimit},
		{ID: "HT-10", Title: "ambiguous framing is refused", Levels: both, Run: framing},
	}
}

// errorsAreProblems is HT-1: it reports what was seen in the whole run.
func errorsAreProblems(_ context.Context, s *Session) error {
	a := s.suite.seen
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, b := range a.faults {
		s.broken(b.Level, b.Request, b.Want, b.Got)
	}
	if a.errors == 0 {
		return absentError("error answer in this run")
	}
	return nil
}

// unknownPaths is HT-2.
func unknownPaths(ctx context.Context, s *Session) error {
	v, err := s.common(ctx)
	if err != nil {
		return err
	}
	for _, path := range []string{"/nope", "/api/v1/nope"} {
		s.want(v.do(ctx, "GET", path, nil), problem(404))
	}
	return nil
}

// wrongMethods is HT-3.
func wrongMethods(ctx context.Context, s *Session) error {
	v, err := s.common(ctx)
	if err != nil {
		return err
	}
	s.want(v.do(ctx, "PUT", "/livez", nil), problem(405), allow("GET", "HEAD"))
	traced := "/livez"
	for _, k := range s.suite.kinds {
		traced = k.path
		s.want(v.do(ctx, "DELETE", k.path, nil), problem(405), allow("GET", "HEAD", "POST"))
		made, err := s.create(ctx, v, k, nil)
		if err != nil {
			return err
		}
		path := made.header.Get("Location")
		s.want(v.do(ctx, "POST", path, object{}), problem(405), allow("DELETE", "GET", "HEAD", "PATCH", "PUT"))
	}
	mark := "mark-" + random(4)
	trace := v.do(ctx, http.MethodTrace, traced, nil, "X-Mark", mark)
	s.want(trace, status(405, 501, 400), without(mark))
	return nil
}

// allow expects exactly the methods, and OPTIONS where the service likes.
func allow(want ...string) expectation {
	says := "Allow: " + strings.Join(want, ", ") + " [, OPTIONS]"
	return expectation{says: says, differs: func(r *reply) string {
		var got []string
		for _, line := range r.header.Values("Allow") {
			for one := range strings.SplitSeq(line, ",") {
				got = append(got, strings.TrimSpace(one))
			}
		}
		got = slices.DeleteFunc(got, func(m string) bool { return m == "OPTIONS" })
		slices.Sort(got)
		if slices.Equal(got, want) {
			return ""
		}
		return fmt.Sprintf("Allow is %q", r.header.Values("Allow"))
	}}
}

// heads is HT-4.
func heads(ctx context.Context, s *Session) error {
	v, err := s.common(ctx)
	if err != nil {
		return err
	}
	s.headLikeGet(ctx, v, "/readyz")
	s.headReusable(ctx, v, "/readyz")
	return s.eachOrNone(func(k *kind) error {
		made, err := s.create(ctx, v, k, nil)
		if err != nil {
			return err
		}
		item := made.header.Get("Location")
		for _, path := range []string{k.path, item, k.path + "/" + randomUUID()} {
			s.headLikeGet(ctx, v, path)
		}
		s.headReusable(ctx, v, item)
		return nil
	})
}

// eachOrNone is each, and fine with a service without resources.
func (s *Session) eachOrNone(try func(k *kind) error) error {
	if len(s.suite.kinds) == 0 {
		s.note("resources: not applicable, the service has none")
		return nil
	}
	return s.each(try)
}

func (s *Session) headLikeGet(ctx context.Context, v *service, path string) {
	get, head := v.do(ctx, "GET", path, nil), v.do(ctx, http.MethodHead, path, nil)
	if get.err != nil || !s.want(head, status(get.status), nothing()) {
		return
	}
	s.want(head, expectation{says: "the header names of GET: " + names(get.header), differs: func(r *reply) string {
		if names(r.header) != names(get.header) {
			return names(r.header)
		}
		return ""
	}})
	if get.etag() != "" {
		s.want(head, header("ETag", get.etag()))
	}
}

// names returns the header names that do not depend on how content is framed.
func names(h http.Header) string {
	all := slices.Sorted(maps.Keys(h))
	framing := []string{"Connection", "Content-Length", "Date", "Keep-Alive", "Transfer-Encoding"}
	return strings.Join(slices.DeleteFunc(all, func(n string) bool { return slices.Contains(framing, n) }), " ")
}

// headReusable sends HEAD and then GET on one connection.
func (s *Session) headReusable(ctx context.Context, v *service, path string) {
	w, err := v.dial(ctx, 10*time.Second)
	if !s.check(err == nil, "connect", "a connection", text(err)) {
		return
	}
	defer w.close()
	for _, method := range []string{http.MethodHead, "GET"} {
		line := method + " " + path + " HTTP/1.1\r\nHost: service.test\r\n\r\n"
		if err := w.send(line); err != nil {
			s.broken(Must, "HEAD and then GET "+path+" on one connection", "two answers", err.Error())
			return
		}
		s.want(w.answer(method, method+" "+path+" · second on its connection is GET"), status(200))
	}
}

// unparsable is HT-5.
func unparsable(ctx context.Context, s *Session) error {
	v, err := s.common(ctx)
	if err != nil {
		return err
	}
	return s.each(func(k *kind) error {
		valid, err := s.valid(ctx, v, k)
		if err != nil {
			return err
		}
		data, _ := encode(valid)
		one := string(data)
		bad := []string{`{"a":`, `{'a':1}`, one + " x", one + " " + one, "", "{\"name\":\"\xff\xfe\"}", strings.Repeat("[", 100000)}
		for _, body := range bad {
			s.want(v.do(ctx, "POST", k.path, body), problem(400))
		}
		for _, body := range []string{"null", "1", "[]"} {
			s.want(v.do(ctx, "POST", k.path, body), problem(400, 422))
		}
		s.want(v.do(ctx, "GET", "/livez", nil), status(200))
		return nil
	})
}

// contentTypes is HT-6.
func contentTypes(ctx context.Context, s *Session) error {
	v, err := s.common(ctx)
	if err != nil {
		return err
	}
	return s.each(func(k *kind) error {
		body, err := s.valid(ctx, v, k)
		if err != nil {
			return err
		}
		for _, media := range []string{"text/plain", "application/x-www-form-urlencoded", ""} {
			s.want(v.do(ctx, "POST", k.path, body, "Content-Type", media), problem(415))
		}
		made := v.do(ctx, "POST", k.path, body, "Content-Type", "application/json; charset=utf-8")
		if !s.want(made, status(201)) {
			return nil
		}
		f, values, ok := k.change()
		if !ok {
			s.note("PATCH of %s: no field can be changed", k.Plural)
			return nil
		}
		for _, media := range []string{mergeType, jsonType} {
			s.want(v.do(ctx, "PATCH", made.header.Get("Location"), object{f.Key(): values[0]}, "Content-Type", media), status(200))
		}
		return nil
	})
}

// accepts is HT-7.
func accepts(ctx context.Context, s *Session) error {
	v, err := s.common(ctx)
	if err != nil {
		return err
	}
	return s.each(func(k *kind) error {
		s.should(v.do(ctx, "GET", k.path, nil, "Accept", "application/xml"), problem(406))
		s.should(v.do(ctx, "GET", k.path, nil), status(200))
		for _, media := range []string{"*/*", jsonType} {
			s.should(v.do(ctx, "GET", k.path, nil, "Accept", media), status(200))
		}
		return nil
	})
}

const bodyMax = 1 << 20 // the default of MAX_BODY_BYTES

// bodyLimit is HT-8.
func bodyLimit(ctx context.Context, s *Session) error {
	v, err := s.common(ctx)
	if err != nil {
		return err
	}
	return s.each(func(k *kind) error {
		valid, err := s.valid(ctx, v, k)
		if err != nil {
			return err
		}
		data, _ := encode(valid)
		full := string(data) + strings.Repeat(" ", bodyMax-len(data))
		head := "POST " + k.path + " HTTP/1.1\r\nHost: service.test\r\nContent-Type: application/json\r\n"
		long := fmt.Sprintf("%sContent-Length: %d\r\n\r\n%s ", head, bodyMax+1, full)
		s.want(v.pour(ctx, long, fmt.Sprintf("POST %s with Content-Length: %d", k.path, bodyMax+1)), status(413))
		parts := fmt.Sprintf("%sTransfer-Encoding: chunked\r\n\r\n%x\r\n%s \r\n0\r\n\r\n", head, bodyMax+1, full)
		s.want(v.pour(ctx, parts, fmt.Sprintf("POST %s of %d bytes, chunked", k.path, bodyMax+1)), status(413))
		made := v.do(ctx, "POST", k.path, full)
		made.request = fmt.Sprintf("POST %s of exactly %d bytes", k.path, bodyMax)
		s.want(made, status(201))
		return nil
	})
}

// pour sends a long request while it waits for the answer, which may come
// before the end.
func (c *client) pour(ctx context.Context, message, request string) *reply {
	w, err := c.dial(ctx, 20*time.Second)
	if err != nil {
		return &reply{request: request, err: err}
	}
	defer w.close()
	w.begin(message)
	go func() { _, _ = io.WriteString(w.conn, w.admitted(message)) }()
	return w.answer("POST", request)
}

// headerLimit is HT-9.
func headerLimit(ctx context.Context, s *Session) error {
	v, err := s.common(ctx)
	if err != nil {
		return err
	}
	path := "/livez"
	for _, k := range s.suite.kinds {
		path = k.path
	}
	big := strings.Repeat("a", 64<<10)
	r := v.pour(ctx, "GET "+path+" HTTP/1.1\r\nHost: service.test\r\nX-Big: "+big+"\r\n\r\n", "GET "+path+" with a header of 64 KiB")
	s.should(r, status(431, 400))
	r = v.pour(ctx, "GET "+path+"?q="+big+" HTTP/1.1\r\nHost: service.test\r\n\r\n", "GET "+path+" with a query of 64 KiB")
	s.should(r, status(414, 431, 400))
	return nil
}

// framing is HT-10.
func framing(ctx context.Context, s *Session) error {
	v, err := s.common(ctx)
	if err != nil {
		return err
	}
	s.want(v.ask(ctx, "GET", "GET /livez HTTP/1.1\r\n\r\n"), status(400))
	path := "/livez"
	for _, k := range s.suite.kinds {
		path = k.path
	}
	post := "POST " + path + " HTTP/1.1\r\nHost: service.test\r\nContent-Type: application/json\r\n"
	s.want(v.ask(ctx, "POST", post+"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{} "), status(400))
	return s.smuggle(ctx, v, post)
}

// smuggle sends both framings and a second request behind.
func (s *Session) smuggle(ctx context.Context, v *service, post string) error {
	w, err := v.dial(ctx, 15*time.Second)
	if err != nil {
		return err
	}
	defer w.close()
	inner := "GET /readyz HTTP/1.1\r\nHost: service.test\r\n\r\n"
	message := post + "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n" + inner
	request := clip(message, 300)
	if err := w.send(message); err != nil {
		return err
	}
	r := w.answer("POST", request)
	want := "400, or one answer and then the connection closed"
	if !s.checkAt(Should, r.err == nil, request, want, text(r.err)) {
		return nil
	}
	over, rest := w.over(3*time.Second, s.suite.Now)
	if r.status != 400 {
		s.checkAt(Should, over, request, want, r.summary()+"\nand then: "+rest)
	} else {
		s.checkAt(Should, !strings.HasPrefix(rest, "HTTP/"), request, "never a second answer", rest)
	}
	return nil
}
