//! Rewrites WebAssembly modules.
