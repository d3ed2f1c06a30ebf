//! summary: the foldable form of compute-aggregate.
//!
//! The state's form is in [`crate::exact::state`]; the empty list is the state
//! of no points. Since it holds exact sums, fold and merge give the same bytes
//! for the same points in any order, cut or tree.

use crate::exact::Sums;
use crate::exact::accumulate::accumulate;
use crate::exact::extent::Extent;
use crate::exact::moments::moments;
use crate::exact::state::{self, State};
use crate::{Datapoint, Statistics};

/// The state of the points of `state` and `points`.
///
/// # Errors
/// `state` is not a state, or there are more than 2^64 - 1 points.
pub fn fold(state: &[u8], points: &[Datapoint]) -> Result<Vec<u8>, String> {
    let mut sums = Sums::new(Extent::none());
    add_both(&mut sums, state, points)?;
    Ok(bytes(&mut sums))
}

/// Adds the points of `state` and `points` to `sums`, which have none.
///
/// # Errors
/// As of [`fold`].
#[inline(never)]
pub fn add_both(sums: &mut Sums<Extent>, state: &[u8], points: &[Datapoint]) -> Result<(), String> {
    add(sums, state, "state")?;
    check_count(sums.count, points.len() as u64)?;
    accumulate(sums, points);
    Ok(())
}

/// The state of the points of `a` and `b` together.
///
/// # Errors
/// `a` or `b` is not a state, or there are more than 2^64 - 1 points.
pub fn merge(a: &[u8], b: &[u8]) -> Result<Vec<u8>, String> {
    let mut sums = Sums::new(Extent::none());
    add(&mut sums, a, "first state")?;
    add(&mut sums, b, "second state")?;
    Ok(bytes(&mut sums))
}

/// The statistics of the points of `state`; all zero when there are none.
///
/// # Errors
/// `state` is not a state.
pub fn finish(state: &[u8]) -> Result<Statistics, String> {
    let mut sums = Sums::new(Extent::none());
    add(&mut sums, state, "state")?;
    statistics(&mut sums)
}

/// The statistics of `sums`, which stay what they are; all zero when there are no points.
///
/// # Errors
/// The sums are of states that no points have.
pub fn statistics(sums: &mut Sums<Extent>) -> Result<Statistics, String> {
    if sums.count == 0 {
        return Ok(Statistics {
            count: 0,
            mean: 0.0,
            variance: 0.0,
            sum: 0.0,
            min: 0.0,
            max: 0.0,
            first: 0,
            last: 0,
        });
    }
    let Some(moments) = moments(sums) else {
        return Err(
            "Invalid state: the sum of x^2 is less than the sum of x and the count allow".into(),
        );
    };
    let (min, max) = sums.extent.values();
    Ok(Statistics {
        count: sums.count,
        mean: moments.mean,
        variance: moments.variance,
        sum: moments.sum,
        min,
        max,
        first: sums.extent.first,
        last: sums.extent.last,
    })
}

/// Adds the points of a state to `sums`, or nothing after an error, whose text names the state
/// `which`.
///
/// # Errors
/// As of [`fold`].
pub fn add(sums: &mut Sums<Extent>, bytes: &[u8], which: &str) -> Result<(), String> {
    if bytes.is_empty() {
        return Ok(());
    }
    let state = State::decode(bytes).map_err(|what| format!("Invalid {which}: {what}"))?;
    check_count(sums.count, state.count)?;
    state.add_to(sums);
    Ok(())
}

/// Checks that `count` and `more` points are at most 2^64 - 1.
///
/// # Errors
/// They are more.
pub fn check_count(count: u64, more: u64) -> Result<(), String> {
    match count.checked_add(more) {
        Some(_) => Ok(()),
        None => Err(format!(
            "Too many points: {count} and {more} are more than {}",
            u64::MAX
        )),
    }
}

fn bytes(sums: &mut Sums<Extent>) -> Vec<u8> {
    state::encode(sums, &mut [0; state::MAX]).to_vec()
}
