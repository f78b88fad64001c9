package record

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"groundsill.example/internal/diag"
	"groundsill.example/internal/resource"
	"groundsill.example/internal/tree"
)

// step is a change of a record, as one command makes it.
type step func(tb testing.TB, r Record, at time.Time) Record

func add(line string) step {
	return func(tb testing.TB, r Record, at time.Time) Record {
		tb.Helper()
		return good(tb)(r.WithResources(words(tb, line), at))
	}
}

func addField(name string, fields ...string) step {
	return func(tb testing.TB, r Record, at time.Time) Record {
		tb.Helper()
		var all []resource.Field
		for _, w := range fields {
			f, err := resource.ParseField(w)
			if err != nil {
				tb.Fatal(err)
			}
			all = append(all, f)
		}
		return good(tb)(r.WithFields(name, all, at))
	}
}

func dropOrder(forget Forget) step {
	return func(tb testing.TB, r Record, at time.Time) Record {
		tb.Helper()
		return good(tb)(r.WithoutResource("order", forget, at))
	}
}

func dropField(forget Forget, name string, fields ...string) step {
	return func(tb testing.TB, r Record, at time.Time) Record {
		tb.Helper()
		return good(tb)(r.WithoutFields(name, fields, forget, at))
	}
}

func set(key string, value any) step {
	return func(_ testing.TB, r Record, _ time.Time) Record {
		r.Answers = maps.Clone(r.Answers)
		r.Answers[key] = value
		return r
	}
}

func module(name string, answers map[string]any) step {
	return func(_ testing.TB, r Record, _ time.Time) Record {
		r.Modules = maps.Clone(r.Modules)
		if answers == nil {
			delete(r.Modules, name)
		} else {
			r.Modules[name] = answers
		}
		return r
	}
}

func restart(_ testing.TB, r Record, _ time.Time) Record { return r.Restarted() }

func release(path string) step {
	return func(tb testing.TB, r Record, _ time.Time) Record {
		tb.Helper()
		p, err := tree.ParsePath(path)
		if err != nil {
			tb.Fatal(err)
		}
		r.Unmanaged = append(slices.Clone(r.Unmanaged), p)
		return r
	}
}

func good(tb testing.TB) func(Record, error) Record {
	tb.Helper()
	return func(r Record, err error) Record {
		tb.Helper()
		if err != nil {
			tb.Fatal(err)
		}
		return r
	}
}

// branch makes the steps of one side, a second apart.
func branch(tb testing.TB, r Record, at time.Time, steps ...step) Record {
	tb.Helper()
	for i, s := range steps {
		r = s(tb, r, at.Add(time.Duration(i)*time.Second))
	}
	return r
}

func digest(digit string) string { return "sha256:" + strings.Repeat(digit, 64) }

// base is the record that both sides begin with.
func base(tb testing.TB) Record {
	tb.Helper()
	r := shop(tb)
	r.Answers = map[string]any{"name": "shop", "database": "sqlite"}
	r.Modules = map[string]map[string]any{"docker": {"registry": "a", "user": "b"}}
	r.Blueprint = Blueprint{Name: "go", Version: "1.0.0", Source: "builtin", Digest: digest("0")}
	return r
}

