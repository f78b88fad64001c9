package merge

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"groundsill.example/internal/document"
)

// items merges the items of lists as the lines of a text, each by what makes it
// the same item.
func (m *documents) items(b, o, t container) ([]slot, bool) {
	ids := identities(b, o, t)
	l := lists{documents: m, base: b, ours: o, theirs: t, ok: true}
	l.merged = merger{base: ids[0], ours: ids[1], theirs: ids[2], union: true}.run()
	at := 0
	upTo := func(end int) {
		for ; at < end; at++ {
			l.item(at, l.kept(at, 'o').index, l.kept(at, 't').index)
		}
	}
	for _, r := range l.regions {
		upTo(r.from)
		l.region(r)
		at = max(at, r.to)
	}
	upTo(len(b.children))
	l.unite()
	return l.slots, l.ok
}

// lists is a merge of items under way.
type lists struct {
	*documents
	merged
	base, ours, theirs container
	slots              []slot
	ok                 bool
}

// item adds an item that ours and theirs have; inB is -1 where the base has not.
func (l *lists) item(inB, inO, inT int) {
	w, ok := l.at("["+strconv.Itoa(inO)+"]", func() (written, bool) {
		return l.child(l.base.spot(inB), l.ours.at(inO), l.theirs.at(inT))
	})
	l.slots, l.ok = append(l.slots, slot{w, "", inO, inT}), l.ok && ok
}

// alone notes an item of a side that the other took out.
func (l *lists) alone(inB int, side container, i int) {
	if !l.base.children[inB].Node.Equal(side.children[i].Node) {
		l.clash()
		l.ok = false
	}
}

// region adds the items of a part of the lists that some side changed.
func (l *lists) region(r region) {
	var base []int
	for i := r.from; i < r.to; i++ {
		base = append(base, i)
	}
	inO, inT := indexes(l.side(r, r.ours, 'o')), indexes(l.side(r, r.theirs, 't'))
	even := len(inO) == len(base) && len(inT) == len(base) && len(r.ours) > 0 && len(r.theirs) > 0
	if l.conflicted(r) && !even {
		l.clash()
		l.ok = false
		return
	}
	wasO, wasT := partners(l.merger.base, base, l.merger.ours, inO), partners(l.merger.base, base, l.merger.theirs, inT)
	if len(r.ours) == 0 {
		l.theirOrder(inT, wasT, wasO)
	} else {
		l.ourOrder(inO, inT, wasO, wasT)
	}
	for _, i := range base {
		if o, t := find(wasO, i), find(wasT, i); o >= 0 && t < 0 {
			l.alone(i, l.ours, o)
		} else if t >= 0 && o < 0 {
			l.alone(i, l.theirs, t)
		}
	}
}

// unite leaves out what theirs has added where ours has added the same in
// another place; of one name with two values it is a clash.
func (l *lists) unite() {
	mine := map[string]*document.Node{}
	for _, s := range l.slots {
		if s.theirs < 0 {
			mine[l.merger.ours[s.ours]] = s.want
		}
	}
	l.slots = slices.DeleteFunc(l.slots, func(s slot) bool {
		if s.ours >= 0 || mine[l.merger.theirs[s.theirs]] == nil {
			return false
		}
		if !s.want.Equal(mine[l.merger.theirs[s.theirs]]) {
			l.clash()
			l.ok = false
		}
		return true
	})
}

// theirOrder adds items as theirs has them: ours has changed none of them.
func (l *lists) theirOrder(inT []int, wasT, wasO map[int]int) {
	for _, t := range inT {
		if i, was := wasT[t]; was {
			l.item(i, find(wasO, i), t)
			continue
		}
		l.slots = append(l.slots, l.added(l.ours, l.theirs, t))
	}
}

