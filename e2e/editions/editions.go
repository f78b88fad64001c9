// Package editions makes older and newer versions of built-in blueprints for
// tests and benchmarks.
package editions

import (
	"bytes"
	"os"
	"path/filepath"
)

// Copy copies a blueprint of the project whose root is given into dir, and with
// it what it includes, so that a patch may change both.
func Copy(root, blueprint, dir string) error {
	blueprints := filepath.Join(root, "blueprints")
	for _, part := range []string{blueprint, filepath.Join("shared", "service")} {
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
