//! A convolution of five taps over a series of vectors, in exact integers, and the extremes of
//! its results over the series.
//!
//! Four neighbouring results take eight products of each channel instead of twenty: the
//! algorithm of Toom and Cook (A. L. Toom, 1963; for convolutions of networks A. Lavin and
//! S. Gray, "Fast Algorithms for Convolutional Neural Networks", 2016) with the points 0, 1, -1,
//! 2, -2, 1/2, -1/2 and infinity. Over floats it loses digits. Here it loses none: all three
//! matrices are scaled to integers, inputs and weights after their matrices fit into 16 bits, and
//! the sums are 360 times the results modulo 2^32. Since 360 = 8 * 45, and 45 has an inverse
//! modulo 2^32, eight times each result comes out exactly, if that fits into 32 bits.
//!
//! A network that takes the largest result over the series, after a function that falls and then
//! rises (GELU, SiLU) or only rises (ReLU), needs nothing but the extremes: the largest value of
//! the function is at one of them.

use crate::lanes::{I16x8, I32x4};

/// How many results one tile has.
const RESULTS: usize = 4;
/// How many vectors of the series one tile reads.
const READS: usize = 8;
/// The products of a tile: one for each point.
const POINTS: usize = 8;
/// How many outputs are computed together.
const OUTPUTS: usize = 4;
/// How many tiles are computed together.
const TILES: usize = 2;
/// How many steps of eight channels one pass of the innermost loop takes.
const UNROLLED: usize = 4;
/// How many channels a vector has.
const LANES: usize = 8;

/// The largest absolute value of an input: fifty times that fits into 16 bits.
pub const MAX_INPUT: i16 = 655;
/// What the extremes are multiplied by.
pub const FACTOR: i32 = 8;
/// The inverse of 45 modulo 2^32.
const INVERSE: i32 = 0xa4fa_4fa5_u32.cast_signed();

/// A convolution: `weights[(output * 5 + tap) * channels + channel]`.
#[derive(Clone, Copy, Debug)]
pub struct Conv5<'a> {
    channels: usize,
    weights: &'a [i8],
}

/// The extremes of one output over the series, each multiplied by [`FACTOR`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extremes {
    /// The smallest result.
    pub min: i32,
    /// The largest result.
    pub max: i32,
}

impl<'a> Conv5<'a> {
    /// Returns a convolution. The number of channels is a multiple of 32, that of outputs a
    /// multiple of 4.
    ///
    /// # Panics
    ///
    /// If the shape is another.
    pub fn new(channels: usize, weights: &'a [i8]) -> Self {
        assert!(
            channels > 0 && channels.is_multiple_of(UNROLLED * LANES),
            "the channels are not a multiple of {}",
            UNROLLED * LANES
        );
        assert!(
            weights.len().is_multiple_of(OUTPUTS * 5 * channels),
            "the outputs are not a multiple of {OUTPUTS}"
        );
        Self { channels, weights }
    }

    /// Returns the largest absolute input for which all results fit, at most [`MAX_INPUT`].
    pub fn max_input(&self) -> i16 {
        let largest = self
            .weights
            .chunks_exact(5 * self.channels)
            .map(|of| of.iter().map(|w| i64::from(w.unsigned_abs())).sum())
            .fold(1, i64::max);
        let fits = i64::from(i32::MAX / FACTOR) / largest;
        i16::try_from(fits).unwrap_or(MAX_INPUT).min(MAX_INPUT)
    }

