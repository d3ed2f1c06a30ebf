//! Bytes that repeat themselves between values.

use super::lanes::{Lanes, Place};

/// The bytes from one value to another.
#[repr(C)]
pub struct Gap {
    start: usize,
    pub length: usize,
    /// The first sixteen bytes, and a bit for each one that belongs to the gap.
    first: Lanes,
    bits: u32,
    /// The last sixteen bytes of a longer gap.
    last: Lanes,
}

impl Gap {
    /// The bytes of `text` from `start` to `end`; `None` near the end of the
    /// text.
    pub fn new(text: &[u8], start: usize, end: usize) -> Option<Self> {
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
    pub unsafe fn others(&self, at: Place, first: Lanes) -> u32 {
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
    #[inline(never)]
    pub unsafe fn middle_is_at(&self, text: &[u8], at: usize) -> bool {
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
    #[inline(never)]
    pub fn is_at(&self, text: &[u8], at: usize) -> bool {
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
