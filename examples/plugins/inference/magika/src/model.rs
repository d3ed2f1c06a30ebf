//! The network, from tokens to probabilities.

use compute_pipeline_nn::conv5::{Conv5, FACTOR};
use compute_pipeline_nn::dense::Dense;
use compute_pipeline_nn::math::max_gelu;
use compute_pipeline_nn::norm::{over_series, over_vector};
use compute_pipeline_nn::quantise::quantise;
use compute_pipeline_nn::softmax::softmax;

use crate::card::LABELS;
use crate::features::Tokens;

/// The length of a token's vector.
const EMBEDDING: usize = 64;
/// How many tokens one position has.
const TOGETHER: usize = 4;
const CHANNELS: usize = EMBEDDING * TOGETHER;
const POSITIONS: usize = 512;
const OUTPUTS: usize = 512;

/// The file weights.bin, as weights.py writes it. All is of little-endian order.
#[repr(C)]
struct Weights {
    /// GELU of each token's vector.
    embedding: [[f32; EMBEDDING]; 257],
    input_scales: [f32; POSITIONS],
    input_offsets: [f32; POSITIONS],
    conv_scales: [f32; OUTPUTS],
    conv_bias: [f32; OUTPUTS],
    output_scales: [f32; OUTPUTS],
    output_offsets: [f32; OUTPUTS],
    dense_scales: [f32; LABELS.len()],
    dense_bias: [f32; LABELS.len()],
    dense: [[[i16; 4]; OUTPUTS]; LABELS.len().div_ceil(4)],
    conv: [[[i8; CHANNELS]; 5]; OUTPUTS],
}

// SAFETY: the sizes are equal, or this does not compile; every bit pattern is a value of these
// types, and there is no padding between them.
static WEIGHTS: Weights = unsafe { core::mem::transmute(*include_bytes!("../weights.bin")) };

const _: () = assert!(
    cfg!(target_endian = "little"),
    "the weights are read as they are"
);

/// Returns the probability of each label.
pub fn probabilities(tokens: &Tokens) -> [f32; LABELS.len()] {
    let mut series = Vec::with_capacity(POSITIONS * CHANNELS);
    for token in tokens {
        series.extend_from_slice(&WEIGHTS.embedding[usize::from(*token)]);
    }
    over_series(&mut series, &WEIGHTS.input_scales, &WEIGHTS.input_offsets);
    let conv = Conv5::new(CHANNELS, WEIGHTS.conv.as_flattened().as_flattened());
    let quantised = quantise(&series, MAX_INPUT);
    let extremes = conv.extremes(&quantised.integers);

    let step = f64::from(quantised.step) / f64::from(FACTOR);
    let parameters = WEIGHTS.conv_scales.iter().zip(&WEIGHTS.conv_bias);
    let mut vector: Vec<f32> = (extremes.iter().zip(parameters))
        .map(|(extremes, (scale, bias))| {
            let value = |x: i32| f64::from(x) * (step * f64::from(*scale)) + f64::from(*bias);
            max_gelu(value(extremes.min), value(extremes.max)) as f32
        })
        .collect();
    over_vector(&mut vector, &WEIGHTS.output_scales, &WEIGHTS.output_offsets);

    let mut scores = [0.0; LABELS.len()];
    let dense = Dense {
        weights: WEIGHTS.dense.as_flattened(),
        scales: &WEIGHTS.dense_scales,
        bias: &WEIGHTS.dense_bias,
    };
    dense.run(&vector, &mut scores);
    softmax(&mut scores);
    scores
}

/// The largest input of the convolution: all its results fit.
const MAX_INPUT: i16 = compute_pipeline_nn::conv5::MAX_INPUT;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_results_of_the_convolution_fit() {
        let conv = Conv5::new(CHANNELS, WEIGHTS.conv.as_flattened().as_flattened());
        assert_eq!(conv.max_input(), MAX_INPUT);
    }
}
