//! validate-stream: from a JSON text to datapoints.
//!
//! What is accepted, and what an error says, is what serde_json does with
//! `Vec<Datapoint>`; every number is the nearest double. Three readers, each for
//! what the one before does not read, make that both right and fast:
//! - `template`: records that are written like the one before;
//! - `fields`: those with other fields, whose names are found by the bytes
//!   between two values, in any order and with any white space;
//! - `general`: any other text, right or wrong, in serde_json's words.
//!
//! `records` chooses between the first two.
//!
//! All share the conversion of `decimal`, so the same digits give the same
//! double in each. serde_json itself is in the tests only.

mod decimal;
mod digits;
mod fields;
mod gap;
mod general;
mod halfway;
mod ignored;
mod lanes;
mod names;
mod number;
mod powers;
mod quick;
mod reader;
mod records;
mod skip;
mod template;

use crate::Datapoint;

/// How the error of a text begins, unless it is an empty array.
pub(crate) const FAILED: &str = "Parse failed: ";

/// The datapoints of the JSON array `raw`, in its order.
///
/// Linear in the length of `raw`, in time and in space.
///
/// # Errors
///
/// `Parse failed: ` and serde_json's message, with line and column, for what
/// serde_json does not accept as a list of datapoints; `Empty dataset` for an
/// array of nothing.
pub fn validate_stream(raw: &str) -> Result<Vec<Datapoint>, String> {
    let points = match records::parse(raw.as_bytes()) {
        Some(points) => points,
        None => general::parse(raw).map_err(|error| format!("{FAILED}{error}"))?,
    };
    if points.is_empty() {
        return Err("Empty dataset".to_owned());
    }
    Ok(points)
}
