#!/usr/bin/env bash
# Runs the rule in Python on a year of temperatures, composed with the engine of ../../dist in
# Wasmtime, and alone in a Go process, and compares what it flags with what the rule in Go flags.
# Needs Python 3.11 with pip and venv, and Go.
set -euo pipefail
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT
./build.sh "$work/rules.wasm"
# The name of the file becomes a name in the component, where a dot cannot stand.
cp ../../dist/compute-pipeline.component.wasm "$work/engine.wasm"
.venv/bin/wasm-tools compose -d "$work/engine.wasm" "$work/rules.wasm" -o "$work/composed.wasm" > "$work/log" 2>&1 || {
  cat "$work/log" >&2
  exit 1
}
data=../data/seattle-temps-2010.json
for limit in 50 60.012 100; do
  go run . $data "$limit" > "$work/go.txt"
  go run . $data "$limit" "$work/rules.wasm" > "$work/host.txt"
  .venv/bin/python run.py "$work/composed.wasm" $data "$limit" > "$work/wasmtime.txt"
  diff "$work/go.txt" "$work/host.txt"
  diff "$work/go.txt" "$work/wasmtime.txt"
  echo "above $limit: $(wc -l < "$work/go.txt") months, the same in Go, in Python in Go, and in Wasmtime"
done
