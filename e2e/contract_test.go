package e2e

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"groundsill.example/internal/contract"
)

// The variables that say where reports of the suite are kept, and how long its
// long clauses take: 1 is full length.
const (
	reportsVariable = "SILL_CONTRACT_REPORTS"
	scaleVariable   = "SILL_CONTRACT_SCALE"
)

// cell is a service that the suite tries.
type cell struct {
	database, service string
	args              []string
}

// cells are every database with every kind of service.
func cells() []cell {
	var all []cell
	for _, database := range []string{"sqlite", "postgres"} {
		for _, one := range []cell{
			{service: "sample"},
			{service: "related", args: []string{"--resource-file", resourceFile("related")}},
			{service: "no-resource", args: []string{"--no-resource"}},
		} {
			all = append(all, cell{database, one.service, append([]string{"--database", database}, one.args...)})
		}
	}
	return all
}

// TestContract runs the black-box suite against what sill makes. Nothing of it
// is broken, neither a MUST nor a SHOULD.
func TestContract(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds and runs services")
	}
	for _, c := range cells() {
		t.Run(c.database+"/"+c.service, func(t *testing.T) {
			t.Parallel()
			report := c.try(t)
			var table bytes.Buffer
			must(t, report.Table(&table))
			if report.Count(contract.Must, contract.Broken)+report.Count(contract.Should, contract.Broken) > 0 {
				t.Errorf("%s", &table)
				return
			}
			t.Logf("%s", &table)
		})
	}
}

// try makes the service, builds it and runs the suite against it.
func (c cell) try(t *testing.T) contract.Report {
	t.Helper()
	if c.database != "sqlite" {
		needServer(t, c.database)
	}
	dir := scaffold(t, c.args...)
	needModules(t, dir)
	run(t, dir, "go", "build", "-trimpath", "-o", filepath.Join("bin", "server"), "./cmd/server")
	report, err := contract.Run(t.Context(), contract.Options{
		Dir: dir, Scratch: t.TempDir(), Now: time.Now, Scale: scale(t), Env: cleanEnv(),
	})
	must(t, err)
	c.keep(t, report)
	return report
}

// scale is that of the long clauses; 0 is the everyday one.
func scale(t *testing.T) float64 {
	t.Helper()
	text := os.Getenv(scaleVariable)
	if text == "" {
		return 0
	}
	n, err := strconv.ParseFloat(text, 64)
	must(t, err)
	return n
}

// keep writes the report for people who come later.
func (c cell) keep(t *testing.T, r contract.Report) {
	t.Helper()
	dir := os.Getenv(reportsVariable)
	if dir == "" {
		return
	}
	must(t, os.MkdirAll(dir, 0o750))
	for suffix, form := range map[string]func(io.Writer) error{".json": r.JSON, ".xml": r.JUnit} {
		var text bytes.Buffer
		must(t, form(&text))
		must(t, os.WriteFile(filepath.Join(dir, c.database+"-"+c.service+suffix), text.Bytes(), 0o600))
	}
}
