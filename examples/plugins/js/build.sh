#!/usr/bin/env bash
# Builds the plugin: build.sh [FILE]. Needs Node 20 or later and npm.
set -euo pipefail
out=$(realpath -m "${1:-plugin.wasm}")
cd "$(dirname "$0")"
[ -d node_modules ] || npm install --no-package-lock --ignore-scripts --no-audit --no-fund --loglevel=error
node build.js "$out"
