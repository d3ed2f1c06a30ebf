//! Makes the states of the summary cases: folds and merges by the guest, cuts
//! and damage by this program.

use anyhow::{Result, ensure};

use crate::conformance::Guest;
use crate::expand::{Sets, unhex};
use crate::vectors::Recipe;

/// A state, or the message of the WIT error a step of the recipe gave.
pub type Made = Result<Vec<u8>, String>;

/// Follows the recipe.
pub fn make(guest: &mut Guest, sets: &Sets, recipe: &Recipe) -> Result<Made> {
    let mut state = match recipe {
        Recipe::Literal { hex } => return Ok(Ok(unhex(hex)?)),
        Recipe::Fold { fold: inner, .. }
        | Recipe::Double { double: inner, .. }
        | Recipe::Edit { edit: inner, .. } => match make(guest, sets, inner)? {
            Ok(state) => state,
            error => return Ok(error),
        },
        Recipe::Merge { merge } => {
            let [a, b] = merge.as_ref();
            let a = match make(guest, sets, a)? {
                Ok(state) => state,
                error => return Ok(error),
            };
            let b = match make(guest, sets, b)? {
                Ok(state) => state,
                error => return Ok(error),
            };
            return guest.merge(&a, &b);
        }
    };
    match recipe {
        Recipe::Fold { points, by, .. } => {
            let points = sets.points(points)?;
            let by = by.unwrap_or(points.len()).max(1);
            // An empty list is still one call.
            let pieces = if points.is_empty() {
                vec![&points[..]]
            } else {
                points.chunks(by).collect()
            };
            for piece in pieces {
                match guest.fold(&state, piece)? {
                    Ok(next) => state = next,
                    error => return Ok(error),
                }
            }
        }
        Recipe::Double { times, .. } => {
            for _ in 0..*times {
                match guest.merge(&state, &state)? {
                    Ok(next) => state = next,
                    error => return Ok(error),
                }
            }
        }
        Recipe::Edit {
            keep,
            xor,
            append,
            seal,
            ..
        } => {
            if let Some(keep) = keep {
                let keep = index(*keep, state.len())?;
                state.truncate(keep);
            }
            for (at, mask) in xor {
                let at = index(*at, state.len())?;
                ensure!(
                    at < state.len(),
                    "edit at {at} of a state of {} bytes",
                    state.len()
                );
                state[at] ^= mask;
            }
            state.extend(unhex(append)?);
            if *seal {
                ensure!(
                    state.len() >= 4,
                    "no room for a checksum in {} bytes",
                    state.len()
                );
                let body = state.len() - 4;
                let sum = crc32(&state[..body]);
                state[body..].copy_from_slice(&sum.to_le_bytes());
            }
        }
        Recipe::Literal { .. } | Recipe::Merge { .. } => unreachable!("returned above"),
    }
    Ok(Ok(state))
}

/// A position; a negative one counts from the end.
fn index(at: i64, len: usize) -> Result<usize> {
    let absolute = if at < 0 { at + len as i64 } else { at };
    ensure!(
        (0..=len as i64).contains(&absolute),
        "position {at} in a state of {len} bytes"
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
