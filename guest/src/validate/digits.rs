//! Decimal digits, eight at a time in a 64-bit word.
//!
//! The word holds eight bytes of text, the first in its lowest byte. The
//! method is that of D. Lemire, "Number parsing at a gigabyte per second"
//! (Software: Practice and Experience 51, 2021), section 4.

/// 10^0 to 10^16.
pub static POWERS: [u64; 17] = {
    let mut powers = [1; 17];
    let mut index = 1;
    while index < powers.len() {
        powers[index] = powers[index - 1] * 10;
        index += 1;
    }
    powers
};

/// Reads the digits of `text` from `start` on: `value` with them appended, and
/// where they end. The value wraps beyond 64 bits.
#[inline(never)]
pub fn take_digits(text: &[u8], start: usize, mut value: u64) -> (u64, usize) {
    let mut end = start;
    while let Some(chunk) = text.get(end..).and_then(|rest| rest.first_chunk::<8>()) {
        let (number, count) = leading_digits(u64::from_le_bytes(*chunk));
        value = value.wrapping_mul(POWERS[count]).wrapping_add(number);
        end += count;
        if count < 8 {
            return (value, end);
        }
    }
    take_last_digits(text, end, value)
}

/// `take_digits` for the last bytes of a text, fewer than eight.
#[cold]
fn take_last_digits(text: &[u8], start: usize, mut value: u64) -> (u64, usize) {
    let mut end = start;
    while let Some(digit @ b'0'..=b'9') = text.get(end) {
        value = value.wrapping_mul(10).wrapping_add(u64::from(digit - b'0'));
        end += 1;
    }
    (value, end)
}

/// The number that the digits at the start of `word` make, and how many they
/// are, 0 to 8.
#[inline(always)]
pub fn leading_digits(word: u64) -> (u64, usize) {
    // A digit is a byte that exclusive-or with '0' brings to 0..=9; adding 0x76
    // sets the high bit of every other one, and no carry leaves a byte.
    let values = word ^ 0x3030_3030_3030_3030;
    let others = ((values & 0x7f7f_7f7f_7f7f_7f7f) + 0x7676_7676_7676_7676) | values;
    let bits = (others & 0x8080_8080_8080_8080).trailing_zeros() & !7;
    // The digits go to the high bytes: zeros lead. In two steps, since a shift
    // by 64 is no shift.
    let aligned = if bits == 64 {
        values
    } else {
        (values << (56 - bits)) << 8
    };
    // Pairs, then fours, then all eight.
    let pairs = aligned.wrapping_mul(10) + (aligned >> 8);
    let low = (pairs & 0x0000_00ff_0000_00ff).wrapping_mul(100 + (1_000_000 << 32));
    let high = ((pairs >> 16) & 0x0000_00ff_0000_00ff).wrapping_mul(1 + (10_000 << 32));
    (low.wrapping_add(high) >> 32, bits as usize / 8)
}

#[cfg(test)]
mod tests {
    use super::{leading_digits, take_digits};

    #[test]
    fn every_count_of_digits_is_read() {
        let digits = b"98765432";
        for count in 0..=8 {
            for other in (0..=255_u8).filter(|byte| !byte.is_ascii_digit()) {
                let mut text = *digits;
                text[count..].fill(other);
                let expected = digits[..count]
                    .iter()
                    .fold(0, |number, digit| number * 10 + u64::from(digit - b'0'));
                assert_eq!(leading_digits(u64::from_le_bytes(text)), (expected, count));
            }
        }
    }

    #[test]
    fn digits_after_the_first_other_byte_do_not_count() {
        assert_eq!(leading_digits(u64::from_le_bytes(*b"12.45678")), (12, 2));
        assert_eq!(
            leading_digits(u64::from_le_bytes(*b"\xff\xb9345678")),
            (0, 0)
        );
    }

    #[test]
    fn a_text_of_any_length_is_read_to_its_end() {
        let text = b"12345678901234567890";
        for length in 0..text.len() {
            let expected = text[..length]
                .iter()
                .fold(0_u64, |number, digit| number * 10 + u64::from(digit - b'0'));
            assert_eq!(take_digits(&text[..length], 0, 0), (expected, length));
        }
        assert_eq!(take_digits(b"x", 1, 7), (7, 1));
        assert_eq!(take_digits(b"x", 2, 7), (7, 2));
    }
}
