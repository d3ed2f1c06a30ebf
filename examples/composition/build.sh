#!/usr/bin/env bash
# Builds the composed component: build.sh ENGINE [FILE]. Needs the programs of requirements.txt on PATH.
set -euo pipefail
engine=$(realpath "$1")
out=$(realpath -m "${2:-composed.wasm}")
cd "$(dirname "$0")"
build=$(mktemp -d)
trap 'rm -r "$build"' EXIT

# The world, with the interface that it imports.
mkdir -p "$build/wit/deps" "$build/app"
cp wit/rules.wit "$build/wit"
cp -r ../../wit/deps/analytics "$build/wit/deps"
cp rules.py "$build/app"

# The rule needs no files, clock or random numbers, so WASI's functions become ones that trap.
componentize-py -q -d "$build/wit" -w rules componentize --stub-wasi -p "$build/app" rules -o "$build/rules.wasm"

# The name of the file becomes a name in the component, where a dot cannot stand.
cp "$engine" "$build/engine.wasm"
wasm-tools compose -d "$build/engine.wasm" "$build/rules.wasm" -o "$build/composed.wasm" > "$build/log" 2>&1 || {
  cat "$build/log" >&2
  exit 1
}
mv "$build/composed.wasm" "$out"
