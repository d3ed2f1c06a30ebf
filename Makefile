# compute-pipeline. `make help` lists what there is.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

PIPELINE := go run ./gohost/cmd/pipeline
TOOLS    := $(CURDIR)/.tools
GO_DIRS  := . gohost/cmd/pipeline gohost/columnar gohost/input/decoders gohost/plugin/watch gohost/telemetry tests/soak
PACKAGES := $(GO_DIRS:%=./%/...)
LIBRARY  := ./gohost/... ./examples/... ./scripts/... $(filter ./gohost/%,$(PACKAGES))
# The pipeline for Beam is no part of the workspace: all modules would get the versions that Beam
# needs.
BEAM     := GOWORK=off go -C gohost/beam
# Neither are the sources of streams, with their servers, and the bench of peers. All that is done with
# the sources has the race detector: their servers are compiled once.
SOURCES  := natssource kafkasource
BENCH    := GOWORK=off go -C bench
# Its packages that need no other peer than wazy.
BENCH_TESTS := ./baseline/... ./exact ./goal ./load ./measure ./plot ./wazy
RUST_PLUGIN := examples/plugins/rust/Cargo.toml
PROGRAMS := $(abspath $(or $(CARGO_TARGET_DIR),target))/tools

# The Rust programs, built once and handed to the Go tests.
export COMPUTE_PIPELINE_RUNNER             := $(PROGRAMS)/compute-pipeline-wasmtime-runner
export COMPUTE_PIPELINE_WASMI_RUNNER       := $(PROGRAMS)/compute-pipeline-wasmi-runner
export COMPUTE_PIPELINE_NATIVE_RUNNER      := $(PROGRAMS)/compute-pipeline-native-runner
export COMPUTE_PIPELINE_PREPARE            := $(PROGRAMS)/compute-pipeline-prepare
export COMPUTE_PIPELINE_MODULE_GENERATOR   := $(PROGRAMS)/compute-pipeline-module-generator
export COMPUTE_PIPELINE_METERING_GENERATOR := $(PROGRAMS)/compute-pipeline-metering-generator
export COMPUTE_PIPELINE_COMPILE_SHAPES     := $(PROGRAMS)/compute-pipeline-compile-shapes
export COMPUTE_PIPELINE_ASSEMBLE           := $(PROGRAMS)/compute-pipeline-assemble
export COMPUTE_PIPELINE_WORLD_GENERATOR    := $(PROGRAMS)/compute-pipeline-worlds

# A verdict is the same for the same state of the repository: the random tests of the Rust
# crates begin with this number, or with another, `make test-rust PROPTEST_RNG_SEED=2`.
export PROPTEST_RNG_SEED ?= 1

# What ran before must not decide what is tested: nothing here uses the user's cache of
# compiled code.
export COMPUTE_PIPELINE_CACHE ?= off

# The conformance vectors as one file: with macros for Go, without for other languages.
EMBEDDED_VECTORS := gohost/vectors/conformance/vectors.json.gz
VECTORS_ARCHIVE  := dist/compute-pipeline-vectors.json.gz

.PHONY: help
help: ## list the targets
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z0-9-]+):.*## (.*)/\1|\2/' | column -t -s'|'

.PHONY: run
run: ## monthly statistics for a year of hourly temperatures in Seattle (needs only Go)
	@mkdir -p dist
	@$(PIPELINE) run examples/data/seattle-temps-2010.json --window 1mo --plot dist/seattle-2010.png \
	  --title "Hourly temperatures in Seattle, 2010" --value-label "Temperature (°F)"
	@echo
	@echo "plot: dist/seattle-2010.png"

# What `make test` and `make long` do, part by part; scripts/timed.sh says how long each
# takes, and makes the lanes of a step at once: one leaves a processor idle while it downloads
# or links. What writes to dist or reads it is in one lane, as is what keeps cargo busy.
TEST := 'programs guest test-rust / test-library' test-runtimes
LONG := 'test-race test-long beam sources databases run / lint guest vectors-archive test-arm64 test-python typescript page edge conformance example bench-quick'

.PHONY: test
test: ## set up what is needed, then run the Rust, Go and conformance tests
	@scripts/timed.sh $(TEST)
	@echo "all tests passed; the conformance report is dist/conformance.html"

.PHONY: long
long: ## the checks that take longer than make test
	@scripts/timed.sh $(LONG)

.PHONY: check
check: test long ## make test and make long: what a change must pass

