package contract

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"strconv"
	"sync"
	"time"

	"groundsill.example/internal/resource"
)

const parallel = 20 // requests of a race

// version expects the version member to be a number.
func version(want int64) expectation {
	return expectation{says: fmt.Sprintf("version %d", want), differs: func(r *reply) string {
		if got, ok := r.number("version"); !ok || got != want {
			return r.summary()
		}
		return ""
	}}
}

// row makes a row and returns the content of its request too.
func (s *Session) row(ctx context.Context, v *service, k *kind) (object, *reply, error) {
	body, err := s.valid(ctx, v, k)
	if err != nil {
		return nil, nil, err
	}
	made := v.do(ctx, "POST", k.path, body)
	if made.err != nil || made.status != 201 {
		return nil, nil, fmt.Errorf("%s: want 201, got %s", made.request, made.summary())
	}
	return body, made, nil
}

// replaces is RS-13.
func replaces(ctx context.Context, s *Session) error {
	return s.eachOn(ctx, func(v *service, k *kind) error {
		body, made, err := s.row(ctx, v, k)
		if err != nil {
			return err
		}
		if f, values, ok := k.change(); ok {
			body[f.Key()] = values[0]
		}
		old, _ := made.number("version")
		path := made.header.Get("Location")
		put := v.do(ctx, "PUT", path, body, "If-Match", made.etag())
		if s.want(put, status(200), version(old+1), strong()) {
			s.check(put.etag() != made.etag(), put.request, "a new ETag", put.etag())
			s.want(v.do(ctx, "GET", path, nil), status(200), content(string(put.body)), header("ETag", put.etag()))
		}
		s.want(v.do(ctx, "PUT", k.path+"/"+randomUUID(), body), problem(404))
		if f, ok := k.field(func(f resource.Field) bool { return f.Required }); ok {
			short := maps.Clone(body)
			delete(short, f.Key())
			s.want(v.do(ctx, "PUT", path, short), problem(422), pointer("#/"+f.Key()))
		}
		s.omitted(ctx, v, k, path, body)
		return nil
	})
}

// omitted replaces a row without a member that was set before.
func (s *Session) omitted(ctx context.Context, v *service, k *kind, path string, body object) {
	f, ok := k.clearable()
	if !ok {
		s.note("%s: PUT that leaves a nullable member out: there is none", k.Plural)
		return
	}
	full := maps.Clone(body)
	value, ok := f.Sample(1)
	if !ok {
		return
	}
	full[f.Key()] = json.RawMessage(value)
	set := v.do(ctx, "PUT", path, full)
	if !s.want(set, status(200)) {
		return
	}
	delete(full, f.Key())
	cleared := v.do(ctx, "PUT", path, full)
	if s.want(cleared, status(200)) {
		got, has := cleared.json()[f.Key()]
		s.check(has && got == nil, cleared.request, f.Key()+" back to null", cleared.summary())
		s.want(v.do(ctx, "GET", path, nil), status(200), content(string(cleared.body)))
	}
}

// clearable returns a field that null is fine for and that null is also the
// default of.
func (k *kind) clearable() (resource.Field, bool) {
	return k.field(func(f resource.Field) bool {
		return f.Nullable && f.Default == nil && !f.Required && !f.Unique && f.Type != resource.References
	})
}

// patches is RS-14.
func patches(ctx context.Context, s *Session) error {
	return s.eachOn(ctx, func(v *service, k *kind) error {
		_, made, err := s.row(ctx, v, k)
		if err != nil {
			return err
		}
		path := made.header.Get("Location")
		pause(ctx, 5*time.Millisecond) // so that updated_at can move
		if f, values, ok := k.change(); ok {
			s.patchOne(ctx, v, f, path, made, values[0])
		}
		if f, ok := k.clearable(); ok {
			if text, ok := f.Sample(1); ok {
				s.want(v.do(ctx, "PATCH", path, object{f.Key(): json.RawMessage(text)}), status(200))
			}
			r := v.do(ctx, "PATCH", path, object{f.Key(): nil})
			if s.want(r, status(200)) {
				got, has := r.json()[f.Key()]
				s.check(has && got == nil, r.request, f.Key()+" is null", r.summary())
				s.want(v.do(ctx, "GET", path, nil), status(200), content(string(r.body)))
			}
		}
		if f, ok := k.field(func(f resource.Field) bool { return f.Required }); ok {
			s.want(v.do(ctx, "PATCH", path, object{f.Key(): nil}), problem(422), pointer("#/"+f.Key()))
		}
		before := v.do(ctx, "GET", path, nil)
		s.want(v.do(ctx, "PATCH", path, object{}), status(200), content(string(before.body)))
		return nil
	})
}

