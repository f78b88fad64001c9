package contract

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// metrics returns the clauses about metrics and tracing.
func metrics() []Clause {
	must, should := []Level{Must}, []Level{Should}
	port, has := []Need{Metrics}, []Need{Metrics, Resource}
	return []Clause{
		{ID: "MT-1", Title: "metrics are on their own port, and parse", Levels: must, Needs: port, Run: metricsPort},
		{ID: "MT-2", Title: "requests are counted in the histogram of SEMCONV", Levels: must, Needs: has, Run: histogram},
		{ID: "MT-3", Title: "labels do not grow with what clients send", Levels: must, Needs: has, Run: cardinality},
		{ID: "MT-4", Title: "process, pool and build are known", Levels: should, Needs: port, Run: buildKnown},
		{ID: "MT-5", Title: "traces are continued, malformed ones begun anew", Levels: must, Needs: []Need{Log}, Run: traceParent},
		{ID: "MT-6", Title: "nothing is exported unasked", Levels: must, Needs: []Need{Process}, Run: silentExporter},
		{ID: "MT-7", Title: "spans reach an OTLP endpoint, and its absence hurts nobody", Levels: should, Needs: []Need{Process, Resource}, Run: exportsSpans},
	}
}

// scrape reads the metrics of a service.
func (v *service) scrape(ctx context.Context) ([]sample, *reply, error) {
	c := newClient(v.metrics, &seen{}, v.suite.Now)
	r := c.do(ctx, "GET", "/metrics", nil)
	r.request = "GET :METRICS_PORT/metrics"
	if r.err != nil || r.status != 200 {
		return nil, r, fmt.Errorf("%s: %s", r.request, r.summary())
	}
	samples, err := parseMetrics(string(r.body))
	return samples, r, err
}

// metricsPort is MT-1.
func metricsPort(ctx context.Context, s *Session) error {
	v, err := s.start(ctx)
	if err != nil {
		return err
	}
	samples, r, err := v.scrape(ctx)
	s.check(err == nil && len(samples) > 0, r.request, "200 and text that parses as Prometheus metrics", text(err))
	s.want(r, expectation{says: "Content-Type of Prometheus text or OpenMetrics", differs: func(r *reply) string {
		kind := r.header.Get("Content-Type")
		if strings.HasPrefix(kind, "text/plain") || strings.HasPrefix(kind, "application/openmetrics-text") {
			return ""
		}
		return kind
	}})
	s.want(v.do(ctx, "GET", "/metrics", nil), problem(404))
	return s.metricsOff(ctx, v)
}

// metricsOff starts the service without metrics and looks for listeners.
func (s *Session) metricsOff(ctx context.Context, v *service) error {
	off, err := s.launch(v.database, "METRICS_PORT=0")
	if err != nil {
		return err
	}
	off.metrics = s.suite.freePort()
	if err := off.awaitReady(ctx); err != nil {
		s.broken(Must, "start with METRICS_PORT=0", "ready", err.Error())
		return nil
	}
	ports, err := listeners(off.pid())
	if err != nil {
		s.note("no second listener with METRICS_PORT=0: %v", err)
		return nil
	}
	s.check(slices.Equal(ports, []int{off.port}), "start with METRICS_PORT=0", "no second listener", fmt.Sprint("listening on ", ports))
	return nil
}

const duration = "http_server_request_duration_seconds"

// requestCount returns how many GETs the histogram has counted.
func requestCount(samples []sample, code string, route func(string) bool) float64 {
	sum := 0.0
	for _, one := range samples {
		l := one.labels
		if one.name == duration+"_count" && l["http_request_method"] == "GET" && l["http_response_status_code"] == code && route(l["http_route"]) {
			sum += one.value
		}
	}
	return sum
}

// histogram is MT-2.
func histogram(ctx context.Context, s *Session) error {
	v, err := s.start(ctx)
	if err != nil {
		return err
	}
	return s.each(func(k *kind) error {
		before, _, err := v.scrape(ctx)
		if err != nil {
			return err
		}
		for range 10 {
			s.want(v.do(ctx, "GET", k.path, nil), status(200))
		}
		for range 5 {
			s.want(v.do(ctx, "GET", k.path+"/"+randomUUID(), nil), status(404))
		}
		after, _, err := v.scrape(ctx)
		if err != nil {
			return err
		}
		list := func(route string) bool { return strings.HasSuffix(route, "/"+k.Plural) }
		item := func(route string) bool { return strings.Contains(route, "/"+k.Plural+"/") }
		lists := requestCount(after, "200", list) - requestCount(before, "200", list)
		items := requestCount(after, "404", item) - requestCount(before, "404", item)
		s.check(lists == 10 && items == 5, "10 × GET "+k.path+" and 5 × GET of an unknown row", duration+"_count grows by exactly 10 and 5", fmt.Sprint(lists, " and ", items))
		s.buckets(after)
		return nil
	})
}

