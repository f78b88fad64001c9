package view

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"groundsill.example/internal/apply"
	"groundsill.example/internal/diag"
	"groundsill.example/internal/plan"
	"groundsill.example/internal/term"
)

// Human shows things to people: results on Out, warnings and errors on Err.
type Human struct {
	Out, Err term.Output

	Diff bool // a plan is shown as diffs, and then nothing else is on Out
	All  bool // no directory is folded
}

// Plan shows a plan as a tree of files with what else it holds, or as diffs.
func (h Human) Plan(r PlanReport) error {
	if h.Diff {
		return h.diffs(r)
	}
	p := newPage(h.Out)
	if r.Title != "" {
		p.paragraph("", plain, r.Title)
		p.line()
	}
	p.notes(r.Notes)
	p.tree(rootName(r.Plan.Root), r.Plan.Changes, h.limit())
	if len(r.Plan.Changes) > 0 {
		p.line()
	}
	p.line(counts(r.Plan))
	p.git(r.Plan)
	p.assumed(r.Assumed)
	p.steps("Then", r.Then)
	p.conflicts(r.Plan.Conflicts)
	if len(r.Plan.Warnings) > 0 {
		p.line()
		p.warnings(r.Plan.Warnings)
	}
	if r.Closing != "" {
		p.line()
		p.paragraph("", plain, r.Closing)
	}
	return write(h.Out, p)
}

// Done shows what was made, what was assumed, the command that does it again and
// what to do next. Warnings are on Err.
func (h Human) Done(r Report) error {
	p := newPage(h.Out)
	p.notes(r.Notes)
	p.paragraph("", plain, made(r))
	if len(r.Plan.Changes) > 0 {
		p.line()
	}
	p.tree(dirName(r), r.Plan.Changes, h.limit())
	p.assumed(r.Assumed)
	if r.Title == "" {
		p.again(r.Command)
	}
	p.steps("Next", r.Next)
	if err := write(h.Out, p); err != nil {
		return err
	}
	e := newPage(h.Err)
	e.conflicts(r.Plan.Conflicts)
	e.recovered(r.Receipt.Recovered)
	e.warnings(r.Plan.Warnings)
	e.warnings(r.Warnings)
	return write(h.Err, e)
}

// Table shows a list in columns, with their names above.
func (h Human) Table(t Table) error {
	p := newPage(h.Out)
	p.table(t, "")
	return write(h.Out, p)
}

// Sheet shows fields below each other, those of several lines below these, and
// then tables. Fields without a value are left out.
func (h Human) Sheet(s Sheet) error {
	p := newPage(h.Out)
	p.line(p.paint(bold, term.Escape(s.Title)))
	var rows [][]string
	var long []Field
	for _, f := range s.Fields {
		switch {
		case strings.Contains(f.Value, "\n"):
			long = append(long, f)
		case f.Value != "":
			rows = append(rows, []string{f.Key, f.Value})
		}
	}
	if len(rows) > 0 {
		p.line()
	}
	p.rows(rows, dim)
	for _, f := range long {
		p.headline(title(term.Escape(f.Key)))
		p.line(strings.TrimSuffix(term.EscapeText(f.Value), "\n"))
	}
	for _, t := range s.Tables {
		p.headline(title(term.Escape(t.Name)))
		p.table(t, indentation)
	}
	return write(h.Out, p)
}

// Error shows on Err what is wrong, where, and what to do. What is no
// *diag.Error is a defect of the program, and is said to be one.
func (h Human) Error(err error) error {
	p := newPage(h.Err)
	e, ok := errors.AsType[*diag.Error](err)
	switch {
	case !ok || len(e.Diagnostics) == 0:
		p.failure(message(err))
	case len(e.Diagnostics) == 1:
		p.failure(message(err))
		p.more(e.Diagnostics[0])
	default:
		p.problems(e)
	}
	if diag.ClassOf(err) == diag.Internal {
		p.hint(report)
	}
	return write(h.Err, p)
}

