//! Texts of the usual shape: an array of records with the two fields, in either
//! order and with any white space.
//!
//! The general reader handles all other texts (another field, an escape in a
//! key, an array instead of a record, a mistake).

use super::digits::{POWERS, leading_digits, take_digits};
use super::number::{parse_common, parse_number};
use crate::Datapoint;

/// The shortest record and its comma.
const SHORTEST: usize = br#"{"timestamp":0,"value":0},"#.len();

/// A part of the text that was read, and where it ends.
type Read<T> = Option<(T, usize)>;

/// The datapoints of `text`; `None` where it is not of the usual shape.
pub fn parse(text: &[u8]) -> Option<Vec<Datapoint>> {
    let mut points = Vec::new();
    let start = skip(text, 0, b'[')?;
    let mut at = start;
    loop {
        if points.len() == points.capacity() {
            reserve(&mut points, at - start, text.len() - at);
        }
        let (point, end) = match compact_record(text, at) {
            Some(read) => read,
            None => record(text, at)?,
        };
        points.push(point);
        at = end;
        if text.get(at) == Some(&b',') {
            at += 1;
            continue;
        }
        at = skip_white_space(text, at);
        match text.get(at)? {
            b',' => at += 1,
            b']' => break,
            _ => return None,
        }
    }
    (skip_white_space(text, at + 1) == text.len()).then_some(points)
}

/// Makes room for the points of the `left` bytes, if they are like those of the
/// `done` bytes before them, and a little more: growing once more would copy
/// all points, and too much room is memory that the guest keeps.
#[cold]
fn reserve(points: &mut Vec<Datapoint>, done: usize, left: usize) {
    let most = left / SHORTEST + 1;
    if points.is_empty() {
        points.reserve_exact(most.min(64));
        return;
    }
    // In 64 bits: the product does not fit in a 32-bit machine's words.
    let alike = (left as u64 * points.len() as u64 / done as u64) as usize;
    let wanted = alike + alike / 16 + 1;
    // At least half as much again keeps the sum of all copies linear.
    points.reserve_exact(wanted.max(points.len() / 2).min(most));
}

/// Reads `{"timestamp":1,"value":2}`, without white space, where enough text
/// follows to read it in whole words.
#[inline(always)]
fn compact_record(text: &[u8], at: usize) -> Read<Datapoint> {
    const KEY: &[u8; 13] = br#"{"timestamp":"#;
    let (key, rest) = text.get(at..)?.split_first_chunk()?;
    if key != KEY {
        return None;
    }
    let at = at + KEY.len();
    let (timestamp, at) = if let Some(words) = rest.first_chunk()
        && let Some((timestamp, length)) = two_words(words)
    {
        (timestamp, at + length)
    } else {
        parse_timestamp(text, at)?
    };
    let at = literal(text, at, br#","value":"#)?;
    let (value, at) = parse_value(text, at)?;
    let at = literal(text, at, b"}")?;
    Some((Datapoint { timestamp, value }, at))
}

/// Reads an integer of 8 to 15 digits: most timestamps.
#[inline(always)]
fn two_words(text: &[u8; 16]) -> Read<u64> {
    let (words, _) = text.as_chunks();
    let (high, 8) = leading_digits(u64::from_le_bytes(words[0])) else {
        return None;
    };
    let (low, length) = leading_digits(u64::from_le_bytes(words[1]));
    if text[0] == b'0' || length == 8 {
        return None;
    }
    Some((high * POWERS[length] + low, 8 + length))
}

/// Reads a record in either order of its fields and with any white space.
#[inline(never)]
fn record(text: &[u8], at: usize) -> Read<Datapoint> {
    let (mut timestamp, mut value) = (None, None);
    let mut at = skip(text, at, b'{')?;
    for last in [false, true] {
        let key = skip_white_space(text, at);
        if let Some(end) = literal(text, key, br#""timestamp""#) {
            let start = skip_white_space(text, skip(text, end, b':')?);
            (timestamp, at) = parse_timestamp(text, start).map(|(read, end)| (Some(read), end))?;
        } else {
            let end = literal(text, key, br#""value""#)?;
            let start = skip_white_space(text, skip(text, end, b':')?);
            (value, at) = parse_value(text, start).map(|(read, end)| (Some(read), end))?;
        }
        at = skip(text, at, if last { b'}' } else { b',' })?;
    }
    // One of them is missing where the other is repeated.
    let (timestamp, value) = (timestamp?, value?);
    Some((Datapoint { timestamp, value }, at))
}

/// Reads an integer from 0 to 2^64 - 1.
#[inline(always)]
fn parse_timestamp(text: &[u8], start: usize) -> Read<u64> {
    let (timestamp, end) = take_digits(text, start, 0);
    let length = end - start;
    if length > 19 {
        // take_digits wraps.
        let digits = std::str::from_utf8(&text[start..end]).ok()?;
        return Some((digits.parse().ok().filter(|_| text[start] != b'0')?, end));
    }
    if length == 0 || (length > 1 && text[start] == b'0') {
        return None;
    }
    // What follows an integer here is white space, a comma or a brace, so a
    // fraction or an exponent is noticed there.
    Some((timestamp, end))
}

/// Reads a number within the range of a double.
#[inline(always)]
fn parse_value(text: &[u8], at: usize) -> Read<f64> {
    let text = text.get(at..)?;
    if let Some(words) = text.first_chunk()
        && let Some((value, length)) = parse_common(words)
    {
        return Some((value, at + length));
    }
    match parse_number(text) {
        Some((value, length)) if value.is_finite() => Some((value, at + length)),
        _ => None,
    }
}

/// The end of `expected` where it is at `at`.
#[inline(always)]
fn literal<const N: usize>(text: &[u8], at: usize, expected: &[u8; N]) -> Option<usize> {
    (text.get(at..)?.first_chunk::<N>()? == expected).then_some(at + N)
}

/// The end of `expected` where it is at `at` after white space.
#[inline(always)]
fn skip(text: &[u8], at: usize, expected: u8) -> Option<usize> {
    let at = skip_white_space(text, at);
    (*text.get(at)? == expected).then_some(at + 1)
}

/// Where the white space at `at` ends.
#[inline(always)]
fn skip_white_space(text: &[u8], mut at: usize) -> usize {
    while let Some(b' ' | b'\n' | b'\r' | b'\t') = text.get(at) {
        at += 1;
    }
    at
}