.PHONY: test-rust
test-rust: ## test the guest, the prepare crate, the vectors and the texts of modules, natively
	cargo test --locked --quiet --profile tools --workspace
	cargo test --locked --quiet --manifest-path $(RUST_PLUGIN) --target-dir $(PROGRAMS)/../plugin.rust
	$(PROGRAMS)/compute-pipeline-vectors --check
	go run ./scripts/vectors -check $(EMBEDDED_VECTORS)

# The race detector makes wazero's compiler five times slower. Its passes run in one
# goroutine; `make test-race` instruments them too. The packages around them use
# sync.Map, of which a program has one copy: without the detector, that reports races
# where there are none.
WAZEVO := github.com/tetratelabs/wazero/internal/engine/wazevo
RACE   := -race $(patsubst %,-gcflags=$(WAZEVO)/%=-race=false,backend/... frontend ssa)

# What takes minutes under the detector, nearly all of it in one goroutine: programs that compile
# many modules one after the other, and guest/wit in wazero's interpreter. `make test-race` runs
# these with the detector.
COMPILING   := ./gohost/internal/prepare ./gohost/kit ./examples/plugins/inference/anomaly ./examples/plugins/inference/magika ./examples/plugins/inference/prose ./examples/plugins/inference/silero ./gohost/inference/runner ./examples/matrix/compute ./examples/matrix/stream ./examples/matrix/untrusted
INTERPRETED := ./gohost/cmd/pipeline/internal/bind ./gohost/cmd/pipeline/internal/bind/wit
# without PACKAGES: the packages of the library but these.
without = $$(go list $(LIBRARY) | grep -vxF "$$(go list $(1))")

.PHONY: test-library
test-library: ## test the Go library and the command line, where goroutines meet with the race detector (needs only Go)
	go test $(RACE) -timeout 30m $(call without,$(COMPILING) $(INTERPRETED))
	go test -timeout 30m $(COMPILING) $(INTERPRETED)

# The packages that compile many modules race with nothing in the passes, which run there as in the
# others.
.PHONY: test-race
test-race: ## test all of that with the race detector, in wazero's compiler too
	go test -race -timeout 30m $(call without,$(COMPILING))
	go test $(RACE) -timeout 30m $(COMPILING)

.PHONY: test-runtimes
test-runtimes: guest tests/node/node_modules/.package-lock.json ## conformance of all runtimes, hostile modules, metering, a short soak
	COMPUTE_PIPELINE_MISCOMPILED_MODULES=256 COMPUTE_PIPELINE_METERING_MODULES=400 \
	COMPUTE_PIPELINE_METERING_COMPONENTS=300 COMPUTE_PIPELINE_WORLDS_GROUPS=10 \
	  go test -timeout 30m ./tests/... ./tests/soak/...
	$(BENCH) test $(BENCH_TESTS)

.PHONY: test-long
test-long: programs ## compare runtimes, metering and bindings on all generated modules and worlds
	go test -timeout 30m ./tests/miscompiled ./tests/metering ./tests/worlds ./gohost/cmd/pipeline/internal/bind

.PHONY: test-arm64
test-arm64: programs ## test what depends on the processor on an emulated arm64 (needs qemu-user; a few minutes)
	scripts/setup.sh arm64
	scripts/test-arm64.sh

.PHONY: test-python
test-python: guest vectors-archive ## run the archive of vectors, and a component of WASI 0.2, in Python (needs pip)
	scripts/setup.sh python
	PYTHONPATH=$(TOOLS)/python python3 tests/python/run.py dist/compute-pipeline.core.wasm $(VECTORS_ARCHIVE)
	PYTHONPATH=$(TOOLS)/python python3 tests/python/wasi.py gohost/sandbox/testdata/rust/wasip2.wasm gohost/sandbox/testdata/rust/wasip2.json

.PHONY: beam
beam: ## test the pipeline for Apache Beam on its runner Prism (Beam alone takes minutes to compile)
	$(BEAM) test -timeout 30m ./...

.PHONY: sources
sources: ## test the sources of streams on servers in the test's process: NATS JetStream, and Kafka's protocol
	for source in $(SOURCES); do GOWORK=off go -C gohost/stream/$$source test -race -timeout 30m ./... || exit 1; done

.PHONY: databases
databases: ## test pipeline run --from on a PostgreSQL that the test starts, from Debian's packages
	scripts/setup.sh postgres
	COMPUTE_PIPELINE_POSTGRES=required go test ./gohost/cmd/pipeline/internal/database

