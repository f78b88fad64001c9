package merge

import (
	"slices"

	"groundsill.example/internal/document"
)

// slot is a child of a merged container.
type slot struct {
	written
	key          string
	ours, theirs int // where it is in the sides, -1 for nowhere
}

// container merges the children of a Map or a List.
func (m *documents) container(b, o, t container) (written, bool) {
	merge := m.entries
	if o.node.Kind == document.List {
		merge = m.items
	}
	slots, ok := merge(b, o, t)
	if !ok {
		return written{}, false
	}
	want := &document.Node{Kind: o.node.Kind, Props: o.node.Props}
	if b.node != nil && b.node.Props == o.node.Props {
		want.Props = t.node.Props
	}
	m.unwritten = m.unwritten || want.Props != o.node.Props
	for _, s := range slots {
		want.Children = append(want.Children, document.Child{Key: s.key, Node: s.want})
	}
	return written{m.join(o, t, slots), want}, true
}

// at does something with a name added to the path.
func (m *documents) at(name string, do func() (written, bool)) (written, bool) {
	m.path = append(m.path, name)
	defer func() { m.path = m.path[:len(m.path)-1] }()
	return do()
}

// entries merges the entries of maps: in the order of ours, what theirs adds
// after the entry that it follows there and after what ours has added too.
func (m *documents) entries(b, o, t container) ([]slot, bool) {
	var slots []slot
	ok := true
	for i, c := range o.children {
		inB, inT := b.find(c.Key), t.find(c.Key)
		s := slot{written{o.at(i).text(), c.Node}, c.Key, i, inT}
		good := true
		switch {
		case inT >= 0:
			s.written, good = m.at("."+c.Key, func() (written, bool) { return m.child(b.spot(inB), o.at(i), t.at(inT)) })
		case inB >= 0: // theirs took it out
			_, good = m.at("."+c.Key, func() (written, bool) { return m.unless(b.children[inB].Node.Equal(c.Node)) })
			if good {
				continue
			}
		}
		slots, ok = append(slots, s), ok && good
	}
	for i, c := range t.children {
		if o.find(c.Key) >= 0 {
			continue
		}
		if inB := b.find(c.Key); inB >= 0 { // ours took it out
			_, good := m.at("."+c.Key, func() (written, bool) { return m.unless(b.children[inB].Node.Equal(c.Node)) })
			ok = ok && good
			continue
		}
		slots = slices.Insert(slots, place(slots, b, t, i), m.added(o, t, i))
	}
	return slots, ok
}

// unless is a clash unless what one side took out is as it was in the other.
func (m *documents) unless(unchanged bool) (written, bool) {
	if !unchanged {
		return m.clash()
	}
	return written{}, true
}

// place returns where an entry of theirs goes.
func place(slots []slot, b, t container, i int) int {
	at := 0
	for before := i - 1; before >= 0 && at == 0; before-- {
		at = 1 + slices.IndexFunc(slots, func(s slot) bool { return s.key == t.children[before].Key })
	}
	for at < len(slots) && slots[at].theirs < 0 && b.find(slots[at].key) < 0 {
		at++
	}
	return at
}

// added returns a child of theirs for a place in ours.
func (m *documents) added(o, t container, i int) slot {
	s := slot{written{want: t.children[i].Node}, t.children[i].Key, -1, i}
	if len(o.children) > 0 {
		s.text = m.moved(t.at(i), o.at(0))
	}
	return s
}
