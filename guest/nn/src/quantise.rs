//! Floats as integers times a step.

use crate::lanes::{F32x4, I16x8};

/// Integers, and what they are multiplied by.
#[derive(Clone, Debug, PartialEq)]
pub struct Quantised {
    /// The integers.
    pub integers: Vec<i16>,
    /// The floats are about the integers times this.
    pub step: f32,
}

/// Returns floats as integers between -`max` and `max`: to the nearest, halves to even, with the
/// step for which the largest absolute value is `max`. `max` is at most 32,767; the floats are
/// finite, and as many as a multiple of 8. Where the step would be below the smallest normal
/// number, all integers and the step are 0: its inverse would be infinite.
///
/// # Panics
///
/// If the number of floats is another.
pub fn quantise(floats: &[f32], max: i16) -> Quantised {
    let (chunks, rest) = floats.as_chunks::<8>();
    assert!(rest.is_empty(), "the floats are no multiple of 8");
    let halves = |chunk: &[f32; 8]| {
        let (halves, _) = chunk.as_chunks::<4>();
        [F32x4::load(&halves[0]), F32x4::load(&halves[1])]
    };
    let mut largest = F32x4::splat(0.0);
    for chunk in chunks {
        let [left, right] = halves(chunk);
        largest = largest.max(left.abs()).max(right.abs());
    }
    let largest = largest.lanes().into_iter().fold(0.0, f32::max);
    let (step, inverse) = match largest / f32::from(max) {
        step if step >= f32::MIN_POSITIVE => (step, F32x4::splat(1.0 / step)),
        _ => (0.0, F32x4::splat(0.0)),
    };
    let mut integers = vec![0; floats.len()];
    let (to, _) = integers.as_chunks_mut::<8>();
    for (chunk, to) in chunks.iter().zip(to) {
        let [left, right] = halves(chunk).map(|x| x.times(inverse).rounded());
        I16x8::narrow(left, right).store(to);
    }
    Quantised { integers, step }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn to_the_nearest() {
        let floats = [0.0, 1.0, -1.0, 2.5, -2.5, 3.5, 100.0, 99.4];
        let got = quantise(&floats, 100);
        assert_eq!(got.integers, [0, 1, -1, 2, -2, 4, 100, 99]);
        assert_eq!(got.step.to_bits(), 1_f32.to_bits());
    }

    #[test]
    fn nothing_is_beyond_the_largest() {
        for i in 1..10_000_u16 {
            let largest = f32::from(i) * 0.37;
            for max in [1, 127, 655, 32_767] {
                let got = quantise(&[largest, -largest, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0], max);
                assert_eq!(got.integers[..3], [max, -max, 0], "{largest}");
            }
        }
    }

    #[test]
    fn zeros_stay_zeros() {
        let zeros = Quantised {
            integers: vec![0; 16],
            step: 0.0,
        };
        assert_eq!(quantise(&[0.0; 16], 655), zeros);
    }

    /// The inverse of a step that is not normal can be infinite, and infinity times 0 is no number.
    #[test]
    fn small_floats_are_zeros_or_right() {
        for exponent in 0..=60 {
            for mantissa in [0, 1, 0x40_0000, 0x7f_ffff] {
                let largest = f32::from_bits(exponent << 23 | mantissa);
                for max in [1, 655, 32_767] {
                    let got = quantise(&[largest, -largest, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0], max);
                    let wanted = if largest / f32::from(max) < f32::MIN_POSITIVE {
                        0
                    } else {
                        max
                    };
                    assert_eq!(
                        got.integers,
                        [wanted, -wanted, 0, 0, 0, 0, 0, 0],
                        "{largest:e} {max}"
                    );
                    assert_eq!(got.step > 0.0, wanted > 0, "{largest:e} {max}");
                }
            }
        }
    }
}
