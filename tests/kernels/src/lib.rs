//! A guest that compares the operators of `guest/nn` with their definitions, on the runtime that it
//! runs on, and hashes results of floats, so that runtimes can be compared. The tests of
//! that crate run its vectors as arrays; here they are instructions of simd128.

use compute_pipeline_nn::conv5::{Conv5, Extremes, FACTOR, MAX_INPUT};
use compute_pipeline_nn::dense::Dense;
use compute_pipeline_nn::math::{gelu, tanh};
use compute_pipeline_nn::matrix::{Block, Matrix};
use compute_pipeline_nn::norm::{over_series, over_vector};
use compute_pipeline_nn::quantise::quantise;
use compute_pipeline_nn::softmax::softmax;

/// Random numbers: the generator xorshift64 of G. Marsaglia.
struct Random(u64);

impl Random {
    fn new(seed: u32) -> Self {
        Self(u64::from(seed) << 1 | 1)
    }

    fn bits(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 >> 8
    }

    fn below(&mut self, n: u16) -> u16 {
        (self.bits() % u64::from(n)) as u16
    }

    /// A float within 8, of any sign.
    fn float(&mut self) -> f32 {
        f32::from(self.below(u16::MAX)) / 4096.0 - 8.0
    }

    fn floats(&mut self, count: usize) -> Vec<f32> {
        (0..count).map(|_| self.float()).collect()
    }
}

/// The definition of the convolution: twenty products for four results.
fn is_right(channels: usize, weights: &[i8], series: &[i16]) -> bool {
    let positions = series.len() / channels;
    let wanted = weights.chunks_exact(5 * channels).map(|of| {
        let mut extremes = Extremes {
            min: i32::MAX,
            max: i32::MIN,
        };
        for first in 0..positions - 4 {
            let window = &series[first * channels..(first + 5) * channels];
            let products = of.iter().zip(window);
            let sum: i32 = products.map(|(w, x)| i32::from(*w) * i32::from(*x)).sum();
            extremes.min = extremes.min.min(sum * FACTOR);
            extremes.max = extremes.max.max(sum * FACTOR);
        }
        extremes
    });
    Conv5::new(channels, weights)
        .extremes(series)
        .into_iter()
        .eq(wanted)
}

/// The definition of the products of a matrix.
fn multiplies(inputs: usize, blocks: &[Block], vectors: &[i16]) -> bool {
    let matrix = Matrix::new(inputs, blocks);
    let mut sums = vec![0; vectors.len() / inputs * matrix.outputs()];
    matrix.multiply(vectors, &mut sums);
    let wanted = vectors.chunks_exact(inputs).flat_map(|vector| {
        (0..matrix.outputs()).map(move |output| {
            let products = matrix.row(output).zip(vector);
            products
                .map(|(w, x)| i32::from(w) * i32::from(*x))
                .sum::<i32>()
        })
    });
    wanted.eq(sums)
}

/// Returns 1 if the convolution and the products of a matrix are right for a weight from -128 to 127
/// and all inputs of int8, at every tap and place in a tile.
#[unsafe(no_mangle)]
pub extern "C" fn pairs(weight: i32) -> u32 {
    let Ok(weight) = i8::try_from(weight) else {
        return 0;
    };
    let mut weights = [0; 4 * 5 * 32];
    for tap in 0..4 {
        weights[(tap * 5 + tap) * 32 + tap] = weight;
        weights[(tap * 5 + 4 - tap) * 32 + 31 - tap] = weight;
    }
    let mut series: Vec<i16> = (-128..128).flat_map(|x| [x; 32]).collect();
    let forwards = is_right(32, &weights, &series);
    series.reverse();
    let block = core::array::from_fn(|output| {
        core::array::from_fn(|i| if i == output { weight } else { 0 })
    });
    let matrix = [[[0; 8]; 4], block, block, [[weight; 8]; 4]];
    let one = &series[..255 * 32];
    u32::from(
        forwards
            && is_right(32, &weights, &series)
            && multiplies(32, &matrix, &series)
            && multiplies(32, &matrix, one),
    )
}

