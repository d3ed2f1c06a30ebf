//! The lanes as plain scalars.

use crate::Datapoint;
use core::ops::{Add, BitOr, BitXor, Mul, Sub};

/// Two doubles.
#[derive(Clone, Copy)]
pub struct F64x2([f64; 2]);

/// Two 64-bit integers.
#[derive(Clone, Copy)]
pub struct I64x2([i64; 2]);

/// Takes the values of two points into one vector.
#[derive(Clone, Copy)]
pub struct Gather;

impl Gather {
    /// Loads what it needs; outside of a loop.
    #[inline(always)]
    pub fn load() -> Self {
        Self
    }

    /// The values of two points.
    #[inline(always)]
    pub fn values(self, p: &Datapoint, q: &Datapoint) -> F64x2 {
        F64x2([p.value, q.value])
    }
}

impl F64x2 {
    /// The same number twice.
    #[inline(always)]
    pub const fn splat(x: f64) -> Self {
        Self([x, x])
    }

    /// The lesser of each lane; of two zeros, either.
    #[inline(always)]
    pub fn lesser(self, other: Self) -> Self {
        let lesser = |a, b| if b < a { b } else { a };
        Self([lesser(self.0[0], other.0[0]), lesser(self.0[1], other.0[1])])
    }

    /// The greater of each lane; of two zeros, either.
    #[inline(always)]
    pub fn greater(self, other: Self) -> Self {
        let greater = |a, b| if a < b { b } else { a };
        Self([
            greater(self.0[0], other.0[0]),
            greater(self.0[1], other.0[1]),
        ])
    }

    /// Both numbers' IEEE 754 bits.
    #[inline(always)]
    pub fn bits(self) -> I64x2 {
        I64x2(self.0.map(|x| x.to_bits() as i64))
    }

    /// Both numbers.
    #[inline(always)]
    pub fn lanes(self) -> [f64; 2] {
        self.0
    }
}

impl I64x2 {
    /// Zero twice.
    pub const ZERO: Self = Self([0, 0]);

    /// Sixteen bytes, at any address.
    #[inline(always)]
    pub fn load(bytes: &[u8; 16]) -> Self {
        let both = u128::from_le_bytes(*bytes);
        Self([both as i64, (both >> 64) as i64])
    }

    /// The bytes that [`I64x2::load`] reads.
    #[inline(always)]
    pub fn store(self, bytes: &mut [u8; 16]) {
        *bytes = (u128::from(self.0[1] as u64) << 64 | u128::from(self.0[0] as u64)).to_le_bytes();
    }

    /// Lane by lane, modulo 2^64.
    #[inline(always)]
    pub fn wrapping_add(self, other: Self) -> Self {
        Self([
            self.0[0].wrapping_add(other.0[0]),
            self.0[1].wrapping_add(other.0[1]),
        ])
    }

    /// Lane by lane, modulo 2^64.
    #[inline(always)]
    pub fn wrapping_sub(self, other: Self) -> Self {
        Self([
            self.0[0].wrapping_sub(other.0[0]),
            self.0[1].wrapping_sub(other.0[1]),
        ])
    }

    /// Both numbers.
    #[inline(always)]
    pub fn lanes(self) -> [i64; 2] {
        self.0
    }
}

impl Add for F64x2 {
    type Output = Self;
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        Self([self.0[0] + other.0[0], self.0[1] + other.0[1]])
    }
}

impl Sub for F64x2 {
    type Output = Self;
    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        Self([self.0[0] - other.0[0], self.0[1] - other.0[1]])
    }
}

impl Mul for F64x2 {
    type Output = Self;
    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        Self([self.0[0] * other.0[0], self.0[1] * other.0[1]])
    }
}

impl BitOr for I64x2 {
    type Output = Self;
    #[inline(always)]
    fn bitor(self, other: Self) -> Self {
        Self([self.0[0] | other.0[0], self.0[1] | other.0[1]])
    }
}

impl BitXor for I64x2 {
    type Output = Self;
    #[inline(always)]
    fn bitxor(self, other: Self) -> Self {
        Self([self.0[0] ^ other.0[0], self.0[1] ^ other.0[1]])
    }
}
