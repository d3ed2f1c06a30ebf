//! process-batch: packed datapoints, normalised.

/// A packed datapoint: a u64 timestamp and a double, both little-endian.
const RECORD: usize = 16;

/// The records of `input` whose value is finite, sorted by timestamp, one for
/// each timestamp: the one that was given last. The bits of a value are kept.
///
/// Linear for a batch that is sorted already, and for n records that are not
/// O(n log n).
///
/// # Panics
///
/// If the length of `input` is not a multiple of 16.
#[must_use]
pub fn process_batch(input: &[u8]) -> Vec<u8> {
    let (records, rest) = input.as_chunks::<RECORD>();
    assert!(
        rest.is_empty(),
        "process-batch: input length {} is not a multiple of {RECORD}",
        input.len()
    );
    let mut output = Vec::with_capacity(input.len());
    let mut last = None;
    for record in records.iter().filter(|record| is_finite(record)) {
        let timestamp = timestamp(record);
        match last {
            Some(last) if timestamp < last => return sorted(records),
            Some(last) if timestamp == last => output.truncate(output.len() - RECORD),
            _ => {}
        }
        output.extend_from_slice(record);
        last = Some(timestamp);
    }
    output
}

/// `process_batch` for records in any order.
fn sorted(records: &[[u8; RECORD]]) -> Vec<u8> {
    let mut kept: Vec<_> = records.iter().filter(|record| is_finite(record)).collect();
    // Stable: of one timestamp, the record that was given last comes last.
    kept.sort_by_key(|record| timestamp(record));
    let mut output = Vec::with_capacity(kept.len() * RECORD);
    for (index, record) in kept.iter().enumerate() {
        if kept
            .get(index + 1)
            .is_none_or(|next| timestamp(next) != timestamp(record))
        {
            output.extend_from_slice(*record);
        }
    }
    output
}

fn timestamp(record: &[u8; RECORD]) -> u64 {
    let [low, ..] = halves(record);
    low
}

/// Whether the exponent of the record's value has a bit that is not set.
fn is_finite(record: &[u8; RECORD]) -> bool {
    const EXPONENT: u64 = 0x7ff0_0000_0000_0000;
    let [_, value] = halves(record);
    value & EXPONENT != EXPONENT
}

fn halves(record: &[u8; RECORD]) -> [u64; 2] {
    let whole = u128::from_le_bytes(*record);
    [whole as u64, (whole >> 64) as u64]
}
