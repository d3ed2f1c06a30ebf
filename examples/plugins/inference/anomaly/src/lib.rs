//! A plugin that finds anomalies in time series: spikes, shifts of the level, drifts, stuck
//! sensors, noise, gaps and invalid points. docs/detect.md says what it assumes of a series,
//! and how well it works.

mod crc32;
mod detector;
mod network;
mod number;
mod series;
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
use detector::{KINDS, Stretch};

compute_pipeline_guest::report_panics!();

struct Plugin;

impl Guest for Plugin {
    fn info() -> ModelCard {
        ModelCard {
            name: "anomaly".to_owned(),
            version: "1.0.0".to_owned(),
            licence: "Apache-2.0".to_owned(),
            weights: include_str!("../weights.sha256")[..64].to_owned(),
            labels: KINDS.map(str::to_owned).to_vec(),
        }
    }

    fn detect(state: Vec<u8>, points: Vec<Datapoint>) -> Result<Detection, Error> {
        let mut detector = state::read(&state).map_err(Error::InvalidState)?;
        let findings = points
            .iter()
            .filter_map(|p| detector.add(p.timestamp, p.value))
            .map(|stretch| finding(&stretch))
            .collect();
        Ok(Detection {
            state: state::write(&detector),
            findings,
            open: detector.open.as_ref().map(finding),
        })
    }
}

fn finding(stretch: &Stretch) -> Finding {
    #[expect(clippy::cast_possible_truncation, reason = "the contract has an f32")]
    Finding {
        first: stretch.first,
        last: stretch.last,
        score: stretch.score as f32,
        kind: stretch.kind() as u32,
    }
}