    /// Returns the extremes of each output over a series of at least 8 vectors,
    /// `series[position * channels + channel]`. No input is beyond [`Conv5::max_input`], or the
    /// results are wrong. It takes 8/5 products of each weight for each position, instead of 4
    /// each.
    ///
    /// # Panics
    ///
    /// If the series is shorter, or ends within a vector.
    pub fn extremes(&self, series: &[i16]) -> Vec<Extremes> {
        assert!(
            series.len().is_multiple_of(self.channels) && series.len() >= READS * self.channels,
            "the series is not of {READS} vectors or more"
        );
        let steps = self.channels / LANES;
        let inputs = self.transform_series(series);
        let mut weights = vec![[0; OUTPUTS * LANES]; POINTS * steps];
        let mut extremes = Vec::with_capacity(self.weights.len() / (5 * self.channels));
        for of in self.weights.chunks_exact(OUTPUTS * 5 * self.channels) {
            self.transform_weights(of, &mut weights);
            let mut max = [I32x4::splat(i32::MIN); OUTPUTS];
            let mut min = [I32x4::splat(i32::MAX); OUTPUTS];
            for tiles in inputs.chunks_exact(POINTS * steps) {
                let mut products = [[I32x4::splat(0); TILES * OUTPUTS]; POINTS];
                for ((sums, tiles), weights) in products
                    .iter_mut()
                    .zip(tiles.chunks_exact(steps))
                    .zip(weights.chunks_exact(steps))
                {
                    *sums = products_of(tiles, weights);
                }
                for tile in 0..TILES {
                    for output in 0..OUTPUTS {
                        let at = tile * OUTPUTS + output;
                        let results = results_of(core::array::from_fn(|point| products[point][at]));
                        max[output] = max[output].max(results);
                        min[output] = min[output].min(results);
                    }
                }
            }
            for (max, min) in max.into_iter().zip(min) {
                extremes.push(Extremes {
                    min: min.lanes().into_iter().fold(i32::MAX, i32::min),
                    max: max.lanes().into_iter().fold(i32::MIN, i32::max),
                });
            }
        }
        extremes
    }

    /// Returns the inputs of all tiles times the second matrix: for each pair of tiles, each
    /// point and each step of eight channels, the vectors of both.
    fn transform_series(&self, series: &[i16]) -> Vec<[i16; TILES * LANES]> {
        let steps = self.channels / LANES;
        let positions = series.len() / self.channels;
        let tiles = (positions - READS).div_ceil(RESULTS) + 1;
        let pairs = tiles.div_ceil(TILES);
        let mut inputs = vec![[0; TILES * LANES]; pairs * POINTS * steps];
        for (pair, inputs) in inputs.chunks_exact_mut(POINTS * steps).enumerate() {
            for half in 0..TILES {
                // The last tiles overlap those before: extremes may count a result twice.
                let first = ((pair * TILES + half) * RESULTS).min(positions - READS);
                let reads = &series[first * self.channels..(first + READS) * self.channels];
                for step in 0..steps {
                    let x = core::array::from_fn(|i| {
                        let at = i * self.channels + step * LANES;
                        I16x8::load(reads[at..at + LANES].as_array().expect("eight"))
                    });
                    for (point, v) in inputs_of(x).into_iter().enumerate() {
                        let to = &mut inputs[point * steps + step];
                        v.store(to[half * LANES..][..LANES].as_mut_array().expect("eight"));
                    }
                }
            }
        }
        inputs
    }

    /// Writes the weights of four outputs times the third matrix: for each point and each step of
    /// eight channels, the vectors of all four.
    fn transform_weights(&self, of: &[i8], to: &mut [[i16; OUTPUTS * LANES]]) {
        let steps = self.channels / LANES;
        for (output, taps) in of.chunks_exact(5 * self.channels).enumerate() {
            for step in 0..steps {
                let w = core::array::from_fn(|tap| {
                    let at = tap * self.channels + step * LANES;
                    I16x8::widen(taps[at..at + LANES].as_array().expect("eight"))
                });
                for (point, u) in weights_of(w).into_iter().enumerate() {
                    let to = &mut to[point * steps + step];
                    u.store(to[output * LANES..][..LANES].as_mut_array().expect("eight"));
                }
            }
        }
    }
}

