//! Mean, population variance and sum from the exact sums, each rounded once.
//!
//! With n points, S = sum(x) and Q = sum(x^2): mean = S / n and
//! variance = (n Q - S^2) / n^2. The divisions are long divisions; a remainder
//! becomes the sticky bit of the rounding.

use super::Sums;
use super::rounding::round;
use super::superaccumulator::{SQUARE_BIT_0, SQUARE_LIMBS, SUM_BIT_0};

/// Zero limbs put below a dividend: a quotient by n^2 < 2^128 keeps at least
/// 192 - 128 = 64 bits, more than the 55 that rounding needs.
const EXTRA: usize = 6;

/// The same below 2^32, where n^2 < 2^64 leaves 64 of 128 bits.
const EXTRA_SMALL: usize = 4;

/// Room for n Q (two limbs more than Q, and a carry) over the zero limbs.
const SCRATCH: usize = SQUARE_LIMBS + 4 + EXTRA;

/// Mean, population variance and sum.
#[derive(Clone, Copy, Debug)]
pub struct Moments {
    /// S / n.
    pub mean: f64,
    /// (n Q - S^2) / n^2.
    pub variance: f64,
    /// S.
    pub sum: f64,
}

/// Why there are moments of sums that are of points.
pub const OF_POINTS: &str = "exact sums of points obey Cauchy-Schwarz";

/// The moments of `sums`; zeros if there are no points.
///
/// `None` when n Q < S^2, which no points can cause (Cauchy-Schwarz): the sums
/// were forged. The sums stay what they are.
pub fn moments<T>(sums: &mut Sums<T>) -> Option<Moments> {
    if sums.count == 0 {
        return Some(Moments {
            mean: 0.0,
            variance: 0.0,
            sum: 0.0,
        });
    }
    if let Some(sum) = sums.non_finite.sum() {
        return Some(Moments {
            mean: sum,
            variance: super::NAN,
            sum,
        });
    }
    let negative = sums.x.make_magnitude();
    sums.squares.make_magnitude();
    let moments = of_magnitudes(sums, negative);
    sums.x.restore(negative);
    moments
}

fn of_magnitudes<T>(sums: &Sums<T>, negative: bool) -> Option<Moments> {
    let n = sums.count;
    let mut scratch = [0; SCRATCH];

    let extra = if n >> 32 == 0 { EXTRA_SMALL } else { EXTRA };
    let (limbs, first) = sums.x.limbs();
    let dividend = &mut scratch[..extra + limbs.len()];
    for (to, from) in dividend[extra..].iter_mut().zip(limbs) {
        *to = *from as u32;
    }
    let exponent = 32 * (first as i32 - extra as i32) + SUM_BIT_0;
    let sum = round(negative, dividend, exponent, false);
    let sticky = divide(dividend, n);
    let mean = round(negative, dividend, exponent, sticky);

    dividend.fill(0);
    let (dividend, first) = numerator(sums, extra, &mut scratch)?;
    let exponent = 32 * (first as i32 - extra as i32) + SQUARE_BIT_0;
    let sticky = if n >> 16 == 0 {
        divide(dividend, n * n)
    } else {
        divide(dividend, n) | divide(dividend, n)
    };
    let variance = round(false, dividend, exponent, sticky);
    Some(Moments {
        mean,
        variance,
        sum,
    })
}

/// n Q - S^2, over `extra` zero limbs, and the place of its first limb above
/// those; `None` when it is negative. `scratch` is zero before.
fn numerator<'a, T>(
    sums: &Sums<T>,
    extra: usize,
    scratch: &'a mut [u32; SCRATCH],
) -> Option<(&'a mut [u32], usize)> {
    let (x, x_first) = sums.x.limbs();
    let (squares, squares_first) = sums.squares.limbs();
    // S^2 <= n Q, so an empty Q leaves nothing to subtract from.
    if squares.is_empty() {
        return if x.is_empty() {
            Some((&mut scratch[..0], 0))
        } else {
            None
        };
    }
    let first = if x.is_empty() {
        squares_first
    } else {
        squares_first.min(2 * x_first)
    };
    let end = (squares_first + squares.len() + 2).max(2 * (x_first + x.len()) + 1) + 1;
    let result = scratch.get_mut(..extra + end - first)?;

    // n Q, by the two halves of n.
    for (half, factor) in [sums.count & 0xffff_ffff, sums.count >> 32]
        .into_iter()
        .enumerate()
    {
        if factor != 0 {
            let mut carry = 0;
            let target = &mut result[extra + squares_first - first + half..];
            let (low, high) = target.split_at_mut(squares.len());
            for (to, &limb) in low.iter_mut().zip(squares) {
                let value = factor * limb as u64 + u64::from(*to) + carry;
                *to = value as u32;
                carry = value >> 32;
            }
            for to in high {
                if carry == 0 {
                    break;
                }
                let value = u64::from(*to) + carry;
                *to = value as u32;
                carry = value >> 32;
            }
        }
    }

    // - S^2, row by row.
    let mut borrowed = false;
    for (i, &factor) in x.iter().enumerate() {
        let mut borrow = 0; // in [-2^32, 0]
        let target = &mut result[extra + 2 * x_first - first + i..];
        let (low, high) = target.split_at_mut(x.len());
        for (to, &limb) in low.iter_mut().zip(x) {
            let product = factor as u64 * limb as u64;
            let value = i64::from(*to) - (product as u32 as i64) + borrow;
            *to = value as u32;
            borrow = (value >> 32) - (product >> 32) as i64;
        }
        for to in high {
            if borrow == 0 {
                break;
            }
            let value = i64::from(*to) + borrow;
            *to = value as u32;
            borrow = value >> 32;
        }
        borrowed |= borrow != 0;
    }
    (!borrowed).then_some((result, first))
}

/// Divides in place by `n` and returns whether there is a remainder.
fn divide(limbs: &mut [u32], n: u64) -> bool {
    if n >> 32 == 0 {
        let mut remainder = 0;
        for limb in limbs.iter_mut().rev() {
            let value = remainder << 32 | u64::from(*limb);
            let quotient = value / n;
            *limb = quotient as u32;
            // Not value % n: wasm has no instruction for both.
            remainder = value - quotient * n;
        }
        remainder != 0
    } else {
        let n = u128::from(n);
        let mut remainder = 0;
        for limb in limbs.iter_mut().rev() {
            let value = remainder << 32 | u128::from(*limb);
            let quotient = value / n;
            *limb = quotient as u32;
            remainder = value - quotient * n;
        }
        remainder != 0
    }
}
