//! LEB128, the variable-length form of every number in a WebAssembly binary.

/// Appends `value` in its shortest form.
pub(crate) fn write_u32(out: &mut Vec<u8>, mut value: u32) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// How many bytes the shortest form takes.
pub(crate) fn width(value: u32) -> usize {
    1 + value.checked_ilog2().unwrap_or(0) as usize / 7
}

/// Appends a signed number in its shortest form.
pub(crate) fn write_i64(out: &mut Vec<u8>, mut value: i64) {
    while !(-0x40..0x40).contains(&value) {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8 & 0x7f);
}

/// Reads a number at the start of `bytes` and how many bytes it takes. `None`
/// when `bytes` ends too soon or the number needs more than 32 bits.
pub(crate) fn read_u32(bytes: &[u8]) -> Option<(u32, usize)> {
    let mut value = 0u32;
    for (i, &byte) in bytes.iter().take(5).enumerate() {
        let bits = u32::from(byte & 0x7f);
        if i == 4 && bits > 0xf {
            return None;
        }
        value |= bits << (7 * i);
        if byte < 0x80 {
            return Some((value, i + 1));
        }
    }
    None
}

/// Reads a signed number at the start of `bytes`, which is known to be there.
pub(crate) fn read_i64(bytes: &[u8]) -> i64 {
    let (mut value, mut shift) = (0, 0);
    for &byte in bytes.iter().take(10) {
        value |= i64::from(byte & 0x7f) << shift;
        shift += 7;
        if byte < 0x80 {
            // Bit 6 of the last byte is the sign.
            return match shift {
                0..64 => value << (64 - shift) >> (64 - shift),
                _ => value,
            };
        }
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_come_back() {
        for value in [
            0,
            1,
            0x7f,
            0x80,
            0x3fff,
            0x4000,
            0x1f_ffff,
            0x20_0000,
            u32::MAX - 1,
            u32::MAX,
        ] {
            let mut bytes = vec![];
            write_u32(&mut bytes, value);
            assert_eq!(read_u32(&bytes), Some((value, width(value))));
            assert_eq!(bytes.len(), width(value));
            assert_eq!(read_u32(&bytes[..bytes.len() - 1]), None);
        }
    }

    #[test]
    fn signed_numbers_are_the_shortest() {
        for (value, expected) in [
            (0, &[0][..]),
            (63, &[0x3f]),
            (64, &[0xc0, 0x00]),
            (-1, &[0x7f]),
            (-64, &[0x40]),
            (-65, &[0xbf, 0x7f]),
            (8192, &[0x80, 0xc0, 0x00]),
            (
                i64::MIN,
                &[128, 128, 128, 128, 128, 128, 128, 128, 128, 0x7f],
            ),
            (i64::MAX, &[255, 255, 255, 255, 255, 255, 255, 255, 255, 0]),
        ] {
            let mut bytes = vec![];
            write_i64(&mut bytes, value);
            assert_eq!(bytes, expected, "{value}");
            assert_eq!(read_i64(&bytes), value);
        }
    }

    #[test]
    fn longer_forms_are_read_and_too_large_ones_refused() {
        assert_eq!(read_u32(&[0xd2, 0x80, 0x00]), Some((0x52, 3)));
        assert_eq!(read_u32(&[0xff, 0xff, 0xff, 0xff, 0x1f]), None);
        assert_eq!(read_u32(&[0x80, 0x80, 0x80, 0x80, 0x80, 0x00]), None);
    }
}
