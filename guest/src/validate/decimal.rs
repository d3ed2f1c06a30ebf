//! From a decimal number to the nearest double, ties to even.
//!
//! Three methods, each for the numbers that the one before cannot decide:
//! 1. Mantissa and power of ten are both doubles: one division, which IEEE 754
//!    rounds correctly (W. D. Clinger, "How to read floating point numbers
//!    accurately", PLDI 1990).
//! 2. The product with a 64-bit power of ten, whose error is known: the answer
//!    where all numbers within the error round to the same double (the idea of
//!    Eisel and Lemire, with an interval instead of a long table). About one
//!    number of 17 digits in 100 is left.
//! 3. The exact comparison with the point halfway between two doubles.

use super::halfway;
use super::powers::{
    DOUBLES, LARGEST, LARGEST_EXACT, NEGATIVE, SMALLEST, binary_exponent, multiply_high,
    power_of_ten,
};

/// Any number of this many digits fits in 64 bits.
pub const MAX_DIGITS: usize = 19;

/// The bits of positive infinity, one more than those of the largest double.
const INFINITY: u64 = 0x7ff0_0000_0000_0000;

/// The bits of no nearest double.
pub const UNDECIDED: u64 = u64::MAX;

/// The number `mantissa.rest * 10^exponent`.
pub struct Decimal<'a> {
    /// The first digits, as an integer.
    pub mantissa: u64,
    /// Further digits. A decimal point among them has no meaning any more.
    /// If there are any, the mantissa is at least 10^18.
    pub rest: &'a [u8],
    /// The power of ten of the mantissa's last digit.
    pub exponent: i64,
}

/// The bits of the double nearest to `mantissa * 10^-fraction`, for a mantissa
/// up to 2^53 and a fraction up to `LARGEST_EXACT`, and for any integer.
#[inline(always)]
pub fn quotient(mantissa: u64, fraction: usize) -> u64 {
    (mantissa as f64 / DOUBLES[fraction & 31]).to_bits()
}

/// The bits of the double nearest to `mantissa * 10^-fraction`, for a mantissa
/// above 2^53 and a fraction up to 31, and whether 64 bits of the power decide
/// it: all but one number in 200.
#[inline(always)]
pub fn near(mantissa: u64, fraction: usize) -> (u64, bool) {
    let zeros = mantissa.leading_zeros();
    let fraction = fraction & 31;
    // The power is too small by less than 1, so the product by less than 1 too,
    // and the cut of its lower half takes less than 1: the number is in
    // product .. product + 2, and without the last bit in product .. product + 2.
    let product = multiply_high(NEGATIVE[fraction][0], mantissa << zeros) >> 1;
    // The first bit of the product is 61 or 62.
    let drop = 9 + (product >> 62);
    let half = 1 << (drop - 1);
    let lower = (product - 1 + half) >> drop;
    let upper = (product + 2 + half) >> drop;
    let exponent = binary_exponent(-(fraction as i64)) + 54 + drop as i64 - i64::from(zeros);
    // The first bit of the mantissa adds one to the exponent's field.
    (
        (((exponent + 1022) as u64) << 52).wrapping_add(lower),
        lower == upper,
    )
}

/// The doubles that a number may be nearest to: this one and the next.
struct Undecided(u64);

impl<'a> Decimal<'a> {
    /// The decimal with these `digits`, which may have one decimal point among
    /// them; `exponent` is the power of ten of the last digit.
    #[cold]
    pub fn from_digits(digits: &'a [u8], exponent: i64) -> Self {
        let zeros = digits
            .iter()
            .take_while(|byte| matches!(byte, b'0' | b'.'))
            .count();
        let digits = &digits[zeros..];
        let (mut mantissa, mut count, mut end) = (0, 0, 0);
        while count < MAX_DIGITS && end < digits.len() {
            if digits[end] != b'.' {
                mantissa = mantissa * 10 + u64::from(digits[end] - b'0');
                count += 1;
            }
            end += 1;
        }
        let rest = &digits[end..];
        let cut = rest.iter().filter(|byte| **byte != b'.').count();
        Self {
            mantissa,
            rest,
            exponent: exponent + cut as i64,
        }
    }

    /// The bits of the double nearest to `mantissa * 10^exponent`, or `UNDECIDED`
    /// where that takes more work: near a point halfway between two doubles, and
    /// at both ends of the range.
    #[inline(never)]
    pub fn quick_bits(mantissa: u64, exponent: i32) -> u64 {
        let decimal = Self {
            mantissa,
            rest: &[],
            exponent: i64::from(exponent),
        };
        if mantissa <= 1 << 53
            && let Ok(fraction) = usize::try_from(-exponent)
            && fraction <= LARGEST_EXACT
        {
            return quotient(mantissa, fraction);
        }
        if mantissa == 0 || !(SMALLEST..LARGEST).contains(&decimal.exponent) {
            return UNDECIDED;
        }
        match decimal.approximate() {
            Ok(bits) if bits < INFINITY => bits,
            _ => UNDECIDED,
        }
    }

