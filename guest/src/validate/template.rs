//! Records that are written alike.
//!
//! What programs write repeats itself: between one number and the next stand
//! the same bytes as in the record before, whatever the order of the fields, the
//! white space, and other fields whose values do not change. Where they are the
//! bytes that the reader of records has read in the same place, they mean the
//! same, and only the numbers are read.

use std::mem::MaybeUninit;

use super::lanes::{Lanes, Place};
use super::quick::{self, BEFORE_END, Digits, Opaque};
use super::records::{Layout, parse_value};
use crate::Datapoint;

/// The bytes between two numbers.
struct Gap {
    start: usize,
    length: usize,
    /// The first sixteen bytes, and a bit for each one that belongs to the gap.
    first: Lanes,
    bits: u32,
    /// The last sixteen bytes of a longer gap.
    last: Lanes,
}

impl Gap {
    /// The bytes of `text` from `start` to `end`; `None` near the end of the
    /// text.
    fn new(text: &[u8], start: usize, end: usize) -> Option<Self> {
        let length = end.checked_sub(start)?;
        let last = start.max(end.saturating_sub(16));
        text.get(..last + 16)?;
        // SAFETY: they are within the text, as was just checked.
        let (first, last) = unsafe {
            (
                Place::new(text, start).lanes(),
                Place::new(text, last).lanes(),
            )
        };
        Some(Self {
            start,
            length,
            first,
            bits: (1 << length.min(16)) - 1,
            last,
        })
    }

    /// A bit for each of the first and the last sixteen bytes that are others at
    /// `at`, where `first` is.
    ///
    /// # Safety
    ///
    /// `length` bytes from `at` on can be read.
    #[inline(always)]
    unsafe fn others(&self, at: Place, first: Lanes) -> u32 {
        let mut same = first.same(self.first);
        if self.length > 16 {
            // SAFETY: the caller's promise. Not read before: it would be kept
            // for each record, where most gaps do not need it.
            let (last, here) = unsafe {
                (
                    std::ptr::read_volatile(&self.last),
                    at.after(self.length - 16).lanes(),
                )
            };
            same &= here.same(last);
        }
        !same & self.bits
    }

    /// Whether the bytes between the first and the last sixteen are at `at`.
    ///
    /// # Safety
    ///
    /// `length` bytes from `at` on can be read.
    unsafe fn middle_is_at(&self, text: &[u8], at: usize) -> bool {
        (16..self.length.saturating_sub(16))
            .step_by(16)
            .all(|from| {
                // SAFETY: the sixteen bytes end within the gap, here and there.
                let (one, other) = unsafe {
                    (
                        Place::new(text, self.start + from).lanes(),
                        Place::new(text, at + from).lanes(),
                    )
                };
                one.same(other) == 0xffff
            })
    }

    /// Whether all bytes are at `at`.
    fn is_at(&self, text: &[u8], at: usize) -> bool {
        if at + self.length.max(16) > text.len() {
            return false;
        }
        // SAFETY: as was just checked.
        unsafe {
            let start = Place::new(text, at);
            self.others(start, start.lanes()) == 0 && self.middle_is_at(text, at)
        }
    }
}

/// What repeats itself in a text.
pub struct Template {
    /// From the second number of a record to the first of the next.
    between: Gap,
    /// From the first number of a record to the second.
    within: Gap,
    /// The digits of the timestamps.
    digits: Digits,
    /// The value is before the timestamp.
    swapped: bool,
    /// The first number of a record may start no later, so that all loads are
    /// within the text.
    limit: usize,
}

impl Template {
    /// What two records that follow each other have in common, if the next one
    /// is like them. `previous` is where the second number of the first one
    /// ends.
    pub fn new(text: &[u8], previous: usize, layout: &Layout) -> Option<Self> {
        let digits = layout.timestamp().len();
        if digits > 19 || layout.first.start < BEFORE_END {
            return None;
        }
        let between = Gap::new(text, previous, layout.first.start)?;
        let within = Gap::new(text, layout.first.end, layout.second.start)?;
        // The timestamp, the value, and lanes that begin before their end.
        let size = within.length + between.length + digits + quick::AFTER + 16;
        Some(Self {
            between,
            within,
            digits: Digits::new(digits),
            swapped: layout.swapped,
            limit: text.len().checked_sub(size)?,
        })
    }

