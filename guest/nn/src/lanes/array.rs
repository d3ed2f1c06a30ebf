//! Vectors as arrays: what the instructions of simd128 mean.

use core::array::from_fn;

use super::ROUND;

/// Eight integers of 16 bits.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct I16x8([i16; 8]);

impl I16x8 {
    /// Returns a vector of eight equal numbers.
    pub fn splat(x: i16) -> Self {
        Self([x; 8])
    }

    /// Returns the numbers of an array.
    pub fn load(from: &[i16; 8]) -> Self {
        Self(*from)
    }

    /// Returns the numbers of an array of bytes, with their signs.
    pub fn widen(from: &[i8; 8]) -> Self {
        Self(from_fn(|i| from[i].into()))
    }

    /// Returns the numbers of two vectors; those beyond 16 bits as the nearest that fit.
    pub fn narrow(first: I32x4, last: I32x4) -> Self {
        let clamp = |x: i32| i16::try_from(x).unwrap_or(if x < 0 { i16::MIN } else { i16::MAX });
        Self(from_fn(|i| {
            clamp(if i < 4 { first.0[i] } else { last.0[i - 4] })
        }))
    }

    /// Writes the numbers into an array.
    pub fn store(self, to: &mut [i16; 8]) {
        *to = self.0;
    }

    /// Adds modulo 2^16.
    pub fn plus(self, other: Self) -> Self {
        Self(from_fn(|i| self.0[i].wrapping_add(other.0[i])))
    }

    /// Subtracts modulo 2^16.
    pub fn minus(self, other: Self) -> Self {
        Self(from_fn(|i| self.0[i].wrapping_sub(other.0[i])))
    }

    /// Multiplies modulo 2^16.
    pub fn times(self, factor: i16) -> Self {
        Self(from_fn(|i| self.0[i].wrapping_mul(factor)))
    }

    /// Returns the sums of the products of neighbours, modulo 2^32.
    pub fn dot(self, other: Self) -> I32x4 {
        let product = |i: usize| i32::from(self.0[i]) * i32::from(other.0[i]);
        I32x4(from_fn(|i| product(2 * i).wrapping_add(product(2 * i + 1))))
    }
}

/// Four integers of 32 bits.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct I32x4([i32; 4]);

impl I32x4 {
    /// Returns a vector of four equal numbers.
    pub fn splat(x: i32) -> Self {
        Self([x; 4])
    }

    /// Returns the four numbers.
    pub fn lanes(self) -> [i32; 4] {
        self.0
    }

    /// Adds modulo 2^32.
    pub fn plus(self, other: Self) -> Self {
        Self(from_fn(|i| self.0[i].wrapping_add(other.0[i])))
    }

    /// Subtracts modulo 2^32.
    pub fn minus(self, other: Self) -> Self {
        Self(from_fn(|i| self.0[i].wrapping_sub(other.0[i])))
    }

    /// Multiplies modulo 2^32.
    pub fn times(self, factor: i32) -> Self {
        Self(from_fn(|i| self.0[i].wrapping_mul(factor)))
    }

    /// Multiplies by 2^bits modulo 2^32.
    pub fn shifted<const BITS: u32>(self) -> Self {
        Self(from_fn(|i| self.0[i] << BITS))
    }

    /// Returns the larger number of each lane.
    pub fn max(self, other: Self) -> Self {
        Self(from_fn(|i| self.0[i].max(other.0[i])))
    }

    /// Returns the smaller number of each lane.
    pub fn min(self, other: Self) -> Self {
        Self(from_fn(|i| self.0[i].min(other.0[i])))
    }

    /// Returns the sum of each of four vectors, modulo 2^32.
    pub fn sums(of: [Self; 4]) -> Self {
        Self(from_fn(|i| {
            of[i].0.iter().fold(0_i32, |sum, x| sum.wrapping_add(*x))
        }))
    }
}

/// Four floats of 32 bits.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct F32x4([f32; 4]);

impl F32x4 {
    /// Returns a vector of four equal numbers.
    pub fn splat(x: f32) -> Self {
        Self([x; 4])
    }

    /// Returns the numbers of an array.
    pub fn load(from: &[f32; 4]) -> Self {
        Self(*from)
    }

    /// Returns the numbers of an array of integers.
    pub fn widen(from: &[i16; 4]) -> Self {
        Self(from.map(f32::from))
    }

    /// Returns the four numbers.
    pub fn lanes(self) -> [f32; 4] {
        self.0
    }

    /// Writes the numbers into an array.
    pub fn store(self, to: &mut [f32; 4]) {
        *to = self.0;
    }

    /// Adds.
    pub fn plus(self, other: Self) -> Self {
        Self(from_fn(|i| self.0[i] + other.0[i]))
    }

    /// Subtracts.
    pub fn minus(self, other: Self) -> Self {
        Self(from_fn(|i| self.0[i] - other.0[i]))
    }

    /// Multiplies.
    pub fn times(self, other: Self) -> Self {
        Self(from_fn(|i| self.0[i] * other.0[i]))
    }

    /// Returns the absolute values.
    pub fn abs(self) -> Self {
        Self(from_fn(|i| self.0[i].abs()))
    }

    /// Returns the larger number of each lane: that of `self` unless the other is larger.
    pub fn max(self, other: Self) -> Self {
        Self(from_fn(|i| {
            if self.0[i] < other.0[i] {
                other.0[i]
            } else {
                self.0[i]
            }
        }))
    }

    /// Returns 1 / sqrt(x).
    pub fn inverse_roots(self) -> Self {
        Self(self.0.map(|x| 1.0 / x.sqrt()))
    }

    /// Returns the nearest integers, halves to even, of numbers within 2^22.
    pub fn rounded(self) -> I32x4 {
        I32x4(
            self.0
                .map(|x| (x + ROUND).to_bits().cast_signed() - ROUND.to_bits().cast_signed()),
        )
    }
}
