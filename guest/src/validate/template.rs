//! Records that are written alike.
//!
//! What programs write repeats itself: between one number and the next stand
//! the same bytes as in the record before, whatever the order of the fields, the
//! white space, and other fields whose values do not change. Where they are the
//! bytes that the reader of records has read in the same place, they mean the
//! same, and only the numbers are read.

use std::mem::MaybeUninit;

use super::fields::Layout;
use super::gap::Gap;
use super::lanes::{Lanes, Place};
use super::quick::{self, BEFORE_END, Digits, Opaque};
use crate::Datapoint;

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
        let size = within.length + between.length + digits + quick::AFTER + quick::EXPONENT + 16;
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
            let mut first = start;
            let room = points.spare_capacity_mut();
            let room = if is_long { &mut room[..1] } else { room };
            let count = if self.swapped {
                self.fill::<true>(text, &mut first, room)
            } else {
                self.fill::<false>(text, &mut first, room)
            };
            if count == 0 || is_long && !self.middles_are_before(text, start, first) {
                return false;
            }
            // SAFETY: so many were written.
            unsafe { points.set_len(points.len() + count) };
            *at = first - self.between.length;
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
            let start = Place::new(text, at);
            let (mut value, mut timestamp, mut length);
            // What is wrong before the value, and after it.
            let mut before = 0;
            let mut after;
            // SAFETY: `limit` leaves room for both gaps and numbers, and for
            // what is loaded beyond them, and records begin late enough for
            // what is loaded before them.
            unsafe {
                if SWAPPED {
                    value = quick::number(start, &opaque);
                    (timestamp, length, after) =
                        self.after_value(start, value.length, value.after, &opaque);
                } else {
                    let end = start.after(self.digits.count);
                    let integer = self.digits.read(end, &opaque);
                    timestamp = integer.0;
                    before = integer.1 | self.within.others(end, integer.2);
                    value = quick::number(end.after(self.within.length), &opaque);
                    length = self.digits.count + self.within.length + value.length;
                    after = self.between.others(start.after(length), value.after);
                }
            }
            let (mut bits, mut is_undecided) = value.bits();
            if before | after | value.wrong | is_undecided != 0 {
                let without = value.length;
                let Some(power) = value.take_exponent() else {
                    break;
                };
                // SAFETY: as above.
                unsafe {
                    if SWAPPED {
                        let here = start.after(value.length).lanes();
                        (timestamp, length, after) =
                            self.after_value(start, value.length, here, &opaque);
                    } else {
                        length += value.length - without;
                        let end = start.after(length);
                        after = self.between.others(end, end.lanes());
                    }
                }
                (bits, is_undecided) = value.scaled_bits(power);
                if before | after | value.wrong | is_undecided != 0 {
                    break;
                }
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

    /// Reads what follows a value before the timestamp, and has this `length`
    /// from the record's `start` on: the timestamp, where it ends, and zero if
    /// it is like what the template has. `after` is what follows the value.
    ///
    /// # Safety
    ///
    /// As for all loads of a record.
    #[inline(always)]
    unsafe fn after_value(
        &self,
        start: Place,
        length: usize,
        after: Lanes,
        opaque: &Opaque,
    ) -> (u64, usize, u32) {
        // SAFETY: the caller's promise.
        unsafe {
            let gap = self.within.others(start.after(length), after);
            let length = length + self.within.length + self.digits.count;
            let end = start.after(length);
            let (timestamp, wrong, after) = self.digits.read(end, opaque);
            (
                timestamp,
                length,
                gap | wrong | self.between.others(end, after),
            )
        }
    }
}
