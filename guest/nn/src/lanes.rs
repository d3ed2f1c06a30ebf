//! Vectors of 128 bits: instructions of simd128 on wasm32, arrays elsewhere, with the same
//! results.

#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
mod simd128;
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
pub use simd128::{F32x4, I16x8, I32x4};

#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
mod array;
#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
pub use array::{F32x4, I16x8, I32x4};

/// 1.5 * 2^23: a sum with it has no place for a fraction, and its low bits are the integer.
const ROUND: f32 = 12_582_912.0;
