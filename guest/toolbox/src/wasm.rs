//! The toolbox as a WebAssembly module, for hosts that have no Rust.
//!
//! It imports nothing and exports, besides `memory`:
//!
//! - `input(size: i32) -> i32`: makes room for a module of that many bytes and
//!   returns its address, where the host then writes the module.
//! - `harden() -> i32`: [`harden::harden`] of the input. 0: the output is the
//!   hardened module; 1: the module was refused and the output is the reason,
//!   UTF-8.
//! - `output() -> i64`: address (upper half) and size (lower half) of the
//!   output, until the next call.
//!
//! Nothing here reads an address that the host passes. Too little memory is a
//! trap, after which the instance is of no more use.

use std::sync::{Mutex, PoisonError};

use crate::harden;

static INPUT: Mutex<Vec<u8>> = Mutex::new(Vec::new());
static OUTPUT: Mutex<Vec<u8>> = Mutex::new(Vec::new());

/// Takes what a slot holds. There are no threads, so no lock is ever poisoned.
fn take(slot: &Mutex<Vec<u8>>) -> Vec<u8> {
    std::mem::take(&mut *slot.lock().unwrap_or_else(PoisonError::into_inner))
}

fn put(slot: &Mutex<Vec<u8>>, bytes: Vec<u8>) {
    *slot.lock().unwrap_or_else(PoisonError::into_inner) = bytes;
}

/// Makes room for the next input and returns its address.
#[unsafe(no_mangle)]
pub extern "C" fn input(size: usize) -> usize {
    let mut bytes = vec![0; size];
    // As a mutable pointer, since the host writes through it.
    let address = bytes.as_mut_ptr().addr();
    put(&INPUT, bytes);
    address
}

/// Hardens the input. Returns 0, or 1 if it was refused.
#[unsafe(no_mangle)]
pub extern "C" fn harden() -> i32 {
    let (status, bytes) = match harden::harden(&take(&INPUT)) {
        Ok(hardened) => (0, hardened.wasm),
        Err(err) => (1, err.to_string().into_bytes()),
    };
    put(&OUTPUT, bytes);
    status
}

/// Address and size of the output.
#[unsafe(no_mangle)]
pub extern "C" fn output() -> u64 {
    let output = OUTPUT.lock().unwrap_or_else(PoisonError::into_inner);
    (output.as_ptr().addr() as u64) << 32 | output.len() as u64
}
