// Package lock gives a rendered repository its lock files. It does what the
// package manager of the language would do, over a frozen table that holds
// everything a blueprint can ever use, so that the result is complete and tidy
// for every combination of answers.
//
// It never asks a network, runs a program or reads a disk: the table is made
// beforehand, and the files come as a tree.
package lock

import (
	"bytes"
	"fmt"
	"go/version"
	"path"

	"golang.org/x/mod/modfile"

	"groundsill.example/internal/diag"
	"groundsill.example/internal/tree"
)

// Go returns go.mod and go.sum for the module whose files are in t and whose
// go.mod, as rendered, is at mod. The rendered file holds the module, go,
// toolchain and tool lines; what it requires is replaced. The results are the
// bytes "go mod tidy" would leave, given the versions of superset.
//
// An import that superset does not provide is a *diag.Error of class
// Blueprint that names every file and line.
func Go(superset []byte, t tree.Tree, mod tree.Path) (gomod, gosum []byte, err error) {
	table, err := ParseTable(superset)
	if err != nil {
		return nil, nil, err
	}
	file, err := parseMod(t, mod)
	if err != nil {
		return nil, nil, err
	}
	if version.Compare("go"+file.Go.Version, "go"+table.Go) < 0 {
		summary := fmt.Sprintf("go %s is older than the go %s that the modules of the lock ask for", file.Go.Version, table.Go)
		return nil, nil, modError(mod, "go-mod-old", summary, nil)
	}
	uses, err := scanTree(t, mod, file.Module.Mod.Path)
	if err != nil {
		return nil, nil, err
	}
	direct, err := table.Wanted(uses)
	if err != nil {
		return nil, nil, err
	}
	tools, err := toolsOf(table, file, mod)
	if err != nil {
		return nil, nil, err
	}
	res, err := table.Tidy(direct, tools)
	if err != nil {
		return nil, nil, err
	}
	gomod, err = writeMod(file, res.Require)
	if err != nil {
		return nil, nil, err
	}
	return gomod, writeSum(res.Sums), nil
}

func parseMod(t tree.Tree, mod tree.Path) (*modfile.File, error) {
	f, ok := t.File(mod)
	if !ok {
		return nil, modError(mod, "go-mod-missing", "the manifest of the lock is not among the rendered files", nil)
	}
	file, err := modfile.Parse(mod.String(), f.Data, nil)
	if err != nil {
		return nil, modError(mod, "go-mod-syntax", "the rendered go.mod does not parse", err)
	}
	if file.Module == nil || file.Go == nil {
		return nil, modError(mod, "go-mod-incomplete", "the rendered go.mod has no module line or no go line", nil)
	}
	return file, nil
}

func modError(mod tree.Path, code, summary string, cause error) error {
	return diag.Wrap(diag.Blueprint, cause, diag.Diagnostic{
		Code: code, Summary: summary, At: diag.Pos{File: mod.String()},
	})
}

// toolsOf resolves the tool lines. A tool that belongs to the module itself
// needs nothing.
func toolsOf(table *Table, file *modfile.File, mod tree.Path) ([]string, error) {
	var uses []Use
	for _, tool := range file.Tool {
		if within(tool.Path, file.Module.Mod.Path) || standard(tool.Path) {
			continue
		}
		at := diag.Pos{File: mod.String(), Line: tool.Syntax.Start.Line}
		uses = append(uses, Use{Path: tool.Path, At: at})
	}
	return table.Wanted(uses)
}

// writeMod lays the requirements out as the go command does: those the code
// imports in one block, the others in a second.
func writeMod(file *modfile.File, require []Requirement) ([]byte, error) {
	file.SetRequireSeparateIndirect(nil)
	file.Cleanup()
	var reqs []*modfile.Require
	for _, r := range require {
		req := &modfile.Require{Indirect: !r.Direct}
		req.Mod.Path, req.Mod.Version = r.Path, r.Version
		reqs = append(reqs, req)
	}
	file.SetRequireSeparateIndirect(reqs)
	file.SortBlocks()
	file.Cleanup()
	data, err := file.Format()
	if err != nil {
		return nil, fmt.Errorf("format %s: %w", file.Module.Mod.Path, err)
	}
	return data, nil
}

func writeSum(sums []Sum) []byte {
	var b bytes.Buffer
	for _, s := range sums {
		b.WriteString(s.Path)
		b.WriteByte(' ')
		b.WriteString(s.Version)
		b.WriteByte(' ')
		b.WriteString(s.Hash)
		b.WriteByte('\n')
	}
	return b.Bytes()
}

// SumPath returns where the go.sum of the go.mod at mod belongs.
func SumPath(mod tree.Path) (tree.Path, error) {
	return tree.ParsePath(path.Join(path.Dir(mod.String()), "go.sum"))
}
