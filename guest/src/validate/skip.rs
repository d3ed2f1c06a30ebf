//! Values that are not needed, and names of fields: where they end.
//!
//! They are held to the grammar (RFC 8259), as serde_json does. What nests
//! deeper than `DEPTH` is left to the general reader.

use std::num::NonZeroUsize;

use super::lanes::Place;

/// How deep values may nest.
const DEPTH: u32 = 62;

/// Where the white space at `at` ends.
#[inline(always)]
pub fn white_space(text: &[u8], at: usize) -> usize {
    match text.get(at) {
        Some(..=b' ') => some_white_space(text, at),
        _ => at,
    }
}

#[inline(never)]
fn some_white_space(text: &[u8], mut at: usize) -> usize {
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

/// A place after another one. It has no zero, so that functions return it
/// without a detour through memory.
pub type End = Option<NonZeroUsize>;

/// Where the value at `at` ends.
#[inline(never)]
pub fn value(text: &[u8], mut at: usize) -> End {
    // A bit for each bracket around the place, 1 for that of an object, the
    // innermost last; the first bit is none of them.
    let mut around = 1_u64;
    loop {
        let first = *text.get(at)?;
        let end = match first {
            b'"' => string(text, at + 1)?,
            b'-' | b'0'..=b'9' => number(text, at)?,
            b't' => word(text, at, b"true")?,
            b'f' => word(text, at, b"false")?,
            b'n' => word(text, at, b"null")?,
            b'[' | b'{' => {
                at = white_space(text, at + 1);
                // The closing brackets are two after the opening ones.
                if *text.get(at)? != first + 2 {
                    if around >> DEPTH != 0 {
                        return None;
                    }
                    around = around << 1 | u64::from(first == b'{');
                    at = member(text, at, around)?.get();
                    continue;
                }
                NonZeroUsize::new(at + 1)?
            }
            _ => return None,
        };
        at = end.get();
        loop {
            if around == 1 {
                return NonZeroUsize::new(at);
            }
            at = white_space(text, at);
            let next = *text.get(at)?;
            at += 1;
            if next == b',' {
                at = member(text, white_space(text, at), around)?.get();
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
#[inline(always)]
fn member(text: &[u8], at: usize, around: u64) -> End {
    if around & 1 == 0 {
        return NonZeroUsize::new(at);
    }
    let name = token(text, at, b'"')?;
    let colon = token(text, string(text, name)?.get(), b':')?;
    NonZeroUsize::new(white_space(text, colon))
}

fn word(text: &[u8], at: usize, word: &[u8]) -> End {
    let is_word = text.get(at..)?.starts_with(word);
    NonZeroUsize::new(at + word.len()).filter(|_| is_word)
}

#[inline(never)]
fn number(text: &[u8], at: usize) -> End {
    let start = at + usize::from(text[at] == b'-');
    let mut end = digits(text, start)?;
    if text[start] == b'0' && end.get() > start + 1 {
        return None;
    }
    if text.get(end.get()) == Some(&b'.') {
        end = digits(text, end.get() + 1)?;
    }
    if let Some(b'e' | b'E') = text.get(end.get()) {
        let mut power = end.get() + 1;
        if let Some(b'+' | b'-') = text.get(power) {
            power += 1;
        }
        end = digits(text, power)?;
    }
    Some(end)
}

/// Where the digits at `at`, at least one, end.
fn digits(text: &[u8], at: usize) -> End {
    let mut end = at;
    while let Some(b'0'..=b'9') = text.get(end) {
        end += 1;
    }
    NonZeroUsize::new(end).filter(|_| end > at)
}

/// Where the string whose first character is at `at` ends, after its quotation
/// mark.
#[inline(never)]
fn string(text: &[u8], mut at: usize) -> End {
    loop {
        at = plain(text, at);
        match text.get(at)? {
            b'"' => return NonZeroUsize::new(at + 1),
            b'\\' => at = escape(text, at + 1)?.get(),
            _ => return None,
        }
    }
}

/// Where the string whose first character is at `at` ends, if it has no escapes.
pub fn plain_string(text: &[u8], at: usize) -> End {
    let end = string(text, at)?;
    let is_plain = text[at..end.get()].iter().all(|byte| *byte != b'\\');
    is_plain.then_some(end)
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
fn escape(text: &[u8], at: usize) -> End {
    match text.get(at)? {
        b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => NonZeroUsize::new(at + 1),
        b'u' => {
            let digits = text.get(at + 1..at + 5)?;
            let are_digits = digits.iter().all(u8::is_ascii_hexdigit);
            NonZeroUsize::new(at + 5).filter(|_| are_digits)
        }
        _ => None,
    }
}
