package contract

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"groundsill.example/internal/resource"
)

// alone tries something with every resource, each on a service and a database
// of its own.
func (s *Session) alone(ctx context.Context, try func(v *service, k *kind) error) error {
	return s.each(func(k *kind) error {
		v, err := s.start(ctx)
		if err != nil {
			return err
		}
		defer v.kill()
		return try(v, k)
	})
}

// rows makes rows of a kind, several at a time.
func (s *Session) rows(ctx context.Context, v *service, k *kind, number int) ([]string, error) {
	if f, full := k.crowded(number); full {
		return nil, absentError(fmt.Sprintf("%d different values of %s.%s", number, k.Name, f.Name))
	}
	var mu sync.Mutex
	var wait sync.WaitGroup
	var made []string
	var errs []error
	for part := range 4 {
		wait.Go(func() {
			for i := part; i < number; i += 4 {
				r, err := s.create(ctx, v, k, nil)
				mu.Lock()
				if err != nil {
					errs = append(errs, err)
				} else {
					made = append(made, r.str("id"))
				}
				mu.Unlock()
			}
		})
	}
	wait.Wait()
	return made, errors.Join(errs...)
}

// crowded returns a unique field that has fewer values than rows are wanted.
func (k *kind) crowded(number int) (resource.Field, bool) {
	return k.field(func(f resource.Field) bool {
		if !f.Unique || f.Type == resource.References || k.sample() {
			return false
		}
		values := map[string]bool{}
		for n := range number {
			text, _ := f.Sample(n + 1)
			values[text] = true
		}
		return len(values) < number
	})
}

// pageSizes is RS-4.
func pageSizes(ctx context.Context, s *Session) error {
	return s.alone(ctx, func(v *service, k *kind) error {
		if s.suite.outside == nil {
			s.want(v.do(ctx, "GET", k.path, nil), status(200), content(`{"items":[],"next_cursor":null}`))
		} else {
			s.note("an empty list: not applicable, no %s", Database)
		}
		for _, query := range []string{"limit=0", "limit=-1", "limit=abc", "limit=1.5", "limit=99999999999999999999", "limit=1&limit=2", "limit="} {
			s.want(v.do(ctx, "GET", k.path+"?"+query, nil), problem(400), parameter("limit"))
		}
		if _, err := s.rows(ctx, v, k, 150); err != nil {
			return err
		}
		s.want(v.do(ctx, "GET", k.path, nil), status(200), count(20, 20))
		s.want(v.do(ctx, "GET", k.path+"?limit=1000", nil), status(200), count(1, 100))
		return nil
	})
}

// count expects a list with so many items.
func count(least, most int) expectation {
	says := fmt.Sprintf("%d to %d items", least, most)
	if least == most {
		says = fmt.Sprintf("%d items", least)
	}
	return expectation{says: says, differs: func(r *reply) string {
		if n := len(r.items()); n < least || n > most {
			return fmt.Sprintf("%d items", n)
		}
		return ""
	}}
}

// follow reads all pages from a path on. Between pages it calls between.
func (s *Session) follow(ctx context.Context, v *service, path string, between func(page int, rows []object) error) ([][]object, error) {
	var all [][]object
	next := path
	for page := range 200 {
		r := v.do(ctx, "GET", next, nil)
		if !s.want(r, status(200), paged()) {
			return all, nil
		}
		all = append(all, r.items())
		cursor := r.str("next_cursor")
		if cursor == "" {
			return all, nil
		}
		link := r.header.Get("Link")
		s.should(r, expectation{says: `Link: <…>; rel="next"`, differs: func(*reply) string {
			if strings.HasPrefix(link, "<") && strings.Contains(link, `rel="next"`) {
				return ""
			}
			return fmt.Sprintf("Link is %q", link)
		}})
		if err := between(page, r.items()); err != nil {
			return all, err
		}
		next = path + "&cursor=" + url.QueryEscape(cursor)
	}
	s.broken(Must, "GET "+path, "the pages end", "200 pages and no end")
	return all, nil
}

