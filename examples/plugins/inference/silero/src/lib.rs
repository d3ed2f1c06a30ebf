//! A plugin that finds speech in sound: the network and the weights of Silero VAD, on
//! compute-pipeline-nn. A point is a sample; 16,000 samples are a second.

mod crc32;
mod detector;
mod layer;
mod model;
mod spectrum;
mod state;

// The macro writes unsafe code and undocumented items of its own.
#[allow(
    missing_docs,
    unsafe_op_in_unsafe_fn,
    clippy::undocumented_unsafe_blocks
)]
mod binding {
    wit_bindgen::generate!({ path: "../../../../wit/inference", world: "detector" });

    // Not natively: a native linker takes no colon in a name.
    #[cfg(target_arch = "wasm32")]
    export!(Plugin with_types_in self);
    #[cfg(target_arch = "wasm32")]
    use super::Plugin;
}

use binding::exports::org::inference::events::{
    Datapoint, Detection, Error, Finding, Guest, ModelCard,
};
use detector::LOUDEST;

compute_pipeline_guest::report_panics!();

/// The most samples of one call: 4 minutes.
const MAX_SAMPLES: usize = 1 << 22;

struct Plugin;

impl Guest for Plugin {
    fn info() -> ModelCard {
        ModelCard {
            name: "silero-vad".to_owned(),
            version: "6.2.3".to_owned(),
            licence: "MIT".to_owned(),
            weights: include_str!("../weights.sha256")[..64].to_owned(),
            labels: vec!["speech".to_owned()],
        }
    }

    fn detect(state: Vec<u8>, points: Vec<Datapoint>) -> Result<Detection, Error> {
        if points.len() > MAX_SAMPLES {
            return Err(Error::TooLarge(format!(
                "there are {} samples; the max is {MAX_SAMPLES} in a call, and the state goes on in the next",
                points.len()
            )));
        }
        let mut detector = state::read(&state).map_err(Error::InvalidState)?;
        let mut findings = Vec::with_capacity(points.len() / detector::FRAME + 1);
        for (index, point) in points.iter().enumerate() {
            if point.value.is_nan() || point.value.abs() > LOUDEST {
                return Err(Error::InvalidInput(format!(
                    "sample {index} is {:?}; samples are from -1 to 1, and the max is {LOUDEST}",
                    point.value
                )));
            }
            #[expect(
                clippy::cast_possible_truncation,
                reason = "the model computes with f32"
            )]
            let sample = point.value as f32;
            if let Some((first, score)) = detector.add(point.timestamp, sample) {
                findings.push(Finding {
                    first,
                    last: point.timestamp,
                    score,
                    kind: 0,
                });
            }
        }
        Ok(Detection {
            state: state::write(&detector),
            findings,
            open: None,
        })
    }
}
