# The version of golangci-lint that lint and CI use.
GOLANGCI_LINT_VERSION := v2.15.0
GOLANGCI_LINT ?= $(shell command -v golangci-lint 2>/dev/null || echo go run github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI_LINT_VERSION))
# The version of actionlint that reads the workflows which sill makes.
ACTIONLINT_VERSION := v1.7.12
# The version of editorconfig-checker that holds them to their .editorconfig.
EDITORCONFIG_CHECKER_VERSION := v3.11.1
GOTESTFLAGS ?=

# A module of its own: what tries files for containers with the programs they are for is large.
CONTAINER := e2e/container

.DEFAULT_GOAL := help

.PHONY: help
help: ## show this list
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  %-12s %s\n", $$1, $$2}'

.PHONY: build
build: ## build bin/sill, static
	CGO_ENABLED=0 go build -trimpath -buildvcs=auto -ldflags '-s -w' -o bin/sill ./cmd/sill

.PHONY: install
install: ## install sill where go install puts it
	CGO_ENABLED=0 go install -trimpath -ldflags '-s -w' ./cmd/sill

.PHONY: test
test: ## run every test
	go test $(GOTESTFLAGS) ./...
	go -C $(CONTAINER) test ./...

.PHONY: demo
demo: build ## scaffold a service, test it, start it and talk to it
	@go run ./e2e/demo bin/sill

# What a run of the contract leaves, and how many services it tries at a time.
# A service mostly waits, so there can be more of them than processors.
CONTRACT_REPORTS := $(CURDIR)/bin/contract
CONTRACT_PARALLEL ?= 3

.PHONY: contract
contract: CONTRACT_TIMEOUT := 30m
contract: ## hold what sill makes to the service contract, on every database
	@rm -rf $(CONTRACT_REPORTS) && mkdir -p $(CONTRACT_REPORTS)
	@status=0; \
	SILL_CONTRACT_ALL=1 SILL_CONTRACT_REPORTS=$(CONTRACT_REPORTS) go test ./e2e -count=1 -run '^TestContract$$' \
		-parallel $(CONTRACT_PARALLEL) -timeout $(CONTRACT_TIMEOUT) || status=1; \
	go run ./e2e/summary $(CONTRACT_REPORTS) || status=1; \
	exit $$status

.PHONY: contract-full
contract-full: ## the same with every clause at its full length
	@$(MAKE) --no-print-directory contract SILL_CONTRACT_SCALE=1 CONTRACT_TIMEOUT=90m

.PHONY: corpus
corpus: ## try what people do to a service against every operation, and show the table
	go test ./e2e -count=1 -run '^TestEdits$$' -v | grep -v '^ *--- PASS\|^=== '

.PHONY: corpus-full
corpus-full: ## the same, and build and test everything that merges: an hour or two
	SILL_CORPUS_FULL=1 go test ./e2e -count=1 -run '^TestEdits$$' -timeout 6h

.PHONY: matrix
matrix: ## build, lint and test services in which every two choices meet: a quarter of an hour
	SILL_MATRIX_FULL=1 go test ./e2e -count=1 -run '^TestGeneratedInPairs$$' -timeout 4h

.PHONY: image-test
image-test: ## build images with buildah on stand-ins for their bases, and run them without rights
	@[ "$$(uname)" = Linux ] || { echo 'image-test: containers of this test need Linux' >&2; exit 1; }
	SILL_TEST_IMAGE=1 SILL_TEST_REQUIRE=buildah,debootstrap,root,postgres go test ./e2e -count=1 -run '^TestImage$$' -v -timeout 1h

.PHONY: lint
lint: ## check format and lint
	$(GOLANGCI_LINT) run
	$(GOLANGCI_LINT) fmt --diff
	cd $(CONTAINER) && $(GOLANGCI_LINT) run

.PHONY: format
format: ## format the code
	$(GOLANGCI_LINT) fmt

.PHONY: tidy-check
tidy-check: ## fail if go.mod or go.sum is not tidy
	go mod tidy -diff
	go mod verify
	go -C $(CONTAINER) mod tidy -diff

.PHONY: golden
golden: ## write the golden repositories and the transcripts of the README anew
	go test ./e2e -run 'TestGolden|TestReadme' -update

.PHONY: bench
bench: build ## compare sill with the same work done by cp and git
	@go run ./e2e/bench bin/sill

.PHONY: fuzz
fuzz: ## run each fuzz test for 30 seconds
	@for pkg in $$(go list ./...); do \
		for f in $$(go test -list '^Fuzz' $$pkg | grep '^Fuzz'); do \
			go test -run '^$$' -fuzz "^$$f$$" -fuzztime 30s $$pkg || exit 1; \
		done; \
	done

.PHONY: cross
cross: ## build for every supported system
	@for target in linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 windows/amd64 windows/arm64; do \
		echo "$$target"; \
		CGO_ENABLED=0 GOOS=$${target%/*} GOARCH=$${target#*/} go build -o /dev/null ./cmd/sill || exit 1; \
	done

.PHONY: mongo-double
mongo-double: ## fetch what stands in for MongoDB in tests where there is no mongod; it needs Maven
	mvn --batch-mode --quiet --file internal/dbserver/double/pom.xml dependency:copy-dependencies \
		-DincludeScope=runtime -DoutputDirectory="$${XDG_CACHE_HOME:-$$HOME/.cache}/groundsill/mongo-double"

.PHONY: refresh
refresh: ## make the superset locks of the blueprints anew, and list what they pin and what is newer
	go run ./internal/refresh go
	go run ./internal/refresh express
