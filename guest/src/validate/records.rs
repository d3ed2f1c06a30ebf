//! Texts of records: an array of objects with the two fields, and others, in
//! any order and with any white space.
//!
//! The general reader handles all other texts (an escape in a field's name, an
//! array instead of a record, deep nesting, a mistake).

use std::ops::Range;

use super::digits::take_digits;
use super::lanes::Place;
use super::number::{parse_exponent, parse_number};
use super::quick::{self, Opaque};
use super::skip::{self, token, white_space};
use super::template::Template;
use crate::Datapoint;

/// The shortest record and its comma.
const SHORTEST: usize = br#"{"timestamp":0,"value":0},"#.len();

/// A part of the text that was read, and where it ends.
type Read<T> = Option<(T, usize)>;

/// Where the two numbers of a record are.
#[derive(Clone, Default)]
pub struct Layout {
    pub first: Range<usize>,
    pub second: Range<usize>,
    /// The value is the first one.
    pub swapped: bool,
}

impl Layout {
    pub fn timestamp(&self) -> &Range<usize> {
        if self.swapped {
            &self.second
        } else {
            &self.first
        }
    }
}

/// The datapoints of `text`; `None` where it is not an array of records.
pub fn parse(text: &[u8]) -> Option<Vec<Datapoint>> {
    let mut points = Vec::new();
    let start = token(text, 0, b'[')?;
    let mut at = start;
    // Where the second number of the record before ends.
    let mut previous = None;
    loop {
        if points.len() == points.capacity() {
            grow(&mut points, at - start, text.len() - at);
        }
        let mut record = Record::default();
        let opened = token(text, at, b'{')?;
        at = record.fields(text, opened)?;
        // One of them is missing where the other is repeated.
        points.push(record.point()?);
        let layout = record.layout();
        let mut end = layout.second.end;
        if let Some(previous) = previous
            && let Some(template) = Template::new(text, previous, &layout)
        {
            while template.read(text, &mut end, &mut points) {
                grow(&mut points, end - start, text.len() - end);
            }
            if end != layout.second.end {
                // What follows the numbers of the last record that is alike.
                at = record.rest(text, end)?;
            }
        }
        previous = Some(end);
        at = white_space(text, at);
        match text.get(at)? {
            b',' => at += 1,
            b']' => break,
            _ => return None,
        }
    }
    (white_space(text, at + 1) == text.len()).then_some(points)
}

/// Makes room for the points of the `left` bytes, if they are like those of the
/// `done` bytes before them, and a little more: growing once more would copy
/// all points, and too much room is memory that the guest keeps.
#[cold]
#[inline(never)]
fn grow(points: &mut Vec<Datapoint>, done: usize, left: usize) {
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

/// The fields of a record that were read, with their places.
#[derive(Default)]
struct Record {
    timestamp: Option<(u64, Range<usize>)>,
    value: Option<(f64, Range<usize>)>,
}

impl Record {
    /// Reads fields, the first one at `at`, and the brace after them.
    fn fields(&mut self, text: &[u8], mut at: usize) -> Option<usize> {
        loop {
            let key = white_space(text, at);
            if let Some(end) = literal(text, key, br#""timestamp""#) {
                let start = white_space(text, token(text, end, b':')?);
                let (timestamp, end) = parse_timestamp(text, start)?;
                if self.timestamp.replace((timestamp, start..end)).is_some() {
                    return None;
                }
                at = end;
            } else if let Some(end) = literal(text, key, br#""value""#) {
                let start = white_space(text, token(text, end, b':')?);
                let (value, end) = parse_value(text, start)?;
                if self.value.replace((value, start..end)).is_some() {
                    return None;
                }
                at = end;
            } else {
                let name = token(text, key, b'"')?;
                let colon = token(text, skip::plain_string(text, name)?, b':')?;
                at = skip::value(text, white_space(text, colon))?;
            }
            at = white_space(text, at);
            match text.get(at)? {
                b',' => at += 1,
                b'}' => return Some(at + 1),
                _ => return None,
            }
        }
    }

    /// Reads what follows a field that ends at `at`.
    fn rest(&mut self, text: &[u8], at: usize) -> Option<usize> {
        let at = white_space(text, at);
        match text.get(at)? {
            b',' => self.fields(text, at + 1),
            b'}' => Some(at + 1),
            _ => None,
        }
    }

    fn point(&self) -> Option<Datapoint> {
        let (timestamp, value) = (self.timestamp.as_ref()?.0, self.value.as_ref()?.0);
        Some(Datapoint { timestamp, value })
    }

    /// # Panics
    ///
    /// If a field is missing.
    fn layout(&self) -> Layout {
        let timestamp = self.timestamp.as_ref().expect("a timestamp").1.clone();
        let value = self.value.as_ref().expect("a value").1.clone();
        let swapped = value.start < timestamp.start;
        let (first, second) = if swapped {
            (value, timestamp)
        } else {
            (timestamp, value)
        };
        Layout {
            first,
            second,
            swapped,
        }
    }
}

/// Reads an integer from 0 to 2^64 - 1.
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
#[inline(never)]
pub fn parse_value(text: &[u8], at: usize) -> Read<f64> {
    let (value, end) = match quick_value(text, at) {
        Some(read) => read,
        None => {
            let (value, length) = parse_number(text.get(at..)?)?;
            (value, at + length)
        }
    };
    value.is_finite().then_some((value, end))
}

/// Reads a number of few digits, where there is enough text around it.
#[inline(always)]
fn quick_value(text: &[u8], at: usize) -> Read<f64> {
    if at < quick::BEFORE || at + quick::AFTER > text.len() {
        return None;
    }
    // SAFETY: as was just checked.
    let number = unsafe { quick::number(Place::new(text, at), &Opaque::new()) };
    if number.wrong != 0 {
        return None;
    }
    let mut end = at + number.length;
    let mut exponent = 0;
    if let Some(b'e' | b'E') = text.get(end) {
        (exponent, end) = parse_exponent(text, end + 1)?;
    }
    Some((number.scaled(exponent), end))
}

/// The end of `expected` where it is at `at`.
#[inline(always)]
fn literal<const N: usize>(text: &[u8], at: usize, expected: &[u8; N]) -> Option<usize> {
    (text.get(at..)?.first_chunk::<N>()? == expected).then_some(at + N)
}
