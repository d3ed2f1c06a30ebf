//! validate-checksum against the definition of CRC-32, bit by bit.

use compute_pipeline::checksum::{crc32, crc32_in_place, validate_checksum};
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
        assert!(validate_checksum(data.to_vec(), expected), "{data:?}");
        assert_eq!(model(data), expected, "{data:?}");
    }
}

/// Data in which no two parts are alike.
fn any_bytes(length: usize) -> Vec<u8> {
    let mut state = 1_u32;
    (0..length)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        })
        .collect()
}

// Both methods that shorten data begin at some length, and go on in groups.
#[test]
fn every_length_at_every_address_is_right() {
    let data = any_bytes(5_600);
    let mut copy = vec![0; data.len() + 16];
    for length in 0..=data.len() {
        let data = &data[..length];
        let expected = model(data);
        assert_eq!(crc32(data), expected, "{length} bytes");
        let copy = &mut copy[length % 16..][..length];
        copy.copy_from_slice(data);
        assert_eq!(crc32_in_place(copy), expected, "{length} bytes");
    }
}

#[test]
fn every_bit_of_long_data_counts() {
    let data = any_bytes(10_000);
    let expected = model(&data);
    for bit in (0..8 * data.len()).step_by(7) {
        let mut changed = data.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        assert!(!validate_checksum(changed, expected), "bit {bit}");
    }
    assert!(validate_checksum(data, expected));
}

#[test]
fn a_flipped_bit_is_noticed() {
    let mut data = *b"every bit of this text counts, also the last ones";
    let expected = crc32(&data);
    for bit in 0..data.len() * 8 {
        data[bit / 8] ^= 1 << (bit % 8);
        assert!(!validate_checksum(data.to_vec(), expected), "bit {bit}");
        data[bit / 8] ^= 1 << (bit % 8);
    }
    for bit in 0..32 {
        assert!(
            !validate_checksum(data.to_vec(), expected ^ 1 << bit),
            "bit {bit}"
        );
    }
    assert!(validate_checksum(data.to_vec(), expected));
}

proptest! {
    #[test]
    fn any_data_has_the_checksum_of_the_definition(
        data in prop::collection::vec(any::<u8>(), 0..20_000),
        other in any::<u32>(),
    ) {
        let expected = model(&data);
        prop_assert_eq!(crc32(&data), expected);
        prop_assert!(validate_checksum(data.clone(), expected));
        prop_assert_eq!(validate_checksum(data, other), other == expected);
    }
}
