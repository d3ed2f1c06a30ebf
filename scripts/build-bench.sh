#!/usr/bin/env bash
# Builds what the bench of peers calls, into dist/bench: the plugin for knqyf263/go-plugin, and,
# unless it is run with -go, the plugin for Extism and the program that calls the engine in
# Wasmtime. That takes minutes the first time: Wasmtime is compiled as its users compile it.
# Needs scripts/setup.sh wasm unless it is run with -go.
set -euo pipefail
cd "$(dirname "$0")/.."
out=$PWD/dist/bench
mkdir -p "$out"
GOWORK=off GOOS=wasip1 GOARCH=wasm go -C bench build -buildmode=c-shared -o "$out/protobuf.wasm" ./protobuf/guest
if [ "${1:-}" = -go ]; then exit; fi

rust_bin=$(cat .tools/rust-bin)
target=${CARGO_TARGET_DIR:-target}/bench
PATH=${rust_bin:+$rust_bin:}$PATH cargo build --quiet --locked --release --target wasm32-unknown-unknown \
  --manifest-path bench/extism/Cargo.toml --target-dir "$target"
cp "$target/wasm32-unknown-unknown/release/compute_pipeline_bench_extism.wasm" "$out/extism.wasm"
cargo build --quiet --locked --release --manifest-path bench/wasmtime/Cargo.toml --target-dir "$target"
cp "$target/release/compute-pipeline-bench-wasmtime" "$out/wasmtime"
