#!/usr/bin/env bash
# Builds the committed modules of this directory: NAME.wasm from NAME.wat, and
# NAME.hardened.wasm from that; traps.wasm from traps.rs. `go test` fails when a
# hardened one is stale. Needs the target wasm32-unknown-unknown.
set -euo pipefail
cd "$(dirname "$0")/../../.."
if [ -s .tools/rust-bin ]; then PATH=$(cat .tools/rust-bin):$PATH; fi
for wat in tests/miscompiled/testdata/*.wat; do
  name=${wat%.wat}
  cargo run -q --profile tools -p compute-pipeline-assemble -- text "$wat"
  cargo run -q --profile tools -p compute-pipeline-prepare -- harden "$name.wasm" "$name.hardened.wasm"
done

# Linked without the standard library, whose debug information is far larger.
object=$(mktemp)
trap 'rm -f "$object"' EXIT
(cd tests/miscompiled/testdata &&
  rustc --edition 2024 --crate-type lib --emit obj --target wasm32-unknown-unknown \
    -C opt-level=3 -C debuginfo=2 -C codegen-units=1 -C panic=abort -C target-feature=+simd128 \
    --remap-path-prefix "$PWD=." traps.rs -o "$object")
host=$(rustc -vV | sed -n 's/^host: //p')
"$(rustc --print sysroot)/lib/rustlib/$host/bin/rust-lld" -flavor wasm \
  --no-entry --export-dynamic --gc-sections -o tests/miscompiled/testdata/traps.wasm "$object"
