//! Joins what the network says of points into findings of stretches.

use crate::network::{self, LEARNED};
use crate::series::{LARGEST, Series};

/// The kinds of findings; the first ones are learned.
pub const KINDS: [&str; LEARNED + 2] = [
    "spike", "shift", "drift", "stuck", "noise", "gap", "invalid",
];
const GAP: usize = LEARNED;
const INVALID: usize = LEARNED + 1;

/// The score from which a point is part of a stretch.
pub const THRESHOLD: f64 = 0.5;
/// Points below the threshold that end a stretch.
pub const QUIET: u64 = 3;
/// The max length of a stretch: after it another one begins.
pub const LONGEST: u64 = 168;

/// A stretch of points with events.
#[derive(Clone, Debug, PartialEq)]
pub struct Stretch {
    pub first: u64,
    pub last: u64,
    pub score: f64,
    /// For each kind the sum of its scores.
    pub sums: [f64; KINDS.len()],
    /// Points up to the last that belongs to it, and those after that.
    pub points: u64,
    pub quiet: u64,
}

impl Stretch {
    /// Returns the number of the likeliest kind.
    pub fn kind(&self) -> usize {
        let mut kind = 0;
        for (other, &sum) in self.sums.iter().enumerate() {
            if sum > self.sums[kind] {
                kind = other;
            }
        }
        kind
    }
}

/// A series and the stretch at its end.
#[derive(Clone, Debug, PartialEq)]
pub struct Detector {
    pub series: Series,
    pub open: Option<Stretch>,
}

impl Detector {
    pub const NEW: Self = Self {
        series: Series::NEW,
        open: None,
    };

    /// Adds a point. Returns the stretch that it ends.
    pub fn add(&mut self, time: u64, x: f64) -> Option<Stretch> {
        let mut sums = [0.0; KINDS.len()];
        let usable = x.abs() <= LARGEST; // a NaN is not
        if !usable || !self.series.in_order(time) {
            sums[INVALID] = 1.0;
            return self.join(time, time, 1.0, sums);
        }
        let mut first = time;
        let before = self.series.time;
        let (features, steps) = self.series.add(time, x);
        let mut score = 0.0;
        if let Some(features) = features {
            let p = network::answer(&features);
            for (sum, p) in sums.iter_mut().zip(&p[..LEARNED]) {
                *sum = *p;
                score += p;
            }
        }
        if steps > 1 {
            #[expect(clippy::cast_precision_loss, reason = "it is at most 2^32")]
            let steps = steps as f64;
            // One missing point is nothing, from two on it is something.
            let gap = (steps - 1.0) / (steps + 1.0);
            if gap > score {
                score = gap;
                first = before;
                sums = [0.0; KINDS.len()];
                sums[GAP] = gap;
            }
        }
        self.join(first, time, score, sums)
    }

    fn join(
        &mut self,
        first: u64,
        last: u64,
        score: f64,
        sums: [f64; KINDS.len()],
    ) -> Option<Stretch> {
        let part = score >= THRESHOLD;
        let Some(open) = &mut self.open else {
            if part {
                self.open = Some(Stretch {
                    first,
                    last,
                    score,
                    sums,
                    points: 1,
                    quiet: 0,
                });
            }
            return None;
        };
        if !part {
            open.quiet += 1;
            return if open.quiet >= QUIET {
                self.open.take()
            } else {
                None
            };
        }
        open.first = open.first.min(first);
        open.last = open.last.max(last);
        if score > open.score {
            open.score = score;
        }
        for (sum, more) in open.sums.iter_mut().zip(sums) {
            *sum += more;
        }
        open.points += open.quiet + 1;
        open.quiet = 0;
        if open.points >= LONGEST {
            self.open.take()
        } else {
            None
        }
    }
}
