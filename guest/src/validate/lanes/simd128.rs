//! The lanes as one wasm vector.

use core::marker::PhantomData;

use core::arch::wasm32::{
    i8x16_add, i8x16_bitmask, i8x16_eq, i8x16_gt, i8x16_lt, i8x16_splat, i8x16_sub, i16x8,
    i16x8_mul, i16x8_splat, i32x4_dot_i16x8, i64x2_extract_lane, u8x16_splat, u8x16_sub_sat, v128,
    v128_and, v128_andnot, v128_any_true, v128_load, v128_or,
};

/// A place in a text.
#[derive(Clone, Copy)]
pub struct Place<'a>(*const u8, PhantomData<&'a [u8]>);

impl<'a> Place<'a> {
    /// The place at `at`, which is in `text` or at its end.
    #[inline(always)]
    pub fn new(text: &'a [u8], at: usize) -> Self {
        Self(text.as_ptr().wrapping_add(at), PhantomData)
    }

    /// The place `count` bytes later.
    ///
    /// # Safety
    ///
    /// It is in the text or at its end.
    #[inline(always)]
    pub unsafe fn after(self, count: usize) -> Self {
        // SAFETY: the caller's promise.
        Self(unsafe { self.0.add(count) }, PhantomData)
    }

    /// The place `count` bytes before.
    ///
    /// # Safety
    ///
    /// It is in the text.
    #[inline(always)]
    pub unsafe fn before(self, count: usize) -> Self {
        // SAFETY: the caller's promise.
        Self(unsafe { self.0.sub(count) }, PhantomData)
    }

    /// The sixteen bytes here.
    ///
    /// # Safety
    ///
    /// They are in the text.
    #[inline(always)]
    pub unsafe fn lanes(self) -> Lanes {
        // SAFETY: the caller's promise. The load needs no alignment.
        Lanes(unsafe { v128_load(self.0.cast()) })
    }

    /// The eight bytes here as a word, the first in its lowest byte.
    ///
    /// # Safety
    ///
    /// They are in the text.
    #[inline(always)]
    pub unsafe fn word(self) -> u64 {
        // SAFETY: the caller's promise.
        unsafe { self.0.cast::<u64>().read_unaligned() }
    }
}

/// Sixteen bytes.
#[derive(Clone, Copy)]
pub struct Lanes(v128);

impl Lanes {
    /// The first eight bytes as a word, the first in its lowest byte.
    #[inline(always)]
    pub fn word(self) -> u64 {
        i64x2_extract_lane::<0>(self.0) as u64
    }

    /// A bit for each byte that is `byte`, the lowest one for the first.
    #[inline(always)]
    pub fn positions(self, byte: u8) -> u32 {
        u32::from(i8x16_bitmask(i8x16_eq(self.0, u8x16_splat(byte))))
    }

    /// A bit for each byte that is the same in `other`.
    #[inline(always)]
    pub fn same(self, other: Self) -> u32 {
        u32::from(i8x16_bitmask(i8x16_eq(self.0, other.0)))
    }

    /// A bit for each byte that is a digit.
    #[inline(always)]
    pub fn digits(self) -> u32 {
        // The sum of a digit is 118 to 127, as a signed byte; that of any other
        // byte is less.
        let sums = i8x16_add(self.0, i8x16_splat(127 - b'9' as i8));
        u32::from(i8x16_bitmask(i8x16_gt(sums, i8x16_splat(117))))
    }

    /// A bit for each byte that ends a run of plain characters in a string: a
    /// quotation mark, a backslash, or a control character.
    #[inline(always)]
    pub fn ends(self) -> u32 {
        let quotes = i8x16_eq(self.0, u8x16_splat(b'"'));
        let escapes = i8x16_eq(self.0, u8x16_splat(b'\\'));
        // Bytes from 0x80 on are negative here, and wrap to positive numbers.
        let moved = i8x16_add(self.0, i8x16_splat(-128));
        let controls = i8x16_lt(moved, i8x16_splat(-128 + 0x20));
        u32::from(i8x16_bitmask(v128_or(v128_or(quotes, escapes), controls)))
    }

    /// The bytes of `self` where those of `mask` are 0xff, and those of `other`
    /// where they are 0.
    #[inline(always)]
    pub fn or_else(self, mask: Self, other: Self) -> Self {
        Self(v128_or(
            v128_and(self.0, mask.0),
            v128_andnot(other.0, mask.0),
        ))
    }

    /// The digits as numbers, with 0 where `mask` is 0.
    #[inline(always)]
    pub fn numbers(self, mask: Self) -> Self {
        Self(v128_and(i8x16_sub(self.0, u8x16_splat(b'0')), mask.0))
    }

    /// Whether all bytes are numbers from 0 to 9.
    #[inline(always)]
    pub fn are_digits(self) -> bool {
        !v128_any_true(u8x16_sub_sat(self.0, u8x16_splat(9)))
    }

    /// The numbers 0 to 9 as the digits of two numbers, the high one first.
    #[inline(always)]
    pub fn decimal(self) -> [u64; 2] {
        // Of a pair a, b: (a + 256 b) * (2560 + 1) is 256 * (10 a + b) + a,
        // modulo 2^16. Then pairs to fours, 256 times their number.
        let pairs = v128_and(i16x8_mul(self.0, i16x8_splat(2561)), i16x8_splat(-256));
        let fours = i32x4_dot_i16x8(pairs, i16x8(100, 1, 100, 1, 100, 1, 100, 1));
        let eight = |two: i64| ((two as u64) >> 8).wrapping_mul((10_000 << 32) + 1) >> 32;
        [
            eight(i64x2_extract_lane::<0>(fours)),
            eight(i64x2_extract_lane::<1>(fours)),
        ]
    }
}
