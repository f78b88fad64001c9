package e2e

import (
	"cmp"
	"hash/fnv"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// fullCorpus builds and tests every cell instead of a sample; make corpus-full
// sets it.
const fullCorpus = "SILL_CORPUS_FULL"

// buildSample builds, vets and tests cells that merged with the Go toolchain,
// and edits alone: what they come to proves nothing if they do not build. All
// are built in one directory, one after the other, so that the build cache
// knows the packages that they have in common.
func (c *corpus) buildSample(t *testing.T) {
	t.Helper()
	if testing.Short() {
		return
	}
	dir := filepath.Join(t.TempDir(), "orders")
	for _, one := range c.sample(t) {
		t.Run(strings.ReplaceAll(one.name(), " / ", ", then "), func(t *testing.T) { // a slash parts names of tests
			must(t, os.RemoveAll(dir))
			for name, data := range one.result {
				put(t, filepath.Join(dir, filepath.FromSlash(name)), data)
			}
			silent(t, dir, "go", "build", "-mod=readonly", "./...")
			silent(t, dir, "go", "vet", "./...")
			testService(t, dir)
		})
	}
}

// sample returns what is built: everything, or the cells whose names the commit
// at HEAD puts first. A checkout without git has the same sample each time.
func (c *corpus) sample(t *testing.T) []cell {
	t.Helper()
	var good []cell
	for _, one := range c.cells {
		if one.kind() == "" && one.outcome != clean || one.op == "" && !one.bare {
			good = append(good, one)
		}
	}
	if os.Getenv(fullCorpus) != "" {
		return good
	}
	head, _ := command(".", "git", "rev-parse", "HEAD").Output() // none: no git
	rank := func(one cell) uint64 {
		h := fnv.New64a()
		_, _ = h.Write([]byte(strings.TrimSpace(string(head)) + one.name()))
		return h.Sum64()
	}
	slices.SortFunc(good, func(a, b cell) int { return cmp.Compare(rank(a), rank(b)) })
	return good[:min(sampleSize, len(good))]
}
