//! Reads the structure of a model before rten does, which trusts it: rten recurses along a chain
//! of nodes, multiplies dimensions without looking for overflow, and copies names. What is beyond
//! a bound here never gets there.
//! <https://github.com/onnx/onnx/blob/main/docs/IR.md>

use std::collections::HashMap;

use crate::binding::exports::org::inference::sessions as contract;
use crate::binding::exports::org::inference::sessions::{ElementKind, Error};
use crate::failure::{invalid_model, too_large};
use crate::wire::{DAMAGED, Fields, Value, varint};

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
                    if graph.replace(bytes(value)?).is_some() {
                        return Err(invalid_model("the model has two graphs"));
                    }
                }
                (8, value) => {
                    if let Some(version) = default_opset(bytes(value)?)? {
                        opset = Some(version);
                    }
                }
                (2 | 3 | 4, value) => _ = name(value)?,
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

/// The values of a graph as they are read.
#[derive(Default)]
struct Graph<'a> {
    /// How many nodes a value waits for, one after the other.
    depths: HashMap<&'a str, u32>,
    structure: Structure,
}

impl<'a> Graph<'a> {
    /// Reads what nodes need before the nodes, which may come first in the bytes.
    fn read(mut self, graph: &'a [u8]) -> Result<Structure, Error> {
        // The counts first: the rest is then short, and costs little fuel.
        let (mut nodes, mut values) = (0, 0);
        for field in fields(graph) {
            match field?.0 {
                1 => nodes += 1,
                _ => values += 1,
            }
            if nodes > MAX_NODES {
                return Err(too_large(format!(
                    "the max is {MAX_NODES} nodes in a model"
                )));
            }
            if values > MAX_VALUES {
                return Err(too_large(format!(
                    "the max is {MAX_VALUES} values in a model"
                )));
            }
        }
        for field in fields(graph) {
            match field? {
                (2, value) => _ = name(value)?,
                (5, value) => {
                    let weight = tensor(bytes(value)?)?;
                    self.define(weight, 0)?;
                }
                (15, _) => return Err(invalid_model("the model has sparse weights")),
                _ => {}
            }
        }
        for field in fields(graph) {
            if let (11, value) = field? {
                let message = bytes(value)?;
                let slot_name = slot_name(message)?;
                // Models of before 2019 list their weights as inputs too.
                if self.depths.contains_key(slot_name) {
                    continue;
                }
                self.define(slot_name, 0)?;
                self.structure.inputs.push(slot(slot_name, message)?);
            }
        }
        for field in fields(graph) {
            match field? {
                (1, value) => self.node(bytes(value)?)?,
                // Shapes of what is between nodes.
                (13, value) => _ = shape_of(bytes(value)?)?,
                _ => {}
            }
        }
        for field in fields(graph) {
            if let (12, value) = field? {
                let message = bytes(value)?;
                let slot_name = slot_name(message)?;
                if !self.depths.contains_key(slot_name) {
                    return Err(invalid_model(format!(
                        "nothing gives the output {slot_name:?}"
                    )));
                }
                if self.structure.outputs.iter().any(|o| o.name == slot_name) {
                    return Err(invalid_model(format!(
                        "the output {slot_name:?} is there twice"
                    )));
                }
                self.structure.outputs.push(slot(slot_name, message)?);
                if self.structure.outputs.len() > MAX_FIELDS {
                    return Err(too_large(format!("the max is {MAX_FIELDS} outputs")));
                }
            }
        }
        if self.structure.outputs.is_empty() {
            return Err(invalid_model("the model has no outputs"));
        }
        Ok(self.structure)
    }

    /// Adds a value.
    fn define(&mut self, value: &'a str, depth: u32) -> Result<(), Error> {
        if value.is_empty() {
            return Err(invalid_model("a value has no name"));
        }
        if self.depths.insert(value, depth).is_some() {
            return Err(invalid_model(format!(
                "the value {value:?} is defined twice"
            )));
        }
        Ok(())
    }

