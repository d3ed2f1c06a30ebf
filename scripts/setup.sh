#!/usr/bin/env bash
# Installs what `make guest` and `make test` need and the machine lacks, into
# .tools (ignored by git). Everything that is there already is left alone, so
# running it again costs a second.
#
#   scripts/setup.sh wasm    the wasm32-unknown-unknown target
#   scripts/setup.sh lint    gofumpt, staticcheck
#   scripts/setup.sh arm64   qemu-user, from Debian's packages
#   scripts/setup.sh python  Wasmtime for Python, from PyPI
#   scripts/setup.sh duckdb  DuckDB for Python, from PyPI
#   scripts/setup.sh c       clang and its linker, from Debian's packages
#   scripts/setup.sh cxx     a C++ compiler, from Debian's packages
#   scripts/setup.sh postgres  PostgreSQL, from Debian's packages
#   scripts/setup.sh browsers  Chromium and Firefox, from Debian's packages
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
tools=$root/.tools
# shellcheck source=scripts/versions.env
source scripts/versions.env
mkdir -p "$tools/bin" "$tools/log"

say() { printf 'setup: %s\n' "$*"; }
die() { printf 'setup: %s\n' "$*" >&2; exit 1; }
need() { command -v "$1" >/dev/null || die "$1 is needed and was not found ($2)"; }

# apt_get ARGUMENT...: as root, and after another's that was begun beside this one: apt-get does
# not wait for it.
apt_get() {
  (
    flock 9
    if [ "$(id -u)" = 0 ]; then apt-get "$@" 9>&-; else sudo apt-get "$@" 9>&-; fi
  ) 9>"$tools/log/apt.lock"
}

# wasm_target makes a toolchain that compiles for wasm32-unknown-unknown and
# writes its bin directory (empty: the machine's own rustc) to .tools/rust-bin.
wasm_target() {
  if [ -e "$tools/rust-bin" ]; then
    if ! [ -s "$tools/rust-bin" ] || [ "$(cat "$tools/rust/made-by" 2>&1)" = "$(debian_made_by)" ]; then
      return
    fi
    say "Debian's rustc or this directory's place is another than before"
    rm "$tools/rust-bin"
  fi
  need rustup "https://rustup.rs"
  if rustup target add wasm32-unknown-unknown >"$tools/log/rustup.log" 2>&1; then
    say "wasm32-unknown-unknown comes from rustup"
    : >"$tools/rust-bin"
    return
  fi
  say "rustup cannot download the wasm target: building it from Debian's sources"
  debian_wasm_target
}

# debian_made_by names what a sysroot of Debian's depends on: another rustc
# cannot read its std, and it holds its own path.
debian_made_by() {
  printf '%s %s\n' "$tools/rust" "$(/usr/bin/rustc --version 2>&1)"
}