.PHONY: programs
programs: ## build the Rust programs of the build and the tests
	cargo build --locked --profile tools --workspace --all-targets

tests/node/node_modules/.package-lock.json: tests/node/package-lock.json
	cd tests/node && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error

.PHONY: guest
guest: programs ## build the guest into dist/, and check that the embedded module is up to date
	scripts/setup.sh wasm
	scripts/build-guest.sh
	scripts/build-guests.sh

.PHONY: embed
embed: programs ## build the guest and embed its core module
	scripts/setup.sh wasm c
	scripts/build-guest.sh -embed
	scripts/build-guests.sh -embed

# The tests run what was just built: another compiler makes other bytes than are committed.
GUESTS := $(CURDIR)/dist/guests
MATCH  := examples/filter/guests/match

# Plugins that are not committed. The tools of most come from npm and PyPI.
PLUGINS := $(patsubst %,dist/plugins/%.wasm,assemblyscript go js python)

.SECONDEXPANSION:
$(PLUGINS): dist/plugins/%.wasm: $$(shell git ls-files examples/plugins/$$* wit)
	@mkdir -p $(@D)
	examples/plugins/$*/build.sh $@

.PHONY: example
example: $(PLUGINS) ## build the committed guests, the plugins in all languages and skeletons, and test these (needs npm, pip and Debian's clang)
	scripts/setup.sh wasm c
	scripts/build-guests.sh
	cd $(MATCH) && npm install --no-package-lock --ignore-scripts --no-audit --no-fund --loglevel=error && npm run --silent build
	cp examples/filter/match.wasm $(GUESTS)
	for plugin in $(PLUGINS:dist/plugins/%.wasm=%); do cp dist/plugins/$$plugin.wasm $(GUESTS)/plugin.$$plugin.wasm; done
	examples/composition/build.sh $(GUESTS)/rules.wasm
	go run ./scripts/manifest -examples $(if $(UPDATE),-embed)
	cd examples/plugins/js && node strip.js --check
	COMPUTE_PIPELINE_GUESTS=$(GUESTS) go test -count 1 -timeout 30m ./examples/composition ./examples/filter ./examples/plugins ./examples/plugins/inference/magika ./examples/plugins/inference/prose \
	  ./gohost/cmd/pipeline/internal/bind/golden ./gohost/cmd/pipeline/internal/scaffold

RUNNER := examples/plugins/inference/runner

.PHONY: runner
runner: ## build the plugin that runs models in ONNX, and test it on 3,000 damaged models (minutes; UPDATE=1 commits it)
	scripts/setup.sh wasm
	mkdir -p $(GUESTS)
	PATH="$$(cat $(TOOLS)/rust-bin):$$PATH" cargo clippy --locked --manifest-path $(RUNNER)/Cargo.toml --target-dir $(PROGRAMS)/../runner --target wasm32-unknown-unknown -- -D warnings
	PATH="$$(cat $(TOOLS)/rust-bin):$$PATH" CARGO_TARGET_DIR=$(PROGRAMS)/../runner $(RUNNER)/build.sh $(GUESTS)/runner.wasm
	COMPUTE_PIPELINE_GUESTS=$(GUESTS) COMPUTE_PIPELINE_MUTANTS=3000 go test -count 1 ./gohost/inference/runner
	$(if $(UPDATE),install -m 644 $(GUESTS)/runner.wasm $(RUNNER)/ && go test -count 1 ./examples/plugins -run TestTheModulesAreOfTheirSources -update)

hosts/typescript/node_modules/.package-lock.json: hosts/typescript/package-lock.json
	cd hosts/typescript && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error && node node_modules/bun/install.js

TYPESCRIPT := hosts/typescript/node_modules/.package-lock.json tests/node/node_modules/.package-lock.json

.PHONY: typescript
typescript: guest vectors-archive $(TYPESCRIPT) ## build the package for TypeScript, and test it in Node, Bun, Deno, browsers and workerd (needs npm)
	scripts/setup.sh browsers
	cd hosts/typescript && npm run --silent build && \
	  for part in types node bun deno chromium firefox workerd package; do npm run --silent test:$$part; done
	COMPUTE_PIPELINE_EVERYWHERE=1 go test -count 1 ./examples/matrix/...

examples/browser/node_modules/.package-lock.json: examples/browser/package-lock.json
	cd examples/browser && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error

