//! Fields of messages, with the contract's errors.

use super::MAX_NAME;
use crate::binding::exports::org::inference::sessions::Error;
use crate::failure::{invalid_model, too_large};
use crate::wire::{Fields, Value};

/// Returns the fields of a message, with the contract's errors.
pub fn fields(message: &[u8]) -> impl Iterator<Item = Result<(u64, Value<'_>), Error>> {
    Fields(message).map(|field| field.map_err(invalid_model))
}

pub fn bytes(value: Value<'_>) -> Result<&[u8], Error> {
    value.bytes().map_err(invalid_model)
}

pub fn number(value: Value<'_>) -> Result<u64, Error> {
    value.number().map_err(invalid_model)
}

/// Returns a name.
pub fn name(value: Value<'_>) -> Result<&str, Error> {
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
pub fn within(error: Error, place: &str) -> Error {
    match error {
        Error::InvalidModel(message) => invalid_model(format!("{place}: {message}")),
        Error::TooLarge(message) => too_large(format!("{place}: {message}")),
        other => other,
    }
}
