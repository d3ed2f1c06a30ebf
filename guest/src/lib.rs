//! The compute-pipeline engine. This file is only the binding: it joins the
//! functions of the WIT world to the modules that hold their logic, which are
//! plain Rust and tested natively.

// The binding macro writes unsafe code and undocumented items of its own.
#[allow(
    missing_docs,
    unsafe_op_in_unsafe_fn,
    clippy::undocumented_unsafe_blocks
)]
mod binding {
    wit_bindgen::generate!({
        path: "../wit",
        world: "compute-pipeline",
        generate_all,
        additional_derives: [PartialEq, serde::Deserialize],
    });
}
pub use binding::exports::org::analytics::metrics::Datapoint;
pub use binding::exports::org::compute_pipeline::summary::Statistics;

pub mod aggregate;
pub mod batch;
pub mod checksum;
pub mod exact;
pub mod summary;
pub mod validate;
