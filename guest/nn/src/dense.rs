//! A layer in which every input reaches every output.

use crate::lanes::F32x4;

/// How many outputs are computed together.
const GROUP: usize = 4;

/// A dense layer. Its weights are integers, which a scale for each output multiplies.
#[derive(Clone, Copy, Debug)]
pub struct Dense<'a> {
    /// The weights of four outputs for each input, for the first four outputs, then the next four.
    pub weights: &'a [[i16; GROUP]],
    /// What the sums of outputs are multiplied by.
    pub scales: &'a [f32],
    /// What is added then.
    pub bias: &'a [f32],
}

impl Dense<'_> {
    /// Writes `sum(input * weight) * scale + bias` for each output, in f32, with the products
    /// added in the order of the inputs.
    ///
    /// # Panics
    ///
    /// If the lengths do not match: for n inputs and m outputs, there are n times m / 4 groups of
    /// weights, rounded up, m scales and m biases.
    pub fn run(&self, inputs: &[f32], outputs: &mut [f32]) {
        let groups = outputs.len().div_ceil(GROUP);
        assert!(
            self.weights.len() == groups * inputs.len()
                && self.scales.len() == outputs.len()
                && self.bias.len() == outputs.len(),
            "the layer has another number of inputs or outputs"
        );
        if inputs.is_empty() {
            outputs.copy_from_slice(self.bias);
            return;
        }
        let groups = self.weights.chunks_exact(inputs.len());
        let parameters = self.scales.chunks(GROUP).zip(self.bias.chunks(GROUP));
        for ((outputs, weights), (scales, bias)) in
            outputs.chunks_mut(GROUP).zip(groups).zip(parameters)
        {
            let mut sums = F32x4::splat(0.0);
            for (input, weights) in inputs.iter().zip(weights) {
                sums = sums.plus(F32x4::splat(*input).times(F32x4::widen(weights)));
            }
            let parameters = scales.iter().zip(bias);
            for ((output, sum), (scale, bias)) in
                outputs.iter_mut().zip(sums.lanes()).zip(parameters)
            {
                *output = sum * scale + bias;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_in_the_order_of_the_inputs() {
        let inputs: Vec<f32> = (0..37_u8).map(|i| f32::from(i).sqrt() - 3.0).collect();
        let weight = |input: usize, output: usize| {
            i16::try_from((input * 7919 + output * 104_729) % 65_536).unwrap_or(i16::MIN)
        };
        let weights: Vec<[i16; 4]> = (0..2)
            .flat_map(|group| {
                (0..37).map(move |i| core::array::from_fn(|k| weight(i, group * 4 + k)))
            })
            .collect();
        let scales = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7];
        let bias = [7.0, 6.0, 5.0, 4.0, 3.0, 2.0, 1.0];
        let mut outputs = [0.0; 7];
        Dense {
            weights: &weights,
            scales: &scales,
            bias: &bias,
        }
        .run(&inputs, &mut outputs);
        for (k, output) in outputs.iter().enumerate() {
            let sum = (0..37).fold(0.0, |sum, i| sum + inputs[i] * f32::from(weight(i, k)));
            assert_eq!(output.to_bits(), (sum * scales[k] + bias[k]).to_bits());
        }
    }

    #[test]
    fn no_inputs() {
        let mut outputs = [0.0; 2];
        Dense {
            weights: &[],
            scales: &[1.0, 1.0],
            bias: &[2.0, 3.0],
        }
        .run(&[], &mut outputs);
        assert_eq!(outputs.map(f32::to_bits), [2_f32, 3.0].map(f32::to_bits));
    }

    #[test]
    #[should_panic(expected = "another number of inputs or outputs")]
    fn lengths_that_do_not_match() {
        Dense {
            weights: &[[1; 4]],
            scales: &[1.0],
            bias: &[1.0],
        }
        .run(&[1.0, 2.0], &mut [0.0]);
    }
}
