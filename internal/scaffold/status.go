package scaffold

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"groundsill.example/internal/apply"
	"groundsill.example/internal/blueprint"
	"groundsill.example/internal/diag"
	"groundsill.example/internal/gitrepo"
	"groundsill.example/internal/merge"
	"groundsill.example/internal/record"
	"groundsill.example/internal/tree"
)

// Status is how a repository stands: against the tree that nobody has edited,
// and against the blueprint that this binary carries.
type Status struct {
	Dir       string
	Service   string
	Blueprint string // name and version of the record
	Latest    string // name and version that an update would go to; empty when there is none
	Files     []FileStatus
	Problems  []Problem
}

// FileStatus is one file that somebody has changed, or that an update would.
type FileStatus struct {
	Path      tree.Path
	You       string // "edited", "deleted", "moved to …", "released", "" for nothing
	Blueprint string // "changed", "new", "gone", "" for nothing
}

// Problem is something that is wrong with the repository and not only
// different.
type Problem struct {
	Code string
	Path string
	Text string
	Hint string
}

// Status compares and writes nothing.
func (w World) Status(ctx context.Context) (Status, error) {
	c, err := w.begin(ChangeRequest{})
	if e, ok := errors.AsType[*diag.Error](err); ok && (strings.HasPrefix(e.Code(), "bundle-") || e.Code() == codeLeftOver) {
		return broken(e), nil
	}
	if err != nil {
		return Status{}, err
	}
	s := Status{Dir: c.repo.Dir, Service: fmt.Sprint(c.from.Answers["name"]), Blueprint: c.old.Name + " " + c.old.Version}
	if err := c.compareUpdate(ctx, &s); err != nil {
		return s, err
	}
	return s, c.problems(ctx, &s)
}

// broken is the status of a repository whose record or blueprint cannot be read.
func broken(e *diag.Error) Status {
	var s Status
	for _, d := range e.Diagnostics {
		s.Problems = append(s.Problems, Problem{Code: d.Code, Path: d.At.File, Text: d.Summary, Hint: d.Hint})
	}
	return s
}

// compareUpdate fills in the two columns of every file.
func (c *change) compareUpdate(ctx context.Context, s *Status) error {
	c.theirs = c.base
	b, err := c.latest()
	if err != nil {
		return err
	}
	if b != nil && b.Digest != c.old.Digest && b.Name == c.old.Name && !blueprint.Older(b.Version, c.old.Version) {
		s.Latest = b.Name + " " + b.Version
		c.new, c.renames = b, b.Between(c.old.Version)
		if err := c.reanswer(ctx, nil); err != nil {
			// What it would ask is asked by the update itself.
			s.Latest += " (it has new questions)"
			c.new = c.old
		} else if err := c.render(ctx); err != nil {
			return err
		}
	}
	if err := c.look(ctx); err != nil {
		return err
	}
	moved, err := c.moved(ctx)
	if err != nil {
		return err
	}
	for _, p := range pathsOf(c.base.Tree, c.theirs.Tree) {
		f := FileStatus{Path: p, You: c.yours(p, moved), Blueprint: c.blueprints(p)}
		if f.You != "" || f.Blueprint != "" {
			s.Files = append(s.Files, f)
		}
	}
	return nil
}

func pathsOf(a, b tree.Tree) []tree.Path {
	var all []tree.Path
	for _, t := range []tree.Tree{a, b} {
		for p := range t.All() {
			all = append(all, p)
		}
	}
	slices.SortFunc(all, tree.Path.Compare)
	return slices.Compact(all)
}

// moved finds where the files went that are gone from their places.
func (c *change) moved(ctx context.Context) (map[tree.Path]merge.Move, error) {
	return merge.Moves(c.managed(c.base.Tree), c.ours, c.managed(c.theirs.Tree), func() (tree.Tree, error) { return c.strays(ctx) })
}

func (c *change) yours(p tree.Path, moved map[tree.Path]merge.Move) string {
	was, known := c.base.Tree.File(p)
	is, there := c.ours.File(p)
	switch to, gone := moved[p]; {
	case c.unmanaged(p):
		return "released"
	case !known:
		return ""
	case gone:
		return "moved to " + to.To.String()
	case !there:
		return "deleted"
	case !is.Equal(was):
		return "edited"
	}
	return ""
}

func (c *change) blueprints(p tree.Path) string {
	was, known := c.base.Tree.File(p)
	will, stays := c.theirs.Tree.File(p)
	switch {
	case c.unmanaged(p):
		return ""
	case !known:
		return "new"
	case !stays:
		return "gone"
	case !was.Equal(will):
		return "changed"
	}
	return ""
}

// problems finds what sill status --check fails for: what is left to decide,
// what is left over, and a record that does not belong to what is there.
func (c *change) problems(ctx context.Context, s *Status) error {
	left, err := Left(c.repo.Dir)
	if err != nil {
		return err
	}
	s.leftOver(left)
	if c.has {
		unmerged, err := gitrepo.UnmergedPaths(ctx, c.Env, c.git)
		if err != nil {
			return err
		}
		for _, p := range unmerged {
			s.Problems = append(s.Problems, Problem{
				Code: "unmerged", Path: p.String(), Text: "a conflict is not solved",
				Hint: "edit the file and git add it, or take the run back with sill abort",
			})
		}
	}
	for _, p := range pathsOf(c.base.Tree, tree.Tree{}) {
		beside := p.String() + merge.Sidecar
		if _, err := os.Lstat(c.repo.Dir + string(os.PathSeparator) + beside); !errors.Is(err, fs.ErrNotExist) {
			s.Problems = append(s.Problems, Problem{
				Code: "sidecar", Path: beside, Text: "what came in waits beside your file", Hint: "take what you want of it, and remove it",
			})
		}
	}
	c.disagreements(s)
	return nil
}

func (s *Status) leftOver(left *apply.Recovery) {
	if left != nil {
		s.Problems = append(s.Problems, Problem{
			Code: codeLeftOver, Text: fmt.Sprintf("a run that was cut short left %d changes", len(left.Paths)),
			Hint: "sill abort puts them back, and so does every command that writes",
		})
	}
}

// disagreements finds a record that was edited by hand, or a tree without the
// migrations that the record counts.
func (c *change) disagreements(s *Status) {
	again := c.from
	again.Commands = c.base.Commands
	if !again.Equal(c.from) {
		s.Problems = append(s.Problems, Problem{
			Code: "record-commands", Path: record.Name, Text: "the commands are not those of the blueprint",
			Hint: "restore them; an answer is changed with sill set",
		})
	}
	for _, name := range c.from.Unrecorded() {
		s.Problems = append(s.Problems, Problem{
			Code: "record-schema", Path: record.Name, Text: "resource " + name + " is not what the schema log makes",
			Hint: "restore the record; a resource is changed with sill add and sill remove",
		})
	}
	for p := range c.base.Frozen {
		if _, there := c.ours.File(p); !there && !c.unmanaged(p) {
			s.Problems = append(s.Problems, Problem{
				Code: "migration-missing", Path: p.String(), Text: "a migration of the record is not there",
				Hint: "restore it from git: databases have been changed by it",
			})
		}
	}
	slices.SortFunc(s.Problems, func(a, b Problem) int { return strings.Compare(a.Path+a.Code, b.Path+b.Code) })
}
