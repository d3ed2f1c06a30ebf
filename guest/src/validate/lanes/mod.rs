//! Sixteen bytes of text side by side.
//!
//! The readers are written once over this type. With `simd128` it is one wasm
//! vector; elsewhere (native tests, and wasm without the feature) an array.

#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
mod simd128;
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
pub use simd128::{Lanes, Place};

#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
mod portable;
#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
pub use portable::{Lanes, Place};
