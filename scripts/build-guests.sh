#!/usr/bin/env bash
# Builds the guests that are committed as modules, from examples/filter, examples/plugins,
# examples/plugins/inference, tests/panics, tests/wasip2 and tests/worlds/guest, into dist/guests, and compares them with the committed
# ones, or commits them with -embed. The same compiler makes the same bytes; a guest that
# another compiler built is not compared, so tests run it too: `make example`. Needs
# scripts/setup.sh wasm; the guests in C need scripts/setup.sh c, and are not compared without
# clang: then a test compares their sources with those that were built.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
rust_bin=$(cat .tools/rust-bin)
wasm_path=${rust_bin:+$rust_bin:}$PATH
rustc=$(PATH=$wasm_path rustc --version)
target=wasm32-unknown-unknown
built=${CARGO_TARGET_DIR:-target}/$target
out=dist/guests
rm -rf "$out"
mkdir -p "$out"

# build PACKAGE PROFILE FLAG...: builds a guest in Rust, with `features` for cargo.
build() {
  local package=$1 profile=$2
  shift 2
  # No path of this machine may get into the module: equal bytes everywhere.
  local flags=(
    "$@"
    --remap-path-prefix="$root=/compute-pipeline"
    --remap-path-prefix="${CARGO_HOME:-$HOME/.cargo}=/cargo"
    --remap-path-prefix="$(PATH=$wasm_path rustc --print sysroot)=/rust"
  ) encoded
  encoded=$(printf '%s\037' "${flags[@]}")
  PATH=$wasm_path CARGO_ENCODED_RUSTFLAGS=${encoded%$'\037'} \
    cargo build --quiet --locked --profile "$profile" --target "$target" -p "$package" ${features:-}
}

# compare DIR MODULE COMPILER: compares a module with the one in a directory, or commits it.
# compilers.txt there says what built that one.
compare() {
  local dir=$1 module=$2 compiler="$2 $3"
  if [ "$mode" = -embed ]; then
    sed -i "s|^$module .*|$compiler|" "$dir/compilers.txt"
    install -m 644 "$out/$module" "$dir/"
  elif ! grep -qxF "$compiler" "$dir/compilers.txt"; then
    echo "$dir/$module is not compared: it was built by$(sed -n "s|^$module||p" "$dir/compilers.txt"), not by $3"
  elif ! cmp -s "$out/$module" "$dir/$module"; then
    echo "$dir/$module is not what its source gives; run make embed" >&2
    exit 1
  fi
}
mode=${1:-}

build quota release -Clink-arg=-zstack-size=65536 -Cstrip=symbols
cp "$built/release/quota.wasm" "$out/"
compare examples/filter quota.wasm "$rustc"

build compute-pipeline-anomaly release -Clink-arg=-zstack-size=65536 -Cstrip=symbols -Ctarget-feature=+simd128
cp "$built/release/compute_pipeline_anomaly.wasm" "$out/anomaly.wasm"
compare examples/plugins/inference/anomaly anomaly.wasm "$rustc"

# LLVM would take offsets out of the loads of the loops, and wazero then checks the bounds of each.
kernels=(-Clink-arg=-zstack-size=65536 -Ctarget-feature=+simd128 \
  -Cllvm-args=-disable-lsr -Cno-vectorize-slp -Cno-vectorize-loops)
build magika release -Cstrip=debuginfo "${kernels[@]}"
cp "$built/release/magika.wasm" "$out/"
compare examples/plugins/inference/magika magika.wasm "$rustc"

build compute-pipeline-prose release -Cstrip=debuginfo "${kernels[@]}"
cp "$built/release/compute_pipeline_prose.wasm" "$out/prose.wasm"
compare examples/plugins/inference/prose prose.wasm "$rustc"
features="--no-default-features --features embedder" \
  build compute-pipeline-prose release -Cstrip=debuginfo "${kernels[@]}"
cp "$built/release/compute_pipeline_prose.wasm" "$out/embedder.wasm"
compare examples/plugins/inference/prose embedder.wasm "$rustc"

build compute-pipeline-kernels release -Cstrip=symbols "${kernels[@]}"
cp "$built/release/compute_pipeline_kernels.wasm" "$out/kernels.wasm"
compare tests/kernels kernels.wasm "$rustc"

build compute-pipeline-silero release -Clink-arg=-zstack-size=65536 -Cstrip=symbols -Ctarget-feature=+simd128
cp "$built/release/compute_pipeline_silero.wasm" "$out/silero.wasm"
compare examples/plugins/inference/silero silero.wasm "$rustc"

build compute-pipeline-resources-guest small
cp "$built/small/compute_pipeline_resources_guest.wasm" "$out/resources.rust.wasm"
compare gohost/cmd/pipeline/internal/bind/golden/testdata resources.rust.wasm "$rustc"

build compute-pipeline-panics-guest small -Cstrip=debuginfo
cp "$built/small/compute_pipeline_panics_guest.wasm" "$out/panics.wasm"
compare gohost/testdata/rust panics.wasm "$rustc"
features=--no-default-features build compute-pipeline-panics-guest small -Cstrip=debuginfo
cp "$built/small/compute_pipeline_panics_guest.wasm" "$out/panics.no_std.wasm"
compare gohost/testdata/rust panics.no_std.wasm "$rustc"

# A component with a standard library on WASI 0.2.
if rustup target add wasm32-wasip2 >/dev/null 2>&1; then
  target=wasm32-wasip2 build compute-pipeline-wasip2-guest small
  cp "${CARGO_TARGET_DIR:-target}/wasm32-wasip2/small/compute_pipeline_wasip2_guest.wasm" "$out/wasip2.wasm"
  compare gohost/sandbox/testdata/rust wasip2.wasm "$rustc"
else
  echo "wasip2.wasm is not compared: rustup cannot download the target wasm32-wasip2"
fi

# As an author has it: the crate that it needs is beside it, so that its bytes do not depend on
# where this directory is.
go run ./gohost/cmd/pipeline new plugin --lang rust "$out/plugin.rust" >/dev/null
PATH=$wasm_path CARGO_TARGET_DIR=$(realpath -m "${CARGO_TARGET_DIR:-target}")/plugin.rust \
  "$out/plugin.rust/build.sh" "$out/plugin.rust.wasm"
compare examples/plugins plugin.rust.wasm "$rustc"

if command -v clang >/dev/null && command -v wasm-ld >/dev/null; then
  examples/filter/guests/redact/build.sh "$out/redact.wasm"
  compare examples/filter redact.wasm "$(clang --version | head -n 1)"
  examples/plugins/c/build.sh "$out/plugin.c.wasm"
  compare examples/plugins plugin.c.wasm "$(clang --version | head -n 1)"
elif [ "$mode" = -embed ]; then
  echo "there is no clang to build the modules in C: scripts/setup.sh c installs it" >&2
  exit 1
else
  echo "the modules in C are not compared: there is no clang"
fi
if [ "$mode" = -embed ]; then
  go test -count 1 ./examples/plugins -run TestTheModulesAreOfTheirSources -update
fi
