//! What stands between the values of records: commas, braces, names, white space.
//!
//! A text has few of these gaps. Each begins after the value of a record's field
//! and ends before that of another, so where its bytes are those of one that was
//! read, they mean the same, and no name is read again.

use super::gap::Gap;
use super::skip::{self, token, white_space};

/// What comes after a gap: bits for a number that is needed, none for the value
/// of another field, and one where the field is the first of the next record.
pub const TIMESTAMP: u32 = 1;
pub const VALUE: u32 = 2;
pub const BOTH: u32 = TIMESTAMP | VALUE;
pub const CROSSES: u32 = 4;

/// What follows a value of a record.
#[derive(Clone, Copy)]
pub enum Next {
    /// Another field: the bits, and where its value is, or white space before.
    Field(u32, usize),
    /// The end of the array, and where that is.
    End(usize),
}

/// A gap that was read. The bits are last: wazero checks the bounds of the
/// first load only, if that is of the last bytes.
#[repr(C)]
pub struct Known {
    pub gap: Gap,
    /// The index of the gap that followed this one.
    pub next: usize,
    pub bits: u32,
}

/// How many gaps are kept.
const COUNT: usize = 16;

/// The gaps of a text.
#[derive(Default)]
pub struct Names {
    pub known: Vec<Known>,
    /// The index of the one that was passed last.
    pub last: usize,
    /// The index of the one that is replaced next.
    oldest: usize,
    /// The most bytes that one has had.
    pub longest: usize,
}

impl Names {
    /// Reads what follows the value that ends at `at`.
    pub fn read(&mut self, text: &[u8], at: usize) -> Option<Next> {
        let is = |known: &Known| known.gap.is_at(text, at);
        let expected = self.known.get(self.last).map(|last| last.next);
        let expected = expected.filter(|next| self.known.get(*next).is_some_and(is));
        let index = match expected.or_else(|| self.known.iter().position(is)) {
            Some(index) => index,
            None => {
                let next = parse(text, at)?;
                let Next::Field(bits, end) = next else {
                    return Some(next);
                };
                let Some(gap) = Gap::new(text, at, end) else {
                    return Some(next);
                };
                self.keep(gap, bits)
            }
        };
        if let Some(last) = self.known.get_mut(self.last) {
            last.next = index;
        }
        self.last = index;
        let known = &self.known[index];
        Some(Next::Field(known.bits, at + known.gap.length))
    }

    /// Keeps a gap; returns its index.
    fn keep(&mut self, gap: Gap, bits: u32) -> usize {
        self.longest = self.longest.max(gap.length);
        let known = Known { gap, next: 0, bits };
        if self.known.len() < COUNT {
            self.known.push(known);
            return self.known.len() - 1;
        }
        let index = self.oldest;
        self.oldest = (index + 1) % COUNT;
        self.known[index] = known;
        index
    }
}

/// Reads what follows the value that ends at `at`, by the grammar.
fn parse(text: &[u8], at: usize) -> Option<Next> {
    let mut at = white_space(text, at);
    let mut crosses = 0;
    if *text.get(at)? == b'}' {
        at = white_space(text, at + 1);
        if *text.get(at)? == b']' {
            return Some(Next::End(at + 1));
        }
        crosses = CROSSES;
    }
    at = token(text, at, b',')?;
    if crosses != 0 {
        at = token(text, at, b'{')?;
    }
    let (bits, at) = name(text, at)?;
    Some(Next::Field(bits | crosses, at))
}

/// Reads the name at `at`, its colon and the white space around them: the bits of
/// the field, and where that ends.
pub fn name(text: &[u8], at: usize) -> Option<(u32, usize)> {
    let start = token(text, at, b'"')?;
    let end = skip::plain_string(text, start)?.get();
    let bits = match &text[start..end - 1] {
        b"timestamp" => TIMESTAMP,
        b"value" => VALUE,
        _ => 0,
    };
    Some((bits, white_space(text, token(text, end, b':')?)))
}
