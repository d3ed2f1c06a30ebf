//! The number tokens of JSON (RFC 8259, section 6), read to the nearest double.

use super::decimal::{Decimal, MAX_DIGITS};
use super::digits::take_digits;

/// Reads the number that `text` starts with: the double nearest to it, ties to
/// even, and the length of its token.
///
/// `None` when `text` does not start with a number of the JSON grammar. A
/// number beyond the largest double is an infinity: the caller refuses it. What
/// follows the token is not looked at. Linear in the length of the token.
#[inline(never)]
pub fn parse_number(text: &[u8]) -> Option<(f64, usize)> {
    let negative = text.first() == Some(&b'-');
    let start = usize::from(negative);
    let (mut mantissa, mut end) = take_digits(text, start, 0);
    let whole = end - start;
    if whole == 0 || (whole > 1 && text[start] == b'0') {
        return None;
    }
    let mut fraction = 0;
    if text.get(end) == Some(&b'.') {
        let point = end;
        (mantissa, end) = take_digits(text, point + 1, mantissa);
        fraction = end - point - 1;
        if fraction == 0 {
            return None;
        }
    }
    let digits_end = end;
    let mut exponent = -(fraction as i64);
    if let Some(b'e' | b'E') = text.get(end) {
        let (scale, after) = parse_exponent(text, end + 1)?;
        exponent += scale;
        end = after;
    }
    let decimal = if whole + fraction <= MAX_DIGITS {
        Decimal {
            mantissa,
            rest: &[],
            exponent,
        }
    } else {
        Decimal::from_digits(&text[start..digits_end], exponent)
    };
    Some((decimal.to_f64(negative), end))
}

/// Reads the exponent at `start`, after the `e`: its value and where it ends.
///
/// The value stops growing at a size that no token's count of digits can bring
/// back into range.
fn parse_exponent(text: &[u8], start: usize) -> Option<(i64, usize)> {
    const CEILING: i64 = 1 << 40;
    let (negative, start) = match text.get(start) {
        Some(b'-') => (true, start + 1),
        Some(b'+') => (false, start + 1),
        _ => (false, start),
    };
    let digits = text[start..]
        .iter()
        .take_while(|byte| byte.is_ascii_digit());
    let (mut value, mut end) = (0_i64, start);
    for digit in digits {
        value = (value * 10 + i64::from(digit - b'0')).min(CEILING);
        end += 1;
    }
    let value = if negative { -value } else { value };
    (end > start).then_some((value, end))
}
