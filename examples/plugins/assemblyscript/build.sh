#!/usr/bin/env bash
# Builds the plugin: build.sh [FILE]. Needs Node 20 or later and npm.
set -euo pipefail
out=$(realpath -m "${1:-plugin.wasm}")
cd "$(dirname "$0")"
[ -d node_modules ] || npm install --no-package-lock --ignore-scripts --no-audit --no-fund --loglevel=error
# The runtime `stub` never frees; the plugin resets it after each call. Without a function
# `abort`, which a host would have to give, what throws ends the call with a trap.
npx asc plugin.ts --transform ./exports.js --runtime stub --use abort= -O -o "$out"