// paged expects the two members of a list.
func paged() expectation {
	return expectation{says: "items and next_cursor, a string or null", differs: func(r *reply) string {
		o := r.json()
		_, list := o["items"].([]any)
		cursor, has := o["next_cursor"]
		_, isText := cursor.(string)
		if list && has && (cursor == nil || isText) {
			return ""
		}
		return r.summary()
	}}
}

// pages is RS-5.
func pages(ctx context.Context, s *Session) error {
	return s.alone(ctx, func(v *service, k *kind) error {
		made, err := s.rows(ctx, v, k, 53)
		if err != nil {
			return err
		}
		path := k.path + "?limit=10"
		quiet, err := s.follow(ctx, v, path, func(int, []object) error { return nil })
		if err != nil {
			return err
		}
		s.check(len(quiet) == 6, "GET "+path+" with 53 rows, all pages", "6 pages", strconv.Itoa(len(quiet)))
		s.complete(path, quiet, made)
		s.newestFirst(path, quiet)
		if err := s.restless(ctx, v, k, path, made); err != nil {
			return err
		}
		return s.simultaneous(ctx, v, k, path)
	})
}

// restless follows the pages while five rows come and two go.
func (s *Session) restless(ctx context.Context, v *service, k *kind, path string, made []string) error {
	stays := slices.Clone(made)
	all, err := s.follow(ctx, v, path, func(page int, rows []object) error {
		if page < 5 {
			if _, err := s.rows(ctx, v, k, 1); err != nil {
				return err
			}
		}
		if page < 2 && len(rows) > 0 {
			gone := fmt.Sprint(rows[len(rows)-1]["id"])
			stays = slices.DeleteFunc(stays, func(id string) bool { return id == gone })
			s.want(v.do(ctx, "DELETE", k.path+"/"+gone, nil), status(204))
		}
		return nil
	})
	if err != nil {
		return err
	}
	s.complete(path+" while rows are inserted and deleted", all, stays)
	return nil
}

// simultaneous gives all rows one created_at and follows the pages again.
func (s *Session) simultaneous(ctx context.Context, v *service, k *kind, path string) error {
	err := v.database.level(k.Plural)
	if _, ok := errors.AsType[absentError](err); ok {
		s.note("rows that share one created_at: %v", err)
		return nil
	}
	if err != nil {
		return err
	}
	all, err := s.follow(ctx, v, path, func(int, []object) error { return nil })
	if err != nil {
		return err
	}
	seen := ids(slices.Concat(all...))
	sorted := slices.Clone(seen)
	slices.Sort(sorted)
	s.check(len(slices.Compact(slices.Clone(sorted))) == len(seen), "GET "+path+" with one created_at for all rows", "every row exactly once", fmt.Sprintf("%d rows, some twice", len(seen)))
	backward := slices.Clone(sorted)
	slices.Reverse(backward)
	s.check(slices.Equal(seen, sorted) || slices.Equal(seen, backward), "GET "+path+" with one created_at for all rows", "ties are ordered by id", strings.Join(seen[:min(3, len(seen))], " "))
	return nil
}

// complete checks that rows that stayed are there exactly once.
func (s *Session) complete(path string, all [][]object, stays []string) {
	times := map[string]int{}
	for _, id := range ids(slices.Concat(all...)) {
		times[id]++
	}
	for _, id := range stays {
		s.check(times[id] == 1, "GET "+path+", all pages", "every row that existed throughout exactly once", fmt.Sprintf("%s %d times", id, times[id]))
	}
	for id, n := range times {
		s.check(n == 1, "GET "+path+", all pages", "no row twice", fmt.Sprintf("%s %d times", id, n))
	}
}

func (s *Session) newestFirst(path string, all [][]object) {
	rows := slices.Concat(all...)
	sorted := slices.IsSortedFunc(rows, func(a, b object) int {
		return cmp.Compare(fmt.Sprint(b["created_at"]), fmt.Sprint(a["created_at"]))
	})
	s.check(sorted, "GET "+path, "newest first", "another order")
}