func (h Human) limit() int {
	if h.All {
		return -1
	}
	return outlineLines
}

// report is the hint for a failure that nobody but us can do something about.
const report = "this is a defect of sill; please report it with the command that led to it"

// message returns the text of err, and its class where it has no text.
func message(err error) string {
	if text := err.Error(); text != "" {
		return text
	}
	return string(diag.ClassOf(err))
}

// failure shows the text of an error, which may have several lines.
func (p *page) failure(text string) {
	lead := "sill: "
	for line := range strings.SplitSeq(strings.TrimRight(text, "\n"), "\n") {
		p.paragraph(lead, alarm, line)
		lead = strings.Repeat(" ", len(lead))
	}
}

// problems lists the diagnostics of an error that has several. A hint that the
// next one repeats is shown once, after the last that has it.
func (p *page) problems(e *diag.Error) {
	p.failure(count(len(e.Diagnostics), "problem"))
	for i, d := range e.Diagnostics {
		p.paragraph("  • ", red, d.String())
		if next := i + 1; next < len(e.Diagnostics) && e.Diagnostics[next].Hint == d.Hint {
			d.Hint = ""
		}
		p.more(d)
	}
	if e.Err != nil {
		p.paragraph("  cause: ", dim, e.Err.Error())
	}
}

func (p *page) hint(text string) { p.paragraph("  hint: ", cyan, text) }

// more shows what a diagnostic has beside its summary.
func (p *page) more(d diag.Diagnostic) {
	if d.Detail != "" {
		for line := range strings.SplitSeq(strings.TrimRight(d.Detail, "\n"), "\n") {
			p.line("  ", strings.ReplaceAll(term.Escape(line), `\t`, "    "))
		}
	}
	if d.Hint != "" {
		p.hint(d.Hint)
	}
}

// warnings writes each warning as a paragraph. Lines after its first one are to
// be pasted into a shell: they are not broken, and indented so that none passes
// for a line of sill's own.
func (p *page) warnings(texts []string) {
	for _, text := range texts {
		first, commands, _ := strings.Cut(text, "\n")
		p.paragraph("warning: ", yellow, first)
		for line := range strings.Lines(commands) {
			p.line(indentation, term.Escape(strings.TrimSpace(line)))
		}
	}
}

func (p *page) recovered(r *apply.Recovery) {
	if r == nil {
		return
	}
	text := "an earlier run had stopped half-way"
	if r.PID > 0 {
		text = fmt.Sprintf("an earlier run (process %d) had stopped half-way", r.PID)
	}
	if r.When != "" {
		text += " on " + r.When
	}
	p.warnings([]string{text + "; " + count(len(r.Paths), "change") + " of it were put back first"})
}

func (p *page) conflicts(conflicts []plan.Conflict) {
	if len(conflicts) == 0 {
		return
	}
	p.headline("Conflicts")
	rows := make([][]string, 0, len(conflicts))
	for _, c := range conflicts {
		kind := c.Kind
		if n := len(c.Hunks); n > 0 {
			kind += ", " + count(n, "place")
		}
		rows = append(rows, []string{c.Path.String(), kind})
	}
	p.rows(rows, red)
}

// git says what the plan does beyond files.
func (p *page) git(pl plan.Plan) {
	subject, _, _ := strings.Cut(pl.Message, "\n")
	switch pl.Git {
	case plan.GitCommit:
		p.paragraph("", plain, "One git commit: "+subject)
	case plan.GitInit:
		p.line("A git repository, without a commit.")
	case plan.GitStage:
		p.line("In git's index, every path but those in conflict.")
	case plan.GitNone:
	}
}

func (p *page) assumed(list []Assumption) {
	if len(list) == 0 {
		return
	}
	p.headline("Assumed")
	rows := make([][]string, 0, len(list))
	for _, a := range list {
		rows = append(rows, []string{a.Key, a.Value, a.Why})
	}
	p.rows(rows, plain, cyan, dim)
}

