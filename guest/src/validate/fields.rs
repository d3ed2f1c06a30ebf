//! The fields of records, one after the other.

use std::mem::MaybeUninit;
use std::ops::Range;

use super::digits::take_digits;
use super::lanes::Place;
use super::names::{BOTH, CROSSES, Known, Names, Next, TIMESTAMP, VALUE, name};
use super::number::parse_number;
use super::quick::{self, Opaque};
use super::skip::{self, white_space};
use crate::Datapoint;

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

/// Both numbers were read, and the point of the record was taken.
const TAKEN: u32 = BOTH | CROSSES;

/// A place in a text, after the value of a record's field.
pub struct Fields<'a> {
    text: &'a [u8],
    pub at: usize,
    names: Names,
    /// The bits of the numbers of this record that were read.
    seen: u32,
    timestamp: u64,
    /// The bits of the value.
    value: u64,
    layout: Layout,
    /// How many numbers of this record are in the layout.
    placed: usize,
    /// Where the second number of the record before ends, if that is known.
    pub previous: Option<usize>,
}

impl<'a> Fields<'a> {
    /// Reads the first field of the first record, which starts at `at`.
    pub fn new(text: &'a [u8], at: usize) -> Option<Self> {
        let (bits, at) = name(text, at)?;
        let mut fields = Self {
            text,
            at,
            names: Names::default(),
            seen: 0,
            timestamp: 0,
            value: 0,
            layout: Layout::default(),
            placed: 0,
            previous: None,
        };
        fields.read(bits, at)?;
        Some(fields)
    }

    /// What follows this place.
    pub fn next(&mut self) -> Option<Next> {
        self.names.read(self.text, self.at)
    }

    /// The point of the record, unless it was taken before; `None` where one of
    /// the numbers is missing.
    pub fn point(&mut self) -> Option<Option<Datapoint>> {
        let point = Datapoint {
            timestamp: self.timestamp,
            value: f64::from_bits(self.value),
        };
        match std::mem::replace(&mut self.seen, TAKEN) {
            BOTH => Some(Some(point)),
            TAKEN => Some(None),
            _ => None,
        }
    }

    /// Where the numbers of the record are, if that is known.
    pub fn layout(&self) -> Option<&Layout> {
        (self.placed == 2).then_some(&self.layout)
    }

    /// Goes on after the second number of a later record, whose point was taken.
    pub fn move_to(&mut self, at: usize) {
        (self.at, self.seen) = (at, TAKEN);
        // As if it had been read here.
        self.layout.second = at..at;
        self.placed = 1;
    }

    /// Reads the value at `at`, of a field with these bits.
    pub fn read(&mut self, bits: u32, at: usize) -> Option<()> {
        if bits & CROSSES != 0 {
            self.previous = (self.placed > 0).then_some(self.layout.second.end);
            (self.seen, self.placed) = (0, 0);
        }
        let text = self.text;
        let at = white_space(text, at);
        self.at = match bits & BOTH {
            TIMESTAMP => {
                let (timestamp, end) = parse_timestamp(text, at)?;
                self.timestamp = timestamp;
                end
            }
            VALUE => {
                let (value, length) = parse_number(text.get(at..)?)?;
                if !value.is_finite() {
                    return None;
                }
                self.value = value.to_bits();
                at + length
            }
            _ => {
                self.at = skip::value(text, at)?.get();
                return Some(());
            }
        };
        if self.seen & bits & BOTH != 0 {
            return None;
        }
        self.layout.swapped = self.seen & VALUE != 0;
        self.seen |= bits & BOTH;
        self.layout.first = std::mem::replace(&mut self.layout.second, at..self.at);
        self.placed += 1;
        Some(())
    }

    /// Reads fields whose gaps are known and whose values are usual ones, and
    /// writes the points of records into `room`; returns how many. It stops
    /// before any other field, and where there is no more room.
    ///
    /// A function of its own, with few calls: wazero keeps little in registers
    /// around them.
    #[inline(never)]
    pub fn run(&mut self, room: &mut [MaybeUninit<Datapoint>]) -> usize {
        let text = self.text;
        // Of what is loaded after a gap, a number needs the most.
        let size = self.names.longest + quick::AFTER;
        let Some(limit) = text.len().checked_sub(size) else {
            return 0;
        };
        if self.at < quick::BEFORE {
            return 0;
        }
        let opaque = Opaque::new();
        let known = &mut self.names.known[..];
        let mut last = self.names.last;
        let (mut at, mut seen, mut count) = (self.at, self.seen, 0);
        let (mut timestamp, mut value) = (self.timestamp, self.value);
        while at <= limit {
            let Some(expected) = known.get(last).map(|known| known.next) else {
                break;
            };
            let start = Place::new(text, at);
            // SAFETY: `limit` leaves room for the longest gap, and for what is
            // loaded after it.
            let here = unsafe { start.lanes() };
            // SAFETY: the same.
            let is = |known: &Known| unsafe { known.gap.others(start, here) } == 0;
            let mut index = expected;
            if !known.get(index).is_some_and(is) {
                let Some(found) = known.iter().position(is) else {
                    break;
                };
                index = found;
            }
            let Known { gap, bits, .. } = &known[index];
            // SAFETY: the same.
            if gap.length > 32 && !unsafe { gap.middle_is_at(text, at) } {
                break;
            }
            let crosses = bits & CROSSES != 0;
            let bit = bits & BOTH;
            let mut before = seen;
            if crosses {
                if seen != BOTH || count == room.len() {
                    break;
                }
                before = 0;
            }
            if before & bit != 0 {
                break;
            }
            let mut end = at + gap.length;
            // SAFETY: the same.
            let (begin, word) = unsafe {
                let begin = start.after(gap.length);
                (begin, begin.word())
            };
            let mut read = 0;
            match word as u8 {
                b'-' | b'0'..=b'9' => {
                    // SAFETY: the same, and the first number begins late enough.
                    let mut number = unsafe { quick::number(begin, &opaque) };
                    let power = number.take_exponent();
                    let mut wrong = 0;
                    if bit == VALUE {
                        (read, wrong) = match power {
                            None => number.bits(),
                            Some(power) => number.scaled_bits(power),
                        };
                    } else if bit == TIMESTAMP {
                        (read, wrong) = number.whole();
                        wrong |= u32::from(power.is_some());
                    }
                    if number.wrong | wrong != 0 {
                        break;
                    }
                    end += number.length;
                }
                _ if bit != 0 => break,
                first => {
                    let plain = match first {
                        b'"' => quick::string_end(text, end + 1),
                        _ => quick::word_end(word, end),
                    };
                    match plain.or_else(|| Some(skip::value(text, end)?.get())) {
                        Some(after) => end = after,
                        None => break,
                    }
                }
            }
            if crosses {
                room[count].write(Datapoint {
                    timestamp,
                    value: f64::from_bits(value),
                });
                count += 1;
            }
            match bit {
                TIMESTAMP => timestamp = read,
                VALUE => value = read,
                _ => {}
            }
            if index != expected {
                known[last].next = index;
            }
            (at, seen, last) = (end, before | bit, index);
        }
        if at > self.at {
            self.placed = 0;
        }
        self.names.last = last;
        (self.at, self.seen) = (at, seen);
        (self.timestamp, self.value) = (timestamp, value);
        count
    }
}

/// Reads an integer from 0 to 2^64 - 1, and where it ends.
fn parse_timestamp(text: &[u8], start: usize) -> Option<(u64, usize)> {
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