// buckets checks the bounds of the histogram.
func (s *Session) buckets(samples []sample) {
	want := []string{"0.005", "0.01", "0.025", "0.05", "0.075", "0.1", "0.25", "0.5", "0.75", "1", "2.5", "5", "7.5", "10", "+Inf"}
	bounds := map[string][]string{}
	for _, one := range samples {
		if one.name == duration+"_bucket" {
			series := one.labels["http_request_method"] + one.labels["http_response_status_code"] + one.labels["http_route"]
			bounds[series] = append(bounds[series], strings.TrimSuffix(one.labels["le"], ".0"))
		}
	}
	for _, got := range bounds {
		s.check(slices.Equal(got, want), "GET :METRICS_PORT/metrics", "le = "+strings.Join(want, " "), strings.Join(got, " "))
	}
}

// cardinality is MT-3.
func cardinality(ctx context.Context, s *Session) error {
	v, err := s.start(ctx)
	if err != nil {
		return err
	}
	k := s.suite.kinds[0]
	strange := func(times, methods int) {
		for range times {
			v.do(ctx, "GET", "/"+random(6), nil)
			v.do(ctx, "GET", k.path+"/"+randomUUID(), nil)
		}
		for i := range methods {
			v.do(ctx, fmt.Sprintf("INVENT%c", 'A'+i), k.path, nil)
		}
	}
	strange(1, 1) // so that only what grows with the number of requests counts
	before, _, err := v.scrape(ctx)
	if err != nil {
		return err
	}
	strange(200, 20)
	after, _, err := v.scrape(ctx)
	if err != nil {
		return err
	}
	request := "200 random paths, 200 random ids, 20 invented methods"
	for _, one := range after {
		method := one.labels["http_request_method"]
		s.check(!strings.HasPrefix(method, "INVENT"), request, "the method label _OTHER", method)
		route := one.labels["http_route"]
		s.check(!uuidInside(route), request, "the item route is a template", route)
	}
	s.check(len(after)-len(before) < 30, request, "total series grow by fewer than 30", strconv.Itoa(len(after)-len(before)))
	return nil
}

// uuidInside reports whether a text has a part with the form of a UUID.
func uuidInside(text string) bool {
	return regexp.MustCompile(strings.Trim(uuidForm, "^$")).MatchString(text)
}

// buildKnown is MT-4.
func buildKnown(ctx context.Context, s *Session) error {
	v, err := s.start(ctx)
	if err != nil {
		return err
	}
	samples, r, err := v.scrape(ctx)
	if err != nil {
		return err
	}
	for what, words := range map[string][]string{
		"process CPU": {"process", "cpu"}, "process RSS": {"process", "mem"}, "database pool": {"connection"},
	} {
		s.checkAt(Should, slices.ContainsFunc(samples, func(one sample) bool { return one.about(words) }), r.request, "a metric of the "+what, "none")
	}
	i := slices.IndexFunc(samples, func(one sample) bool { return strings.HasSuffix(one.name, "build_info") })
	if !s.checkAt(Should, i >= 0, r.request, "build_info", "none") {
		return nil
	}
	build := samples[i].labels
	s.checkAt(Should, build["version"] != "" && build["commit"] != "", r.request, "build_info with version and commit", fmt.Sprint(build))
	first := object{}
	if all := v.out.records(); len(all) > 0 {
		first = all[0]
	}
	s.checkAt(Should, first["version"] == build["version"] && first["commit"] == build["commit"], "start", "the first record with version and commit", fmt.Sprint(first))
	return s.versionFlag(ctx, v, build)
}

// about reports whether the name of a metric contains all the words.
func (m *sample) about(words []string) bool {
	return !slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(m.name, w) })
}

func (s *Session) versionFlag(ctx context.Context, v *service, build map[string]string) error {
	p, err := s.suite.command("start", v.env, "--version")
	if err != nil {
		return err
	}
	defer p.kill()
	request := "start --version"
	if s.checkAt(Should, p.ended(ctx, s.suite.Ready), request, "it ends", "still running") {
		out := p.out.String()
		shown := p.status() == 0 && strings.Contains(out, build["version"]) && strings.Contains(out, build["commit"])
		s.checkAt(Should, shown, request, "exit 0 with version and commit", fmt.Sprint(p.status(), " ", out))
	}
	return nil
}

// traceParent is MT-5.
func traceParent(ctx context.Context, s *Session) error {
	v, err := s.start(ctx)
	if err != nil {
		return err
	}
	path := s.anyPath()
	if path == "/livez" {
		path = "/nope"
	}
	const given = "4bf92f3577b34da6a3ce929d0e0e4736"
	for header, known := range map[string]bool{
		"00-" + given + "-00f067aa0ba902b7-01": true,
		"00-zz":                                false,
		"00-" + strings.Repeat("0", 32) + "-00f067aa0ba902b7-01": false,
		"00-" + given + "-" + strings.Repeat("0", 16) + "-01":    false,
		"ff-" + given + "-00f067aa0ba902b7-01":                   false,
		"00-" + strings.ToUpper(given) + "-00f067aa0ba902b7-01":  false,
		"": false,
	} {
		var headers []string
		if header != "" {
			headers = []string{"Traceparent", header}
		}
		r := v.do(ctx, "GET", path, nil, headers...)
		s.want(r, status(200, 404))
		trace, _ := v.access(ctx, r.requestID())["trace_id"].(string)
		if known {
			s.check(trace == given, r.request, "an access record with trace_id "+given, trace)
		} else {
			s.check(traceID(trace) && trace != given, r.request, "an access record with a fresh trace_id", trace)
		}
	}
	return nil
}

