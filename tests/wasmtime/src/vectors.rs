//! The vectors without macros; docs/vectors.md defines them.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::Path;

use anyhow::{Context as _, Result, bail, ensure};
use serde::Deserialize;
use serde_json::{Value, json};

/// The version of the form this program reads.
const FORMAT: u32 = 2;

/// A case, but for what it must return.
#[derive(Deserialize)]
pub struct Case {
    pub id: String,
    #[serde(flatten)]
    calls: Calls,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Calls {
    Many { steps: Vec<Step> },
    One(Step),
}

impl Case {
    /// All steps, one or more.
    pub fn steps(&self) -> &[Step] {
        match &self.calls {
            Calls::Many { steps } => steps,
            Calls::One(step) => std::slice::from_ref(step),
        }
    }
}

/// One call.
#[derive(Deserialize)]
pub struct Step {
    pub call: String,
    pub args: Vec<Value>,
}

/// An argument that is the result of an earlier step, with its bytes changed.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reference {
    #[serde(rename = "$step")]
    pub step: usize,
    keep: Option<i64>,
    #[serde(default)]
    xor: Vec<(i64, u8)>,
    #[serde(default)]
    append: String,
    #[serde(default)]
    crc32: bool,
}

impl Reference {
    /// The reference that an argument is, if it is one.
    pub fn of(argument: &Value) -> Result<Option<Self>> {
        if argument.get("$step").is_none() {
            return Ok(None);
        }
        Ok(Some(serde_json::from_value(argument.clone())?))
    }

    /// What the reference stands for, given the result of its step.
    pub fn resolve(&self, result: &Value) -> Result<Value> {
        if self.keep.is_none() && self.xor.is_empty() && self.append.is_empty() && !self.crc32 {
            return Ok(result.clone());
        }
        let mut bytes = unhex(result["hex"].as_str().context("not a list<u8>")?)?;
        if let Some(keep) = self.keep {
            let keep = position(keep, bytes.len())?;
            bytes.truncate(keep);
        }
        for &(at, mask) in &self.xor {
            let at = position(at, bytes.len())?;
            *bytes.get_mut(at).context("xor behind the end")? ^= mask;
        }
        bytes.extend(unhex(&self.append)?);
        if self.crc32 {
            ensure!(bytes.len() >= 4, "no room for a CRC-32");
            let body = bytes.len() - 4;
            let sum = crc32(&bytes[..body]);
            bytes[body..].copy_from_slice(&sum.to_le_bytes());
        }
        Ok(json!({"hex": hex(&bytes)}))
    }
}

/// A position; a negative one counts from the end.
fn position(at: i64, len: usize) -> Result<usize> {
    let absolute = if at < 0 { at + len as i64 } else { at };
    ensure!(
        (0..=len as i64).contains(&absolute),
        "position {at} in a list of {len} bytes"
    );
    Ok(absolute as usize)
}

/// CRC-32 (IEEE, reflected), bit by bit.
fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = !0;
    for &byte in bytes {
        crc ^= u32::from(byte);
        for _ in 0..8 {
            crc = (crc >> 1) ^ (0xedb8_8320 & 0u32.wrapping_sub(crc & 1));
        }
    }
    !crc
}

/// Bytes from hex.
pub fn unhex(text: &str) -> Result<Vec<u8>> {
    ensure!(
        text.len().is_multiple_of(2) && text.is_ascii(),
        "{text:?} is not pairs of hex digits"
    );
    (0..text.len())
        .step_by(2)
        .map(|i| u8::from_str_radix(&text[i..i + 2], 16).with_context(|| format!("{text:?}")))
        .collect()
}

/// Hex from bytes.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Calls `each` with every case of a file with a case on each line.
pub fn read(path: &Path, mut each: impl FnMut(Case) -> Result<()>) -> Result<()> {
    #[derive(Deserialize)]
    struct Head {
        format: u32,
    }
    let file = File::open(path).with_context(|| format!("open {}", path.display()))?;
    let mut lines = BufReader::new(file).lines();
    let first = lines.next().context("no lines")??;
    let head: Head = serde_json::from_str(&format!("{first}]}}")).context("the first line")?;
    ensure!(
        head.format == FORMAT,
        "format {}, expected {FORMAT}",
        head.format
    );
    for line in lines {
        let line = line?;
        if line == "]}" {
            return Ok(());
        }
        let line = line.strip_suffix(',').unwrap_or(&line);
        each(serde_json::from_str(line).with_context(|| format!("{line:.80}"))?)?;
    }
    bail!("{} has no end", path.display())
}