    /// Reads a node. What it takes must be there, so there are no cycles.
    fn node(&mut self, message: &'a [u8]) -> Result<(), Error> {
        let mut operator = "";
        let mut own_name = "";
        let mut count = 0;
        for field in fields(message) {
            count += 1;
            match field? {
                (3, value) => own_name = name(value)?,
                (4, value) => operator = name(value)?,
                (7, value) if !matches!(name(value)?, "" | "ai.onnx") => {
                    return Err(invalid_model(format!(
                        "the node {own_name:?} has the operator {operator} of {:?}, which is not ONNX's",
                        name(value)?
                    )));
                }
                _ => {}
            }
        }
        if count > MAX_FIELDS {
            return Err(too_large(format!(
                "a node with the operator {operator} has {count} inputs, outputs and attributes; the max is {MAX_FIELDS}"
            )));
        }
        let mut depth = 0;
        for field in fields(message) {
            match field? {
                (1, value) => {
                    let input = name(value)?;
                    if input.is_empty() {
                        continue;
                    }
                    depth = depth.max(*self.depths.get(input).ok_or_else(|| {
                        invalid_model(format!(
                            "a node with the operator {operator} takes {input:?}, and no node before gives that"
                        ))
                    })?);
                }
                (5, value) => attribute(bytes(value)?).map_err(|error| {
                    within(error, &format!("a node with the operator {operator}"))
                })?,
                _ => {}
            }
        }
        if depth >= MAX_CHAIN {
            return Err(too_large(format!(
                "the max is {MAX_CHAIN} nodes of which each waits for the one before"
            )));
        }
        for field in fields(message) {
            if let (2, value) = field? {
                let output = name(value)?;
                if !output.is_empty() {
                    self.define(output, depth + 1)?;
                }
            }
        }
        Ok(())
    }
}

/// Checks an attribute of a node.
fn attribute(message: &[u8]) -> Result<(), Error> {
    for field in fields(message) {
        match field? {
            (1, value) => _ = name(value)?,
            (5 | 10, value) => _ = tensor(bytes(value)?)?,
            (6 | 11, _) => return Err(invalid_model("it holds a graph")),
            (22 | 23, _) => return Err(invalid_model("it holds sparse numbers")),
            _ => {}
        }
    }
    Ok(())
}

/// Checks a tensor of the model and returns its name.
fn tensor(message: &[u8]) -> Result<&str, Error> {
    let mut tensor_name = "";
    let mut kind = 0;
    let mut dimensions = Vec::new();
    let mut raw = None;
    for field in fields(message) {
        match field? {
            (1, value) => dimension(value, &mut dimensions)?,
            (2, value) => kind = number(value)?,
            (3, _) => return Err(invalid_model("a weight is in segments")),
            (8, value) => tensor_name = name(value)?,
            (9, value) => raw = Some(bytes(value)?.len() as u64),
            (13, _) => {
                return Err(invalid_model(
                    "a weight is outside of the model, in another file",
                ));
            }
            (14, value) if number(value)? != 0 => {
                return Err(invalid_model(
                    "a weight is outside of the model, in another file",
                ));
            }
            _ => {}
        }
    }
    let about = |error| within(error, &format!("the weight {tensor_name:?}"));
    let size = match kind {
        1 | 6 => 4,
        2 | 3 | 9 => 1,
        10 => 2,
        7 | 11 => 8,
        _ => {
            return Err(about(invalid_model(format!(
                "it has the kind {kind} of numbers"
            ))));
        }
    };
    let count = elements(dimensions.iter().copied()).ok_or_else(|| {
        about(too_large(format!(
            "it has the dimensions {dimensions:?}, and the max is {MAX_ELEMENTS} numbers"
        )))
    })?;
    // The other fields of numbers are counted by rten.
    match raw {
        Some(length) if length != count * size => Err(about(invalid_model(format!(
            "it has {length} bytes, and its dimensions {dimensions:?} need {}",
            count * size
        )))),
        _ => Ok(tensor_name),
    }
}

/// Adds dimensions of a tensor, which may be packed.
fn dimension(value: Value, dimensions: &mut Vec<u64>) -> Result<(), Error> {
    match value {
        Value::Number(length) => dimensions.push(length),
        Value::Bytes(mut packed) => {
            while !packed.is_empty() && dimensions.len() <= MAX_RANK {
                dimensions.push(varint(&mut packed).map_err(invalid_model)?);
            }
        }
        _ => return Err(invalid_model(DAMAGED)),
    }
    if dimensions.len() > MAX_RANK {
        return Err(too_large(format!(
            "the max is {MAX_RANK} dimensions of a weight"
        )));
    }
    Ok(())
}

