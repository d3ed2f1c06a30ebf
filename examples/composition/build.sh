#!/usr/bin/env bash
# Builds the component of the rule: build.sh [FILE]. Needs Python 3.11 or later with pip and venv.
set -euo pipefail
out=$(realpath -m "${1:-rules.wasm}")
cd "$(dirname "$0")"
if ! [ -x .venv/bin/componentize-py ]; then
  python3 -m venv .venv
  .venv/bin/pip install -q --disable-pip-version-check --require-hashes -r requirements.txt
fi
app=$(mktemp -d)
trap 'rm -r "$app"' EXIT
cp rules.py "$app"
# The rule needs no files, clock or random numbers, so WASI's functions become ones that trap.
.venv/bin/componentize-py -q -d wit -w rules componentize --stub-wasi -p "$app" rules -o "$out"
