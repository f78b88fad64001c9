// Command summary prints how a directory of contract reports came out: a line
// for each service on each database, a column for each group of clauses. It
// fails when there is no report, or when a MUST is broken in one.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"

	"groundsill.example/internal/contract"
)

func main() {
	if err := run(os.Stdout, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "summary:", err)
		os.Exit(1)
	}
}

// report is what the suite says about one service on one database.
type report struct {
	blueprint string // of the file name, as what follows
	cell      string
	Database  string
	Seconds   float64
	Results   []contract.Result
}

// sum counts results by their outcome.
type sum map[contract.Outcome]int

// String returns the counts of what is held, broken and not applicable.
func (s sum) String() string {
	return fmt.Sprintf("%d/%d/%d", s[contract.Held], s[contract.Broken], s[contract.NotApplicable])
}

func run(w io.Writer, args []string) error {
	if len(args) != 1 {
		return errors.New("usage: summary DIRECTORY")
	}
	reports, err := read(args[0])
	if err != nil {
		return err
	}
	if err := table(w, reports); err != nil {
		return err
	}
	if broken := brokenMusts(reports); len(broken) > 0 {
		return fmt.Errorf("broken: %s", strings.Join(broken, ", "))
	}
	return nil
}

// read returns the reports of a directory, by name.
func read(dir string) ([]report, error) {
	names, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil {
		return nil, err
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("no report in %s", dir)
	}
	var all []report
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		var r report
		if err := json.Unmarshal(data, &r); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		if len(r.Results) == 0 {
			return nil, fmt.Errorf("%s has no results", name)
		}
		base := strings.TrimSuffix(filepath.Base(name), ".json")
		product, _, _ := strings.Cut(r.Database, ",") // more than a name for a double
		blueprint, cell, ok := strings.Cut(base, "-"+product+"-")
		if !ok {
			return nil, fmt.Errorf("%s is not called blueprint-%s-service.json", name, product)
		}
		r.blueprint, r.cell = blueprint, cell
		all = append(all, r)
	}
	return all, nil
}

// table writes the counts "held/broken/not applicable".
func table(w io.Writer, reports []report) error {
	groups := []string{"ST", "HL", "HT", "RS", "LG", "MT", "SE", "AU", "FT", "CT", "RP"}
	t := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	fmt.Fprintf(t, "BLUEPRINT\tDATABASE\tSERVICE\t%s\tMUST\tSHOULD\tSECONDS\n", strings.Join(groups, "\t"))
	total := report{}
	for _, r := range reports {
		line(t, []string{r.blueprint, r.Database, r.cell}, groups, r)
		total.Results = append(total.Results, r.Results...)
		total.Seconds += r.Seconds
	}
	line(t, []string{"total", "", fmt.Sprintf("%d reports", len(reports))}, groups, total)
	fmt.Fprintln(t, "(held/broken/not applicable)")
	return t.Flush()
}

func line(w io.Writer, cells, groups []string, r report) {
	counts := map[string]sum{}
	count := func(column string, one contract.Result) {
		if counts[column] == nil {
			counts[column] = sum{}
		}
		counts[column][one.Outcome]++
	}
	for _, one := range r.Results {
		group, _, _ := strings.Cut(one.ID, "-")
		count(group, one)
		count(string(one.Level), one)
	}
	for _, column := range slices.Concat(groups, []string{string(contract.Must), string(contract.Should)}) {
		text := "–"
		if counts[column] != nil {
			text = counts[column].String()
		}
		cells = append(cells, text)
	}
	fmt.Fprintf(w, "%s\t%.0f\n", strings.Join(cells, "\t"), r.Seconds)
}

// brokenMusts names every MUST that is broken, and where.
func brokenMusts(reports []report) []string {
	var all []string
	for _, r := range reports {
		for _, one := range r.Results {
			if one.Level == contract.Must && one.Outcome == contract.Broken {
				all = append(all, fmt.Sprintf("%s (%s %s %s)", one.ID, r.blueprint, r.Database, r.cell))
			}
		}
	}
	return all
}
