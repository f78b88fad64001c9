package e2e

import (
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"
)

// TestGeneratedAnswers gives answers that mean something to every format a
// template writes. Each arrives where it is read, as it was given.
func TestGeneratedAnswers(t *testing.T) {
	const (
		module      = "github.com/Acme-Corp/orders.v2/sub_dir~x"
		description = "50% of #orders: it's {{fine}} $HOME & <b>ü</b> | %s *x* - [z]"
		author      = "O'Brien & Söhne: {{x}} %d"
		contact     = "https://example.com/security"
	)
	dir := scaffold(t, "--module", module, "--description", description, "--author", author, "--contact", contact)
	tree := readTree(t, dir)
	var doc struct {
		Info struct{ Description string }
	}
	if err := yaml.Unmarshal([]byte(tree["openapi.yaml"]), &doc); err != nil || doc.Info.Description != description {
		t.Errorf("openapi.yaml has %q: %v", doc.Info.Description, err)
	}
	for _, c := range []struct{ file, want string }{
		{"README.md", "\n" + description + "\n"},
		{"README.md", author},
		{"LICENSE", author},
		{"SECURITY.md", "<" + contact + ">"},
		{"go.mod", "module " + module + "\n"},
		{"Dockerfile", strings.ReplaceAll(description, "$", `\$`)},
	} {
		if !strings.Contains(tree[c.file], c.want) {
			t.Errorf("%s does not hold %q", c.file, c.want)
		}
	}
	if testing.Short() {
		return
	}
	needModules(t, dir)
	silent(t, dir, "go", "vet", "./...")
}
