//! Attention of one head, over the positions that a cache keeps.
//!
//! Scores are exact integers times a factor. Weights are computed in f64, and added in the order of
//! the positions, as all sums of floats here: the bits do not depend on how positions were cut into
//! calls.

use compute_pipeline_nn::lanes::{F32x4, I16x8, I32x4};
use compute_pipeline_nn::math::exp;
use compute_pipeline_nn::quantise::quantise;

use crate::weights::{HEAD, WINDOW};

/// The largest absolute value of an element of a query or key: 32 products fit into 32 bits.
const MAX_ELEMENT: i16 = 8191;
/// 1 / sqrt(HEAD).
const FACTOR: f32 = 0.176_776_7;
const LANES: usize = 4;

/// A vector in 16 bits.
struct Short {
    integers: [i16; HEAD],
    step: f32,
}

impl Short {
    fn of(floats: &[f32], max: i16) -> Self {
        let quantised = quantise(floats, max);
        Self {
            integers: *quantised.integers.as_array().expect("a vector of a head"),
            step: quantised.step,
        }
    }
}

/// What one head keeps of the last positions, at most [`WINDOW`].
#[derive(Default)]
pub struct Cache {
    keys: Vec<Short>,
    values: Vec<Short>,
    /// Where the oldest position is.
    oldest: usize,
}

impl Cache {
    /// Adds a position, in place of the oldest one if there are as many as the window has.
    pub fn push(&mut self, key: &[f32], value: &[f32]) {
        let key = Short::of(key, MAX_ELEMENT);
        let value = Short::of(value, i16::MAX);
        if self.keys.len() < WINDOW {
            self.keys.push(key);
            self.values.push(value);
        } else {
            self.keys[self.oldest] = key;
            self.values[self.oldest] = value;
            self.oldest = (self.oldest + 1) % WINDOW;
        }
    }

    /// Returns the sum of the values of all positions, each weighted by e to the power of its
    /// score: the product of its key with the query, less a slope times the distance to the last
    /// position.
    pub fn attend(&self, query: &[f32], slope: f32) -> [f32; HEAD] {
        let query = Short::of(query, MAX_ELEMENT);
        let factor = query.step * FACTOR;
        let (newer, older) = self.keys.split_at(self.oldest);
        let mut scores = [0.0; WINDOW];
        let scores = &mut scores[..self.keys.len()];
        let mut distance = self.keys.len() as f32;
        for (score, key) in scores.iter_mut().zip(older.iter().chain(newer)) {
            distance -= 1.0;
            let sum = product(&query.integers, &key.integers) as f32;
            *score = sum * (factor * key.step) - slope * distance;
        }
        let largest = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let mut weights = [0.0; WINDOW];
        let mut total = 0.0;
        for (weight, score) in weights.iter_mut().zip(&*scores) {
            *weight = exp(f64::from(*score) - f64::from(largest));
            total += *weight;
        }
        let inverse = 1.0 / total;
        let (newer, older) = self.values.split_at(self.oldest);
        let mut sums = [F32x4::splat(0.0); HEAD / LANES];
        for (value, weight) in older.iter().chain(newer).zip(weights) {
            let weight = F32x4::splat((weight * inverse) as f32 * value.step);
            let (quarters, _) = value.integers.as_chunks::<LANES>();
            for (sum, quarter) in sums.iter_mut().zip(quarters) {
                *sum = sum.plus(weight.times(F32x4::widen(quarter)));
            }
        }
        let mut out = [0.0; HEAD];
        let (quarters, _) = out.as_chunks_mut::<LANES>();
        for (to, sum) in quarters.iter_mut().zip(sums) {
            sum.store(to);
        }
        out
    }
}

/// Returns the sum of the products of elements.
fn product(a: &[i16; HEAD], b: &[i16; HEAD]) -> i32 {
    let (a, _) = a.as_chunks::<8>();
    let (b, _) = b.as_chunks::<8>();
    let mut sum = I32x4::splat(0);
    for (a, b) in a.iter().zip(b) {
        sum = sum.plus(I16x8::load(a).dot(I16x8::load(b)));
    }
    sum.lanes().into_iter().sum()
}
