package merge

import (
	"cmp"
	"slices"
	"strings"

	"groundsill.example/internal/textdiff"
)

// merger finds what both sides changed in a base, all as keys of lines.
type merger struct {
	base, ours, theirs []string
	union              bool
	// words returns what lines say, however they are laid out; nil where the
	// layout counts. No words: nobody can tell.
	words func(lines []string) []string
}

// edit is a change of one side: base lines [from, to) became lines.
type edit struct {
	from, to int
	lines    span // of the side
}

// span is a range of lines of one side.
type span struct{ start, end int }

func (e edit) insertion() bool { return e.from == e.to }

// region is a part of the result. Where only one side has edits it is that
// side's; where both have and they are not equal it is a conflict.
type region struct {
	from, to     int // of the base
	ours, theirs []edit
}

// merged is the result: lines that stand in the base and in neither edit come
// from ours, with its spelling.
type merged struct {
	merger
	regions    []region
	all, other []edit          // of ours and of theirs, to find what lines of the base became
	moved      map[string]bool // what one side has elsewhere and the other took out
}

func (m merger) run() merged {
	ours, theirs := edits(m.base, m.ours), edits(m.base, m.theirs)
	if m.union {
		m.avoid(theirs, m.theirs, ours)
		m.avoid(ours, m.ours, theirs)
	}
	return merged{m, m.group(ours, theirs), ours, theirs, m.moved()}
}

// moved returns the lines that the base has once, that one side has once and
// the other no more. Where they are new to a comparison, they were moved.
func (m merger) moved() map[string]bool {
	base, ours, theirs := countKeys(m.base), countKeys(m.ours), countKeys(m.theirs)
	all := map[string]bool{}
	for key, n := range base {
		if n == 1 && ours[key]+theirs[key] == 1 {
			all[key] = true
		}
	}
	return all
}

func edits(base, side []string) []edit {
	var all []edit
	for _, e := range textdiff.Strings(base, side) {
		all = append(all, edit{e.AStart, e.AEnd, span{e.BStart, e.BEnd}})
	}
	return all
}

// avoid moves insertions and deletions that meet a change of the other side to
// an equal place where they meet none, if there is one.
func (m merger) avoid(list []edit, side []string, other []edit) {
	meets := func(e edit) bool {
		return slices.ContainsFunc(other, func(o edit) bool { return m.meet(e, o) })
	}
	for i, e := range list {
		if !e.insertion() && e.lines.start != e.lines.end || !meets(e) {
			continue
		}
		low, high := 0, len(m.base)
		if i > 0 {
			low = list[i-1].to
		}
		if i+1 < len(list) {
			high = list[i+1].from
		}
		for _, moved := range m.places(e, side, low, high) {
			if !meets(moved) {
				list[i] = moved
				break
			}
		}
	}
}

// places returns where else an insertion or a deletion could stand with the
// same result, nearest first.
func (m merger) places(e edit, side []string, low, high int) []edit {
	var up, down []edit
	lines, at, end := side, e.lines.start, e.lines.end
	if !e.insertion() {
		lines, at, end = m.base, e.from, e.to
	}
	for k := 1; e.from-k >= low && at-k >= 0 && lines[at-k] == lines[end-k]; k++ {
		up = append(up, e.shifted(-k))
	}
	for k := 1; e.to+k <= high && end+k-1 < len(lines) && lines[end+k-1] == lines[at+k-1]; k++ {
		down = append(down, e.shifted(k))
	}
	var all []edit
	for i := range max(len(up), len(down)) {
		if i < len(up) {
			all = append(all, up[i])
		}
		if i < len(down) {
			all = append(all, down[i])
		}
	}
	return all
}

func (e edit) shifted(by int) edit {
	return edit{e.from + by, e.to + by, span{e.lines.start + by, e.lines.end + by}}
}

// meet reports whether two edits concern the same place. In files that merge as
// a union, what only touches does not.
func (m merger) meet(a, b edit) bool {
	switch {
	case !m.union:
		return a.from <= b.to && b.from <= a.to
	case a.insertion() && b.insertion():
		return a.from == b.from
	case a.insertion():
		return b.from < a.from && a.from < b.to
	case b.insertion():
		return a.from < b.from && b.from < a.to
	}
	return a.from < b.to && b.from < a.to
}

// group puts edits that meet into one region, and returns the regions in order.
func (m merger) group(ours, theirs []edit) []region {
	var regions []region
	for _, e := range ours {
		regions = append(regions, region{e.from, e.to, []edit{e}, nil})
	}
	for _, e := range theirs {
		regions = append(regions, region{e.from, e.to, nil, []edit{e}})
	}
	for again := true; again; {
		again = false
		slices.SortStableFunc(regions, func(a, b region) int { return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(a.to, b.to)) })
		for i := 0; i+1 < len(regions); i++ {
			if m.meetAny(regions[i], regions[i+1]) {
				regions[i] = regions[i].joined(regions[i+1])
				regions = slices.Delete(regions, i+1, i+2)
				again = true
				i--
			}
		}
	}
	return regions
}

func (m merger) meetAny(a, b region) bool {
	x, y := edit{from: a.from, to: a.to}, edit{from: b.from, to: b.to}
	bothSides := len(a.ours)+len(b.ours) > 0 && len(a.theirs)+len(b.theirs) > 0
	return bothSides && m.meet(x, y)
}

