//! Cuts a series into frames, and keeps what the model remembers.

use crate::model::{self, HIDDEN, Memory};

/// The samples of a frame, which has one answer.
pub const FRAME: usize = 512;
/// The samples before a frame that the model sees too.
pub const CONTEXT: usize = 64;
/// The largest absolute value of a sample: sound that was resampled goes a little beyond 1.
pub const LOUDEST: f64 = 2.0;

/// A series so far.
#[derive(Clone, Debug, PartialEq)]
pub struct Detector {
    /// What the model remembers.
    pub memory: Memory,
    /// The end of the last frame, and the frame that is not complete; 0 beyond.
    pub samples: [f32; CONTEXT + FRAME],
    /// How many samples of the frame are there, less than `FRAME`.
    pub filled: usize,
    /// The timestamp of the first of them, or 0.
    pub first: u64,
}

impl Detector {
    /// A series without points.
    pub const NEW: Self = Self {
        memory: Memory {
            hidden: [0.0; HIDDEN],
            cell: [0.0; HIDDEN],
        },
        samples: [0.0; CONTEXT + FRAME],
        filled: 0,
        first: 0,
    };

    /// Adds a sample. If it completes a frame, returns the timestamp of the first sample of that
    /// and the probability of speech.
    pub fn add(&mut self, timestamp: u64, sample: f32) -> Option<(u64, f32)> {
        if self.filled == 0 {
            self.first = timestamp;
        }
        self.samples[CONTEXT + self.filled] = sample;
        self.filled += 1;
        if self.filled < FRAME {
            return None;
        }
        let score = model::run(&self.samples, &mut self.memory);
        self.samples.copy_within(FRAME.., 0);
        self.samples[CONTEXT..].fill(0.0);
        self.filled = 0;
        Some((std::mem::take(&mut self.first), score))
    }
}
