//! From an exact number to the nearest double.

const LIMB_BITS: i32 = 32;

/// Rounds a magnitude to the nearest double, ties to even, and gives it a sign.
///
/// `limbs` are 32-bit digits, lowest first; bit 0 of the lowest one is
/// 2^`exponent`. `sticky` says that the number is a little larger than its
/// digits. Zero is +0.0; what rounds to zero from below is -0.0; what rounds
/// beyond the largest double is an infinity. Linear in the number of limbs.
pub fn round(negative: bool, limbs: &[u32], exponent: i32, sticky: bool) -> f64 {
    let Some(top) = limbs.iter().rposition(|&limb| limb != 0) else {
        return 0.0;
    };
    let digit = |back: usize| top.checked_sub(back).map_or(0, |i| u64::from(limbs[i]));

    // The 64 leading bits, the first of them set, and whether any follow.
    let shift = limbs[top].leading_zeros();
    let leading = (((digit(0) << 32) | digit(1)) << shift) | ((digit(2) << shift) >> 32);
    let rest = (digit(2) << shift) as u32 != 0;
    let sticky = sticky || rest || limbs[..top.saturating_sub(2)].iter().any(|&limb| limb != 0);
    let msb = exponent + LIMB_BITS * (top as i32 + 1) - 1 - shift as i32;

    round_leading(negative, leading, msb, sticky)
}

/// Rounds the magnitude whose 64 leading bits are `leading`, with the first of them set and
/// worth 2^`msb`, as [`round`] does. `sticky` says that more bits follow.
#[inline]
pub fn round_leading(negative: bool, leading: u64, msb: i32, sticky: bool) -> f64 {
    debug_assert!(leading >> 63 == 1);
    let sign = u64::from(negative) << 63;
    if msb > 1023 {
        return f64::from_bits(f64::INFINITY.to_bits() | sign);
    }
    // Bits of precision: 53, fewer below 2^-1022, where bit 0 is 2^-1074.
    let precision = if msb >= -1022 { 53 } else { msb + 1075 };
    if precision < 0 {
        return f64::from_bits(sign); // less than half of 2^-1074
    }
    let (mut significand, half, below) = if precision == 0 {
        (0, true, leading << 1 != 0)
    } else {
        let cut = 64 - precision as u32;
        (
            leading >> cut,
            (leading >> (cut - 1)) & 1 == 1,
            leading & ((1 << (cut - 1)) - 1) != 0,
        )
    };
    if half && (below || sticky || significand & 1 == 1) {
        significand += 1;
    }
    // The hidden bit, when there is one, adds one to the exponent field; so
    // does a carry out of the significand, up to infinity.
    let field = if msb >= -1022 {
        ((msb + 1022) as u64) << 52
    } else {
        0
    };
    f64::from_bits((field + significand) | sign)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bits(limbs: &[u32], exponent: i32, sticky: bool) -> u64 {
        round(false, limbs, exponent, sticky).to_bits()
    }

    #[test]
    fn zero_is_positive() {
        assert_eq!(round(true, &[], 0, false).to_bits(), 0);
        assert_eq!(round(true, &[0, 0, 0], -2148, false).to_bits(), 0);
    }

    #[test]
    fn exact_doubles_come_back() {
        for x in [
            1.0,
            1.5,
            0.1,
            f64::MAX,
            f64::MIN_POSITIVE,
            5e-324,
            2.225_073_858_507_201e-308,
            1e300,
            3e-310,
        ] {
            let b = f64::to_bits(x);
            let (field, fraction) = ((b >> 52) as i32, b & ((1 << 52) - 1));
            let (mantissa, e) = if field == 0 {
                (fraction, -1074)
            } else {
                (fraction | 1 << 52, field - 1075)
            };
            for pad in 0..5 {
                let mut limbs = vec![0; pad];
                limbs.extend([mantissa as u32, (mantissa >> 32) as u32, 0]);
                assert_eq!(
                    bits(&limbs, e - 32 * pad as i32, false),
                    b,
                    "{x:e} after {pad} zero limbs"
                );
                assert_eq!(round(true, &limbs, e - 32 * pad as i32, false), -x);
            }
        }
    }

    #[test]
    fn ties_go_to_even_and_sticky_breaks_them() {
        // 2^53 + 1 lies between 2^53 and 2^53 + 2.
        assert_eq!(bits(&[1, 1 << 21], 0, false), 9007199254740992f64.to_bits());
        assert_eq!(bits(&[1, 1 << 21], 0, true), 9007199254740994f64.to_bits());
        // 2^53 + 3 goes up to 2^53 + 4.
        assert_eq!(bits(&[3, 1 << 21], 0, false), 9007199254740996f64.to_bits());
        // A bit far below does the same as sticky, in whichever limb it is.
        for far in 1..8 {
            let mut limbs = vec![0; far];
            limbs[0] = 1;
            limbs.extend([1, 1 << 21]);
            assert_eq!(
                bits(&limbs, -32 * far as i32, false),
                9007199254740994f64.to_bits()
            );
        }
    }

    #[test]
    fn a_carry_runs_into_the_exponent() {
        // 2^54 - 1 rounds to 2^54.
        assert_eq!(
            bits(&[u32::MAX, (1 << 22) - 1], 0, false),
            18014398509481984f64.to_bits()
        );
        // Just below 2^-1022 rounds up to the smallest normal.
        assert_eq!(
            bits(&[u32::MAX, (1 << 21) - 1], -1075, false),
            f64::MIN_POSITIVE.to_bits()
        );
    }

    #[test]
    fn overflow_is_infinite_from_the_middle_on() {
        // The largest double is (2^53 - 1) * 2^971; half a unit above it is the limit.
        let limit = [u32::MAX, (1 << 22) - 1];
        assert_eq!(bits(&limit, 970, false), f64::INFINITY.to_bits());
        let below = [u32::MAX - 1, (1 << 22) - 1];
        assert_eq!(bits(&below, 970, true), f64::MAX.to_bits());
        assert_eq!(bits(&[1], 1024, false), f64::INFINITY.to_bits());
        assert_eq!(round(true, &[0, 1], 5000, false), f64::NEG_INFINITY);
    }

    #[test]
    fn subnormals_round_at_a_fixed_place() {
        assert_eq!(bits(&[1], -1074, false), 1);
        assert_eq!(bits(&[1], -1075, false), 0); // a tie, to even
        assert_eq!(bits(&[1], -1075, true), 1);
        assert_eq!(bits(&[3], -1075, false), 2); // a tie, to even
        assert_eq!(bits(&[3], -1076, false), 1);
        assert_eq!(bits(&[1], -1076, true), 0);
        assert_eq!(bits(&[u32::MAX; 3], -2000, true), 0);
        assert_eq!(round(true, &[1], -1075, false).to_bits(), 1 << 63);
        assert_eq!(round(true, &[1], -1076, false).to_bits(), 1 << 63);
    }
}