# debian_rust_is_there VERSION: are both packages there, of that Rust or newer?
debian_rust_is_there() {
  local version
  dpkg -s rustc-web rust-web-src >/dev/null 2>&1 || return
  version=$(/usr/bin/rustc --version) || return
  version=${version#rustc }
  printf '%s\n' "$1" "${version%% *}" | sort -VC
}

# debian_wasm_target assembles a sysroot from the packages rustc-web and
# rust-web-src (a newer rustc than in the package rustc, and the sources of its
# std) and compiles std for wasm once.
debian_wasm_target() {
  need apt-get "without rustup's server only Debian's packages can provide the target"
  local wanted
  wanted=$(sed -n 's/^rust-version = "\(.*\)"$/\1/p' Cargo.toml)
  if ! debian_rust_is_there "$wanted"; then
    apt_get update -qq >>"$tools/log/apt.log" 2>&1 || true
    # They conflict with Debian's own rustc and rustup, which nobody asked to lose.
    apt_get install -y -qq --no-remove --no-install-recommends rustc-web rust-web-src >>"$tools/log/apt.log" 2>&1 ||
      { tail -n 20 "$tools/log/apt.log" >&2; die "cannot install rustc-web and rust-web-src"; }
    debian_rust_is_there "$wanted" ||
      die "rustc-web is $(/usr/bin/rustc --version 2>&1), Rust $wanted or newer is needed (Debian's security updates have it)"
  fi
  local host cargo sysroot
  host=$(/usr/bin/rustc -vV | sed -n 's/^host: //p')
  cargo=$(rustup which cargo)
  sysroot=${cargo%/bin/cargo}
  local tc=$tools/rust
  rm -rf "$tc"
  mkdir -p "$tc/bin" "$tc/lib/rustlib/$host/bin" "$tc/lib/rustlib/wasm32-unknown-unknown/lib"
  printf '#!/bin/sh\nexec /usr/bin/rustc --sysroot "%s" "$@"\n' "$tc" >"$tc/bin/rustc"
  chmod +x "$tc/bin/rustc"
  ln -s "$cargo" "$tc/bin/cargo"
  ln -s "/usr/lib/rustlib/$host/lib" "$tc/lib/rustlib/$host/lib"
  ln -s /usr/lib/rustlib/src "$tc/lib/rustlib/src"
  # A link, not a copy: rust-lld finds its libLLVM by its own path.
  ln -s "$sysroot/lib/rustlib/$host/bin/rust-lld" "$tc/lib/rustlib/$host/bin/rust-lld"

  local std=$tools/build/std
  rm -rf "$std"
  mkdir -p "$std/src"
  : >"$std/src/lib.rs"
  cat >"$std/Cargo.toml" <<'TOML'
[package]
name = "std-for-wasm"
version = "0.0.0"
edition = "2024"
[profile.release]
opt-level = 3
codegen-units = 1
[workspace]
TOML
  # - Without embed-bitcode the guest's link-time optimisation fails.
  # - The paths of std get into the guest as they are here: none of this machine's.
  local flags=(
    -Cembed-bitcode=yes
    --remap-path-prefix="${CARGO_HOME:-$HOME/.cargo}=/cargo"
    --remap-path-prefix="$tc/lib/rustlib/src/rust=/rust"
  ) encoded
  encoded=$(printf '%s\037' "${flags[@]}")
  (cd "$std" && RUSTC=$tc/bin/rustc RUSTC_BOOTSTRAP=1 CARGO_ENCODED_RUSTFLAGS=${encoded%$'\037'} \
    "$tc/bin/cargo" build --release --target wasm32-unknown-unknown --target-dir "$std/target" \
    -Z build-std=std,panic_abort) \
    >"$tools/log/std.log" 2>&1 || { tail -n 40 "$tools/log/std.log" >&2; die "cannot build std for wasm"; }
  local lib
  for lib in "$std"/target/wasm32-unknown-unknown/release/deps/*.rlib; do
    case ${lib##*/} in libstd_for_wasm-*) ;; *) cp "$lib" "$tc/lib/rustlib/wasm32-unknown-unknown/lib/" ;; esac
  done
  rm -rf "$std"
  debian_made_by >"$tc/made-by"
  printf '%s\n' "$tc/bin" >"$tools/rust-bin"
}

go_tool() {
  local name=$1 path=$2 version=$3
  local stamp=$tools/log/$name-$version.installed
  [ -e "$stamp" ] && [ -x "$tools/bin/$name" ] && return
  say "installing $name $version"
  GOWORK=off GOBIN=$tools/bin GOFLAGS= go install "$path@$version" || die "cannot install $name $version"
  touch "$stamp"
}

# debian_packages PROGRAM PACKAGE...: installs packages that have a program, if it is missing.
debian_packages() {
  local program=$1
  shift
  command -v "$program" >/dev/null && return
  need apt-get "$program was not found"
  say "installing $*"
  apt_get update -qq >>"$tools/log/apt.log" 2>&1 || true
  apt_get install -y -qq --no-install-recommends "$@" >>"$tools/log/apt.log" 2>&1 ||
    { tail -n 20 "$tools/log/apt.log" >&2; die "cannot install $*"; }
}

# python_package NAME VERSION: a package of PyPI that needs no others, in .tools/python.
python_package() {
  local stamp=$tools/log/$1-$2.installed
  [ -e "$stamp" ] && [ -d "$tools/python" ] && return
  say "installing $1 $2 for Python"
  python3 -m pip install --quiet --no-deps --upgrade --target "$tools/python" "$1==$2" >"$tools/log/pip.log" 2>&1 ||
    { tail -n 20 "$tools/log/pip.log" >&2; die "cannot install $1 $2"; }
  touch "$stamp"
}

for part in "${@:-wasm}"; do
  case $part in
  wasm)
    need cargo "https://rustup.rs"
    wasm_target
    ;;
  lint)
    need go "https://go.dev/dl"
    go_tool gofumpt mvdan.cc/gofumpt "$GOFUMPT_VERSION"
    go_tool staticcheck honnef.co/go/tools/cmd/staticcheck "$STATICCHECK_VERSION"
    ;;
  arm64)
    debian_packages qemu-aarch64-static qemu-user-static
    debian_packages qemu-x86_64-static qemu-user-static
    ;;
  python)
    need python3 "https://www.python.org"
    python_package wasmtime "$WASMTIME_PYTHON_VERSION"
    ;;
  duckdb)
    need python3 "https://www.python.org"
    python_package duckdb "$DUCKDB_VERSION"
    ;;
  c)
    debian_packages clang clang
    debian_packages wasm-ld lld
    ;;
  cxx)
    debian_packages c++ g++
    ;;
  postgres)
    debian_packages pg_ctlcluster postgresql
    ;;
  browsers)
    debian_packages chromium chromium
    debian_packages firefox-esr firefox-esr
    ;;
  *) die "unknown part $part (wasm, lint, arm64, python, duckdb, c, cxx, postgres, browsers)" ;;
  esac
done