/// Returns eight inputs times the matrix
///
/// ```text
/// -4   0  21   0 -21   0   4   0
///  0   4   4 -17 -17   4   4   0
///  0  -4   4  17 -17  -4   4   0
///  0   2   1 -10  -5   8   4   0
///  0  -2   1  10  -5  -8   4   0
///  0   4   8  -5 -10   1   2   0
///  0  -4   8   5 -10  -1   2   0
///  0  -4   0  21   0 -21   0   4
/// ```
#[inline]
fn inputs_of(x: [I16x8; READS]) -> [I16x8; POINTS] {
    let even1 = x[2].plus(x[6]).times(4).minus(x[4].times(17));
    let odd1 = x[1].plus(x[5]).times(4).minus(x[3].times(17));
    let even2 = x[2].minus(x[4].times(5)).plus(x[6].times(4));
    let odd2 = x[1].times(2).minus(x[3].times(10)).plus(x[5].times(8));
    let even3 = x[2].times(8).minus(x[4].times(10)).plus(x[6].times(2));
    let odd3 = x[1].times(4).minus(x[3].times(5)).plus(x[5]);
    [
        x[6].minus(x[0]).times(4).plus(x[2].minus(x[4]).times(21)),
        even1.plus(odd1),
        even1.minus(odd1),
        even2.plus(odd2),
        even2.minus(odd2),
        even3.plus(odd3),
        even3.minus(odd3),
        x[7].minus(x[1]).times(4).plus(x[3].minus(x[5]).times(21)),
    ]
}

/// Returns five weights times the matrix
///
/// ```text
/// -90   0   0   0   0
/// -20 -20 -20 -20 -20
/// -20  20 -20  20 -20
///   1   2   4   8  16
///   1  -2   4  -8  16
///  16   8   4   2   1
///  16  -8   4  -2   1
///   0   0   0   0  90
/// ```
#[inline]
fn weights_of(w: [I16x8; 5]) -> [I16x8; POINTS] {
    let even1 = w[0].plus(w[2]).plus(w[4]).times(-20);
    let odd1 = w[1].plus(w[3]).times(-20);
    let middle = w[2].times(4);
    let even2 = w[0].plus(middle).plus(w[4].times(16));
    let odd2 = w[1].times(2).plus(w[3].times(8));
    let even3 = w[0].times(16).plus(middle).plus(w[4]);
    let odd3 = w[1].times(8).plus(w[3].times(2));
    [
        w[0].times(-90),
        even1.plus(odd1),
        even1.minus(odd1),
        even2.plus(odd2),
        even2.minus(odd2),
        even3.plus(odd3),
        even3.minus(odd3),
        w[4].times(90),
    ]
}

/// Returns the products of two tiles and four outputs at one point, each as four sums over a
/// quarter of the channels.
#[inline]
fn products_of(
    tiles: &[[i16; TILES * LANES]],
    weights: &[[i16; OUTPUTS * LANES]],
) -> [I32x4; TILES * OUTPUTS] {
    let mut sums = [I32x4::splat(0); TILES * OUTPUTS];
    let (tiles, _) = tiles.as_chunks::<UNROLLED>();
    let (weights, _) = weights.as_chunks::<UNROLLED>();
    for (tiles, weights) in tiles.iter().zip(weights) {
        // From the far end: the bound of the memory is checked once for what is before it.
        for (tiles, weights) in tiles.iter().zip(weights).rev() {
            let (tiles, _) = tiles.as_chunks::<LANES>();
            let (weights, _) = weights.as_chunks::<LANES>();
            let right = I16x8::load(&tiles[1]);
            let left = I16x8::load(&tiles[0]);
            for output in (0..OUTPUTS).rev() {
                let weight = I16x8::load(&weights[output]);
                sums[output] = sums[output].plus(weight.dot(left));
                sums[OUTPUTS + output] = sums[OUTPUTS + output].plus(weight.dot(right));
            }
        }
    }
    sums
}

