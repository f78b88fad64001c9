package contract

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

const (
	describedID   = "SE-8"
	descriptionIn = "openapi.yaml"
	descriptionAt = "/openapi.json"
)

// describedClause is SE-8. Every answer of the run is held against the
// document when it comes, none is left out; what the other clauses do not
// provoke is provoked before the clause judges.
func describedClause() Clause {
	return Clause{
		ID: describedID, Title: "answers and their description agree", Levels: []Level{Must},
		Turn: Last, Provoke: provokeDescribed, Run: asDescribed,
	}
}

// describe reads the description of the service, so that answers can be held
// against it. What is wrong with it is for SE-8 to report.
func (s *suite) describe(ctx context.Context, clauses []Clause) {
	if !slices.ContainsFunc(clauses, func(c Clause) bool { return c.ID == describedID }) {
		return
	}
	if s.outside != nil {
		s.seen.api = s.outside.api
		return
	}
	s.seen.api, s.undescribed = loadAPI(ctx, s.description())
}

// description returns the file of the description.
func (s *suite) description() string {
	if s.outside != nil {
		return s.Document
	}
	return filepath.Join(s.Dir, descriptionIn)
}

// asDescribed is SE-8: it reports what was seen in the whole run.
func asDescribed(_ context.Context, s *Session) error {
	a := s.suite.seen.api
	name := filepath.Base(s.suite.description())
	if a == nil {
		s.broken(Must, name, "a valid OpenAPI 3.1 document", text(s.suite.undescribed))
		return nil
	}
	root, err := a.document.root()
	if err != nil {
		return err
	}
	version := root.text("openapi")
	s.check(strings.HasPrefix(version, "3.1."), name, "a valid OpenAPI 3.1 document", "openapi: "+version)
	for _, b := range a.breaks {
		s.broken(b.Level, b.Request, b.Want, b.Got)
	}
	for _, pattern := range a.patterns {
		s.note("the pattern %s: not applicable, its syntax is not RE2", pattern)
	}
	s.judgeUnseen(a)
	return nil
}

// judgeUnseen reports what the document promises and no answer has shown. From
// outside, a service cannot be brought to answer everything.
func (s *Session) judgeUnseen(a *api) {
	if !s.suite.provoked {
		return // why it could not be is reported already
	}
	var outside []string
	for _, one := range a.unseen() {
		status := one[strings.LastIndexByte(one, ' ')+1:]
		if s.suite.outside != nil {
			outside = append(outside, status)
			continue
		}
		if why, known := s.suite.untried[status]; known {
			s.note("answers %s: not applicable, %s", status, why)
			continue
		}
		s.broken(Must, strings.TrimSuffix(one, " "+status), "an answer "+status+", because the document has it", "none in the whole run")
	}
	if len(outside) > 0 {
		slices.Sort(outside)
		s.note("some or all answers %s: not provoked from outside", strings.Join(slices.Compact(outside), ", "))
	}
}

// sameDescription compares the description that a service serves with the
// committed one.
func (s *Session) sameDescription(ctx context.Context, v *service) error {
	r := v.do(ctx, "GET", s.suite.seen.api.base+descriptionAt, nil)
	if s.suite.outside != nil && r.status != 200 {
		s.note("GET %s: not applicable, it is %s", descriptionAt, clip(r.summary(), 60))
		return nil
	}
	r.request += " · DOCS_ENABLED=true"
	if !s.want(r, status(200), media(jsonType)) {
		return nil
	}
	const want = "the committed document with its references resolved"
	served, err := parseDocument(r.body)
	if err != nil {
		s.broken(Must, r.request, want, err.Error())
		return nil
	}
	there, err := resolvedWhole(served)
	if err != nil {
		s.broken(Must, r.request, want, err.Error())
		return nil
	}
	here, err := resolvedWhole(s.suite.seen.api.document)
	if err != nil {
		return err
	}
	difference := unlike(here, there, "")
	s.check(difference == "", r.request, want, difference)
	return nil
}

// resolvedWhole returns a document with its references resolved. What
// references lead to is compared where it is used, and so components are left
// out.
func resolvedWhole(d *document) (any, error) {
	root, err := d.root()
	if err != nil {
		return nil, err
	}
	if o, ok := root.value.(object); ok {
		o = maps.Clone(o)
		delete(o, "components")
		root.value = o
	} else {
		return nil, errors.New("the document is no object")
	}
	return d.resolved(root)
}

// unlike says where two values differ, and returns "" where they do not.
func unlike(want, got any, at string) string {
	switch w := want.(type) {
	case object:
		g, ok := got.(object)
		if !ok {
			break
		}
		for _, name := range slices.Sorted(maps.Keys(w)) {
			if _, has := g[name]; !has {
				return at + "/" + name + " is not there"
			}
			if difference := unlike(w[name], g[name], at+"/"+name); difference != "" {
				return difference
			}
		}
		for _, name := range slices.Sorted(maps.Keys(g)) {
			if _, has := w[name]; !has {
				return at + "/" + name + " is there and should not be"
			}
		}
		return ""
	case []any:
		g, ok := got.([]any)
		if !ok || len(g) != len(w) {
			break
		}
		for i := range w {
			if difference := unlike(w[i], g[i], at+"/"+strconv.Itoa(i)); difference != "" {
				return difference
			}
		}
		return ""
	default:
		if sameValue(want, got) {
			return ""
		}
	}
	return fmt.Sprintf("%s is %s and not %s", at, clip(fmt.Sprint(got), 80), clip(fmt.Sprint(want), 80))
}
