//! The grid: the powers of two on which a block's numbers are cut into limbs.
//!
//! A number x is cut into z1 + z2 + z3 (+ z4), where z_k is a multiple of the
//! unit u_k = 2^(g - 23 (k - 1)). A sum of z_k is kept in units of u_k, a sum
//! of z_j z_k in units of u_j u_k, each as a double that starts at a bias of
//! 1.5 * 2^52 units: as long as it stays within [2^52, 2^53] units, its last
//! bit is one unit, additions of whole units are exact, and the difference of
//! its bits to the bias's bits is the sum as an integer.

use super::lanes::{F64x2, I64x2};
use super::superaccumulator::{SQUARE_BIT_0, SQUARE_LIMBS, SUM_BIT_0, SUM_LIMBS, Superaccumulator};
use core::hint::black_box;

/// Bits of a limb: 23, so that sums of products of two limbs over a block stay
/// within 2^51 units (see the kernel).
pub const LIMB_BITS: i32 = 23;

/// Accumulators of the three-limb kernel: three sums, six sums of products.
pub const THREE_LIMBS: usize = 9;

/// Accumulators of the four-limb kernel: one sum and four products more.
pub const FOUR_LIMBS: usize = 14;

/// The smallest g: u4^2 = 2^(2g - 138) = 2^-1018 is a normal number still.
const MIN_EXPONENT: i32 = -440;

/// The largest g: a bias of 1.5 * 2^52 u1^2 = 1.5 * 2^1012 is finite.
const MAX_EXPONENT: i32 = 480;

/// Sums of squares (of one block) a grid can serve; others go to the integer
/// path at once.
const SERVED: core::ops::Range<f64> = power_of_two(-870)..power_of_two(960);

/// What one accumulator of the kernel sums.
struct Term {
    /// z_j z_k, for the sum of x^2, instead of z_k.
    product: bool,
    /// The unit is 2^(g - 23 down), or 2^(2g - 23 down) for a product.
    down: i32,
    /// A cross product counts twice in x^2.
    twice: bool,
    /// The kernel sums the negated term, which saves it a register copy.
    negated: bool,
}

const fn sum(down: i32) -> Term {
    Term {
        product: false,
        down,
        twice: false,
        negated: false,
    }
}

const fn square(down: i32) -> Term {
    Term {
        product: true,
        down,
        twice: false,
        negated: true,
    }
}

const fn cross(down: i32, negated: bool) -> Term {
    Term {
        product: true,
        down,
        twice: true,
        negated,
    }
}

/// The accumulators in the order of the kernels; the last five are of the
/// four-limb one only. The kernels hold -z1, -z2, +z3 (three limbs) or -z1,
/// -z2, -z3, +z4 (four) and choose + or - so that the sign is as here.
const TERMS: [Term; FOUR_LIMBS] = [
    sum(0),
    sum(1),
    sum(2),
    square(0),       // z1 z1
    cross(1, true),  // z1 z2
    square(2),       // z2 z2
    cross(2, false), // z1 z3
    cross(3, false), // z2 z3
    square(4),       // z3 z3
    sum(3),
    cross(3, false), // z1 z4
    cross(4, false), // z2 z4
    cross(5, true),  // z3 z4
    square(6),       // z4 z4
];

/// 2^`exponent`, for the exponent of a normal number.
const fn power_of_two(exponent: i32) -> f64 {
    f64::from_bits(((exponent + 1023) as u64) << 52)
}

/// The bits of the biases with g = 0.
const BIAS_0: [u64; FOUR_LIMBS] = {
    let mut bits = [0; FOUR_LIMBS];
    let mut k = 0;
    while k < FOUR_LIMBS {
        bits[k] = (1.5 * power_of_two(52 - LIMB_BITS * TERMS[k].down)).to_bits();
        k += 1;
    }
    bits
};

/// A choice of units, and what the accumulators start from.
pub struct Grid {
    exponent: i32,
    /// 1.5 * 2^52 units for each accumulator.
    pub bias: [F64x2; FOUR_LIMBS],
    /// 2^52 u1^2: a sum of squares, falling from the bias, that ended below
    /// this left the range where it was exact.
    pub limit: f64,
}

impl Grid {
    /// The grid for blocks whose squares sum to about `energy`. `None` if that
    /// is not a number, or too large or small for a grid.
    ///
    /// g is the smallest that leaves room for `energy` times four within
    /// 2^51 u1^2 in each lane.
    pub fn exponent_for(energy: f64) -> Option<i32> {
        if !SERVED.contains(&energy) {
            return None;
        }
        let exponent = (energy.to_bits() >> 52) as i32 - 1023;
        Some(((exponent - 47) >> 1).clamp(MIN_EXPONENT, MAX_EXPONENT))
    }

