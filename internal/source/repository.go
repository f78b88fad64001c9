package source

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"groundsill.example/internal/blueprint"
	"groundsill.example/internal/diag"
	"groundsill.example/internal/record"
)

// Repository is a generated repository: its record, and the blueprint as it
// was, from its own bundle.
type Repository struct {
	Dir    string // absolute
	Record record.Record
	Source Source
}

// FindRepository returns the repository that dir lies in, by the nearest
// record upward, and whether there is one. Record and bundle are hostile
// input: the error is a *diag.Error when one is broken, or when they do not
// belong together.
func FindRepository(dir string) (Repository, bool, error) {
	at := dir
	for {
		data, err := os.ReadFile(filepath.Join(at, record.Name)) //nolint:gosec // the record is what we look for
		if err == nil {
			r, err := openRepository(at, data)
			return r, err == nil, err
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return Repository{}, false, unreadable(filepath.Join(at, record.Name), err)
		}
		above := filepath.Dir(at)
		if above == at {
			return Repository{}, false, nil
		}
		at = above
	}
}

func openRepository(dir string, data []byte) (Repository, error) {
	rec, err := record.Parse(record.Name, data)
	if err != nil {
		return Repository{}, err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return Repository{}, unreadable(dir, err)
	}
	defer root.Close() //nolint:errcheck // it was only read
	bundle, err := root.ReadFile(filepath.FromSlash(blueprint.BundlePath))
	if err != nil {
		return Repository{}, diag.Wrap(diag.Refused, err, diag.Diagnostic{
			Code: "bundle-missing", Summary: "read " + blueprint.BundlePath,
			Hint: "restore it from git: git checkout -- " + blueprint.BundlePath,
		})
	}
	content, err := blueprint.ParseBundle(blueprint.BundlePath, bundle)
	if err != nil {
		return Repository{}, err
	}
	if digest := blueprint.Digest(content); digest != rec.Blueprint.Digest {
		return Repository{}, diag.New(diag.Refused, diag.Diagnostic{
			Code:    "bundle-digest",
			Summary: fmt.Sprintf("the bundle is %s, and the record says %s", digest, rec.Blueprint.Digest),
			Hint:    "restore both from git: git checkout -- " + record.Name + " " + blueprint.BundlePath,
			At:      diag.Pos{File: blueprint.BundlePath},
		})
	}
	b, err := blueprint.Load(content)
	if err != nil {
		return Repository{}, err
	}
	return Repository{Dir: dir, Record: rec, Source: Source{Blueprint: b, Kind: Kind(rec.Blueprint.Source)}}, nil
}