/// Returns the number of elements of a shape, or None if it is over the bound.
pub fn elements(dimensions: impl Iterator<Item = u64>) -> Option<u64> {
    // Without zeros: rten may multiply some of the dimensions only.
    let mut product = 1u64;
    let mut empty = false;
    for length in dimensions {
        empty |= length == 0;
        product = product
            .checked_mul(length.max(1))
            .filter(|p| *p <= MAX_ELEMENTS)?;
    }
    Some(if empty { 0 } else { product })
}

/// Returns the name of an input or output.
fn slot_name(message: &[u8]) -> Result<&str, Error> {
    for field in fields(message) {
        if let (1, value) = field? {
            return name(value);
        }
    }
    Err(invalid_model("an input or output has no name"))
}

/// Reads an input or output.
fn slot(slot_name: &str, message: &[u8]) -> Result<Slot, Error> {
    let (kind, shape) = shape_of(message)?;
    let kind = match kind {
        1 => ElementKind::F32s,
        2 => ElementKind::U8s,
        3 => ElementKind::S8s,
        6 => ElementKind::S32s,
        7 => ElementKind::S64s,
        other => {
            return Err(invalid_model(format!(
                "{slot_name:?} has the kind {other} of numbers; it can be float, uint8, int8, int32 or int64"
            )));
        }
    };
    Ok(Slot {
        name: slot_name.to_owned(),
        kind,
        shape,
    })
}

/// The kind and the shape of a value.
type Shaped = (u64, Option<Vec<Option<u32>>>);

/// Reads the type of a value: ValueInfoProto, TypeProto, Tensor, TensorShapeProto, Dimension.
fn shape_of(message: &[u8]) -> Result<Shaped, Error> {
    let mut kind = 0;
    let mut shape = None;
    for field in fields(message) {
        let (2, value) = field? else { continue };
        for field in fields(bytes(value)?) {
            let (1, value) = field? else {
                continue;
            };
            for field in fields(bytes(value)?) {
                match field? {
                    (1, value) => kind = number(value)?,
                    (2, value) => shape = Some(dimensions(bytes(value)?)?),
                    _ => {}
                }
            }
        }
    }
    Ok((kind, shape))
}

/// Reads the dimensions of a value.
fn dimensions(message: &[u8]) -> Result<Vec<Option<u32>>, Error> {
    let mut lengths = Vec::new();
    for field in fields(message) {
        let (1, value) = field? else { continue };
        let mut length = None;
        for field in fields(bytes(value)?) {
            match field? {
                (1, value) => length = Some(number(value)?),
                (2, value) => _ = name(value)?,
                _ => {}
            }
        }
        // A negative length stands for any.
        let length = length.filter(|length| *length <= i64::MAX as u64);
        lengths.push(match length {
            None => None,
            Some(length) if length <= MAX_ELEMENTS => Some(length as u32),
            Some(length) => {
                return Err(too_large(format!(
                    "a dimension has the length {length}; the max is {MAX_ELEMENTS}"
                )));
            }
        });
        if lengths.len() > MAX_RANK {
            return Err(too_large(format!(
                "the max is {MAX_RANK} dimensions of a value"
            )));
        }
    }
    if elements(lengths.iter().map(|length| u64::from(length.unwrap_or(1)))).is_none() {
        return Err(too_large(format!(
            "a value has the dimensions {lengths:?}; the max is {MAX_ELEMENTS} numbers"
        )));
    }
    Ok(lengths)
}

/// Returns the fields of a message, with the contract's errors.
fn fields(message: &[u8]) -> impl Iterator<Item = Result<(u64, Value<'_>), Error>> {
    Fields(message).map(|field| field.map_err(invalid_model))
}

fn bytes(value: Value<'_>) -> Result<&[u8], Error> {
    value.bytes().map_err(invalid_model)
}

fn number(value: Value<'_>) -> Result<u64, Error> {
    value.number().map_err(invalid_model)
}

/// Returns a name.
fn name(value: Value<'_>) -> Result<&str, Error> {
    let name = bytes(value)?;
    if name.len() > MAX_NAME {
        return Err(too_large(format!(
            "a name has {} bytes; the max is {MAX_NAME}",
            name.len()
        )));
    }
    std::str::from_utf8(name).map_err(|_| invalid_model("a name is not UTF-8"))
}

/// Says where an error is.
fn within(error: Error, place: &str) -> Error {
    match error {
        Error::InvalidModel(message) => invalid_model(format!("{place}: {message}")),
        Error::TooLarge(message) => too_large(format!("{place}: {message}")),
        other => other,
    }
}
