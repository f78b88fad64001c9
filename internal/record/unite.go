package record

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"groundsill.example/internal/diag"
	"groundsill.example/internal/resource"
	"groundsill.example/internal/tree"
)

// Side is one of the two records that are united.
type Side string

// The sides, by git's words for them.
const (
	Ours   Side = "ours"
	Theirs Side = "theirs"
)

// Clash is a key of the record that both sides changed, each in its own way.
type Clash struct {
	Key          string // as it stands in the record: "answers.database", "resources.order.note"
	Ours, Theirs string // what each side says, for people
}

// United is what two records come to.
type United struct {
	Record  Record // without commands, which its rendering decides
	Clashes []Clash
	// Renumbered are entries of theirs whose numbers are taken, or that come
	// after such a one: the numbers that they had and those that they have.
	Renumbered map[string]string
	// Gone are new entries of each side that are not in the log, because the
	// other side has changed the same, or has been chosen.
	Gone map[Side][]Entry
}

// Unite brings together what two sides made of one record, by key: what one
// side changed is as that side has it, and so is what both changed alike. For
// all else choose decides, with "" for a key that is left to decide; a key
// stands for everything below it. The log of the schema has the entries of both
// sides in the order of their numbers. The error, of class Conflict, is about
// what can only be decided on one of the sides: two resources that do not go
// together.
func Unite(base, ours, theirs Record, choose func(key string) Side) (United, error) {
	u := union{base: base, ours: ours, theirs: theirs, choose: choose, whole: map[string]Side{}, fields: map[string]Side{}}
	u.out.Renumbered, u.out.Gone = map[string]string{}, map[Side][]Entry{}
	r := Record{
		Format: max(ours.Format, theirs.Format), Engine: max(ours.Engine, theirs.Engine),
		Blueprint: u.blueprint(),
		Answers:   u.answers("answers", base.Answers, ours.Answers, theirs.Answers),
		Modules:   u.modules(),
		Resources: u.resources(),
		Unmanaged: u.unmanaged(),
	}
	if len(u.out.Clashes) > 0 {
		slices.SortFunc(u.out.Clashes, func(a, b Clash) int { return cmp.Compare(a.Key, b.Key) })
		return u.out, nil
	}
	if err := resource.Check(r.Resources); err != nil {
		return u.out, apart(err)
	}
	r.Resources = resource.Sorted(r.Resources)
	r.Schema = u.schema()
	u.out.Record = r
	for _, name := range r.Unrecorded() {
		u.clash("resources."+name, "a log that does not go with that of theirs", "a log that does not go with that of ours")
	}
	return u.out, nil
}

// apart says of resources that do not go together what to do about it: what was
// no mistake on either side is none of a command line.
func apart(err error) error {
	e, ok := errors.AsType[*diag.Error](err)
	if !ok {
		return err
	}
	var problems diag.List
	for _, d := range e.Diagnostics {
		d.Hint = "both sides do not go together like this: change it on one of the branches before they meet, or choose the other side"
		problems.Add(d)
	}
	return problems.Err(diag.Conflict)
}

// union is two records on their way to one.
type union struct {
	base, ours, theirs Record
	choose             func(key string) Side
	whole              map[string]Side // resources that are as one side has them, with its part of the log
	fields             map[string]Side // the same of fields, as "resource.key"
	out                United
}

func (u *union) clash(key, ours, theirs string) {
	u.out.Clashes = append(u.out.Clashes, Clash{key, ours, theirs})
}

// decide chooses between two values that both differ from the base, and notes
// a clash where nobody has chosen. The values are for people.
func (u *union) decide(key, ours, theirs string) Side {
	side := u.choose(key)
	if side == "" {
		u.clash(key, ours, theirs)
		return Ours
	}
	return side
}

// pick is the table of the union: the side whose value counts.
func pick[T any](b, o, t *T, equal func(a, b T) bool, clash func() Side) *T {
	same := func(x, y *T) bool { return x == nil && y == nil || x != nil && y != nil && equal(*x, *y) }
	switch {
	case same(o, t), same(b, t):
		return o
	case same(b, o):
		return t
	case clash() == Theirs:
		return t
	}
	return o
}

func (u *union) blueprint() Blueprint {
	equal := func(a, b Blueprint) bool { return a == b }
	name := func(b Blueprint) string { return fmt.Sprintf("%s %s (%s)", b.Name, b.Version, b.Digest) }
	return *pick(&u.base.Blueprint, &u.ours.Blueprint, &u.theirs.Blueprint, equal, func() Side {
		return u.decide("blueprint", name(u.ours.Blueprint), name(u.theirs.Blueprint))
	})
}

func at[K comparable, V any](m map[K]V, key K) *V {
	if v, has := m[key]; has {
		return &v
	}
	return nil
}