func (r region) joined(o region) region {
	return region{
		min(r.from, o.from), max(r.to, o.to), slices.Concat(r.ours, o.ours), slices.Concat(r.theirs, o.theirs),
	}
}

// line is a line of the result and the side that it comes from.
type line struct {
	side  byte // 'o' for ours, 't' for theirs
	index int  // of that side
}

// side returns the lines of a region as one side has them.
func (d merged) side(r region, list []edit, other byte) []line {
	var all []line
	at := r.from
	slices.SortFunc(list, func(a, b edit) int { return cmp.Compare(a.from, b.from) })
	for _, e := range list {
		for ; at < e.from; at++ {
			all = append(all, d.kept(at, other))
		}
		for i := e.lines.start; i < e.lines.end; i++ {
			all = append(all, line{other, i})
		}
		at = e.to
	}
	for ; at < r.to; at++ {
		all = append(all, d.kept(at, other))
	}
	return all
}

// kept returns the line of a side that a line of the base has become.
func (d merged) kept(at int, side byte) line {
	shift := 0
	list := d.all
	if side == 't' {
		list = d.other
	}
	for _, e := range list {
		if e.to <= at && e.from <= at {
			shift = e.lines.end - e.to
		}
	}
	return line{side, at + shift}
}

// keys returns the keys of lines.
func (d merged) keys(list []line) []string {
	all := make([]string, 0, len(list))
	for _, l := range list {
		if l.side == 'o' {
			all = append(all, d.ours[l.index])
		} else {
			all = append(all, d.theirs[l.index])
		}
	}
	return all
}

// conflicted reports whether a region cannot be decided.
func (d merged) conflicted(r region) bool {
	if len(r.ours) == 0 || len(r.theirs) == 0 {
		return d.revives(r.ours, d.ours) || d.revives(r.theirs, d.theirs)
	}
	ours, theirs := d.keys(d.side(r, r.ours, 'o')), d.keys(d.side(r, r.theirs, 't'))
	if slices.Equal(ours, theirs) || d.laidOut(r, ours) || d.laidOut(r, theirs) || d.shrinks(r) {
		return false
	}
	return !d.union || r.from != r.to || shares(ours, theirs)
}

// laidOut reports whether a side has only laid out otherwise what a region of
// the base says.
func (d merged) laidOut(r region, side []string) bool {
	if d.words == nil || r.from == r.to {
		return false
	}
	was := d.words(d.base[r.from:r.to])
	return len(was) > 0 && slices.Equal(was, d.words(side))
}

// shrinks reports whether both sides only took out lines, of which some are the
// same.
func (d merged) shrinks(r region) bool {
	return d.union && !slices.ContainsFunc(slices.Concat(r.ours, r.theirs), func(e edit) bool { return e.lines.start != e.lines.end })
}

// rest returns the lines of a region that neither side took out.
func (d merged) rest(r region) []line {
	var all []line
	for at := r.from; at < r.to; at++ {
		if !slices.ContainsFunc(slices.Concat(r.ours, r.theirs), func(e edit) bool { return e.from <= at && at < e.to }) {
			all = append(all, d.kept(at, 'o'))
		}
	}
	return all
}

// revives reports whether edits bring in a line that the other side took out
// of the place where it was.
func (d merged) revives(list []edit, side []string) bool {
	return slices.ContainsFunc(list, func(e edit) bool {
		return slices.ContainsFunc(side[e.lines.start:e.lines.end], func(key string) bool { return d.moved[key] })
	})
}

// shares reports whether two insertions have a line in common that says
// something, or declare one key twice.
func shares(a, b []string) bool {
	known := map[string]bool{}
	for _, l := range a {
		if significant(l) {
			known[strings.TrimSpace(l)] = true
			known[declared(l)] = true
		}
	}
	return slices.ContainsFunc(b, func(l string) bool {
		return significant(l) && (known[strings.TrimSpace(l)] || declared(l) != "" && known[declared(l)])
	})
}

// declared returns the key that a line declares in the commonest forms: a
// mapping's key, a variable's name, a target's name; "" for none.
func declared(l string) string {
	l = strings.TrimSpace(l)
	for _, sep := range []string{":=", "=", ":"} {
		if key, _, ok := strings.Cut(l, sep); ok && key != "" && !strings.ContainsAny(strings.TrimSpace(key), " \t(\"'") {
			return strings.TrimSpace(key) + sep
		}
	}
	return ""
}

func (d merged) conflicts() []region {
	return slices.DeleteFunc(slices.Clone(d.regions), func(r region) bool { return !d.conflicted(r) })
}

func (d merged) hunks() []Hunk {
	var all []Hunk
	for _, r := range d.conflicts() {
		join := func(keys []string) string {
			if len(keys) == 0 {
				return ""
			}
			return strings.Join(keys, "\n") + "\n"
		}
		all = append(all, Hunk{
			Base: join(d.base[r.from:r.to]), Ours: join(d.keys(d.side(r, r.ours, 'o'))), Theirs: join(d.keys(d.side(r, r.theirs, 't'))),
		})
	}
	return all
}
