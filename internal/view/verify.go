package view

import (
	"fmt"
	"strings"
	"time"

	"groundsill.example/internal/term"
)

// VerifyReport is how a service keeps the contract, clause by clause in the
// order of the contract.
type VerifyReport struct {
	Service  string // what it is called, or its address
	Database string // empty where it is not known
	Took     time.Duration
	Clauses  []Clause
	Sums     []Sum
}

// Clause is what one clause came to at one level.
type Clause struct {
	ID      string     `json:"id"`
	Title   string     `json:"title"`
	Level   string     `json:"level"`
	Outcome string     `json:"outcome"` // held, broken or not applicable
	Missing string     `json:"missing,omitempty"`
	Breaks  []Observed `json:"breaks"`
	Notes   []string   `json:"notes"` // parts that were not tried
}

// Observed is something that a service did other than the contract says.
type Observed struct {
	Request     string `json:"request,omitempty"`
	Expectation string `json:"expectation"`
	Observation string `json:"observation"`
}

// Sum counts the clauses of a level by outcome.
type Sum struct {
	Level         string `json:"level"`
	Held          int    `json:"held"`
	Broken        int    `json:"broken"`
	NotApplicable int    `json:"notApplicable"`
}

type verifyJSON struct {
	Service  string   `json:"service"`
	Database string   `json:"database,omitempty"`
	Seconds  float64  `json:"seconds"`
	Sums     []Sum    `json:"sums"`
	Clauses  []Clause `json:"clauses"`
}

// Verify writes {"sill": 1, "verify": …}.
func (j JSON) Verify(r VerifyReport) error {
	clauses := make([]Clause, 0, len(r.Clauses))
	for _, c := range r.Clauses {
		c.Breaks = append([]Observed{}, c.Breaks...)
		c.Notes = append([]string{}, c.Notes...)
		clauses = append(clauses, c)
	}
	return j.value("verify", verifyJSON{
		Service: r.Service, Database: r.Database, Seconds: r.Took.Seconds(),
		Sums: append([]Sum{}, r.Sums...), Clauses: clauses,
	})
}

// Verify shows a line for each clause, what was observed where one is broken,
// which parts were not tried, and at the end the sums.
func (h Human) Verify(r VerifyReport) error {
	p := newPage(h.Out)
	rows := make([][]string, 0, len(r.Clauses))
	for _, c := range r.Clauses {
		rows = append(rows, clauseRow(c))
	}
	widths := columnWidths(rows)
	for i, row := range rows {
		p.row(row, widths, clauseStyles(r.Clauses[i].Outcome))
	}
	for _, c := range r.Clauses {
		p.observed(c)
	}
	p.parts(r.Clauses)
	p.line()
	for _, s := range r.Sums {
		p.line(fmt.Sprintf("%-6s  %d held, %d broken, %d not applicable", s.Level, s.Held, s.Broken, s.NotApplicable))
	}
	service := r.Service
	if r.Database != "" {
		service += " on " + r.Database
	}
	p.paragraph("", plain, service+" in "+r.Took.Round(100*time.Millisecond).String())
	return write(h.Out, p)
}

func clauseRow(c Clause) []string {
	outcome, title := c.Outcome, c.Title
	if c.Missing != "" {
		outcome, title = "n.a.", "no "+c.Missing+": "+title
	}
	return []string{c.ID, c.Level, outcome, title}
}

func clauseStyles(outcome string) []style {
	switch outcome {
	case "held":
		return []style{plain, plain, green}
	case "broken":
		return []style{bold, plain, alarm}
	}
	return []style{dim, dim, dim, dim}
}

// observed tells what a clause found broken.
func (p *page) observed(c Clause) {
	if len(c.Breaks) == 0 {
		return
	}
	p.headline(fmt.Sprintf("%s %s is broken: %s", c.ID, c.Level, c.Title))
	for i, b := range c.Breaks {
		if i > 0 {
			p.line()
		}
		p.labelled("request   ", b.Request)
		p.labelled("expected  ", b.Expectation)
		p.labelled("observed  ", b.Observation)
	}
}

// labelled writes text of several lines beside a word.
func (p *page) labelled(label, text string) {
	if text == "" {
		return
	}
	lead := indentation + label
	for line := range strings.SplitSeq(strings.TrimRight(text, "\n"), "\n") {
		p.paragraph(lead, dim, strings.TrimRight(line, "\r"))
		lead = strings.Repeat(" ", term.Columns(lead))
	}
}

// parts tells which parts of clauses were not tried.
func (p *page) parts(clauses []Clause) {
	var rows [][]string
	for _, c := range clauses {
		for _, note := range c.Notes {
			rows = append(rows, []string{c.ID, note})
		}
	}
	if len(rows) == 0 {
		return
	}
	p.headline("Not tried")
	p.rows(rows, dim, dim)
}
