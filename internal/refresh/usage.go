package main

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// importLine matches an import in a template, which is not Go yet.
func importLine() *regexp.Regexp {
	return regexp.MustCompile(`(?m)^\s*(?:import\s+)?(?:[\w.]+\s+)?"([a-z0-9-]+(?:\.[a-z0-9-]+)+/[\w./-]+|[a-z0-9-]+(?:\.[a-z0-9-]+)+/v\d+)"\s*(?://.*)?$`)
}

// reportUsage prints which packages on the list no template imports, and which
// imports of templates are not on the list.
func reportUsage(w io.Writer, blueprint string, packages []string) error {
	used, err := importsOfTemplates(blueprint)
	if err != nil || len(used) == 0 {
		return err
	}
	for _, p := range packages {
		if used[p] == "" {
			fmt.Fprintf(w, "unused package %s: no template imports it\n", p)
		}
		delete(used, p)
	}
	var lines []string
	for p, file := range used {
		lines = append(lines, fmt.Sprintf("unlisted package %s, imported by %s\n", p, file))
	}
	slices.Sort(lines)
	_, err = io.WriteString(w, strings.Join(lines, ""))
	if err != nil {
		return fmt.Errorf("report: %w", err)
	}
	return nil
}

// importsOfTemplates returns the imports of all Go templates of the blueprint,
// each with a file that has it.
func importsOfTemplates(blueprint string) (map[string]string, error) {
	pattern := importLine()
	used := map[string]string{}
	err := filepath.WalkDir(blueprint, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.Contains(name, ".go") && !strings.HasSuffix(name, ".tmpl") {
			return err
		}
		data, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		for _, m := range pattern.FindAllSubmatch(data, -1) {
			if path := string(m[1]); !strings.HasPrefix(path, "example.com/") {
				used[path] = name
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read templates: %w", err)
	}
	return used, nil
}
