//! org:analytics/accumulators@0.2.0: exact sums as a resource, which only components have.

use crate::Engine;
use crate::accumulator::Accumulator;
use crate::analytics::{first, number};
use crate::binding::exports::org::analytics0_2_0::accumulators::{
    Counts, Datapoint, Guest, GuestAccumulator, StateError, Statistics,
};
use compute_pipeline_guest::install_hook;
use std::cell::RefCell;

impl Guest for Engine {
    type Accumulator = RefCell<Accumulator>;
}

impl GuestAccumulator for RefCell<Accumulator> {
    fn new() -> Self {
        install_hook();
        Self::default()
    }

    fn add(&self, points: Vec<Datapoint>) -> Result<(), StateError> {
        let mut sums = self.borrow_mut();
        sums.add(first(&points)).map_err(typed)
    }

    fn merge(&self, state: Vec<u8>) -> Result<(), StateError> {
        self.borrow_mut().merge(&state).map_err(typed)
    }

    fn state(&self) -> Vec<u8> {
        self.borrow_mut().state()
    }

    fn finish(&self) -> Result<Statistics, StateError> {
        let s = self.borrow_mut().statistics().map_err(typed)?;
        Ok(Statistics {
            count: s.count,
            mean: s.mean,
            variance: s.variance,
            sum: s.sum,
            min: s.min,
            max: s.max,
            first: s.first,
            last: s.last,
        })
    }
}

/// The error whose text [`crate::summary`] has.
fn typed(mut text: String) -> StateError {
    if let Some(counts) = counts(text.as_bytes()) {
        return StateError::TooManyPoints(counts);
    }
    const INVALID: &str = "Invalid state: ";
    if text.starts_with(INVALID) {
        text.drain(..INVALID.len());
    }
    StateError::Invalid(text)
}

/// The numbers of `Too many points: 2 and 3 are more than …`.
fn counts(text: &[u8]) -> Option<Counts> {
    let rest = text.strip_suffix(b" are more than 18446744073709551615")?;
    let (rest, more) = number(rest)?;
    let (_, count) = number(rest.strip_suffix(b" and ")?)?;
    Some(Counts { count, more })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::summary;

    fn points(values: &[f64]) -> Vec<Datapoint> {
        let point = |(i, value): (usize, &f64)| Datapoint {
            timestamp: i as u64,
            value: *value,
        };
        values.iter().enumerate().map(point).collect()
    }

    /// Of the state of one point, the one of so many equal points.
    fn doubled(times: u32) -> Vec<u8> {
        let mut state = summary::fold(&[], first(&points(&[0.0]))).unwrap();
        for _ in 0..times {
            state = summary::merge(&state, &state).unwrap();
        }
        state
    }

    #[test]
    fn an_accumulator_has_the_answers_of_the_summary() {
        let all = points(&[1.5, -2.25, 1e300, 3.0]);
        let sums = <RefCell<Accumulator> as GuestAccumulator>::new();
        assert_eq!(sums.finish().unwrap().count, 0);
        assert_eq!(sums.state(), summary::fold(&[], &[]).unwrap());
        sums.add(all[..1].to_vec()).unwrap();
        sums.merge(summary::fold(&[], first(&all[1..3])).unwrap())
            .unwrap();
        sums.add(all[3..].to_vec()).unwrap();
        let state = summary::fold(&[], first(&all)).unwrap();
        assert_eq!(sums.state(), state);
        let (got, want) = (sums.finish().unwrap(), summary::finish(&state).unwrap());
        assert_eq!(
            (got.count, got.mean.to_bits(), got.variance.to_bits()),
            (want.count, want.mean.to_bits(), want.variance.to_bits())
        );
        assert_eq!(
            (got.sum, got.min, got.max, got.first, got.last),
            (want.sum, want.min, want.max, want.first, want.last)
        );
    }

    #[test]
    fn errors_have_types_and_change_nothing() {
        let sums = <RefCell<Accumulator> as GuestAccumulator>::new();
        sums.merge(doubled(63)).unwrap();
        let before = sums.state();
        let many = StateError::TooManyPoints(Counts {
            count: 1 << 63,
            more: 1 << 63,
        });
        assert_eq!(sums.merge(doubled(63)), Err(many));
        let mut forged = doubled(3);
        forged[0] ^= 1;
        let reason = summary::finish(&forged).unwrap_err();
        let invalid =
            StateError::Invalid(reason.strip_prefix("Invalid state: ").unwrap().to_owned());
        assert_eq!(sums.merge(forged), Err(invalid));
        assert_eq!(sums.state(), before);
        sums.add(points(&[])).unwrap();
        assert_eq!(sums.state(), before);
    }
}
