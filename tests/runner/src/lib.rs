//! What runners in Rust share: the protocol of `tests/README.md`.

use std::io::{self, BufRead as _, Write as _};

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};

mod core;

pub use crate::core::{CoreModule, answer_core};

/// Answers each line of standard input, a request in JSON, with a line of JSON, up to the end
/// of the input.
///
/// # Errors
///
/// Those of `answer`, with the request, and those of reading and writing.
pub fn serve(
    runtime: &str,
    version: &str,
    mut answer: impl FnMut(&Value) -> Result<Value>,
) -> Result<()> {
    let mut out = io::stdout().lock();
    for line in io::stdin().lock().lines() {
        let line = line?;
        let request = serde_json::from_str::<Value>(&line).context("the request is not JSON")?;
        let answer = if request.get("functions").is_some() {
            json!({"runtime": runtime, "version": version})
        } else {
            answer(&request).with_context(|| format!("{line:.200}"))?
        };
        writeln!(out, "{answer}")?;
        out.flush()?;
    }
    Ok(())
}

/// The version of a package in a `Cargo.lock`, for crates that have no constant for it.
///
/// # Errors
///
/// If there is no such package.
pub fn locked_version<'a>(lock: &'a str, name: &str) -> Result<&'a str> {
    let head = format!("name = \"{name}\"\nversion = \"");
    lock.split("[[package]]")
        .filter_map(|package| package.trim_start().strip_prefix(&head))
        .find_map(|rest| rest.split('"').next())
        .with_context(|| format!("no {name} in Cargo.lock"))
}

/// Returns the bytes that hexadecimal digits stand for.
///
/// # Errors
///
/// If the text is not pairs of digits.
pub fn unhex(text: &str) -> Result<Vec<u8>> {
    ensure!(
        text.len().is_multiple_of(2) && text.is_ascii(),
        "{text:.80?} is not pairs of hex digits"
    );
    (0..text.len())
        .step_by(2)
        .map(|i| u8::from_str_radix(&text[i..i + 2], 16).with_context(|| format!("{text:.80?}")))
        .collect()
}

/// Returns bytes as hexadecimal digits.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
