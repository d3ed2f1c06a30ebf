#!/usr/bin/env bash
# Builds the prepare crate as a WebAssembly module, hardens and meters it with itself
# and writes it to gohost/internal/prepare/prepare.wasm, or where the argument
# says. Needs `make programs` and scripts/setup.sh wasm.
set -euo pipefail
cd "$(dirname "$0")/../.."
root=$PWD
out=${1:-gohost/internal/prepare/prepare.wasm}
rust_bin=$(cat .tools/rust-bin)
wasm_path=${rust_bin:+$rust_bin:}$PATH

# No path of this machine may get into the module: equal bytes everywhere.
flags=(
  --remap-path-prefix="$root=/compute-pipeline"
  --remap-path-prefix="${CARGO_HOME:-$HOME/.cargo}=/cargo"
  --remap-path-prefix="$(PATH=$wasm_path rustc --print sysroot)=/rust"
)
encoded=$(printf '%s\037' "${flags[@]}")
PATH=$wasm_path CARGO_ENCODED_RUSTFLAGS=${encoded%$'\037'} \
  cargo rustc --quiet --locked --profile prepare --target wasm32-unknown-unknown \
  -p compute-pipeline-prepare --no-default-features --lib --crate-type cdylib

built=${CARGO_TARGET_DIR:-target}/wasm32-unknown-unknown/prepare
# What prepares others runs on the same compiler, and must end when its host
# wants it to.
prepare=${CARGO_TARGET_DIR:-target}/tools/compute-pipeline-prepare
"$prepare" harden "$built/compute_pipeline_prepare.wasm" "$built/hardened.wasm"
# Its recursion is bounded, by how deep components and types may be nested, so a bound
# on the call stack would only make it a quarter larger.
"$prepare" meter --trusted "$built/hardened.wasm" "$out"