    /// The nearest double; an infinity if the number is beyond the largest.
    #[inline(always)]
    pub fn to_f64(&self, negative: bool) -> f64 {
        // In integers: hardening would rewrite a `select` of doubles.
        f64::from_bits(self.magnitude() | u64::from(negative) << 63)
    }

    /// The bits of the nearest double to the number without its sign.
    #[inline(always)]
    fn magnitude(&self) -> u64 {
        if let Ok(fraction) = usize::try_from(-self.exponent)
            && self.rest.is_empty()
            && (self.mantissa <= 1 << 53 && fraction <= LARGEST_EXACT || fraction == 0)
        {
            return quotient(self.mantissa, fraction);
        }
        self.magnitude_of_any()
    }

    #[inline(never)]
    fn magnitude_of_any(&self) -> u64 {
        if self.mantissa == 0 || self.exponent < SMALLEST {
            return 0;
        }
        if self.exponent > LARGEST {
            return INFINITY;
        }
        let bits = match self
            .approximate()
            .or_else(|lower| self.nearer().ok_or(lower))
        {
            Ok(bits) => bits,
            Err(Undecided(lower)) => lower + u64::from(halfway::is_nearer_to_next(self, lower)),
        };
        bits.min(INFINITY)
    }

    /// The bits of the nearest double, where 64 bits decide it; there is no
    /// bound for numbers beyond the largest.
    #[inline(never)]
    fn approximate(&self) -> Result<u64, Undecided> {
        let zeros = self.mantissa.leading_zeros();
        // The power is too small by less than 2^-61 of itself, so the product
        // by less than 8, and the cut of its lower half takes less than 1: the
        // number is in product .. product + 9. Without the last bit, which
        // makes room for the sums below, it is in product .. product + 5.
        let product = multiply_high(power_of_ten(self.exponent), self.mantissa << zeros) >> 1;
        let unit = binary_exponent(self.exponent) + 2 - i64::from(zeros);
        // With 10^18 and more, zeros is at most 4, and one more in the mantissa
        // is at most 2^4 in the product and 2^3 without its last bit.
        let error = if self.rest.is_empty() { 5 } else { 5 + 8 + 1 };

        let top = 63 - i64::from(product.leading_zeros());
        // Subnormal numbers have the exponent of the smallest normal one.
        let exponent = (top + unit).max(-1022);
        let drop = exponent - 52 - unit;
        if drop >= 64 {
            return Err(Undecided(0));
        }
        // Halves are rounded up here. Where the number may be a half, the two
        // ends differ, since the lower one is taken just below the product.
        let half = 1 << (drop - 1);
        let lower = (product - 1 + half) >> drop;
        let upper = (product + error + half) >> drop;
        // The first bit of a normal mantissa adds one to the exponent's field,
        // and so does a mantissa that was rounded up to the next power of two.
        let bits = ((exponent + 1022) as u64) << 52;
        if lower == upper {
            Ok(bits + lower)
        } else {
            Err(Undecided(bits + lower))
        }
    }

    /// `approximate` with 128 bits of the power: the answer for all numbers of
    /// few digits but those halfway between two doubles.
    #[cold]
    fn nearer(&self) -> Option<u64> {
        let fraction = usize::try_from(-self.exponent).ok()?;
        let [high, low] = NEGATIVE.get(fraction).filter(|_| self.rest.is_empty())?;
        let zeros = self.mantissa.leading_zeros();
        let mantissa = self.mantissa << zeros;
        // The power is too small by less than 2^8, so the product by less than
        // 2^8 too, and the cuts of the lower product and of the last bit take
        // less than 1 each.
        let upper = u128::from(multiply_high(*high, mantissa)) << 64;
        let middle = u128::from(high.wrapping_mul(mantissa));
        let lower = u128::from(multiply_high(*low, mantissa));
        let product = (upper + middle + lower) >> 1;
        // The first bit of the product is 125 or 126.
        let drop = 73 + (product >> 126) as u32;
        let half = 1 << (drop - 1);
        let lower = ((product - 1 + half) >> drop) as u64;
        let upper = ((product + 130 + half) >> drop) as u64;
        let exponent = binary_exponent(self.exponent) - 10 + i64::from(drop) - i64::from(zeros);
        let bits = ((exponent + 1022) as u64) << 52;
        (lower == upper).then(|| bits + lower)
    }
}
