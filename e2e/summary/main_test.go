package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"groundsill.example/internal/contract"
)

// written puts reports into a directory, as the suite writes them.
func written(t *testing.T, reports map[string]contract.Report) string {
	t.Helper()
	dir := t.TempDir()
	for name, r := range reports {
		f, err := os.Create(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if err := r.JSON(f); err != nil {
			t.Fatal(err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestSummary(t *testing.T) {
	dir := written(t, map[string]contract.Report{
		"go-sqlite-no-resource.json": {Database: "sqlite", Took: 2e9, Results: []contract.Result{
			{ID: "ST-1", Level: contract.Must, Outcome: contract.Held},
			{ID: "FT-2", Level: contract.Must, Outcome: contract.NotApplicable},
		}},
		"go-mongodb-default.json": {Database: "mongodb, protocol double", Took: 1e9, Results: []contract.Result{
			{ID: "ST-1", Level: contract.Must, Outcome: contract.Held},
		}},
		"express-postgres-default.json": {Database: "postgres", Took: 3e9, Results: []contract.Result{
			{ID: "ST-1", Level: contract.Must, Outcome: contract.Held},
			{ID: "FT-2", Level: contract.Must, Outcome: contract.Held},
			{ID: "FT-4", Level: contract.Should, Outcome: contract.Broken},
		}},
	})
	var out strings.Builder
	if err := run(&out, []string{dir}); err != nil {
		t.Fatal(err)
	}
	var got []string
	for line := range strings.Lines(out.String()) {
		got = append(got, strings.Join(strings.Fields(line), " "))
	}
	want := []string{
		"BLUEPRINT DATABASE SERVICE ST HL HT RS LG MT SE AU FT CT RP MUST SHOULD SECONDS",
		"express postgres default 1/0/0 – – – – – – – 1/1/0 – – 2/0/0 0/1/0 3",
		"go mongodb, protocol double default 1/0/0 – – – – – – – – – – 1/0/0 – 1",
		"go sqlite no-resource 1/0/0 – – – – – – – 0/0/1 – – 1/0/1 – 2",
		"total 3 reports 3/0/0 – – – – – – – 1/1/1 – – 4/0/1 0/1/0 6",
		"(held/broken/not applicable)",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestSummaryFails(t *testing.T) {
	broken := written(t, map[string]contract.Report{"go-sqlite-default.json": {Database: "sqlite", Results: []contract.Result{
		{ID: "HL-1", Level: contract.Must, Outcome: contract.Broken},
	}}})
	hollow := written(t, map[string]contract.Report{"go-sqlite-default.json": {Database: "sqlite"}})
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{broken}, "broken: HL-1 (go sqlite default)"},
		{[]string{hollow}, "has no results"},
		{[]string{t.TempDir()}, "no report in"},
		{nil, "usage"},
	} {
		var out strings.Builder
		if err := run(&out, c.args); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v: error = %v, want %s", c.args, err, c.want)
		}
	}
}
