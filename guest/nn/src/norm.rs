//! Layer normalisation (J. L. Ba, J. R. Kiros and G. E. Hinton, 2016): values minus their mean,
//! divided by the root of their variance plus [`EPSILON`], times a scale, plus an offset.

use crate::lanes::F32x4;

/// What is added to variances.
pub const EPSILON: f32 = 1e-6;
/// How many channels a vector has.
const LANES: usize = 4;

/// Normalises each channel of `series[position * channels + channel]` over all positions, with a
/// scale and an offset for each position. The channels are a multiple of 4. Mean and variance are
/// of two passes in f32, which add in the order of the positions.
///
/// # Panics
///
/// If the lengths do not match.
pub fn over_series(series: &mut [f32], scales: &[f32], offsets: &[f32]) {
    let positions = scales.len();
    assert!(
        positions > 0
            && offsets.len() == positions
            && series.len().is_multiple_of(positions * LANES),
        "the series has another length"
    );
    let channels = series.len() / positions / LANES;
    let (series, _) = series.as_chunks_mut::<LANES>();
    let count = F32x4::splat(1.0 / positions as f32);
    for channel in 0..channels {
        let column = || series.iter().skip(channel).step_by(channels);
        let mut sum = F32x4::splat(0.0);
        for x in column() {
            sum = sum.plus(F32x4::load(x));
        }
        let mean = sum.times(count);
        let mut squares = F32x4::splat(0.0);
        for x in column() {
            let distance = F32x4::load(x).minus(mean);
            squares = squares.plus(distance.times(distance));
        }
        let factor = squares
            .times(count)
            .plus(F32x4::splat(EPSILON))
            .inverse_roots();
        let column = series.iter_mut().skip(channel).step_by(channels);
        for ((x, scale), offset) in column.zip(scales).zip(offsets) {
            F32x4::load(x)
                .minus(mean)
                .times(factor)
                .times(F32x4::splat(*scale))
                .plus(F32x4::splat(*offset))
                .store(x);
        }
    }
}

/// Normalises a vector, with a scale and an offset for each value. Mean and variance are of two
/// passes in f64.
///
/// # Panics
///
/// If the lengths differ.
pub fn over_vector(vector: &mut [f32], scales: &[f32], offsets: &[f32]) {
    assert!(
        scales.len() == vector.len() && offsets.len() == vector.len(),
        "the vector has another length"
    );
    let count = vector.len() as f64;
    let mean = vector.iter().fold(0.0, |sum, x| sum + f64::from(*x)) / count;
    let distance = |x: &f32| f64::from(*x) - mean;
    let variance = vector
        .iter()
        .fold(0.0, |sum, x| sum + distance(x) * distance(x))
        / count;
    let factor = 1.0 / (variance + f64::from(EPSILON)).sqrt();
    for ((x, scale), offset) in vector.iter_mut().zip(scales).zip(offsets) {
        let normal = distance(x) * factor * f64::from(*scale) + f64::from(*offset);
        *x = normal as f32;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(count: usize) -> Vec<f32> {
        (0..count).map(|i| (i as f32 * 1.7).sin() * 5.0).collect()
    }

    /// The definition, in f64.
    fn reference(values: &[f32], scales: &[f32], offsets: &[f32]) -> Vec<f64> {
        let count = values.len() as f64;
        let mean = values.iter().map(|x| f64::from(*x)).sum::<f64>() / count;
        let squares = values.iter().map(|x| (f64::from(*x) - mean).powi(2));
        let root = (squares.sum::<f64>() / count + f64::from(EPSILON)).sqrt();
        values
            .iter()
            .zip(scales)
            .zip(offsets)
            .map(|((x, scale), offset)| {
                (f64::from(*x) - mean) / root * f64::from(*scale) + f64::from(*offset)
            })
            .collect()
    }

    #[test]
    fn channels_over_a_series() {
        let (positions, channels) = (50, 8);
        let before = values(positions * channels);
        let (scales, offsets) = (values(positions + 1), values(positions + 2));
        let (scales, offsets) = (&scales[1..], &offsets[2..]);
        let mut series = before.clone();
        over_series(&mut series, scales, offsets);
        for channel in 0..channels {
            let column = |of: &[f32]| -> Vec<f32> {
                of.iter().skip(channel).step_by(channels).copied().collect()
            };
            let wanted = reference(&column(&before), scales, offsets);
            for (got, wanted) in column(&series).iter().zip(wanted) {
                assert!((f64::from(*got) - wanted).abs() < 1e-4, "{got} {wanted}");
            }
        }
    }

    /// Equal values have no variance: what is left is the offset.
    #[test]
    fn equal_values() {
        let mut series = [0.1; 400];
        over_series(&mut series, &[2.0; 100], &[0.5; 100]);
        assert!(series.iter().all(|x| (x - 0.5).abs() < 1e-3), "{series:?}");

        let mut vector = [0.1; 100];
        over_vector(&mut vector, &[2.0; 100], &[0.5; 100]);
        assert!(vector.iter().all(|x| (x - 0.5).abs() < 1e-6), "{vector:?}");
    }

    #[test]
    fn a_vector() {
        let before = values(100);
        let (scales, offsets) = (values(100), values(100));
        let mut vector = before.clone();
        over_vector(&mut vector, &scales, &offsets);
        for (got, wanted) in vector.iter().zip(reference(&before, &scales, &offsets)) {
            assert!((f64::from(*got) - wanted).abs() < 1e-5, "{got} {wanted}");
        }
    }

    #[test]
    #[should_panic(expected = "the series has another length")]
    fn a_series_of_another_length() {
        over_series(&mut [0.0; 12], &[1.0; 2], &[0.0; 2]);
    }
}
