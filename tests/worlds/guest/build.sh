#!/usr/bin/env bash
# Builds the guest for the test of resources in the bindings' golden packages. Needs
# scripts/setup.sh wasm.
set -euo pipefail
cd "$(dirname "$0")/../../.."
rust_bin=$(cat .tools/rust-bin)
export PATH=${rust_bin:+$rust_bin:}$PATH
# No path of this machine may get into the module: equal bytes everywhere.
flags=(
  --remap-path-prefix="$PWD=/compute-pipeline"
  --remap-path-prefix="${CARGO_HOME:-$HOME/.cargo}=/cargo"
  --remap-path-prefix="$(rustc --print sysroot)=/rust"
)
encoded=$(printf '%s\037' "${flags[@]}")
CARGO_ENCODED_RUSTFLAGS=${encoded%$'\037'} cargo build --quiet --locked --profile small \
  --target wasm32-unknown-unknown -p compute-pipeline-resources-guest
install -m 644 "${CARGO_TARGET_DIR:-target}/wasm32-unknown-unknown/small/compute_pipeline_resources_guest.wasm" \
  gohost/cmd/pipeline/internal/bind/golden/testdata/resources.rust.wasm
