//! Mean, variance and sum.

use crate::Datapoint;

/// Returns mean, population variance and sum, by the two-pass algorithm (T. F. Chan, G. H.
/// Golub and R. J. LeVeque, "Algorithms for computing the sample variance", The American
/// Statistician 37, 1983).
pub fn aggregate(points: &[Datapoint]) -> [f64; 3] {
    if points.is_empty() {
        return [0.0; 3];
    }
    let n = points.len() as f64;
    let sum = points.iter().fold(0.0, |sum, p| sum + p.value);
    let mean = sum / n;
    let squares = points.iter().fold(0.0, |sum, p| {
        let difference = p.value - mean;
        sum + difference * difference
    });
    [mean, squares / n, sum].map(|x| if x.is_nan() { f64::NAN } else { x })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(values: &[f64]) -> [f64; 3] {
        let point = |&value| Datapoint {
            timestamp: 0,
            value,
        };
        aggregate(&values.iter().map(point).collect::<Vec<_>>())
    }

    #[test]
    fn the_examples_of_the_contract() {
        assert_eq!(of(&[]), [0.0, 0.0, 0.0]);
        assert_eq!(of(&[1.0, 2.0, 3.0, 4.0]), [2.5, 1.25, 10.0]);
        let [mean, variance, sum] = of(&[1.0, f64::INFINITY]);
        assert!(mean == f64::INFINITY && variance.is_nan() && sum == f64::INFINITY);
    }
}
