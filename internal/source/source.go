// Package source brings blueprints and repositories into memory: built-in
// blueprints, blueprints in a directory, and the files of a repository as a
// Tree. It reads and never writes.
//
// Everything in a directory is read through one os.Root, so neither a path nor
// a symbolic link leads out of it.
package source

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"

	"groundsill.example/blueprints"
	"groundsill.example/internal/blueprint"
	"groundsill.example/internal/diag"
	"groundsill.example/internal/strictyaml"
	"groundsill.example/internal/tree"
)

// The bounds of a blueprint.
const (
	maxFiles = 20_000
	maxBytes = 64 << 20
)

const sharedDir = "shared"

// Kind is how a record names where a blueprint came from.
type Kind string

// The kinds of sources.
const (
	Builtin   Kind = "builtin"
	Directory Kind = "dir"
)

// Source is a loaded blueprint and where it came from.
type Source struct {
	Blueprint *blueprint.Blueprint
	Kind      Kind
}

// Names returns the names of the built-in blueprints, sorted.
func Names() ([]string, error) {
	entries, err := blueprints.FS.ReadDir(".")
	if err != nil {
		return nil, fmt.Errorf("list the built-in blueprints: %w", err)
	}
	var names []string
	for _, e := range entries {
		if e.IsDir() && e.Name() != sharedDir {
			names = append(names, e.Name())
		}
	}
	return names, nil
}

// Open loads a blueprint: a built-in by its name, or a directory when ref
// holds a slash or a backslash or is "." or "..". A relative directory is
// taken from base. The error is a *diag.Error of class Usage when there is no
// such blueprint and of class Blueprint when it is broken.
func Open(base, ref string) (Source, error) {
	names, err := Names()
	if err != nil {
		return Source{}, err
	}
	if slices.Contains(names, ref) {
		return openBuiltin(ref)
	}
	if !strings.ContainsAny(ref, `/\`) && ref != "." && ref != ".." {
		return Source{}, unknown(ref, names)
	}
	return openDir(absolute(base, ref))
}

func openBuiltin(name string) (Source, error) {
	sub, err := fs.Sub(blueprints.FS, name)
	if err != nil {
		return Source{}, fmt.Errorf("open the blueprint %s: %w", name, err)
	}
	return load(sub, Builtin)
}

func openDir(dir string) (Source, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return Source{}, diag.Wrap(diag.Usage, err, diag.Diagnostic{
			Code: "blueprint-unknown", Summary: fmt.Sprintf("there is no blueprint in the directory %q", dir),
			Hint: "sill list shows the built-in blueprints",
		})
	}
	defer root.Close() //nolint:errcheck // it was only read
	return load(root.FS(), Directory)
}

func unknown(ref string, names []string) error {
	hint := "known are " + strings.Join(names, ", ") + "; a directory is written with a slash: ./" + ref
	if near := strictyaml.Nearest(ref, names); near != "" {
		hint = fmt.Sprintf("did you mean %q? A directory is written with a slash: ./%s", near, ref)
	}
	return diag.New(diag.Usage, diag.Diagnostic{
		Code: "blueprint-unknown", Summary: fmt.Sprintf("there is no blueprint %q", ref), Hint: hint,
	})
}

// load reads the parts of a blueprint, and the shared modules it asks for.
func load(fsys fs.FS, kind Kind) (Source, error) {
	r := reader{fsys: fsys}
	for _, part := range []string{blueprint.ManifestName, "CHANGELOG.md", "files", "modules", "partials", "locks"} {
		if err := r.add(part, part); err != nil {
			return Source{}, err
		}
	}
	if err := r.addShared(); err != nil {
		return Source{}, err
	}
	b, err := blueprint.Load(r.tree.Tree())
	if err != nil {
		return Source{}, err
	}
	return Source{b, kind}, nil
}

type reader struct {
	fsys  fs.FS
	tree  tree.Builder
	files int
	bytes int
}

// addShared reads the shared modules that the manifest names, and the shared
// parts that it includes: their files and partials are as if they were its own.
func (r *reader) addShared() error {
	manifest, err := fs.ReadFile(r.fsys, blueprint.ManifestName)
	if err != nil {
		return nil //nolint:nilerr // blueprint.Load says that the manifest is missing
	}
	modules, parts, err := blueprint.Shared(manifest)
	if err != nil {
		return err
	}
	shared := &reader{fsys: blueprints.FS, tree: r.tree, files: r.files, bytes: r.bytes}
	for _, name := range modules {
		if err := shared.addModule(name); err != nil {
			return err
		}
	}
	for _, name := range parts {
		if err := shared.addPart(name); err != nil {
			return err
		}
	}
	r.tree = shared.tree
	return nil
}

func (r *reader) addModule(name string) error {
	from := path.Join(sharedDir, name)
	if _, err := fs.Stat(r.fsys, path.Join(from, "module.yaml")); err != nil {
		return problem("shared-unknown", fmt.Sprintf("there is no shared module %q", name), blueprint.ManifestName)
	}
	return r.add(from, path.Join("modules", name))
}

func (r *reader) addPart(name string) error {
	from := path.Join(sharedDir, name)
	_, err := fs.Stat(r.fsys, path.Join(from, "module.yaml"))
	if _, missing := fs.Stat(r.fsys, from); missing != nil || err == nil {
		return problem("shared-unknown", fmt.Sprintf("there is no shared part %q", name), blueprint.ManifestName)
	}
	for _, part := range []string{"files", "partials"} {
		if err := r.add(path.Join(from, part), part); err != nil {
			return err
		}
	}
	return nil
}

// add reads the file or directory from into the tree at the path to. What is
// not there is left out.
func (r *reader) add(from, to string) error {
	// WalkDir follows a link that is the root of the walk, and only that one.
	if info, err := fs.Lstat(r.fsys, from); err == nil && info.Mode()&fs.ModeSymlink != 0 {
		return special(from)
	}
	return fs.WalkDir(r.fsys, from, func(name string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) && name == from {
			return nil
		}
		if err != nil {
			return problem("blueprint-unreadable", err.Error(), name)
		}
		if d.IsDir() {
			return nil
		}
		if !d.Type().IsRegular() {
			return special(name)
		}
		return r.file(name, to+strings.TrimPrefix(name, from), d)
	})
}

func (r *reader) file(name, to string, d fs.DirEntry) error {
	info, err := d.Info()
	if err != nil {
		return problem("blueprint-unreadable", err.Error(), name)
	}
	r.files++
	r.bytes += int(info.Size())
	if r.files > maxFiles || info.Size() > maxBytes || r.bytes > maxBytes {
		return problem("blueprint-large",
			fmt.Sprintf("a blueprint has at most %d files and %d MiB", maxFiles, maxBytes>>20), name)
	}
	data, err := fs.ReadFile(r.fsys, name)
	if err != nil {
		return problem("blueprint-unreadable", err.Error(), name)
	}
	mode := tree.Regular
	if info.Mode()&0o111 != 0 {
		mode = tree.Executable
	}
	p, err := tree.ParsePath(to)
	if err == nil {
		err = r.tree.Add(p, tree.File{Data: data, Mode: mode})
	}
	if e, ok := errors.AsType[*diag.Error](err); ok {
		return problem(e.Code(), e.Diagnostics[0].Summary, name)
	}
	return err
}

func special(name string) error {
	return problem("blueprint-special", "a blueprint holds regular files only, no link and no device", name)
}

func problem(code, summary, file string) error {
	return diag.New(diag.Blueprint, diag.Diagnostic{Code: code, Summary: summary, At: diag.Pos{File: file}})
}
