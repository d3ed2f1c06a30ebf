#!/usr/bin/env bash
# Runs on an emulated arm64 what depends on the processor, since wazero compiles
# for each in a way of its own. Run by `make test-arm64`, which builds the
# programs that the tests start; those run natively.
#
# Left out is what takes long on a processor that is emulated, ten to twenty
# times slower, and is the same on every one: the prepare module, plugins on
# disk, the service, the interpreter's conformance.
set -euo pipefail
cd "$(dirname "$0")/.."

# emulated PACKAGES [FLAGS]: go test on arm64.
emulated() { GOARCH=arm64 CGO_ENABLED=0 go test -exec qemu-aarch64-static -timeout 20m -p 2 "$@"; }

# One module of five; 795 and 980, the first that were found to be compiled
# wrongly on arm64, are among them.
export COMPUTE_PIPELINE_MISCOMPILED_STEP=${COMPUTE_PIPELINE_MISCOMPILED_STEP:-5}
export COMPUTE_PIPELINE_METERING_MODULES=${COMPUTE_PIPELINE_METERING_MODULES:-60}
emulated ./gohost ./gohost/cabi ./gohost/internal/fuel ./tests/miscompiled
emulated ./tests ./tests/metering \
  -run '^(TestConformanceOfTheCompiler|TestMeteringChangesNothingElse|TestModulesCannotReachTheirFuel)$'

# Processors without LZCNT and TZCNT, as many virtual machines have, take code of
# their own too.
COMPUTE_PIPELINE_OLD_PROCESSOR=1 GOARCH=amd64 CGO_ENABLED=0 \
  go test -exec "qemu-x86_64-static -cpu Nehalem" -timeout 20m ./tests/miscompiled \
  -run '^(TestInterpreterIsRight|TestCompilerIs.*|TestReplacementsMeanTheSameOnEdges)$'
