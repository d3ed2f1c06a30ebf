//! Any bytes at all: every function of the prepare module answers or refuses, and what it
//! makes of a module is a valid module again.
#![no_main]

use compute_pipeline_prepare::contract::Contract;
use compute_pipeline_prepare::prepare::{Options, prepare};
use compute_pipeline_prepare::{complexity, describe, extract, features, harden, meter};
use libfuzzer_sys::fuzz_target;

fn valid(wasm: &[u8]) {
    if let Err(err) = features::validate(wasm) {
        panic!("what was made of a module is not valid: {err}");
    }
}

fuzz_target!(|bytes: &[u8]| {
    if let Ok(text) = describe::describe(bytes) {
        assert!(text.starts_with('{') && text.ends_with('}'));
    }
    let contract = Contract::parse(include_str!("../../../../wit/contract.txt")).unwrap();
    let _ = extract::extract(bytes, &contract);
    let _ = complexity::check(bytes);
    let _ = compute_pipeline_prepare::prepare::check(bytes, &contract);
    let options = Options {
        contract,
        meter: true,
    };
    if let Ok(prepared) = prepare(bytes, &options) {
        valid(&prepared.wasm);
    }
    if let Ok(hardened) = harden::harden(bytes) {
        valid(&hardened.wasm);
    }
    if let Ok(metered) = meter::meter(bytes) {
        valid(&metered.wasm);
        // Its names are reserved, so that it cannot be metered again.
        assert!(meter::meter(&metered.wasm).is_err());
    }
});
