//! What the contract says validate-stream answers, and random choices for the
//! texts to ask it about.

#![allow(dead_code, reason = "each test program uses a part")]

use compute_pipeline::validate::validate_stream;
use serde::Deserialize;

/// An answer of validate-stream.
pub type Answer = Result<Vec<compute_pipeline::Datapoint>, String>;

/// A datapoint as serde_json knows it: the names are in its messages.
#[derive(Deserialize)]
struct Datapoint {
    timestamp: u64,
    value: f64,
}

/// What the contract defines as the answer.
pub fn oracle(raw: &str) -> Answer {
    match serde_json::from_str::<Vec<Datapoint>>(raw) {
        Ok(points) if points.is_empty() => Err("Empty dataset".to_owned()),
        Ok(points) => Ok(points
            .into_iter()
            .map(|Datapoint { timestamp, value }| compute_pipeline::Datapoint { timestamp, value })
            .collect()),
        Err(error) => Err(format!("Parse failed: {error}")),
    }
}

/// An answer in a form in which equal means equal bits.
pub fn bits(answer: &Answer) -> Result<Vec<(u64, u64)>, &str> {
    match answer {
        Ok(points) => Ok(points
            .iter()
            .map(|point| (point.timestamp, point.value.to_bits()))
            .collect()),
        Err(message) => Err(message),
    }
}

/// Asserts that validate-stream answers as serde_json does; returns whether it
/// accepts the text.
#[track_caller]
pub fn assert_as_oracle(raw: &str) -> bool {
    let answer = validate_stream(raw);
    assert_eq!(bits(&answer), bits(&oracle(raw)), "{raw}");
    answer.is_ok()
}

/// How many cases a test tries: `usual`, times what the environment variable
/// COMPUTE_PIPELINE_CASES says.
pub fn cases(usual: u64) -> u64 {
    match std::env::var("COMPUTE_PIPELINE_CASES") {
        Ok(times) => {
            usual
                * times
                    .parse::<u64>()
                    .expect("COMPUTE_PIPELINE_CASES: a number")
        }
        Err(_) => usual,
    }
}

/// A reproducible source of random choices: SplitMix64 (G. Steele, D. Lea and
/// C. Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014).
pub struct Random(pub u64);

impl Random {
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `limit`.
    pub fn below(&mut self, limit: usize) -> usize {
        (self.bits() % limit as u64) as usize
    }

    /// True once in `times`.
    pub fn once_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    pub fn choose<'a, T: ?Sized>(&mut self, choices: &[&'a T]) -> &'a T {
        choices[self.below(choices.len())]
    }

    /// So many random digits.
    pub fn digits(&mut self, count: usize) -> String {
        (0..count)
            .map(|_| char::from(b'0' + self.below(10) as u8))
            .collect()
    }
}