// cursors is RS-6.
func cursors(ctx context.Context, s *Session) error {
	return s.alone(ctx, func(v *service, k *kind) error {
		if _, err := s.rows(ctx, v, k, 5); err != nil {
			return err
		}
		for _, bad := range []string{"@@@", base64.RawURLEncoding.EncodeToString([]byte(random(20)))} {
			s.want(v.do(ctx, "GET", k.path+"?cursor="+bad, nil), problem(400))
		}
		first := v.do(ctx, "GET", k.path+"?limit=2", nil)
		cursor := first.str("next_cursor")
		if !s.check(cursor != "", first.request, "a next_cursor", first.summary()) {
			return nil
		}
		for _, bad := range flips(cursor) {
			s.want(v.do(ctx, "GET", k.path+"?limit=2&cursor="+url.QueryEscape(bad), nil), problem(400))
		}
		if err := s.otherSpelling(ctx, v, k); err != nil {
			return err
		}
		return s.otherFilter(ctx, v, k)
	})
}

// otherSpelling flips bits that carry nothing. A cursor has such bits unless its
// length is a multiple of three bytes, so two lengths are tried.
func (s *Session) otherSpelling(ctx context.Context, v *service, k *kind) error {
	f, ok := k.name()
	if !ok {
		return nil
	}
	for _, name := range []string{"!", "!!", "!!!"} { // before all other names
		if _, err := s.create(ctx, v, k, object{f.Key(): name}); err != nil {
			return err
		}
	}
	path := k.path + "?limit=1&sort=" + f.Key()
	next := path
	for range 2 {
		r := v.do(ctx, "GET", next, nil)
		cursor := r.str("next_cursor")
		if !s.check(cursor != "", r.request, "a next_cursor", r.summary()) {
			return nil
		}
		for _, bad := range spellings(cursor) {
			s.want(v.do(ctx, "GET", path+"&cursor="+url.QueryEscape(bad), nil), problem(400))
		}
		next = path + "&cursor=" + url.QueryEscape(cursor)
	}
	return nil
}

// flips returns a cursor with one bit flipped, in each of its bytes.
func flips(cursor string) []string {
	var all []string
	raw, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil {
		raw = []byte(cursor)
	}
	for i := range raw {
		one := slices.Clone(raw)
		one[i] ^= 1 << (i % 8)
		if err != nil {
			all = append(all, string(one))
		} else {
			all = append(all, base64.RawURLEncoding.EncodeToString(one))
		}
	}
	return append(all, spellings(cursor)...)
}

// spellings returns what a careless decoder reads as the same cursor: one with
// an unused bit of its last character flipped, where it has such bits.
func spellings(cursor string) []string {
	if _, err := base64.RawURLEncoding.DecodeString(cursor); err != nil || len(cursor)%4 == 0 {
		return nil
	}
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	last := strings.IndexByte(alphabet, cursor[len(cursor)-1])
	return []string{cursor[:len(cursor)-1] + alphabet[last^1:last^1+1]}
}

// otherFilter uses a cursor of one filter with another.
func (s *Session) otherFilter(ctx context.Context, v *service, k *kind) error {
	f, values, ok := k.choice()
	if !ok {
		s.note("%s: a cursor of another filter: no enum or boolean field to filter by", k.Plural)
		return nil
	}
	for range 3 {
		if _, err := s.create(ctx, v, k, object{f.Key(): values[1]}); err != nil {
			return err
		}
	}
	query := k.path + "?limit=1&" + f.Key() + "="
	first := v.do(ctx, "GET", query+escape(values[1]), nil)
	cursor := first.str("next_cursor")
	if s.check(cursor != "", first.request, "a next_cursor", first.summary()) {
		s.want(v.do(ctx, "GET", query+escape(values[0])+"&cursor="+url.QueryEscape(cursor), nil), problem(400))
	}
	return nil
}

func escape(value any) string { return url.QueryEscape(plain(value)) }