.PHONY: page
page: guest vectors-archive $(TYPESCRIPT) examples/browser/node_modules/.package-lock.json ## build the page for browsers into examples/browser/dist, and test it in Chromium and Firefox (needs npm)
	scripts/setup.sh browsers
	cd hosts/typescript && npm run --silent build
	cd examples/browser && npm run --silent build && npm run --silent test

examples/edge/node_modules/.package-lock.json: examples/edge/package-lock.json
	cd examples/edge && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error

.PHONY: edge
edge: guest vectors-archive $(TYPESCRIPT) examples/edge/node_modules/.package-lock.json ## build the worker for the edge into examples/edge/build, and test it on workerd beside pipeline serve (needs npm)
	cd hosts/typescript && npm run --silent build
	go build -o examples/edge/build/pipeline ./gohost/cmd/pipeline
	cd examples/edge && npm run --silent build && npm run --silent test:types && npm run --silent test

.PHONY: conformance
conformance: guest $(TYPESCRIPT) $(PLUGINS) ## run the vectors on all runtimes and plugins: dist/conformance.html (UPDATE=1 writes README's tables)
	scripts/setup.sh browsers
	cd hosts/typescript && npm run --silent build
	COMPUTE_PIPELINE_EVERYWHERE=1 go test -count 1 -timeout 30m -v -run 'TestConformance$$' ./tests $(if $(UPDATE),-update)

.PHONY: testdata
testdata: programs ## assemble the WebAssembly text of the tests
	$(PROGRAMS)/compute-pipeline-assemble text $$(git ls-files '*.wat')

.PHONY: vectors
vectors: programs ## write the conformance vectors
	$(PROGRAMS)/compute-pipeline-vectors
	go run ./scripts/vectors $(EMBEDDED_VECTORS)

.PHONY: vectors-archive
vectors-archive: ## write the conformance vectors without macros, for programs in any language, into dist/
	go run ./scripts/vectors -expand $(VECTORS_ARCHIVE)

.PHONY: lint
lint: ## check formatting, vet, staticcheck, clippy
	scripts/setup.sh lint
	@unformatted=$$($(TOOLS)/bin/gofumpt -l $$(git ls-files '*.go' ':!*.pb.go')); \
	  if [ -n "$$unformatted" ]; then echo "gofumpt would change:" $$unformatted; exit 1; fi
	go vet $(PACKAGES)
	$(TOOLS)/bin/staticcheck $(PACKAGES)
	$(BEAM) vet ./...
	cd gohost/beam && GOWORK=off $(TOOLS)/bin/staticcheck ./...
	for source in $(SOURCES); do (cd gohost/stream/$$source && export GOWORK=off GOFLAGS=-race && go vet ./... && $(TOOLS)/bin/staticcheck ./...) || exit 1; done
	$(BENCH) vet ./...
	cd bench && GOWORK=off $(TOOLS)/bin/staticcheck -checks inherit,-SA9009 ./...
	cargo fmt --all --check
	cargo clippy --locked --profile tools --workspace --all-targets -- -D warnings
	for crate in $(RUST_PLUGIN) $(RUNNER)/Cargo.toml bench/extism/Cargo.toml bench/wasmtime/Cargo.toml; do cargo fmt --manifest-path $$crate --check; done
	cargo clippy --locked --manifest-path $(RUST_PLUGIN) --target-dir $(PROGRAMS)/../plugin.rust --all-targets -- -D warnings

# How long each target is fuzzed.
FUZZ_TIME ?= 10s

.PHONY: fuzz
fuzz: ## run all fuzz targets (FUZZ_TIME=10s each)
	@for file in $$(git ls-files 'gohost/*_test.go' 'examples/plugins/inference/*_test.go' | xargs grep -lE '^func Fuzz'); do \
	  for target in $$(sed -nE 's/^func (Fuzz[A-Za-z]*)\(.*/\1/p' $$file); do \
	    echo "$$target of $$file"; \
	    (cd $$(dirname $$file) && go test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZ_TIME) -fuzzminimizetime 100x .); \
	  done; \
	done
	scripts/setup.sh cxx
	scripts/fuzz-prepare.sh $(FUZZ_TIME)

.PHONY: compile-shapes
compile-shapes: programs ## compile every shape just below the bounds in a child process, and check its memory
	COMPUTE_PIPELINE_COMPILE_ALL=1 go test -count 1 -timeout 3h -v -run TestShapesJustBelowTheBounds ./tests/compile

