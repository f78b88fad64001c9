package contract

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"strings"

	"groundsill.example/internal/resource"
)

// resources returns the clauses about the resources of a service.
func resources() []Clause {
	must, both := []Level{Must}, []Level{Must, Should}
	has, own := []Need{Resource}, []Need{Database, Resource}
	return []Clause{
		{ID: "RS-1", Title: "POST makes what GET returns", Levels: must, Needs: has, Run: creates},
		{ID: "RS-2", Title: "representations have the members and forms of the contract", Levels: must, Needs: has, Run: represents},
		{ID: "RS-3", Title: "ids that name nothing are 404", Levels: must, Needs: has, Run: strangeIDs},
		{ID: "RS-4", Title: "page sizes: default, clamped, refused", Levels: must, Needs: has, Run: pageSizes},
		{ID: "RS-5", Title: "pages are complete while rows come and go", Levels: both, Needs: own, Run: pages},
		{ID: "RS-6", Title: "cursors that were not given out are refused", Levels: must, Needs: has, Run: cursors},
		{ID: "RS-7", Title: "filters are exact and q is literal", Levels: must, Needs: own, Run: filters},
		{ID: "RS-8", Title: "sort takes what can be sorted", Levels: both, Needs: has, Run: sorting},
		{ID: "RS-9", Title: "every bad field is named in one answer", Levels: must, Needs: has, Run: manyFaults},
		{ID: "RS-10", Title: "wrong types are refused, not converted", Levels: must, Needs: has, Run: wrongTypes},
		{ID: "RS-11", Title: "text: limits in code points, kept verbatim", Levels: both, Needs: has, Run: texts},
		{ID: "RS-12", Title: "members that are not input are refused", Levels: must, Needs: has, Run: unknownMembers},
		{ID: "RS-13", Title: "PUT replaces and makes nothing", Levels: must, Needs: has, Run: replaces},
		{ID: "RS-14", Title: "PATCH changes what it names", Levels: must, Needs: has, Run: patches},
		{ID: "RS-15", Title: "a stale If-Match is 412", Levels: must, Needs: has, Run: conditions},
		{ID: "RS-16", Title: "of parallel changes with one If-Match one wins", Levels: must, Needs: has, Run: races},
		{ID: "RS-17", Title: "If-None-Match with what is current is 304", Levels: must, Needs: has, Run: notModified},
		{ID: "RS-18", Title: "a value that is taken is 409, in parallel too", Levels: must, Needs: has, Run: duplicates},
		{ID: "RS-19", Title: "DELETE deletes once", Levels: must, Needs: has, Run: deletes},
		{ID: "RS-20", Title: "a request with a key is carried out once", Levels: []Level{Should}, Needs: []Need{Resource, Module("idempotency")}, Run: keyed},
		{ID: "RS-21", Title: "nothing fails under load, nothing acknowledged is lost", Levels: must, Needs: []Need{Process, Resource}, Turn: Heavy, Run: load},
	}
}

// eachOn tries something with every resource on the shared service.
func (s *Session) eachOn(ctx context.Context, try func(v *service, k *kind) error) error {
	v, err := s.common(ctx)
	if err != nil {
		return err
	}
	return s.each(func(k *kind) error { return try(v, k) })
}

// creates is RS-1.
func creates(ctx context.Context, s *Session) error {
	return s.eachOn(ctx, func(v *service, k *kind) error {
		body, err := s.valid(ctx, v, k)
		if err != nil {
			return err
		}
		made := v.do(ctx, "POST", k.path, body, "Host", "evil.test")
		if !s.want(made, status(201), media(jsonType), location(k), strong()) {
			return nil
		}
		row := made.json()
		for _, f := range k.Fields {
			if sent, has := body[f.Key()]; has {
				s.check(same(f, sent, row[f.Key()]), made.request, f.Key()+" as it was sent", fmt.Sprint(row[f.Key()]))
			}
		}
		fault := k.whole(row)
		s.check(fault == "", made.request, "the full resource", fault)
		read := v.do(ctx, "GET", made.header.Get("Location"), nil)
		s.want(read, status(200), content(string(made.body)), header("ETag", made.etag()))
		return nil
	})
}

// requestID returns the request id of an answer, which may not exist.
func (r *reply) requestID() string {
	if r.header == nil {
		return ""
	}
	return r.header.Get("X-Request-Id")
}

