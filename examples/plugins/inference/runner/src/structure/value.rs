//! The inputs and outputs of a model: names, kinds and shapes.

use super::message::{bytes, fields, name, number};
use super::weight::elements;
use super::{MAX_ELEMENTS, MAX_RANK, Slot};
use crate::binding::exports::org::inference::sessions::{ElementKind, Error};
use crate::failure::{invalid_model, too_large};

/// Returns the name of an input or output: the last one, as for every reader of Protocol Buffers.
pub fn slot_name(message: &[u8]) -> Result<&str, Error> {
    let mut found = None;
    for field in fields(message) {
        if let (1, value) = field? {
            found = Some(name(value)?);
        }
    }
    found.ok_or_else(|| invalid_model("an input or output has no name"))
}

/// Reads an input or output.
pub fn slot(slot_name: &str, message: &[u8]) -> Result<Slot, Error> {
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
pub type Shaped = (u64, Option<Vec<Option<u32>>>);

/// Reads the type of a value: ValueInfoProto, TypeProto, Tensor, TensorShapeProto, Dimension.
pub fn shape_of(message: &[u8]) -> Result<Shaped, Error> {
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
