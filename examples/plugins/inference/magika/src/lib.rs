//! Says what kind of file an input is, by the model of Magika.
//!
//! The model's own names and probabilities are returned. What the program `magika` prints has
//! thresholds and other names on top: see README.md.

compute_pipeline_guest::report_panics!();

pub mod card;
pub mod features;
pub mod model;

// The macro writes unsafe code and undocumented items of its own.
#[allow(
    missing_docs,
    unsafe_op_in_unsafe_fn,
    clippy::undocumented_unsafe_blocks
)]
mod binding {
    wit_bindgen::generate!({ path: "../../../../wit/inference", world: "classifier" });

    // Not natively: a native linker takes no colon in a name.
    #[cfg(target_arch = "wasm32")]
    export!(Magika with_types_in self);
    #[cfg(target_arch = "wasm32")]
    use super::Magika;
}

use binding::exports::org::inference::classification::{Error, Guest, Label};
use binding::org::inference::types::ModelCard;

/// The plugin.
pub struct Magika;

impl Guest for Magika {
    fn info() -> ModelCard {
        ModelCard {
            name: "magika".into(),
            version: card::VERSION.into(),
            licence: "Apache-2.0".into(),
            weights: card::WEIGHTS.into(),
            labels: card::LABELS.map(String::from).into(),
        }
    }

    fn classify(input: Vec<u8>, top: u32) -> Result<Vec<Label>, Error> {
        let tokens = features::tokens(&input);
        drop(input);
        let scores = model::probabilities(&tokens);
        let mut order: Vec<usize> = (0..scores.len()).collect();
        // The sort is stable: equal scores stay in the order of the card.
        order.sort_by(|a, b| scores[*b].total_cmp(&scores[*a]));
        order.truncate(usize::try_from(top).unwrap_or(usize::MAX));
        let label = |at: usize| Label {
            index: u32::try_from(at).expect("there are few labels"),
            name: card::LABELS[at].into(),
            score: scores[at],
        };
        Ok(order.into_iter().map(label).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The native code, whose vectors are arrays, gives the bits of the module.
    #[test]
    fn vectors() {
        let inputs = include_bytes!("../testdata/inputs.bin");
        let vectors: Vec<serde_json::Value> =
            serde_json::from_str(include_str!("../testdata/vectors.json")).expect("JSON");
        let mut rest = &inputs[..];
        for (at, vector) in vectors.iter().enumerate() {
            let size = usize::try_from(vector["size"].as_u64().expect("a number")).expect("small");
            let input;
            (input, rest) = rest.split_at(size);
            // They take a while without optimisation.
            if at % 28 > 0 {
                continue;
            }
            let labels = Magika::classify(input.to_vec(), 5).expect("labels");
            let names: Vec<&str> = labels.iter().map(|label| &label.name[..]).collect();
            let bits = |label: &Label| format!("{:08x}", label.score.to_bits());
            let scores: Vec<String> = labels.iter().map(bits).collect();
            assert_eq!(serde_json::json!(names), vector["labels"], "{vector}");
            assert_eq!(serde_json::json!(scores), vector["scores"], "{vector}");
        }
        assert!(rest.is_empty());
    }

    #[test]
    fn as_many_labels_as_wanted() {
        let count = |top| Magika::classify(b"{}".to_vec(), top).expect("labels").len();
        assert_eq!([0, 1, 214, u32::MAX].map(count), [0, 1, 214, 214]);
    }
}
