#!/usr/bin/env bash
# Builds the plugin: build.sh [FILE]. Needs Node 20 or later and npm.
set -euo pipefail
out=$(realpath -m "${1:-plugin.wasm}")
cd "$(dirname "$0")"
[ -d node_modules ] || npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
module=plugin.js
if [ -e plugin.ts ]; then # checked, and written to build/plugin.js without types
  node_modules/.bin/tsc
  module=build/plugin.js
fi
node build.js "$module" "$out"
