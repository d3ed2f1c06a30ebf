//! The block kernel: exact sums of x and x^2 over up to 256 points, in
//! floating point.
//!
//! Each lane holds accumulators that start at a bias (see the grid). A number
//! x is cut by adding it to them:
//!
//! ```text
//! t = s1 + x;  z1 = t - s1;  s1 = t;  r = x - z1      z1 = x rounded to a multiple of u1
//! t = s2 + r;  z2 = t - s2;  s2 = t;  z = r - z2
//! t = s3 + z;  z3 = t - s3;  s3 = t;                  exact iff z3 = z
//! ```
//!
//! and the six products of z1, z2, z3 are added to six more accumulators.
//!
//! **When it is exact.** A block is accepted iff, in both lanes, the
//! accumulator P0 of the squares z1^2, which falls from its bias of
//! 1.5 * 2^52 u1^2, ends at 2^52 u1^2 or above, and every z3 was all of z.
//! Acceptance implies that every operation was exact:
//!
//! 1. Rounding is monotone, so P0 never rises; it was >= 2^52 u1^2 throughout.
//!    Suppose all was exact up to some x. If |x| >= 2^50 u1 (or x is not
//!    finite), z1^2 is far beyond 2^51 u1^2 (or NaN), and P0 ends below the
//!    limit or as NaN, which the comparison refuses. So |x| < 2^50 u1, s1 + x
//!    is within the range where s1's last bit is u1, z1 is x rounded to a
//!    multiple of u1, and x - z1 is exact (Dekker's FastTwoSum, |s1| > |x|).
//!    If |z1| > 2^25.5 u1, P0 falls below the limit; otherwise z1^2 has at most
//!    51 bits and is exact. Hence sum(z1^2) <= 2^51 u1^2, exactly.
//! 2. |z2| <= u1/2 = 2^22 u2 and |z3| <= u2/2 = 2^22 u3, by rounding.
//! 3. A lane has n <= 128 numbers. By Cauchy-Schwarz, for every partial sum:
//!    |sum z1|    <= sqrt(n 2^51) u1 <= 2^29 u1, |sum z2| <= 2^29 u2, the same for z3;
//!    |sum z1 z2| <= sqrt(2^51 u1^2 * n u1^2 / 4) <= 2^28 u1^2 = 2^51 u1 u2;
//!    sum z2^2    <= n u1^2 / 4 <= 2^5 u1^2 = 2^51 u2^2;
//!    |sum z1 z3| <= sqrt(2^51 u1^2 * n u2^2 / 4) <= 2^28 u1 u2 = 2^51 u1 u3;
//!    |sum z2 z3| <= n u1 u2 / 4 <= 2^5 u1 u2 = 2^51 u2 u3; sum z3^2 <= 2^51 u3^2.
//!    So every accumulator stays within [2^52, 2^53] of its units, where adding
//!    a whole number of units is exact.
//! 4. z3 = z for all x shows that nothing of x was left out.
//!
//! The four-limb kernel is the same with one limb more, for data that need
//! more than 23 + 23 bits below u1: |z4| <= u3/2, so its sums of products are
//! bounded as those of z3 are. Its lowest unit u4^2 is a normal number, so no
//! product underflows.

use super::bounds::check_once;
use super::extent::Track;
use super::grid::{FOUR_LIMBS, Grid, Pending, THREE_LIMBS};
use super::lanes::{F64x2, Gather, I64x2};
use crate::Datapoint;
use core::hint::black_box;

/// Leaves the loop at a value of -2^1009 or less, with which the block is refused (see 1. above).
/// Thereby the compiler leaves the products of a step in their place, before it: it would move
/// those of all steps to the end of the loop's body, and their factors would wait in memory.
macro_rules! cut {
    ($point:expr) => {
        if top_byte($point) == 0xff {
            break;
        }
    };
}

/// Points that the kernel takes in one step of its loop.
pub const GROUP: usize = 8;

/// Groups in a block: 256 points, 128 a lane, as the proof needs.
pub const BLOCK: usize = 32;

