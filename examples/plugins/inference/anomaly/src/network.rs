//! The network: two hidden layers, as `train/train.py` left them in `weights.bin`.

use crate::number;

/// The numbers that the network takes.
pub const FEATURES: usize = 24;
/// The kinds of faults that the network knows; its last answer is "none of them".
pub const LEARNED: usize = 5;

const HIDDEN1: usize = 32;
const HIDDEN2: usize = 16;
const ANSWERS: usize = LEARNED + 1;

/// Of each layer the weights by input, then the biases: 16 bits each, little-endian, in 1/1024.
const WEIGHTS: &[u8; 2 * (WEIGHTS1 + WEIGHTS2 + WEIGHTS3)] = include_bytes!("../weights.bin");
const WEIGHTS1: usize = (FEATURES + 1) * HIDDEN1;
const WEIGHTS2: usize = (HIDDEN1 + 1) * HIDDEN2;
const WEIGHTS3: usize = (HIDDEN2 + 1) * ANSWERS;

/// The CRC-32 of the weights: a state is of the model with these.
pub const MODEL: u32 = crate::crc32::checksum(WEIGHTS);

struct Layer<const I: usize, const O: usize> {
    weights: [[f64; O]; I],
    biases: [f64; O],
}

static LAYER1: Layer<FEATURES, HIDDEN1> = Layer::read(0);
static LAYER2: Layer<HIDDEN1, HIDDEN2> = Layer::read(WEIGHTS1);
static LAYER3: Layer<HIDDEN2, ANSWERS> = Layer::read(WEIGHTS1 + WEIGHTS2);

impl<const I: usize, const O: usize> Layer<I, O> {
    /// Reads a layer that begins at a weight.
    const fn read(first: usize) -> Self {
        let mut layer = Self {
            weights: [[0.0; O]; I],
            biases: [0.0; O],
        };
        let mut i = 0;
        while i < I {
            let mut o = 0;
            while o < O {
                layer.weights[i][o] = weight(first + i * O + o);
                o += 1;
            }
            i += 1;
        }
        let mut o = 0;
        while o < O {
            layer.biases[o] = weight(first + I * O + o);
            o += 1;
        }
        layer
    }

    /// Each output adds its products in the order of the inputs, so the order in which the
    /// outputs are computed is free.
    fn apply(&self, x: &[f64; I]) -> [f64; O] {
        let mut y = self.biases;
        for (value, weights) in x.iter().zip(&self.weights) {
            for (y, weight) in y.iter_mut().zip(weights) {
                *y += value * weight;
            }
        }
        y
    }
}

/// Returns a weight of the file.
const fn weight(at: usize) -> f64 {
    i16::from_le_bytes([WEIGHTS[2 * at], WEIGHTS[2 * at + 1]]) as f64 / 1024.0
}

fn rectify<const N: usize>(mut x: [f64; N]) -> [f64; N] {
    for v in &mut x {
        // Not max: whether it returns 0 or -0 is not defined.
        *v = if *v > 0.0 { *v } else { 0.0 };
    }
    x
}

/// Returns the probabilities of the learned kinds, and of none of them, last.
pub fn answer(features: &[f64; FEATURES]) -> [f64; ANSWERS] {
    let x = rectify(LAYER1.apply(features));
    let x = rectify(LAYER2.apply(&x));
    let mut x = LAYER3.apply(&x);
    let mut top = x[0];
    for &v in &x {
        if v > top {
            top = v;
        }
    }
    let mut total = 0.0;
    for v in &mut x {
        *v = number::exp(number::clamp(*v - top, 700.0));
        total += *v;
    }
    for v in &mut x {
        *v /= total;
    }
    x
}
