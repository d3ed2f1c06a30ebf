//! The bytes of a state: magic, version, the weights' CRC-32, the numbers, and a CRC-32 of all
//! that, little-endian. A state of another version or model is refused, and one that is
//! damaged: what a state says is not trusted, even if its CRC matches.

use crate::crc32;
use crate::detector::{CONTEXT, Detector, FRAME, LOUDEST};
use crate::model::HIDDEN;

const MAGIC: &[u8; 8] = b"silero\0\x01";
/// The CRC-32 of weights.bin's SHA-256 in hexadecimal.
const MODEL: u32 = crc32::checksum(include_bytes!("../weights.sha256"));
/// The length of a state.
pub const LENGTH: usize = MAGIC.len() + 4 + 4 + 8 + 4 * (2 * HIDDEN + CONTEXT + FRAME) + 4;
/// The largest number of a cell: far beyond what sound leads to.
const FULL: f32 = 1e6;

/// Returns the bytes of a state.
pub fn write(detector: &Detector) -> Vec<u8> {
    let mut out = Vec::with_capacity(LENGTH);
    out.extend_from_slice(MAGIC);
    out.extend_from_slice(&MODEL.to_le_bytes());
    out.extend_from_slice(&(detector.filled as u32).to_le_bytes());
    out.extend_from_slice(&detector.first.to_le_bytes());
    let memory = &detector.memory;
    for number in memory
        .hidden
        .iter()
        .chain(&memory.cell)
        .chain(&detector.samples)
    {
        out.extend_from_slice(&number.to_le_bytes());
    }
    out.extend_from_slice(&crc32::checksum(&out).to_le_bytes());
    out
}

/// Reads a state; the empty one is that of a series without points.
///
/// # Errors
///
/// What is wrong with the bytes.
pub fn read(bytes: &[u8]) -> Result<Detector, String> {
    if bytes.is_empty() {
        return Ok(Detector::NEW);
    }
    if !bytes.starts_with(MAGIC) {
        return Err("it does not begin as the states of this version do".to_owned());
    }
    if bytes.len() != LENGTH {
        return Err(format!("it has {} bytes instead of {LENGTH}", bytes.len()));
    }
    let (body, crc) = bytes.split_at(LENGTH - 4);
    if crc != crc32::checksum(body).to_le_bytes() {
        return Err("its checksum is wrong".to_owned());
    }
    let mut rest = &body[MAGIC.len()..];
    if take(&mut rest) != MODEL.to_le_bytes() {
        return Err("it is of a model with other weights".to_owned());
    }
    numbers(rest).ok_or_else(|| "its numbers are impossible".to_owned())
}

/// Reads what follows the head.
fn numbers(mut rest: &[u8]) -> Option<Detector> {
    let mut detector = Detector::NEW;
    detector.filled = u32::from_le_bytes(take(&mut rest)) as usize;
    detector.first = u64::from_le_bytes(take(&mut rest));
    if detector.filled >= FRAME || (detector.filled == 0 && detector.first != 0) {
        return None;
    }
    let lists: [(&mut [f32], f32); 3] = [
        (&mut detector.memory.hidden, 1.0),
        (&mut detector.memory.cell, FULL),
        (&mut detector.samples, LOUDEST as f32),
    ];
    for (list, most) in lists {
        for number in list {
            *number = f32::from_le_bytes(take(&mut rest));
            if number.is_nan() || number.abs() > most {
                return None;
            }
        }
    }
    detector.samples[CONTEXT + detector.filled..]
        .iter()
        .all(|sample| sample.to_bits() == 0)
        .then_some(detector)
}

/// Takes bytes off the start, of which there are enough.
fn take<const N: usize>(bytes: &mut &[u8]) -> [u8; N] {
    let (first, rest) = bytes.split_first_chunk().expect("the length is checked");
    *bytes = rest;
    *first
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A series with a complete frame and some samples of the next.
    fn series() -> Detector {
        let mut detector = Detector::NEW;
        for index in 0..700_u64 {
            detector.add(index, (index as f32 * 0.1).sin());
        }
        detector
    }

    fn sealed(mut bytes: Vec<u8>) -> Vec<u8> {
        bytes.truncate(LENGTH - 4);
        bytes.extend_from_slice(&crc32::checksum(&bytes).to_le_bytes());
        bytes
    }

    #[test]
    fn a_state_is_what_was_written() {
        let bytes = write(&series());
        assert_eq!(bytes.len(), LENGTH);
        assert_eq!(read(&bytes).unwrap(), series());
        assert_eq!(read(&[]).unwrap(), Detector::NEW);
        assert_eq!(read(&write(&Detector::NEW)).unwrap(), Detector::NEW);
    }

    #[test]
    fn damaged_states_are_refused() {
        let bytes = write(&series());
        for length in 1..LENGTH {
            assert!(read(&bytes[..length]).is_err());
        }
        for bit in 0..8 * LENGTH {
            let mut damaged = bytes.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            assert!(read(&damaged).is_err(), "bit {bit}");
        }
    }

    #[test]
    fn states_that_somebody_sealed_are_refused_too() {
        let bytes = write(&series());
        let head = MAGIC.len();
        for (at, replaced, message) in [
            (head, [0xff; 4], "it is of a model with other weights"),
            (
                head + 4,
                512_u32.to_le_bytes(),
                "its numbers are impossible",
            ),
            (head + 4, 10_u32.to_le_bytes(), "its numbers are impossible"),
            (
                head + 16,
                f32::NAN.to_le_bytes(),
                "its numbers are impossible",
            ),
            (
                head + 16,
                1.5_f32.to_le_bytes(),
                "its numbers are impossible",
            ),
            (
                head + 16 + 4 * HIDDEN,
                f32::INFINITY.to_le_bytes(),
                "its numbers are impossible",
            ),
            (
                LENGTH - 8,
                1_f32.to_le_bytes(),
                "its numbers are impossible",
            ),
        ] {
            let mut changed = bytes.clone();
            changed[at..at + 4].copy_from_slice(&replaced);
            assert_eq!(read(&sealed(changed)).unwrap_err(), message);
        }
    }
}