/// Adds a block of at least one and at most [`BLOCK`] groups to `pending` and
/// `extent` and returns true, or refuses it, changes nothing and returns false.
#[inline(never)]
pub fn three_limbs<T: Track>(
    block: &[[Datapoint; GROUP]],
    grid: &Grid,
    pending: &mut Pending,
    extent: &mut T,
) -> bool {
    debug_assert!(block.len() <= BLOCK);
    let [
        mut s1,
        mut s2,
        mut s3,
        mut p0,
        mut p1,
        mut p2,
        mut p3,
        mut p4,
        mut p5,
    ] = first::<THREE_LIMBS>(grid);
    let mut left = I64x2::ZERO;
    let gather = Gather::load();
    let mut tracked = T::begin(&block[0][0]);
    for group in block {
        check_once(group);
        macro_rules! step {
            ($i:literal, $j:literal) => {
                // a is -z1 and b is -z2: with the machine's two-operand
                // instructions the plain signs would cost a copy each.
                let x = gather.values(&group[$i], &group[$j]);
                T::step(&mut tracked, x, &group[$i], &group[$j]);
                let t = s1 + x;
                let a = s1 - t;
                s1 = t;
                let r = x + a;
                let t = s2 + r;
                let b = s2 - t;
                s2 = t;
                let z = r + b;
                let t = s3 + z;
                let y = s3 - t;
                s3 = t;
                left = left | (y.bits() ^ z.bits()); // y is -z3
                p0 = p0 - a * a;
                p1 = p1 - a * b;
                p2 = p2 - b * b;
                p3 = p3 - a * z;
                p4 = p4 - b * z;
                p5 = p5 - z * z;
            };
        }
        step!(0, 1);
        cut!(&group[1]);
        step!(2, 3);
        cut!(&group[3]);
        step!(4, 5);
        cut!(&group[5]);
        step!(6, 7);
    }
    let accepted = within(p0, grid) && nothing_left(left);
    if accepted {
        pending.commit([s1, s2, s3, p0, p1, p2, p3, p4, p5], black_box(grid));
        extent.commit(tracked, block);
    }
    accepted
}

/// As [`three_limbs`], for a wider range of values, at about twice the cost.
#[inline(never)]
pub fn four_limbs<T: Track>(
    block: &[[Datapoint; GROUP]],
    grid: &Grid,
    pending: &mut Pending,
    extent: &mut T,
) -> bool {
    debug_assert!(block.len() <= BLOCK);
    let mut f = first::<FOUR_LIMBS>(grid);
    let mut left = I64x2::ZERO;
    let gather = Gather::load();
    let mut tracked = T::begin(&block[0][0]);
    for group in block {
        check_once(group);
        macro_rules! step {
            ($i:literal, $j:literal) => {
                // a, b, c are -z1, -z2, -z3 and z is z4.
                let x = gather.values(&group[$i], &group[$j]);
                T::step(&mut tracked, x, &group[$i], &group[$j]);
                let t = f[0] + x;
                let a = f[0] - t;
                f[0] = t;
                let r = x + a;
                let t = f[1] + r;
                let b = f[1] - t;
                f[1] = t;
                let r = r + b;
                let t = f[2] + r;
                let c = f[2] - t;
                f[2] = t;
                let z = r + c;
                let t = f[9] + z;
                let y = f[9] - t;
                f[9] = t;
                left = left | (y.bits() ^ z.bits());
                f[3] = f[3] - a * a;
                f[4] = f[4] - a * b;
                f[5] = f[5] - b * b;
                f[6] = f[6] + a * c;
                f[7] = f[7] + b * c;
                f[8] = f[8] - c * c;
                f[10] = f[10] - a * z;
                f[11] = f[11] - b * z;
                f[12] = f[12] + c * z;
                f[13] = f[13] - z * z;
            };
        }
        step!(0, 1);
        cut!(&group[1]);
        step!(2, 3);
        cut!(&group[3]);
        step!(4, 5);
        cut!(&group[5]);
        step!(6, 7);
    }
    let accepted = within(f[3], grid) && nothing_left(left);
    if accepted {
        pending.commit(f, black_box(grid));
        extent.commit(tracked, block);
    }
    accepted
}

/// The squares of a block's values summed in double precision, roughly: to
/// choose a grid by. Not finite when a value or the sum is not.
pub fn energy(block: &[[Datapoint; GROUP]]) -> f64 {
    let mut sums = [F64x2::splat(0.0); 4];
    let gather = Gather::load();
    for group in block {
        for (sum, pair) in sums.iter_mut().zip(group.as_chunks::<2>().0) {
            let x = gather.values(&pair[0], &pair[1]);
            *sum = *sum + x * x;
        }
    }
    let [even, odd] = ((sums[0] + sums[1]) + (sums[2] + sums[3])).lanes();
    even + odd
}

/// The first `N` biases. Read anew at the end (through [`black_box`]) rather
/// than kept in registers across the loop, which has none to spare.
#[inline(always)]
fn first<const N: usize>(grid: &Grid) -> [F64x2; N] {
    check_once(&grid.bias);
    core::array::from_fn(|k| grid.bias[k])
}

/// The first byte of the value: its sign and the upper bits of its exponent.
#[inline(always)]
fn top_byte(point: &Datapoint) -> u8 {
    // SAFETY: the last of the eight bytes of a double, which are initialised.
    unsafe { (&raw const point.value).cast::<u8>().add(7).read_volatile() }
}

/// Whether the sums of z1^2 stayed in the range where they were exact.
#[inline(always)]
fn within(squares: F64x2, grid: &Grid) -> bool {
    let [even, odd] = squares.lanes();
    even >= grid.limit && odd >= grid.limit
}

/// Whether every last limb was all that was left: -z3 and z differ in the sign
/// alone.
#[inline(always)]
fn nothing_left(left: I64x2) -> bool {
    let [even, odd] = left.lanes();
    (even | odd) << 1 == 0
}
