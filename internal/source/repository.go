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
	"groundsill.example/internal/tree"
)

// Repository is a generated repository: its record, and the blueprint as it
// was, from its own bundle.
type Repository struct {
	Dir    string // absolute
	Record record.Record
	Source Source
	Own    tree.Tree // the record and the bundle as they were read
}

// FindRepository returns the repository that dir lies in, by the nearest
// record upward, and whether there is one. Record and bundle are hostile
// input: the error is a *diag.Error when one is broken, or when they do not
// belong together.
func FindRepository(dir string) (Repository, bool, error) {
	root, found, err := FindRoot(dir)
	if err != nil || !found {
		return Repository{}, false, err
	}
	r, err := openRepository(root)
	return r, err == nil, err
}

// FindRoot returns where the repository is that dir lies in, and whether there
// is one. It reads nothing of it.
func FindRoot(dir string) (string, bool, error) {
	for {
		_, err := os.Lstat(filepath.Join(dir, record.Name))
		if err == nil {
			return dir, true, nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return "", false, unreadable(filepath.Join(dir, record.Name), err)
		}
		above := filepath.Dir(dir)
		if above == dir {
			return "", false, nil
		}
		dir = above
	}
}

// maxRepositoryFile is the largest record or bundle, in bytes. A bundle holds a
// blueprint, some of it in base64.
const maxRepositoryFile = 2 * maxBytes

// readRegular reads a file of a repository that may be hostile: a link, a pipe
// that never ends and a file without measure are refused.
func readRegular(root *os.Root, name, code string) (tree.File, error) {
	info, err := root.Lstat(filepath.FromSlash(name))
	if err == nil && (!info.Mode().IsRegular() || info.Size() > maxRepositoryFile) {
		err = fmt.Errorf("it is no regular file of at most %d MiB", maxRepositoryFile>>20)
	}
	var data []byte
	if err == nil {
		data, err = root.ReadFile(filepath.FromSlash(name))
	}
	if err != nil {
		return tree.File{}, diag.Wrap(diag.Refused, err, diag.Diagnostic{
			Code: code, Summary: "read " + name,
			Hint: "restore it from git: git checkout -- " + name, At: diag.Pos{File: name},
		})
	}
	return tree.File{Data: data, Mode: modeOf(info)}, nil
}

func openRepository(dir string) (Repository, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return Repository{}, unreadable(dir, err)
	}
	defer root.Close() //nolint:errcheck // it was only read
	text, err := readRegular(root, record.Name, "record-unreadable")
	if err != nil {
		return Repository{}, err
	}
	rec, err := record.Parse(record.Name, text.Data)
	if err != nil {
		return Repository{}, err
	}
	bundle, err := readRegular(root, blueprint.BundlePath, "bundle-missing")
	if err != nil {
		return Repository{}, err
	}
	content, err := blueprint.ParseBundle(blueprint.BundlePath, bundle.Data)
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
	own, err := ownTree(text, bundle)
	return Repository{Dir: dir, Record: rec, Source: Source{Blueprint: b, Kind: Kind(rec.Blueprint.Source)}, Own: own}, err
}

func ownTree(text, bundle tree.File) (tree.Tree, error) {
	var b tree.Builder
	for name, f := range map[string]tree.File{record.Name: text, blueprint.BundlePath: bundle} {
		p, err := tree.ParsePath(name)
		if err == nil {
			err = b.Add(p, f)
		}
		if err != nil {
			return tree.Tree{}, err
		}
	}
	return b.Tree(), nil
}