// location expects a path-absolute Location that names the new row.
func location(k *kind) expectation {
	return expectation{says: "Location: " + k.path + "/{id}", differs: func(r *reply) string {
		if got := r.header.Get("Location"); got != k.path+"/"+r.str("id") {
			return fmt.Sprintf("Location is %q, id is %q", got, r.str("id"))
		}
		return ""
	}}
}

// strong expects a strong entity tag.
func strong() expectation {
	return expectation{says: "a strong quoted ETag", differs: func(r *reply) string {
		if tag := r.etag(); len(tag) < 3 || !strings.HasPrefix(tag, `"`) || !strings.HasSuffix(tag, `"`) {
			return fmt.Sprintf("ETag is %q", tag)
		}
		return ""
	}}
}

// represents is RS-2.
func represents(ctx context.Context, s *Session) error {
	v, err := s.start(ctx, "LANG=C", "TZ=Asia/Kolkata")
	if err != nil {
		return err
	}
	return s.each(func(k *kind) error {
		changes := object{}
		if f, ok := k.name(); ok {
			changes[f.Key()] = "Zoë 🚀 漢字"
		}
		body, err := s.valid(ctx, v, k)
		if err != nil {
			return err
		}
		drop(k, body)
		maps.Copy(body, changes) // after that: the name may be one that can be left out
		made := v.do(ctx, "POST", k.path, body)
		if !s.want(made, status(201), dated(), noMark()) {
			return nil
		}
		row := made.json()
		fault := k.whole(row)
		s.check(fault == "", made.request, "all members, null ones too, in the forms of the contract", fault)
		for name, sent := range changes {
			s.check(row[name] == sent, made.request, fmt.Sprintf("%s is %q", name, sent), fmt.Sprintf("%q", row[name]))
		}
		s.defaults(k, made.request, body, row)
		s.otherForms(ctx, v, k)
		return nil
	})
}

// drop takes what is not required out of the content of a request, unless it
// is the sample's.
func drop(k *kind, body object) {
	for _, f := range k.Fields {
		if !f.Required && !k.sample() {
			delete(body, f.Key())
		}
	}
}

// defaults checks what a row has where nothing was sent.
func (s *Session) defaults(k *kind, request string, body, row object) {
	for _, f := range k.Fields {
		if _, sent := body[f.Key()]; sent || f.Default == nil || f.Required {
			continue
		}
		got := plain(row[f.Key()])
		want := *f.Default
		if f.Type == resource.Datetime {
			want = instant(want)
		}
		number := f.Type == resource.Float && sameJSON(got, want)
		s.check(got == want || number, request, f.Key()+" is its default "+want, got)
	}
}

// otherForms sends values in forms that are accepted and come back in the one
// of the contract.
func (s *Session) otherForms(ctx context.Context, v *service, k *kind) {
	for _, f := range k.Fields {
		var sent, want string
		switch {
		case f.Type == resource.UUID:
			sent = "019B76DA-A800-7000-8000-0ABCDEF" + strings.ToUpper(random(3))[:5]
			want = strings.ToLower(sent)
		case f.Type == resource.Datetime && f.Min == nil && f.Upper == nil && !f.Unique:
			sent, want = "2026-01-02T08:30:00+05:30", "2026-01-02T03:00:00.000Z"
		default:
			continue
		}
		made, err := s.create(ctx, v, k, object{f.Key(): sent})
		if err != nil {
			s.broken(Must, fmt.Sprintf("POST %s with %s %q", k.path, f.Key(), sent), "201", err.Error())
			continue
		}
		s.check(made.str(f.Key()) == want, made.request, f.Key()+" is "+want, made.summary())
	}
}

// dated expects a Date header.
func dated() expectation {
	return expectation{says: "a Date header", differs: func(r *reply) string {
		if r.header.Get("Date") == "" {
			return "no Date"
		}
		return ""
	}}
}

// noMark expects no byte order mark.
func noMark() expectation {
	return expectation{says: "no byte order mark", differs: func(r *reply) string {
		if strings.HasPrefix(string(r.body), "\ufeff") {
			return "the content starts with one"
		}
		return ""
	}}
}

