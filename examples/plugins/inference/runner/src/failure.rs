//! Errors of the contract.

use crate::binding::exports::org::inference::sessions::Error;

/// The longest message, in bytes. Models choose the names in messages.
const LONGEST: usize = 512;

/// The model cannot be used.
pub fn invalid_model(message: impl Into<String>) -> Error {
    Error::InvalidModel(cut(message.into()))
}

/// The input is not what the model takes.
pub fn invalid_input(message: impl Into<String>) -> Error {
    Error::InvalidInput(cut(message.into()))
}

/// The work is beyond a bound.
pub fn too_large(message: impl Into<String>) -> Error {
    Error::TooLarge(cut(message.into()))
}

/// Cuts a message at the end of a character.
fn cut(mut message: String) -> String {
    if message.len() > LONGEST {
        message.truncate(message.floor_char_boundary(LONGEST));
        message.push('…');
    }
    message
}
