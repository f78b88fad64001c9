package e2e

import "regexp"

// What edits of the Makefile and the Dockerfile take out.
var (
	phony     = regexp.MustCompile(`(?m)^\.PHONY: .*\n`)
	baseImage = regexp.MustCompile(`(?m)^FROM gcr\.io/distroless/.*\n`)
)

// projectEdits change what is around the code: make, containers, CI, documents.
func projectEdits() []userEdit {
	return []userEdit{
		{name: "a target of make", steps: steps{
			before("Makefile", ".PHONY: lint\n", ".PHONY: generate\ngenerate: ## Generate code\n	go generate ./...\n\n"),
		}},
		{name: "a target of make at the end", steps: steps{
			appendTo("Makefile", "\n.PHONY: deploy\ndeploy: build ## Deploy the service\n	./scripts/deploy.sh\n"),
		}},
		{name: "a step of make", steps: steps{
			replace("Makefile", "test: ## Run the tests\n	go test ./...\n", "test: ## Run the tests\n	go vet ./...\n	go test -race ./...\n"),
		}},
		{name: "make targets in one .PHONY", steps: steps{
			each("Makefile", func(_, data string) string { return phony.ReplaceAllString(data, "") }),
			replace("Makefile", ".DEFAULT_GOAL := help\n", ".DEFAULT_GOAL := help\n\n.PHONY: help run build test cover lint format audit migrate seed image\n"),
		}},
		{name: "a service of compose", docker: true, steps: steps{
			before("compose.yaml", "\nvolumes:\n", `
  redis:
    image: redis:8
    ports:
      - 127.0.0.1:6379:6379
`),
		}},
		{name: "a port and a variable of compose", docker: true, steps: steps{
			replace("compose.yaml", "127.0.0.1:8080:8080", "127.0.0.1:18080:8080"),
			after("compose.yaml", "    APP_ENV: development\n", "    LOG_LEVEL: debug\n"),
		}},
		{name: "a stage of the image", docker: true, steps: steps{
			after("Dockerfile", "COPY . .\n", "RUN go vet ./...\n"),
			after("Dockerfile", "EXPOSE 8080 9464\n", "HEALTHCHECK NONE\n"),
		}},
		{name: "another base image", docker: true, steps: steps{
			each("Dockerfile", func(_, data string) string { return baseImage.ReplaceAllString(data, "FROM alpine:3.22\n") }),
		}},
		{name: "files that the image leaves out", docker: true, steps: steps{appendTo(".dockerignore", "\nnode_modules\n")}},
		{name: "a workflow of CI", steps: steps{
			create(".github/workflows/ci.yaml", `name: ci
on: [push]
jobs:
  test:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-go@v5
        with: { go-version-file: go.mod }
      - run: go test ./...
`),
		}},
		{name: "files that git leaves out", steps: steps{
			appendTo(".gitignore", "\n# Editors.\n.idea/\n.vscode/\n"),
			appendTo(".gitattributes", "*.png binary\n"),
		}},
		{name: "a requirement", steps: steps{
			cut("go.mod", "	golang.org/x/sync v0.23.0 // indirect\n"),
			before("go.mod", "	modernc.org/sqlite ", "	golang.org/x/sync v0.23.0\n"),
			create("internal/fetch/fetch.go", `// Package fetch gets several things at once.
package fetch

import (
	"context"

	"golang.org/x/sync/errgroup"
)

// All runs functions until the first fails.
func All(ctx context.Context, all ...func(context.Context) error) error {
	group, ctx := errgroup.WithContext(ctx)
	for _, one := range all {
		group.Go(func() error { return one(ctx) })
	}
	return group.Wait()
}
`),
		}},
		{name: "a comment in go.mod", steps: steps{
			before("go.mod", "	github.com/google/uuid ", "	// Version 7 of UUIDs needs this.\n"),
		}},
		{name: "a section of the README", steps: steps{
			before("README.md", "## Security\n", "## On call\n\nAsk in #orders. The runbook is in the wiki.\n\n"),
		}},
		{name: "another README", steps: steps{
			each("README.md", func(string, string) string {
				return "# Orders\n\nEverything about orders, by team Blue.\n\nRun `make run`.\n"
			}),
		}},
		{name: "a longer description", steps: steps{
			replace("README.md", "# orders\n\nThe orders service.\n", "# Orders\n\nThe service that takes orders, for the shop and for partners.\n"),
			replace("openapi.yaml", "  title: orders\n", "  title: Orders\n"),
			replace("openapi.yaml", `  description: "The orders service."`, `  description: "Takes orders, for the shop and for partners."`),
			replace("openapi.yaml", "  version: 1.0.0\n", "  version: 1.4.0\n"),
		}},
		{name: "a server and a tag of the API", steps: steps{
			after("openapi.yaml", "    description: The host that serves this document.\n", "  - url: https://api.example.com\n    description: Production.\n"),
			after("openapi.yaml", `  - { name: items, description: "The items." }`+"\n", `  - { name: reports, description: "Reports." }`+"\n"),
		}},
		{name: "a licence of their own", steps: steps{
			each("LICENSE", func(string, string) string { return "Copyright 2026 The Shop.\n\nAsk before you use this.\n" }),
		}},
		{name: "a file of JSON", steps: steps{
			create("config/features.json", "{\n  \"new_checkout\": true\n}\n"),
			create("package.json", "{\n  \"private\": true,\n  \"devDependencies\": { \"prettier\": \"3.6.2\" }\n}\n"),
		}},
		{name: "a migration of their own", steps: steps{
			create("migrations/20260302093000_index_status.sql", `-- +goose Up
CREATE INDEX "items_status" ON "items" ("status");

-- +goose Down
DROP INDEX "items_status";
`),
		}},
	}
}
