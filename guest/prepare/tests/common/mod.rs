//! The contract of wit/, as the tests use it.

use compute_pipeline_prepare::contract::Contract;
use compute_pipeline_prepare::prepare::Options;

pub fn contract() -> Contract {
    Contract::parse(include_str!("../../../../wit/contract.txt")).unwrap()
}

/// Options of a module that is not metered.
#[allow(dead_code, reason = "not every test program prepares")]
pub fn options() -> Options {
    Options {
        contract: contract(),
        meter: false,
    }
}
