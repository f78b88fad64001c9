package view

import (
	"strings"

	"groundsill.example/internal/plan"
	"groundsill.example/internal/term"
	"groundsill.example/internal/textdiff"
	"groundsill.example/internal/tree"
)

// diffs shows every change of the plan in the form of "git diff" on Out, which
// "git apply" takes when it is piped, and all else on Err.
func (h Human) diffs(r PlanReport) error {
	p := newPage(h.Out)
	for _, c := range r.Plan.Changes {
		p.diff(changeDiff(c), h.Out.Terminal)
	}
	if err := write(h.Out, p); err != nil {
		return err
	}
	e := newPage(h.Err)
	e.conflicts(r.Plan.Conflicts)
	e.warnings(r.Plan.Warnings)
	if r.Closing != "" {
		e.paragraph("", plain, r.Closing)
	}
	return write(h.Err, e)
}

// changeDiff returns the diff of a change, "" for one that keeps its file. A
// plan that was read back does not hold what was there before: then there is
// a notice only.
func changeDiff(c plan.Change) string {
	path := c.Path.String()
	switch c.Action {
	case plan.Create:
		return textdiff.Git(path, textdiff.Version{}, version(c.File))
	case plan.Update, plan.Delete:
		if c.Before.Mode == "" {
			return "# " + c.String() + ": what is there before is not part of the plan\n"
		}
		return textdiff.Git(path, version(c.Before), version(c.File))
	case plan.Keep:
		return ""
	default:
		return ""
	}
}

// version returns a file with the mode that git has for it.
func version(f tree.File) textdiff.Version {
	switch f.Mode {
	case tree.Regular, tree.Executable:
		return textdiff.Version{Data: f.Data, Mode: "10" + string(f.Mode)}
	case tree.Symlink:
		return textdiff.Version{Data: f.Data, Mode: "120000"}
	case tree.Directory, tree.Special:
		return textdiff.Version{}
	default:
		return textdiff.Version{}
	}
}

// diff writes the lines of a diff in their colours. On a terminal they are
// escaped; elsewhere they are for programs, and stay as they are.
func (p *page) diff(text string, terminal bool) {
	hunk := false
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		var as style
		as, hunk = lineStyle(line, hunk)
		if terminal || p.colour {
			line = strings.ReplaceAll(term.Escape(line), `\t`, "\t")
		}
		p.line(p.paint(as, line))
	}
}

// lineStyle returns the style of a line of a diff, and whether what follows is
// in a hunk: before the first one, "---" and "+++" are the names of files.
func lineStyle(line string, hunk bool) (as style, inHunk bool) {
	switch {
	case strings.HasPrefix(line, "@@"):
		return cyan, true
	case !hunk:
		return bold, false
	case strings.HasPrefix(line, "+"):
		return green, true
	case strings.HasPrefix(line, "-"):
		return red, true
	default:
		return plain, true
	}
}
