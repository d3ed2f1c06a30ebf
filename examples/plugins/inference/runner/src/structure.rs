//! Reads the structure of a model before rten does, which trusts it: rten recurses along a chain
//! of nodes, multiplies dimensions without looking for overflow, and copies names. What is beyond
//! a bound here never gets there.
//! <https://github.com/onnx/onnx/blob/main/docs/IR.md>

mod graph;
mod message;
mod value;
mod weight;

use crate::binding::exports::org::inference::sessions as contract;
use crate::binding::exports::org::inference::sessions::{ElementKind, Error};
use crate::failure::invalid_model;
use graph::Graph;
use message::{bytes, fields, name, number};
pub use weight::elements;

/// The most numbers in a tensor: 256 MiB of f32.
pub const MAX_ELEMENTS: u64 = 1 << 26;
/// The most dimensions of a tensor.
const MAX_RANK: usize = 8;
/// The most nodes of a model.
const MAX_NODES: usize = 10_000;
/// The most nodes that each wait for the one before.
const MAX_CHAIN: u32 = 1_000;
/// The most inputs, outputs and attributes of a node.
const MAX_FIELDS: usize = 256;
/// The most inputs, outputs, weights and descriptions of values.
const MAX_VALUES: usize = 50_000;
/// The longest name, in bytes.
const MAX_NAME: usize = 1024;
/// The versions of the set of operators that rten implements.
const OPSETS: std::ops::RangeInclusive<u64> = 7..=23;

/// What a model takes or gives.
#[derive(Clone, Debug, PartialEq)]
pub struct Slot {
    pub name: String,
    pub kind: ElementKind,
    /// The dimensions, with None where any length is taken; None if any number of them is.
    pub shape: Option<Vec<Option<u32>>>,
}

impl Slot {
    /// Reports whether a tensor of this shape fits.
    pub fn takes(&self, shape: &[u32]) -> bool {
        shape.len() <= MAX_RANK
            && self.shape.as_ref().is_none_or(|dimensions| {
                dimensions.len() == shape.len()
                    && dimensions
                        .iter()
                        .zip(shape)
                        .all(|(dimension, length)| dimension.is_none_or(|d| d == *length))
            })
    }

    /// Returns the shape for messages: [1, ?, 3].
    pub fn shape_text(&self) -> String {
        let Some(dimensions) = &self.shape else {
            return format!("at most {MAX_RANK} dimensions");
        };
        let lengths: Vec<String> = dimensions
            .iter()
            .map(|dimension| dimension.map_or("?".to_owned(), |length| length.to_string()))
            .collect();
        format!("[{}]", lengths.join(", "))
    }

    /// Returns the slot as the contract has it.
    pub fn lift(&self) -> contract::Slot {
        contract::Slot {
            name: self.name.clone(),
            kind: self.kind,
            shape: self.shape.clone(),
        }
    }
}

/// What a model takes and gives.
#[derive(Debug, Default)]
pub struct Structure {
    pub inputs: Vec<Slot>,
    pub outputs: Vec<Slot>,
}

impl Structure {
    /// Reads a model and checks it.
    pub fn read(model: &[u8]) -> Result<Structure, Error> {
        let mut graph = None;
        let mut opset = None;
        for field in fields(model) {
            match field? {
                (7, value) => {
                    let before = graph.replace(bytes(value)?);
                    if before.is_some() {
                        return Err(invalid_model("the model has two graphs"));
                    }
                }
                (8, value) => {
                    if let Some(version) = default_opset(bytes(value)?)? {
                        opset = Some(version);
                    }
                }
                (2..=4, value) => _ = name(value)?,
                (20, _) => return Err(invalid_model("the model holds its training")),
                (25, _) => return Err(invalid_model("the model has functions of its own")),
                _ => {}
            }
        }
        match opset {
            Some(version) if OPSETS.contains(&version) => {}
            Some(version) => {
                return Err(invalid_model(format!(
                    "the model needs version {version} of ONNX's operators; those from {} to {} are there",
                    OPSETS.start(),
                    OPSETS.end()
                )));
            }
            None => {
                return Err(invalid_model(
                    "the model does not say which operators it needs",
                ));
            }
        }
        let graph = graph.ok_or_else(|| invalid_model("the model has no graph"))?;
        Graph::default().read(graph)
    }
}

/// Returns the version of a set of operators, if that is ONNX's own.
fn default_opset(message: &[u8]) -> Result<Option<u64>, Error> {
    let (mut own, mut version) = (true, None);
    for field in fields(message) {
        match field? {
            (1, value) => own = matches!(name(value)?, "" | "ai.onnx"),
            (2, value) => version = Some(number(value)?),
            _ => {}
        }
    }
    Ok(version.filter(|_| own))
}
