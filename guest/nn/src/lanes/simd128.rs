//! Vectors as the instructions of simd128.

use core::arch::wasm32 as wasm;

use super::ROUND;

/// Eight integers of 16 bits.
#[derive(Clone, Copy, Debug)]
pub struct I16x8(wasm::v128);

impl I16x8 {
    /// Returns a vector of eight equal numbers.
    #[inline]
    pub fn splat(x: i16) -> Self {
        Self(wasm::i16x8_splat(x))
    }

    /// Returns the numbers of an array.
    #[inline]
    pub fn load(from: &[i16; 8]) -> Self {
        // SAFETY: the array has 16 bytes, and v128.load needs no alignment.
        Self(unsafe { wasm::v128_load(from.as_ptr().cast()) })
    }

    /// Returns the numbers of an array of bytes, with their signs.
    #[inline]
    pub fn widen(from: &[i8; 8]) -> Self {
        // SAFETY: the array has 8 bytes, and the instruction needs no alignment.
        Self(unsafe { wasm::i16x8_load_extend_i8x8(from.as_ptr()) })
    }

    /// Returns the numbers of two vectors; those beyond 16 bits as the nearest that fit.
    #[inline]
    pub fn narrow(first: I32x4, last: I32x4) -> Self {
        Self(wasm::i16x8_narrow_i32x4(first.0, last.0))
    }

    /// Writes the numbers into an array.
    #[inline]
    pub fn store(self, to: &mut [i16; 8]) {
        // SAFETY: the array has 16 bytes, and v128.store needs no alignment.
        unsafe { wasm::v128_store(to.as_mut_ptr().cast(), self.0) }
    }

    /// Adds modulo 2^16.
    #[inline]
    pub fn plus(self, other: Self) -> Self {
        Self(wasm::i16x8_add(self.0, other.0))
    }

    /// Subtracts modulo 2^16.
    #[inline]
    pub fn minus(self, other: Self) -> Self {
        Self(wasm::i16x8_sub(self.0, other.0))
    }

    /// Multiplies modulo 2^16.
    #[inline]
    pub fn times(self, factor: i16) -> Self {
        Self(wasm::i16x8_mul(self.0, wasm::i16x8_splat(factor)))
    }

    /// Returns the sums of the products of neighbours, modulo 2^32.
    #[inline]
    pub fn dot(self, other: Self) -> I32x4 {
        I32x4(wasm::i32x4_dot_i16x8(self.0, other.0))
    }
}

/// Four integers of 32 bits.
#[derive(Clone, Copy, Debug)]
pub struct I32x4(wasm::v128);

impl I32x4 {
    /// Returns a vector of four equal numbers.
    #[inline]
    pub fn splat(x: i32) -> Self {
        Self(wasm::i32x4_splat(x))
    }

    /// Returns the four numbers.
    #[inline]
    pub fn lanes(self) -> [i32; 4] {
        [
            wasm::i32x4_extract_lane::<0>(self.0),
            wasm::i32x4_extract_lane::<1>(self.0),
            wasm::i32x4_extract_lane::<2>(self.0),
            wasm::i32x4_extract_lane::<3>(self.0),
        ]
    }

    /// Adds modulo 2^32.
    #[inline]
    pub fn plus(self, other: Self) -> Self {
        Self(wasm::i32x4_add(self.0, other.0))
    }

    /// Subtracts modulo 2^32.
    #[inline]
    pub fn minus(self, other: Self) -> Self {
        Self(wasm::i32x4_sub(self.0, other.0))
    }

    /// Multiplies modulo 2^32.
    #[inline]
    pub fn times(self, factor: i32) -> Self {
        Self(wasm::i32x4_mul(self.0, wasm::i32x4_splat(factor)))
    }

    /// Multiplies by 2^bits modulo 2^32.
    #[inline]
    pub fn shifted<const BITS: u32>(self) -> Self {
        Self(wasm::i32x4_shl(self.0, BITS))
    }

    /// Returns the larger number of each lane.
    #[inline]
    pub fn max(self, other: Self) -> Self {
        Self(wasm::i32x4_max(self.0, other.0))
    }

