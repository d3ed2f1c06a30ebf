#!/usr/bin/env bash
# Builds places.dwarf4.wasm and places.dwarf5.wasm. Needs scripts/setup.sh c.
set -euo pipefail
cd "$(dirname "$0")"
for version in 4 5; do
  clang --target=wasm32 -O1 -fno-unroll-loops "-gdwarf-$version" -nostdlib -fdebug-prefix-map="$PWD=/places" \
    -Wl,--no-entry -o places.dwarf$version.wasm places.c
done