// patchOne changes one member and looks at all others.
func (s *Session) patchOne(ctx context.Context, v *service, f resource.Field, path string, made *reply, value any) {
	r := v.do(ctx, "PATCH", path, object{f.Key(): value})
	if !s.want(r, status(200)) {
		return
	}
	before, after := made.json(), r.json()
	s.check(same(f, value, after[f.Key()]), r.request, f.Key()+" is changed", r.summary())
	for name := range before {
		if name == f.Key() || name == "version" || name == "updated_at" {
			continue
		}
		s.check(sameValue(before[name], after[name]), r.request, name+" does not change", fmt.Sprintf("%v, before %v", after[name], before[name]))
	}
	s.check(fmt.Sprint(after["updated_at"]) > fmt.Sprint(before["updated_at"]), r.request, "updated_at moves", fmt.Sprint(after["updated_at"]))
}

// conditions is RS-15.
func conditions(ctx context.Context, s *Session) error {
	return s.eachOn(ctx, func(v *service, k *kind) error {
		f, values, ok := k.change()
		if !ok {
			return absentError("field of " + k.Name + " that can be changed")
		}
		body, made, err := s.row(ctx, v, k)
		if err != nil {
			return err
		}
		path := made.header.Get("Location")
		change := object{f.Key(): values[0]}
		current := v.do(ctx, "PATCH", path, change)
		if !s.want(current, status(200)) {
			return nil
		}
		stale := made.etag()
		for _, method := range []string{"PUT", "PATCH", "DELETE"} {
			s.want(v.do(ctx, method, path, suited(method, body, change), "If-Match", stale), problem(412))
			s.want(v.do(ctx, "GET", path, nil), status(200), content(string(current.body)))
		}
		for _, condition := range [][]string{{"If-Match", "*"}, {}} {
			_, made, err := s.row(ctx, v, k)
			if err != nil {
				return err
			}
			path := made.header.Get("Location")
			unique, err := s.valid(ctx, v, k)
			if err != nil {
				return err
			}
			s.want(v.do(ctx, "PUT", path, unique, condition...), status(200))
			s.want(v.do(ctx, "PATCH", path, change, condition...), status(200))
			s.want(v.do(ctx, "DELETE", path, nil, condition...), status(204))
		}
		return nil
	})
}

// suited returns the content of a request with a method.
func suited(method string, full, change object) any {
	switch method {
	case "PUT":
		return full
	case "PATCH":
		return change
	}
	return nil
}

// race sends a request so many times at once.
func race(send func(i int) *reply) []*reply {
	var wait sync.WaitGroup
	replies := make([]*reply, parallel)
	begin := make(chan struct{})
	for i := range replies {
		wait.Go(func() {
			<-begin
			replies[i] = send(i)
		})
	}
	close(begin)
	wait.Wait()
	return replies
}

// divided checks how often each status came out of a race.
func (s *Session) divided(replies []*reply, one, others int) {
	counts := map[string]int{}
	for _, r := range replies {
		if r.err != nil {
			counts[r.err.Error()]++
		} else {
			counts[strconv.Itoa(r.status)]++
		}
	}
	want := map[string]int{strconv.Itoa(one): 1, strconv.Itoa(others): len(replies) - 1}
	s.check(maps.Equal(counts, want), fmt.Sprintf("%d parallel × %s", len(replies), replies[0].request), fmt.Sprint(want), fmt.Sprint(counts))
}

