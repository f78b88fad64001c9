package e2e

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/google/go-cmp/cmp"
)

// entry is what a test compares of a file: its mode, and its content or the
// target of the link.
type entry struct {
	Mode fs.FileMode
	Data string
}

// snapshot returns everything below dir by its slash-separated path, without
// .git and .sill/tmp, where sill keeps what undoes its last run. Directories are
// in it. A dir that is not there holds nothing.
func snapshot(dir string) (map[string]entry, error) {
	all := map[string]entry{}
	err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if os.IsNotExist(err) && name == dir {
			return nil
		}
		if err != nil {
			return err
		}
		if d.Name() == ".git" {
			if d.IsDir() {
				return filepath.SkipDir
			}
			return nil
		}
		rel, err := filepath.Rel(dir, name)
		if err != nil || rel == "." {
			return err
		}
		if strings.HasSuffix(filepath.ToSlash(name), "/.sill/tmp") {
			return filepath.SkipDir
		}
		all[filepath.ToSlash(rel)], err = entryAt(name, d)
		return err
	})
	return all, err
}

func entryAt(name string, d fs.DirEntry) (entry, error) {
	info, err := d.Info()
	if err != nil {
		return entry{}, err
	}
	e := entry{Mode: info.Mode()}
	switch {
	case info.Mode().IsRegular():
		data, err := os.ReadFile(name)
		e.Data = string(data)
		return e, err
	case info.Mode()&fs.ModeSymlink != 0:
		e.Data, err = os.Readlink(name)
		return e, err
	}
	return e, nil
}

// diffTrees says how two snapshots differ; empty when they do not.
func diffTrees(a, b map[string]entry) string { return cmp.Diff(a, b) }
