//! What compute-aggregate and finish must answer, by exact rational
//! arithmetic and one rounding. Nothing here is shared with the guest.

use num_bigint::{BigInt, BigUint, Sign};
use num_rational::BigRational;
use num_traits::{One, Signed, Zero};

use crate::format::Datapoint;

/// The one NaN of the contract.
pub const NAN: u64 = 0x7ff8_0000_0000_0000;

/// Every finite double is a multiple of 2^-1074.
const SMALLEST: i64 = -1074;

/// The answers for a multiset of points, doubles as bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Statistics {
    pub count: u64,
    pub mean: u64,
    pub variance: u64,
    pub sum: u64,
    pub min: u64,
    pub max: u64,
    pub first: u64,
    pub last: u64,
}

/// The statistics of the points, each taken `copies` times.
pub fn statistics(points: &[Datapoint], copies: u64) -> Statistics {
    if points.is_empty() {
        return Statistics {
            count: 0,
            mean: 0,
            variance: 0,
            sum: 0,
            min: 0,
            max: 0,
            first: 0,
            last: 0,
        };
    }
    let (mean, variance, sum) = moments(points, copies);
    let (min, max) = extremes(points);
    Statistics {
        count: points.len() as u64 * copies,
        mean,
        variance,
        sum,
        min,
        max,
        first: points.iter().map(|p| p.timestamp).min().unwrap_or(0),
        last: points.iter().map(|p| p.timestamp).max().unwrap_or(0),
    }
}

/// Mean, population variance and sum.
fn moments(points: &[Datapoint], copies: u64) -> (u64, u64, u64) {
    let has = |x: f64| points.iter().any(|p| p.value == x);
    let nan = points.iter().any(|p| p.value.is_nan());
    match (nan, has(f64::INFINITY), has(f64::NEG_INFINITY)) {
        (true, _, _) | (_, true, true) => return (NAN, NAN, NAN),
        (_, true, _) => return (f64::INFINITY.to_bits(), NAN, f64::INFINITY.to_bits()),
        (_, _, true) => {
            return (
                f64::NEG_INFINITY.to_bits(),
                NAN,
                f64::NEG_INFINITY.to_bits(),
            );
        }
        _ => {}
    }

    // Sums in units of 2^-1074 and 2^-2148: integers, so exact.
    let (mut sum, mut squares) = (BigInt::zero(), BigInt::zero());
    for point in points {
        let x = units(point.value);
        squares += &x * &x;
        sum += x;
    }
    let copies = BigInt::from(copies);
    sum *= &copies;
    squares *= &copies;
    let n = BigInt::from(points.len()) * copies;
    let unit = BigInt::one() << (-SMALLEST) as usize;

    let variance = &n * squares - &sum * &sum;
    (
        round(&BigRational::new(sum.clone(), &n * &unit)),
        round(&BigRational::new(variance, &n * &n * &unit * &unit)),
        round(&BigRational::new(sum, unit)),
    )
}

/// IEEE 754-2019 minimum and maximum: a NaN wins, and -0 is less than +0.
fn extremes(points: &[Datapoint]) -> (u64, u64) {
    if points.iter().any(|p| p.value.is_nan()) {
        return (NAN, NAN);
    }
    let mut values: Vec<f64> = points.iter().map(|p| p.value).collect();
    values.sort_by(f64::total_cmp);
    (values[0].to_bits(), values[values.len() - 1].to_bits())
}

/// A finite double as a count of 2^-1074.
fn units(x: f64) -> BigInt {
    let bits = x.to_bits();
    let field = (bits >> 52) & 0x7ff;
    let fraction = bits & ((1 << 52) - 1);
    // A subnormal has the exponent of the smallest normal and no leading one.
    let magnitude = if field == 0 {
        BigUint::from(fraction)
    } else {
        BigUint::from(fraction | (1 << 52)) << (field - 1) as usize
    };
    let sign = if bits >> 63 == 1 {
        Sign::Minus
    } else {
        Sign::Plus
    };
    BigInt::from_biguint(sign, magnitude)
}