    /// The grid with u1 = 2^`exponent`, which is one of [`Self::exponent_for`].
    pub fn new(exponent: i32) -> Self {
        let bias = |k: usize| {
            let unit = if TERMS[k].product {
                2 * exponent
            } else {
                exponent
            };
            // The exponent's field counts as an integer.
            F64x2::splat(f64::from_bits(
                BIAS_0[k].wrapping_add_signed(i64::from(unit) << 52),
            ))
        };
        Self {
            exponent,
            bias: core::array::from_fn(bias),
            limit: power_of_two(52 + 2 * exponent),
        }
    }

    /// g.
    pub fn exponent(&self) -> i32 {
        self.exponent
    }
}

/// Sums of blocks in units of the grid, waiting to be added to the long sums.
pub struct Pending {
    units: [I64x2; FOUR_LIMBS],
    /// How many of the units have been in use.
    used: usize,
    blocks: u32,
}

/// A block adds at most 2^51 units to a lane; both lanes of this many blocks
/// stay below 2^62.
const MAX_PENDING: u32 = 1000;

impl Pending {
    /// Nothing pending.
    pub fn none() -> Self {
        Self {
            // Hidden from the compiler, which would make it a memory.fill: for
            // so few bytes wazero's costs more than these stores.
            units: [black_box(I64x2::ZERO); FOUR_LIMBS],
            used: 0,
            blocks: 0,
        }
    }

    /// Takes over what a kernel's first accumulators gained over their bias.
    ///
    /// Doubles in [2^52, 2^53] units differ by as many units as their bits
    /// differ: the exponent is the same, or 2^53 itself follows on.
    #[inline(always)]
    pub fn commit<const N: usize>(&mut self, accumulators: [F64x2; N], grid: &Grid) {
        for (k, accumulator) in accumulators.into_iter().enumerate().rev() {
            let gained = accumulator.bits().wrapping_sub(grid.bias[k].bits());
            self.units[k] = self.units[k].wrapping_add(gained);
        }
        self.used = self.used.max(N);
        self.blocks += 1;
    }

    /// Whether [`Self::flush`] must come before the next block.
    #[inline]
    pub fn is_full(&self) -> bool {
        self.blocks >= MAX_PENDING
    }

    /// The sums of a three-limb kernel's accumulators, in their units: of z1, z2, z3, then of
    /// z1^2, z1 z2, z2^2, z1 z3, z2 z3, z3^2.
    #[inline(always)]
    pub fn three_limbs(&self) -> [i64; THREE_LIMBS] {
        core::array::from_fn(|k| self.total(k))
    }

    #[inline(always)]
    fn total(&self, k: usize) -> i64 {
        let [even, odd] = self.units[k].lanes();
        if TERMS[k].negated {
            -(even + odd)
        } else {
            even + odd
        }
    }

    /// Adds everything to the long sums of x and x^2.
    pub fn flush(
        &mut self,
        grid: &Grid,
        x: &mut Superaccumulator<SUM_LIMBS>,
        squares: &mut Superaccumulator<SQUARE_LIMBS>,
    ) {
        if self.blocks == 0 {
            return;
        }
        let g = grid.exponent;
        for (k, term) in TERMS.iter().enumerate().take(self.used) {
            let total = self.total(k);
            self.units[k] = I64x2::ZERO;
            let down = LIMB_BITS * term.down;
            if term.product {
                squares.add(
                    total,
                    (2 * g - down + i32::from(term.twice) - SQUARE_BIT_0) as usize,
                );
            } else {
                x.add(total, (g - down - SUM_BIT_0) as usize);
            }
        }
        self.used = 0;
        self.blocks = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_grid_has_normal_finite_biases() {
        for exponent in MIN_EXPONENT..=MAX_EXPONENT {
            let grid = Grid::new(exponent);
            for bias in &grid.bias {
                let [a, b] = bias.lanes();
                assert!(a.is_normal() && a == b);
                // One unit is a normal number too.
                assert!((a / 1.5 * power_of_two(-52)).is_normal());
            }
            assert_eq!(grid.limit, grid.bias[3].lanes()[0] / 1.5);
        }
    }

    #[test]
    fn the_grid_leaves_room_for_the_energy() {
        for e in -870..960 {
            for energy in [power_of_two(e), power_of_two(e) * 1.999] {
                let g = Grid::exponent_for(energy).expect("served");
                assert!(
                    energy * 4.0 <= power_of_two(51 + 2 * g),
                    "energy 2^{e} on grid {g}"
                );
            }
        }
        for energy in [
            0.0,
            f64::NAN,
            f64::INFINITY,
            power_of_two(960),
            power_of_two(-871),
        ] {
            assert_eq!(Grid::exponent_for(energy), None);
        }
    }
}
