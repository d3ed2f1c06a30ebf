//! Components of core modules, and modules of WebAssembly text.

pub mod component;
pub mod text;
