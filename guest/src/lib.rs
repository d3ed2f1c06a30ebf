//! The compute-pipeline engine. This file is only the binding: it connects the
//! functions of the WIT world to the modules that implement them in plain Rust,
//! which are tested natively.

pub mod accumulator;
#[cfg(any(feature = "accumulators", not(target_arch = "wasm32")))]
mod accumulators;
pub mod aggregate;
mod analytics;
pub mod batch;
pub mod checksum;
pub mod direct;
pub mod exact;
pub mod summary;
pub mod validate;

// The macro writes unsafe code and undocumented items of its own.
#[allow(
    missing_docs,
    unsafe_op_in_unsafe_fn,
    clippy::undocumented_unsafe_blocks
)]
mod binding {
    #[cfg(all(not(feature = "accumulators"), target_arch = "wasm32"))]
    wit_bindgen::generate!({
        path: ["../wit", "../wit/analytics-0.2", "../wit/engine"],
        world: "org:engine/core@0.2.0",
        generate_all,
        additional_derives: [PartialEq],
    });

    // For components, since resources need a host that knows them, and natively for tests.
    #[cfg(any(feature = "accumulators", not(target_arch = "wasm32")))]
    wit_bindgen::generate!({
        path: ["../wit", "../wit/analytics-0.2", "../wit/engine"],
        world: "org:engine/engine@0.2.0",
        generate_all,
        additional_derives: [PartialEq],
    });

    // Not natively: a native linker takes no colon in a name.
    #[cfg(target_arch = "wasm32")]
    use super::Engine;
    #[cfg(target_arch = "wasm32")]
    export!(Engine);
}

use compute_pipeline_guest::{ReportingAllocator, install_hook};

pub use binding::exports::org::analytics0_1_0::metrics::Datapoint;
pub use binding::exports::org::compute_pipeline::summary::Statistics;

compute_pipeline_guest::grade!(exact);

#[global_allocator]
static ALLOCATOR: ReportingAllocator = ReportingAllocator;

struct Engine;

impl binding::exports::org::analytics0_1_0::metrics::Guest for Engine {
    fn compute_aggregate(points: Vec<Datapoint>) -> Vec<f64> {
        install_hook();
        aggregate::compute_aggregate(&points).to_vec()
    }

    fn validate_stream(raw: String) -> Result<Vec<Datapoint>, String> {
        install_hook();
        validate::validate_stream(&raw)
    }
}

impl binding::exports::org::compute::pipeline::Guest for Engine {
    fn process_batch(input: Vec<u8>) -> Vec<u8> {
        install_hook();
        batch::process_batch(input)
    }

    fn validate_checksum(data: Vec<u8>, expected: u32) -> bool {
        install_hook();
        checksum::validate_checksum(data, expected)
    }
}

impl binding::exports::org::compute_pipeline::summary::Guest for Engine {
    fn fold(state: Vec<u8>, points: Vec<Datapoint>) -> Result<Vec<u8>, String> {
        install_hook();
        summary::fold(&state, &points)
    }

    fn merge(a: Vec<u8>, b: Vec<u8>) -> Result<Vec<u8>, String> {
        install_hook();
        summary::merge(&a, &b)
    }

    fn finish(state: Vec<u8>) -> Result<Statistics, String> {
        install_hook();
        summary::finish(&state)
    }
}
