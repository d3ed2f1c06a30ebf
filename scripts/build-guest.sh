#!/usr/bin/env bash
# Builds the guest: one cargo-component build gives the component and the core
# module; what is shipped of them goes to dist/, with a manifest. Run by
# `make guest`, after scripts/setup.sh wasm.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
rust_bin=$(cat .tools/rust-bin)
export PATH=${rust_bin:+$rust_bin:}$root/.tools/bin:$PATH

# - The last three flags keep the block kernel's loads as they are written: see
#   "How does the guest suit wazero's code generator?" in RATIONALE.md.
# - A stack of 64 KiB instead of 1 MiB makes an instance ten times cheaper.
# - No path of this machine may get into the module: equal bytes everywhere.
flags=(
  -Ctarget-feature=+simd128
  -Clink-arg=-zstack-size=65536
  --remap-path-prefix="$root=/compute-pipeline"
  --remap-path-prefix="${CARGO_HOME:-$HOME/.cargo}=/cargo"
  --remap-path-prefix="$(rustc --print sysroot)=/rust"
  -Cllvm-args=-disable-lsr
  -Cno-vectorize-slp
  -Cno-vectorize-loops
)
encoded=$(printf '%s\037' "${flags[@]}")
CARGO_ENCODED_RUSTFLAGS=${encoded%$'\037'} \
  cargo component build --locked --release --target wasm32-unknown-unknown -p compute-pipeline

built=${CARGO_TARGET_DIR:-target}/wasm32-unknown-unknown/release
mkdir -p dist
name=dist/compute-pipeline
# `strip -a` would also remove the embedded interface, and leave a component of
# an empty world; this keeps it and the name section.
wasm-tools strip -d '^\.debug_' "$built/compute_pipeline.wasm" -o $name.component.wasm
wasm-tools strip -d '^\.debug_' "$built/deps/compute_pipeline.wasm" -o $name.plain.wasm

# wazero's compiler gets some instructions wrong; the module it is given has none
# of them.
toolbox() { cargo run --quiet --locked --profile tools -p compute-pipeline-toolbox -- "$@"; }
(
  # The toolbox is a program for this machine, built by its own Rust.
  PATH=${PATH#"${rust_bin:+$rust_bin:}"}
  toolbox demangle $name.plain.wasm $name.named.wasm
  toolbox harden $name.named.wasm $name.core.wasm
  rm $name.plain.wasm $name.named.wasm
  toolbox harden --dwarf "$built/deps/compute_pipeline.wasm" $name.core.debug.wasm
  toolbox demangle $name.core.debug.wasm $name.core.debug.wasm
  toolbox hazards $name.core.wasm
  # What the Go package embeds counts what it does, so that it can be stopped.
  toolbox meter $name.core.wasm $name.metered.wasm
  guest/toolbox/build-wasm.sh dist/toolbox.wasm
)

wasm-tools validate --features=wasm2,simd $name.core.wasm
wasm-tools validate --features=wasm2,simd $name.metered.wasm
wasm-tools validate $name.component.wasm
wasm-tools component wit $name.component.wasm >dist/world.wit

RUSTC_VERSION=$(rustc --version) \
  CARGO_COMPONENT_VERSION=$(cargo component --version) \
  WASM_TOOLS_VERSION=$(wasm-tools --version) \
  go run ./scripts/manifest "$@"
