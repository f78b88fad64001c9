package gitrepo

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/go-git/go-git/v5/plumbing/format/gitignore"
)

// libraryFiles returns, without git, the names in the index and of the files
// below the prefix that nothing ignores.
func (r Repo) libraryFiles(env Env) ([]string, error) {
	settings, err := readSettings(env, r.Root)
	if err != nil {
		return nil, err
	}
	entries, err := r.libraryEntries()
	if err != nil {
		return nil, err
	}
	names := make([]string, 0, len(entries))
	for _, e := range entries {
		names = append(names, e.Name)
	}
	w := walk{root: r.Root}
	w.read(settings.excludes(), nil)
	w.read(filepath.Join(r.CommonDir, "info", "exclude"), nil)
	at := ""
	for _, segment := range split(r.Prefix) {
		w.read(filepath.Join(r.disk(at), ".gitignore"), split(at))
		at = path.Join(at, segment)
		if w.ignored(at, true) {
			return names, nil
		}
	}
	if at != "" && dirAt(r.disk(at)) != dirOwn {
		return names, nil
	}
	if err := w.dir(at); err != nil {
		return nil, withoutGit(err)
	}
	return append(names, w.names...), nil
}

// walk collects files that no pattern ignores.
type walk struct {
	root     string
	patterns []gitignore.Pattern
	names    []string
}

func split(name string) []string {
	if name == "" {
		return nil
	}
	return strings.Split(name, "/")
}

// read adds the patterns of a file, which count below domain. A file that is
// not there has none.
func (w *walk) read(file string, domain []string) {
	if file == "" {
		return
	}
	data, err := readFile(file)
	if err != nil {
		return
	}
	for line := range strings.Lines(string(data)) {
		line = strings.TrimRight(line, "\r\n")
		if line != "" && !strings.HasPrefix(line, "#") {
			w.patterns = append(w.patterns, gitignore.ParsePattern(line, domain))
		}
	}
}

func (w *walk) ignored(name string, dir bool) bool {
	return gitignore.NewMatcher(w.patterns).Match(split(name), dir)
}

// dir collects the files below name.
func (w *walk) dir(name string) error {
	at := filepath.Join(w.root, filepath.FromSlash(name))
	entries, err := os.ReadDir(at)
	if err != nil {
		return err
	}
	known := len(w.patterns)
	defer func() { w.patterns = w.patterns[:known] }()
	w.read(filepath.Join(at, ".gitignore"), split(name))
	for _, e := range entries {
		if err := w.entry(path.Join(name, e.Name()), e); err != nil {
			return err
		}
	}
	return nil
}

func (w *walk) entry(name string, e fs.DirEntry) error {
	switch {
	case e.Name() == ".git", w.ignored(name, e.IsDir()):
		return nil
	case !e.IsDir():
		w.names = append(w.names, name)
		return nil
	case dirAt(filepath.Join(w.root, filepath.FromSlash(name))) != dirOwn:
		return nil
	}
	return w.dir(name)
}
