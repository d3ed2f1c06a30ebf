//! validate-checksum: the CRC-32 of IEEE 802.3 (zlib, gzip, PNG).
//!
//! Polynomial 0x04C11DB7, reflected; initial value and final exclusive-or all
//! ones; the check value of the nine ASCII digits `123456789` is 0xCBF43926.

/// Whether the CRC-32 of `data` is `expected`. Linear in the length of `data`.
#[must_use]
pub fn validate_checksum(data: &[u8], expected: u32) -> bool {
    crc32fast::hash(data) == expected
}
