package merge

import (
	"strings"
)

// result returns the lines of the merge; conflicts are hunks in between.
func (d merged) result() []piece {
	var all []piece
	at := 0
	for _, r := range d.regions {
		for ; at < r.from; at++ {
			all = append(all, piece{lines: []line{d.kept(at, 'o')}})
		}
		all = append(all, d.decided(r)...)
		at = max(at, r.to)
	}
	for ; at < len(d.base); at++ {
		all = append(all, piece{lines: []line{d.kept(at, 'o')}})
	}
	return all
}

// piece is a run of lines, or a conflict.
type piece struct {
	lines    []line
	conflict *region
}

func (d merged) decided(r region) []piece {
	switch {
	case d.conflicted(r):
		return []piece{{conflict: &r}}
	case len(r.theirs) == 0:
		return []piece{{lines: d.side(r, r.ours, 'o')}}
	case len(r.ours) == 0:
		return []piece{{lines: d.side(r, r.theirs, 't')}}
	}
	ours, theirs := d.side(r, r.ours, 'o'), d.side(r, r.theirs, 't')
	switch {
	case equalKeys(d.keys(ours), d.keys(theirs)), d.laidOut(r, d.keys(theirs)):
		return []piece{{lines: ours}}
	case d.laidOut(r, d.keys(ours)):
		return []piece{{lines: theirs}}
	case d.shrinks(r):
		return []piece{{lines: d.rest(r)}}
	}
	return []piece{{lines: append(ours, theirs...)}}
}

func equalKeys(a, b []string) bool {
	return strings.Join(a, "\n") == strings.Join(b, "\n") && len(a) == len(b)
}

// texts are the sides of a merge as they are written.
type texts struct{ base, ours, theirs text }

// write returns the bytes of the merge. Lines of theirs get the endings of
// ours, and so do markers; the final newline is as ours has it.
func (d merged) write(t texts, l Labels) []byte {
	w := writer{texts: t, ending: t.ours.ending()}
	for _, p := range d.result() {
		if p.conflict == nil {
			w.lines(p.lines)
			continue
		}
		r := *p.conflict
		w.mark("<<<<<<< " + l.Ours)
		w.lines(d.side(r, r.ours, 'o'))
		w.mark("||||||| " + l.Base)
		for i := r.from; i < r.to; i++ {
			w.mark(t.base.lines[i])
		}
		w.mark("=======")
		w.lines(d.side(r, r.theirs, 't'))
		w.mark(">>>>>>> " + l.Theirs)
	}
	return w.bytes()
}

type writer struct {
	texts
	ending string
	out    strings.Builder
	// last says whether the last line was the last one of ours, as it stands.
	last bool
}

func (w *writer) lines(list []line) {
	for _, l := range list {
		w.last = false
		if l.side == 't' {
			w.mark(w.theirs.lines[l.index])
			continue
		}
		ending := w.ours.endings[l.index]
		if ending == "" {
			w.last, ending = true, w.ending
		}
		w.out.WriteString(w.ours.lines[l.index] + ending)
	}
}

func (w *writer) mark(text string) {
	w.last = false
	w.out.WriteString(text + w.ending)
}

// bytes returns what was written. A text of ours without a final newline stays
// without where its last line is still the last.
func (w *writer) bytes() []byte {
	text := w.out.String()
	if w.last || w.ours.open() && len(w.ours.lines) > 0 {
		text = strings.TrimSuffix(text, w.ending)
	}
	return []byte(text)
}
