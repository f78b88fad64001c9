// Package gohistory makes older and newer versions of the Go blueprint for tests
// and benchmarks.
package gohistory

import (
	"bytes"
	"os"
	"path/filepath"
)

// Copy copies the Go blueprint from the root of the project into dir, and with it
// what it includes, so that a patch may change both.
func Copy(root, dir string) error {
	blueprints := filepath.Join(root, "blueprints")
	for _, part := range []string{"go", filepath.Join("shared", "service")} {
		if err := os.CopyFS(dir, os.DirFS(filepath.Join(blueprints, part))); err != nil {
			return err
		}
	}
	manifest := filepath.Join(dir, "blueprint.yaml")
	data, err := os.ReadFile(manifest)
	if err != nil {
		return err
	}
	return os.WriteFile(manifest, bytes.Replace(data, []byte("include: [service]\n"), nil, 1), 0o644)
}
