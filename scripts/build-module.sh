#!/usr/bin/env bash
# Builds a crate as a WebAssembly module, as which Go programs carry it, hardens and
# meters it: scripts/build-module.sh prepare gohost/internal/prepare/prepare.wasm.
# Needs `make programs` and scripts/setup.sh wasm.
set -euo pipefail
cd "$(dirname "$0")/.."
crate=compute-pipeline-$1
out=$2
root=$PWD
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
  cargo rustc --quiet --locked --profile small --target wasm32-unknown-unknown \
  -p "$crate" --no-default-features --features module --lib --crate-type cdylib

built=${CARGO_TARGET_DIR:-target}/wasm32-unknown-unknown/small
# What prepares others runs on the same compiler, and must end when its host
# wants it to.
prepare=${CARGO_TARGET_DIR:-target}/tools/compute-pipeline-prepare
"$prepare" harden "$built/${crate//-/_}.wasm" "$built/hardened.wasm"
# Recursion is bounded, by how deep components and types may be nested, and in the
# interpreter anyway, so a bound on the call stack would only make it a quarter larger.
"$prepare" meter --trusted "$built/hardened.wasm" "$out"
