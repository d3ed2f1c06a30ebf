//! validate-checksum: the CRC-32 of IEEE 802.3 (zlib, gzip, PNG).
//!
//! Polynomial 0x04C11DB7, reflected; initial value and final exclusive-or all
//! ones; the check value of the nine ASCII digits `123456789` is 0xCBF43926.

mod tables;
mod words;

/// Whether the CRC-32 of `data` is `expected`. Linear in the length of `data`.
#[must_use]
pub fn validate_checksum(mut data: Vec<u8>, expected: u32) -> bool {
    crc32_in_place(&mut data) == expected
}

/// The CRC-32 of `data`, which is overwritten: long data takes a third of the
/// time of [`crc32`].
#[must_use]
pub fn crc32_in_place(data: &mut [u8]) -> u32 {
    let Some(first) = data.first_chunk_mut::<4>() else {
        return crc32(data);
    };
    // As a remainder of all ones before the first byte.
    *first = first.map(|byte| !byte);
    !tables::remainder(0, words::shortened(data))
}

/// The CRC-32 of `data`.
#[must_use]
pub fn crc32(data: &[u8]) -> u32 {
    !tables::remainder(u32::MAX, data)
}
