//! The WebAssembly features a module may use.

use wasmparser::{Validator, WasmFeatures};

use crate::Error;

/// WebAssembly 2.0: what wazero runs unless it is told otherwise
/// (`api.CoreFeaturesV2`). Among what is left out: threads, tail calls,
/// garbage collection, memories of 64 bits, several memories, exceptions,
/// relaxed SIMD.
pub const ACCEPTED: WasmFeatures = WasmFeatures::WASM2;

/// Magic number and version of a component's first eight bytes.
const COMPONENT_PREAMBLE: [u8; 8] = [0, b'a', b's', b'm', 0x0d, 0, 1, 0];

/// Checks that `wasm` is a valid core module which uses only [`ACCEPTED`]
/// features. Linear in the size of the module.
pub fn validate(wasm: &[u8]) -> Result<(), Error> {
    Validator::new_with_features(ACCEPTED)
        .validate_all(wasm)
        .map(|_| ())
        .map_err(|err| refusal(wasm, &err))
}

/// Says why `err`, met while validating `wasm`, refuses it.
///
/// The validator has the same words for a module that is broken and for one
/// that is merely too new, so a second look with newer features tells them
/// apart.
pub(crate) fn refusal(wasm: &[u8], err: &wasmparser::Error) -> Error {
    if wasm.starts_with(&COMPONENT_PREAMBLE) {
        return Error::Component;
    }
    let (message, offset) = (err.message().to_owned(), err.offset());
    let newer = WasmFeatures::default().difference(WasmFeatures::COMPONENT_MODEL);
    if Validator::new_with_features(newer)
        .validate_all(wasm)
        .is_ok()
    {
        Error::Unsupported { message, offset }
    } else {
        Error::Invalid { message, offset }
    }
}
