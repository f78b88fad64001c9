package e2e

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"groundsill.example/internal/contract"
)

// TestContract runs the black-box suite against what sill makes: no MUST is
// broken, and of the SHOULDs only those that are known.
func TestContract(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds and runs services")
	}
	for _, c := range []struct {
		name string
		args []string
	}{
		{"default", nil},
		{"related", []string{"--resource-file", resourceFile("related")}},
		{"no resource", []string{"--no-resource"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			dir := scaffold(t, c.args...)
			if out, err := command(dir, "go", "build", "-o", filepath.Join("bin", "server"), "./cmd/server").CombinedOutput(); err != nil {
				t.Fatalf("build: %v\n%s", err, out)
			}
			report, err := contract.Run(t.Context(), contract.Options{
				Dir: dir, Scratch: t.TempDir(), Now: time.Now,
				Env: []string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir()},
			})
			must(t, err)
			var table bytes.Buffer
			must(t, report.Table(&table))
			broken := report.Count(contract.Must, contract.Broken)
			// Base images have tags and no digests: no registry tells them here.
			const known = 1
			if broken > 0 || report.Count(contract.Should, contract.Broken) > known {
				t.Errorf("%s", &table)
				return
			}
			t.Logf("%s", &table)
		})
	}
}
