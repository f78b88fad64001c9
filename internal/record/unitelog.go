package record

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"

	"groundsill.example/internal/resource"
)

// schema returns the log of both sides. An entry says what its table is like
// before and after, so that one which now comes after an entry of the other
// side about the same table says it anew.
func (u *union) schema() []Entry {
	kept, ours := u.entries(Ours, u.ours, u.theirs)
	more, theirs := u.entries(Theirs, u.theirs, u.ours)
	for _, e := range more {
		if !has(kept, e) {
			kept = append(kept, e)
		}
	}
	theirs = u.without(ours, theirs)
	u.renumber(slices.Concat(kept, ours), theirs)
	all := slices.Concat(kept, ours, theirs)
	slices.SortStableFunc(all, func(a, b Entry) int {
		switch {
		case later(a.At, b.At):
			return -1
		case later(b.At, a.At):
			return 1
		}
		return 0
	})
	return restated(all)
}

func has(log []Entry, e Entry) bool {
	return slices.ContainsFunc(log, func(o Entry) bool { return reflect.DeepEqual(o, e) })
}

// entries divides the log of a side into what stays of the base and what is
// new, without what the other side decides.
func (u *union) entries(side Side, mine, other Record) (kept, fresh []Entry) {
	for _, e := range mine.Schema {
		decided, whole := u.whole[e.Resource.Name]
		old := has(u.base.Schema, e)
		switch {
		case whole && decided != side:
			if !old {
				u.out.Gone[side] = append(u.out.Gone[side], e)
			}
		case old && (whole || has(other.Schema, e)):
			kept = append(kept, e)
		case !old:
			if one, stays := u.chosen(side, e); stays {
				fresh = append(fresh, one)
			} else {
				u.out.Gone[side] = append(u.out.Gone[side], e)
			}
		}
	}
	return kept, fresh
}

// chosen returns an entry without the fields that are as the other side has
// them, and whether anything is left.
func (u *union) chosen(side Side, e Entry) (Entry, bool) {
	return e.leaving(func(f resource.Field) bool {
		decided, asked := u.fields[e.Resource.Name+"."+f.Key()]
		return !asked || decided == side
	})
}

// leaving returns an entry that changes some of its fields only, and whether
// anything is left.
func (e Entry) leaving(stays func(resource.Field) bool) (Entry, bool) {
	if changedKey(e.Kind) == "" {
		return e, true
	}
	var left []resource.Field
	for _, f := range e.Changed {
		if stays(f) {
			left = append(left, f)
		}
	}
	e.Changed = left
	return e, len(left) > 0
}

// without returns the new entries of theirs without what those of ours do too.
func (u *union) without(ours, theirs []Entry) []Entry {
	var left []Entry
	for _, e := range theirs {
		one, stays := e.leaving(func(f resource.Field) bool {
			return !slices.ContainsFunc(ours, func(o Entry) bool {
				return o.Kind == e.Kind && o.Resource.Name == e.Resource.Name && slices.ContainsFunc(o.Changed, f.Equal)
			})
		})
		stays = stays && (e.Kind != Module || !slices.ContainsFunc(ours, func(o Entry) bool {
			return o.Kind == Module && o.Module == e.Module && o.Step == e.Step && o.Resource.Name == e.Resource.Name
		}))
		if stays {
			left = append(left, one)
		} else {
			u.out.Gone[Theirs] = append(u.out.Gone[Theirs], e)
		}
	}
	return left
}

// renumber gives entries of theirs from the first whose number is taken on the
// numbers after all others: they build on each other, so their order stays.
func (u *union) renumber(taken, theirs []Entry) {
	clash := slices.IndexFunc(theirs, func(e Entry) bool {
		return slices.ContainsFunc(taken, func(o Entry) bool { return o.At == e.At })
	})
	if clash < 0 {
		return
	}
	last := theirs[len(theirs)-1].At
	for _, e := range taken {
		if later(last, e.At) {
			last = e.At
		}
	}
	for i := clash; i < len(theirs); i++ {
		n, err := strconv.ParseUint(last, 10, 64)
		if err != nil {
			return // a record that was parsed has numbers
		}
		last = fmt.Sprintf("%0*d", len(last), n+1)
		u.out.Renumbered[theirs[i].At] = last
		theirs[i].At = last
	}
}

// restated returns a log in which every entry knows its table as the entries
// before it have left it.
func restated(log []Entry) []Entry {
	tables := map[string]table{}
	for i, e := range log {
		now, there := tables[e.Resource.Name]
		if there && e.Kind == Module && !sameFields(e.Resource, now.resource) {
			e.Resource = now.resource
		}
		if before, changes := e.Before(); changes && there && !sameFields(before, now.resource) {
			e.Resource = now.resource
			if e.Kind == DropField {
				e.Resource.Fields = fieldsWithout(now.resource.Fields, e.Changed)
			}
		}
		if there && e.Kind != Create && e.Kind != Module {
			e.With = now.with
		}
		log[i] = e
		follow(tables, e)
	}
	return log
}

func fieldsWithout(fields, gone []resource.Field) []resource.Field {
	return slices.DeleteFunc(slices.Clone(fields), func(f resource.Field) bool { return fieldAt(gone, f.Key()) != nil })
}
