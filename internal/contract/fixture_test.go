package contract

import (
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"groundsill.example/internal/record"
	"groundsill.example/internal/resource"
)

const (
	aDigest = "@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
	aCommit = "@0123456789abcdef0123456789abcdef01234567 # v1.2.3\n"
)

// goodFiles is a repository of which the file clauses have nothing to say. Its
// database is PostgreSQL.
func goodFiles() map[string]string {
	files := map[string]string{
		"Dockerfile": "# escape=\\\nARG GO=1.26\nFROM golang:${GO}" + aDigest + " AS build\nENV X=1\n" +
			"# a comment\nRUN go build \\\n  # inside\n  -mod=readonly ./...\nRUN <<EOF\nmake it\nEOF\n" +
			"FROM gcr.io/x/static:12" + aDigest + "\nCOPY --from=build /a /app/a\nUSER 65532:65532\nENTRYPOINT [\"/app/a\"]\n",
		".dockerignore":  ".git\n.env*\n**/*_test.go\ntest/\nbin\n",
		".editorconfig":  "[*]\nindent_style = space\n",
		".gitattributes": "* text=auto\n",
		".gitignore":     "/.env\n/bin/\n/ready\n",
		".env.example":   strings.Join(settingNames(), "=x\n") + "=x\n",
		"go.mod":         "module orders\n\ngo 1.26.0\n\nrequire example.com/x v1.0.0\n",
		"go.sum":         "example.com/x v1.0.0 h1:x\n",
		"LICENSE":        "Copyright The orders authors\nPermission is hereby granted, free of charge, to any person\n",
		"SECURITY.md":    "Report a vulnerability in private. It is disclosed after 90 days.\n",
		"README.md":      "# orders\n\n## Quick start\n\n```sh\nmake db-up\nsh tool.sh run\n```\n",
		"AGENTS.md": "# orders\n\n```sh\nsh tool.sh setup\nsh tool.sh lint\nsh tool.sh test\nsh tool.sh run\n```\n\nAnd `make migrate`.\n\n" +
			"## Layout\n\nHere.\n\n## Adding a resource\n\nThus.\n",
		"Makefile":             "migrate:;@sh tool.sh migrate\ncover:;@sh tool.sh cover\n",
		"tool.sh":              tool,
		"a_test.go":            "package a\n",
		"test/api/api_test.go": "package api // /api/v1 201 204 400 404 409 412 415 422\n",
		"a.txt":                "fine\n",
		"compose.yaml":         goodCompose,
	}
	maps.Copy(files, map[string]string{
		".devcontainer/devcontainer.json": "// For editors.\n{\"dockerComposeFile\": \"compose.yaml\"}\n",
		".devcontainer/compose.yaml":      "services:\n  dev:\n    image: golang:1.26\n  db:\n    image: postgres:18\n",
		".github/dependabot.yml":          "updates:\n  - package-ecosystem: gomod\n  - package-ecosystem: docker\n  - package-ecosystem: github-actions\n",
		".github/workflows/ci.yml":        goodWorkflow,
		"deploy/k8s/service.yaml":         goodManifest,
	})
	return files
}

// tool is what the commands of the repository run.
const tool = `case "$1" in
setup) touch ready ;;
format) : ;;
lint) echo "0 warnings" ;;
test) test -f ready && test -z "$DATABASE_URL" && echo "3 tests passed" ;;
build) mkdir -p bin && touch bin/a ;;
migrate) test -n "$DATABASE_URL" || test -n "$TINY" ;;
cover) echo "a 10.0%"; echo "total 81.5%" ;;
run) DATABASE_URL=sqlite:///x exec "$TINY" tiny-service start ;;
esac
`

const goodCompose = `x-service: &service
  build: .
  environment:
    DATABASE_URL: postgres://o:${POSTGRES_PASSWORD:-development}@db:5432/o
services:
  app:
    <<: *service
    depends_on:
      db: {condition: service_healthy}
      migrate: {condition: service_completed_successfully}
  migrate:
    <<: *service
    command: [migrate]
    depends_on:
      db: {condition: service_healthy}
  db:
    image: postgres:18
    environment:
      - POSTGRES_PASSWORD=${POSTGRES_PASSWORD:-development}
    volumes: ["db:/var/lib/postgresql"]
    ports: ["127.0.0.1:5432:5432"]
    healthcheck: {test: [CMD, pg_isready]}
volumes:
  db:
`

