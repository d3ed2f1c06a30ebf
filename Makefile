# compute-pipeline. `make help` lists what there is.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

PIPELINE := go run ./gohost/cmd/pipeline
TOOLS    := $(CURDIR)/.tools
GO_DIRS  := . gohost/cmd/pipeline gohost/plugin/watch gohost/telemetry tests/soak
TARGET   := $(or $(CARGO_TARGET_DIR),target)

# The Rust programs of the tests, built once and handed to the Go tests.
export COMPUTE_PIPELINE_RUNNER           := $(abspath $(TARGET))/tools/compute-pipeline-wasmtime-runner
export COMPUTE_PIPELINE_TOOLBOX          := $(abspath $(TARGET))/tools/compute-pipeline-toolbox
export COMPUTE_PIPELINE_MODULE_GENERATOR := $(abspath $(TARGET))/tools/compute-pipeline-module-generator
export COMPUTE_PIPELINE_METERING_GENERATOR := $(abspath $(TARGET))/tools/compute-pipeline-metering-generator
export COMPUTE_PIPELINE_COMPILE_SHAPES := $(abspath $(TARGET))/tools/compute-pipeline-compile-shapes

.PHONY: help
help: ## list the targets
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z0-9-]+):.*## (.*)/\1|\2/' | column -t -s'|'

.PHONY: run
run: ## the main job on a year of hourly temperatures in Seattle (needs only Go)
	@mkdir -p dist
	@$(PIPELINE) run examples/data/seattle-temps-2010.json --window 1mo --plot dist/seattle-2010.png \
	  --title "Hourly temperatures in Seattle, 2010" --value-label "Temperature (°F)"
	@echo
	@echo "plot: dist/seattle-2010.png"

.PHONY: test
test: test-rust test-go ## set up what is needed, then run all Rust, Go and conformance tests
	@echo "all tests passed; the conformance report is dist/conformance.md"

.PHONY: test-rust
test-rust: guest ## the guest, the toolbox and the vectors, natively
	cargo test --locked -p compute-pipeline -p compute-pipeline-toolbox
	cargo test --locked --profile tools -p compute-pipeline-vectors
	cargo run --locked --quiet --profile tools -p compute-pipeline-vectors -- --check

.PHONY: test-go
test-go: guest runners ## the Go library, the command line and the conformance of all runtimes
	go test -race -timeout 30m ./gohost/... ./examples/... ./scripts/...
	for dir in gohost/cmd/pipeline gohost/plugin/watch gohost/telemetry; do (cd $$dir && go test -race -timeout 30m ./...); done
	cd tests/soak && go test -timeout 30m ./...
	go test -timeout 30m ./tests/...  # no race detector: it would make the interpreter crawl

.PHONY: test-arm64
test-arm64: runners ## what depends on the processor, on an emulated arm64 (needs qemu-user; a few minutes)
	scripts/setup.sh arm64
	scripts/test-arm64.sh

.PHONY: runners
runners: guest ## the programs that the conformance, miscompilation and metering tests start
	cargo build --locked --profile tools -p compute-pipeline-wasmtime-runner \
	  -p compute-pipeline-toolbox -p compute-pipeline-module-generator \
	  -p compute-pipeline-metering-generator -p compute-pipeline-compile-shapes
	cd tests/node && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error

.PHONY: guest
guest: ## build the guest into dist/, and check that the embedded module is up to date
	scripts/setup.sh wasm
	scripts/build-guest.sh

.PHONY: embed
embed: ## build the guest and put its core module in the place of the embedded one
	scripts/setup.sh wasm
	scripts/build-guest.sh -embed

.PHONY: testdata
testdata: ## assemble the WebAssembly text of the tests
	cargo run --locked --quiet --profile tools -p compute-pipeline-assemble -- text $$(git ls-files '*.wat')

.PHONY: vectors
vectors: ## write the conformance vectors anew
	cargo run --locked --profile tools -p compute-pipeline-vectors

.PHONY: lint
lint: ## formatting, vet, staticcheck, clippy
	scripts/setup.sh lint
	@unformatted=$$($(TOOLS)/bin/gofumpt -l $$(git ls-files '*.go')); \
	  if [ -n "$$unformatted" ]; then echo "gofumpt would change:" $$unformatted; exit 1; fi
	for dir in $(GO_DIRS); do (cd $$dir && go vet ./... && $(TOOLS)/bin/staticcheck ./...); done
	cargo fmt --all --check
	cargo clippy --locked --profile tools --workspace --all-targets -- -D warnings

# How long each target is fuzzed.
FUZZ_TIME ?= 60s

.PHONY: fuzz
fuzz: ## give the library's fuzz targets bytes that nobody thought of (FUZZ_TIME=60s each)
	@for file in $$(git ls-files 'gohost/*_test.go' ':!gohost/cmd' | xargs grep -lE '^func Fuzz'); do \
	  for target in $$(sed -nE 's/^func (Fuzz[A-Za-z]*)\(.*/\1/p' $$file); do \
	    echo "$$target of $$file"; \
	    (cd $$(dirname $$file) && go test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZ_TIME) -fuzzminimizetime 100x .); \
	  done; \
	done

.PHONY: compile-shapes
compile-shapes: runners ## compile every shape just below the bounds in a child process, hold its memory to them
	COMPUTE_PIPELINE_COMPILE_ALL=1 go test -count 1 -timeout 3h -v -run TestShapesJustBelowTheBounds ./tests/compile

.PHONY: bench
bench: ## the benchmarks, as in docs/benchmarks.md
	go test -run '^$$' -bench . -benchtime 200ms -count 5 ./gohost

# How long soak calls the engine, at least (10,000,000 times anyway), and how
# long bench-serve measures.
MINUTES ?= 10
SOAK := go test -count 1 -timeout 0 -v ./tests/soak -args -minutes $(MINUTES) -out dist/soak

.PHONY: soak
soak: ## millions of calls, plugin swaps and stopped calls; what is not flat or right fails (MINUTES=10)
	$(SOAK) -test.run 'StaysFlat|LoseNothing|LeaveNothing' -calls 10000000 -swaps 1000 -points 100000

.PHONY: bench-serve
bench-serve: ## requests a second and latencies of the service, as in docs/soak.md (MINUTES=10)
	$(SOAK) -test.run UnderLoad
	@column -s, -t dist/soak/serve.csv

.PHONY: clean
clean: ## remove what was built, but not the tools
	rm -rf dist target tests/node/node_modules tests/node/transpiled

.PHONY: distclean
distclean: clean ## remove the tools too
	rm -rf .tools
