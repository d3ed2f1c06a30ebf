//! Reads, checks and rewrites WebAssembly modules, so that a Go host can run
//! them safely and correctly.
//!
//! - [`prepare`]: all that is done to a module before it is run, by the
//!   following.
//! - [`extract`]: takes the core module out of a component.
//! - [`contract`]: says what keeps a module from being an implementation of the
//!   contract.
//! - [`tables`]: bounds the tables of a module.
//! - [`describe`]: says what is in a module.
//! - [`harden`]: replaces the instructions that wazero v1.12.0 compiles wrongly
//!   by others that mean the same.
//! - [`start`]: refuses a module whose instances would take too long to start.
//! - [`complexity`]: refuses a module that would take too long to compile.
//! - [`meter`]: makes a module count what it does, so that its host can stop it.
//! - `dwarf` (native only): the same, with debug information that stays right.
//! - [`custom`]: leaves of the custom sections only the names of functions.
//! - [`strip`]: removes custom sections.
//! - [`names`]: name sections; natively, demangles the names of functions.
//!
//! Every function takes a whole module as bytes, validates it first against the
//! features wazero runs ([`features`]) where it does not say otherwise, and never
//! panics, whatever the bytes are. Bytes that need no change are copied as they are, so a module without
//! anything to rewrite comes back unchanged to the byte.

pub mod complexity;
pub mod contract;
pub mod custom;
pub mod describe;
#[cfg(feature = "dwarf")]
pub mod dwarf;
pub mod error;
pub mod extract;
pub mod features;
pub mod harden;
pub mod meter;
pub mod names;
pub mod offsets;
pub mod prepare;
pub mod start;
pub mod strip;
pub mod tables;

mod body;
mod code;
mod component;
mod heights;
mod instruction;
mod leb128;
mod module;
mod opcode;
mod proposals;
mod reader;
mod references;
mod sections;
mod text;
#[cfg(target_arch = "wasm32")]
mod wasm;

pub use error::Error;
