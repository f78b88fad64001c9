package scaffold

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"groundsill.example/internal/record"
	"groundsill.example/internal/render"
	"groundsill.example/internal/source"
	"groundsill.example/internal/tree"
)

// Frozen files stay as they were made: a migration that exists is never
// rendered differently, neither its text nor its name. Where the blueprint or
// an answer has changed since, a rendering no longer tells what they were, so
// the repository keeps a copy, at frozenDir/ENTRY/PATH: all files of an entry
// of the schema log, or none where a rendering makes just them.
const (
	frozenDir = ".sill/frozen"
	noEntry   = "0" // for files that are frozen and of no entry
)

// frozenFiles are files by the number of the entry that they are of, "" for
// none.
type frozenFiles map[string]map[tree.Path]tree.File

// frozenOf returns the frozen files of a rendering.
func frozenOf(o render.Output) frozenFiles {
	all := frozenFiles{}
	for p, at := range o.Frozen {
		if f, there := o.Tree.File(p); there {
			all.add(at, p, f)
		}
	}
	return all
}

func (f frozenFiles) add(at string, p tree.Path, file tree.File) {
	if f[at] == nil {
		f[at] = map[tree.Path]tree.File{}
	}
	f[at][p] = file
}

// in returns a rendering in which the entries that f knows have its files and
// no others.
func (f frozenFiles) in(o render.Output) render.Output {
	if len(f) == 0 {
		return o
	}
	files, frozen := maps.Collect(o.Tree.All()), maps.Clone(o.Frozen)
	for p, at := range o.Frozen {
		if _, known := f[at]; known {
			delete(files, p)
			delete(frozen, p)
		}
	}
	for at, own := range f {
		for p, file := range own {
			files[p], frozen[p] = file, at
		}
	}
	o.Tree, o.Frozen = tree.Of(files), frozen
	return o
}

// readCopies returns the copies that the repository keeps. What is no copy of a
// file that an entry of the log can have is left out: they are hostile input.
func (c *change) readCopies() error {
	var err error
	if c.copies, err = source.Below(c.repo.Dir, frozenDir); err != nil {
		return err
	}
	c.frozen = frozenFiles{}
	for name, f := range c.copies.All() {
		at, rest, _ := strings.Cut(strings.TrimPrefix(name.String(), frozenDir+"/"), "/")
		p, err := tree.ParsePath(rest)
		if err != nil || own(p) || f.Mode != tree.Regular && f.Mode != tree.Executable {
			continue
		}
		switch {
		case at == noEntry:
			c.frozen.add("", p, f)
		case logged(c.from, at):
			c.frozen.add(at, p, f)
		}
	}
	return nil
}

// logged reports whether the schema log has an entry of a number.
func logged(r record.Record, at string) bool {
	return slices.ContainsFunc(r.Schema, func(e record.Entry) bool { return e.At == at })
}

// freeze keeps frozen files as they were made.
func (c *change) freeze() {
	kept := frozenFiles{}
	for at, files := range frozenOf(c.base) {
		for p, f := range files {
			_, stays := c.theirs.Tree.File(p)
			if at == "" && stays || at != "" && logged(c.to, at) {
				kept.add(at, p, f)
			}
		}
	}
	c.keep(kept)
}

// keep puts frozen files into the new rendering, and has the repository keep
// copies of those that it would make otherwise.
func (c *change) keep(kept frozenFiles) {
	made := frozenOf(c.theirs)
	for p, f := range made[""] {
		if _, there := kept[""][p]; !there {
			kept.add("", p, f)
		}
	}
	c.theirs = kept.in(c.theirs)
	c.frozen = kept
	maps.DeleteFunc(c.frozen, func(at string, files map[tree.Path]tree.File) bool {
		return maps.EqualFunc(files, made[at], tree.File.Equal)
	})
}

// newCopies returns the copies that the repository is to keep.
func (c *change) newCopies() (map[tree.Path]tree.File, error) {
	all := map[tree.Path]tree.File{}
	for at, files := range c.frozen {
		for p, f := range files {
			name, err := tree.ParsePath(frozenDir + "/" + cmp.Or(at, noEntry) + "/" + p.String())
			if err != nil {
				return nil, err
			}
			all[name] = f
		}
	}
	return all, nil
}