// silentExporter is MT-6.
func silentExporter(ctx context.Context, s *Session) error {
	db, err := s.migrated(ctx)
	if err != nil {
		return err
	}
	var hits atomic.Int64
	v, err := s.launchBare(db, func(room *namespace) error { return s.countVisits(ctx, room, &hits) })
	if err != nil {
		return err
	}
	if err := v.awaitReady(ctx); err != nil {
		return err
	}
	limit := max(3*time.Second, time.Duration(30*s.suite.Scale*float64(time.Second)))
	request := "no OTEL_* set, traffic for " + limit.String()
	end, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	for end.Err() == nil {
		v.do(ctx, "GET", s.anyPath(), nil)
		pause(end, 100*time.Millisecond)
	}
	// An exporter that collects spans for longer than this sends them at its end.
	if err := v.signal(syscall.SIGTERM); err != nil {
		return err
	}
	v.ended(ctx, 10*time.Second)
	s.check(hits.Load() == 0, request, "no connection to 4317 or 4318", strconv.FormatInt(hits.Load(), 10))
	s.check(v.errorRecords("") == 0, request, "no error lines", v.printed())
	return nil
}

// countVisits counts the connections to the ports of OTLP, in a namespace or,
// without one, on the machine.
func (s *Session) countVisits(ctx context.Context, room *namespace, hits *atomic.Int64) error {
	address := ":" // of a network without others
	if room == nil {
		address = "127.0.0.1:"
	}
	for _, port := range []string{"4317", "4318"} {
		var l net.Listener
		var err error
		room.do(func() { l, err = listenOnceFree(ctx, address+port, time.Minute) })
		if err != nil {
			return absentError("free port " + port)
		}
		s.later(func() { _ = l.Close() })
		go func() {
			for {
				conn, err := l.Accept()
				if err != nil {
					return
				}
				hits.Add(1)
				_ = conn.Close()
			}
		}()
	}
	return nil
}

// listenOnceFree listens on a port that other runs of the suite may hold for a
// while, as it is the same for all of them.
func listenOnceFree(ctx context.Context, address string, patience time.Duration) (net.Listener, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
		if err == nil || ctx.Err() != nil {
			return l, err
		}
		pause(ctx, 200*time.Millisecond)
	}
}

// collector is a stub of an OTLP endpoint.
type collector struct {
	mu   sync.Mutex
	sent [][]byte
}

// ServeHTTP implements http.Handler.
func (c *collector) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	data, err := io.ReadAll(r.Body)
	if err == nil && r.Header.Get("Content-Encoding") == "gzip" {
		data, err = gunzip(data)
	}
	if err == nil && r.URL.Path == "/v1/traces" {
		c.mu.Lock()
		c.sent = append(c.sent, data)
		c.mu.Unlock()
	}
	w.Header().Set("Content-Type", "application/x-protobuf")
}

func gunzip(data []byte) ([]byte, error) {
	z, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(io.LimitReader(z, maxAnswer))
}

// span reports whether something sent contains all the parts.
func (c *collector) span(parts ...[]byte) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.ContainsFunc(c.sent, func(data []byte) bool {
		return !slices.ContainsFunc(parts, func(p []byte) bool { return !bytes.Contains(data, p) })
	})
}

// exportsSpans is MT-7.
func exportsSpans(ctx context.Context, s *Session) error {
	stub := &collector{}
	endpoint := httptest.NewServer(stub)
	defer endpoint.Close()
	v, err := s.start(ctx, "OTEL_EXPORTER_OTLP_ENDPOINT="+endpoint.URL, "OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf")
	if err != nil {
		return err
	}
	trace, parent := random(16), random(8)
	k := s.suite.kinds[0]
	r := v.do(ctx, "GET", k.path, nil, "Traceparent", "00-"+trace+"-"+parent+"-01")
	s.should(r, status(200))
	traceRaw, err := hex.DecodeString(trace)
	if err != nil {
		return err
	}
	parentRaw, err := hex.DecodeString(parent)
	if err != nil {
		return err
	}
	found := false
	for range 100 {
		if found = stub.span(traceRaw, parentRaw, []byte("GET "+k.path), []byte{0x30, 0x02}); found {
			break
		}
		pause(ctx, 100*time.Millisecond)
	}
	s.checkAt(Should, found, r.request, "within 10 s POST /v1/traces with a SERVER span GET "+k.path+" of that trace, below the given span", fmt.Sprintf("%d other messages", len(stub.sent)))
	endpoint.Close()
	for range 5 {
		s.should(v.do(ctx, "GET", k.path, nil), status(200), within(time.Second))
	}
	return nil
}

// sample is one line of metrics.
type sample struct {
	name   string
	labels map[string]string
	value  float64
}

var errMetrics = errors.New("not a line of Prometheus text")
