package merge

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
)

// Each archive in testdata/document is one merge: base, ours and theirs of a
// file, and want, or the word that a conflict or a Fault is about.
func TestDocuments(t *testing.T) {
	t.Parallel()
	dir := filepath.Join("testdata", "document")
	list, err := os.ReadDir(dir)
	if err != nil || len(list) == 0 {
		t.Fatal("no archives", err)
	}
	for _, entry := range list {
		t.Run(strings.TrimSuffix(entry.Name(), ".txtar"), func(t *testing.T) {
			t.Parallel()
			a, err := txtar.ParseFile(filepath.Join(dir, entry.Name()))
			if err != nil {
				t.Fatal(err)
			}
			name := strings.TrimSpace(string(a.Comment))
			side := map[string][]byte{}
			for _, f := range a.Files {
				side[f.Name] = f.Data
			}
			got := File(name, side["base"], side["ours"], side["theirs"], Rule{}, Labels{})
			if fault, conflict := side["fault"]; conflict {
				if diff := cmp.Diff(strings.TrimSpace(string(fault)), outcome(got)); diff != "" {
					t.Errorf("(-want +got):\n%s%s", diff, got.Data)
				}
				return
			}
			if diff := cmp.Diff(string(side["want"]), string(got.Data)); diff != "" || outcome(got) != "" {
				t.Errorf("%s (-want +got):\n%s", outcome(got), diff)
			}
		})
	}
}

// outcome returns the fault of a result, or that it has conflicts.
func outcome(r Result) string {
	if len(r.Hunks) > 0 {
		return "conflict"
	}
	return r.Fault
}
