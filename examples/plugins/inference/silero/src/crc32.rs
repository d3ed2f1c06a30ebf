//! CRC-32 (IEEE 802.3), also for constants. States are short: bit by bit is fast enough.

/// Returns the CRC-32 of some bytes.
pub const fn checksum(bytes: &[u8]) -> u32 {
    let mut crc = !0_u32;
    let mut at = 0;
    while at < bytes.len() {
        crc ^= bytes[at] as u32;
        let mut bit = 0;
        while bit < 8 {
            crc = (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg());
            bit += 1;
        }
        at += 1;
    }
    !crc
}

#[cfg(test)]
mod tests {
    #[test]
    fn check_value() {
        assert_eq!(super::checksum(b"123456789"), 0xcbf4_3926);
    }
}
