#!/usr/bin/env bash
# Builds the guest: a core module, and the component that is made of it; what is
# shipped of them goes to dist/, with a manifest. Run by `make guest`, after
# `make programs` and scripts/setup.sh wasm.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
rust_bin=$(cat .tools/rust-bin)
wasm_path=${rust_bin:+$rust_bin:}$PATH
rust_version=$(PATH=$wasm_path rustc --version)

# - The last three flags keep the block kernel's loads as they are written: see
#   "How does the guest suit wazero's code generator?" in RATIONALE.md.
# - A stack of 64 KiB instead of 1 MiB makes an instance ten times cheaper.
# - No path of this machine may get into the module: equal bytes everywhere.
flags=(
  -Ctarget-feature=+simd128
  -Clink-arg=-zstack-size=65536
  --remap-path-prefix="$root=/compute-pipeline"
  --remap-path-prefix="${CARGO_HOME:-$HOME/.cargo}=/cargo"
  --remap-path-prefix="$(PATH=$wasm_path rustc --print sysroot)=/rust"
  -Cllvm-args=-disable-lsr
  -Cno-vectorize-slp
  -Cno-vectorize-loops
)
encoded=$(printf '%s\037' "${flags[@]}")
target=${CARGO_TARGET_DIR:-target}
build() { # build DIRECTORY ARGUMENT...
  PATH=$wasm_path CARGO_ENCODED_RUSTFLAGS=${encoded%$'\037'} \
    cargo build --locked --release --target wasm32-unknown-unknown --target-dir "$@" -p compute-pipeline
}
build "$target"
# The component has a resource besides, and so an import that no host of core modules knows.
build "$target/component" --features accumulators

programs=$target/tools
prepare=$programs/compute-pipeline-prepare
built=$target/wasm32-unknown-unknown/release/compute_pipeline.wasm
built_component=$target/component/wasm32-unknown-unknown/release/compute_pipeline.wasm
mkdir -p dist
name=dist/compute-pipeline

# wazero's compiler gets some instructions wrong; the module it is given has none
# of them, and neither has the one in the component, so it can be taken out for wazero.
assembled() { # assembled BUILT WORLD OUT
  "$prepare" demangle "$1" "$3.named.wasm"
  "$prepare" harden "$3.named.wasm" "$3.hardened.wasm"
  "$programs/compute-pipeline-assemble" component "$3.hardened.wasm" wit,wit/analytics-0.2,wit/engine "org:engine/$2@0.2.0" "$3"
  rm "$3.named.wasm" "$3.hardened.wasm"
}
assembled "$built" core $name.of-core
mv $name.of-core.plain.wasm $name.core.wasm
rm $name.of-core.*
# A component of the core module for hosts/typescript, whose package has that module once: of
# 0.1.0 alone, since what jco declares has no two versions of an interface.
"$programs/compute-pipeline-assemble" component-of $name.core.wasm wit org:compute-pipeline/compute-pipeline@0.1.0 $name.core.component.wasm
assembled "$built_component" engine $name
rm $name.plain.wasm
"$prepare" harden --dwarf "$built" $name.core.debug.wasm
"$prepare" demangle $name.core.debug.wasm $name.core.debug.wasm
"$prepare" miscompiled $name.core.wasm
# What the Go package embeds counts what it does, so that it can be stopped. The engine recurses
# nowhere but in the formatting of messages, so a bound on the call stack would only make it larger.
"$prepare" meter --trusted $name.core.wasm $name.metered.wasm
# Where the code comes from, for their symbols: that of these, and of the core module as a plugin.
"$prepare" maps --trusted "$built" $name.rewritten.wasm $name.maps
"$prepare" maps "$built" $name.plugin.wasm $name.plugin.maps
"$prepare" maps --contract wit/contract.txt "$built_component" $name.component.plugin.wasm $name.component.maps
scripts/build-module.sh prepare dist/prepare.wasm
scripts/build-module.sh wit dist/wit.wasm

RUSTC_VERSION=$rust_version go run ./scripts/manifest -built "$built" -built-component "$built_component" "$@"
rm $name.rewritten.wasm $name.maps $name.plugin.wasm $name.plugin.maps $name.component.plugin.wasm $name.component.maps
