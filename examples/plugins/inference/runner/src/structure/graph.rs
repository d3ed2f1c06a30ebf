//! The graph of a model: its nodes, and the values between them.

use std::collections::HashMap;

use super::message::{bytes, fields, name, within};
use super::value::{shape_of, slot, slot_name};
use super::weight::{attribute, tensor};
use super::{MAX_CHAIN, MAX_FIELDS, MAX_NODES, MAX_VALUES, Structure};
use crate::binding::exports::org::inference::sessions::Error;
use crate::failure::{invalid_model, too_large};

/// The values of a graph as they are read.
#[derive(Default)]
pub struct Graph<'a> {
    /// How many nodes a value waits for, one after the other.
    depths: HashMap<&'a str, u32>,
    structure: Structure,
}

impl<'a> Graph<'a> {
    /// Reads what nodes need before the nodes, which may come first in the bytes.
    pub fn read(mut self, graph: &'a [u8]) -> Result<Structure, Error> {
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
