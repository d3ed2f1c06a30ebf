//! Components of several core modules, changed at random: each is refused, or what is made
//! of it is a valid module of bounded size.
#![no_main]

use compute_pipeline_prepare::contract::Contract;
use compute_pipeline_prepare::prepare::{Options, prepare};
use compute_pipeline_prepare::{describe, extract, features};
use libfuzzer_sys::fuzz_target;

/// What the components of the corpus export and import.
const CONTRACTS: [&str; 2] = [
    "export\t\t\trequired\nfunction\trun\ti\ti\tfunc(n: u32) -> u32",
    "export\t\t\trequired\nfunction\trun\tii\ti\tfunc(text: string) -> u32\n\
     import\t\t\nfunction\tget\ti\t\tfunc() -> string",
];

fuzz_target!(|bytes: &[u8]| {
    let _ = describe::describe(bytes);
    for contract in CONTRACTS {
        let contract = Contract::parse(contract).unwrap();
        if let Ok(core) = extract::extract(bytes, &contract) {
            // What is merged is all core modules, each at most as often as they fit twice into
            // the component, with numbers that may be longer, and a start function.
            let most = 6 * bytes.len() + 4096;
            assert!(core.len() < most, "{} of {}", core.len(), bytes.len());
        }
        let options = Options {
            contract,
            meter: true,
        };
        if let Ok(prepared) = prepare(bytes, &options) {
            features::validate(&prepared.wasm).expect("what was made of a component is valid");
        }
    }
});
