#!/usr/bin/env bash
# Builds the plugin: build.sh [FILE]. Needs only Go 1.24 or later.
set -euo pipefail
out=$(realpath -m "${1:-plugin.wasm}")
cd "$(dirname "$0")"
GOOS=wasip1 GOARCH=wasm go build -buildmode=c-shared -trimpath -ldflags=-s -o "$out" .
