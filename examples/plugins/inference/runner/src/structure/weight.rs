//! The weights of a model, and the tensors in attributes of its nodes.

use super::message::{bytes, fields, name, number, within};
use super::{MAX_ELEMENTS, MAX_RANK};
use crate::binding::exports::org::inference::sessions::Error;
use crate::failure::{invalid_model, too_large};
use crate::wire::{DAMAGED, Value, varint};

/// Checks an attribute of a node.
pub fn attribute(message: &[u8]) -> Result<(), Error> {
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
pub fn tensor(message: &[u8]) -> Result<&str, Error> {
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
