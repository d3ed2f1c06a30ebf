//! validate-checksum: the CRC-32 of IEEE 802.3 (zlib, gzip, PNG).
//!
//! Polynomial 0x04C11DB7, reflected; initial value and final exclusive-or all
//! ones; the check value of the nine ASCII digits `123456789` is 0xCBF43926.
//! The method is slicing (M. Kounavis and F. Berry, "A systematic approach to
//! building high performance software-based CRC generators", ISCC 2005), with
//! sixteen tables.

use std::sync::OnceLock;

/// Whether the CRC-32 of `data` is `expected`. Linear in the length of `data`.
#[must_use]
pub fn validate_checksum(data: &[u8], expected: u32) -> bool {
    crc32(data) == expected
}

/// The CRC-32 of `data`. Linear in the length of `data`.
#[must_use]
pub fn crc32(data: &[u8]) -> u32 {
    let tables = TABLES.get_or_init(tables);
    let (blocks, rest) = data.as_chunks::<BLOCK>();
    let mut crc = u32::MAX;
    for block in blocks {
        let (words, _) = block.as_chunks();
        let first = u64::from_le_bytes(words[0]) ^ u64::from(crc);
        let second = u64::from_le_bytes(words[1]);
        crc = slice(&tables[8..], first) ^ slice(&tables[..8], second);
    }
    for byte in rest {
        crc = (crc >> 8) ^ tables[0][usize::from(crc as u8 ^ byte)];
    }
    !crc
}

/// The bytes processed at once; each has a table of its own.
const BLOCK: usize = 16;

type Tables = [[u32; 256]; BLOCK];

/// Made when first needed: 16 KiB that the module need not carry, and an
/// instance that checks no sums need not hold.
static TABLES: OnceLock<Tables> = OnceLock::new();

/// `tables[n][byte]` is what `byte` leaves in the remainder when n more bytes
/// have followed it.
#[cold]
fn tables() -> Tables {
    /// The generator polynomial, reflected.
    const GENERATOR: u32 = 0xedb8_8320;
    let mut tables = [[0; 256]; BLOCK];
    for (byte, entry) in (0..).zip(&mut tables[0]) {
        *entry = (0..8).fold(byte, |remainder: u32, _| {
            (remainder >> 1) ^ (GENERATOR & (remainder & 1).wrapping_neg())
        });
    }
    for more in 1..BLOCK {
        for byte in 0..256 {
            let remainder = tables[more - 1][byte];
            tables[more][byte] = (remainder >> 8) ^ tables[0][(remainder & 0xff) as usize];
        }
    }
    tables
}

/// The remainder that the eight bytes of `word` leave. The first is in the
/// lowest byte of `word`, and the last table is for it.
#[inline(always)]
fn slice(tables: &[[u32; 256]], word: u64) -> u32 {
    let tables = tables.first_chunk::<8>().expect("eight tables");
    let of = |byte: usize| tables[7 - byte][usize::from((word >> (8 * byte)) as u8)];
    // Unrolled by hand, so that no optimisation level makes it a loop.
    (of(0) ^ of(1) ^ of(2) ^ of(3)) ^ (of(4) ^ of(5) ^ of(6) ^ of(7))
}
