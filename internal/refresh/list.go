package main

import (
	"fmt"
	"slices"
	"strings"

	"golang.org/x/mod/module"
	"golang.org/x/mod/semver"
)

// list is what a file like go.packages says: which packages templates may
// import, and which modules are held at a version.
type list struct {
	language string            // the go line of a generated go.mod
	packages []string          // import paths, sorted
	pins     map[string]string // module path → version
	matches  []match
}

// match demands that a module has the very version another one requires, not a
// newer one.
type match struct {
	module, of string
}

// parseList reads lines of four forms. A number sign starts a comment.
//
//	go 1.26.0
//	IMPORT-PATH
//	module MODULE-PATH VERSION
//	match MODULE-PATH OF-MODULE-PATH
func parseList(name string, data []byte) (list, error) {
	l := list{pins: map[string]string{}}
	n := 0
	for text := range strings.Lines(string(data)) {
		n++
		text, _, _ = strings.Cut(text, "#")
		words := strings.Fields(text)
		if len(words) == 0 {
			continue
		}
		if err := l.add(words); err != nil {
			return list{}, fmt.Errorf("%s:%d: %w", name, n, err)
		}
	}
	if l.language == "" || len(l.packages) == 0 {
		return list{}, fmt.Errorf("%s: a go line and at least one package are needed", name)
	}
	slices.Sort(l.packages)
	return l, nil
}

func (l *list) add(words []string) error {
	switch {
	case words[0] == "go" && len(words) == 2:
		l.language = words[1]
	case words[0] == "module" && len(words) == 3:
		if !semver.IsValid(words[2]) {
			return fmt.Errorf("%q is not a version", words[2])
		}
		l.pins[words[1]] = words[2]
	case words[0] == "match" && len(words) == 3:
		l.matches = append(l.matches, match{words[1], words[2]})
	case len(words) == 1:
		if err := module.CheckImportPath(words[0]); err != nil {
			return fmt.Errorf("package: %w", err)
		}
		if slices.Contains(l.packages, words[0]) {
			return fmt.Errorf("%s is listed twice", words[0])
		}
		l.packages = append(l.packages, words[0])
	default:
		return fmt.Errorf("%q is not a line of this file", strings.Join(words, " "))
	}
	return nil
}
