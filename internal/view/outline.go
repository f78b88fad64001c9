package view

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"groundsill.example/internal/plan"
	"groundsill.example/internal/term"
)

// outlineLines is how many lines a drawn tree takes before directories are
// folded.
const outlineLines = 44

// node is a file or a directory of the tree that is drawn.
type node struct {
	name     string  // of a directory with a final slash
	children []*node // directories first, each kind in the order of the plan
	files    int     // at and below the node
	counts   map[plan.Action]int
	unfolded bool
}

func (n *node) dir() bool { return len(n.children) > 0 }

// nested reports whether n is a directory or begins with one.
func (n *node) nested() bool { return strings.Contains(n.name, "/") }

// outline returns the changes as a tree in which as many directories are
// unfolded as fit into limit lines: shallow ones first, and among those the ones
// that hide the most files for the lines they take. A negative limit unfolds
// all. A directory that holds a single thing is drawn on one line with it.
func outline(changes []plan.Change, limit int) *node {
	root := &node{name: "./"}
	dirs := map[string]*node{"": root}
	for _, c := range changes {
		grow(dirs, c)
	}
	for i, child := range root.children {
		root.children[i] = child.tidy()
	}
	root.sort()
	root.unfold(limit)
	return root
}

// grow adds the file of a change and the directories above it.
func grow(dirs map[string]*node, c plan.Change) {
	dir, name, above := "", c.Path.String(), []*node{dirs[""]}
	for {
		head, rest, more := strings.Cut(name, "/")
		if !more {
			break
		}
		parent := dirs[dir]
		dir, name = dir+head+"/", rest
		if dirs[dir] == nil {
			dirs[dir] = &node{name: head + "/"}
			parent.children = append(parent.children, dirs[dir])
		}
		above = append(above, dirs[dir])
	}
	file := &node{name: name}
	dirs[dir].children = append(dirs[dir].children, file)
	for _, n := range append(above, file) {
		n.count(c.Action)
	}
}

func (n *node) count(a plan.Action) {
	if n.counts == nil {
		n.counts = map[plan.Action]int{}
	}
	n.counts[a]++
	n.files++
}

// tidy unites every directory that has a single child with it, and sorts the
// others.
func (n *node) tidy() *node {
	for len(n.children) == 1 {
		only := n.children[0]
		only.name = n.name + only.name
		n = only
	}
	for i, child := range n.children {
		n.children[i] = child.tidy()
	}
	n.sort()
	return n
}

// sort puts the directories first.
func (n *node) sort() {
	slices.SortStableFunc(n.children, func(a, b *node) int {
		switch {
		case a.nested() == b.nested():
			return 0
		case a.nested():
			return -1
		default:
			return 1
		}
	})
}

func (n *node) unfold(limit int) {
	n.unfolded = true
	used := len(n.children)
	for level := n.dirs(); len(level) > 0; {
		slices.SortStableFunc(level, func(a, b *node) int {
			return cmp.Compare(b.files*len(a.children), a.files*len(b.children))
		})
		var next []*node
		for _, dir := range level {
			if limit >= 0 && used+len(dir.children) > limit {
				continue
			}
			dir.unfolded = true
			used += len(dir.children)
			next = append(next, dir.dirs()...)
		}
		level = next
	}
}

func (n *node) dirs() []*node {
	var out []*node
	for _, child := range n.children {
		if child.dir() {
			out = append(out, child)
		}
	}
	return out
}

// tree draws the outline below a line with its name. Where all files are new
// there is nothing to tell apart; else each has a sign.
func (p *page) tree(name string, changes []plan.Change, limit int) {
	if len(changes) == 0 {
		return
	}
	root := outline(changes, limit)
	signs := root.counts[plan.Create] != root.files
	p.line(p.paint(blue, term.Escape(name)))
	p.children(root, "", signs, limit)
}

func (p *page) children(n *node, prefix string, signs bool, limit int) {
	shown := n.children
	if limit >= 0 && len(shown) > limit {
		shown = shown[:max(1, limit-1)]
	}
	hidden := n.children[len(shown):]
	for i, child := range shown {
		branch, below := "├── ", "│   "
		if i == len(shown)-1 && len(hidden) == 0 {
			branch, below = "└── ", "    "
		}
		p.line(p.paint(dim, prefix+branch), p.node(child, signs))
		if child.unfolded {
			p.children(child, prefix+below, signs, limit)
		}
	}
	if len(hidden) > 0 {
		files := 0
		for _, child := range hidden {
			files += child.files
		}
		p.line(p.paint(dim, prefix+"└── … and "+count(files, "more file")))
	}
}

func (p *page) node(n *node, signs bool) string {
	name := term.Escape(n.name)
	if !n.dir() {
		if !signs {
			return name
		}
		as, sign := plain, " "
		for a := range n.counts {
			as, sign = mark(a)
		}
		return p.paint(as, sign+" "+name)
	}
	if n.unfolded {
		return p.paint(blue, name)
	}
	text := count(n.files, "file")
	if signs {
		text += n.tally()
	}
	return p.paint(blue, name) + "  " + p.paint(dim, text)
}

// tally returns how many files of each kind are folded away.
func (n *node) tally() string {
	var parts []string
	for _, a := range []plan.Action{plan.Create, plan.Update, plan.Delete, plan.Keep} {
		if k := n.counts[a]; k > 0 {
			_, sign := mark(a)
			parts = append(parts, fmt.Sprintf("%s%d", sign, k))
		}
	}
	return " (" + strings.Join(parts, " ") + ")"
}

// mark returns the colour and the sign of an action.
func mark(a plan.Action) (as style, sign string) {
	switch a {
	case plan.Create:
		return green, "+"
	case plan.Update:
		return yellow, "~"
	case plan.Delete:
		return red, "-"
	case plan.Keep:
		return dim, "="
	default:
		return plain, " "
	}
}

// count returns "1 file", "2 files".
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
