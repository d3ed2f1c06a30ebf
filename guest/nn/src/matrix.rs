//! Products of a matrix of 8-bit weights with vectors of 16-bit inputs, in exact integers: dense
//! layers of transformers, for one position or for many.

use crate::lanes::{I16x8, I32x4};

/// How many outputs are computed together.
pub const GROUP: usize = 4;
/// How many inputs a vector has.
pub const STEP: usize = 8;
/// How many vectors one pass of the innermost loop takes.
const UNROLLED: usize = 4;
/// The same for a pair of positions, whose sums take twice as many registers.
const PAIR_UNROLLED: usize = 2;
/// How many positions are computed together.
const PAIR: usize = 2;

/// The weights of four outputs for eight inputs, output by output.
pub type Block = [[i8; STEP]; GROUP];

/// A matrix: for each four outputs, the blocks of all inputs.
#[derive(Clone, Copy, Debug)]
pub struct Matrix<'a> {
    inputs: usize,
    blocks: &'a [Block],
}

impl<'a> Matrix<'a> {
    /// Returns a matrix. The number of inputs is a multiple of 32, that of outputs a multiple of 4.
    ///
    /// # Panics
    ///
    /// If the shape is another.
    pub fn new(inputs: usize, blocks: &'a [Block]) -> Self {
        assert!(
            inputs > 0 && inputs.is_multiple_of(UNROLLED * STEP),
            "the inputs are not a multiple of {}",
            UNROLLED * STEP
        );
        assert!(
            blocks.len().is_multiple_of(inputs / STEP),
            "the last outputs are not whole"
        );
        Self { inputs, blocks }
    }

    /// Returns the number of outputs.
    pub fn outputs(&self) -> usize {
        self.blocks.len() / (self.inputs / STEP) * GROUP
    }

    /// Returns the weights of one output.
    pub fn row(&self, output: usize) -> impl Iterator<Item = i8> + use<'a> {
        let steps = self.inputs / STEP;
        let blocks = &self.blocks[output / GROUP * steps..][..steps];
        blocks.iter().flat_map(move |block| block[output % GROUP])
    }

    /// Returns the largest absolute input for which no sum overflows.
    pub fn max_input(&self) -> i16 {
        let largest = (0..self.outputs())
            .map(|output| self.row(output).map(|w| i64::from(w.unsigned_abs())).sum())
            .fold(1, i64::max);
        i16::try_from(i64::from(i32::MAX) / largest).unwrap_or(i16::MAX)
    }

    /// Writes `sum(weight * input)` for each output of each position, modulo 2^32: exact if no
    /// input is beyond [`Matrix::max_input`]. Inputs are `inputs[position * n + input]` for a matrix
    /// of n inputs, sums `sums[position * m + output]` for one of m outputs.
    ///
    /// # Panics
    ///
    /// If the lengths do not match.
    pub fn multiply(&self, inputs: &[i16], sums: &mut [i32]) {
        let outputs = self.outputs();
        let positions = inputs.len() / self.inputs;
        assert!(
            inputs.len() == positions * self.inputs && sums.len() == positions * outputs,
            "the positions are others"
        );
        if outputs == 0 {
            return;
        }
        let pairs = inputs.chunks(PAIR * self.inputs);
        for (inputs, sums) in pairs.zip(sums.chunks_mut(PAIR * outputs)) {
            let (first, second) = inputs.split_at(self.inputs);
            let (to_first, to_second) = sums.split_at_mut(outputs);
            let (to_first, _) = to_first.as_chunks_mut::<GROUP>();
            let groups = self.blocks.chunks_exact(self.inputs / STEP);
            if second.is_empty() {
                for (blocks, to) in groups.zip(to_first) {
                    *to = sums_of_one(blocks, first);
                }
            } else {
                let (to_second, _) = to_second.as_chunks_mut::<GROUP>();
                for ((blocks, to_first), to_second) in groups.zip(to_first).zip(to_second) {
                    [*to_first, *to_second] = sums_of_pair(blocks, first, second);
                }
            }
        }
    }
}

/// Returns the sums of four outputs.
#[inline]
fn sums_of_one(blocks: &[Block], inputs: &[i16]) -> [i32; GROUP] {
    let mut sums = [I32x4::splat(0); GROUP];
    let (blocks, _) = blocks.as_chunks::<UNROLLED>();
    let (inputs, _) = inputs.as_chunks::<{ UNROLLED * STEP }>();
    for (blocks, inputs) in blocks.iter().zip(inputs) {
        let (inputs, _) = inputs.as_chunks::<STEP>();
        // From the far end: the bound of the memory is checked once for what is before it.
        for (block, inputs) in blocks.iter().zip(inputs).rev() {
            let input = I16x8::load(inputs);
            for output in 0..GROUP {
                sums[output] = sums[output].plus(I16x8::widen(&block[output]).dot(input));
            }
        }
    }
    I32x4::sums(sums).lanes()
}

