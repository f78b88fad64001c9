package gitrepo

import (
	"path/filepath"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
)

// includes returns the file that e includes, if it does.
func (r *configReader) includes(e entry, from string) (string, bool) {
	if e.key != "include.path" {
		cond, ok := strings.CutPrefix(e.key, "includeif.")
		cond, isPath := strings.CutSuffix(cond, ".path")
		if !ok || !isPath || !r.holds(cond, from) {
			return "", false
		}
	}
	return r.expand(e.value, from)
}

// expand makes the path of a setting in the file from absolute.
func (r *configReader) expand(path, from string) (string, bool) {
	rest, inHome := strings.CutPrefix(path, "~/")
	switch {
	case inHome && r.env.home() != "":
		return filepath.Join(r.env.home(), filepath.FromSlash(rest)), true
	case strings.HasPrefix(path, "~"), strings.HasPrefix(path, "%(prefix)"):
		r.beyond("a path of the configuration begins with " + path[:1])
		return "", false
	case path == "":
		return "", false
	case filepath.IsAbs(path):
		return path, true
	}
	return filepath.Join(filepath.Dir(from), filepath.FromSlash(path)), true
}

// holds reports whether the condition of an includeIf holds. Conditions on
// branches and remotes do not: a new repository has neither.
func (r *configReader) holds(cond, from string) bool {
	kind, pattern, _ := strings.Cut(cond, ":")
	name := filepath.ToSlash(r.gitDir)
	switch kind {
	case "gitdir":
		pattern = r.gitDirPattern(pattern, from)
	case "gitdir/i":
		name = strings.ToLower(name)
		pattern = strings.ToLower(r.gitDirPattern(pattern, from))
	default:
		return false
	}
	matches, err := doublestar.Match(pattern, name)
	return err == nil && matches
}

// gitDirPattern completes a pattern as git-config(1) says under "Conditional
// includes".
func (r *configReader) gitDirPattern(pattern, from string) string {
	pattern = filepath.ToSlash(pattern)
	if strings.HasSuffix(pattern, "/") {
		pattern += "**"
	}
	pattern = strings.NewReplacer("{", `\{`, "}", `\}`).Replace(pattern)
	if rest, ok := strings.CutPrefix(pattern, "~/"); ok {
		return literal(r.env.home()) + "/" + rest
	}
	if rest, ok := strings.CutPrefix(pattern, "./"); ok {
		return literal(filepath.Dir(from)) + "/" + rest
	}
	if !filepath.IsAbs(pattern) && !strings.HasPrefix(pattern, "/") {
		return "**/" + pattern
	}
	return pattern
}

// literal returns a pattern that matches the real path of dir and nothing else.
func literal(dir string) string {
	if actual, err := filepath.EvalSymlinks(dir); err == nil {
		dir = actual
	}
	dir = strings.TrimSuffix(filepath.ToSlash(dir), "/")
	return strings.NewReplacer(`*`, `\*`, `?`, `\?`, `[`, `\[`, `{`, `\{`, `}`, `\}`).Replace(dir)
}
