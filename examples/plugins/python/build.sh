#!/usr/bin/env bash
# Builds the plugin: build.sh [FILE]. Needs Python 3.10 or later with pip and venv.
set -euo pipefail
out=$(realpath -m "${1:-plugin.wasm}")
cd "$(dirname "$0")"
if ! [ -x .venv/bin/componentize-py ]; then
  python3 -m venv .venv
  .venv/bin/pip install -q --disable-pip-version-check --require-hashes -r requirements.txt
fi
build=$(mktemp -d)
trap 'rm -r "$build"' EXIT
mkdir "$build/wit" "$build/app"
cp -r ../../../wit/deps "$build/wit"
cp plugin.py "$build/app"

# The contract without its optional interface, summary.
cat > "$build/wit/plugin.wit" << 'WIT'
package example:plugin;

world plugin {
  include org:analytics/analytics-engine@0.1.0;
  include org:compute/compute-engine@0.1.0;
}
WIT

# In the place of WASI's functions are ones that trap: the plugin needs no grants, and its
# answers depend on nothing but the arguments.
.venv/bin/componentize-py -q -d "$build/wit" -w plugin componentize --stub-wasi -p "$build/app" plugin -o "$build/plugin.wasm"

# The claim of a grade is a custom section: 0, its size, the size of its name, its name, its
# contents.
printf '\0\035\026compute-pipeline:gradestable' >> "$build/plugin.wasm"
mv "$build/plugin.wasm" "$out"
