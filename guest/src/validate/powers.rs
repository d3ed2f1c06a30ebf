//! Powers of ten to 64 bits, for reading decimal numbers.

/// The largest power of ten that is a double, and so are all before it.
pub const LARGEST_EXACT: usize = 22;

/// The doubles nearest to 10^0 to 10^31.
pub static DOUBLES: [f64; 32] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
    1e17, 1e18, 1e19, 1e20, 1e21, 1e22, 1e23, 1e24, 1e25, 1e26, 1e27, 1e28, 1e29, 1e30, 1e31,
];

/// 128 bits of 10^0 to 10^-31, the first one set. Never too large, and too small
/// by less than 2^-120 of itself; a test compares them with the exact powers.
pub static NEGATIVE: [[u64; 2]; 32] = {
    let mut powers = [[1 << 63, 0]; 32];
    let (mut power, mut index) = (1 << 127, 1);
    while index < powers.len() {
        power = divided(power, 5);
        powers[index] = [(power >> 64) as u64, power as u64];
        index += 1;
    }
    powers
};

/// A 64-bit integer times a smaller power of ten than this is less than half
/// the smallest double: zero.
pub const SMALLEST: i64 = -342;
/// A positive integer times a larger power of ten than this is beyond the
/// largest double.
pub const LARGEST: i64 = 308;

/// 5^STEP is the largest power of five below 2^63.
const STEP: i64 = 27;
/// Of the coarse powers 5^(STEP * n), the first n.
const FIRST: i64 = SMALLEST.div_euclid(STEP);
const COARSE_COUNT: usize = (LARGEST.div_euclid(STEP) - FIRST + 1) as usize;

/// 5^0 to 5^(STEP - 1).
static FINE: [u64; STEP as usize] = {
    let mut powers = [1; STEP as usize];
    let mut index = 1;
    while index < powers.len() {
        powers[index] = powers[index - 1] * 5;
        index += 1;
    }
    powers
};

/// The highest 64 bits of 5^(STEP * (FIRST + index)), the first one set.
///
/// Each is cut from a neighbour's 128 bits times or divided by 5^STEP, so that
/// the errors of the steps do not reach the 64 bits that are kept; a test
/// compares every power with the exact one.
static COARSE: [u64; COARSE_COUNT] = {
    let step = 5_u64.pow(STEP as u32);
    let mut powers = [1 << 63; COARSE_COUNT];
    let one = -FIRST as usize;
    let mut power = 1 << 127;
    let mut index = one + 1;
    while index < COARSE_COUNT {
        power = times(power, step);
        powers[index] = (power >> 64) as u64;
        index += 1;
    }
    power = 1 << 127;
    index = one;
    while index > 0 {
        power = divided(power, step);
        index -= 1;
        powers[index] = (power >> 64) as u64;
    }
    powers
};

/// The highest 128 bits of `power * factor`, the first one set.
const fn times(power: u128, factor: u64) -> u128 {
    let low = (power as u64) as u128 * factor as u128;
    let high = (power >> 64) * factor as u128 + (low >> 64);
    let shift = high.leading_zeros();
    let below = low as u64 as u128;
    (high << shift) | ((below << shift) >> 64)
}

/// The highest 128 bits of `power / divisor`, the first one set.
const fn divided(power: u128, divisor: u64) -> u128 {
    let divisor = divisor as u128;
    let quotient = power / divisor;
    let rest = power % divisor;
    let shift = quotient.leading_zeros();
    // The rest is below 2^63, and so is the shift.
    (quotient << shift) | ((rest << shift) / divisor)
}

/// The highest 64 bits of 10^exponent, the first one set, for an exponent from
/// `SMALLEST` to `LARGEST`. Never too large, and too small by less than 2^-61 of
/// itself: 2^-63 by the coarse power, 2^-62 by the cut of the product.
///
/// The power is this number times 2^(`binary_exponent(exponent)` - 63).
#[inline]
pub fn power_of_ten(exponent: i64) -> u64 {
    let coarse = COARSE[(exponent.div_euclid(STEP) - FIRST) as usize];
    let fine = FINE[exponent.rem_euclid(STEP) as usize];
    let product = multiply_high(coarse, fine << fine.leading_zeros());
    // Two factors from 2^63 on: the product has its first bit at 63 or 62. The
    // bit that moves in is cut off with the rest.
    product << product.leading_zeros()
}

/// The exponent of the largest power of two that is not above 10^exponent.
#[inline]
pub const fn binary_exponent(exponent: i64) -> i64 {
    // 217706 / 2^16 is log2(10), near enough for exponents of this size.
    (exponent * 217_706) >> 16
}

/// The high half of `a * b`. In 32-bit pieces, since a 128-bit product is a
/// function call on WebAssembly.
#[inline]
pub const fn multiply_high(a: u64, b: u64) -> u64 {
    const MASK: u64 = 0xffff_ffff;
    let (a_high, a_low, b_high, b_low) = (a >> 32, a & MASK, b >> 32, b & MASK);
    let middle = a_high * b_low + ((a_low * b_low) >> 32);
    let other = a_low * b_high + (middle & MASK);
    a_high * b_high + (middle >> 32) + (other >> 32)
}

#[cfg(test)]
mod tests {
    use num_bigint::BigUint;

    use super::{LARGEST, NEGATIVE, SMALLEST, binary_exponent, multiply_high, power_of_ten};

    #[test]
    fn every_power_is_as_near_as_promised() {
        for exponent in SMALLEST..=LARGEST {
            let mantissa = power_of_ten(exponent);
            assert!(mantissa >> 63 == 1, "10^{exponent} is not normalized");
            // mantissa * 2^scale against 10^exponent, both made integers.
            let scale = binary_exponent(exponent) - 63;
            let ten = BigUint::from(10_u32);
            let (mut ours, mut exact) = (BigUint::from(mantissa), BigUint::from(1_u32));
            if exponent < 0 {
                ours *= ten.pow(-exponent as u32);
            } else {
                exact *= ten.pow(exponent as u32);
            }
            if scale < 0 {
                exact <<= -scale;
            } else {
                ours <<= scale;
            }
            assert!(ours <= exact, "10^{exponent} is too large");
            assert!((&exact - &ours) << 61 < exact, "10^{exponent} is too small");
        }
    }

    #[test]
    fn the_negative_powers_are_as_near_as_promised() {
        for (exponent, [high, low]) in (0_u32..).zip(&NEGATIVE) {
            assert!(high >> 63 == 1, "10^-{exponent} is not normalized");
            // ours * 2^(scale - 127) against 10^-exponent, both times 10^exponent.
            let scale = binary_exponent(-i64::from(exponent));
            let ten = BigUint::from(10_u32).pow(exponent);
            let ours = (BigUint::from(*high) << 64 | BigUint::from(*low)) * ten;
            let exact = BigUint::from(1_u32) << (127 - scale);
            assert!(ours <= exact, "10^-{exponent} is too large");
            assert!(
                (&exact - &ours) << 120 < exact,
                "10^-{exponent} is too small"
            );
        }
    }

    #[test]
    fn products_are_those_of_128_bits() {
        let mut word = 1_u64;
        for _ in 0..1_000 {
            word = word.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            for other in [0, 1, word.rotate_left(17), u64::from(u32::MAX), u64::MAX] {
                let product = u128::from(word) * u128::from(other);
                assert_eq!(multiply_high(word, other), (product >> 64) as u64);
            }
        }
    }
}