// keysOf returns the keys of maps, sorted, each once.
func keysOf[V any](all ...map[string]V) []string {
	var keys []string
	for _, m := range all {
		keys = slices.AppendSeq(keys, maps.Keys(m))
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

func (u *union) answers(section string, b, o, t map[string]any) map[string]any {
	all := map[string]any{}
	show := func(v *any) string {
		if v == nil {
			return "nothing"
		}
		return value(*v)
	}
	equal := func(x, y any) bool { return reflect.DeepEqual(x, y) }
	for _, key := range keysOf(b, o, t) {
		ours, theirs := at(o, key), at(t, key)
		v := pick(at(b, key), ours, theirs, equal, func() Side {
			return u.decide(section+"."+key, show(ours), show(theirs))
		})
		if v != nil {
			all[key] = *v
		}
	}
	return all
}

// modules unites answers of modules that both sides have, one by one. Where one
// side took a module out and the other changed it, the module is the clash.
func (u *union) modules() map[string]map[string]any {
	all := map[string]map[string]any{}
	b, o, t := u.base.Modules, u.ours.Modules, u.theirs.Modules
	equal := func(x, y map[string]any) bool { return reflect.DeepEqual(x, y) }
	show := func(m *map[string]any) string {
		if m == nil {
			return "no module"
		}
		return "other answers"
	}
	for _, name := range keysOf(b, o, t) {
		ours, theirs := at(o, name), at(t, name)
		if ours != nil && theirs != nil {
			all[name] = u.answers("modules."+name, b[name], *ours, *theirs)
			continue
		}
		m := pick(at(b, name), ours, theirs, equal, func() Side {
			return u.decide("modules."+name, show(ours), show(theirs))
		})
		if m != nil {
			all[name] = *m
		}
	}
	return all
}

// resources unites fields of resources that all three have. One that both sides
// have made, or that one side took out, is one value.
func (u *union) resources() []resource.Resource {
	var all []resource.Resource
	for _, name := range u.names() {
		b, o, t := find(u.base, name), find(u.ours, name), find(u.theirs, name)
		if same(o, t) && !same(b, o) {
			u.whole[name] = Ours // both came to the same, whatever their way
		} else if b != nil && o != nil && t != nil {
			one := *o
			one.Fields = u.united(name, b.Fields, o.Fields, t.Fields)
			all = append(all, one)
			continue
		}
		key := "resources." + name
		r := pick(b, o, t, resource.Resource.Equal, func() Side {
			u.whole[name] = u.decide(key, show(b, o), show(b, t))
			return u.whole[name]
		})
		if r != nil {
			all = append(all, *r)
		}
	}
	return u.referred(all)
}

// names returns the names of all resources, first those of ours.
func (u *union) names() []string {
	var all []string
	for _, r := range slices.Concat(u.ours.Resources, u.theirs.Resources, u.base.Resources) {
		if !slices.Contains(all, r.Name) {
			all = append(all, r.Name)
		}
	}
	return all
}

func find(r Record, name string) *resource.Resource {
	if one, there := r.resource(name); there {
		return &one
	}
	return nil
}

// show says what a side made of a resource.
func show(was, is *resource.Resource) string {
	switch {
	case is == nil:
		return "removed"
	case was == nil:
		return "added with " + keysText(is.Fields)
	}
	return "changed to " + keysText(is.Fields)
}

func same(a, b *resource.Resource) bool {
	return a == nil && b == nil || a != nil && b != nil && a.Equal(*b)
}

func keysText(fields []resource.Field) string {
	keys := make([]string, 0, len(fields))
	for _, f := range fields {
		keys = append(keys, fmt.Sprintf("%s:%s", f.Name, f.Type))
	}
	return strings.Join(keys, " ")
}

// united unites the fields of a resource, in the order of ours and then of
// theirs.
func (u *union) united(name string, b, o, t []resource.Field) []resource.Field {
	var all []resource.Field
	seen := map[string]bool{}
	for _, f := range slices.Concat(o, t, b) {
		key := f.Key()
		if seen[key] {
			continue
		}
		seen[key] = true
		ours, theirs := fieldAt(o, key), fieldAt(t, key)
		kept := pick(fieldAt(b, key), ours, theirs, resource.Field.Equal, func() Side {
			side := u.decide("resources."+name+"."+f.Name, fieldText(ours), fieldText(theirs))
			u.fields[name+"."+key] = side
			return side
		})
		if kept != nil {
			all = append(all, *kept)
		}
	}
	return all
}

func fieldAt(fields []resource.Field, key string) *resource.Field {
	i := slices.IndexFunc(fields, func(f resource.Field) bool { return f.Key() == key })
	if i < 0 {
		return nil
	}
	return &fields[i]
}

func fieldText(f *resource.Field) string {
	if f == nil {
		return "removed"
	}
	return f.YAML()
}

// referred finds the resources that one side took out while a field that the
// other side brings refers to them.
func (u *union) referred(all []resource.Resource) []resource.Resource {
	asked := map[string]bool{}
	for i := 0; i < len(all); i++ {
		for _, f := range all[i].Fields {
			there := slices.ContainsFunc(all, func(r resource.Resource) bool { return r.Name == f.Target })
			o, t := find(u.ours, f.Target), find(u.theirs, f.Target)
			if f.Target == "" || there || asked[f.Target] || o == nil && t == nil {
				continue
			}
			asked[f.Target] = true
			use := fmt.Sprintf("what %s.%s refers to", all[i].Name, f.Name)
			texts := map[bool]string{true: use, false: "removed"}
			side := u.decide("resources."+f.Target, texts[o != nil], texts[t != nil])
			u.whole[f.Target] = side
			if kept := map[Side]*resource.Resource{Ours: o, Theirs: t}[side]; kept != nil {
				all = append(all, *kept)
			}
		}
	}
	return all
}

func (u *union) unmanaged() []tree.Path {
	set := func(list []tree.Path) map[tree.Path]bool {
		m := map[tree.Path]bool{}
		for _, p := range list {
			m[p] = true
		}
		return m
	}
	b, o, t := set(u.base.Unmanaged), set(u.ours.Unmanaged), set(u.theirs.Unmanaged)
	var all []tree.Path
	for _, p := range slices.Concat(u.ours.Unmanaged, u.theirs.Unmanaged) {
		if kept := o[p] && t[p] || !b[p]; kept && !slices.Contains(all, p) {
			all = append(all, p)
		}
	}
	slices.SortFunc(all, tree.Path.Compare)
	return all
}
