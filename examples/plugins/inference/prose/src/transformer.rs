//! The network, from tokens to vectors and scores.

use compute_pipeline_nn::norm::over_vector;

use crate::attention::Cache;
use crate::weights::{HEAD, HEADS, LAYERS, Layer, WEIGHTS, WIDTH};

/// How many positions go through a block together: as many as the nearest cache has room for.
const TOGETHER: usize = 16;
/// What the scores of a head fall by with each position of distance.
const SLOPES: [f32; HEADS] = [0.25, 0.0625, 0.015_625, 0.003_906_25];

/// The positions so far: what the attention of each head keeps of them.
#[derive(Default)]
pub struct Context {
    caches: [[Cache; HEADS]; LAYERS],
}

impl Context {
    /// Adds positions, and hands the vector of each to a function.
    pub fn add(&mut self, tokens: &[u16], mut each: impl FnMut(&[f32])) {
        for tokens in tokens.chunks(TOGETHER) {
            let mut x = Vec::with_capacity(tokens.len() * WIDTH);
            for token in tokens {
                x.extend(WEIGHTS.tokens().row(usize::from(*token)));
            }
            for (layer, caches) in WEIGHTS.layers.iter().zip(&mut self.caches) {
                attention(layer, caches, &mut x);
                hidden(layer, &mut x);
            }
            x.chunks_exact(WIDTH).for_each(&mut each);
        }
    }
}

/// Adds what the heads gather from the positions so far.
fn attention(layer: &Layer, caches: &mut [Cache; HEADS], x: &mut [f32]) {
    let all = layer
        .queries_keys_values()
        .of(&normal(x, &layer.attention_norm));
    let mut gathered = Vec::with_capacity(x.len());
    for position in all.chunks_exact(3 * WIDTH) {
        let (queries, rest) = position.split_at(WIDTH);
        let (keys, values) = rest.split_at(WIDTH);
        for (head, (cache, slope)) in caches.iter_mut().zip(SLOPES).enumerate() {
            let of_head = head * HEAD..(head + 1) * HEAD;
            cache.push(&keys[of_head.clone()], &values[of_head.clone()]);
            gathered.extend(cache.attend(&queries[of_head], slope));
        }
    }
    add(x, &layer.mix().of(&gathered));
}

/// Adds what the hidden layer makes of each position.
fn hidden(layer: &Layer, x: &mut [f32]) {
    let mut hidden = layer.up().of(&normal(x, &layer.hidden_norm));
    for value in &mut hidden {
        let positive = if *value > 0.0 { *value } else { 0.0 };
        *value = positive * positive;
    }
    add(x, &layer.down().of(&hidden));
}

/// Returns the score of each token after a position, from the position's vector.
#[cfg(feature = "generator")]
pub fn scores(vector: &[f32]) -> Vec<f32> {
    WEIGHTS.tokens().of(&normal(vector, &WEIGHTS.norm))
}

/// Returns the normalised vectors of positions.
pub fn normal(x: &[f32], scales: &[f32; WIDTH]) -> Vec<f32> {
    let mut out = x.to_vec();
    for position in out.chunks_exact_mut(WIDTH) {
        over_vector(position, scales, &[0.0; WIDTH]);
    }
    out
}

fn add(x: &mut [f32], change: &[f32]) {
    for (x, change) in x.iter_mut().zip(change) {
        *x += change;
    }
}
