//! The moments of a short list, without the long sums.
//!
//! The sums of one block on one grid span few bits: that of x fewer than 78, that of x^2
//! fewer than 150. So a few machine words hold them exactly, and what the long sums cost
//! whatever the length, to clear, carry, divide and search them, is saved.

use super::accumulate::first_exponent;
use super::grid::{Grid, LIMB_BITS, Pending};
use super::kernel::{self, BLOCK, GROUP};
use super::moments::Moments;
use super::rounding::round_leading;
use crate::Datapoint;

/// The largest number of points: a block.
pub const MAX: usize = BLOCK * GROUP;

/// The moments of 1 to [`MAX`] points, or `None` for values that the three-limb kernel
/// refuses. The same bits as [`super::moments::moments`] of their long sums.
///
/// # Panics
/// There are more points.
pub fn moments(points: &[Datapoint]) -> Option<Moments> {
    assert!(points.len() <= MAX);
    let (groups, rest) = points.as_chunks::<GROUP>();
    // Zeros add nothing, and fill the last group.
    let mut last = [[Datapoint {
        timestamp: 0,
        value: 0.0,
    }; GROUP]];
    for (to, from) in last[0].iter_mut().zip(rest) {
        to.value = from.value;
    }
    let grid = Grid::new(first_exponent(if groups.is_empty() {
        &last
    } else {
        groups
    }));
    let mut pending = Pending::none();
    for block in [groups, if rest.is_empty() { &[] } else { &last }] {
        if !block.is_empty() && !kernel::three_limbs(block, &grid, &mut pending, &mut ()) {
            return None;
        }
    }
    Some(divide(
        points.len() as u64,
        grid.exponent(),
        pending.three_limbs(),
    ))
}

/// The moments of `n` points from the sums of a kernel on the grid of exponent `g`.
///
/// By the kernel's proof a sum of z_j z_k is at most 2^51 units in each of two lanes, and
/// the last group has a block of its own: at most 2^53. A sum of z_k is at most 2^31.
fn divide(n: u64, g: i32, sums: [i64; 9]) -> Moments {
    let [z1, z2, z3, z11, z12, z22, z13, z23, z33] = sums.map(i128::from);
    // S in units of u3 = 2^(g - 46), and Q in units of u3^2 as high 2^69 + low.
    let s = (z1 << (2 * LIMB_BITS)) + (z2 << LIMB_BITS) + z3;
    let high = (z11 << LIMB_BITS) + 2 * z12;
    let low = ((z22 + 2 * z13) << (2 * LIMB_BITS)) + (z23 << (LIMB_BITS + 1)) + z33;
    let unit = g - 2 * LIMB_BITS;

    let negative = s < 0;
    let magnitude = s.unsigned_abs();
    let words = [magnitude as u64, (magnitude >> 64) as u64, 0];
    let sum = round_words(negative, words, unit);
    let mean = quotient(negative, words, unit, n);

    // n Q - S^2 in three words: high 2^69 = (high 2^5) 2^64.
    let [q0, q1, q2] = {
        let upper = (high << 5) + (low >> 64);
        [low as u64, upper as u64, (upper >> 64) as u64]
    };
    let [s0, s1, _] = words;
    let lowest = times(n, q0);
    let middle = times(n, q1) + (lowest >> 64);
    let (square, cross) = (times(s0, s0), times(s0, s1));
    let square_upper = (square >> 64) + 2 * cross + (u128::from(s1 * s1) << 64);
    let (low, borrow) = (lowest as u64).overflowing_sub(square as u64);
    let upper = middle
        .wrapping_add(u128::from(n * q2) << 64)
        .wrapping_sub(square_upper)
        .wrapping_sub(u128::from(borrow));
    let variance = quotient(
        false,
        [low, upper as u64, (upper >> 64) as u64],
        2 * unit,
        n * n,
    );
    Moments {
        mean,
        variance,
        sum,
    }
}

/// The product, without the call that the compiler makes of `u128`'s.
#[inline(always)]
fn times(a: u64, b: u64) -> u128 {
    let (a0, a1, b0, b1) = (a & 0xffff_ffff, a >> 32, b & 0xffff_ffff, b >> 32);
    let low = a0 * b0;
    let middle = a1 * b0 + (low >> 32);
    let cross = a0 * b1 + (middle & 0xffff_ffff);
    let high = a1 * b1 + (middle >> 32) + (cross >> 32);
    u128::from(high) << 64 | u128::from(cross << 32 | low & 0xffff_ffff)
}

/// A number of three words, lowest first, as its leading bits and the others, of which only
/// counts whether there are any.
struct Leading {
    /// The 64 leading bits, the first of them set; zero for zero.
    leading: u64,
    /// The 64 bits that follow.
    next: u64,
    rest: u64,
    /// One more than the exponent of the first bit.
    end: i32,
}

