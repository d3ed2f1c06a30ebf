//! The smallest and largest value and timestamp.

use super::NAN;
use super::integer::NonFinite;
use crate::Datapoint;

/// What the driver keeps of points besides their sums: [`Extent`], or `()` for
/// callers that need no more.
pub trait Track {
    /// Takes in points, in any order.
    fn add(&mut self, points: &[Datapoint]);
}

impl Track for () {
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

/// The integer of a double: a negative number's other bits are turned over.
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
    /// Of no points.
    pub const fn none() -> Self {
        Self {
            min: i64::MAX,
            max: i64::MIN,
            first: u64::MAX,
            last: 0,
        }
    }

    /// Of points whose extremes are these.
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

    /// The smallest and the largest value; NaN both when any is.
    pub fn values(&self) -> (f64, f64) {
        if self.min < MINUS_INFINITY || self.max > PLUS_INFINITY {
            return (NAN, NAN);
        }
        (value(self.min), value(self.max))
    }

    /// Which values that are not finite there were.
    pub fn non_finite(&self) -> NonFinite {
        let (min, max) = self.values();
        NonFinite::of(min) | NonFinite::of(max)
    }

    /// Takes in what `other` holds.
    pub fn merge(&mut self, other: &Self) {
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
        self.first = self.first.min(other.first);
        self.last = self.last.max(other.last);
    }
}

impl Track for Extent {
    fn add(&mut self, points: &[Datapoint]) {
        let Self {
            mut min,
            mut max,
            mut first,
            mut last,
        } = *self;
        for point in points {
            let value = key(point.value);
            min = min.min(value);
            max = max.max(value);
            first = first.min(point.timestamp);
            last = last.max(point.timestamp);
        }
        *self = Self {
            min,
            max,
            first,
            last,
        };
    }
}
