//! Rewrites WebAssembly core modules, so that a Go host can run them safely
//! and correctly.
//!
//! - [`harden`]: replaces the instructions that wazero v1.12.0 compiles wrongly
//!   on amd64 by others that mean the same.
//! - [`meter`]: makes a module count what it does, so that its host can stop it.
//! - `dwarf` (native only): the same, with debug information that stays right.
//! - [`strip`]: removes custom sections.
//! - `names` (native only): demangles the names of functions.
//!
//! Every function takes a whole module as bytes, validates it first against the
//! features wazero runs ([`features`]), and never panics, whatever the bytes
//! are. Bytes that need no change are copied as they are, so a module without
//! anything to rewrite comes back unchanged to the byte.

#[cfg(feature = "dwarf")]
pub mod dwarf;
pub mod error;
pub mod features;
pub mod harden;
pub mod meter;
#[cfg(feature = "names")]
pub mod names;
pub mod offsets;
pub mod strip;

mod leb128;
mod sections;
#[cfg(target_arch = "wasm32")]
mod wasm;

pub use error::Error;
