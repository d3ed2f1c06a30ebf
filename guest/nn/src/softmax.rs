//! Probabilities from scores.

use crate::math::exp;

/// Turns scores into probabilities: `e^x / sum(e^x)`, computed from the differences to the largest
/// score in f64, summed in their order, and rounded once. No scores give none.
pub fn softmax(scores: &mut [f32]) {
    let largest = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let power = |x: f32| exp(f64::from(x) - f64::from(largest));
    let sum: f64 = scores.iter().fold(0.0, |sum, x| sum + power(*x));
    for x in scores {
        *x = (power(*x) / sum) as f32;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn probabilities_add_up() {
        let mut scores = [1.0, 2.0, 3.0, -100.0, 3.0];
        softmax(&mut scores);
        assert!((scores.iter().sum::<f32>() - 1.0).abs() < 1e-6);
        assert_eq!(scores[2].to_bits(), scores[4].to_bits());
        assert!(scores[0] < scores[1] && scores[1] < scores[2]);

        let mut far = [3e38, -3e38];
        softmax(&mut far);
        assert_eq!(far.map(f32::to_bits), [1_f32.to_bits(), 0]);

        softmax(&mut []);
    }
}