    /// Returns the smaller number of each lane.
    #[inline]
    pub fn min(self, other: Self) -> Self {
        Self(wasm::i32x4_min(self.0, other.0))
    }

    /// Returns the sum of each of four vectors, modulo 2^32.
    #[inline]
    pub fn sums(of: [Self; 4]) -> Self {
        let [a, b, c, d] = of.map(|v| v.0);
        let ab = wasm::i32x4_add(
            wasm::i32x4_shuffle::<0, 4, 1, 5>(a, b),
            wasm::i32x4_shuffle::<2, 6, 3, 7>(a, b),
        );
        let cd = wasm::i32x4_add(
            wasm::i32x4_shuffle::<0, 4, 1, 5>(c, d),
            wasm::i32x4_shuffle::<2, 6, 3, 7>(c, d),
        );
        Self(wasm::i32x4_add(
            wasm::i32x4_shuffle::<0, 1, 4, 5>(ab, cd),
            wasm::i32x4_shuffle::<2, 3, 6, 7>(ab, cd),
        ))
    }
}

/// Four floats of 32 bits.
#[derive(Clone, Copy, Debug)]
pub struct F32x4(wasm::v128);

impl F32x4 {
    /// Returns a vector of four equal numbers.
    #[inline]
    pub fn splat(x: f32) -> Self {
        Self(wasm::f32x4_splat(x))
    }

    /// Returns the numbers of an array.
    #[inline]
    pub fn load(from: &[f32; 4]) -> Self {
        // SAFETY: the array has 16 bytes, and v128.load needs no alignment.
        Self(unsafe { wasm::v128_load(from.as_ptr().cast()) })
    }

    /// Returns the numbers of an array of integers.
    #[inline]
    pub fn widen(from: &[i16; 4]) -> Self {
        // SAFETY: the array has 8 bytes, and the instruction needs no alignment.
        let wide = unsafe { wasm::i32x4_load_extend_i16x4(from.as_ptr()) };
        Self(wasm::f32x4_convert_i32x4(wide))
    }

    /// Returns the four numbers.
    #[inline]
    pub fn lanes(self) -> [f32; 4] {
        I32x4(self.0)
            .lanes()
            .map(|x| f32::from_bits(x.cast_unsigned()))
    }

    /// Writes the numbers into an array.
    #[inline]
    pub fn store(self, to: &mut [f32; 4]) {
        // SAFETY: the array has 16 bytes, and v128.store needs no alignment.
        unsafe { wasm::v128_store(to.as_mut_ptr().cast(), self.0) }
    }

    /// Adds.
    #[inline]
    pub fn plus(self, other: Self) -> Self {
        Self(wasm::f32x4_add(self.0, other.0))
    }

    /// Subtracts.
    #[inline]
    pub fn minus(self, other: Self) -> Self {
        Self(wasm::f32x4_sub(self.0, other.0))
    }

    /// Multiplies.
    #[inline]
    pub fn times(self, other: Self) -> Self {
        Self(wasm::f32x4_mul(self.0, other.0))
    }

    /// Returns the absolute values.
    #[inline]
    pub fn abs(self) -> Self {
        Self(wasm::f32x4_abs(self.0))
    }

    /// Returns the larger number of each lane: that of `self` unless the other is larger.
    #[inline]
    pub fn max(self, other: Self) -> Self {
        Self(wasm::f32x4_pmax(self.0, other.0))
    }

    /// Returns 1 / sqrt(x).
    #[inline]
    pub fn inverse_roots(self) -> Self {
        Self(wasm::f32x4_div(
            wasm::f32x4_splat(1.0),
            wasm::f32x4_sqrt(self.0),
        ))
    }

    /// Returns the nearest integers, halves to even, of numbers within 2^22.
    #[inline]
    pub fn rounded(self) -> I32x4 {
        let round = wasm::f32x4_splat(ROUND);
        I32x4(wasm::i32x4_sub(wasm::f32x4_add(self.0, round), round))
    }
}
