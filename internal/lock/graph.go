package lock

import (
	"strings"

	"golang.org/x/mod/module"
	"golang.org/x/mod/semver"
)

// graph is the module graph of a set of required modules, pruned as cmd/go
// prunes it: what the required modules require, and below a module that is
// older than pruning, everything.
type graph struct {
	table    *Table
	selected map[string]string // path → the highest version anything requires
	read     map[module.Version]bool
	deep     map[module.Version]bool
}

func (t *Table) graph(roots map[string]string) (*graph, error) {
	g := &graph{
		table: t, selected: make(map[string]string, 2*len(roots)),
		read: make(map[module.Version]bool, len(roots)), deep: map[module.Version]bool{},
	}
	for p, v := range roots {
		if err := g.visit(module.Version{Path: p, Version: v}, false); err != nil {
			return nil, err
		}
	}
	return g, nil
}

func (g *graph) visit(m module.Version, deep bool) error {
	entry, ok := g.table.byVersion[m]
	if !ok {
		return incomplete("go.mod of " + m.String())
	}
	deep = deep || entry.Unpruned
	if g.deep[m] || !deep && g.read[m] {
		return nil
	}
	g.read[m] = true
	g.deep[m] = deep
	g.choose(m)
	for _, line := range entry.Require {
		p, v, _ := strings.Cut(line, " ")
		req := module.Version{Path: p, Version: v}
		g.choose(req)
		if !deep {
			continue
		}
		if err := g.visit(req, true); err != nil {
			return err
		}
	}
	return nil
}

func (g *graph) choose(m module.Version) {
	if old, ok := g.selected[m.Path]; !ok || semver.Compare(old, m.Version) < 0 {
		g.selected[m.Path] = m.Version
	}
}
