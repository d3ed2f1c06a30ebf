//! The moments of a list whose blocks are all on one grid, without the long sums.
//!
//! The sums of few blocks on one grid span few bits: that of x fewer than 86, that of x^2
//! fewer than 154. So a few machine words hold them exactly, and what the long sums cost
//! whatever the length, to clear, carry, divide and search them, is saved.

use super::Sums;
use super::accumulate::{accumulate_refused, first_exponent};
use super::grid::{Grid, LIMB_BITS, Pending};
use super::kernel::{self, BLOCK, GROUP};
use super::moments::{self, Moments, OF_POINTS};
use super::rounding::round_leading;
use crate::Datapoint;

/// The largest number of points: its square is less than 2^32.
pub const MAX: usize = 0xffff;

/// The moments of 1 to [`MAX`] points. The same bits as [`super::moments::moments`] of their
/// long sums, to which it resorts when the three-limb kernel refuses a block.
///
/// # Panics
/// There are more points, or none.
pub fn moments(points: &[Datapoint]) -> Moments {
    assert!(!points.is_empty() && points.len() <= MAX);
    let (groups, rest) = points.as_chunks::<GROUP>();
    // Zeros add nothing, and fill the last group.
    let mut last = [[Datapoint {
        timestamp: 0,
        value: 0.0,
    }; GROUP]];
    for (to, from) in last[0].iter_mut().zip(rest) {
        to.value = from.value;
    }
    let mut grid = Grid::new(first_exponent(if groups.is_empty() {
        &last
    } else {
        &groups[..groups.len().min(BLOCK)]
    }));
    let mut pending = Pending::none();
    for (i, block) in groups.chunks(BLOCK).enumerate() {
        if !kernel::three_limbs(block, &grid, &mut pending, &mut ()) {
            let first = i * BLOCK * GROUP;
            return refused(points, first, &mut grid, &mut pending);
        }
    }
    if !rest.is_empty() && !kernel::three_limbs(&last, &grid, &mut pending, &mut ()) {
        return refused(points, points.len() - rest.len(), &mut grid, &mut pending);
    }
    divide(points.len() as u64, grid.exponent(), pending.three_limbs())
}

/// The moments of points of which the block at `first` was refused; those before are pending.
#[inline(never)]
fn refused(points: &[Datapoint], first: usize, grid: &mut Grid, pending: &mut Pending) -> Moments {
    let mut sums = Sums::new(());
    sums.count = first as u64;
    accumulate_refused(&mut sums, grid, pending, &points[first..]);
    moments::moments(&mut sums).expect(OF_POINTS)
}

/// The moments of `n` points from the sums of a kernel on the grid of exponent `g`.
///
/// By the kernel's proof a sum of z_j z_k is at most 2^51 units in each of two lanes of a
/// block. There are at most 2^8 blocks: at most 2^60. A sum of z_k is at most 2^38.
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

/// The same divided by `divisor`, which is less than 2^32.
fn quotient(negative: bool, words: [u64; 3], exponent: i32, divisor: u64) -> f64 {
    let number = leading(words, exponent);
    if number.leading == 0 {
        return 0.0;
    }
    // 96 bits in two digits, so that two divisions do: the quotient of the first has at
    // least 32 bits.
    let first = number.leading / divisor;
    let low = (number.leading - first * divisor) << 32 | number.next >> 32;
    let second = low / divisor;
    let remainder = low - second * divisor;

    // The quotient is first 2^32 + second; its leading 64 bits.
    let shift = first.leading_zeros();
    let second = second << 32;
    let leading = first << shift | second >> 1 >> (63 - shift);
    let sticky = remainder | second << shift | u64::from(number.next as u32) | number.rest;
    round_leading(
        negative,
        leading,
        number.end - 1 - shift as i32,
        sticky != 0,
    )
}

#[cfg(test)]
mod tests {
    use super::super::accumulate::accumulate_integers;
    use super::*;

    /// The moments by the long sums.
    fn long(points: &[Datapoint]) -> Moments {
        let mut sums = Sums::new(());
        accumulate_integers(&mut sums, points);
        moments::moments(&mut sums).expect(OF_POINTS)
    }

    #[test]
    fn refused_blocks_are_added_to_those_before() {
        for n in [1, 2, 7, 8, 9, 255, 256, 257, 264, 519, 520, 2047, 8192] {
            // One value that only long sums take, at each end of a block and of the list.
            for place in [0, 7, 8, 255, 256, 511, 512, n - 1] {
                for value in [1e-300, 1e300, 5e-324, f64::INFINITY, f64::NAN] {
                    let mut points: Vec<Datapoint> = (0..n)
                        .map(|i| Datapoint {
                            timestamp: 0,
                            value: (200 + i % 77) as f64 / 10.0,
                        })
                        .collect();
                    if let Some(point) = points.get_mut(place) {
                        point.value = value;
                    }
                    let bits = |m: Moments| [m.mean, m.variance, m.sum].map(f64::to_bits);
                    assert_eq!(
                        bits(moments(&points)),
                        bits(long(&points)),
                        "{n} points, {value} at {place}"
                    );
                }
            }
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
        for divisor in [
            1,
            2,
            3,
            255,
            7 * 7,
            256 * 256,
            300 * 300,
            0xffff,
            0xffff * 0xffff,
        ] {
            for shift in [0, 1, 10, 42, 63, 64, 74, 100, 120] {
                if 128 - (TIE * divisor).leading_zeros() as usize + shift > 192 {
                    continue; // more than three words
                }
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
