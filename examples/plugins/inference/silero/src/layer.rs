//! Layers of f32: a product with a matrix, for several lists of inputs at once.

use compute_pipeline_nn::lanes::F32x4;

/// A layer of `INPUTS` inputs and four times `GROUPS` outputs.
#[repr(C)]
pub struct Layer<const INPUTS: usize, const GROUPS: usize> {
    /// The weights of four outputs for each input, for the first four outputs, then the next four.
    weights: [[[f32; 4]; INPUTS]; GROUPS],
    bias: [[f32; 4]; GROUPS],
}

impl<const INPUTS: usize, const GROUPS: usize> Layer<INPUTS, GROUPS> {
    /// Returns `bias + sum(input * weight)` for each output of each list, added in that order.
    ///
    /// `TOGETHER` groups are computed at once, so that their sums do not wait for each other; it
    /// divides `GROUPS`.
    #[inline]
    pub fn run<const LISTS: usize, const TOGETHER: usize>(
        &self,
        lists: [&[f32; INPUTS]; LISTS],
    ) -> [[[f32; 4]; GROUPS]; LISTS] {
        const { assert!(GROUPS.is_multiple_of(TOGETHER)) };
        let mut outputs = [[[0.0; 4]; GROUPS]; LISTS];
        for start in (0..GROUPS).step_by(TOGETHER) {
            let weights: [&[[f32; 4]; INPUTS]; TOGETHER] =
                std::array::from_fn(|group| &self.weights[start + group]);
            let mut sums: [[F32x4; LISTS]; TOGETHER] =
                std::array::from_fn(|group| [F32x4::load(&self.bias[start + group]); LISTS]);
            for input in 0..INPUTS {
                let inputs = lists.map(|list| F32x4::splat(list[input]));
                for (sums, weights) in sums.iter_mut().zip(weights) {
                    let weights = F32x4::load(&weights[input]);
                    for (sum, input) in sums.iter_mut().zip(inputs) {
                        *sum = sum.plus(input.times(weights));
                    }
                }
            }
            for (group, sums) in sums.iter().enumerate() {
                for (outputs, sum) in outputs.iter_mut().zip(sums) {
                    sum.store(&mut outputs[start + group]);
                }
            }
        }
        outputs
    }
}
