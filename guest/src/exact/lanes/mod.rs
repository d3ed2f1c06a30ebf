//! Two doubles side by side, and their bits as two integers.
//!
//! The block kernel is written once over these types. With `simd128` they are
//! one wasm vector; elsewhere (native tests, and wasm without the feature) a
//! pair of scalars. Both do the same IEEE 754 operations lane by lane, so both
//! give the same bits.

#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
mod simd128;
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
pub use simd128::{F64x2, Gather, I64x2};

#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
mod portable;
#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
pub use portable::{F64x2, Gather, I64x2};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Datapoint;

    #[test]
    fn bytes_are_stored_as_loaded() {
        let bytes: [u8; 17] = core::array::from_fn(|i| 0xf7 - i as u8);
        let (first, last) = (
            I64x2::load(bytes.first_chunk().unwrap()),
            I64x2::load(bytes.last_chunk().unwrap()),
        );
        assert_eq!(first.lanes().map(|x| x as u8), [0xf7, 0xef]);
        let mut stored = [0; 17];
        (first ^ last).store(stored.last_chunk_mut().unwrap());
        let sums: [u8; 16] = core::array::from_fn(|i| bytes[i] ^ bytes[i + 1]);
        assert_eq!(stored[1..], sums);
    }

    #[test]
    fn lanes_do_not_mix() {
        let (p, q) = (
            Datapoint {
                timestamp: 7,
                value: 1.5,
            },
            Datapoint {
                timestamp: 9,
                value: -0.0,
            },
        );
        let x = Gather::load().values(&p, &q);
        assert_eq!(
            x.lanes().map(f64::to_bits),
            [1.5f64.to_bits(), (-0.0f64).to_bits()]
        );
        let y = x * F64x2::splat(2.0) - F64x2::splat(1.0);
        assert_eq!((y + x).lanes(), [3.5, -1.0]);
        assert_eq!(x.bits().lanes(), [1.5f64.to_bits() as i64, i64::MIN]);
        assert_eq!((x.bits() | I64x2::ZERO).lanes(), x.bits().lanes());
        assert_eq!((x.bits() ^ x.bits()).lanes(), [0, 0]);
        assert_eq!(
            x.bits()
                .wrapping_sub(x.bits())
                .wrapping_add(I64x2::ZERO)
                .lanes(),
            [0, 0]
        );
    }
}
