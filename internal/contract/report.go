package contract

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"
)

// Outcome is what a clause came to.
type Outcome string

// The outcomes.
const (
	Held          Outcome = "held"
	Broken        Outcome = "broken"
	NotApplicable Outcome = "not applicable"
)

// Break is one observation that differs from the contract.
type Break struct {
	Level   Level  `json:"level"`
	Request string `json:"request"`
	Want    string `json:"expectation"`
	Got     string `json:"observation"`
}

// Result is the outcome of a clause at one level.
type Result struct {
	ID      string        `json:"id"`
	Title   string        `json:"title"`
	Level   Level         `json:"level"`
	Outcome Outcome       `json:"outcome"`
	Missing string        `json:"missing,omitempty"` // what makes it not applicable
	Breaks  []Break       `json:"breaks,omitempty"`
	Notes   []string      `json:"notes,omitempty"` // parts that were not tried
	Took    time.Duration `json:"-"`
}

// Report is what a run of the suite found, in the order of the contract.
type Report struct {
	Service  string
	Database string
	Took     time.Duration
	Results  []Result
}

// Count returns how many results of a level have an outcome.
func (r Report) Count(level Level, outcome Outcome) int {
	n := 0
	for _, one := range r.Results {
		if one.Level == level && one.Outcome == outcome {
			n++
		}
	}
	return n
}

// Table writes the report for people: a line for each result, the sums, and
// then the broken ones in detail.
func (r Report) Table(w io.Writer) error {
	table := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	for _, one := range r.Results {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", one.ID, one.Level, r.verdict(one), one.Title)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	for _, level := range []Level{Must, Should} {
		fmt.Fprintf(w, "\n%-6s %d held, %d broken, %d not applicable", level,
			r.Count(level, Held), r.Count(level, Broken), r.Count(level, NotApplicable))
	}
	_, err := fmt.Fprintf(w, "\n%s in %s\n%s", r.subject(), r.Took.Round(100*time.Millisecond), r.details())
	return err
}

// subject names what was tried.
func (r Report) subject() string {
	if r.Database == "" {
		return r.Service
	}
	return r.Service + " on " + r.Database
}

func (Report) verdict(one Result) string {
	if one.Outcome == NotApplicable {
		return "n.a. (no " + one.Missing + ")"
	}
	return string(one.Outcome)
}

// details returns what was observed where a clause is broken, and which parts
// of a clause were not tried.
func (r Report) details() string {
	var b strings.Builder
	for _, one := range r.Results {
		if one.Outcome == Broken {
			fmt.Fprintf(&b, "\n%s %s is broken: %s\n", one.ID, one.Level, one.Title)
		}
		for _, broken := range one.Breaks {
			for _, line := range [][2]string{{"request", broken.Request}, {"expected", broken.Want}, {"observed", broken.Got}} {
				if line[1] != "" {
					fmt.Fprintf(&b, "  %-9s %s\n", line[0], strings.ReplaceAll(line[1], "\n", "\n            "))
				}
			}
		}
		for _, note := range one.Notes {
			fmt.Fprintf(&b, "\n%s in part: %s\n", one.ID, note)
		}
	}
	return b.String()
}

// JSON writes the report as one value.
func (r Report) JSON(w io.Writer) error {
	count := func(level Level) map[Outcome]int {
		sums := map[Outcome]int{}
		for _, outcome := range []Outcome{Held, Broken, NotApplicable} {
			sums[outcome] = r.Count(level, outcome)
		}
		return sums
	}
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(map[string]any{
		"service": r.Service, "database": r.Database, "seconds": r.Took.Seconds(), "results": r.Results,
		"must": count(Must), "should": count(Should),
	})
}

type (
	junitSuite struct {
		XMLName  xml.Name    `xml:"testsuite"`
		Name     string      `xml:"name,attr"`
		Tests    int         `xml:"tests,attr"`
		Failures int         `xml:"failures,attr"`
		Skipped  int         `xml:"skipped,attr"`
		Time     string      `xml:"time,attr"`
		Cases    []junitCase `xml:"testcase"`
	}
	junitCase struct {
		Class   string        `xml:"classname,attr"`
		Name    string        `xml:"name,attr"`
		Time    string        `xml:"time,attr"`
		Failure *junitMessage `xml:"failure,omitempty"`
		Skipped *junitMessage `xml:"skipped,omitempty"`
	}
	junitMessage struct {
		Message string `xml:"message,attr"`
		Text    string `xml:",chardata"`
	}
)

// JUnit writes the report in the XML form that continuous integration reads.
// What is broken at either level is a failure.
func (r Report) JUnit(w io.Writer) error {
	s := junitSuite{Name: r.subject(), Tests: len(r.Results), Time: seconds(r.Took)}
	s.Failures = r.Count(Must, Broken) + r.Count(Should, Broken)
	s.Skipped = r.Count(Must, NotApplicable) + r.Count(Should, NotApplicable)
	for _, one := range r.Results {
		s.Cases = append(s.Cases, r.junitCase(one))
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	e := xml.NewEncoder(w)
	e.Indent("", "  ")
	if err := e.Encode(s); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

func (r Report) junitCase(one Result) junitCase {
	c := junitCase{Class: "contract." + group(one.ID), Name: one.ID + " " + string(one.Level) + " " + one.Title, Time: seconds(one.Took)}
	switch one.Outcome {
	case Broken:
		c.Failure = &junitMessage{Message: one.Title, Text: Report{Results: []Result{one}}.details()}
	case NotApplicable:
		c.Skipped = &junitMessage{Message: "no " + one.Missing}
	case Held:
	}
	return c
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.3f", d.Seconds()) }

// group returns the letters of a clause.
func group(id string) string {
	letters, _, _ := strings.Cut(id, "-")
	return letters
}
