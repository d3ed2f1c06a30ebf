//! Arithmetic on doubles: `+`, `-`, `*`, `/` and comparisons only, in one order, so that
//! every runtime returns the same bits. `train/model.py` has the same in Python.

/// Returns `x`, or the nearer of `-bound` and `bound` if it is beyond them.
pub fn clamp(x: f64, bound: f64) -> f64 {
    if x > bound {
        bound
    } else if x < -bound {
        -bound
    } else {
        x
    }
}

/// Returns `x` in units of `scale`, bent so that it stays within -4 and 4.
pub fn squash(x: f64, scale: f64) -> f64 {
    if x == 0.0 {
        return 0.0;
    }
    clamp(x / (scale + x.abs() * 0.25), 4.0)
}

/// Returns `x / (x + scale)` for numbers that are not negative: 0 to 1.
pub fn share(x: f64, scale: f64) -> f64 {
    if x == 0.0 {
        return 0.0;
    }
    x / (x + scale)
}

/// Returns e to the power of `x`, for `x` from -700 to 0, with an error of about one unit in
/// the last place: 2^k · e^r with r within ± ln 2 / 2, by fourteen terms of its series.
pub fn exp(x: f64) -> f64 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the number is from -1010 to 0"
    )]
    fn power_of_two(k: f64) -> f64 {
        f64::from_bits(((1023 + k as i64) as u64) << 52)
    }
    let k = (x * std::f64::consts::LOG2_E + 0.5).floor();
    // ln 2 in two parts, the first with zeros at its end, so that its product is exact.
    let r = (x - k * 0.693_147_180_369_123_8) - k * 1.908_214_929_270_587_7e-10;
    let mut p = 1.0;
    for i in (1..=13).rev() {
        p = 1.0 + (r / f64::from(i)) * p;
    }
    p * power_of_two(k)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exp_is_near_the_library_s() {
        for i in 0..=700_000 {
            let x = -f64::from(i) / 1000.0;
            let error = (exp(x) / x.exp() - 1.0).abs();
            assert!(error < 4.5e-16, "{x}: {error}");
        }
    }

    #[test]
    fn squash_stays_in_its_bounds() {
        for x in [5e-324, 1e-310, 1.0, 1e200, -1e200, -5e-324] {
            for scale in [0.0, 5e-324, 1.0, 1e200] {
                let y = squash(x, scale);
                assert!(y.abs() <= 4.0, "squash({x}, {scale}) = {y}");
            }
        }
        assert_eq!(squash(0.0, 0.0), 0.0);
    }
}
