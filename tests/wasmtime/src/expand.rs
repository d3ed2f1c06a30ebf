//! Expands the compact forms of the vectors to the values they stand for.

use std::collections::HashMap;

use anyhow::{Context as _, Result, ensure};

use crate::conformance::Datapoint;
use crate::vectors::{Bytes, Segment, Text};

/// The shared sets, expanded.
pub struct Sets(HashMap<String, Vec<Datapoint>>);

impl Sets {
    pub fn new(sets: HashMap<String, Vec<Segment>>) -> Result<Self> {
        let none = Self(HashMap::new());
        sets.into_iter()
            .map(|(name, segments)| {
                let points = none
                    .points(&segments)
                    .with_context(|| format!("set {name}"))?;
                Ok((name, points))
            })
            .collect::<Result<_>>()
            .map(Self)
    }

    /// The points the segments stand for.
    pub fn points(&self, segments: &[Segment]) -> Result<Vec<Datapoint>> {
        let mut points = Vec::new();
        for segment in segments {
            self.append(&mut points, segment)?;
        }
        Ok(points)
    }

    fn append(&self, points: &mut Vec<Datapoint>, segment: &Segment) -> Result<()> {
        match segment {
            Segment::Set {
                set,
                from,
                to,
                stride,
            } => {
                let whole = self
                    .0
                    .get(set)
                    .with_context(|| format!("unknown set {set}"))?;
                let to = to.unwrap_or(whole.len());
                ensure!(
                    *from <= to && to <= whole.len(),
                    "{from}..{to} of set {set} of {}",
                    whole.len()
                );
                points.extend((*from..to).map(|i| whole[i * stride % whole.len()]));
            }
            Segment::Listed { times, values } => {
                let times: Vec<&str> = times.split_whitespace().collect();
                let values = doubles(values)?;
                ensure!(
                    times.len() == values.len(),
                    "{} times, {} values",
                    times.len(),
                    values.len()
                );
                for (time, value) in times.iter().zip(values) {
                    points.push(Datapoint {
                        timestamp: time.parse()?,
                        value,
                    });
                }
            }
            Segment::Run {
                first,
                step,
                values,
                repeat,
            } => {
                let mut timestamp: u64 = first.parse()?;
                let step: u64 = step.parse()?;
                let values = doubles(values)?;
                for _ in 0..*repeat {
                    for &value in &values {
                        points.push(Datapoint { timestamp, value });
                        timestamp = timestamp.wrapping_add(step);
                    }
                }
            }
        }
        Ok(())
    }
}

/// Doubles from the hex of their bits.
fn doubles(text: &str) -> Result<Vec<f64>> {
    text.split_whitespace()
        .map(|bits| {
            ensure!(bits.len() == 16, "{bits:?} is not 16 hex digits");
            Ok(f64::from_bits(u64::from_str_radix(bits, 16)?))
        })
        .collect()
}

/// The text the pieces stand for.
pub fn text(pieces: &[Text]) -> String {
    pieces
        .iter()
        .map(|piece| piece.text.repeat(piece.repeat))
        .collect()
}

/// The bytes the pieces stand for.
pub fn bytes(pieces: &[Bytes]) -> Result<Vec<u8>> {
    let mut all = Vec::new();
    for piece in pieces {
        all.extend(unhex(&piece.hex)?.repeat(piece.repeat));
    }
    Ok(all)
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
