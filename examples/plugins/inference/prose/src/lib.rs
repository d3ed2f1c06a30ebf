//! A small language model of comments about programs. It continues texts, as a plugin of the world
//! `generator` of org:inference, or turns them into vectors, as one of the world `embedder`: the feature
//! of that name decides.

mod attention;
#[cfg(any(feature = "embedder", test))]
mod embedding;
#[cfg(feature = "generator")]
mod generation;
mod product;
#[cfg(feature = "generator")]
mod sampling;
mod tokens;
mod transformer;
mod weights;

compute_pipeline_guest::report_panics!();

// The macros write unsafe code and undocumented items of their own. Nothing is exported natively: a
// native linker takes no colon in a name.

#[cfg(feature = "generator")]
#[allow(
    missing_docs,
    unsafe_op_in_unsafe_fn,
    clippy::undocumented_unsafe_blocks
)]
mod binding {
    wit_bindgen::generate!({ path: "../../../../wit/inference", world: "generator" });

    #[cfg(target_arch = "wasm32")]
    export!(Plugin with_types_in self);
    #[cfg(target_arch = "wasm32")]
    use super::Plugin;
}

#[cfg(not(feature = "generator"))]
#[allow(
    missing_docs,
    unsafe_op_in_unsafe_fn,
    clippy::undocumented_unsafe_blocks
)]
mod binding {
    wit_bindgen::generate!({ path: "../../../../wit/inference", world: "embedder" });

    #[cfg(target_arch = "wasm32")]
    export!(Plugin with_types_in self);
    #[cfg(target_arch = "wasm32")]
    use super::Plugin;
}

use binding::org::inference::types::ModelCard;

struct Plugin;

#[cfg(feature = "generator")]
impl binding::exports::org::inference::generations::Guest for Plugin {
    type Generation = generation::Generation;

    fn info() -> ModelCard {
        card()
    }
}

#[cfg(not(feature = "generator"))]
impl binding::exports::org::inference::embedding::Guest for Plugin {
    fn info() -> ModelCard {
        card()
    }

    fn embed(text: String) -> Result<Vec<f32>, binding::org::inference::types::Error> {
        embedding::embed(text.as_bytes()).map_err(binding::org::inference::types::Error::TooLarge)
    }
}

fn card() -> ModelCard {
    ModelCard {
        name: "prose".to_owned(),
        version: "1.0.0".to_owned(),
        licence: "BSD-3-Clause".to_owned(),
        weights: include_str!("../weights.sha256")[..64].to_owned(),
        labels: Vec::new(),
    }
}

#[cfg(all(test, feature = "generator"))]
mod tests {
    use super::*;

    /// The native code, whose vectors are arrays, gives the bits that Python computed, and the module.
    #[test]
    fn vectors() {
        let vectors: serde_json::Value =
            serde_json::from_str(include_str!("../testdata/vectors.json")).expect("JSON");
        let embeddings = vectors["embeddings"].as_array().expect("a list");
        // The last is long.
        for wanted in &embeddings[..4] {
            let text = wanted["text"].as_str().expect("a text");
            let vector = embedding::embed(text.as_bytes()).expect("a vector");
            let bits = vector.iter().map(|x| format!("{:08x}", x.to_bits()));
            assert_eq!(
                serde_json::json!(bits.collect::<Vec<_>>()),
                wanted["vector"],
                "{text}"
            );
        }
        let generations = vectors["generations"].as_array().expect("a list");
        for wanted in &generations[..4] {
            let number = |name: &str| wanted[name].as_u64().expect("a number");
            let sampler = sampling::Sampler::new(
                wanted["temperature"].as_f64().expect("a number") as f32,
                number("topK").try_into().expect("small"),
                wanted["seed"]
                    .as_str()
                    .expect("a text")
                    .parse()
                    .expect("a number"),
            );
            let prompt = wanted["prompt"].as_str().expect("a text");
            let text = generation::Generation::new(prompt.as_bytes(), sampler.expect("right"))
                .take(number("maxTokens").try_into().expect("small"));
            assert_eq!(serde_json::json!(text), wanted["text"], "{prompt}");
        }
    }
}