// choice returns a field with few values and two of them.
func (k *kind) choice() (f resource.Field, values [2]any, ok bool) {
	f, ok = k.field(func(f resource.Field) bool { return f.Type == resource.Enum && !f.Unique && len(f.Choices) > 1 })
	if ok {
		return f, [2]any{f.Choices[0], f.Choices[1]}, true
	}
	f, ok = k.ofType(resource.Boolean)
	return f, [2]any{true, false}, ok
}

// filters is RS-7.
func filters(ctx context.Context, s *Session) error {
	return s.alone(ctx, func(v *service, k *kind) error {
		tried := false
		if f, values, ok := k.choice(); ok {
			tried = true
			if err := s.chosenOnly(ctx, v, k, f, values); err != nil {
				return err
			}
		}
		if f, ok := k.name(); ok {
			tried = true
			if err := s.literal(ctx, v, k, f); err != nil {
				return err
			}
		}
		if err := s.equality(ctx, v, k); err != nil {
			return err
		}
		if err := s.exact(ctx, v, k); err != nil {
			return err
		}
		if !tried {
			return absentError("field to filter by or to search")
		}
		return nil
	})
}

func (s *Session) chosenOnly(ctx context.Context, v *service, k *kind, f resource.Field, values [2]any) error {
	for i := range 6 {
		if _, err := s.create(ctx, v, k, object{f.Key(): values[i%2]}); err != nil {
			return err
		}
	}
	r := v.do(ctx, "GET", k.path+"?limit=100&"+f.Key()+"="+escape(values[1]), nil)
	if s.want(r, status(200), count(3, 100)) {
		for _, row := range r.items() {
			s.check(same(f, values[1], row[f.Key()]), r.request, "only rows with that value", fmt.Sprint(row[f.Key()]))
		}
	}
	s.want(v.do(ctx, "GET", k.path+"?"+f.Key()+"=nope", nil), problem(400), parameter(f.Key()))
	return nil
}

// literal searches for text that would mean something to LIKE or to a regular
// expression.
func (s *Session) literal(ctx context.Context, v *service, k *kind, f resource.Field) error {
	for _, value := range []string{"100%", "1000", "a.*b"} {
		if _, err := s.create(ctx, v, k, object{f.Key(): value}); err != nil {
			return err
		}
	}
	rows := v.do(ctx, "GET", k.path+"?limit=100", nil).items()
	for _, q := range []string{"100%", ".*", "_", "(a+)+$", "A.*B"} {
		hits := 0
		for _, row := range rows {
			if k.contains(row, q) {
				hits++
			}
		}
		s.want(v.do(ctx, "GET", k.path+"?limit=100&q="+url.QueryEscape(q), nil), status(200), count(hits, hits), within(time.Second))
	}
	return nil
}

// contains reports whether q would find a row.
func (k *kind) contains(row object, q string) bool {
	return slices.ContainsFunc(k.Fields, func(f resource.Field) bool {
		text, ok := row[f.Key()].(string)
		return ok && f.Searchable() && strings.Contains(text, q)
	})
}

// equality filters by every field that can be, with the value of a row.
func (s *Session) equality(ctx context.Context, v *service, k *kind) error {
	made, err := s.create(ctx, v, k, nil)
	if err != nil {
		return err
	}
	row := made.json()
	for _, f := range k.Fields {
		if !f.Filterable() || row[f.Key()] == nil {
			continue
		}
		r := v.do(ctx, "GET", k.path+"?limit=100&"+f.Key()+"="+escape(row[f.Key()]), nil)
		if !s.want(r, status(200), count(1, 100)) {
			continue
		}
		s.check(slices.Contains(ids(r.items()), made.str("id")), r.request, "the row with that value", r.summary())
		for _, other := range r.items() {
			s.check(sameValue(other[f.Key()], row[f.Key()]), r.request, "only rows with that value", fmt.Sprint(other[f.Key()]))
		}
	}
	return nil
}

