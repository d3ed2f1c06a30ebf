//! The sums of points that come one after the other, kept between the calls.
//!
//! The functions of [`crate::summary`] read a state and write one each time. Here the sums
//! stay as they are, so that to add points costs what the points cost. The answers have the
//! same bits, in any order, cut or tree.

use crate::exact::Sums;
use crate::exact::accumulate::accumulate_more;
use crate::exact::extent::Extent;
use crate::exact::state;
use crate::summary::{self, check_count};
use crate::{Datapoint, Statistics};

/// Exact sums to which points are added. To read them does not change them, and an operation
/// that fails does not either.
pub struct Accumulator(Sums<Extent>);

impl Accumulator {
    /// The sums of no points.
    #[must_use]
    pub const fn new() -> Self {
        Self(Sums::new(Extent::none()))
    }

    /// Adds points. Linear; no allocation.
    ///
    /// # Errors
    /// There are more than 2^64 - 1 points.
    pub fn add(&mut self, points: &[Datapoint]) -> Result<(), String> {
        check_count(self.0.count, points.len() as u64)?;
        accumulate_more(&mut self.0, points);
        Ok(())
    }

    /// Adds the points of a state; the empty list has none.
    ///
    /// # Errors
    /// `state` is not a state, or there are more than 2^64 - 1 points.
    pub fn merge(&mut self, state: &[u8]) -> Result<(), String> {
        summary::add(&mut self.0, state, "state")?;
        // A state may have any count, and counts say when the sums carry.
        self.0.settle();
        Ok(())
    }

    /// The state of all points: that of [`summary::fold`]; the empty list for no points.
    pub fn state(&mut self) -> Vec<u8> {
        self.write_state(&mut [0; state::MAX]).to_vec()
    }

    /// Writes the state to the beginning of `room`, and returns it.
    pub fn write_state<'a>(&mut self, room: &'a mut [u8; state::MAX]) -> &'a [u8] {
        state::encode(&mut self.0, room)
    }

    /// The statistics of all points: those of [`summary::finish`]; all zero for no points.
    ///
    /// # Errors
    /// A merged state was forged: no points have its sums.
    pub fn statistics(&mut self) -> Result<Statistics, String> {
        summary::statistics(&mut self.0)
    }
}

impl Default for Accumulator {
    fn default() -> Self {
        Self::new()
    }
}
