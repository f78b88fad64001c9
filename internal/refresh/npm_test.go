package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSupersetOf(t *testing.T) {
	const template = `{
  "name": "{{ .name }}",
  "scripts": {
    "a": "b"
  },
  "dependencies": {
{{- if eq .database "postgres" }}
    "pg": "^8.0.0",
{{- end }}
    "zod": "^4.0.0"
  },
  "devDependencies": {
    "eslint": "1.0.0",
{{- if eq .database "postgres" }}
    "@types/pg": "^8.0.0",
{{- end }}
    "vitest": "5.1.1"
  }
}
`
	want := npmManifest{
		Name: "superset", Version: "0.0.0",
		Dependencies:    map[string]string{"pg": "^8.0.0", "zod": "^4.0.0"},
		DevDependencies: map[string]string{"eslint": "1.0.0", "@types/pg": "^8.0.0", "vitest": "5.1.1"},
	}
	got, err := supersetOf(template)
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	for _, bad := range []string{"{}", `{
  "dependencies": {
    {{ include "others" . }}
  },
  "devDependencies": {
    "a": "1"
  }
}`} {
		if got, err := supersetOf(bad); err == nil {
			t.Errorf("%s wants %v", bad, got)
		}
	}
}

// The lock has to be that of the template, which needs no npm to see.
func TestLockIsOfTheTemplate(t *testing.T) {
	dir := filepath.Join("..", "..", "blueprints", "express")
	template, err := os.ReadFile(filepath.Join(dir, "files", "package.json.tmpl"))
	if err != nil {
		t.Fatal(err)
	}
	want, err := supersetOf(string(template))
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(filepath.Join(dir, npmLockFile))
	if err != nil {
		t.Fatal(err)
	}
	versions, err := npmVersions(data)
	if err != nil {
		t.Fatal(err)
	}
	for _, wanted := range []map[string]string{want.Dependencies, want.DevDependencies} {
		for name := range wanted {
			if versions[name] == "" {
				t.Errorf("the lock lacks %s", name)
			}
		}
	}
}