// exact finds each of three texts by its own that are one to a database that
// folds case or cuts off spaces.
func (s *Session) exact(ctx context.Context, v *service, k *kind) error {
	f, ok := k.field(func(f resource.Field) bool {
		return f.Type == resource.String && f.Filterable() && f.Pattern == "" && f.Max >= 12 && f.MinLength() <= 7
	})
	if !ok {
		return nil
	}
	word := "Z" + random(6)
	values := []string{word, strings.ToLower(word), word + " "}
	for _, value := range values {
		if _, err := s.create(ctx, v, k, object{f.Key(): value}); err != nil {
			return err
		}
	}
	for _, value := range values {
		s.want(v.do(ctx, "GET", k.path+"?limit=100&"+f.Key()+"="+escape(value), nil), status(200), count(1, 1))
	}
	return nil
}

// sorting is RS-8.
func sorting(ctx context.Context, s *Session) error {
	return s.alone(ctx, func(v *service, k *kind) error {
		if _, err := s.rows(ctx, v, k, 7); err != nil {
			return err
		}
		if err := s.mixedNames(ctx, v, k); err != nil {
			return err
		}
		made := resource.Field{Name: "created_at", Type: resource.Datetime}
		for _, f := range append([]resource.Field{made}, k.Fields...) {
			if f.Sortable() || f.Name == "created_at" {
				s.sorted(ctx, v, k, f)
			}
		}
		for _, bad := range []string{"password", "name;DROP%20TABLE%20" + k.Plural, "name%3BDROP%20TABLE%20" + k.Plural} {
			s.want(v.do(ctx, "GET", k.path+"?sort="+bad, nil), problem(400))
		}
		s.should(v.do(ctx, "GET", k.path+"?stauts=active", nil), problem(400), parameter("stauts"))
		return nil
	})
}

// mixedNames makes rows whose names tell order by code point from others.
func (s *Session) mixedNames(ctx context.Context, v *service, k *kind) error {
	f, ok := k.name()
	if !ok {
		return nil
	}
	names := []string{"alpha", "Beta", "éclair", "zulu", "Zulu", "漢字", "🚀 rocket", "\uffee wide"}
	if s.suite.server.double {
		s.note("the order of text beyond U+FFFF: not applicable on the double, which compares halves of UTF-16")
		names = slices.DeleteFunc(names, func(name string) bool { return strings.ContainsRune(name, '🚀') })
	}
	for _, name := range names {
		if _, err := s.create(ctx, v, k, object{f.Key(): name}); err != nil {
			return err
		}
	}
	return nil
}

// sorted checks the order by one field, both ways. Where nulls go is not laid
// down.
func (s *Session) sorted(ctx context.Context, v *service, k *kind, f resource.Field) {
	for _, sign := range []string{"", "-"} {
		r := v.do(ctx, "GET", k.path+"?limit=100&sort="+sign+f.Key(), nil)
		if !s.want(r, status(200)) {
			continue
		}
		rows := slices.DeleteFunc(r.items(), func(o object) bool { return o[f.Key()] == nil })
		ordered := slices.IsSortedFunc(rows, func(a, b object) int {
			if sign == "-" {
				a, b = b, a
			}
			return order(f, a[f.Key()], b[f.Key()])
		})
		var values []string
		for _, row := range rows {
			values = append(values, fmt.Sprint(row[f.Key()]))
		}
		s.check(ordered, r.request, "ordered by "+sign+f.Key()+", text by code point", strings.Join(values, ", "))
	}
}

// order compares two values of a field as the contract does.
func order(f resource.Field, a, b any) int {
	switch f.Type {
	case resource.Integer, resource.Bigint, resource.Decimal, resource.Float:
		x, okX := new(big.Rat).SetString(number(a))
		y, okY := new(big.Rat).SetString(number(b))
		if okX && okY {
			return x.Cmp(y)
		}
	default:
	}
	return cmp.Compare(fmt.Sprint(a), fmt.Sprint(b))
}

func number(v any) string {
	if n, ok := v.(json.Number); ok {
		return n.String()
	}
	return fmt.Sprint(v)
}
