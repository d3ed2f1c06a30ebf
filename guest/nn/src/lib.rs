//! Operators of neural networks for guests that run models, with the same bits on every runtime.
//!
//! - Sums of integers are exact, so their order does not matter: [`conv5`], [`matrix`].
//! - Sums of floats have an order that the operator defines. Nothing is fused, and nothing is
//!   relaxed.
//! - Functions such as [`math::exp`] are polynomials in f64 with a stated error. A host's own
//!   differ from machine to machine.
//!
//! Where the target has simd128, vectors are of its instructions, otherwise they are arrays: the
//! native tests run the same operators in plain Rust.

pub mod conv5;
pub mod dense;
pub mod lanes;
pub mod math;
pub mod matrix;
pub mod norm;
pub mod quantise;
pub mod softmax;
