package contract

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// api is what a document promises, operation by operation, and which of its
// promises a run has seen.
type api struct {
	document   *document
	base       string // what the document's server puts before its paths
	operations []*operation

	mu       sync.Mutex
	breaks   []Break
	patterns []string // that cannot be tried here
}

// operation is a method of a path with the answers that it may give.
type operation struct {
	method, path string
	place        place
	answers      []*promise
}

// promise is what a document says of the answers with one status.
type promise struct {
	status  string // "200", "4XX" or "default"
	headers map[string]headerPromise
	content map[string]*jsonschema.Schema // by media type; nil takes anything
	seen    bool
}

type headerPromise struct {
	required bool
	schema   *jsonschema.Schema
}

func methods() []string {
	return []string{"GET", http.MethodHead, "POST", "PUT", "PATCH", "DELETE", http.MethodOptions}
}

// newAPI reads what a document promises.
func newAPI(d *document) (*api, error) {
	root, err := d.root()
	if err != nil {
		return nil, err
	}
	a := &api{document: d, base: basePath(root)}
	paths := d.within(root, "paths")
	all, _ := paths.value.(object)
	for _, path := range slices.Sorted(maps.Keys(all)) {
		item := d.within(paths, path)
		for _, method := range methods() {
			place := d.within(item, strings.ToLower(method))
			if place.value == nil {
				continue
			}
			o := &operation{method: method, path: a.base + path, place: place}
			if err := a.promises(o); err != nil {
				return nil, fmt.Errorf("%s %s: %w", method, path, err)
			}
			a.operations = append(a.operations, o)
		}
	}
	return a, nil
}

// basePath returns the path of the first server.
func basePath(root place) string {
	servers, _ := root.list("servers")
	if len(servers) == 0 {
		return ""
	}
	text := place{value: servers[0]}.text("url")
	if _, rest, ok := strings.Cut(text, "://"); ok {
		_, after, _ := strings.Cut(rest, "/")
		text = "/" + after
	}
	return strings.TrimSuffix(text, "/")
}

func (a *api) promises(o *operation) error {
	responses := a.document.within(o.place, "responses")
	all, _ := responses.value.(object)
	for _, status := range slices.Sorted(maps.Keys(all)) {
		if strings.HasPrefix(status, "x-") {
			continue
		}
		p := &promise{status: strings.ToUpper(status), headers: map[string]headerPromise{}, content: map[string]*jsonschema.Schema{}}
		if status == "default" {
			p.status = status
		}
		response := a.document.within(responses, status)
		if err := a.promise(p, response); err != nil {
			return err
		}
		o.answers = append(o.answers, p)
	}
	return nil
}

func (a *api) promise(p *promise, response place) error {
	headers := a.document.within(response, "headers")
	all, _ := headers.value.(object)
	for name := range all {
		header := a.document.within(headers, name)
		schema, err := a.schema(header)
		if err != nil {
			return fmt.Errorf("header %s: %w", name, err)
		}
		if !strings.EqualFold(name, "Content-Type") {
			p.headers[http.CanonicalHeaderKey(name)] = headerPromise{required: header.flag("required"), schema: schema}
		}
	}
	content := a.document.within(response, "content")
	all, _ = content.value.(object)
	for media := range all {
		schema, err := a.schema(a.document.within(content, media))
		if err != nil {
			return fmt.Errorf("%s: %w", media, err)
		}
		p.content[strings.ToLower(media)] = schema
	}
	return nil
}

// schema compiles the schema that a part has; nil where it has none.
func (a *api) schema(p place) (*jsonschema.Schema, error) {
	one, has := p.member("schema")
	if !has {
		return nil, nil //nolint:nilnil // no schema takes anything
	}
	schema, foreign, err := a.document.compile(one)
	a.patterns = append(a.patterns, foreign...)
	return schema, err
}

// find returns the operation of a request and whether the document has its
// path at all. The query does not count.
func (a *api) find(method, path string) (o *operation, known bool) {
	path, _, _ = strings.Cut(path, "?")
	best := -1
	for _, one := range a.operations {
		literal, ok := matches(one.path, path)
		known = known || ok
		if ok && one.method == method && literal > best {
			best, o = literal, one
		}
	}
	return o, known
}

// matches reports whether a path is one of a template, and how many of its
// segments are the template's own.
func matches(template, path string) (literal int, ok bool) {
	want, got := strings.Split(template, "/"), strings.Split(path, "/")
	if len(want) != len(got) {
		return 0, false
	}
	for i, segment := range want {
		before, rest, variable := strings.Cut(segment, "{")
		_, after, closed := strings.Cut(rest, "}")
		switch {
		case !variable || !closed:
			if segment != got[i] {
				return 0, false
			}
			literal++
		case len(got[i]) <= len(before)+len(after) || !strings.HasPrefix(got[i], before) || !strings.HasSuffix(got[i], after):
			return 0, false
		}
	}
	return literal, true
}

// answer returns what the operation promises for a status: its own entry, the
// one of its range, or the default.
func (o *operation) answer(status int) *promise {
	code := strconv.Itoa(status)
	for _, want := range []string{code, code[:1] + "XX", "default"} {
		for _, p := range o.answers {
			if p.status == want {
				return p
			}
		}
	}
	return nil
}

// observe holds an answer against the document. Answers that may come from the
// HTTP server itself count where they fit and are not held against the service
// where they do not.
func (a *api) observe(r *reply) {
	if r.path == "" {
		return
	}
	o, known := a.find(r.method, r.path)
	if o == nil {
		a.stranger(r, known)
		return
	}
	p := o.answer(r.status)
	fault := fmt.Sprintf("the status %d is not in the document", r.status)
	if p != nil {
		fault = p.differs(r)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if fault == "" {
		p.seen = true
		return
	}
	if r.status < http.StatusBadRequest || !fromParser(r) {
		a.broken(r, o.method+" "+o.path, fault)
	}
}

// broken keeps a break; a.mu is held.
func (a *api) broken(r *reply, what, fault string) {
	if len(a.breaks) < maxBreaks {
		a.breaks = append(a.breaks, Break{Must, r.request, "an answer as the document describes it for " + what, fault + ": " + r.summary()})
	}
}

// stranger judges an answer for which the document has no operation: that has
// to be a refusal. HEAD and OPTIONS come with every path.
func (a *api) stranger(r *reply, known bool) {
	refusals := []int{http.StatusNotFound, http.StatusTooManyRequests}
	if known {
		refusals = append(refusals, http.StatusMethodNotAllowed, http.StatusNotImplemented)
	}
	implied := known && (r.method == http.MethodHead || r.method == http.MethodOptions)
	if implied || slices.Contains(refusals, r.status) || r.status == http.StatusMethodNotAllowed && r.method != "GET" || fromParser(r) {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.broken(r, r.method+" "+clip(r.path, 100), "the document has no such operation")
}

// unseen returns the promises that no answer has come for, as text. What a
// document says of all other statuses promises none.
func (a *api) unseen() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	var all []string
	for _, o := range a.operations {
		for _, p := range o.answers {
			if !p.seen && p.status != "default" {
				all = append(all, o.method+" "+o.path+" "+p.status)
			}
		}
	}
	return all
}
