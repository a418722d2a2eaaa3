SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
MAKEFLAGS += --warn-undefined-variables --no-builtin-rules

# The tools have modules of their own, so that what they need never meets what
# the program needs. Their first run compiles them, which takes minutes; only
# generate, lint and check use them.
TOOL := go tool -modfile=internal/tools/go.mod
LINT := go tool -modfile=internal/tools/lint/go.mod golangci-lint

.PHONY: all help build test race lint generate check demo bench bench-policy bench-anomaly release reproducible
all: build test lint         ## Build, test and lint (default)
help:                        ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14
build:                       ## Build bin/opsreview
	go build -trimpath -o bin/ ./cmd/opsreview
release:                     ## Build bin/release/opsreview: static, and the same file wherever it is built
	CGO_ENABLED=0 GOFLAGS= go build -trimpath -buildvcs=true -ldflags='-s -w -buildid=' -o bin/release/ ./cmd/opsreview
reproducible:                ## Build the release twice from nothing and compare (takes minutes)
	packaging/reproducible
demo: build                  ## Print the weekly review of the example organisation
	bin/opsreview demo
test:                        ## Run the tests
	go test -timeout 20m ./...
race:                        ## Run the tests under the race detector, as CI does
	go test -race -shuffle=on -timeout 40m ./...
bench: build                 ## Measure against a bare loop, a longer history and a bound of memory
	go run ./bench
bench-policy: build          ## Compare what policy suggests with the truth of the example organisation
	go run ./bench -only policy,confusion
CORPUS ?= ../shared/corpus/anomaly
bench-anomaly:               ## Score the anomaly detector and plain ones on the labelled series of CORPUS
	go run ./bench/score $(CORPUS)
lint:                        ## Vet and lint
	go vet ./...
	$(TOOL) buf lint
	$(LINT) run
generate:                    ## Regenerate code from proto
	$(TOOL) buf generate
check: lint                  ## Fail if anything is unformatted, untidy or out of date, as CI does
	@unformatted=$$(gofmt -l .); \
		if [ -n "$$unformatted" ]; then echo "run gofmt -w on:" $$unformatted >&2; exit 1; fi
	go mod tidy -diff
	go -C internal/tools mod tidy -diff
	@stale=$$(mktemp -d); trap 'rm -rf "$$stale"' EXIT; \
		$(TOOL) buf generate --output "$$stale"; \
		if ! diff -r --exclude='*.proto' "$$stale/proto" proto; then echo "run make generate" >&2; exit 1; fi