/// Returns 1 if the convolution is right for the largest inputs and weights, whose signs are the
/// bits of the pattern, from 0 to 8191.
#[unsafe(no_mangle)]
pub extern "C" fn largest(pattern: u32) -> u32 {
    let sign = |bit: usize| pattern >> bit & 1 == 1;
    let weights: Vec<i8> = (0..4 * 5 * 32)
        .map(|i| if sign(i / 32 % 5) { 127 } else { -128 })
        .collect();
    let input = |i: usize| {
        if sign(5 + i / 32) {
            MAX_INPUT
        } else {
            -MAX_INPUT
        }
    };
    let series: Vec<i16> = (0..8 * 32).map(input).collect();
    is_right(32, &weights, &series).into()
}

/// Returns 1 if the convolution and the products of a matrix are right for random numbers of a random
/// shape.
#[unsafe(no_mangle)]
pub extern "C" fn shapes(seed: u32) -> u32 {
    let mut random = Random::new(seed);
    let channels = 32 * (1 + usize::from(random.below(4)));
    let outputs = 4 * (1 + usize::from(random.below(4)));
    let positions = 8 + usize::from(random.below(40));
    let weights: Vec<i8> = (0..outputs * 5 * channels)
        .map(|_| random.bits() as i8)
        .collect();
    let series: Vec<i16> = (0..positions * channels)
        .map(|_| random.below(2 * MAX_INPUT.unsigned_abs() + 1) as i16 - MAX_INPUT)
        .collect();
    let blocks: Vec<Block> = (0..outputs * channels / 32)
        .map(|_| core::array::from_fn(|_| random.bits().to_le_bytes().map(u8::cast_signed)))
        .collect();
    let vectors: Vec<i16> = (0..(1 + usize::from(random.below(7))) * channels)
        .map(|_| random.bits() as i16)
        .collect();
    u32::from(is_right(channels, &weights, &series) && multiplies(channels, &blocks, &vectors))
}

/// Returns a hash (FNV-1a) of the bits that the operators of floats compute from random numbers.
#[unsafe(no_mangle)]
pub extern "C" fn floats(seed: u32) -> u32 {
    let mut random = Random::new(seed);
    let mut hash = 0x811c_9dc5_u32;
    let mut add = |bits: u32| {
        for byte in bits.to_le_bytes() {
            hash = (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193);
        }
    };
    let mut series = random.floats(24 * 16);
    over_series(&mut series, &random.floats(24), &random.floats(24));
    series.iter().for_each(|x| add(x.to_bits()));
    let quantised = quantise(&series, 1 + random.below(32_767) as i16);
    add(quantised.step.to_bits());
    quantised
        .integers
        .iter()
        .for_each(|x| add(i32::from(*x).cast_unsigned()));
    // Steps below the smallest normal number, and a little above.
    let small = f32::from_bits((1 + u32::from(random.below(24))) << 23);
    for x in &mut series {
        *x *= small;
    }
    let quantised = quantise(&series, i16::MAX);
    add(quantised.step.to_bits());
    quantised
        .integers
        .iter()
        .for_each(|x| add(i32::from(*x).cast_unsigned()));

    let mut vector = random.floats(37);
    over_vector(&mut vector, &random.floats(37), &random.floats(37));
    let weights: Vec<[i16; 4]> = (0..37 * 6)
        .map(|_| core::array::from_fn(|_| random.bits() as i16))
        .collect();
    let mut scores = [0.0; 23];
    let layer = Dense {
        weights: &weights,
        scales: &random.floats(23),
        bias: &random.floats(23),
    };
    layer.run(&vector, &mut scores);
    for score in &mut scores {
        add(score.to_bits());
        *score /= 65_536.0;
    }
    softmax(&mut scores);
    scores.iter().for_each(|x| add(x.to_bits()));
    for x in vector {
        for value in [gelu(x.into()), tanh(x.into())] {
            add(value.to_bits() as u32);
            add((value.to_bits() >> 32) as u32);
        }
    }
    hash
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the Go tests expect of the module on each runtime.
    #[test]
    fn hashes() {
        let hashes: Vec<String> = (0..32)
            .map(|seed| format!("{:08x}\n", floats(seed)))
            .collect();
        let wanted = include_str!("../hashes.txt");
        assert_eq!(hashes.concat(), wanted);
    }

    #[test]
    fn the_convolution_is_right() {
        assert!((0..100).all(|seed| shapes(seed) == 1));
        assert!((-128..128).step_by(9).all(|weight| pairs(weight) == 1));
        assert_eq!([largest(0), largest(8191), largest(0x1555)], [1, 1, 1]);
        assert_eq!(pairs(128), 0);
    }
}
