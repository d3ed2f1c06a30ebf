//! Functions of one number, in f64, with stated errors.

/// log2(e).
const LOG2_E: f64 = core::f64::consts::LOG2_E;
/// The upper part of ln(2): its last 21 bits are 0, so that products with integers of up to 21
/// bits are exact.
const LN2_HIGH: f64 = f64::from_bits(0x3fe6_2e42_fee0_0000);
/// What is left of ln(2).
const LN2_LOW: f64 = f64::from_bits(0x3dea_39ef_3579_3c76);

/// Returns e to the power of x with a relative error below 2^-50; 0 below -708, infinity above
/// 709, NaN for NaN.
///
/// x = k ln(2) + r with |r| <= 0.35, and e^r by its Taylor polynomial of degree 13, whose rest is
/// below 2^-57.
pub fn exp(x: f64) -> f64 {
    if x.is_nan() {
        return x;
    }
    if x < -708.0 {
        return 0.0;
    }
    if x > 709.0 {
        return f64::INFINITY;
    }
    // Rounds to the nearest integer: the sum has no place for a fraction.
    const SHIFT: f64 = 6_755_399_441_055_744.0;
    let shifted = x * LOG2_E + SHIFT;
    let k = shifted - SHIFT;
    let r = (x - k * LN2_HIGH) - k * LN2_LOW;
    let mut power = 0.0;
    for coefficient in TAYLOR {
        power = power * r + coefficient;
    }
    // The low bits of the sum are those of k: 2^k has k + 1023 in its exponent.
    let exponent = (shifted.to_bits().wrapping_add(1023) & 0x7ff) << 52;
    power * f64::from_bits(exponent)
}

/// 1/13! to 1/0!.
const TAYLOR: [f64; 14] = [
    1.0 / 6_227_020_800.0,
    1.0 / 479_001_600.0,
    1.0 / 39_916_800.0,
    1.0 / 3_628_800.0,
    1.0 / 362_880.0,
    1.0 / 40_320.0,
    1.0 / 5_040.0,
    1.0 / 720.0,
    1.0 / 120.0,
    1.0 / 24.0,
    1.0 / 6.0,
    0.5,
    1.0,
    1.0,
];

/// Returns 1 / (1 + e^-x), with an absolute error below 2^-50.
pub fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + exp(-x))
}

/// Returns the hyperbolic tangent, with an absolute error below 2^-49.
pub fn tanh(x: f64) -> f64 {
    1.0 - 2.0 / (exp(2.0 * x) + 1.0)
}

/// Returns GELU in its usual approximation, `x / 2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 x^3)))`
/// (D. Hendrycks and K. Gimpel, "Gaussian Error Linear Units", 2016), which is x times a sigmoid.
/// It falls to its minimum at -0.7525 and rises from there.
pub fn gelu(x: f64) -> f64 {
    const TWICE_THE_ROOT: f64 = 2.0 * 0.797_884_560_802_865_4;
    x * sigmoid(TWICE_THE_ROOT * (x + 0.044_715 * x * x * x))
}

/// Returns the largest value of [`gelu`] over numbers with these extremes: it has no maximum
/// inside.
pub fn max_gelu(min: f64, max: f64) -> f64 {
    let (first, last) = (gelu(min), gelu(max));
    if first > last { first } else { last }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(got: f64, wanted: f64, error: f64) {
        assert!((got - wanted).abs() <= error, "{got} is not {wanted}");
    }

    #[test]
    fn exp_is_near() {
        for i in -70_800..=70_900 {
            let x = f64::from(i) / 100.0;
            near(exp(x), x.exp(), x.exp() * f64::EPSILON * 4.0);
            let small = f64::from(i) / 1e7;
            near(exp(small), small.exp(), f64::EPSILON * 4.0);
        }
        assert_eq!(exp(0.0).to_bits(), 1_f64.to_bits());
        assert_eq!(exp(-709.0).to_bits(), 0);
        assert_eq!(exp(f64::NEG_INFINITY).to_bits(), 0);
        assert_eq!(exp(709.5), f64::INFINITY);
        assert!(exp(f64::NAN).is_nan());
    }

    #[test]
    fn functions_are_near() {
        for i in -100_000..=100_000 {
            let x = f64::from(i) / 2_500.0;
            near(sigmoid(x), 1.0 / (1.0 + (-x).exp()), f64::EPSILON * 4.0);
            near(tanh(x), x.tanh(), f64::EPSILON * 8.0);
            let inner = core::f64::consts::FRAC_2_PI.sqrt() * (x + 0.044_715 * x * x * x);
            near(gelu(x), 0.5 * x * (1.0 + inner.tanh()), 1e-14);
        }
        for x in [-1e300, -1e9, 1e9, 1e300] {
            near(tanh(x), x.signum(), 0.0);
            near(sigmoid(x), f64::midpoint(x.signum(), 1.0), 0.0);
        }
    }

    #[test]
    fn the_largest_gelu_is_at_an_extreme() {
        for i in -300..300 {
            let low = f64::from(i) / 50.0;
            for steps in 1..60 {
                let high = low + f64::from(steps) / 10.0;
                let largest = max_gelu(low, high);
                for between in 0..=steps {
                    let x = (low + (high - low) * f64::from(between) / f64::from(steps)).min(high);
                    assert!(gelu(x) <= largest, "{x} between {low} and {high}");
                }
            }
        }
    }
}
