//! Reads, checks and rewrites WebAssembly modules, so that a Go host can run
//! them safely and correctly.
//!
//! - [`prepare`]: prepares a module for running, with the functions of the
//!   following modules.
//! - [`extract`]: takes the core module out of a component.
//! - [`contract`]: reports why a module does not implement the
//!   contract.
//! - [`tables`]: bounds the tables of a module.
//! - [`describe`]: lists the contents of a module.
//! - [`harden`]: replaces the instructions that wazero v1.12.0 miscompiles
//!   with equivalent ones.
//! - [`live`]: removes the bodies of functions that no call can reach.
//! - [`start`]: rejects a module whose instances would take too long to start.
//! - [`complexity`]: rejects a module that would take too long to compile.
//! - [`meter`]: makes a module count what it does, so that its host can stop it.
//! - `dwarf` (native only): hardening that keeps debug information correct.
//! - [`component::types`]: the types of functions in a component, as text.
//! - [`json`]: writes JSON.
//! - [`custom`]: which custom sections stay.
//! - [`names`]: name sections; natively, demangles the names of functions.
//!
//! Every function takes a whole module as bytes, first validates it against the
//! features that wazero runs ([`features`]) unless it says otherwise, and never
//! panics, whatever the bytes are. It copies bytes that need no change, so a
//! module without anything to rewrite is returned unchanged, byte for byte.

pub mod complexity;
pub mod component;
pub mod contract;
pub mod custom;
pub mod describe;
#[cfg(feature = "dwarf")]
pub mod dwarf;
pub mod error;
pub mod extract;
pub mod features;
pub mod harden;
pub mod json;
pub mod live;
pub mod meter;
pub mod names;
pub mod offsets;
pub mod prepare;
pub mod start;
pub mod tables;

mod body;
mod code;
mod heights;
mod instruction;
mod leb128;
mod merge;
mod module;
mod opcode;
mod proposals;
mod reader;
mod sections;
mod text;
#[cfg(feature = "module")]
mod wasm;

pub use error::Error;
