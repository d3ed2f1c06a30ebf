//! A plugin in Rust for the contract of compute-pipeline, in the grade stable.

mod batch;
mod statistics;
mod stream;

wit_bindgen::generate!({
    path: "../../../wit",
    // The contract without its optional interface, summary.
    inline: "
        package example:plugin;

        world plugin {
            include org:analytics/analytics-engine@0.1.0;
            include org:compute/compute-engine@0.1.0;
        }
    ",
    world: "example:plugin/plugin",
});

compute_pipeline_guest::report_panics!();
compute_pipeline_guest::grade!(stable);

use exports::org::analytics::metrics::{self, Datapoint};
use exports::org::compute::pipeline;

struct Plugin;

impl metrics::Guest for Plugin {
    fn compute_aggregate(points: Vec<Datapoint>) -> Vec<f64> {
        statistics::aggregate(&points).to_vec()
    }

    fn validate_stream(raw: String) -> Result<Vec<Datapoint>, String> {
        stream::parse(&raw)
    }
}

impl pipeline::Guest for Plugin {
    fn process_batch(input: Vec<u8>) -> Vec<u8> {
        batch::normalise(&input)
    }

    fn validate_checksum(data: Vec<u8>, expected: u32) -> bool {
        crc32fast::hash(&data) == expected
    }
}

// Not natively: a native linker takes no colon in a name.
#[cfg(target_arch = "wasm32")]
export!(Plugin);
