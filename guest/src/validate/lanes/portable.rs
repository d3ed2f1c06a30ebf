//! The lanes as an array, and places as an index: what the callers promise is
//! checked here, so that native tests find a broken promise.

/// A place in a text.
#[derive(Clone, Copy)]
pub struct Place<'a>(&'a [u8], usize);

impl<'a> Place<'a> {
    /// The place at `at`, which is in `text` or at its end.
    pub fn new(text: &'a [u8], at: usize) -> Self {
        assert!(at <= text.len());
        Self(text, at)
    }

    /// The place `count` bytes later.
    ///
    /// # Safety
    ///
    /// It is in the text or at its end.
    pub unsafe fn after(self, count: usize) -> Self {
        Self::new(self.0, self.1 + count)
    }

    /// The place `count` bytes before.
    ///
    /// # Safety
    ///
    /// It is in the text.
    pub unsafe fn before(self, count: usize) -> Self {
        assert!(count <= self.1);
        Self(self.0, self.1 - count)
    }

    /// The sixteen bytes here.
    ///
    /// # Safety
    ///
    /// They are in the text.
    pub unsafe fn lanes(self) -> Lanes {
        Lanes(
            self.0[self.1..self.1 + 16]
                .try_into()
                .expect("sixteen bytes"),
        )
    }

    /// The eight bytes here as a word, the first in its lowest byte.
    ///
    /// # Safety
    ///
    /// They are in the text.
    pub unsafe fn word(self) -> u64 {
        u64::from_le_bytes(self.0[self.1..self.1 + 8].try_into().expect("eight bytes"))
    }
}

/// Sixteen bytes.
#[derive(Clone, Copy)]
pub struct Lanes([u8; 16]);

impl Lanes {
    /// The first eight bytes as a word, the first in its lowest byte.
    pub fn word(self) -> u64 {
        u64::from_le_bytes(self.0[..8].try_into().expect("eight bytes"))
    }

    /// A bit for each byte for which `is` holds.
    fn bits(self, is: impl Fn(u8) -> bool) -> u32 {
        (0..16)
            .map(|lane| u32::from(is(self.0[lane])) << lane)
            .sum()
    }

    /// Byte by byte.
    fn zip(self, other: Self, of: impl Fn(u8, u8) -> u8) -> Self {
        let mut both = [0; 16];
        for (lane, byte) in both.iter_mut().enumerate() {
            *byte = of(self.0[lane], other.0[lane]);
        }
        Self(both)
    }

    /// A bit for each byte that is `byte`, the lowest one for the first.
    pub fn positions(self, byte: u8) -> u32 {
        self.bits(|found| found == byte)
    }

    /// A bit for each byte that is the same in `other`.
    pub fn same(self, other: Self) -> u32 {
        self.zip(other, |a, b| a ^ b).positions(0)
    }

    /// A bit for each byte that is a digit.
    pub fn digits(self) -> u32 {
        self.bits(|byte| byte.is_ascii_digit())
    }

    /// A bit for each byte that ends a run of plain characters in a string: a
    /// quotation mark, a backslash, or a control character.
    pub fn ends(self) -> u32 {
        self.bits(|byte| byte == b'"' || byte == b'\\' || byte < 0x20)
    }

    /// The bytes of `self` where those of `mask` are 0xff, and those of `other`
    /// where they are 0.
    pub fn or_else(self, mask: Self, other: Self) -> Self {
        let own = self.zip(mask, |byte, mask| byte & mask);
        own.zip(other.zip(mask, |byte, mask| byte & !mask), |a, b| a | b)
    }

    /// The digits as numbers, with 0 where `mask` is 0.
    pub fn numbers(self, mask: Self) -> Self {
        self.zip(mask, |byte, mask| byte.wrapping_sub(b'0') & mask)
    }

    /// Whether all bytes are numbers from 0 to 9.
    pub fn are_digits(self) -> bool {
        self.0.iter().all(|byte| *byte <= 9)
    }

    /// The numbers 0 to 9 as the digits of two numbers, the high one first.
    pub fn decimal(self) -> [u64; 2] {
        let eight = |numbers: &[u8]| numbers.iter().fold(0, |n, d| n * 10 + u64::from(*d));
        [eight(&self.0[..8]), eight(&self.0[8..])]
    }
}
