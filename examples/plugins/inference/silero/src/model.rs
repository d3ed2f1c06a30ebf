//! The network of Silero VAD 6.2.3 for 16 kHz (MIT, <https://github.com/snakers4/silero-vad>): a
//! spectrum, four convolutions over its four steps, an LSTM, and a probability.

use compute_pipeline_nn::math::{sigmoid, tanh};

use crate::detector::{CONTEXT, FRAME};
use crate::layer::Layer;
use crate::spectrum::{BINS, SPAN, Tables, WINDOWS};

/// The numbers of the LSTM's state.
pub const HIDDEN: usize = 128;
/// What the last two convolutions see and give.
const NARROW: usize = 64;

/// What the model remembers from frame to frame.
#[derive(Clone, Debug, PartialEq)]
pub struct Memory {
    pub hidden: [f32; HIDDEN],
    pub cell: [f32; HIDDEN],
}

/// The numbers of weights.bin, in their order.
#[repr(C)]
pub struct Weights {
    pub spectrum: Tables,
    first: Layer<{ 3 * BINS }, { HIDDEN / 4 }>,
    second: Layer<{ 3 * HIDDEN }, { NARROW / 4 }>,
    third: Layer<{ 2 * NARROW }, { NARROW / 4 }>,
    fourth: Layer<NARROW, { HIDDEN / 4 }>,
    /// The gates input, forget, cell and output.
    lstm: Layer<{ 2 * HIDDEN }, HIDDEN>,
    last: [f32; HIDDEN],
    bias: f32,
}

// SAFETY: the struct holds nothing but f32, without padding, and any four bytes are one; the
// lengths are compared by the compiler.
pub static WEIGHTS: Weights = unsafe { std::mem::transmute(*include_bytes!("../weights.bin")) };

/// Returns the probability that there is speech in a frame, which follows its context.
pub fn run(samples: &[f32; CONTEXT + FRAME], memory: &mut Memory) -> f32 {
    let weights = &WEIGHTS;
    let mut padded = [0.0; SPAN];
    padded[..CONTEXT + FRAME].copy_from_slice(samples);
    // The end as in a mirror.
    for index in 0..SPAN - CONTEXT - FRAME {
        padded[CONTEXT + FRAME + index] = samples[CONTEXT + FRAME - 2 - index];
    }

    // A step of silence before the first and after the last is the padding of a convolution.
    let mut steps = [[0.0; BINS]; WINDOWS + 2];
    steps[1..=WINDOWS].copy_from_slice(&weights.spectrum.magnitudes(&padded));
    let mut wide = [[0.0; HIDDEN]; WINDOWS + 2];
    let outputs = weights.first.run::<WINDOWS, 2>(windows(&steps, 1));
    for (to, from) in wide[1..].iter_mut().zip(&outputs) {
        *to = positive(from);
    }
    let mut narrow = [[0.0; NARROW]; 2];
    let outputs = weights.second.run::<2, 4>(windows(&wide, 2));
    for (to, from) in narrow.iter_mut().zip(&outputs) {
        *to = positive(from);
    }
    let [outputs] = weights.third.run::<1, 8>(windows(&narrow, 1));
    let [outputs] = weights.fourth.run::<1, 8>([&positive(&outputs)]);
    let seen: [f32; HIDDEN] = positive(&outputs);

    let mut inputs = [0.0; 2 * HIDDEN];
    inputs[..HIDDEN].copy_from_slice(&seen);
    inputs[HIDDEN..].copy_from_slice(&memory.hidden);
    let [gates] = weights.lstm.run::<1, 8>([&inputs]);
    remember(gates.as_flattened(), memory);

    let mut sum = weights.bias;
    for (hidden, weight) in memory.hidden.iter().zip(&weights.last) {
        sum += hidden.max(0.0) * weight;
    }
    sigmoid(sum.into()) as f32
}

/// Returns the lists of inputs of a convolution: `LENGTH` numbers from every `stride`-th step on.
fn windows<const LENGTH: usize, const CHANNELS: usize, const STEPS: usize, const LISTS: usize>(
    steps: &[[f32; CHANNELS]; STEPS],
    stride: usize,
) -> [&[f32; LENGTH]; LISTS] {
    std::array::from_fn(|list| {
        steps.as_flattened()[list * stride * CHANNELS..]
            .first_chunk()
            .expect("the steps of a frame are as many as the windows need")
    })
}

/// Returns the numbers, with 0 for negative ones.
fn positive<const NUMBERS: usize, const GROUPS: usize>(
    groups: &[[f32; 4]; GROUPS],
) -> [f32; NUMBERS] {
    const { assert!(NUMBERS == 4 * GROUPS) };
    let mut numbers = [0.0; NUMBERS];
    for (to, from) in numbers.iter_mut().zip(groups.as_flattened()) {
        *to = if *from > 0.0 { *from } else { 0.0 };
    }
    numbers
}

/// The step of an LSTM (S. Hochreiter and J. Schmidhuber, "Long Short-Term Memory", 1997) with a
/// gate that forgets.
fn remember(gates: &[f32], memory: &mut Memory) {
    let gate = |number: usize, index: usize| f64::from(gates[number * HIDDEN + index]);
    for index in 0..HIDDEN {
        let kept = sigmoid(gate(1, index)) * f64::from(memory.cell[index]);
        let cell = (kept + sigmoid(gate(0, index)) * tanh(gate(2, index))) as f32;
        memory.cell[index] = cell;
        memory.hidden[index] = (sigmoid(gate(3, index)) * tanh(cell.into())) as f32;
    }
}