/// Returns the sums of four outputs at two positions.
#[inline]
fn sums_of_pair(blocks: &[Block], first: &[i16], second: &[i16]) -> [[i32; GROUP]; PAIR] {
    let mut sums = [[I32x4::splat(0); GROUP]; PAIR];
    let (blocks, _) = blocks.as_chunks::<PAIR_UNROLLED>();
    let (first, _) = first.as_chunks::<{ PAIR_UNROLLED * STEP }>();
    let (second, _) = second.as_chunks::<{ PAIR_UNROLLED * STEP }>();
    for ((blocks, first), second) in blocks.iter().zip(first).zip(second) {
        let (first, _) = first.as_chunks::<STEP>();
        let (second, _) = second.as_chunks::<STEP>();
        for ((block, first), second) in blocks.iter().zip(first).zip(second).rev() {
            let (first, second) = (I16x8::load(first), I16x8::load(second));
            for output in 0..GROUP {
                let weights = I16x8::widen(&block[output]);
                sums[0][output] = sums[0][output].plus(weights.dot(first));
                sums[1][output] = sums[1][output].plus(weights.dot(second));
            }
        }
    }
    sums.map(|sums| I32x4::sums(sums).lanes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Returns the blocks of `weights[output * inputs + input]`.
    fn blocks_of(inputs: usize, weights: &[i8]) -> Vec<Block> {
        weights
            .chunks_exact(GROUP * inputs)
            .flat_map(|group| {
                (0..inputs / STEP).map(move |step| {
                    core::array::from_fn(|output| {
                        core::array::from_fn(|i| group[output * inputs + step * STEP + i])
                    })
                })
            })
            .collect()
    }

    /// Compares the products with their definition.
    fn check(inputs: usize, weights: &[i8], vectors: &[i16]) {
        let blocks = blocks_of(inputs, weights);
        let matrix = Matrix::new(inputs, &blocks);
        let wanted: Vec<i32> = vectors
            .chunks_exact(inputs)
            .flat_map(|vector| {
                weights.chunks_exact(inputs).map(move |row| {
                    let products = row.iter().zip(vector);
                    let sum: i64 = products.map(|(w, x)| i64::from(*w) * i64::from(*x)).sum();
                    i32::try_from(sum).expect("it fits")
                })
            })
            .collect();
        let mut sums = vec![0; wanted.len()];
        matrix.multiply(vectors, &mut sums);
        assert_eq!(sums, wanted);
        for (output, row) in weights.chunks_exact(inputs).enumerate() {
            assert!(matrix.row(output).eq(row.iter().copied()));
        }
    }

    /// Every pair of an input of int8 and a weight, at every place in a block, for one position and
    /// for pairs.
    #[test]
    fn all_pairs_of_int8() {
        for weight in i8::MIN..=i8::MAX {
            let mut weights = vec![0; GROUP * 32];
            for output in 0..GROUP {
                weights[output * 32 + usize::from(weight.unsigned_abs()) % 32] = weight;
            }
            for positions in [255, 256] {
                let vectors: Vec<i16> = (-128..positions - 128).flat_map(|x| [x; 32]).collect();
                check(32, &weights, &vectors);
            }
        }
    }

    #[test]
    fn the_largest_input_depends_on_the_weights() {
        for (inputs, weight, wanted) in
            [(32, 0, i16::MAX), (512, 127, i16::MAX), (544, -128, 30_840)]
        {
            let weights = vec![weight; GROUP * inputs];
            let blocks = blocks_of(inputs, &weights);
            let fits = Matrix::new(inputs, &blocks).max_input();
            assert_eq!(fits, wanted);
            check(inputs, &weights, &vec![fits; 3 * inputs]);
            check(inputs, &weights, &vec![-fits; 3 * inputs]);
        }
    }

    #[test]
    fn without_positions_or_outputs() {
        check(32, &[], &[0; 64]);
        check(32, &[1; 128], &[]);
    }

    #[test]
    #[should_panic(expected = "not a multiple of 32")]
    fn inputs_that_do_not_fit() {
        Matrix::new(48, &[]);
    }

    #[test]
    #[should_panic(expected = "the positions are others")]
    fn positions_that_do_not_match() {
        Matrix::new(32, &[[[0; STEP]; GROUP]; 4]).multiply(&[0; 32], &mut [0; 8]);
    }

    proptest! {
        #[test]
        fn random_shapes(
            (steps, groups, positions) in (1_usize..6, 1_usize..9, 1_usize..6),
            seed: u64,
        ) {
            let mut state = seed | 1;
            let mut next = || {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                state.to_le_bytes()
            };
            let weights: Vec<i8> = (0..groups * GROUP * steps * 32)
                .map(|_| next()[0].cast_signed())
                .collect();
            let vectors: Vec<i16> = (0..positions * steps * 32)
                .map(|_| { let bytes = next(); i16::from_le_bytes([bytes[0], bytes[1]]) })
                .collect();
            check(steps * 32, &weights, &vectors);
        }
    }
}