// races is RS-16.
func races(ctx context.Context, s *Session) error {
	return s.eachOn(ctx, func(v *service, k *kind) error {
		f, values, ok := k.change()
		if !ok {
			return absentError("field of " + k.Name + " that can be changed")
		}
		_, made, err := s.row(ctx, v, k)
		if err != nil {
			return err
		}
		path := made.header.Get("Location")
		old, _ := made.number("version")
		replies := race(func(int) *reply {
			return v.do(ctx, "PATCH", path, object{f.Key(): values[0]}, "If-Match", made.etag())
		})
		s.divided(replies, 200, 412)
		s.want(v.do(ctx, "GET", path, nil), status(200), version(old+1))
		return nil
	})
}

// notModified is RS-17.
func notModified(ctx context.Context, s *Session) error {
	return s.eachOn(ctx, func(v *service, k *kind) error {
		_, made, err := s.row(ctx, v, k)
		if err != nil {
			return err
		}
		path, tag := made.header.Get("Location"), made.etag()
		for _, condition := range []string{tag, "W/" + tag, `"x", ` + tag + `, "y"`} {
			s.want(v.do(ctx, "GET", path, nil, "If-None-Match", condition), status(304), nothing(), header("ETag", tag))
		}
		s.want(v.do(ctx, "GET", path, nil, "If-None-Match", `"stale-`+random(4)+`"`), status(200))
		return nil
	})
}

// duplicates is RS-18.
func duplicates(ctx context.Context, s *Session) error {
	return s.eachOn(ctx, func(v *service, k *kind) error {
		f, ok := k.unique()
		if !ok {
			return absentError("unique field of " + k.Name)
		}
		body, _, err := s.row(ctx, v, k)
		if err != nil {
			return err
		}
		again, err := s.valid(ctx, v, k)
		if err != nil {
			return err
		}
		again[f.Key()] = body[f.Key()]
		s.want(v.do(ctx, "POST", k.path, again), problem(409), firstPointer("#/"+f.Key()))
		shared, err := s.valid(ctx, v, k)
		if err != nil {
			return err
		}
		bodies := make([]object, parallel)
		for i := range bodies {
			if bodies[i], err = s.valid(ctx, v, k); err != nil {
				return err
			}
			bodies[i][f.Key()] = shared[f.Key()]
		}
		s.divided(race(func(i int) *reply { return v.do(ctx, "POST", k.path, bodies[i]) }), 201, 409)
		return nil
	})
}

// firstPointer expects the first entry of errors to have the pointer.
func firstPointer(want string) expectation {
	return expectation{says: `errors[0].pointer == "` + want + `"`, differs: func(r *reply) string {
		if all := members(r, "pointer"); len(all) > 0 && all[0] == want {
			return ""
		}
		return r.summary()
	}}
}

// deletes is RS-19.
func deletes(ctx context.Context, s *Session) error {
	return s.eachOn(ctx, func(v *service, k *kind) error {
		_, made, err := s.row(ctx, v, k)
		if err != nil {
			return err
		}
		path := made.header.Get("Location")
		s.want(v.do(ctx, "DELETE", path, nil), status(204), nothing())
		s.want(v.do(ctx, "GET", path, nil), problem(404))
		s.want(v.do(ctx, "DELETE", path, nil), problem(404))
		return s.referredTo(ctx, v, k)
	})
}

// referredTo deletes what the kind's rows refer to.
func (s *Session) referredTo(ctx context.Context, v *service, k *kind) error {
	for _, f := range k.Fields {
		if f.Type != resource.References || f.Target == k.Name {
			continue
		}
		target, err := s.create(ctx, v, k.all[f.Target], nil)
		if err != nil {
			return err
		}
		if _, err := s.create(ctx, v, k, object{f.Key(): target.str("id")}); err != nil {
			return err
		}
		path := target.header.Get("Location")
		s.want(v.do(ctx, "DELETE", path, nil), problem(409))
		s.want(v.do(ctx, "GET", path, nil), status(200))
	}
	return nil
}
