package contract

import (
	"context"
	"fmt"
	"net/http"
	"strings"
)

// variation is how a call has to change to be answered with a status.
type variation struct {
	status string
	change func(ctx context.Context, c *call) error
}

func (p provoker) variations() []variation {
	with := func(name, value string) func(context.Context, *call) error {
		return func(_ context.Context, c *call) error {
			c.headers = []string{name, strings.ReplaceAll(value, "TAG", c.tag)}
			return nil
		}
	}
	content := func(body any) func(context.Context, *call) error {
		return func(_ context.Context, c *call) error {
			c.body = body
			return nil
		}
	}
	same := func(context.Context, *call) error { return nil }
	return []variation{
		{"200", same},
		{"201", same},
		{"204", same},
		{"304", with("If-None-Match", "TAG")},
		{"400", unreadable},
		{"404", unknown},
		{"406", with("Accept", "application/xml")},
		{"409", p.duplicate},
		{"412", with("If-Match", `"stale"`)},
		{"413", content(strings.Repeat(" ", smallBody+1))},
		{"415", with("Content-Type", "text/plain")},
		{"422", content(object{"nobody": 1})},
	}
}

// simple provokes what an everyday service can answer.
func (p provoker) simple(ctx context.Context) error {
	for _, one := range p.variations() {
		for _, c := range p.wanted(ctx, one.status) {
			if err := one.change(ctx, &c); err != nil {
				p.note("%s %s %s: %v", c.operation.method, c.operation.path, one.status, err)
				continue
			}
			c.send(ctx, p.everyday)
		}
	}
	return nil
}

// unreadable makes the content, or else the query, one that cannot be read.
func unreadable(_ context.Context, c *call) error {
	if c.body != nil {
		c.body = "{"
		return nil
	}
	c.path += "?limit=0"
	return nil
}

// unknown makes the row one that does not exist.
func unknown(_ context.Context, c *call) error {
	if c.kind != nil && c.member() {
		c.path = c.kind.path + "/" + randomUUID()
	}
	return nil
}

// duplicate makes a call that contradicts what is stored: the content of
// another row, or the end of a row that another refers to.
func (p provoker) duplicate(ctx context.Context, c *call) error {
	if c.kind == nil {
		return nil
	}
	if c.body != nil {
		r := p.everyday.do(ctx, "POST", c.kind.path, c.body)
		if r.err != nil || r.status != http.StatusCreated {
			return fmt.Errorf("%s: want 201, got %s", r.request, r.summary())
		}
		return nil
	}
	for _, k := range p.suite.kinds {
		for _, f := range k.Fields {
			if f.Target == c.kind.Name {
				_, err := p.create(ctx, p.everyday, k, object{f.Key(): strings.TrimPrefix(c.path, c.kind.path+"/")})
				return err
			}
		}
	}
	return nil
}