const goodWorkflow = `name: ci
on:
  push:
  pull_request:
permissions:
  contents: read
concurrency: ci
jobs:
  test:
    runs-on: ubuntu-24.04
    timeout-minutes: 10
    steps:
      - uses: actions/checkout` + aCommit + `        with:
          persist-credentials: false
      - run: sh tool.sh setup
      - run: sh tool.sh format
      - run: sh tool.sh lint
      - run: sh tool.sh test
      - run: sh tool.sh build
      - run: govulncheck ./...
      - run: docker build .
      - uses: github/codeql-action/analyze` + aCommit + `      - uses: anchore/sbom-action` + aCommit

const goodManifest = `apiVersion: apps/v1
kind: Deployment
metadata: {name: orders}
spec:
  replicas: 2
  template:
    metadata: {labels: {app: orders}}
    spec:
      automountServiceAccountToken: false
      terminationGracePeriodSeconds: 30
      securityContext: {runAsNonRoot: true, seccompProfile: {type: RuntimeDefault}}
      containers:
        - name: app
          securityContext:
            allowPrivilegeEscalation: false
            readOnlyRootFilesystem: true
            capabilities: {drop: [ALL]}
          resources: {requests: {cpu: 10m, memory: 32Mi}, limits: {memory: 64Mi}}
          env:
            - {name: DATABASE_URL, valueFrom: {secretKeyRef: {name: orders, key: url}}}
          livenessProbe: {httpGet: {path: /livez, port: 8080}}
          startupProbe: {httpGet: {path: /livez, port: 8080}}
          readinessProbe: {httpGet: {path: /readyz, port: 8080}}
          lifecycle: {preStop: {sleep: {seconds: 5}}}
---
apiVersion: batch/v1
kind: Job
metadata: {name: migrate}
spec:
  template:
    spec:
      automountServiceAccountToken: false
      securityContext: {runAsNonRoot: true, seccompProfile: {type: RuntimeDefault}}
      containers:
        - name: migrate
          args: [migrate]
          securityContext: {allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: {drop: [ALL]}}
          resources: {requests: {cpu: 10m, memory: 32Mi}, limits: {memory: 64Mi}}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: orders}
spec: {minAvailable: 1, selector: {matchLabels: {app: orders}}}
`

// change is one thing that is done to the good repository: an old text is
// replaced; without one, text is added, or without text the file taken away. A
// change without a file is none.
type change struct{ file, old, changed string }

// files returns the good repository with the change.
func (c change) files(t *testing.T) map[string]string {
	t.Helper()
	files := goodFiles()
	if c.file == "" {
		return files
	}
	before, had := files[c.file]
	switch {
	case c.old == "" && c.changed == "" && had:
		delete(files, c.file)
	case c.old == "":
		files[c.file] = before + c.changed
	default:
		files[c.file] = strings.Replace(before, c.old, c.changed, 1)
		if files[c.file] == before {
			t.Fatalf("%s has no %q", c.file, c.old)
		}
	}
	return files
}

// fileSuite writes files and returns a suite for them.
func fileSuite(t *testing.T, database string, files map[string]string, clauses ...string) *suite {
	t.Helper()
	dir := t.TempDir()
	for name, data := range files {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	binary, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	r := record.Record{
		Answers:   map[string]any{"name": "orders", "database": database, "license": "MIT", "author": "The orders authors", "contact": ""},
		Resources: []resource.Resource{resource.Sample()},
		Modules:   map[string]map[string]any{"docker": {}, "kubernetes": {}, "github": {}, "devcontainer": {}},
		Commands:  map[string][]string{"start": {"bin/a"}},
	}
	for _, name := range []string{"setup", "format", "lint", "test", "build"} {
		r.Commands[name] = []string{"sh", "tool.sh", name}
	}
	s, err := newSuiteOf(r, Options{
		Dir: dir, Scratch: t.TempDir(), Now: time.Now, Clauses: clauses, Env: []string{"PATH=" + os.Getenv("PATH"), "TINY=" + binary},
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// redOf runs a suite and returns what is broken, and the report.
func redOf(t *testing.T, s *suite) (string, Report) {
	t.Helper()
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
	return strings.Join(red, ", "), report
}
