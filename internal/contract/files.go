package contract

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"unicode/utf8"
)

const maxFile = 4 << 20 // bytes of a text file that the suite reads

// walk visits the regular files that a fresh clone has: what git ignores and
// what belongs to git and the generator is left out.
func (s *suite) walk(visit func(rel, name string, info fs.FileInfo) error) error {
	text, err := os.ReadFile(filepath.Join(s.Dir, ".gitignore"))
	if err != nil && !os.IsNotExist(err) {
		return err
	}
	ignored := gitIgnore(string(text))
	return filepath.WalkDir(s.Dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || name == s.Dir {
			return err
		}
		rel, err := filepath.Rel(s.Dir, name)
		if err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		if d.IsDir() {
			if slices.Contains([]string{".git", ".sill", "node_modules", ".venv"}, d.Name()) || ignored.has(rel+"/.") {
				return fs.SkipDir
			}
			return nil
		}
		if !d.Type().IsRegular() || ignored.has(rel) {
			return nil
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		return visit(rel, name, info)
	})
}

// files returns the text files of the repository by their path.
func (s *suite) files() (map[string]string, error) {
	all := map[string]string{}
	err := s.walk(func(rel, name string, info fs.FileInfo) error {
		if info.Size() > maxFile {
			return nil
		}
		data, err := os.ReadFile(name) //nolint:gosec // the repository to try is the user's choice
		if err == nil && utf8.Valid(data) {
			all[rel] = string(data)
		}
		return err
	})
	return all, err
}

// under returns the names of the files that match, in order.
func under(files map[string]string, pattern string) []string {
	match := regexp.MustCompile(pattern)
	var names []string
	for name := range files {
		if match.MatchString(name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}
