//! Valid modules of all kinds (wasm-smith): hardening and metering accept them, and
//! what they make is valid.
#![no_main]

use compute_pipeline_prepare::{Error, describe, features, harden, meter};
use libfuzzer_sys::{arbitrary, fuzz_target};
use wasm_smith::Module;

/// WebAssembly 2.0 and nothing beyond.
fn config() -> wasm_smith::Config {
    wasm_smith::Config {
        bulk_memory_enabled: true,
        custom_page_sizes_enabled: false,
        exceptions_enabled: false,
        extended_const_enabled: false,
        gc_enabled: false,
        max_memories: 1,
        max_tables: 8,
        memory64_enabled: false,
        multi_value_enabled: true,
        reference_types_enabled: true,
        relaxed_simd_enabled: false,
        saturating_float_to_int_enabled: true,
        shared_everything_threads_enabled: false,
        sign_extension_ops_enabled: true,
        simd_enabled: true,
        tail_call_enabled: false,
        threads_enabled: false,
        wide_arithmetic_enabled: false,
        ..wasm_smith::Config::default()
    }
}

fuzz_target!(|bytes: &[u8]| {
    let mut entropy = arbitrary::Unstructured::new(bytes);
    let Ok(module) = Module::new(config(), &mut entropy) else {
        return;
    };
    let wasm = module.to_bytes();
    if features::validate(&wasm).is_err() {
        return; // a proposal that the configuration did not keep out
    }
    describe::describe(&wasm).expect("a valid module is described");
    let hardened = harden::harden(&wasm)
        .expect("a valid module is hardened")
        .wasm;
    features::validate(&hardened).expect("a hardened module is valid");
    match meter::meter(&hardened) {
        Ok(metered) => features::validate(&metered.wasm).expect("a metered module is valid"),
        // An export may have a reserved name, and a function may get too large.
        Err(Error::Invalid { message, .. }) => panic!("a valid module was refused: {message}"),
        Err(_) => {}
    }
});
