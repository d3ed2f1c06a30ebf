#!/usr/bin/env bash
# Runs the fuzz targets of the prepare crate natively, with their corpora, each for so many
# seconds: scripts/fuzz-prepare.sh 10s. An input that fails is kept in guest/prepare/fuzz.
# Needs a C++ compiler, for libFuzzer.
set -euo pipefail
cd "$(dirname "$0")/../guest/prepare/fuzz"
seconds=${1%s}

# What cargo-fuzz passes to rustc, without a sanitizer.
flags=(
  -Cpasses=sancov-module
  -Cllvm-args=-sanitizer-coverage-level=4
  -Cllvm-args=-sanitizer-coverage-inline-8bit-counters
  -Cllvm-args=-sanitizer-coverage-pc-table
  -Cllvm-args=-sanitizer-coverage-trace-compares
  --cfg fuzzing
)
host=$(rustc -vV | sed -n 's/^host: //p')
target=${CARGO_TARGET_DIR:-../../../target}/fuzz
# With a target, so that build scripts and macros are compiled without these flags.
RUSTFLAGS="${flags[*]}" cargo build --quiet --locked --release --target "$host" --target-dir "$target"

found=$(mktemp -d)
trap 'rm -rf "$found"' EXIT
for source in fuzz_targets/*.rs; do
  name=$(basename "$source" .rs)
  echo "$name of guest/prepare/fuzz"
  mkdir "$found/$name"
  "$target/$host/release/$name" -max_total_time="$seconds" -verbosity=0 -rss_limit_mb=4096 \
    "$found/$name" "corpus/$name"
done
