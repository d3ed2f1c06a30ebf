#!/usr/bin/env bash
# Builds the filter in C. Needs clang and wasm-ld (lld).
set -euo pipefail
clang --target=wasm32 -std=c17 -Os -mbulk-memory -Wall -Wextra -Werror \
  -ffreestanding -nostdlib -Wl,--no-entry -Wl,--strip-all -Wl,-z,stack-size=16384 \
  -o "${1:-redact.wasm}" "$(dirname "$0")/redact.c"
