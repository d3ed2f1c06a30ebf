//! The WebAssembly features a module may use.

use wasmparser::WasmFeatures;

use crate::Error;
use crate::component::PREAMBLE;
use crate::harden::scan;

/// WebAssembly 2.0: what wazero runs unless it is told otherwise
/// (`api.CoreFeaturesV2`). Among what is left out: threads, tail calls,
/// garbage collection, memories of 64 bits, several memories, exceptions,
/// relaxed SIMD.
pub const ACCEPTED: WasmFeatures = WasmFeatures::WASM2;

/// Checks that `wasm` is a valid core module which uses only [`ACCEPTED`]
/// features. Linear in the size of the module.
pub fn validate(wasm: &[u8]) -> Result<(), Error> {
    scan::functions(wasm, |_| Ok(())).map(|_| ())
}

/// Says why `err`, met while validating `wasm`, refuses it.
///
/// The validator has the same words for a module that is broken and for one
/// that is merely too new, so a second look with newer features tells them
/// apart.
pub(crate) fn refusal(wasm: &[u8], err: &wasmparser::Error) -> Error {
    if wasm.starts_with(&PREAMBLE) {
        return Error::Component;
    }
    let (message, offset) = (err.message().to_owned(), err.offset());
    let newer = WasmFeatures::default().difference(WasmFeatures::COMPONENT_MODEL);
    if scan::is_valid(wasm, newer) {
        Error::Unsupported { message, offset }
    } else {
        Error::Invalid { message, offset }
    }
}
