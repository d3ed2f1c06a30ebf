//! The integer path: any finite double, straight into the long sums.
//!
//! A double is m * 2^e with an integer m below 2^53; m goes into three limbs of
//! the sum of x, m^2 into five of the sum of x^2. Slower than the kernel, but
//! it takes every value.

use super::bounds::check_once;
use super::superaccumulator::{SQUARE_LIMBS, SUM_LIMBS, Superaccumulator};
use crate::Datapoint;

/// Adds the finite values to the long sums and returns whether there was one
/// that is not finite. About ten times the cost of copying the points.
///
/// A point adds less than 2^34 to a limb, so 2^29 points need no carry.
#[inline(never)]
pub fn add(
    points: &[Datapoint],
    x: &mut Superaccumulator<SUM_LIMBS>,
    squares: &mut Superaccumulator<SQUARE_LIMBS>,
) -> NonFinite {
    let mut non_finite = NonFinite::NONE;
    let (mut lowest, mut highest) = (u32::MAX, 0);
    for point in points {
        match parts(point.value) {
            Ok((mantissa, place, sign)) => {
                add_value(x.limbs_mut(), mantissa, place, sign);
                add_square(squares.limbs_mut(), mantissa, place);
                lowest = lowest.min(place);
                highest = highest.max(place);
            }
            Err(what) => non_finite = non_finite | what,
        }
    }
    if lowest <= highest {
        let (lowest, highest) = (lowest as usize, highest as usize);
        x.touch(lowest / 32, highest / 32 + 3);
        squares.touch(lowest / 16, highest / 16 + 5);
    }
    non_finite
}

/// The kinds of values that are not finite.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NonFinite(u8);

impl NonFinite {
    /// All values were finite.
    pub const NONE: Self = Self(0);
    /// A NaN.
    pub const NAN: Self = Self(1);
    /// Plus infinity.
    pub const PLUS: Self = Self(2);
    /// Minus infinity.
    pub const MINUS: Self = Self(4);

    /// The sum of the values: that of the infinities, or NaN. `None` when all
    /// were finite.
    pub fn sum(self) -> Option<f64> {
        match self {
            Self::NONE => None,
            Self::PLUS => Some(f64::INFINITY),
            Self::MINUS => Some(f64::NEG_INFINITY),
            _ => Some(super::NAN),
        }
    }

    /// The kind of `value`.
    pub fn of(value: f64) -> Self {
        parts(value).err().unwrap_or(Self::NONE)
    }
}

impl core::ops::BitOr for NonFinite {
    type Output = Self;
    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// A finite double as (m, e, s): (-1)^s m 2^(e - 1074), with s 0 or -1 and
/// e <= 2045.
#[inline(always)]
fn parts(value: f64) -> Result<(u64, u32, i64), NonFinite> {
    let bits = value.to_bits();
    let field = (bits >> 52) as u32 & 0x7ff;
    let fraction = bits & ((1 << 52) - 1);
    let sign = bits as i64 >> 63;
    match field {
        0x7ff if fraction != 0 => Err(NonFinite::NAN),
        0x7ff if sign == 0 => Err(NonFinite::PLUS),
        0x7ff => Err(NonFinite::MINUS),
        0 => Ok((fraction, 0, sign)),
        _ => Ok((fraction | 1 << 52, field - 1, sign)),
    }
}

/// `digit` negated where `sign` is -1.
#[inline(always)]
fn signed(digit: u64, sign: i64) -> i64 {
    (digit as i64 ^ sign) - sign
}

#[inline(always)]
fn add_value(limbs: &mut [i64; SUM_LIMBS], mantissa: u64, place: u32, sign: i64) {
    let shift = place % 32;
    let low = mantissa << shift;
    let high = (mantissa >> 32) >> (32 - shift);
    let first = (place / 32) as usize;
    let Some(limbs) = limbs[first..].first_chunk_mut::<3>() else {
        unreachable!("a double's place is at most 2045")
    };
    check_once(limbs);
    limbs[0] += signed(low & 0xffff_ffff, sign);
    limbs[1] += signed(low >> 32, sign);
    limbs[2] += signed(high, sign);
}

#[inline(always)]
fn add_square(limbs: &mut [i64; SQUARE_LIMBS], mantissa: u64, place: u32) {
    let (u, v) = (mantissa & 0xffff_ffff, mantissa >> 32);
    // m^2 = low + middle 2^32 + high 2^64, below 2^64, 2^54 and 2^42.
    let (low, middle, high) = (u * u, 2 * u * v, v * v);
    let shift = 2 * place % 32;
    // Each shifted part in two words: 32 or more low bits, and what is above 64.
    let spread = |part: u64| (part << shift, (part >> 32) >> (32 - shift));
    let ((l0, l2), (m0, m2), (h0, h2)) = (spread(low), spread(middle), spread(high));
    let first = (place / 16) as usize;
    let Some(limbs) = limbs[first..].first_chunk_mut::<5>() else {
        unreachable!("a double's place is at most 2045")
    };
    check_once(limbs);
    let half = |word: u64| word & 0xffff_ffff;
    limbs[0] += half(l0) as i64;
    limbs[1] += ((l0 >> 32) + half(m0)) as i64;
    limbs[2] += (l2 + (m0 >> 32) + half(h0)) as i64;
    limbs[3] += (m2 + (h0 >> 32)) as i64;
    limbs[4] += h2 as i64;
}