# Those with a counterpart have rounds of their own: one call is enough for the rest.
.PHONY: bench
bench: ## run the library's benchmarks, and say what has moved since the baseline of this processor (UPDATE=1 writes that)
	go test -run '^$$' -bench . -benchtime 1x -count 3 ./gohost | $(BENCH) run ./baseline $(if $(UPDATE),-update)

.PHONY: bench-peers
bench-peers: guest ## compare with other libraries and runtimes on the same work, and write docs/benchmarks.md (QUICK=1 checks their answers only, FULL=1 runs bench-programs first)
	$(if $(FULL),$(MAKE) --no-print-directory bench-programs)
	scripts/build-bench.sh $(if $(QUICK),-go)
	$(BENCH) build $(if $(QUICK),,-tags wasmtimego) -o ../dist/bench/bench .
	cd bench && GOWORK=off ../dist/bench/bench $(if $(QUICK),-quick)

# The results are read by the program of bench-peers, whenever that runs.
.PHONY: bench-programs
bench-programs: ## compare pipeline run with DuckDB and plain Go on 1 GB, and pipeline serve with services in Go (needs pip)
	scripts/setup.sh duckdb
	go build -o dist/bench/pipeline ./gohost/cmd/pipeline
	$(BENCH) build -o ../dist/bench/ ./run ./serve
	PYTHONPATH=$(TOOLS)/python dist/bench/run -pipeline dist/bench/pipeline -out dist/bench/run.json
	dist/bench/serve -pipeline dist/bench/pipeline -out dist/bench/serve.json

.PHONY: bench-many
bench-many: ## compare pipeline run with DuckDB on CSV, JSON lines, Parquet and a million keys: time, memory, results (needs pip; BYTES=1000000000)
	scripts/setup.sh duckdb
	go build -o dist/bench/pipeline ./gohost/cmd/pipeline
	$(BENCH) build -o ../dist/bench/ ./many
	PYTHONPATH=$(TOOLS)/python dist/bench/many -pipeline dist/bench/pipeline $(if $(BYTES),-bytes $(BYTES))

# What is in `make long`: answers are checked, and ratios are printed as information.
.PHONY: bench-quick
bench-quick: guest ## check the answers of those that need no Rust, and print a few ratios of make bench once
	$(MAKE) --no-print-directory --old-file=guest bench-peers QUICK=1
	go test -run '^$$' -bench 'Aggregate|Fold|ValidateStream' -benchtime 1x ./gohost | $(BENCH) run ./baseline

.PHONY: matrix
matrix: guest $(TYPESCRIPT) ## run the examples of examples/matrix by turns, and write the figures of docs/choosing.md
	scripts/setup.sh browsers
	cd hosts/typescript && npm run --silent build
	go run ./examples/matrix/measure

# How long soak calls the engine, at least (10,000,000 times anyway), and how
# long bench-serve measures.
MINUTES ?= 10
SOAK := go test -count 1 -timeout 0 -v ./tests/soak -args -minutes $(MINUTES) -out dist/soak

.PHONY: soak
soak: ## millions of calls, plugin swaps and stopped calls; fails on a wrong answer or a leak (MINUTES=10)
	$(SOAK) -test.run 'StaysFlat|LoseNothing|LeaveNothing' -calls 10000000 -swaps 1000 -points 100000

.PHONY: soak-stream
soak-stream: ## windows of a stream with keys that expire and little memory; each result is compared, memory reported (MINUTES=10)
	go test -count 1 -timeout 0 -v -run TestSoak ./gohost/stream -args -minutes $(MINUTES)

.PHONY: bench-serve
bench-serve: ## requests per second and latencies of the service, as in docs/soak.md (MINUTES=10)
	$(SOAK) -test.run UnderLoad
	@column -s, -t dist/soak/serve.csv

.PHONY: clean
clean: ## remove what was built, but not the tools
	rm -rf dist target tests/node/node_modules tests/node/transpiled hosts/typescript/dist hosts/typescript/node_modules examples/browser/dist examples/browser/node_modules examples/edge/build examples/edge/node_modules examples/filter/match.wasm examples/filter/guests/match/node_modules examples/plugins/*/node_modules examples/plugins/*/plugin.wasm examples/plugins/js/build

.PHONY: distclean
distclean: clean ## remove the tools too
	rm -rf .tools