func TestUnite(t *testing.T) {
	t.Parallel()
	const begin = "00001 create item\n00002 create order\n"
	later := now.Add(time.Hour)
	type steps []step
	for _, c := range []struct {
		name         string
		ours, theirs steps
		at           time.Time // of theirs; later than ours where it is not set
		picks        map[string]Side
		log          string // after begin, or everything
		resources    string
		clashes      string
		code         string
		check        func(Record) any
		want         any
	}{
		{
			name: "two resources", ours: steps{add("payment total:decimal,10,2")}, theirs: steps{add("visit order:references")},
			log: begin + "20260304050607 create payment\n20260304060607 create visit", resources: "item order payment visit",
		},
		{
			name: "the later one on our side", ours: steps{add("payment total:integer")}, theirs: steps{add("visit order:references")}, at: now.Add(-time.Hour),
			log: begin + "20260304040607 create visit\n20260304050607 create payment", resources: "item order payment visit",
		},
		{
			name: "at the same second", ours: steps{add("payment total:integer")}, theirs: steps{add("visit order:references"), addField("visit", "note:text")}, at: now,
			log: begin + "20260304050607 create payment\n20260304050609 create visit\n20260304050610 add visit note", resources: "item order payment visit",
		},
		{
			name: "the same second, and more of theirs before", ours: steps{add("payment total:integer")},
			theirs: steps{add("visit order:references"), addField("visit", "note:text")}, at: now.Add(-time.Second),
			log: begin + "20260304050606 create visit\n20260304050607 create payment\n20260304050608 add visit note", resources: "item order payment visit",
		},
		{
			name: "the same resource", ours: steps{add("payment total:integer")}, theirs: steps{add("payment total:integer"), add("visit at:date")},
			log: begin + "20260304050607 create payment\n20260304060608 create visit", resources: "item order payment visit",
		},
		{
			name: "the same resource in other steps", ours: steps{add("payment total:integer"), addField("payment", "note:text")}, theirs: steps{add("payment total:integer note:text")},
			log: begin + "20260304050607 create payment\n20260304050608 add payment note", resources: "item order payment",
		},
		{
			name: "a resource, made differently", ours: steps{add("payment total:integer")}, theirs: steps{add("payment sum:integer")},
			clashes: "resources.payment: added with total:integer | added with sum:integer",
		},
		{
			name: "theirs chosen", ours: steps{add("payment total:integer")}, theirs: steps{add("payment sum:integer")}, picks: map[string]Side{"resources.payment": Theirs},
			log: begin + "20260304060607 create payment", resources: "item order payment",
		},
		{
			name: "fields of one resource", ours: steps{addField("order", "note:text")}, theirs: steps{addField("order", "paid_at:datetime")},
			log: begin + "20260304050607 add order note\n20260304060607 add order paid_at", resources: "item order",
			check: func(r Record) any {
				return strings.Join(fieldNames([]resource.Resource{r.Schema[3].Resource})["order"], " ")
			}, want: "item note total",
		},
		{
			name: "the same field, and one more", ours: steps{addField("order", "note:text")}, theirs: steps{addField("order", "note:text", "paid_at:datetime")},
			log: begin + "20260304050607 add order note\n20260304060607 add order paid_at", resources: "item order",
		},
		{
			name: "a field, made differently", ours: steps{addField("order", "note:text")}, theirs: steps{addField("order", "note:string", "paid_at:datetime")},
			clashes: "resources.order.note: {name: note, type: text, max: 10000} | {name: note, type: string, max: 255}",
		},
		{
			name: "their field chosen", ours: steps{addField("order", "note:text", "paid:boolean")}, theirs: steps{addField("order", "note:string")}, picks: map[string]Side{"resources.order": Theirs},
			log: begin + "20260304050607 add order paid\n20260304060607 add order note", resources: "item order",
		},
		{
			name: "removed and unchanged", ours: steps{dropOrder(always)}, theirs: steps{add("visit item:references")},
			log: "00001 create item\n20260304060607 create visit", resources: "item visit",
		},
		{
			name: "removed and extended", ours: steps{dropOrder(always)}, theirs: steps{addField("order", "note:text")},
			clashes: "resources.order: removed | changed to item:references total:decimal note:text",
		},
		{
			name: "removed and extended, removed", ours: steps{dropOrder(always)}, theirs: steps{addField("order", "note:text")}, picks: map[string]Side{"resources.order": Ours},
			log: "00001 create item", resources: "item",
		},
		{
			name: "removed and extended, kept", ours: steps{dropOrder(never)}, theirs: steps{addField("order", "note:text")}, picks: map[string]Side{"resources": Theirs},
			log: begin + "20260304060607 add order note", resources: "item order",
		},
		{
			name: "removed twice", ours: steps{dropOrder(always)}, theirs: steps{dropOrder(never)},
			log: "00001 create item", resources: "item",
		},
		{
			name: "removed, and referred to", ours: steps{dropOrder(always)}, theirs: steps{add("visit order:references")},
			clashes: "resources.order: removed | what visit.order refers to",
		},
		{
			name: "removed, referred to, kept", ours: steps{dropOrder(never)}, theirs: steps{add("visit order:references")}, picks: map[string]Side{"resources.order": Theirs},
			log: begin + "20260304060607 create visit", resources: "item order visit",
		},
		{
			name: "removed, referred to, and gone all the same", ours: steps{dropOrder(never)}, theirs: steps{add("visit order:references")}, picks: map[string]Side{"resources.order": Ours},
			code: "resource-reference",
		},
		{
			name: "a field removed and another added", ours: steps{dropField(never, "order", "total")}, theirs: steps{addField("order", "note:text")},
			log: begin + "20260304050607 drop-field order total\n20260304060607 add order note", resources: "item order",
			check: func(r Record) any {
				return strings.Join(fieldNames([]resource.Resource{r.Schema[3].Resource})["order"], " ")
			}, want: "item",
		},
		{
			name: "a field added and then, on the other side, one removed", ours: steps{addField("order", "note:text")}, theirs: steps{dropField(never, "order", "total")},
			log: begin + "20260304050607 add order note\n20260304060607 drop-field order total", resources: "item order",
			check: func(r Record) any {
				return strings.Join(fieldNames([]resource.Resource{r.Schema[3].Resource})["order"], " ")
			}, want: "item note",
		},
		{
			name: "two names that are one", ours: steps{add("pay_ment total:integer")}, theirs: steps{add("payment total:integer")},
			code: "resource-collision",
		},
		{
			name: "answers", ours: steps{set("name", "x")}, theirs: steps{set("license", "MIT")}, log: strings.TrimSpace(begin), resources: "item order",
			check: func(r Record) any { return r.Answers }, want: map[string]any{"name": "x", "license": "MIT", "database": "sqlite"},
		},
		{name: "an answer twice", ours: steps{set("name", "x")}, theirs: steps{set("name", "y")}, clashes: `answers.name: x | "y"`},
		{
			name: "an answer, chosen", ours: steps{set("name", "x")}, theirs: steps{set("name", "y")}, picks: map[string]Side{"answers": Theirs}, log: strings.TrimSpace(begin), resources: "item order",
			check: func(r Record) any { return r.Answers["name"] }, want: "y",
		},
		{
			name: "modules", ours: steps{module("docker", nil)}, theirs: steps{module("auth", map[string]any{})}, log: strings.TrimSpace(begin), resources: "item order",
			check: func(r Record) any { return r.Modules }, want: map[string]map[string]any{"auth": {}},
		},
		{
			name: "answers of a module", ours: steps{module("docker", map[string]any{"registry": "x", "user": "b"})}, theirs: steps{module("docker", map[string]any{"registry": "a", "user": "y"})}, log: strings.TrimSpace(begin), resources: "item order",
			check: func(r Record) any { return r.Modules }, want: map[string]map[string]any{"docker": {"registry": "x", "user": "y"}},
		},
		{name: "a module removed and changed", ours: steps{module("docker", nil)}, theirs: steps{module("docker", map[string]any{"registry": "x"})}, clashes: "modules.docker: no module | other answers"},
		{
			name: "another database", ours: steps{add("payment total:integer"), set("database", "postgres"), restart}, theirs: steps{add("visit at:date")},
			log: begin + "00003 create payment\n20260304060607 create visit", resources: "item order payment visit",
		},
		{
			name: "another database, twice", ours: steps{add("payment total:integer"), restart}, theirs: steps{add("visit at:date"), restart},
			log: begin + "00003 create payment\n00004 create visit", resources: "item order payment visit",
		},
		{
			name: "released files", ours: steps{release("b.txt")}, theirs: steps{release("a.txt")}, log: strings.TrimSpace(begin), resources: "item order",
			check: func(r Record) any { return len(r.Unmanaged) }, want: 2,
		},
		{
			name: "other blueprints", ours: steps{func(_ testing.TB, r Record, _ time.Time) Record { r.Blueprint.Digest = digest("1"); return r }},
			theirs:  steps{func(_ testing.TB, r Record, _ time.Time) Record { r.Blueprint.Digest = digest("2"); return r }},
			clashes: "blueprint: go 1.0.0 (" + digest("1") + ") | go 1.0.0 (" + digest("2") + ")",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if c.at.IsZero() {
				c.at = later
			}
			b := base(t)
			ours, theirs := branch(t, b, now, c.ours...), branch(t, b, c.at, c.theirs...)
			u, err := Unite(b, ours, theirs, chosen(c.picks))
			if c.code != "" {
				e, ok := errors.AsType[*diag.Error](err)
				if !ok || e.Code() != c.code || e.Class != diag.Conflict {
					t.Fatalf("%v, want %s", err, c.code)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			var clashes []string
			for _, x := range u.Clashes {
				clashes = append(clashes, x.Key+": "+x.Ours+" | "+x.Theirs)
			}
			if diff := cmp.Diff(c.clashes, strings.Join(clashes, "\n")); diff != "" {
				t.Fatalf("clashes:\n%s", diff)
			}
			if c.clashes != "" {
				return
			}
			if diff := cmp.Diff(c.log, log(u.Record)); diff != "" {
				t.Errorf("log:\n%s", diff)
			}
			if diff := cmp.Diff(c.resources, strings.Join(resourceNames(u.Record), " ")); diff != "" {
				t.Errorf("resources:\n%s", diff)
			}
			if c.check != nil {
				if diff := cmp.Diff(c.want, c.check(u.Record)); diff != "" {
					t.Error(diff)
				}
			}
			if again, err := Parse(Name, Format(u.Record)); err != nil || !again.Equal(u.Record) {
				t.Errorf("it is no record: %v\n%s", err, Format(u.Record))
			}
		})
	}
}

// chosen decides by key; a key stands for everything below it.
func chosen(picks map[string]Side) func(string) Side {
	return func(key string) Side {
		for {
			if side := picks[key]; side != "" {
				return side
			}
			i := strings.LastIndexByte(key, '.')
			if i < 0 {
				return ""
			}
			key = key[:i]
		}
	}
}

func resourceNames(r Record) []string {
	var names []string
	for _, one := range r.Resources {
		names = append(names, one.Name)
	}
	return names
}

// What only one side changed is as that side has it, and what both changed
// alike is so, whatever it is. Two branches come to the resources that one
// branch has which makes the steps of both, in either order, and to a log that
// makes them.
func TestUniteLaws(t *testing.T) {
	t.Parallel()
	steps := map[string]step{
		"payment":  add("payment total:integer:required"),
		"visit":    add("visit order:references at:date"),
		"note":     addField("order", "note:text"),
		"paid":     addField("order", "paid_at:datetime", "paid:boolean"),
		"colour":   addField("item", "colour:string"),
		"no total": dropField(never, "order", "total"),
		"name":     set("name", "x"),
		"licence":  set("license", "MIT"),
		"auth":     module("auth", map[string]any{"issuer": "x"}),
		"docker":   module("docker", nil),
	}
	names := slices.Sorted(maps.Keys(steps))
	none := func(string) Side { return "" }
	b := base(t)
	rapid.Check(t, func(rt *rapid.T) {
		order := rapid.Permutation(names).Draw(rt, "order")
		split := rapid.IntRange(0, len(order)).Draw(rt, "split")
		away := rapid.IntRange(-3600, 3600).Draw(rt, "seconds")
		mine := pickSteps(steps, order[:split])
		yours := pickSteps(steps, order[split:])
		ours, theirs := branch(t, b, now, mine...), branch(t, b, now.Add(time.Duration(away)*time.Second), yours...)
		for name, u := range map[string]struct{ o, t, want Record }{
			"ours":   {ours, b, ours},
			"theirs": {b, theirs, theirs},
			"alike":  {ours, ours, ours},
		} {
			got, err := Unite(b, u.o, u.t, none)
			got.Record.Commands = u.want.Commands
			if err != nil || !got.Record.Equal(u.want) {
				rt.Fatalf("%s: %v\n%s", name, err, cmp.Diff(string(Format(u.want)), string(Format(got.Record))))
			}
		}
		got, err := Unite(b, ours, theirs, none)
		if err != nil || len(got.Clashes) > 0 {
			rt.Fatalf("%v %v", err, got.Clashes)
		}
		if diff := cmp.Diff(fieldNames(got.Record.Resources), replay(rt, got.Record.Schema)); diff != "" {
			rt.Fatalf("the log makes other tables:\n%s\n%s", diff, log(got.Record))
		}
		want := branch(t, ours, now.Add(2*time.Hour), yours...)
		got.Record.Schema, want.Schema = nil, nil
		if !got.Record.Equal(want) {
			rt.Fatal(cmp.Diff(string(Format(want)), string(Format(got.Record))))
		}
	})
}

func pickSteps(steps map[string]step, names []string) []step {
	var all []step
	for _, n := range names {
		all = append(all, steps[n])
	}
	return all
}
