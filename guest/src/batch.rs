//! process-batch: packed datapoints, normalised.

mod radix;

use crate::exact::bounds::check_once;

/// A packed datapoint: a u64 timestamp and a double, both little-endian.
type Packed = [u8; 16];

/// The records of `input` whose value is finite, sorted by timestamp, one for
/// each timestamp: the one that was given last. The bits of a value are kept.
///
/// Linear in the length of `input`; fastest for a batch in order. Memory for a
/// second batch is needed only to sort.
///
/// # Panics
///
/// If the length of `input` is not a multiple of 16.
#[must_use]
pub fn process_batch(mut input: Vec<u8>) -> Vec<u8> {
    let length = input.len();
    let (records, rest) = input.as_chunks_mut::<16>();
    assert!(
        rest.is_empty(),
        "process-batch: input length {length} is not a multiple of 16"
    );
    if is_normal(records) {
        return input;
    }
    let finite = keep_finite(records);
    let records = &mut records[..finite.count];
    if finite.is_sorted {
        let kept = keep_last_ones(records);
        input.truncate(size_of::<Packed>() * kept);
        return input;
    }
    let mut other = vec![[0; 16]; records.len()];
    if radix::sort(records, &mut other, finite.varying) {
        let kept = keep_last_ones(&mut other);
        other.truncate(kept);
        return other.into_flattened();
    }
    let kept = keep_last_ones(records);
    input.truncate(size_of::<Packed>() * kept);
    input
}

/// Whether all values are finite and every timestamp is larger than the one
/// before.
fn is_normal(records: &[Packed]) -> bool {
    const GROUP: usize = 8;
    let follows = |one, next| (timestamp(one) < timestamp(next)) & is_finite(next);
    let mut rest = records;
    while let Some(group) = rest.first_chunk::<{ GROUP + 1 }>() {
        check_once(group);
        let mut follow = true;
        for index in 0..GROUP {
            follow &= follows(&group[index], &group[index + 1]);
        }
        if !follow {
            return false;
        }
        rest = &rest[GROUP..];
    }
    records.first().is_none_or(is_finite) && rest.is_sorted_by(follows)
}

/// What was found of the records that were kept.
struct Finite {
    count: usize,
    /// Whether no timestamp is smaller than the one before.
    is_sorted: bool,
    /// The bits in which timestamps differ.
    varying: u64,
}

/// Moves the records whose value is finite to the beginning.
fn keep_finite(records: &mut [Packed]) -> Finite {
    let first = records.iter().find(|record| is_finite(record));
    let first = first.map_or(0, timestamp);
    let (mut count, mut is_sorted, mut varying, mut last) = (0, true, 0, first);
    for index in 0..records.len() {
        let record = records[index];
        records[count] = record;
        if is_finite(&record) {
            let next = timestamp(&record);
            is_sorted &= last <= next;
            varying |= first ^ next;
            last = next;
            count += 1;
        }
    }
    Finite {
        count,
        is_sorted,
        varying,
    }
}

/// Of sorted records, moves the last one for each timestamp to the beginning, and
/// returns their number.
fn keep_last_ones(records: &mut [Packed]) -> usize {
    let mut kept = 0;
    for index in 0..records.len() {
        let record = records[index];
        records[kept] = record;
        let next = records.get(index + 1);
        kept += usize::from(next.is_none_or(|next| timestamp(next) != timestamp(&record)));
    }
    kept
}

fn timestamp(record: &Packed) -> u64 {
    let (timestamp, _) = record.split_first_chunk().expect("sixteen bytes");
    u64::from_le_bytes(*timestamp)
}

/// Whether the exponent of the value has a bit that is not set. In integers, so
/// that no bit of a value is at risk.
fn is_finite(record: &Packed) -> bool {
    const EXPONENT: u64 = 0x7ff0_0000_0000_0000;
    let (_, value) = record.split_last_chunk().expect("sixteen bytes");
    u64::from_le_bytes(*value) & EXPONENT != EXPONENT
}
