#!/usr/bin/env bash
# Builds the plugin: build.sh [FILE]. Needs clang and wasm-ld (lld).
set -euo pipefail
out=$(realpath -m "${1:-plugin.wasm}")
cd "$(dirname "$0")"
clang --target=wasm32 -std=c17 -Os -mbulk-memory -Wall -Wextra -Werror \
  -ffreestanding -nostdlib -Wl,--no-entry -Wl,--strip-all -Wl,-z,stack-size=65536 \
  -o "$out" *.c
