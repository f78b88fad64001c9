package eval

import (
	"bytes"
	"fmt"
	"text/template/parse"
)

// The names of the functions that count. No template can call them: they are
// not among the names that it is parsed with.
const (
	stepName  = "sillStep"
	enterName = "sillEnter"
	leaveName = "sillLeave"
)

// budget is what one execution has used.
type budget struct {
	steps int
	depth int
}

func (b *budget) spend(steps int) error {
	if b.steps += steps; b.steps > maxSteps {
		return limitError{fmt.Sprintf("it takes more than %d steps", maxSteps)}
	}
	return nil
}

func (b *budget) enter() error {
	if b.depth++; b.depth > maxDepth {
		return limitError{fmt.Sprintf("templates call each other deeper than %d", maxDepth)}
	}
	return b.spend(1)
}

func (e *Evaluator) step() (string, error)  { return "", e.budget.spend(1) }
func (e *Evaluator) enter() (string, error) { return "", e.budget.enter() }

func (e *Evaluator) leave() string {
	e.budget.depth--
	return ""
}

// include renders a partial to a string, so that it can be piped.
func (e *Evaluator) include(name string, data any) (string, error) {
	if err := e.budget.enter(); err != nil {
		return "", err
	}
	out := limitedBuffer{limit: maxValue}
	if err := e.set.ExecuteTemplate(&out, name, data); err != nil {
		return "", err
	}
	e.leave()
	text := string(bytes.TrimRight(out.Bytes(), "\n"))
	return text, e.budget.spend(len(text) / bytesPerStep)
}

// count makes every loop turn of a tree count as a step, and every call of a
// template as a level of depth.
func count(t *parse.Tree) {
	t.Root.Nodes = counted(t, t.Root)
}

func counted(t *parse.Tree, list *parse.ListNode) []parse.Node {
	nodes := make([]parse.Node, 0, len(list.Nodes))
	for _, n := range list.Nodes {
		switch n := n.(type) {
		case *parse.RangeNode:
			countBranches(t, &n.BranchNode)
			n.List.Nodes = append([]parse.Node{call(t, n.Pos, stepName)}, n.List.Nodes...)
		case *parse.IfNode:
			countBranches(t, &n.BranchNode)
		case *parse.WithNode:
			countBranches(t, &n.BranchNode)
		case *parse.TemplateNode:
			nodes = append(nodes, call(t, n.Pos, enterName), n, call(t, n.Pos, leaveName))
			continue
		}
		nodes = append(nodes, n)
	}
	return nodes
}

func countBranches(t *parse.Tree, n *parse.BranchNode) {
	n.List.Nodes = counted(t, n.List)
	if n.ElseList != nil {
		n.ElseList.Nodes = counted(t, n.ElseList)
	}
}

func call(t *parse.Tree, pos parse.Pos, name string) parse.Node {
	function := parse.NewIdentifier(name).SetPos(pos).SetTree(t)
	command := &parse.CommandNode{NodeType: parse.NodeCommand, Pos: pos, Args: []parse.Node{function}}
	pipe := &parse.PipeNode{NodeType: parse.NodePipe, Pos: pos, Cmds: []*parse.CommandNode{command}}
	return &parse.ActionNode{NodeType: parse.NodeAction, Pos: pos, Pipe: pipe}
}
