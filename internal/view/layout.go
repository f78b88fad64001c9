package view

import (
	"strings"

	"groundsill.example/internal/term"
)

// style is a way to write text: the parameters of a colour sequence.
type style string

// The styles. The zero value is plain.
const (
	plain  style = ""
	bold   style = "1"
	dim    style = "2"
	red    style = "31"
	green  style = "32"
	yellow style = "33"
	blue   style = "34"
	cyan   style = "36"
	alarm  style = "1;31"
)

// page collects the text for one output.
type page struct {
	text   strings.Builder
	colour bool
	width  int
}

func newPage(o term.Output) *page {
	width := o.Width
	if width <= 0 {
		width = term.DefaultWidth
	}
	return &page{colour: o.Colour, width: width}
}

// paint returns s in a style, where there is colour.
func (p *page) paint(as style, s string) string {
	if !p.colour || as == plain || s == "" {
		return s
	}
	return "\x1b[" + string(as) + "m" + s + "\x1b[0m"
}

// line writes its parts and a newline.
func (p *page) line(parts ...string) {
	for _, part := range parts {
		p.text.WriteString(part)
	}
	p.text.WriteByte('\n')
}

// headline starts a section.
func (p *page) headline(s string) { p.line("\n", p.paint(bold, s)) }

// paragraph writes text in lines that fit, the first after lead, the others
// below it.
func (p *page) paragraph(lead string, leadStyle style, text string) {
	indent := strings.Repeat(" ", term.Columns(lead))
	for i, line := range wrap(term.Escape(text), p.width-len(indent)) {
		if i == 0 {
			p.line(p.paint(leadStyle, lead), line)
			continue
		}
		p.line(indent, line)
	}
}

const (
	indentation = "  "
	gap         = 2  // columns between two cells
	widestCell  = 32 // a longer cell does not push the others to the right
	leastText   = 24 // columns the last cell needs to stand beside the others
)

// rows writes cells below each other in columns. The last cell of a row is
// text: it is broken into lines, and goes below the others where there is no
// room beside them.
func (p *page) rows(rows [][]string, styles ...style) {
	widths := columnWidths(rows)
	for _, row := range rows {
		p.row(row, widths, styles)
	}
}

func (p *page) row(row []string, widths []int, styles []style) {
	var line strings.Builder
	at := len(indentation)
	end := at
	line.WriteString(indentation)
	last := len(row) - 1
	for i, cell := range row[:last] {
		cell = term.Escape(cell)
		line.WriteString(strings.Repeat(" ", max(0, at-end)))
		line.WriteString(p.paint(styleOf(styles, i), cell))
		end = max(end, at) + term.Columns(cell)
		at = max(at+widths[i], end) + gap
	}
	text := term.Escape(row[last])
	if text == "" {
		p.line(line.String())
		return
	}
	room := p.width - at
	if last > 0 && room < min(leastText, term.Columns(text)) {
		p.line(line.String())
		line.Reset()
		end, at = 0, 2*len(indentation)
		room = p.width - at
	}
	line.WriteString(strings.Repeat(" ", at-end))
	for i, part := range wrap(text, room) {
		if i > 0 {
			line.WriteString("\n" + strings.Repeat(" ", at))
		}
		line.WriteString(p.paint(styleOf(styles, last), part))
	}
	p.line(line.String())
}

func styleOf(styles []style, i int) style {
	if i < len(styles) {
		return styles[i]
	}
	return plain
}

// columnWidths returns the widths of all columns but the last. Cells wider than
// widestCell do not count.
func columnWidths(rows [][]string) []int {
	var widths []int
	for _, row := range rows {
		for i, cell := range row[:len(row)-1] {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			if n := term.Columns(term.Escape(cell)); n <= widestCell {
				widths[i] = max(widths[i], n)
			}
		}
	}
	return widths
}

// wrap breaks text between words into lines of at most width columns. A longer
// word has a line of its own. There is always at least one line.
func wrap(text string, width int) []string {
	var lines []string
	line, used := "", 0
	for word := range strings.SplitSeq(text, " ") {
		n := term.Columns(word)
		if line != "" && used+1+n > width {
			lines = append(lines, line)
			line, used = "", 0
		}
		if line != "" {
			line, used = line+" ", used+1
		}
		line, used = line+word, used+n
	}
	return append(lines, line)
}
