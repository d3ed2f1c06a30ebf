//! The crate as a WebAssembly module, for hosts that have no Rust.
//!
//! It imports nothing and exports, besides `memory`:
//!
//! - `input(size: i32) -> i32`: makes room for a module of that many bytes and
//!   returns its address, where the host then writes the module.
//! - `contract(size: i32) -> i32`: the same for the text of a contract
//!   ([`Contract::parse`]). Without it nothing is expected and nothing may be imported.
//! - `prepare(meter: i32) -> i32`: [`prepare::prepare`], metered unless `meter`
//!   is 0; the output is a module.
//! - `prepare_with_maps(meter: i32) -> i32`: [`prepare::with_maps`]; the same, and `maps` has
//!   where the code went.
//! - `maps() -> i64`: address and size of the [maps](OffsetMap::to_bytes), one after the other.
//! - `check() -> i32`: [`prepare::check`]; the output is a line for each problem.
//! - `describe() -> i32`: [`describe::describe`]; the output is JSON.
//! - `report() -> i64`: address and size of what `prepare` found out about the module in the
//!   output ([`prepare::Prepared::report`]).
//! - `output() -> i64`: address (upper half) and size (lower half) of the
//!   output, until the next call.
//!
//! Functions that work on the input consume it and answer 0 when the output is
//! what they are for. Otherwise the output is the reason ([`Error::report`]),
//! UTF-8, and the answer 1 for a module that is not valid, 2 for one that is not an
//! implementation of the contract, 3 for one that exceeds a limit, 4 for a contract that
//! cannot be read.
//!
//! Nothing here reads an address that the host passes. Too little memory is a
//! trap, after which the instance is of no more use.

use std::sync::{Mutex, PoisonError};

use crate::contract::Contract;
use crate::offsets::OffsetMap;
use crate::prepare::{self, Options, Prepared};
use crate::{Error, describe};

static INPUT: Mutex<Vec<u8>> = Mutex::new(Vec::new());
static CONTRACT: Mutex<Vec<u8>> = Mutex::new(Vec::new());
static REPORT: Mutex<Vec<u8>> = Mutex::new(Vec::new());
static MAPS: Mutex<Vec<u8>> = Mutex::new(Vec::new());
static OUTPUT: Mutex<Vec<u8>> = Mutex::new(Vec::new());

/// Takes what a slot holds. There are no threads, so no lock is ever poisoned.
fn take(slot: &Mutex<Vec<u8>>) -> Vec<u8> {
    std::mem::take(&mut *slot.lock().unwrap_or_else(PoisonError::into_inner))
}

fn put(slot: &Mutex<Vec<u8>>, bytes: Vec<u8>) {
    *slot.lock().unwrap_or_else(PoisonError::into_inner) = bytes;
}

/// Makes room in a slot and returns its address.
fn room(slot: &Mutex<Vec<u8>>, size: usize) -> usize {
    let mut bytes = vec![0; size];
    // As a mutable pointer, since the host writes through it.
    let address = bytes.as_mut_ptr().addr();
    put(slot, bytes);
    address
}

/// Makes room for the next input and returns its address.
#[unsafe(no_mangle)]
pub extern "C" fn input(size: usize) -> usize {
    room(&INPUT, size)
}

/// Makes room for the contract and returns its address.
#[unsafe(no_mangle)]
pub extern "C" fn contract(size: usize) -> usize {
    room(&CONTRACT, size)
}

fn expected() -> Result<Contract, Error> {
    Contract::parse(&String::from_utf8_lossy(&take(&CONTRACT)))
}

/// Puts the output in place and returns the status.
fn answer(result: Result<Vec<u8>, Error>) -> i32 {
    let (status, bytes) = match result {
        Ok(bytes) => (0, bytes),
        Err(err) => (err.class().status(), err.report().into_bytes()),
    };
    put(&OUTPUT, bytes);
    status
}

/// Prepares the input.
#[unsafe(no_mangle)]
pub extern "C" fn prepare(meter: i32) -> i32 {
    run(meter, prepare::prepare)
}

/// Prepares the input, and says where its code went.
#[unsafe(no_mangle)]
pub extern "C" fn prepare_with_maps(meter: i32) -> i32 {
    run(meter, |input, options| {
        let (prepared, maps) = prepare::with_maps(input, options)?;
        put(&MAPS, maps.iter().flat_map(OffsetMap::to_bytes).collect());
        Ok(prepared)
    })
}

fn run(meter: i32, prepare: fn(&[u8], &Options) -> Result<Prepared, Error>) -> i32 {
    let input = take(&INPUT);
    answer(expected().and_then(|contract| {
        let options = Options {
            contract,
            meter: meter != 0,
        };
        let prepared = prepare(&input, &options)?;
        put(&REPORT, prepared.report().into_bytes());
        Ok(prepared.wasm)
    }))
}

/// Address and size of the maps.
#[unsafe(no_mangle)]
pub extern "C" fn maps() -> u64 {
    place(&MAPS)
}

/// Checks the input against the contract.
#[unsafe(no_mangle)]
pub extern "C" fn check() -> i32 {
    let input = take(&INPUT);
    answer(expected().and_then(|contract| {
        let problems = prepare::check(&input, &contract)?;
        Ok(problems.join("\n").into_bytes())
    }))
}

/// Describes the input.
#[unsafe(no_mangle)]
pub extern "C" fn describe() -> i32 {
    answer(describe::describe(&take(&INPUT)).map(String::into_bytes))
}

/// Address and size of the report.
#[unsafe(no_mangle)]
pub extern "C" fn report() -> u64 {
    place(&REPORT)
}

/// Address and size of the output.
#[unsafe(no_mangle)]
pub extern "C" fn output() -> u64 {
    place(&OUTPUT)
}

fn place(slot: &Mutex<Vec<u8>>) -> u64 {
    let bytes = slot.lock().unwrap_or_else(PoisonError::into_inner);
    (bytes.as_ptr().addr() as u64) << 32 | bytes.len() as u64
}
