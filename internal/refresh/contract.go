package main

import (
	"maps"
	"path"
	"slices"
	"strings"

	"groundsill.example/internal/lock"
)

// contract leaves out the packages that only their own module imports, and
// gives their imports to the packages that lead to them. That is allowed where
// no other module could provide them by its path, since then they add nothing
// to a go.sum.
func contract(mods []lock.Module, packages map[string]lock.Package) {
	paths := map[string]bool{}
	outside := map[string]bool{}
	for _, p := range packages {
		for _, t := range p.Tests {
			outside[t] = true
		}
	}
	for _, m := range mods {
		paths[m.Path] = true
		for _, imports := range m.Packages {
			for _, i := range imports {
				if !below(i, m.Path) {
					outside[i] = true
				}
			}
		}
	}
	for i := range mods {
		mods[i].Packages = contracted(mods[i], func(pkg string) bool {
			return below(pkg, mods[i].Path) && !outside[pkg] && !contested(pkg, mods[i].Path, paths)
		})
	}
}

// contested reports whether the path of another module leads from the module
// to the package.
func contested(pkg, mod string, paths map[string]bool) bool {
	for p := pkg; p != mod; p = path.Dir(p) {
		if paths[p] {
			return true
		}
	}
	return false
}

func below(pkg, mod string) bool {
	return pkg == mod || strings.HasPrefix(pkg, mod+"/")
}

// contracted returns the packages of m that are not inner, with the imports of
// the inner ones they lead to.
func contracted(m lock.Module, inner func(string) bool) map[string][]string {
	if m.Packages == nil {
		return nil
	}
	out := map[string][]string{}
	for dir := range m.Packages {
		if inner(path.Join(m.Path, dir)) {
			continue
		}
		reached := map[string]bool{}
		gather(m, dir, inner, reached)
		imports := slices.Collect(maps.Keys(reached))
		imports = slices.DeleteFunc(imports, inner)
		slices.Sort(imports)
		out[dir] = imports
	}
	return out
}

func gather(m lock.Module, dir string, inner func(string) bool, reached map[string]bool) {
	for _, i := range m.Packages[dir] {
		if reached[i] {
			continue
		}
		reached[i] = true
		if inner(i) {
			gather(m, relative(i, m.Path), inner, reached)
		}
	}
}

// relative returns the directory of a package in its module.
func relative(pkg, mod string) string {
	if pkg == mod {
		return "."
	}
	return pkg[len(mod)+1:]
}