func (p *page) again(argv []string) {
	if len(argv) == 0 {
		return
	}
	p.headline("The same again")
	for _, line := range term.WrapCommand(argv, p.width-len(indentation)) {
		p.line(indentation, line)
	}
}

func (p *page) steps(title string, steps []Step) {
	if len(steps) == 0 {
		return
	}
	p.headline(title)
	rows := make([][]string, 0, len(steps))
	for _, s := range steps {
		rows = append(rows, []string{s.Command, s.Why})
	}
	p.rows(rows, green, dim)
}

// table writes the rows below the names of their columns; a single column needs
// none.
func (p *page) table(t Table, indent string) {
	if len(t.Rows) == 0 {
		p.line(indent, term.Escape(t.Empty))
		return
	}
	if len(t.Columns) == 1 {
		p.rows(t.Rows)
		return
	}
	header := make([]string, len(t.Columns))
	for i, name := range t.Columns {
		header[i] = strings.ToUpper(name)
	}
	widths := columnWidths(slices.Concat([][]string{header}, t.Rows))
	p.row(header, widths, slices.Repeat([]style{dim}, len(header)))
	for _, row := range t.Rows {
		p.row(row, widths, nil)
	}
}

// title returns a name with a capital letter.
func title(name string) string {
	first, n := utf8.DecodeRuneInString(name)
	if n == 0 {
		return ""
	}
	return string(unicode.ToUpper(first)) + name[n:]
}

// notes shows texts that are to be read before the rest, as they are.
func (p *page) notes(texts []string) {
	for _, text := range texts {
		p.line(strings.TrimRight(term.EscapeText(text), "\n"))
		p.line()
	}
}

// made says in a sentence what a command did.
func made(r Report) string {
	if r.Title != "" && len(r.Plan.Changes) == 0 {
		return r.Title + ": nothing to do."
	}
	text := fmt.Sprintf("Created %s: %s", r.Name, count(len(r.Receipt.Created), "file"))
	if r.Title != "" {
		text = fmt.Sprintf("%s: %s created", r.Title, count(len(r.Receipt.Created), "file"))
	}
	if n := len(r.Receipt.Updated); n > 0 {
		text += fmt.Sprintf(", %d updated", n)
	}
	if n := len(r.Receipt.Deleted); n > 0 {
		text += fmt.Sprintf(", %d deleted", n)
	}
	if n := len(r.Receipt.Kept); n > 0 {
		text += fmt.Sprintf(", %d already right", n)
	}
	if r.Blueprint != "" {
		text += " from " + r.Blueprint
	}
	if r.Commit != "" {
		text += ", committed as " + r.Commit[:min(len(r.Commit), 7)]
		if r.Branch != "" {
			text += " on " + r.Branch
		}
	}
	return text + "."
}

// counts says in a sentence what a plan does to files.
func counts(p plan.Plan) string {
	if p.Empty() {
		return "Nothing to do: every file is as it should be."
	}
	var parts []string
	for _, a := range []plan.Action{plan.Create, plan.Update, plan.Delete} {
		if n := p.Count(a); n > 0 {
			parts = append(parts, fmt.Sprintf("%s to %s", count(n, "file"), a))
		}
	}
	if n := p.Count(plan.Keep); n > 0 {
		parts = append(parts, fmt.Sprintf("%d already right", n))
	}
	return strings.Join(parts, ", ") + "."
}

// rootName returns the name above a tree that starts at root.
func rootName(root string) string {
	if root == "" || root == "." {
		return "./"
	}
	return root + "/"
}

// dirName returns the last segment of the directory that was made.
func dirName(r Report) string {
	dir := strings.TrimRight(strings.ReplaceAll(r.Receipt.Dir, `\`, "/"), "/")
	return rootName(dir[strings.LastIndexByte(dir, '/')+1:])
}

func write(o term.Output, p *page) error {
	if p.text.Len() == 0 {
		return nil
	}
	_, err := o.Write([]byte(p.text.String()))
	return err
}
