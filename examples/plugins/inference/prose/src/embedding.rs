//! The vector of a text.

use compute_pipeline_nn::dense::Dense;

use crate::tokens::{END, encode};
use crate::transformer::{Context, normal};
use crate::weights::{EMBEDDING, LONGEST, WEIGHTS, WIDTH};

/// How many tokens a text has at most.
const MAX_TOKENS: usize = 4096;

/// Returns the vector of a text, of length 1: the mean of the vectors of its tokens after the last
/// block, times a matrix. A longer text than the model takes is an error.
pub fn embed(text: &[u8]) -> Result<Vec<f32>, String> {
    // Before it is encoded, which would take fuel of a text of any length.
    if text.len() > MAX_TOKENS * LONGEST {
        return Err(format!(
            "the text has {} bytes, and its max is {MAX_TOKENS} tokens, which have up to {LONGEST} bytes each",
            text.len()
        ));
    }
    let mut tokens = vec![END];
    tokens.extend(encode(text));
    if tokens.len() > MAX_TOKENS + 1 {
        return Err(format!(
            "the text has {} tokens, and the max is {MAX_TOKENS}",
            tokens.len() - 1
        ));
    }
    let mut sums = [0.0; WIDTH];
    Context::default().add(&tokens, |vector| {
        for (sum, x) in sums.iter_mut().zip(normal(vector, &WEIGHTS.norm)) {
            *sum += f64::from(x);
        }
    });
    let mean = sums.map(|sum| (sum / tokens.len() as f64) as f32);
    let mut vector = vec![0.0; EMBEDDING];
    let projection = Dense {
        weights: WEIGHTS.embedding.as_flattened(),
        scales: &WEIGHTS.embedding_scales,
        bias: &WEIGHTS.embedding_bias,
    };
    projection.run(&mean, &mut vector);
    let square = |x: &f32| f64::from(*x) * f64::from(*x);
    let length = vector.iter().fold(0.0, |sum, x| sum + square(x)).sqrt();
    if length > 0.0 {
        for x in &mut vector {
            *x = (f64::from(*x) / length) as f32;
        }
    }
    Ok(vector)
}