// ourOrder adds items as ours has them and then what theirs has added.
func (l *lists) ourOrder(inO, inT []int, wasO, wasT map[int]int) {
	twins := map[int]bool{}
	for _, o := range inO {
		i, was := wasO[o]
		t := find(wasT, i)
		if !was {
			t = l.twin(o, inT, wasT)
		}
		switch {
		case t >= 0 && was:
			l.item(i, o, t)
		case t >= 0:
			twins[t] = true
			l.item(-1, o, t)
		case !was:
			l.slots = append(l.slots, slot{written{l.ours.at(o).text(), l.ours.children[o].Node}, "", o, -1})
		}
	}
	for _, t := range inT {
		if _, was := wasT[t]; !was && !twins[t] {
			l.slots = append(l.slots, l.added(l.ours, l.theirs, t))
		}
	}
}

// twin returns the item that theirs added under the name of one that ours
// added, -1 for none.
func (l *lists) twin(o int, inT []int, wasT map[int]int) int {
	for _, t := range inT {
		if _, was := wasT[t]; !was && l.merger.theirs[t] == l.merger.ours[o] {
			return t
		}
	}
	return -1
}

// partners returns for items of a side which of the base they were: those of
// the same identity, and what is left, one by one, where it is as many.
func partners(base []string, of []int, side []string, in []int) map[int]int {
	was := map[int]int{}
	var left, rest []int
	for _, s := range in {
		i := slices.IndexFunc(of, func(b int) bool { return base[b] == side[s] && find(was, b) < 0 })
		if i < 0 {
			rest = append(rest, s)
			continue
		}
		was[s] = of[i]
	}
	for _, b := range of {
		if find(was, b) < 0 {
			left = append(left, b)
		}
	}
	if len(left) == len(rest) {
		for i, s := range rest {
			was[s] = left[i]
		}
	}
	return was
}

// find returns the item of a side that was one of the base, -1 for none.
func find(was map[int]int, base int) int {
	for s, b := range was {
		if b == base {
			return s
		}
	}
	return -1
}

func indexes(lines []line) []int {
	all := make([]int, len(lines))
	for i, l := range lines {
		all[i] = l.index
	}
	return all
}

// setting is an item that sets a name, as in the environment of a container.
var setting = regexp.MustCompile(`^=([A-Za-z_][\w.-]*=)`)

// identities returns for the items of each side what makes them the same item:
// the member that names it, and where none does or several have the name, all
// that they are.
func identities(sides ...container) [3][]string {
	var ids [3][]string
	repeated := map[string]bool{}
	for i, side := range sides {
		seen := map[string]bool{}
		for _, c := range side.children {
			id := identity(c.Node)
			repeated[id] = repeated[id] || seen[id]
			seen[id] = true
			ids[i] = append(ids[i], id)
		}
	}
	for i, side := range sides {
		for j, c := range side.children {
			if repeated[ids[i][j]] {
				ids[i][j] = strconv.Quote(canonical(c.Node))
			}
		}
	}
	return ids
}

// identity returns a line in quotes, which declares no key by itself.
func identity(n *document.Node) string {
	if m := setting.FindStringSubmatch(n.Value); m != nil {
		return strconv.Quote(m[1])
	}
	for _, key := range []string{"name", "id", "key", "uses", "$ref", "operationId"} {
		if c, ok := n.Get(key); ok && c.Node.Kind == document.Scalar {
			value, _, _ := strings.Cut(c.Node.Value, "@")
			return strconv.Quote(key + value)
		}
	}
	return strconv.Quote(canonical(n))
}

// canonical returns one text for all nodes that are equal.
func canonical(n *document.Node) string {
	var parts []string
	for _, c := range n.Children {
		parts = append(parts, strconv.Quote(c.Key)+" "+canonical(c.Node))
	}
	if n.Kind == document.Map {
		slices.Sort(parts)
	}
	return strconv.Itoa(int(n.Kind)) + n.Props + strconv.Quote(n.Value) + "(" + strings.Join(parts, " ") + ")"
}