/// The bits of the nearest double, ties to even; an exact zero is +0.0, and
/// what is beyond the largest double is an infinity.
pub fn round(exact: &BigRational) -> u64 {
    if exact.is_zero() {
        return 0;
    }
    let sign = u64::from(exact.is_negative()) << 63;
    let p = exact.numer().magnitude().clone();
    let q = exact.denom().magnitude().clone();

    // 2^top <= p/q < 2^(top+1), so the last place is 2^(top-52), or 2^-1074
    // where that is larger.
    let mut top = p.bits() as i64 - q.bits() as i64;
    let (a, b) = scale(&p, &q, top);
    if a < b {
        top -= 1;
    }
    if top > 1023 {
        return sign | f64::INFINITY.to_bits();
    }
    let place = (top - 52).max(SMALLEST);

    // p/q in units of the last place: the quotient m, and what is left over.
    let (p, q) = scale(&p, &q, place);
    let m = &p / &q;
    let twice_rest = (&p % &q) << 1u32;
    let odd = m.bit(0);
    let up = twice_rest > q || (twice_rest == q && odd);
    let m = u64::try_from(m).expect("at most 53 bits") + u64::from(up);

    // A carry out of m goes on into the exponent, which is what it should do;
    // a subnormal m has exponent field 0 by itself.
    sign | ((((place - SMALLEST) as u64) << 52) + m)
}

/// (p / q) / 2^exponent as a fraction.
fn scale(p: &BigUint, q: &BigUint, exponent: i64) -> (BigUint, BigUint) {
    if exponent > 0 {
        (p.clone(), q << exponent as usize)
    } else {
        (p << (-exponent) as usize, q.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prng::Prng;

    fn ratio(numer: i64, denom: i64) -> BigRational {
        BigRational::new(numer.into(), denom.into())
    }

    fn exactly(x: f64) -> BigRational {
        BigRational::new(units(x), BigInt::one() << 1074usize)
    }

    #[test]
    fn every_double_rounds_to_itself() {
        let mut random = Prng::new(1);
        for _ in 0..20_000 {
            let x = random.finite();
            assert_eq!(round(&exactly(x)), if x == 0.0 { 0 } else { x.to_bits() });
        }
        for x in [
            f64::MAX,
            f64::MIN,
            f64::MIN_POSITIVE,
            f64::from_bits(1),
            -f64::from_bits((1 << 52) - 1),
        ] {
            assert_eq!(round(&exactly(x)), x.to_bits());
        }
    }

    #[test]
    fn quotients_of_small_integers_round_as_the_hardware_divides() {
        let mut random = Prng::new(2);
        for _ in 0..20_000 {
            let (p, q) = (
                random.bits() as i64 >> 11,
                (random.below(1 << 52) + 1) as i64,
            );
            assert_eq!(
                round(&ratio(p, q)),
                (p as f64 / q as f64 + 0.0).to_bits(),
                "{p}/{q}"
            );
        }
    }

    #[test]
    fn sums_of_two_doubles_round_as_the_hardware_adds() {
        let mut random = Prng::new(3);
        for _ in 0..20_000 {
            let (a, gap) = (
                random.below(2046) as i32 - 1023,
                random.below(120) as i32 - 60,
            );
            let (x, y) = (
                random.with_exponent(a),
                random.with_exponent((a + gap).min(1023)),
            );
            assert_eq!(
                round(&(exactly(x) + exactly(y))),
                (x + y + 0.0).to_bits(),
                "{x:e} + {y:e}"
            );
        }
    }

    #[test]
    fn ties_go_to_even_at_every_border() {
        let tiny = exactly(f64::from_bits(1));
        let half = ratio(1, 2);
        assert_eq!(round(&(&tiny * &half)), 0);
        assert_eq!(round(&(&tiny * ratio(3, 2))), 2);
        assert_eq!(round(&(&tiny * ratio(51, 100))), 1);
        // Halfway from the largest subnormal to the smallest normal.
        let border = exactly(f64::MIN_POSITIVE) - &tiny * &half;
        assert_eq!(round(&border), f64::MIN_POSITIVE.to_bits());
        // Halfway from the largest double to 2^1024.
        let ulp = exactly(f64::MAX) - exactly(f64::from_bits(f64::MAX.to_bits() - 1));
        let overflow = exactly(f64::MAX) + &ulp * &half;
        assert_eq!(round(&overflow), f64::INFINITY.to_bits());
        assert_eq!(round(&(overflow - tiny)), f64::MAX.to_bits());
    }

    #[test]
    fn statistics_of_a_list_done_by_hand() {
        let points: Vec<_> = [(7, 1.0), (3, 2.0), (5, 4.0)]
            .map(|(timestamp, value)| Datapoint { timestamp, value })
            .into();
        let got = statistics(&points, 1);
        let want = Statistics {
            count: 3,
            mean: (7.0f64 / 3.0).to_bits(),
            variance: (14.0f64 / 9.0).to_bits(),
            sum: 7.0f64.to_bits(),
            min: 1.0f64.to_bits(),
            max: 4.0f64.to_bits(),
            first: 3,
            last: 7,
        };
        assert_eq!(got, want);
        assert_eq!(
            statistics(&points, 8),
            Statistics {
                count: 24,
                sum: 56.0f64.to_bits(),
                ..want
            }
        );
    }
}
