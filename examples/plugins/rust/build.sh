#!/usr/bin/env bash
# Builds the plugin: build.sh [FILE]. Needs Rust with the target wasm32-unknown-unknown.
set -euo pipefail
out=$(realpath -m "${1:-plugin.wasm}")
cd "$(dirname "$0")"
# A stack of 64 KiB instead of 1 MiB makes instances small. The other flags keep this
# machine's paths out of the module.
flags=(
  -Clink-arg=-zstack-size=65536
  --remap-path-prefix="$PWD=/plugin"
  --remap-path-prefix="${CARGO_HOME:-$HOME/.cargo}=/cargo"
  --remap-path-prefix="$(rustc --print sysroot)=/rust"
)
encoded=$(printf '%s\037' "${flags[@]}")
export CARGO_ENCODED_RUSTFLAGS=${encoded%$'\037'} CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-target}
cargo build --quiet --release --target wasm32-unknown-unknown
install -m 644 "$CARGO_TARGET_DIR/wasm32-unknown-unknown/release/plugin.wasm" "$out"
