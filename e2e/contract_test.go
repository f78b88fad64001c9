package e2e

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"groundsill.example/internal/contract"
	"groundsill.example/internal/dbserver"
)

const (
	// reportsVariable names a directory for the reports of the contract.
	reportsVariable = "SILL_CONTRACT_REPORTS"
	// scaleVariable is how long the long clauses take; 1 is in full.
	scaleVariable = "SILL_CONTRACT_SCALE"
)

// databaseServer returns a PostgreSQL server that ends with the test.
func databaseServer(t *testing.T) *dbserver.Server {
	t.Helper()
	server, err := dbserver.Start(t.Context(), dbserver.Postgres())
	if missing, ok := errors.AsType[*dbserver.NotInstalledError](err); ok {
		miss(t, "postgres", missing.Reason)
	}
	must(t, err)
	t.Cleanup(func() { must(t, server.Close()) })
	return server
}

// TestContract runs the black-box suite against what sill makes: nothing is
// broken, neither a MUST nor a SHOULD.
func TestContract(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds and runs services")
	}
	for _, database := range []string{"sqlite", "postgres"} {
		t.Run(database, func(t *testing.T) {
			t.Parallel()
			server := ""
			if database != "sqlite" {
				server = databaseServer(t).URL()
			}
			for _, c := range []generatedCase{
				{name: "default", args: []string{"--with", "kubernetes,devcontainer,vscode,precommit"}},
				{name: "related", args: []string{"--resource-file", resourceFile("related")}},
				{name: "no-resource", args: []string{"--no-resource"}},
			} {
				t.Run(c.name, func(t *testing.T) {
					t.Parallel()
					tryContract(t, database+"-"+c.name, server, append([]string{"--database", database}, c.args...))
				})
			}
		})
	}
}

// tryContract makes a service and runs the suite against it.
func tryContract(t *testing.T, cell, server string, args []string) {
	t.Helper()
	dir := scaffold(t, args...)
	needModules(t, dir)
	run(t, dir, "go", "build", "-o", filepath.Join("bin", "server"), "./cmd/server")
	scale, err := strconv.ParseFloat("0"+os.Getenv(scaleVariable), 64)
	must(t, err)
	report, err := contract.Run(t.Context(), contract.Options{
		Dir: dir, Scratch: t.TempDir(), Server: server, Scale: scale, Now: time.Now,
		// golangci-lint keeps a lock there, and one cell is not to wait for another.
		Env: append(cleanEnv(), "TMPDIR="+t.TempDir()),
	})
	must(t, err)
	keepReport(t, cell, report)
	var table bytes.Buffer
	must(t, report.Table(&table))
	if report.Count(contract.Must, contract.Broken)+report.Count(contract.Should, contract.Broken) > 0 {
		t.Errorf("%s", &table)
		return
	}
	t.Logf("%s", &table)
}

// keepReport writes a report where the environment asks for it.
func keepReport(t *testing.T, cell string, report contract.Report) {
	t.Helper()
	dir := os.Getenv(reportsVariable)
	if dir == "" {
		return
	}
	for ending, write := range map[string]func(io.Writer) error{".json": report.JSON, ".xml": report.JUnit} {
		f, err := os.Create(filepath.Join(dir, cell+ending))
		must(t, err)
		must(t, errors.Join(write(f), f.Close()))
	}
}
