//! compute-aggregate: mean, population variance and sum of a whole list.

use crate::Datapoint;
use crate::exact::accumulate::accumulate;
use crate::exact::moments::{self, Moments, OF_POINTS};
use crate::exact::{Sums, short};

/// `[mean, population variance, sum]` of the values: each the exact real
/// result rounded once to the nearest double, ties to even.
///
/// No points give zeros. A NaN, or infinities of both signs, give NaN three
/// times; infinities of one sign give that infinity for mean and sum, and NaN
/// for the variance. Linear; no allocation; the stack holds 3 KiB at most.
pub fn compute_aggregate(points: &[Datapoint]) -> [f64; 3] {
    if let [point] = points
        && point.value.is_finite()
    {
        let x = point.value + 0.0; // 0.0 for -0.0
        return [x, 0.0, x];
    }
    let Moments {
        mean,
        variance,
        sum,
    } = if (1..=short::MAX).contains(&points.len()) {
        short::moments(points)
    } else {
        let mut sums = Sums::new(());
        accumulate(&mut sums, points);
        moments::moments(&mut sums).expect(OF_POINTS)
    };
    [mean, variance, sum]
}
