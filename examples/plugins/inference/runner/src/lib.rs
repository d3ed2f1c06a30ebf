//! Runs models in the ONNX format that the caller brings: the world `runner` of org:inference, on
//! rten.

mod failure;
mod operators;
mod session;
mod structure;
mod tensor;
mod wire;

/// The contract, as wit-bindgen generates it.
#[allow(
    missing_docs,
    unsafe_op_in_unsafe_fn,
    clippy::undocumented_unsafe_blocks
)]
mod binding {
    wit_bindgen::generate!({ path: "../../../../wit/inference", world: "runner" });

    // Not natively: a native linker takes no colon in a name.
    #[cfg(target_arch = "wasm32")]
    export!(Plugin with_types_in self);
    #[cfg(target_arch = "wasm32")]
    use super::Plugin;
}

compute_pipeline_guest::report_panics!();

use binding::exports::org::inference::sessions::Guest;

struct Plugin;

impl Guest for Plugin {
    type Session = session::Session;
}
