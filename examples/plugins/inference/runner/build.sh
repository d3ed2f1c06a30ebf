#!/usr/bin/env bash
# Builds the plugin: build.sh [FILE] [CARGO OPTION]..., as in
# `build.sh small.wasm --no-default-features --features convolution`. Needs Rust with the target
# wasm32-unknown-unknown.
set -euo pipefail
out=$(realpath -m "${1:-plugin.wasm}")
shift || true
cd "$(dirname "$0")"
# The last flags keep this machine's paths out of the module.
flags=(
  -Ctarget-feature=+simd128
  -Clink-arg=-zstack-size=1048576
  --remap-path-prefix="$(realpath ../../../..)=/compute-pipeline"
  --remap-path-prefix="${CARGO_HOME:-$HOME/.cargo}=/cargo"
  --remap-path-prefix="$(rustc --print sysroot)=/rust"
)
encoded=$(printf '%s\037' "${flags[@]}")
export CARGO_ENCODED_RUSTFLAGS=${encoded%$'\037'} CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-target}
cargo build --quiet --locked --release --target wasm32-unknown-unknown "$@"
install -m 644 "$CARGO_TARGET_DIR/wasm32-unknown-unknown/release/runner.wasm" "$out"