#[inline(always)]
fn leading(words: [u64; 3], exponent: i32) -> Leading {
    let [mut c, mut b, mut a] = words;
    let mut end = exponent + 3 * 64;
    if a == 0 {
        (a, b, c) = (b, c, 0);
        end -= 64;
        if a == 0 {
            (a, b) = (b, 0);
            end -= 64;
        }
    }
    let shift = a.leading_zeros() & 63;
    if shift > 0 {
        a = a << shift | b >> (64 - shift);
        b = b << shift | c >> (64 - shift);
        c <<= shift;
    }
    Leading {
        leading: a,
        next: b,
        rest: c,
        end: end - shift as i32,
    }
}

/// The number with these words, lowest first, in units of 2^`exponent`, rounded.
fn round_words(negative: bool, words: [u64; 3], exponent: i32) -> f64 {
    let number = leading(words, exponent);
    if number.leading == 0 {
        return 0.0;
    }
    let sticky = (number.next | number.rest) != 0;
    round_leading(negative, number.leading, number.end - 1, sticky)
}

/// The same divided by `divisor`, which is at most 2^16.
fn quotient(negative: bool, words: [u64; 3], exponent: i32, divisor: u64) -> f64 {
    let number = leading(words, exponent);
    if number.leading == 0 {
        return 0.0;
    }
    // The 96 leading bits in two digits of 48 bits, so that two divisions do: the first
    // digit is 2^47 or more, so the quotient has at least 2^47 2^48 / 2^16 = 2^79.
    let high = number.leading >> 16;
    let low = (number.leading & 0xffff) << 32 | number.next >> 32;
    let first = high / divisor;
    let rest = (high - first * divisor) << 48 | low;
    let second = rest / divisor;
    let remainder = rest - second * divisor;

    // The quotient is first 2^48 + second; its leading 64 bits.
    let shift = first.leading_zeros();
    let second = second << 16;
    let leading = first << shift | second >> (64 - shift);
    let sticky = remainder | second << shift | u64::from(number.next as u32) | number.rest;
    round_leading(
        negative,
        leading,
        number.end + 15 - shift as i32,
        sticky != 0,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_values_are_not_refused() {
        for n in 1..=MAX {
            let points: Vec<Datapoint> = (0..n)
                .map(|i| Datapoint {
                    timestamp: 0,
                    value: (200 + i) as f64 / 10.0,
                })
                .collect();
            assert!(moments(&points).is_some(), "{n} points");
        }
    }

    #[test]
    fn products_have_all_their_bits() {
        let words = [0, 1, 0xffff_ffff, 1 << 32, u64::MAX, 0x0123_4567_89ab_cdef];
        for a in words {
            for b in words {
                assert_eq!(times(a, b), u128::from(a) * u128::from(b));
            }
        }
    }

    /// The words of `value` times 2^`shift`.
    fn words(value: u128, shift: usize) -> [u64; 3] {
        let mut words = [0; 3];
        for bit in (0..128).filter(|bit| value >> bit & 1 == 1) {
            words[(bit + shift) / 64] |= 1 << ((bit + shift) % 64);
        }
        words
    }

    #[test]
    fn anything_above_a_tie_rounds_up() {
        // A tie of 54 bits: down to the even neighbour below.
        const TIE: u128 = (1 << 53) + 1;
        const BELOW: u64 = 1075 << 52; // 2^52
        for divisor in [1, 2, 3, 255, 256, 7 * 7, 255 * 255, 256 * 256] {
            for shift in [0, 1, 10, 42, 63, 64, 74, 100, 120] {
                let exponent = -(shift as i32);
                let tie = words(TIE * divisor, shift);
                let bits = |words| {
                    let divisor = divisor as u64;
                    let result = quotient(false, words, exponent - 1, divisor).to_bits();
                    if divisor == 1 {
                        assert_eq!(round_words(false, words, exponent - 1).to_bits(), result);
                    }
                    result
                };
                assert_eq!(bits(tie), BELOW, "{divisor}, {shift}");
                // One bit more, at each place below.
                for bit in 0..shift {
                    let mut above = tie;
                    above[bit / 64] |= 1 << (bit % 64);
                    assert_eq!(bits(above), BELOW + 1, "{divisor}, {shift}, bit {bit}");
                }
                if divisor > 1 {
                    assert_eq!(bits(words(TIE * divisor + 1, shift)), BELOW + 1);
                    assert_eq!(bits(words(TIE * divisor - 1, shift)), BELOW);
                }
            }
        }
    }
}
