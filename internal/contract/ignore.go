package contract

import (
	"strings"

	"github.com/bmatcuk/doublestar/v4"
)

// ignoreList is a list of patterns as in .gitignore or .dockerignore; the last
// one that matches decides.
type ignoreList []ignorePattern

type ignorePattern struct {
	glob   string
	keep   bool // the pattern takes back what others leave out
	folder bool // it is about folders only
}

// gitIgnore reads a .gitignore: a pattern without a slash holds at any depth.
func gitIgnore(text string) ignoreList {
	return ignoreLines(text, func(glob string) string {
		if strings.Contains(strings.TrimSuffix(glob, "/"), "/") {
			return glob
		}
		return "**/" + glob
	})
}

// dockerIgnore reads a .dockerignore: every pattern starts at the top.
func dockerIgnore(text string) ignoreList {
	all := ignoreLines(text, func(glob string) string { return strings.TrimPrefix(glob, "./") })
	for i := range all {
		all[i].folder = false
	}
	return all
}

func ignoreLines(text string, place func(string) string) ignoreList {
	var all ignoreList
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		line, keep := strings.CutPrefix(line, "!")
		glob, folder := strings.CutSuffix(place(line), "/")
		all = append(all, ignorePattern{glob: strings.TrimPrefix(glob, "/"), keep: keep, folder: folder})
	}
	return all
}

// has reports whether a file is left out, itself or with one of its folders.
func (l ignoreList) has(name string) bool {
	out := false
	for _, p := range l {
		if p.matches(name) {
			out = !p.keep
		}
	}
	return out
}

func (p ignorePattern) matches(name string) bool {
	for i := range len(name) + 1 {
		whole := i == len(name)
		if whole && !p.folder || !whole && name[i] == '/' {
			if ok, err := doublestar.Match(p.glob, name[:i]); ok && err == nil {
				return true
			}
		}
	}
	return false
}
