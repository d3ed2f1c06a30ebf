#!/usr/bin/env bash
# Builds the committed modules of this directory: NAME.wasm from NAME.wat, and
# NAME.hardened.wasm from that. `go test` fails when they are stale.
set -euo pipefail
cd "$(dirname "$0")/../../.."
export PATH=$PWD/.tools/bin:$PATH
for wat in tests/hazards/testdata/*.wat; do
  name=${wat%.wat}
  wasm-tools parse "$wat" -o "$name.wasm"
  cargo run -q --profile tools -p compute-pipeline-toolbox -- harden "$name.wasm" "$name.hardened.wasm"
done
