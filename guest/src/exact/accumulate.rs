//! From points to sums: which block goes which way.
//!
//! Data rarely change their size from block to block, so a grid is kept until
//! the kernel refuses a block. Then, in this order: a new grid, the four-limb
//! kernel, the integer path. The one that worked is used for some blocks, so
//! that difficult data do not pay for all attempts in every block.

use super::Sums;
use super::extent::Track;
use super::grid::{Grid, Pending};
use super::integer::{self, NonFinite};
use super::kernel::{self, BLOCK, GROUP};
use crate::Datapoint;

/// Points after which the long sums carry; far below the 2^29 they allow.
const PIECE: usize = 1 << 20;

/// Blocks that go to the four-limb kernel at once after it was needed.
const STAY_WIDE: u32 = 8;

/// Max number of blocks that go to the integer path at once after it was
/// needed; 1, 2, 4 and 8 come first.
const MAX_SKIP: u32 = 16;

/// Adds points to sums. Linear; no allocation. The caller has made sure that
/// the count does not overflow.
pub fn accumulate<T: Track>(sums: &mut Sums<T>, points: &[Datapoint]) {
    sums.count += points.len() as u64;
    for piece in points.chunks(PIECE) {
        if points.len() > PIECE {
            sums.settle();
        }
        let (groups, rest) = piece.as_chunks::<GROUP>();
        if !groups.is_empty() {
            let mut grid = Grid::new(first_exponent(&groups[..groups.len().min(BLOCK)]));
            let mut pending = Pending::none();
            let mut driver = Driver::new(sums, &mut grid, &mut pending);
            for block in groups.chunks(BLOCK) {
                driver.add(block);
            }
            driver.flush();
        }
        add_integers(sums, rest);
    }
}

/// Adds points to sums that stay, call after call: carries as often as in one long list.
/// Whoever adds other sums to them settles them.
pub fn accumulate_more<T: Track>(sums: &mut Sums<T>, points: &[Datapoint]) {
    if sums.count % PIECE as u64 + points.len() as u64 >= PIECE as u64 {
        sums.settle();
    }
    accumulate(sums, points);
}

/// Adds points after those that are pending on the grid, whose count is in the sums already.
/// The three-limb kernel has refused the first block, or the points after the last group.
pub fn accumulate_refused<T: Track>(
    sums: &mut Sums<T>,
    grid: &mut Grid,
    pending: &mut Pending,
    points: &[Datapoint],
) {
    sums.count += points.len() as u64;
    let (groups, rest) = points.as_chunks::<GROUP>();
    let mut driver = Driver::new(sums, grid, pending);
    let mut blocks = groups.chunks(BLOCK);
    if let Some(block) = blocks.next() {
        driver.refused(block);
    }
    for block in blocks {
        driver.add(block);
    }
    driver.flush();
    add_integers(sums, rest);
}

/// Adds points by the integer path alone: the same sums, more slowly.
pub fn accumulate_integers<T: Track>(sums: &mut Sums<T>, points: &[Datapoint]) {
    sums.count += points.len() as u64;
    for piece in points.chunks(PIECE) {
        sums.settle();
        add_integers(sums, piece);
    }
}

fn add_integers<T: Track>(sums: &mut Sums<T>, points: &[Datapoint]) {
    sums.extent.add(points);
    let non_finite = integer::add(points, &mut sums.x, &mut sums.squares);
    sums.non_finite = sums.non_finite | non_finite;
}

struct Driver<'a, T> {
    sums: &'a mut Sums<T>,
    grid: &'a mut Grid,
    pending: &'a mut Pending,
    /// Blocks that still go to the integer path at once.
    skip: u32,
    /// What `skip` was last.
    last_skip: u32,
    /// Blocks that still go to the four-limb kernel at once.
    wide: u32,
}

impl<'a, T: Track> Driver<'a, T> {
    fn new(sums: &'a mut Sums<T>, grid: &'a mut Grid, pending: &'a mut Pending) -> Self {
        Self {
            sums,
            grid,
            pending,
            skip: 0,
            last_skip: 0,
            wide: 0,
        }
    }

    fn add(&mut self, block: &[[Datapoint; GROUP]]) {
        if self.skip > 0 {
            self.skip -= 1;
            add_integers(self.sums, block.as_flattened());
        } else if self.wide > 0 {
            self.wide -= 1;
            if !self.four_limbs(block) {
                self.refused(block);
            }
        } else if self.three_limbs(block) {
            self.last_skip = 0;
        } else {
            self.refused(block);
        }
        if self.pending.is_full() {
            self.flush();
        }
    }

    #[inline(always)]
    fn three_limbs(&mut self, block: &[[Datapoint; GROUP]]) -> bool {
        kernel::three_limbs(block, self.grid, self.pending, &mut self.sums.extent)
    }

    #[inline(always)]
    fn four_limbs(&mut self, block: &[[Datapoint; GROUP]]) -> bool {
        kernel::four_limbs(block, self.grid, self.pending, &mut self.sums.extent)
    }

    #[inline(never)]
    fn refused(&mut self, block: &[[Datapoint; GROUP]]) {
        if self.sums.non_finite != NonFinite::NONE {
            return self.by_integers(block);
        }
        let Some(exponent) = Grid::exponent_for(kernel::energy(block)) else {
            return self.by_integers(block);
        };
        if exponent != self.grid.exponent() {
            self.flush();
            *self.grid = Grid::new(exponent);
            if self.wide == 0 && self.three_limbs(block) {
                return;
            }
        }
        if self.four_limbs(block) {
            self.wide = STAY_WIDE;
            self.last_skip = 0;
            return;
        }
        self.by_integers(block);
    }

    fn by_integers(&mut self, block: &[[Datapoint; GROUP]]) {
        add_integers(self.sums, block.as_flattened());
        self.last_skip = (2 * self.last_skip).clamp(1, MAX_SKIP);
        self.skip = self.last_skip;
        self.wide = 0;
    }

    fn flush(&mut self) {
        self.pending
            .flush(self.grid, &mut self.sums.x, &mut self.sums.squares);
    }
}

/// A first guess for the grid, from up to 16 points of the first block, which has a group
/// or more.
pub fn first_exponent(block: &[[Datapoint; GROUP]]) -> i32 {
    let (mut energy, mut samples) = (0.0, 0);
    for group in block.iter().step_by(2) {
        energy += group[0].value * group[0].value;
        samples += 1;
    }
    let scale = (block.len() * GROUP) as f64 / f64::from(samples);
    Grid::exponent_for(energy * scale).unwrap_or(0)
}