    /// Reads records into `points` as long as they are alike and there is room.
    /// `at` is where the second number of the record before ends, and is moved.
    /// Returns whether there is no more room.
    pub fn read(&self, text: &[u8], at: &mut usize, points: &mut Vec<Datapoint>) -> bool {
        // Where `fill` reads nothing, it is not tried for the next records, at
        // first for one, then for more.
        let (mut without, mut next) = (0, 1);
        // More than 32 bytes are compared below.
        let is_long = self.between.length > 32 || self.within.length > 32;
        loop {
            if points.len() == points.capacity() {
                return true;
            }
            if !self.between.is_at(text, *at) {
                return false;
            }
            let start = *at + self.between.length;
            let (mut first, mut count) = (start, 0);
            if without == 0 {
                let room = points.spare_capacity_mut();
                let room = if is_long { &mut room[..1] } else { room };
                count = if self.swapped {
                    self.fill::<true>(text, &mut first, room)
                } else {
                    self.fill::<false>(text, &mut first, room)
                };
                if is_long && count > 0 && !self.middles_are_before(text, start, first) {
                    count = 0;
                }
                if count == 0 {
                    (without, next) = (next, (2 * next).min(64));
                } else {
                    next = 1;
                }
            } else {
                without -= 1;
            }
            if count > 0 {
                // SAFETY: so many were written.
                unsafe { points.set_len(points.len() + count) };
                *at = first - self.between.length;
            } else if let Some((point, end)) = self.record(text, start) {
                points.push(point);
                *at = end;
            } else {
                return false;
            }
        }
    }

    /// Whether the middles of both gaps are where they belong in the record
    /// whose first number is at `start`; that of the next is at `next`.
    fn middles_are_before(&self, text: &[u8], start: usize, next: usize) -> bool {
        let between = next - self.between.length;
        let within = if self.swapped {
            between - self.digits.count - self.within.length
        } else {
            start + self.digits.count
        };
        // SAFETY: the gaps were read there.
        unsafe {
            self.between.middle_is_at(text, between) && self.within.middle_is_at(text, within)
        }
    }

    /// Reads records whose gaps begin and end alike, and whose numbers are
    /// usual ones; returns how many. `first` is where the first number of a
    /// record is, and is moved to that of the next. Both gaps of each record,
    /// and what is before the next one's first number, were compared.
    ///
    /// A function of its own, without calls: wazero keeps little in registers
    /// where there are any.
    #[inline(never)]
    fn fill<const SWAPPED: bool>(
        &self,
        text: &[u8],
        first: &mut usize,
        room: &mut [MaybeUninit<Datapoint>],
    ) -> usize {
        let opaque = Opaque::new();
        let mut at = *first;
        let mut count = 0;
        for place in room {
            if at > self.limit {
                break;
            }
            let (timestamp, value);
            let (length, mut wrong);
            // SAFETY: `limit` leaves room for both gaps and numbers, and for
            // what is loaded beyond them, and records begin late enough for
            // what is loaded before them.
            unsafe {
                let start = Place::new(text, at);
                if SWAPPED {
                    value = quick::number(start, &opaque);
                    wrong = self.within.others(start.after(value.length), value.after);
                    length = value.length + self.within.length + self.digits.count;
                    let end = start.after(length);
                    let integer = self.digits.read(end, &opaque);
                    timestamp = integer.0;
                    wrong |= integer.1 | self.between.others(end, integer.2);
                } else {
                    let end = start.after(self.digits.count);
                    let integer = self.digits.read(end, &opaque);
                    timestamp = integer.0;
                    wrong = integer.1 | self.within.others(end, integer.2);
                    value = quick::number(end.after(self.within.length), &opaque);
                    length = self.digits.count + self.within.length + value.length;
                    wrong |= self.between.others(start.after(length), value.after);
                }
            }
            let (bits, is_undecided) = value.bits();
            wrong |= value.wrong | is_undecided;
            if wrong != 0 {
                break;
            }
            place.write(Datapoint {
                timestamp,
                value: f64::from_bits(bits),
            });
            count += 1;
            at += length + self.between.length;
        }
        *first = at;
        count
    }

    /// Reads the record whose first number is at `start`, and where its second
    /// number ends, whatever the value is like.
    #[inline(never)]
    fn record(&self, text: &[u8], start: usize) -> Option<(Datapoint, usize)> {
        let (timestamp, value, end);
        if self.swapped {
            let within;
            (value, within) = parse_value(text, start)?;
            end = self.after_gap(text, within)? + self.digits.count;
            timestamp = self.timestamp(text, end)?;
            if text.get(end)?.is_ascii_digit() {
                return None;
            }
        } else {
            let within = start + self.digits.count;
            timestamp = self.timestamp(text, within)?;
            (value, end) = parse_value(text, self.after_gap(text, within)?)?;
        }
        Some((Datapoint { timestamp, value }, end))
    }

    /// Where the gap within a record that is at `at` ends.
    fn after_gap(&self, text: &[u8], at: usize) -> Option<usize> {
        self.within
            .is_at(text, at)
            .then_some(at + self.within.length)
    }

    /// The timestamp that ends at `end`.
    fn timestamp(&self, text: &[u8], end: usize) -> Option<u64> {
        if end + 16 > text.len() {
            return None;
        }
        // SAFETY: it is within the text, and records begin so late.
        let (timestamp, wrong, _) =
            unsafe { self.digits.read(Place::new(text, end), &Opaque::new()) };
        (wrong == 0).then_some(timestamp)
    }
}
