//! The crate as a WebAssembly module.
//!
//! It imports nothing and exports, besides `memory`:
//!
//! - `input(size: i32) -> i32`: makes room for a request of that many bytes
//!   ([`crate::request`]) and returns its address, where the host then writes it.
//! - `describe() -> i32`: [`crate::describe`]; 0 when the output is the world as
//!   JSON, 1 when it is an error ([`crate::Error::json`]).
//! - `output() -> i64`: address (upper half) and size (lower half) of the output.
//!
//! Nothing here reads an address that the host passes. Too little memory is a trap, and
//! so is what the parser does not expect; then the instance is of no more use.

use std::sync::{Mutex, PoisonError};

static INPUT: Mutex<Vec<u8>> = Mutex::new(Vec::new());
static OUTPUT: Mutex<String> = Mutex::new(String::new());

/// Makes room for the request and returns its address.
#[unsafe(no_mangle)]
pub extern "C" fn input(size: usize) -> usize {
    let mut bytes = vec![0; size];
    // As a mutable pointer, since the host writes through it.
    let address = bytes.as_mut_ptr().addr();
    *INPUT.lock().unwrap_or_else(PoisonError::into_inner) = bytes;
    address
}

/// Describes the world that the request is for.
#[unsafe(no_mangle)]
pub extern "C" fn describe() -> i32 {
    let request = std::mem::take(&mut *INPUT.lock().unwrap_or_else(PoisonError::into_inner));
    let (status, text) = match crate::describe(&request) {
        Ok(json) => (0, json),
        Err(err) => (1, err.json()),
    };
    *OUTPUT.lock().unwrap_or_else(PoisonError::into_inner) = text;
    status
}

/// Address and size of the output.
#[unsafe(no_mangle)]
pub extern "C" fn output() -> u64 {
    let output = OUTPUT.lock().unwrap_or_else(PoisonError::into_inner);
    (output.as_ptr().addr() as u64) << 32 | output.len() as u64
}
