#!/usr/bin/env bash
# Builds the guests of examples/filter and compares them with those that are committed,
# or commits them with -embed. A guest whose compiler is missing, or is another than the
# committed one's, is left out of the comparison. Needs scripts/setup.sh wasm.
set -euo pipefail
cd "$(dirname "$0")/.."
example=examples/filter
root=$PWD
rust_bin=$(cat .tools/rust-bin)
wasm_path=${rust_bin:+$rust_bin:}$PATH
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

# No path of this machine may get into the module: equal bytes everywhere.
flags=(
  -Clink-arg=-zstack-size=65536
  -Cstrip=symbols
  --remap-path-prefix="$root=/compute-pipeline"
  --remap-path-prefix="${CARGO_HOME:-$HOME/.cargo}=/cargo"
  --remap-path-prefix="$(PATH=$wasm_path rustc --print sysroot)=/rust"
)
encoded=$(printf '%s\037' "${flags[@]}")
PATH=$wasm_path CARGO_ENCODED_RUSTFLAGS=${encoded%$'\037'} \
  cargo build --quiet --locked --release --target wasm32-unknown-unknown -p quota
cp "${CARGO_TARGET_DIR:-target}/wasm32-unknown-unknown/release/quota.wasm" "$out"
compilers=("quota.wasm $(PATH=$wasm_path rustc --version)")

if command -v clang >/dev/null && command -v wasm-ld >/dev/null; then
  $example/guests/redact/build.sh "$out/redact.wasm"
  compilers+=("redact.wasm $(clang --version | head -n 1)")
fi

for compiler in "${compilers[@]}"; do
  module=${compiler%% *}
  if [ "${1:-}" = -embed ]; then
    sed -i "s|^$module .*|$compiler|" $example/compilers.txt
    install -m 644 "$out/$module" $example/
  elif ! grep -qxF "$compiler" $example/compilers.txt; then
    echo "$example/$module is not compared: another compiler built it"
  elif ! cmp -s "$out/$module" $example/"$module"; then
    echo "$example/$module is not what its source gives; run make embed" >&2
    exit 1
  fi
done
