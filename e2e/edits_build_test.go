package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
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
			testService(t, dir, "GOFLAGS=-vet=off '-ldflags=-s -w'") // vetted above; nobody will debug it
		})
	}
}

// sample returns what is built: everything, or the cells whose turn it is.
func (c *corpus) sample(t *testing.T) []cell {
	t.Helper()
	var good []cell
	for _, one := range c.cells {
		if one.kind() == "" && one.outcome != clean || one.op == "" && !one.bare {
			good = append(good, one)
		}
	}
	return byTurns(t, good, (len(good)+sampleSize-1)/sampleSize, time.Hour, fullCorpus, cell.name)
}
