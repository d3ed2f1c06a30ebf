//! Products of a matrix in 8 bits with vectors of floats.

use compute_pipeline_nn::matrix::{Block, Matrix};
use compute_pipeline_nn::quantise::quantise;

/// A matrix, and what the products of each output are multiplied by.
pub struct Product<'a> {
    matrix: Matrix<'a>,
    inputs: usize,
    scales: &'a [f32],
}

impl<'a> Product<'a> {
    /// Returns a matrix with a scale for each output.
    pub fn new(inputs: usize, blocks: &'a [Block], scales: &'a [f32]) -> Self {
        let matrix = Matrix::new(inputs, blocks);
        Self {
            matrix,
            inputs,
            scales,
        }
    }

    /// Returns the weights of one output.
    pub fn row(&self, output: usize) -> impl Iterator<Item = f32> + use<'a> {
        let scale = self.scales[output];
        self.matrix.row(output).map(move |w| f32::from(w) * scale)
    }

    /// Returns the products with the vectors of positions, each of which is rounded to 16 bits of
    /// its own step.
    pub fn of(&self, x: &[f32]) -> Vec<f32> {
        let mut integers = Vec::with_capacity(x.len());
        let mut steps = Vec::with_capacity(x.len() / self.inputs);
        for vector in x.chunks_exact(self.inputs) {
            let quantised = quantise(vector, i16::MAX);
            integers.extend_from_slice(&quantised.integers);
            steps.push(quantised.step);
        }
        let outputs = self.scales.len();
        let mut sums = vec![0; steps.len() * outputs];
        self.matrix.multiply(&integers, &mut sums);
        let mut products = Vec::with_capacity(sums.len());
        for (sums, step) in sums.chunks_exact(outputs).zip(steps) {
            let of = sums.iter().zip(self.scales);
            products.extend(of.map(|(sum, scale)| *sum as f32 * (scale * step)));
        }
        products
    }
}

#[cfg(test)]
mod tests {
    use crate::weights::WEIGHTS;

    /// Inputs are rounded to 16 bits.
    #[test]
    fn no_sum_overflows() {
        let layers = WEIGHTS.layers.iter();
        let products = layers.flat_map(|l| [l.queries_keys_values(), l.mix(), l.up(), l.down()]);
        for product in products.chain([WEIGHTS.tokens()]) {
            assert_eq!(product.matrix.max_input(), i16::MAX);
        }
    }
}
