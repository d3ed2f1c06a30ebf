//! Table by table: M. Kounavis and F. Berry, "A systematic approach to building
//! high performance software-based CRC generators", ISCC 2005, with eight
//! tables.

use std::sync::OnceLock;

/// What `data` leaves after data that left `remainder`.
pub fn remainder(mut remainder: u32, data: &[u8]) -> u32 {
    let tables = TABLES.get_or_init(tables);
    let (blocks, rest) = data.as_chunks::<BLOCK>();
    for block in blocks {
        let word = u64::from_le_bytes(*block) ^ u64::from(remainder);
        let of = |byte: usize| tables[7 - byte][usize::from((word >> (8 * byte)) as u8)];
        // Unrolled by hand, so that no optimisation level makes it a loop.
        remainder = (of(0) ^ of(1) ^ of(2) ^ of(3)) ^ (of(4) ^ of(5) ^ of(6) ^ of(7));
    }
    for byte in rest {
        remainder = (remainder >> 8) ^ tables[0][usize::from(remainder as u8 ^ byte)];
    }
    remainder
}

/// The bytes processed at once; each has a table of its own.
const BLOCK: usize = 8;

type Tables = [[u32; 256]; BLOCK];

/// Made when first needed: 8 KiB that the module need not carry.
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