// strangeIDs is RS-3.
func strangeIDs(ctx context.Context, s *Session) error {
	return s.eachOn(ctx, func(v *service, k *kind) error {
		body, err := s.valid(ctx, v, k)
		if err != nil {
			return err
		}
		names := []string{randomUUID(), "abc", "1'%20OR%20'1'='1", "%00", "..%2f..%2fetc%2fpasswd", strings.Repeat("a", 300)}
		for i, id := range names {
			for _, method := range []string{"GET", "PUT", "PATCH", "DELETE"} {
				r := v.do(ctx, method, k.path+"/"+id, content4(method, k, body))
				switch {
				case i == 0:
					s.want(r, problem(404))
				case r.status == 400:
					s.want(r, status(400))
				default:
					s.want(r, problem(404))
				}
			}
		}
		return nil
	})
}

// content4 returns content that suits a method.
func content4(method string, k *kind, body object) any {
	switch method {
	case "PUT":
		return body
	case "PATCH":
		if f, values, ok := k.change(); ok {
			return object{f.Key(): values[0]}
		}
		return object{}
	}
	return nil
}

// manyFaults is RS-9.
func manyFaults(ctx context.Context, s *Session) error {
	return s.eachOn(ctx, func(v *service, k *kind) error {
		var required []string
		for _, f := range k.Fields {
			if f.Required {
				required = append(required, "#/"+f.Key())
			}
		}
		if len(required) > 0 {
			s.want(v.do(ctx, "POST", k.path, object{}), problem(422), pointers(required...))
		}
		if err := s.badFields(ctx, v, k); err != nil {
			return err
		}
		for _, f := range k.Fields {
			if f.Type != resource.References {
				continue
			}
			body, err := s.valid(ctx, v, k)
			if err != nil {
				return err
			}
			body[f.Key()] = randomUUID()
			s.want(v.do(ctx, "POST", k.path, body), problem(422), pointer("#/"+f.Key()))
		}
		return nil
	})
}

// badFields sends every field that has a rule with a value that breaks it.
func (s *Session) badFields(ctx context.Context, v *service, k *kind) error {
	body, err := s.valid(ctx, v, k)
	if err != nil {
		return err
	}
	bad := map[string]any{}
	for _, f := range k.Fields {
		if text, ok := f.BadSample(); ok && len(text) < 5000 {
			bad[f.Key()] = json.RawMessage(text)
		}
	}
	if k.sample() {
		bad = object{"name": "", "sku": "a b", "quantity": -1, "status": "x"}
	}
	if len(bad) == 0 {
		return nil
	}
	maps.Copy(body, bad)
	var want []string
	for name := range bad {
		want = append(want, "#/"+name)
	}
	s.want(v.do(ctx, "POST", k.path, body), problem(422), pointers(want...))
	return nil
}

// wrongTypes is RS-10.
func wrongTypes(ctx context.Context, s *Session) error {
	return s.eachOn(ctx, func(v *service, k *kind) error {
		for _, f := range k.Fields {
			for _, value := range wrong(f) {
				body, err := s.valid(ctx, v, k)
				if err != nil {
					return err
				}
				body[f.Key()] = json.RawMessage(value)
				r := v.do(ctx, "POST", k.path, body)
				r.request = fmt.Sprintf("POST %s with %s: %s", k.path, f.Key(), clip(value, 60))
				if value == "1e400" && r.status == 400 {
					s.want(r, problem(400))
					continue
				}
				s.want(r, problem(422), pointer("#/"+f.Key()))
			}
		}
		return nil
	})
}

// wrong returns JSON texts of values that a field does not take.
func wrong(f resource.Field) []string {
	var all []string
	if !f.Nullable {
		all = append(all, "null")
	}
	switch f.Type {
	case resource.String, resource.Text:
		return append(all, "5", "[]", `{"$gt":""}`)
	case resource.Integer:
		return append(all, `"5"`, "true", "1.5", "2147483648", "1e400")
	case resource.Bigint:
		return append(all, "5", "true", `"1.5"`, `"abc"`, `"9223372036854775808"`)
	case resource.Decimal:
		return append(all, "5", "1.5", "true", `"abc"`)
	case resource.Float:
		return append(all, `"1.5"`, "true", `"NaN"`, "1e400")
	case resource.Boolean:
		return append(all, `"true"`, "1", "0")
	case resource.Date:
		return append(all, "5", `"2026-02-30"`, `"2026-1-2"`, `"2026-01-02T00:00:00Z"`)
	case resource.Datetime:
		return append(all, "5", `"2026-01-02"`, `"2026-01-02T03:04:05"`, `"2026-02-30T00:00:00Z"`)
	case resource.UUID, resource.References:
		return append(all, "5", `"abc"`, `{"$gt":""}`)
	case resource.Enum:
		return append(all, "5", "true", `["x"]`)
	}
	return all
}

