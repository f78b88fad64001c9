package contract

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"groundsill.example/internal/record"
)

// goodFiles is a repository of which the static clauses have nothing to say.
func goodFiles() map[string]string {
	settings := strings.Join(settingNames(), "=x\n") + "=x\n"
	return map[string]string{
		"Dockerfile": "FROM golang:1.26@sha256:0 AS build\nENV X=1\nRUN go build \\\n  -mod=readonly ./...\n" +
			"FROM gcr.io/x/static:12@sha256:0\nCOPY --from=build /a /a\nUSER 65532:65532\nENTRYPOINT [\"/a\"]\n",
		".dockerignore":  ".git\n.env*\n**/*_test.go\n",
		".editorconfig":  "[*]\nindent_style = space\n",
		".gitattributes": "* text=auto\n",
		".gitignore":     ".env\n",
		".env.example":   settings,
		"LICENSE":        "Copyright The orders authors\nPermission is hereby granted, free of charge, to any person\n",
		"SECURITY.md":    "Report a vulnerability in private. It is disclosed after 90 days.\n",
		"README.md":      "# orders\n",
		"a.txt":          "fine\n",
	}
}

func TestStaticClauses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, file, old, changed, want string }{
		{name: "good", want: ""},
		{"latest", "Dockerfile", "golang:1.26@", "golang:latest@", "CT-1 MUST"},
		{"no digest", "Dockerfile", "golang:1.26@sha256:0", "golang:1.26", "CT-1 SHOULD"},
		{"one stage", "Dockerfile", "FROM golang:1.26@sha256:0 AS build", "", "CT-1 MUST"},
		{"root", "Dockerfile", "USER 65532:65532", "USER 0", "CT-2 MUST"},
		{"named user", "Dockerfile", "USER 65532:65532", "USER app", "CT-2 MUST"},
		{"shell form", "Dockerfile", `["/a"]`, "/a", "CT-2 MUST"},
		{"secret", "Dockerfile", "ENV X=1", "ENV DB_PASSWORD=1", "CT-3 MUST"},
		{"settings in the image", ".dockerignore", ".env*\n", "", "CT-3 MUST"},
		{"tests in the image", ".dockerignore", "**/*_test.go\n", "", "CT-3 MUST"},
		{"loose build", "Dockerfile", "-mod=readonly", "", "CT-5 MUST"},
		{"loose npm", "Dockerfile", "ENV X=1", "RUN npm install", "CT-5 MUST"},
		{"trailing space", "a.txt", "fine", "fine ", "RP-2 MUST"},
		{"template", "a.txt", "fine", "{{ .name }}", "RP-2 MUST"},
		{"tab", "a.txt", "fine", "\tfine", "RP-2 MUST"},
		{"no attributes", ".gitattributes", "* text=auto\n", "", "RP-2 MUST"},
		{"other holder", "LICENSE", "The orders", "Other", "RP-5 MUST"},
		{"other licence", "LICENSE", "Permission is hereby", "Leave is", "RP-5 MUST"},
		{"no days", "SECURITY.md", "90 days", "a while", "RP-5 MUST"},
		{"env not ignored", ".gitignore", ".env", "x", "RP-6 MUST"},
		{"setting missing", ".env.example", "RATE_LIMIT_RPM=x\n", "", "RP-6 MUST"},
		{"setting unknown", ".env.example", "PORT=x\n", "PORT=x\nPROT=x\n", "RP-6 MUST"},
		{"key", "a.txt", "fine", "-----BEGIN " + "PRIVATE KEY-----", "RP-6 MUST"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			files := goodFiles()
			if c.file != "" {
				changed := strings.Replace(files[c.file], c.old, c.changed, 1)
				if changed == files[c.file] {
					t.Fatalf("%s has no %q", c.file, c.old)
				}
				files[c.file] = changed
			}
			if got := staticRed(t, files); got != c.want {
				t.Errorf("broken: %q, want %q", got, c.want)
			}
		})
	}
}

// staticRed writes files and returns the static clauses that are broken.
func staticRed(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, data := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	r := record.Record{
		Answers: map[string]any{"name": "orders", "database": "sqlite", "license": "MIT", "author": "The orders authors"},
		Modules: map[string]map[string]any{"docker": {}},
	}
	s, err := newSuiteOf(r, Options{Dir: dir, Scratch: t.TempDir(), Now: time.Now, Clauses: []string{"CT", "RP"}})
	if err != nil {
		t.Fatal(err)
	}
	report, err := s.run(t.Context(), All())
	if err != nil {
		t.Fatal(err)
	}
	var red []string
	for _, one := range report.Results {
		if one.Outcome == Broken {
			red = append(red, one.ID+" "+string(one.Level))
		}
	}
	return strings.Join(red, ", ")
}
