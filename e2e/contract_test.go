package e2e

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"groundsill.example/internal/contract"
	"groundsill.example/internal/dbserver"
	"groundsill.example/internal/source"
)

const (
	// reportsVariable names a directory for the reports of the contract.
	reportsVariable = "SILL_CONTRACT_REPORTS"
	// scaleVariable is how long the long clauses take; 1 is in full.
	scaleVariable = "SILL_CONTRACT_SCALE"
	// allCells tries every service at once; make contract sets it.
	allCells = "SILL_CONTRACT_ALL"
)

// databases returns what the services of a blueprint can keep their rows in.
func databases() []string { return []string{"sqlite", "postgres", "mysql", "mongodb"} }

// servers returns which of them need a server.
func servers() []string { return databases()[1:] }

// databaseServer returns a server for a database, which ends with the test.
func databaseServer(t *testing.T, database string) *dbserver.Server {
	t.Helper()
	product := map[string]struct {
		kind func() dbserver.Kind
		need string
	}{
		"postgres": {dbserver.Postgres, "postgres"}, "mysql": {dbserver.MariaDB, "mariadb"}, "mongodb": {dbserver.MongoDB, "mongodb"},
	}[database]
	server, err := dbserver.Start(t.Context(), product.kind())
	if missing, ok := errors.AsType[*dbserver.NotInstalledError](err); ok {
		miss(t, product.need, missing.Reason)
	}
	must(t, err)
	t.Cleanup(func() { must(t, server.Close()) })
	return server
}

// TestDatabases demands that the tests know every database there is to choose.
func TestDatabases(t *testing.T) {
	from, err := source.Open("", "go")
	must(t, err)
	for _, q := range from.Blueprint.Base.Questions {
		if q.Key != "database" {
			continue
		}
		var choices []string
		for _, c := range q.Choices {
			choices = append(choices, c.Value)
		}
		if diff := cmp.Diff(databases(), choices); diff != "" {
			t.Error(diff)
		}
	}
}

// TestContract runs the black-box suite against what sill makes: nothing is
// broken, neither a MUST nor a SHOULD. The databases of Express take turns, a day
// each, with all services but the default one.
func TestContract(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds and runs services")
	}
	relational := []string{"sqlite", "postgres", "mysql"}
	today := byTurns(t, relational, len(relational), 24*time.Hour, allCells, func(database string) string { return database })
	for _, blueprint := range goldenBlueprints() {
		for _, database := range databases() {
			if blueprint == "express" && !slices.Contains(relational, database) {
				continue // it has no such answer
			}
			t.Run(blueprint+"/"+database, func(t *testing.T) {
				t.Parallel()
				server := ""
				if database != "sqlite" {
					server = databaseServer(t, database).URL()
				}
				for _, c := range []generatedCase{
					{name: "default", args: []string{"--with", "kubernetes,devcontainer,vscode,precommit"}},
					{name: "related", args: []string{"--resource-file", resourceFile("related")}},
					{name: "auth", args: []string{"--with", "auth", "--resource-file", resourceFile("related")}, only: "go"},
					{name: "no-resource", args: []string{"--no-resource"}},
				} {
					if c.only != "" && c.only != blueprint || blueprint == "express" && c.name != "default" && !slices.Contains(today, database) {
						continue
					}
					t.Run(c.name, func(t *testing.T) {
						t.Parallel()
						dir := scaffold(t, append([]string{"-b", blueprint, "--database", database}, c.args...)...)
						buildService(t, blueprint, dir)
						tryContract(t, blueprint+"-"+database+"-"+c.name, dir, server)
					})
				}
			})
		}
	}
}

// buildService builds a service as the commands of its record do, but for what
// takes long and changes nothing.
func buildService(t *testing.T, blueprint, dir string) {
	t.Helper()
	switch blueprint {
	case "go":
		needModules(t, dir)
		run(t, dir, "go", "build", "-o", filepath.Join("bin", "server"), "./cmd/server")
	case "express":
		needPackages(t, dir)
		run(t, dir, "npm", "run", "build")
	default:
		t.Fatalf("nobody knows how to build what %s makes", blueprint)
	}
}

// tryContract runs the suite against a service.
func tryContract(t *testing.T, cell, dir, server string) {
	t.Helper()
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
