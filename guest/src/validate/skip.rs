//! Values that are not needed, and names of fields: where they end.
//!
//! They are held to the grammar (RFC 8259), as serde_json does. What nests
//! deeper than `DEPTH` is left to the general reader.

use super::lanes::Place;

/// How deep values may nest.
const DEPTH: u32 = 62;

/// Where the white space at `at` ends.
#[inline(always)]
pub fn white_space(text: &[u8], mut at: usize) -> usize {
    while let Some(b' ' | b'\n' | b'\r' | b'\t') = text.get(at) {
        at += 1;
    }
    at
}

/// The end of `expected` where it is at `at` after white space.
#[inline(always)]
pub fn token(text: &[u8], at: usize, expected: u8) -> Option<usize> {
    let at = white_space(text, at);
    (*text.get(at)? == expected).then_some(at + 1)
}

/// Where the value at `at` ends.
#[inline(never)]
pub fn value(text: &[u8], mut at: usize) -> Option<usize> {
    // A bit for each bracket around the place, 1 for that of an object, the
    // innermost last; the first bit is none of them.
    let mut around = 1_u64;
    loop {
        let first = *text.get(at)?;
        at = match first {
            b'"' => string(text, at + 1)?,
            b'-' | b'0'..=b'9' => number(text, at)?,
            b't' => word(text, at, b"true")?,
            b'f' => word(text, at, b"false")?,
            b'n' => word(text, at, b"null")?,
            b'[' | b'{' => {
                at = white_space(text, at + 1);
                if *text.get(at)? == first + 2 {
                    at + 1
                } else {
                    if around >> DEPTH != 0 {
                        return None;
                    }
                    around = around << 1 | u64::from(first == b'{');
                    at = member(text, at, around)?;
                    continue;
                }
            }
            _ => return None,
        };
        loop {
            if around == 1 {
                return Some(at);
            }
            at = white_space(text, at);
            let next = *text.get(at)?;
            at += 1;
            if next == b',' {
                at = member(text, white_space(text, at), around)?;
                break;
            }
            if next != [b']', b'}'][(around & 1) as usize] {
                return None;
            }
            around >>= 1;
        }
    }
}

/// Where the value of the member at `at` begins, which has a name in an object.
fn member(text: &[u8], at: usize, around: u64) -> Option<usize> {
    if around & 1 == 0 {
        return Some(at);
    }
    let name = token(text, at, b'"')?;
    let colon = token(text, string(text, name)?, b':')?;
    Some(white_space(text, colon))
}

fn word(text: &[u8], at: usize, word: &[u8]) -> Option<usize> {
    text.get(at..)?.starts_with(word).then_some(at + word.len())
}

fn number(text: &[u8], at: usize) -> Option<usize> {
    let start = at + usize::from(text[at] == b'-');
    let mut end = digits(text, start)?;
    if text[start] == b'0' && end > start + 1 {
        return None;
    }
    if text.get(end) == Some(&b'.') {
        end = digits(text, end + 1)?;
    }
    if let Some(b'e' | b'E') = text.get(end) {
        end += 1;
        if let Some(b'+' | b'-') = text.get(end) {
            end += 1;
        }
        end = digits(text, end)?;
    }
    Some(end)
}

/// Where the digits at `at`, at least one, end.
fn digits(text: &[u8], at: usize) -> Option<usize> {
    let count = text
        .get(at..)?
        .iter()
        .take_while(|byte| byte.is_ascii_digit())
        .count();
    (count > 0).then_some(at + count)
}

/// Where the string whose first character is at `at` ends, after its quotation
/// mark.
fn string(text: &[u8], mut at: usize) -> Option<usize> {
    loop {
        at = plain(text, at);
        match text.get(at)? {
            b'"' => return Some(at + 1),
            b'\\' => at = escape(text, at + 1)?,
            _ => return None,
        }
    }
}

/// Where the string whose first character is at `at` ends, if it has no escapes.
pub fn plain_string(text: &[u8], at: usize) -> Option<usize> {
    let at = plain(text, at);
    (*text.get(at)? == b'"').then_some(at + 1)
}

/// The first byte from `at` on that ends a run of plain characters.
#[inline(always)]
fn plain(text: &[u8], mut at: usize) -> usize {
    while at + 16 <= text.len() {
        // SAFETY: they are within the text, as was just checked.
        let ends = unsafe { Place::new(text, at).lanes() }.ends();
        if ends != 0 {
            return at + ends.trailing_zeros() as usize;
        }
        at += 16;
    }
    let is_plain = |byte: &&u8| !matches!(byte, b'"' | b'\\' | 0..0x20);
    at + text[at..].iter().take_while(is_plain).count()
}

/// Where the escape whose second character is at `at` ends.
fn escape(text: &[u8], at: usize) -> Option<usize> {
    match text.get(at)? {
        b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => Some(at + 1),
        b'u' => {
            let digits = text.get(at + 1..at + 5)?;
            digits.iter().all(u8::is_ascii_hexdigit).then_some(at + 5)
        }
        _ => None,
    }
}
