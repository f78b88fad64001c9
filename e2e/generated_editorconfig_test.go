package e2e

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/bmatcuk/doublestar/v4"
)

// checkEditorConfig demands that every file obeys the repository's own
// .editorconfig.
func checkEditorConfig(t *testing.T, tree map[string]string) {
	t.Helper()
	sections := parseEditorConfig(t, tree[".editorconfig"])
	for _, file := range slices.Sorted(maps.Keys(tree)) {
		rules := rulesFor(sections, file)
		if rules["end_of_line"] != "lf" || rules["charset"] != "utf-8" {
			t.Errorf("%s: .editorconfig does not say lf and utf-8", file)
		}
		for i, line := range strings.Split(tree[file], "\n") {
			if problem := badIndent(rules, line); problem != "" && !continues(file, line) {
				t.Errorf("%s:%d: %s: %q", file, i+1, problem, line)
			}
		}
	}
}

// continues says that a line belongs to something with its own alignment: a
// text within Go code, or the second line of a command.
func continues(file, line string) bool {
	return strings.HasSuffix(file, ".go") && strings.HasPrefix(line, " ") || strings.HasPrefix(line, " *")
}

func badIndent(rules map[string]string, line string) string {
	indent := line[:len(line)-len(strings.TrimLeft(line, " \t"))]
	switch rules["indent_style"] {
	case "tab":
		if strings.HasPrefix(indent, " ") {
			return "spaces where .editorconfig wants tabs"
		}
	case "space":
		if strings.Contains(indent, "\t") {
			return "a tab where .editorconfig wants spaces"
		}
		size, err := strconv.Atoi(rules["indent_size"])
		if err == nil && len(indent)%size != 0 {
			return fmt.Sprintf("an indent that is no multiple of %d", size)
		}
	}
	return ""
}

// section is a part of an .editorconfig: a pattern and its rules.
type section struct {
	pattern string
	rules   map[string]string
}

func parseEditorConfig(t *testing.T, text string) []section {
	t.Helper()
	var sections []section
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		if strings.HasPrefix(line, "[") {
			sections = append(sections, section{strings.Trim(line, "[]"), map[string]string{}})
			continue
		}
		key, value, found := strings.Cut(line, "=")
		if !found {
			t.Fatalf(".editorconfig: %q is no rule", line)
		}
		if len(sections) > 0 {
			sections[len(sections)-1].rules[strings.TrimSpace(key)] = strings.TrimSpace(value)
		}
	}
	if len(sections) == 0 {
		t.Fatal(".editorconfig has no sections")
	}
	return sections
}

// rulesFor unites the rules of all sections that match, later ones last.
func rulesFor(sections []section, file string) map[string]string {
	rules := map[string]string{}
	for _, s := range sections {
		name := file
		if !strings.Contains(s.pattern, "/") {
			name = filepath.Base(file)
		}
		if doublestar.MatchUnvalidated(s.pattern, name) {
			maps.Copy(rules, s.rules)
		}
	}
	return rules
}
