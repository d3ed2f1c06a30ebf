#!/usr/bin/env bash
# Builds the composed component with the engine of ../../dist, runs it on a year of temperatures,
# and compares what it flags with what the rule in Go flags. Needs Python 3.11 and pip.
set -euo pipefail
cd "$(dirname "$0")"
venv=$(mktemp -d)
trap 'rm -r "$venv"' EXIT
python3 -m venv "$venv"
"$venv/bin/pip" install -q --disable-pip-version-check -r requirements.txt
PATH=$venv/bin:$PATH

./build.sh ../../dist/compute-pipeline.component.wasm "$venv/composed.wasm"
for limit in 50 60.012 100; do
  python run.py "$venv/composed.wasm" ../data/seattle-temps-2010.json "$limit" > "$venv/python.txt"
  go run . ../data/seattle-temps-2010.json "$limit" > "$venv/go.txt"
  diff "$venv/python.txt" "$venv/go.txt"
  echo "above $limit: $(wc -l < "$venv/go.txt") months, the same in both"
done
