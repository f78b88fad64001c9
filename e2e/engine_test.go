package e2e

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"groundsill.example/internal/render"
	"groundsill.example/internal/source"
)

// engineOne is the corpus of engine 1: records and bundles as sill new and sill
// add wrote them, from small blueprints that use what the engine has.
const engineOne = "testdata/engine/1"

// TestEngine demands that what engine 1 makes of a record and a bundle never
// changes: repositories are merged on the base that it renders years later. The
// corpus grows and does not change. Each line of its digests has an entry, the
// digest of its record and bundle, and that of the tree; -update adds lines for
// entries that have none, and leaves those that are there. What fails here
// needs an engine of another number.
func TestEngine(t *testing.T) {
	list := filepath.Join(engineOne, "digests")
	data, err := os.ReadFile(list)
	if err != nil && !*update {
		t.Fatal(err)
	}
	frozen := map[string]string{}
	for line := range strings.Lines(string(data)) {
		name, digests, _ := strings.Cut(strings.TrimSpace(line), " ")
		frozen[name] = digests
	}
	entries, err := os.ReadDir(engineOne)
	must(t, err)
	for _, e := range entries {
		if !e.IsDir() {
			continue
		}
		want, known := frozen[e.Name()]
		delete(frozen, e.Name())
		got := engineDigests(t, filepath.Join(engineOne, e.Name()))
		switch {
		case !known && *update:
			data = append(data, e.Name()+" "+got+"\n"...)
		case !known:
			t.Errorf("%s has no digests; go test ./e2e -run TestEngine -update adds them", e.Name())
		case got != want:
			t.Errorf("%s has the digests\n%s\nand had\n%s", e.Name(), got, want)
		}
	}
	for name := range frozen {
		t.Errorf("%s is gone", name)
	}
	if *update {
		must(t, os.WriteFile(list, data, 0o644))
	}
}

// engineDigests renders an entry. The first digest is of its files, the second
// of the tree.
func engineDigests(t *testing.T, dir string) string {
	t.Helper()
	abs, err := filepath.Abs(dir)
	must(t, err)
	entry := sha256.New()
	for _, file := range []string{"sill.yaml", ".sill/blueprint.bundle"} {
		fmt.Fprintf(entry, "%q %q\n", file, read(t, dir, file))
	}
	repo, found, err := source.FindRepository(abs)
	if err != nil || !found || repo.Dir != abs {
		t.Fatalf("%s is no repository: %v", dir, err)
	}
	out, err := render.Render(repo.Source.Blueprint, repo.Record)
	must(t, err)
	tree := sha256.New()
	for path, file := range out.Tree.All() {
		fmt.Fprintf(tree, "%q %s %q\n", path, file.Mode, file.Data)
	}
	return hex.EncodeToString(entry.Sum(nil)) + " " + hex.EncodeToString(tree.Sum(nil))
}