// texts is RS-11.
func texts(ctx context.Context, s *Session) error {
	return s.eachOn(ctx, func(v *service, k *kind) error {
		tried := false
		for _, f := range k.Fields {
			if f.Pattern != "" || f.Unique || f.Type != resource.String && f.Type != resource.Text {
				continue
			}
			tried = true
			if err := s.oneText(ctx, v, k, f); err != nil {
				return err
			}
		}
		if !tried {
			return absentError("field of free text")
		}
		return nil
	})
}

func (s *Session) oneText(ctx context.Context, v *service, k *kind, f resource.Field) error {
	accepted := func(level Level, value string) error {
		body, err := s.valid(ctx, v, k)
		if err != nil {
			return err
		}
		body[f.Key()] = value
		r := v.do(ctx, "POST", k.path, body)
		r.request = fmt.Sprintf("POST %s with %s: %s", k.path, f.Key(), clip(value, 60))
		if s.wantAt(level, r, status(201)) {
			s.checkAt(level, r.str(f.Key()) == value, r.request, "kept verbatim", clip(r.str(f.Key()), 60))
		}
		return nil
	}
	for _, value := range []string{strings.Repeat("a", f.Max), " x ", "<script>alert(1)</script>"} {
		if n := len(value); n > f.Max || n < f.MinLength() {
			continue
		}
		if err := accepted(Must, value); err != nil {
			return err
		}
	}
	if err := accepted(Should, strings.Repeat("🚀", f.Max)); err != nil {
		return err
	}
	return s.refusedTexts(ctx, v, k, f)
}

func (s *Session) refusedTexts(ctx context.Context, v *service, k *kind, f resource.Field) error {
	refused := map[string][]int{
		`"` + strings.Repeat("a", f.Max+1) + `"`: {422},
		`"\ud800"`:                               {400, 422},
	}
	if f.Type == resource.String {
		refused[`"a\u0000b"`] = []int{422}
		if !f.Blank {
			refused[`"  "`] = []int{422}
		}
	}
	for value, statuses := range refused {
		body, err := s.valid(ctx, v, k)
		if err != nil {
			return err
		}
		body[f.Key()] = "PLACE"
		data, _ := encode(body)
		text := strings.Replace(string(data), `"PLACE"`, value, 1)
		r := v.do(ctx, "POST", k.path, text)
		r.request = fmt.Sprintf("POST %s with %s: %s", k.path, f.Key(), clip(value, 60))
		s.want(r, problem(statuses...))
	}
	return nil
}

// unknownMembers is RS-12.
func unknownMembers(ctx context.Context, s *Session) error {
	v, err := s.start(ctx)
	if err != nil {
		return err
	}
	return s.each(func(k *kind) error {
		values := object{
			"id": randomUUID(), "version": 7, "created_at": "2020-01-01T00:00:00.000Z",
			"is_admin": true, "__proto__": object{"x": 1}, "constructor": object{"prototype": 1},
		}
		if _, err := s.valid(ctx, v, k); err != nil { // rows to refer to are there before counting
			return err
		}
		before := len(v.do(ctx, "GET", k.path+"?limit=100", nil).items())
		for name, value := range values {
			if _, own := k.field(func(f resource.Field) bool { return f.Key() == name }); own {
				continue
			}
			body, err := s.valid(ctx, v, k)
			if err != nil {
				return err
			}
			body[name] = value
			s.want(v.do(ctx, "POST", k.path, body), problem(422), pointer("#/"+name))
		}
		after := len(v.do(ctx, "GET", k.path+"?limit=100", nil).items())
		s.check(before == after, "POST "+k.path+" with members that are not input", "nothing is stored", fmt.Sprintf("%d rows more", after-before))
		body, err := s.valid(ctx, v, k)
		if err != nil {
			return err
		}
		s.want(v.do(ctx, "POST", k.path, body), status(201))
		return nil
	})
}
