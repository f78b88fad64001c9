package e2e

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"
)

// walk lists the files below a directory, slash-separated and sorted, without
// those of git.
func walk(t *testing.T, dir string) []string {
	t.Helper()
	var files []string
	err := fs.WalkDir(os.DirFS(dir), ".", func(name string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() && name == ".git" {
			return fs.SkipDir
		}
		if err == nil && !d.IsDir() {
			files = append(files, name)
		}
		return err
	})
	if err != nil || len(files) == 0 {
		t.Fatalf("no files in %s: %v", dir, err)
	}
	return files
}

// readTree reads every file below a directory but the bundle.
func readTree(t *testing.T, dir string) map[string]string {
	t.Helper()
	tree := map[string]string{}
	for _, file := range walk(t, dir) {
		if !strings.HasPrefix(file, ".sill/") {
			tree[file] = read(t, dir, file)
		}
	}
	return tree
}

func read(t *testing.T, dir, file string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(file)))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// recordFile is what the tests ask of a repository's sill.yaml.
type recordFile struct {
	Blueprint struct{ Name, Version, Source, Digest string }
	Answers   map[string]any
	Resources []struct{ Name, Plural string }
	Modules   map[string]any
	Commands  map[string][]string
}

func readRecord(t *testing.T, dir string) recordFile {
	t.Helper()
	var r recordFile
	if err := yaml.Unmarshal([]byte(read(t, dir, "sill.yaml")), &r); err != nil {
		t.Fatal(err)
	}
	return r
}

func exists(name string) bool {
	_, err := os.Lstat(name)
	return err == nil
}
