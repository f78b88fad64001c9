package cli

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"groundsill.example/internal/contract"
	"groundsill.example/internal/diag"
	"groundsill.example/internal/view"
)

// showProgress tells on a terminal how far the suite is, once that takes more
// than a second. The function it returns clears the line again.
func (a *app) showProgress(run *contract.Options) func() {
	err := a.streams.Err
	if !err.Terminal {
		return func() {}
	}
	begun := a.Now()
	run.Progress = func(done, total int) {
		if a.Now().Sub(begun) > time.Second {
			fmt.Fprintf(err, "\r%d of %d clauses", done, total)
		}
	}
	return func() { fmt.Fprint(err, "\r\x1b[K") }
}

func (a *app) writeJUnit(name string, report contract.Report) error {
	if name == "" {
		return nil
	}
	cwd, err := a.cwd()
	if err != nil {
		return err
	}
	if !filepath.IsAbs(name) {
		name = filepath.Join(cwd, name)
	}
	var out bytes.Buffer
	if err = report.JUnit(&out); err == nil {
		err = os.WriteFile(name, out.Bytes(), 0o644) //nolint:gosec // a report that others read
	}
	if err != nil {
		return diag.Wrap(diag.Environment, err, diag.Diagnostic{Code: "junit-unwritable", Summary: "write the JUnit report"})
	}
	return nil
}

// verifyReport returns a report in the terms of the views.
func verifyReport(r contract.Report) view.VerifyReport {
	out := view.VerifyReport{Service: r.Service, Database: r.Database, Took: r.Took}
	for _, one := range r.Results {
		c := view.Clause{
			ID: one.ID, Title: one.Title, Level: string(one.Level), Outcome: string(one.Outcome),
			Missing: one.Missing, Notes: one.Notes,
		}
		for _, b := range one.Breaks {
			c.Breaks = append(c.Breaks, view.Observed{Request: b.Request, Expectation: b.Want, Observation: b.Got})
		}
		out.Clauses = append(out.Clauses, c)
	}
	for _, level := range []contract.Level{contract.Must, contract.Should} {
		out.Sums = append(out.Sums, view.Sum{
			Level: string(level), Held: r.Count(level, contract.Held),
			Broken: r.Count(level, contract.Broken), NotApplicable: r.Count(level, contract.NotApplicable),
		})
	}
	return out
}
