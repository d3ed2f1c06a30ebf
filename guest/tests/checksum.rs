//! validate-checksum against the definition of CRC-32, bit by bit.

use compute_pipeline::checksum::{crc32, validate_checksum};
use proptest::prelude::*;

/// The remainder of the message, as a polynomial over two elements, divided by
/// the generator of IEEE 802.3, with the reflections that the standard asks for.
fn model(data: &[u8]) -> u32 {
    !data.iter().fold(u32::MAX, |remainder, byte| {
        (0..8).fold(remainder ^ u32::from(*byte), |remainder, _| {
            (remainder >> 1) ^ (0xedb8_8320 & 0_u32.wrapping_sub(remainder & 1))
        })
    })
}

#[test]
fn known_checksums_are_confirmed() {
    // The first is the check value by which catalogues tell CRCs apart.
    for (data, expected) in [
        (&b"123456789"[..], 0xcbf4_3926),
        (b"", 0),
        (b"a", 0xe8b7_be43),
        (b"The quick brown fox jumps over the lazy dog", 0x414f_a339),
        (&[0; 32], 0x190a_55ad),
        (&[0xff; 32], 0xff6c_ab0b),
    ] {
        assert!(validate_checksum(data, expected), "{data:?}");
        assert_eq!(model(data), expected, "{data:?}");
    }
}

#[test]
fn every_length_around_the_blocks_is_right() {
    let data: Vec<_> = (0..300_u32)
        .map(|index| (index * index + 7 * index) as u8)
        .collect();
    for start in 0..17 {
        for end in start..data.len() {
            assert_eq!(
                crc32(&data[start..end]),
                model(&data[start..end]),
                "{start}..{end}"
            );
        }
    }
}

#[test]
fn a_flipped_bit_is_noticed() {
    let mut data = *b"every bit of this text counts, also the last ones";
    let expected = crc32(&data);
    for bit in 0..data.len() * 8 {
        data[bit / 8] ^= 1 << (bit % 8);
        assert!(!validate_checksum(&data, expected), "bit {bit}");
        data[bit / 8] ^= 1 << (bit % 8);
    }
    for bit in 0..32 {
        assert!(!validate_checksum(&data, expected ^ 1 << bit), "bit {bit}");
    }
    assert!(validate_checksum(&data, expected));
}

proptest! {
    #[test]
    fn any_data_has_the_checksum_of_the_definition(
        data in prop::collection::vec(any::<u8>(), 0..5_000),
        other in any::<u32>(),
    ) {
        let expected = model(&data);
        prop_assert_eq!(crc32(&data), expected);
        prop_assert!(validate_checksum(&data, expected));
        prop_assert_eq!(validate_checksum(&data, other), other == expected);
    }
}
