//! validate-checksum: CRC-32 by its definition, one bit at a time.

use serde_json::json;

use crate::format::{self, Case, VALIDATE_CHECKSUM, Want};
use crate::prng::Prng;

/// CRC-32 of ISO 3309 and ITU-T V.42: polynomial 0x04c11db7, reflected, all
/// ones at the start and inverted at the end.
fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for byte in bytes {
        for bit in 0..8 {
            let out = (crc ^ u32::from(byte >> bit)) & 1;
            crc >>= 1;
            if out == 1 {
                crc ^= 0x04c1_1db7_u32.reverse_bits();
            }
        }
    }
    !crc
}

pub fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    let mut random = Prng::new(0xc8c);

    // The check value of the CRC catalogue.
    assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
    add(&mut cases, "check-value", b"123456789", 1, 0xcbf4_3926);
    add(
        &mut cases,
        "check-value-wrong",
        b"123456789",
        1,
        0xcbf4_3927,
    );
    add(
        &mut cases,
        "check-value-bytes-swapped",
        b"123456789",
        1,
        0xcbf4_3926_u32.swap_bytes(),
    );
    add(
        &mut cases,
        "check-value-not-inverted",
        b"123456789",
        1,
        !0xcbf4_3926,
    );
    add(&mut cases, "empty", b"", 1, 0);
    add(&mut cases, "empty-wrong", b"", 1, 1);
    add(&mut cases, "empty-all-ones", b"", 1, u32::MAX);

    for n in [
        1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 63, 64, 65, 127, 129, 255, 256, 257, 1000, 4096,
    ] {
        let bytes: Vec<u8> = (0..n).map(|_| random.bits() as u8).collect();
        let right = crc32(&bytes);
        add(&mut cases, &format!("random-{n}"), &bytes, 1, right);
        add(
            &mut cases,
            &format!("random-{n}-one-bit-off"),
            &bytes,
            1,
            right ^ (1 << random.below(32)),
        );
    }
    for (name, byte, n) in [
        ("zeros", 0, 4),
        ("zeros", 0, 65_535),
        ("zeros", 0, 65_536),
        ("zeros", 0, 65_537),
        ("ones", 255, 1),
        ("ones", 255, 131_072),
        ("letters", b'a', 200_000),
    ] {
        let bytes = vec![byte; n];
        let right = crc32(&bytes);
        add(&mut cases, &format!("{name}-{n}"), &[byte], n, right);
        add(
            &mut cases,
            &format!("{name}-{n}-wrong"),
            &[byte],
            n,
            right.wrapping_add(1),
        );
    }
    cases
}

fn add(cases: &mut Vec<Case>, name: &str, bytes: &[u8], repeat: usize, expected: u32) {
    let right = crc32(&bytes.repeat(repeat)) == expected;
    cases.push(Case::call(
        format!("validate-checksum/{name}"),
        VALIDATE_CHECKSUM,
        vec![format::bytes(bytes, repeat), json!(expected)],
        Want::Value(right.into()),
    ));
}
