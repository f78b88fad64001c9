package e2e

import (
	"path/filepath"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"
)

// TestGeneratedOpenAPI follows every reference of the golden cases' API
// descriptions, and demands that a service's own tests hold its answers to
// the description.
func TestGeneratedOpenAPI(t *testing.T) {
	for _, c := range goldenCases() {
		t.Run(c.name, func(t *testing.T) {
			dir := scaffold(t, c.args...)
			a := api{t: t, tree: readTree(t, dir), parsed: map[string]any{}}
			root, ok := a.parse("openapi.yaml").(map[string]any)
			if !ok || root["openapi"] != "3.1.0" && root["openapi"] != "3.1.1" {
				t.Fatalf("openapi.yaml is no OpenAPI 3.1: %v", root["openapi"])
			}
			a.follow("openapi.yaml", root)
			for file := range a.tree {
				if strings.HasPrefix(file, "openapi") && strings.HasSuffix(file, ".yaml") && a.parsed[file] == nil {
					t.Errorf("nothing refers to %s", file)
				}
			}
			paths, _ := root["paths"].(map[string]any)
			for _, r := range readRecord(t, dir).Resources {
				if paths["/api/v1/"+r.Plural] == nil || paths["/api/v1/"+r.Plural+"/{id}"] == nil {
					t.Errorf("openapi.yaml does not know %s", r.Plural)
				}
			}
			if !a.heldTo() {
				t.Error("no test of the service reads the description")
			}
		})
	}
}

// api is a description in several files.
type api struct {
	t      *testing.T
	tree   map[string]string
	parsed map[string]any
}

func (a api) parse(file string) any {
	if doc, done := a.parsed[file]; done {
		return doc
	}
	var doc any
	if err := yaml.Unmarshal([]byte(a.tree[file]), &doc); err != nil {
		a.t.Fatalf("%s: %v", file, err)
	}
	a.parsed[file] = doc
	return doc
}

// follow resolves the references in a node of a file, and those of the files
// they lead to.
func (a api) follow(file string, node any) {
	switch node := node.(type) {
	case []any:
		for _, n := range node {
			a.follow(file, n)
		}
	case map[string]any:
		for key, n := range node {
			if ref, ok := n.(string); ok && key == "$ref" {
				a.resolve(file, ref)
				continue
			}
			a.follow(file, n)
		}
	}
}

func (a api) resolve(file, ref string) {
	name, pointer, _ := strings.Cut(ref, "#")
	target := file
	if name != "" {
		target = filepath.ToSlash(filepath.Join(filepath.Dir(file), name))
	}
	if _, there := a.tree[target]; !there {
		a.t.Errorf("%s: %s leads to no file", file, ref)
		return
	}
	_, known := a.parsed[target]
	node := a.parse(target)
	if !known {
		a.follow(target, node)
	}
	for part := range strings.SplitSeq(strings.TrimPrefix(pointer, "/"), "/") {
		m, _ := node.(map[string]any)
		if node = m[strings.ReplaceAll(strings.ReplaceAll(part, "~1", "/"), "~0", "~")]; node == nil {
			a.t.Errorf("%s: %s leads nowhere", file, ref)
			return
		}
	}
}

// heldTo says that a test of the service reads the description.
func (a api) heldTo() bool {
	for file, text := range a.tree {
		if strings.HasSuffix(file, "_test.go") && strings.Contains(strings.ToLower(text), "openapi") {
			return true
		}
	}
	return false
}
