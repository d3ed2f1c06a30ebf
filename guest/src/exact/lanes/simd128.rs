//! The lanes as one wasm vector.

use crate::Datapoint;
use core::arch::wasm32::{
    f64x2_add, f64x2_extract_lane, f64x2_mul, f64x2_pmax, f64x2_pmin, f64x2_sub, i64x2, i64x2_add,
    i64x2_extract_lane, i64x2_sub, v128, v128_and, v128_load, v128_load64_zero, v128_or,
    v128_store, v128_xor,
};
use core::ops::{Add, BitOr, BitXor, Mul, Sub};

/// Two doubles.
#[derive(Clone, Copy)]
pub struct F64x2(v128);

/// Two 64-bit integers.
#[derive(Clone, Copy)]
pub struct I64x2(v128);

/// Takes the values of two points into one vector.
#[derive(Clone, Copy)]
pub struct Gather(v128);

impl Gather {
    /// Loads the mask that it needs; outside of a loop.
    #[inline(always)]
    pub fn load() -> Self {
        static UPPER: v128 = i64x2(0, -1);
        // SAFETY: a reference to a static. Volatile, or the compiler would know the mask and
        // make a shuffle of it, or a load into a lane, whose address wazero computes and
        // checks each time.
        unsafe { Self((&raw const UPPER).read_volatile()) }
    }

    /// The values of two points.
    #[inline(always)]
    pub fn values(self, p: &Datapoint, q: &Datapoint) -> F64x2 {
        let (p, q) = (&raw const p.value, &raw const *q);
        // SAFETY: both pointers come from references to what is initialised, and one load
        // reads the eight bytes of a double, the other the sixteen of a point.
        let (p, q) = unsafe { (v128_load64_zero(p.cast()), v128_load(q.cast())) };
        F64x2(v128_or(p, v128_and(q, self.0)))
    }
}

// The value is the upper half of a point.
const _: () = assert!(size_of::<Datapoint>() == 16 && core::mem::offset_of!(Datapoint, value) == 8);

impl F64x2 {
    /// The same number twice.
    #[inline(always)]
    pub const fn splat(x: f64) -> Self {
        let bits = x.to_bits() as i64;
        Self(i64x2(bits, bits))
    }

    /// The lesser of each lane; of two zeros, either.
    #[inline(always)]
    pub fn lesser(self, other: Self) -> Self {
        Self(f64x2_pmin(self.0, other.0))
    }

    /// The greater of each lane; of two zeros, either.
    #[inline(always)]
    pub fn greater(self, other: Self) -> Self {
        Self(f64x2_pmax(self.0, other.0))
    }

    /// Both numbers' IEEE 754 bits.
    #[inline(always)]
    pub fn bits(self) -> I64x2 {
        I64x2(self.0)
    }

    /// Both numbers.
    #[inline(always)]
    pub fn lanes(self) -> [f64; 2] {
        [
            f64x2_extract_lane::<0>(self.0),
            f64x2_extract_lane::<1>(self.0),
        ]
    }
}

impl I64x2 {
    /// Zero twice.
    pub const ZERO: Self = Self(i64x2(0, 0));

    /// Sixteen bytes, at any address.
    #[inline(always)]
    pub fn load(bytes: &[u8; 16]) -> Self {
        // SAFETY: the load reads the sixteen bytes, and needs no alignment.
        unsafe { Self(v128_load(bytes.as_ptr().cast())) }
    }

    /// The bytes that [`I64x2::load`] reads.
    #[inline(always)]
    pub fn store(self, bytes: &mut [u8; 16]) {
        // SAFETY: the store writes the sixteen bytes, and needs no alignment.
        unsafe { v128_store(bytes.as_mut_ptr().cast(), self.0) }
    }

    /// Lane by lane, modulo 2^64.
    #[inline(always)]
    pub fn wrapping_add(self, other: Self) -> Self {
        Self(i64x2_add(self.0, other.0))
    }

    /// Lane by lane, modulo 2^64.
    #[inline(always)]
    pub fn wrapping_sub(self, other: Self) -> Self {
        Self(i64x2_sub(self.0, other.0))
    }

    /// Both numbers.
    #[inline(always)]
    pub fn lanes(self) -> [i64; 2] {
        [
            i64x2_extract_lane::<0>(self.0),
            i64x2_extract_lane::<1>(self.0),
        ]
    }
}

impl Add for F64x2 {
    type Output = Self;
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        Self(f64x2_add(self.0, other.0))
    }
}

impl Sub for F64x2 {
    type Output = Self;
    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        Self(f64x2_sub(self.0, other.0))
    }
}

impl Mul for F64x2 {
    type Output = Self;
    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        Self(f64x2_mul(self.0, other.0))
    }
}

impl BitOr for I64x2 {
    type Output = Self;
    #[inline(always)]
    fn bitor(self, other: Self) -> Self {
        Self(v128_or(self.0, other.0))
    }
}

impl BitXor for I64x2 {
    type Output = Self;
    #[inline(always)]
    fn bitxor(self, other: Self) -> Self {
        Self(v128_xor(self.0, other.0))
    }
}
