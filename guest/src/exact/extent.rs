//! The smallest and largest value and timestamp.

use super::NAN;
use super::bounds::check_once;
use super::integer::NonFinite;
use super::kernel::{BLOCK, GROUP};
use super::lanes::{F64x2, Gather, I64x2};
use crate::Datapoint;

/// What is kept of points besides their sums: [`Extent`], or `()` for callers
/// that need no more.
pub trait Track {
    /// What is known of a block while the kernel runs over it.
    type Block: Copy;

    /// Begins a block with this first point.
    fn begin(first: &Datapoint) -> Self::Block;

    /// Takes in the next two points of the block, whose values are `x`.
    fn step(block: &mut Self::Block, x: F64x2, p: &Datapoint, q: &Datapoint);

    /// Takes in a block whose points have all been in [`Self::step`]; their
    /// values are finite.
    fn commit(&mut self, block: Self::Block, groups: &[[Datapoint; GROUP]]);

    /// Takes in points one by one.
    fn add(&mut self, points: &[Datapoint]);
}

impl Track for () {
    type Block = ();
    #[inline(always)]
    fn begin(_: &Datapoint) {}
    #[inline(always)]
    fn step((): &mut (), _: F64x2, _: &Datapoint, _: &Datapoint) {}
    #[inline(always)]
    fn commit(&mut self, (): (), _: &[[Datapoint; GROUP]]) {}
    #[inline(always)]
    fn add(&mut self, _: &[Datapoint]) {}
}

/// The smallest and largest value and timestamp of some points.
///
/// Values are kept as integers in the order of the numbers, where -0.0 comes
/// before 0.0 and NaNs lie beyond the infinities; so the result depends on
/// neither order nor cut.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Extent {
    min: i64,
    max: i64,
    /// The smallest timestamp.
    pub first: u64,
    /// The largest timestamp.
    pub last: u64,
}

const PLUS_INFINITY: i64 = key(f64::INFINITY);
const MINUS_INFINITY: i64 = key(f64::NEG_INFINITY);

/// The integer of a double: a negative number's other bits are flipped.
#[inline(always)]
const fn key(value: f64) -> i64 {
    let bits = value.to_bits() as i64;
    bits ^ ((bits >> 63) as u64 >> 1) as i64
}

/// The double of an integer; [`key`] is its own inverse.
const fn value(key: i64) -> f64 {
    f64::from_bits((key ^ ((key >> 63) as u64 >> 1) as i64) as u64)
}

impl Extent {
    /// The extent of no points.
    pub const fn none() -> Self {
        Self {
            min: i64::MAX,
            max: i64::MIN,
            first: u64::MAX,
            last: 0,
        }
    }

    /// The extent of points with these extremes.
    pub fn from_parts(min: f64, max: f64, first: u64, last: u64) -> Self {
        let (mut min, mut max) = (key(min), key(max));
        // A NaN shows on the side of its sign; one is enough.
        if min > PLUS_INFINITY || max < MINUS_INFINITY {
            (min, max) = (i64::MIN, i64::MAX);
        }
        Self {
            min,
            max,
            first,
            last,
        }
    }

    /// The smallest and the largest value; both NaN if any value is.
    pub fn values(&self) -> (f64, f64) {
        if self.min < MINUS_INFINITY || self.max > PLUS_INFINITY {
            return (NAN, NAN);
        }
        (value(self.min), value(self.max))
    }

    /// The kinds of values that are not finite.
    pub fn non_finite(&self) -> NonFinite {
        let (min, max) = self.values();
        NonFinite::of(min) | NonFinite::of(max)
    }

    /// Takes in the extent of other points.
    pub fn merge(&mut self, other: &Self) {
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
        self.first = self.first.min(other.first);
        self.last = self.last.max(other.last);
    }
}

/// The extent of a block of finite values, at little cost if the timestamps
/// are in order.
#[derive(Clone, Copy)]
pub struct BlockExtent {
    min: F64x2,
    max: F64x2,
    /// The timestamp before, and all differences to the next ones or-ed.
    before: u64,
    steps: u64,
}

/// Up to 256 differences below this add up to less than 2^63, so they are in
/// order unless the last timestamp wrapped around and is below the first.
const SHORT_STEP: u64 = 1 << 55;

impl Track for Extent {
    type Block = BlockExtent;

    #[inline(always)]
    fn begin(first: &Datapoint) -> BlockExtent {
        BlockExtent {
            min: F64x2::splat(f64::INFINITY),
            max: F64x2::splat(f64::NEG_INFINITY),
            before: first.timestamp,
            steps: 0,
        }
    }

    #[inline(always)]
    fn step(block: &mut BlockExtent, x: F64x2, p: &Datapoint, q: &Datapoint) {
        block.min = block.min.lesser(x);
        block.max = block.max.greater(x);
        block.steps |= p.timestamp.wrapping_sub(block.before);
        block.steps |= q.timestamp.wrapping_sub(p.timestamp);
        block.before = q.timestamp;
    }

    #[inline(always)]
    fn commit(&mut self, block: BlockExtent, groups: &[[Datapoint; GROUP]]) {
        debug_assert!(groups.len() <= BLOCK);
        let [even, odd] = block.min.lanes().map(key);
        let mut min = even.min(odd);
        let [even, odd] = block.max.lanes().map(key);
        let mut max = even.max(odd);
        // Either zero may have come out, so check whether both are there.
        if min == key(0.0) || min == key(-0.0) {
            min = key(if any_sign(groups, -0.0) { -0.0 } else { 0.0 });
        }
        if max == key(0.0) || max == key(-0.0) {
            max = key(if any_sign(groups, 0.0) { 0.0 } else { -0.0 });
        }
        self.min = self.min.min(min);
        self.max = self.max.max(max);

        let (first, last) = (groups[0][0].timestamp, block.before);
        if block.steps < SHORT_STEP && first <= last {
            self.first = self.first.min(first);
            self.last = self.last.max(last);
        } else {
            for group in groups {
                check_once(group);
                self.add_timestamps(group);
            }
        }
    }

    fn add(&mut self, points: &[Datapoint]) {
        let Self {
            mut min, mut max, ..
        } = *self;
        for point in points {
            let value = key(point.value);
            min = min.min(value);
            max = max.max(value);
        }
        (self.min, self.max) = (min, max);
        self.add_timestamps(points);
    }
}

/// Whether a value has the sign of `zero`.
fn any_sign(groups: &[[Datapoint; GROUP]], zero: f64) -> bool {
    // Flips the sign bits when looking for a positive one.
    let flip = F64x2::splat(-zero).bits();
    let mut bits = I64x2::ZERO;
    let gather = Gather::load();
    for group in groups {
        check_once(group);
        for [p, q] in group.as_chunks::<2>().0 {
            bits = bits | (gather.values(p, q).bits() ^ flip);
        }
    }
    let [even, odd] = bits.lanes();
    (even | odd) < 0
}

impl Extent {
    #[inline(always)]
    fn add_timestamps(&mut self, points: &[Datapoint]) {
        let Self {
            mut first,
            mut last,
            ..
        } = *self;
        for point in points {
            first = first.min(point.timestamp);
            last = last.max(point.timestamp);
        }
        (self.first, self.last) = (first, last);
    }
}
