package e2e

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
)

var update = flag.Bool("update", false, "write the golden repositories and the transcripts of the README anew")

// maxGolden keeps golden files within what reviews show.
const maxGolden = 1 << 20

// TestGolden compares what sill makes with the repositories below
// testdata/golden, a txtar archive each, file by file. Its comment lists the
// files that are not regular ones of mode 0644. The bundle is left out; the
// record holds its digest.
func TestGolden(t *testing.T) {
	for _, blueprint := range goldenBlueprints() {
		for _, c := range goldenCasesOf(blueprint) {
			t.Run(blueprint+"/"+c.name, func(t *testing.T) {
				name := filepath.Join("testdata", "golden", blueprint, c.name+".txtar")
				checkGolden(t, name, archive(t, scaffold(t, append([]string{"--blueprint", blueprint}, c.args...)...)))
			})
		}
	}
}

func checkGolden(t *testing.T, name string, got *txtar.Archive) {
	t.Helper()
	if *update {
		writeGolden(t, name, got)
		return
	}
	want, err := txtar.ParseFile(name)
	if err != nil {
		t.Fatalf("%v; make golden writes it", err)
	}
	if diff := cmp.Diff(contents(want), contents(got)); diff != "" {
		t.Errorf("not what %s holds (- golden, + made); make golden writes it anew:\n%s", name, diff)
	}
}

// TestGoldenDirectory demands that every golden repository has a case.
func TestGoldenDirectory(t *testing.T) {
	for _, blueprint := range goldenBlueprints() {
		files, err := os.ReadDir(filepath.Join("testdata", "golden", blueprint))
		if err != nil {
			t.Fatal(err)
		}
		var got, want []string
		for _, f := range files {
			got = append(got, f.Name())
		}
		for _, c := range goldenCasesOf(blueprint) {
			want = append(want, c.name+".txtar")
		}
		slices.Sort(want)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("golden repositories of %s (- want, + there):\n%s", blueprint, diff)
		}
	}
}

// archive is a generated repository without its bundle.
func archive(t *testing.T, dir string) *txtar.Archive {
	t.Helper()
	var a txtar.Archive
	modes := []string{"What sill new makes; make golden writes this file."}
	for _, file := range walk(t, dir) {
		if strings.HasPrefix(file, ".sill/") {
			continue
		}
		path := filepath.Join(dir, filepath.FromSlash(file))
		info, err := os.Lstat(path)
		if err != nil {
			t.Fatal(err)
		}
		if mode := info.Mode(); mode != 0o644 {
			modes = append(modes, fmt.Sprintf("%s %s", mode, file))
		}
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		a.Files = append(a.Files, txtar.File{Name: file, Data: data})
	}
	a.Comment = []byte(strings.Join(modes, "\n") + "\n\n")
	return &a
}

// contents are the files of an archive by their names, with the comment under
// an empty one.
func contents(a *txtar.Archive) map[string]string {
	m := map[string]string{"": string(a.Comment)}
	for _, f := range a.Files {
		m[f.Name] = string(f.Data)
	}
	return m
}

func writeGolden(t *testing.T, name string, a *txtar.Archive) {
	t.Helper()
	data := txtar.Format(a)
	if diff := cmp.Diff(contents(a), contents(txtar.Parse(data))); diff != "" {
		t.Fatalf("a txtar archive cannot hold this (- made, + read back):\n%s", diff)
	}
	if len(data) > maxGolden {
		t.Fatalf("%s has %d bytes, more than %d", name, len(data), maxGolden)
	}
	if old, err := os.ReadFile(name); err == nil && bytes.Equal(old, data) {
		return
	}
	if err := os.WriteFile(name, data, 0o644); err != nil {
		t.Fatal(err)
	}
}
