package eval

import "text/template/parse"

// Uses is what a template looks at: the same text over the same of it comes out
// the same. It may be more than what an execution looks at, and never less.
type Uses struct {
	All      bool            // it may look at anything
	Keys     map[string]bool // of its data
	Partials map[string]bool
}

// Uses returns what the template looks at.
func (t *Template) Uses() Uses {
	f := finder{template: t, uses: Uses{Keys: map[string]bool{}, Partials: map[string]bool{}}, seen: map[callee]bool{}}
	f.node(t.text.Root, whole{true, true})
	return f.uses
}

// finder walks through a template and the partials that it calls.
type finder struct {
	template *Template
	uses     Uses
	seen     map[callee]bool
}

// callee is a partial that is given the data of the template, or something else.
type callee struct {
	name string
	data bool
}

// whole says whether dot and $ are the data of the template. What else they are
// has been found in it, and was noted there.
type whole struct{ dot, dollar bool }

func (f *finder) node(n parse.Node, w whole) {
	switch n := n.(type) {
	case *parse.ListNode:
		f.list(n, w)
	case *parse.ActionNode:
		f.node(n.Pipe, w)
	case *parse.PipeNode:
		for _, c := range n.Cmds {
			f.command(c, w)
		}
	case *parse.IfNode:
		f.branch(n.BranchNode, w, w)
	case *parse.RangeNode:
		f.branch(n.BranchNode, w, whole{false, w.dollar})
	case *parse.WithNode:
		f.branch(n.BranchNode, w, whole{false, w.dollar})
	case *parse.TemplateNode:
		f.call(n.Name, n.Pipe, w)
	case *parse.ChainNode:
		f.node(n.Node, w)
	case *parse.DotNode:
		f.uses.All = f.uses.All || w.dot
	case *parse.FieldNode:
		if w.dot {
			f.uses.Keys[n.Ident[0]] = true
		}
	case *parse.VariableNode:
		f.variable(n, w)
	}
}

func (f *finder) list(n *parse.ListNode, w whole) {
	if n == nil {
		return
	}
	for _, one := range n.Nodes {
		f.node(one, w)
	}
}

func (f *finder) branch(n parse.BranchNode, outside, inside whole) {
	f.node(n.Pipe, outside)
	f.list(n.List, inside)
	f.list(n.ElseList, outside)
}

func (f *finder) variable(n *parse.VariableNode, w whole) {
	switch {
	case n.Ident[0] != "$" || !w.dollar:
	case len(n.Ident) == 1:
		f.uses.All = true
	default:
		f.uses.Keys[n.Ident[1]] = true
	}
}

// command looks at a function and its arguments. What include is given goes to
// the partial.
func (f *finder) command(c *parse.CommandNode, w whole) {
	if function, ok := c.Args[0].(*parse.IdentifierNode); !ok || function.Ident != "include" {
		for _, arg := range c.Args {
			f.node(arg, w)
		}
		return
	}
	const withData = 3
	if len(c.Args) == withData {
		if name, ok := c.Args[1].(*parse.StringNode); ok {
			f.call(name.Text, c.Args[2], w)
			return
		}
	}
	f.uses.All = true // nobody can tell which partial it is, or what it is given
}

// call looks at a partial, or at a template of the same file, and at what it is
// given.
func (f *finder) call(name string, given parse.Node, w whole) {
	one := callee{name, isWhole(given, w)}
	if !one.data && !isNil(given) {
		f.node(given, w)
	}
	if f.seen[one] {
		return
	}
	f.seen[one] = true
	t := f.template.text.Lookup(name)
	if t == nil || t.Tree == nil {
		f.uses.All = true
		return
	}
	if f.template.owner.base.Lookup(name) != nil {
		f.uses.Partials[name] = true
	}
	f.list(t.Root, whole{one.data, one.data})
}

func isNil(n parse.Node) bool {
	pipe, ok := n.(*parse.PipeNode)
	return n == nil || ok && pipe == nil
}

// isWhole reports whether an argument is the data of the template.
func isWhole(n parse.Node, w whole) bool {
	switch n := n.(type) {
	case *parse.DotNode:
		return w.dot
	case *parse.VariableNode:
		return w.dollar && len(n.Ident) == 1 && n.Ident[0] == "$"
	case *parse.PipeNode:
		return n != nil && len(n.Decl) == 0 && len(n.Cmds) == 1 && len(n.Cmds[0].Args) == 1 && isWhole(n.Cmds[0].Args[0], w)
	}
	return false
}
