//! The exact comparison of a decimal number with the point halfway between two
//! neighbouring doubles.

use std::cmp::Ordering;

use super::decimal::Decimal;

/// A point halfway between two doubles has at most 768 significant digits.
/// Beyond so many it matters only whether there is a digit that is not zero.
const MAX_SIGNIFICANT: usize = 800;

/// Whether `decimal`, which is between the double with the bits `lower` and the
/// next one, is to be rounded to the next one: it is nearer to it, or equally
/// near and the next one is even.
#[cold]
#[inline(never)]
pub fn is_nearer_to_next(decimal: &Decimal, lower: u64) -> bool {
    // The halfway point is mantissa * 2^exponent.
    let fraction = lower & ((1 << 52) - 1);
    let field = (lower >> 52) as i64;
    let mantissa = if field == 0 {
        fraction
    } else {
        fraction | 1 << 52
    };
    let mut point = Natural::new(2 * mantissa + 1);
    let exponent = field.max(1) - 1075 - 1;

    let (mut number, ten) = significand(decimal);
    // number * 10^ten against point * 2^exponent: both sides times what makes
    // every exponent positive.
    if ten < 0 {
        point.multiply_by_power_of_five(ten.unsigned_abs());
    } else {
        number.multiply_by_power_of_five(ten.unsigned_abs());
    }
    let two = ten - exponent;
    if two < 0 {
        point.shift_left(two.unsigned_abs());
    } else {
        number.shift_left(two.unsigned_abs());
    }
    match number.cmp(&point) {
        Ordering::Greater => true,
        Ordering::Less => false,
        Ordering::Equal => lower & 1 == 1,
    }
}

/// The digits of `decimal` as an integer and the power of ten of the last one.
fn significand(decimal: &Decimal) -> (Natural, i64) {
    /// As many digits as fit in 32 bits are put in at once.
    const MANY: u32 = 10_u32.pow(9);
    let mut number = Natural::new(decimal.mantissa);
    let mut exponent = decimal.exponent;
    let mut digits = decimal.rest.iter().filter(|byte| **byte != b'.');
    let (mut group, mut scale) = (0, 1);
    for digit in digits.by_ref().take(MAX_SIGNIFICANT) {
        if scale == MANY {
            number.multiply_add(scale, group);
            (group, scale) = (0, 1);
        }
        group = group * 10 + u32::from(digit - b'0');
        scale *= 10;
        exponent -= 1;
    }
    number.multiply_add(scale, group);
    if digits.any(|digit| *digit != b'0') {
        number.multiply_add(10, 1);
        exponent -= 1;
    }
    (number, exponent)
}

/// A natural number of up to 4096 bits, the lowest limb first.
///
/// The largest one needed is a significand of 820 digits, or a halfway point
/// times the power of five that makes it comparable with one: 2,800 bits.
struct Natural {
    limbs: [u32; 128],
    /// The limbs in use; the last one is not zero.
    length: usize,
}

impl Natural {
    fn new(value: u64) -> Self {
        let mut limbs = [0; 128];
        limbs[0] = value as u32;
        limbs[1] = (value >> 32) as u32;
        let mut natural = Self { limbs, length: 2 };
        natural.trim();
        natural
    }

    /// Drops leading zeros.
    fn trim(&mut self) {
        while self.length > 0 && self.limbs[self.length - 1] == 0 {
            self.length -= 1;
        }
    }

    fn multiply_add(&mut self, factor: u32, summand: u32) {
        let mut carry = u64::from(summand);
        for limb in &mut self.limbs[..self.length] {
            carry += u64::from(*limb) * u64::from(factor);
            *limb = carry as u32;
            carry >>= 32;
        }
        if carry > 0 {
            self.limbs[self.length] = carry as u32;
            self.length += 1;
        }
    }

    fn multiply_by_power_of_five(&mut self, mut exponent: u64) {
        /// The largest power of five in 32 bits.
        const LARGEST: (u64, u32) = (13, 5_u32.pow(13));
        while exponent >= LARGEST.0 {
            self.multiply_add(LARGEST.1, 0);
            exponent -= LARGEST.0;
        }
        self.multiply_add(5_u32.pow(exponent as u32), 0);
    }

    fn shift_left(&mut self, bits: u64) {
        self.multiply_add(1 << (bits % 32), 0);
        let limbs = (bits / 32) as usize;
        self.limbs.copy_within(..self.length, limbs);
        self.limbs[..limbs].fill(0);
        self.length += limbs;
    }

    fn cmp(&self, other: &Self) -> Ordering {
        let (ours, theirs) = (&self.limbs[..self.length], &other.limbs[..other.length]);
        self.length
            .cmp(&other.length)
            .then_with(|| ours.iter().rev().cmp(theirs.iter().rev()))
    }
}