/// Returns four results, times [`FACTOR`], from the products at the eight points: their sums over
/// the channels times the matrix
///
/// ```text
/// 1  1  1  1  1  8  8  0
/// 0  1 -1  2 -2  4 -4  0
/// 0  1  1  4  4  2  2  0
/// 0  1 -1  8 -8  1 -1  1
/// ```
#[inline]
fn results_of(m: [I32x4; POINTS]) -> I32x4 {
    let (sum1, difference1) = (m[1].plus(m[2]), m[1].minus(m[2]));
    let (sum2, difference2) = (m[3].plus(m[4]), m[3].minus(m[4]));
    let (sum3, difference3) = (m[5].plus(m[6]), m[5].minus(m[6]));
    I32x4::sums([
        m[0].plus(sum1).plus(sum2).plus(sum3.shifted::<3>()),
        difference1
            .plus(difference2.shifted::<1>())
            .plus(difference3.shifted::<2>()),
        sum1.plus(sum2.shifted::<2>()).plus(sum3.shifted::<1>()),
        difference1
            .plus(difference2.shifted::<3>())
            .plus(difference3)
            .plus(m[7]),
    ])
    .times(INVERSE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The definition: twenty products for four results.
    fn reference(channels: usize, weights: &[i8], series: &[i16]) -> Vec<Extremes> {
        let positions = series.len() / channels;
        weights
            .chunks_exact(5 * channels)
            .map(|of| {
                let results = (0..positions - 4).map(|first| {
                    let window = &series[first * channels..(first + 5) * channels];
                    let products = of.iter().zip(window);
                    let sum: i64 = products.map(|(w, x)| i64::from(*w) * i64::from(*x)).sum();
                    i32::try_from(sum * i64::from(FACTOR)).expect("it fits")
                });
                Extremes {
                    min: results.clone().min().expect("a result"),
                    max: results.max().expect("a result"),
                }
            })
            .collect()
    }

    fn check(channels: usize, weights: &[i8], series: &[i16]) {
        let conv = Conv5::new(channels, weights);
        assert_eq!(conv.extremes(series), reference(channels, weights, series));
    }

    #[test]
    fn the_inverse_is_one() {
        assert_eq!(INVERSE.wrapping_mul(45), 1);
        assert_eq!(FACTOR * 45, 360);
    }

    /// Every pair of an input of int8 and a weight, at every tap and place in a tile.
    #[test]
    fn all_pairs_of_int8() {
        for weight in i8::MIN..=i8::MAX {
            let mut weights = vec![0; 4 * 5 * 32];
            for tap in 0..4 {
                weights[(tap * 5 + tap) * 32 + tap] = weight;
                weights[(tap * 5 + 4 - tap) * 32 + 31 - tap] = weight;
            }
            let mut series: Vec<i16> = (-128..128).flat_map(|x| [x; 32]).collect();
            check(32, &weights, &series);
            series.reverse();
            check(32, &weights, &series);
        }
    }

    /// The largest inputs and weights: neither the matrices nor the results overflow.
    #[test]
    fn the_largest_values() {
        for pattern in 0..1_u32 << 13 {
            let sign = |bit: u32| pattern >> bit & 1 == 1;
            let weights: Vec<i8> = (0..4 * 5 * 32)
                .map(|i| if sign(i / 32 % 5) { 127 } else { -128 })
                .collect();
            let series: Vec<i16> = (0..8 * 32)
                .map(|i| {
                    if sign(5 + i / 32) {
                        MAX_INPUT
                    } else {
                        -MAX_INPUT
                    }
                })
                .collect();
            check(32, &weights, &series);
        }
    }

    #[test]
    fn the_largest_input_depends_on_the_weights() {
        assert_eq!(Conv5::new(32, &[0; 640]).max_input(), MAX_INPUT);
        let weights = vec![-128; 20 * 1280];
        let conv = Conv5::new(1280, &weights);
        let fits = conv.max_input();
        assert_eq!(fits, 327);
        check(1280, &weights, &vec![fits; 8 * 1280]);
        check(1280, &weights, &vec![-fits; 8 * 1280]);
    }

    #[test]
    #[should_panic(expected = "not of 8 vectors or more")]
    fn a_short_series() {
        Conv5::new(32, &[0; 640]).extremes(&[0; 7 * 32]);
    }

    proptest! {
        #[test]
        fn random_shapes(
            (channels, outputs, positions) in (1_usize..4, 1_usize..4, 8_usize..40),
            seed: u64,
        ) {
            let mut state = seed | 1;
            let mut next = || {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                state
            };
            let weights: Vec<i8> = (0..outputs * 4 * 5 * channels * 32)
                .map(|_| next().to_le_bytes()[0].cast_signed())
                .collect();
            let series: Vec<i16> = (0..positions * channels * 32)
                .map(|_| i16::try_from(next() % 1311).expect("small") - MAX_INPUT)
                .collect();
            check(channels * 32, &weights, &series);
        }
    }
}
