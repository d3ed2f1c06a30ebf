//! What the tests of the exact statistics share: an oracle in exact rational
//! arithmetic that has no code in common with the guest, and lists of many
//! kinds.

#![allow(dead_code)] // each test uses a part

use compute_pipeline::Datapoint;
use num_bigint::{BigInt, Sign};
use num_rational::BigRational;

pub const NAN: u64 = 0x7ff8_0000_0000_0000;

/// Mean, population variance and sum as bits, from rationals.
pub fn expected(values: &[f64]) -> [u64; 3] {
    if values.iter().any(|x| x.is_nan()) {
        return [NAN; 3];
    }
    let plus = values.contains(&f64::INFINITY);
    let minus = values.contains(&f64::NEG_INFINITY);
    match (plus, minus) {
        (true, true) => return [NAN; 3],
        (true, false) => return [f64::INFINITY.to_bits(), NAN, f64::INFINITY.to_bits()],
        (false, true) => {
            return [
                f64::NEG_INFINITY.to_bits(),
                NAN,
                f64::NEG_INFINITY.to_bits(),
            ];
        }
        (false, false) => {}
    }
    if values.is_empty() {
        return [0; 3];
    }
    // All values as integers in units of the smallest one's last bit.
    let parts: Vec<(i64, i32)> = values.iter().map(|&x| decompose(x)).collect();
    let unit = parts.iter().map(|p| p.1).min().unwrap_or(0);
    let (mut sum, mut squares) = (BigInt::from(0), BigInt::from(0));
    for &(m, e) in &parts {
        let shift = (e - unit) as u32;
        sum += BigInt::from(m) << shift;
        squares += BigInt::from(i128::from(m) * i128::from(m)) << (2 * shift);
    }
    let n = BigInt::from(values.len());
    moments(&n, &sum, &squares, unit)
}

/// The same from sums in units of 2^`unit` and 2^(2 `unit`).
pub fn moments(n: &BigInt, sum: &BigInt, squares: &BigInt, unit: i32) -> [u64; 3] {
    let mean = BigRational::new(sum.clone(), n.clone());
    let variance = BigRational::new(n * squares - sum * sum, n * n);
    [
        nearest(&scaled(mean, unit)),
        nearest(&scaled(variance, 2 * unit)),
        nearest(&scaled(BigRational::from(sum.clone()), unit)),
    ]
}

/// m and e with x = m 2^e.
pub fn decompose(x: f64) -> (i64, i32) {
    assert!(x.is_finite());
    if x == 0.0 {
        return (0, 1023);
    }
    let bits = x.abs().to_bits();
    let (mut m, mut e) = if bits < 1 << 52 {
        (bits as i64, -1074)
    } else {
        (
            (bits % (1 << 52) + (1 << 52)) as i64,
            (bits / (1 << 52)) as i32 - 1075,
        )
    };
    while m % 2 == 0 {
        m /= 2;
        e += 1;
    }
    (if x < 0.0 { -m } else { m }, e)
}

fn scaled(x: BigRational, exponent: i32) -> BigRational {
    let power = BigRational::from(BigInt::from(1) << exponent.unsigned_abs());
    if exponent < 0 { x / power } else { x * power }
}

/// The bits of the double nearest to a rational, ties to even.
pub fn nearest(x: &BigRational) -> u64 {
    let (sign, numerator) = (x.numer().sign(), x.numer().magnitude());
    let denominator = x.denom().magnitude();
    if sign == Sign::NoSign {
        return 0;
    }
    let top = if sign == Sign::Minus { 1 << 63 } else { 0 };
    // Find e with 2^52 <= |x| / 2^e < 2^53, but e >= -1074.
    let mut e = numerator.bits() as i64 - denominator.bits() as i64 - 53;
    let scale = |e: i64| -> (num_bigint::BigUint, num_bigint::BigUint) {
        if e < 0 {
            (numerator << (-e) as u64, denominator.clone())
        } else {
            (numerator.clone(), denominator << e as u64)
        }
    };
    let (p, q) = scale(e);
    if p >= &q << 53u32 {
        e += 1;
    }
    e = e.max(-1074);
    let (p, q) = scale(e);
    let mut m = &p / &q;
    let twice_rest = (&p - &m * &q) * 2u32;
    if twice_rest > q || (twice_rest == q && m.bit(0)) {
        m += 1u32;
    }
    let mut m = u64::try_from(&m).expect("54 bits at most");
    if m == 1 << 53 {
        m >>= 1;
        e += 1;
    }
    if e > 971 {
        return top | f64::INFINITY.to_bits();
    }
    if m < 1 << 52 {
        assert_eq!(e, -1074);
        return top | m;
    }
    top | (((e + 1075) as u64) << 52) | (m - (1 << 52))
}

/// Points with the given values and timestamps that are not in order.
pub fn points(values: &[f64]) -> Vec<Datapoint> {
    let stamp = |i: usize| (i as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 20;
    values
        .iter()
        .enumerate()
        .map(|(i, &value)| Datapoint {
            timestamp: stamp(i),
            value,
        })
        .collect()
}

/// How much more to test than by default; for long runs by hand.
pub fn cases(default: usize) -> usize {
    let times = std::env::var("COMPUTE_PIPELINE_CASES").map_or(1, |v| {
        v.parse().expect("COMPUTE_PIPELINE_CASES is a number")
    });
    default * times
}

/// SplitMix64.
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }

    /// In [0, 1).
    pub fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    pub fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.unit()).sum::<f64>() - 6.0
    }

    pub fn shuffle<T>(&mut self, list: &mut [T]) {
        for i in (1..list.len()).rev() {
            list.swap(i, self.below(i + 1));
        }
    }
}

/// Names of the kinds of lists, in the order of [`list`].
pub const KINDS: [&str; 26] = [
    "normals",
    "decimals",
    "any finite bits",
    "a large offset with tiny noise",
    "denormals",
    "cancellation to zero",
    "cancellation to almost zero",
    "overflow of the sum",
    "a walk",
    "float32 values",
    "small integers",
    "a constant",
    "zeros of both signs",
    "lognormal, sigma 3",
    "lognormal, sigma 20",
    "one huge value",
    "another size every block",
    "sparse",
    "at the upper end of the grids",
    "at the lower end of the grids",
    "powers of two",
    "the largest double",
    "growing slowly",
    "at the last bits of the limbs",
    "halves of the last bit",
    "a few values that are not finite",
];

/// A list of a kind.
pub fn list(kind: usize, n: usize, r: &mut Random) -> Vec<f64> {
    let power = |e: i32| 2f64.powi(e);
    let constant = r.normal() * power(r.below(600) as i32 - 300);
    let centre = r.below(900) as i32 - 450;
    let mut walk = 20.0;
    let mut size = 1.0;
    let mut values: Vec<f64> = (0..n)
        .map(|i| match kind {
            0 => r.normal(),
            1 => r.below(100_000) as f64 / 100.0 - 300.0,
            2 => finite_bits(r),
            3 => 1e9 + r.normal() * 1e-6,
            4 => f64::from_bits((r.next() >> 12) | (r.next() << 63)),
            5 | 6 => r.normal() * power(r.below(120) as i32 - 60),
            7 => f64::MAX * (0.5 + r.unit() / 2.0),
            8 => {
                walk += r.normal();
                walk
            }
            9 => f64::from(r.normal() as f32),
            10 => r.below(100) as f64 - 20.0,
            11 => constant,
            12 => [0.0, -0.0][r.below(2)],
            13 => (3.0 * r.normal()).exp(),
            14 => (20.0 * r.normal()).exp(),
            15 => {
                if i == n / 2 {
                    1e200
                } else {
                    r.normal()
                }
            }
            16 => {
                if i % 256 == 0 {
                    size = power(r.below(900) as i32 - 450);
                }
                r.normal() * size
            }
            17 => {
                if r.below(50) == 0 {
                    r.normal() * 1e3
                } else {
                    0.0
                }
            }
            18 => r.normal() * power(470 + r.below(12) as i32),
            19 => r.normal() * power(-442 + r.below(12) as i32),
            20 => power(r.below(140) as i32 - 70) * if r.below(2) == 0 { 1.0 } else { -1.0 },
            21 => f64::MAX * if r.below(3) == 0 { -1.0 } else { 1.0 },
            22 => {
                size *= 1.002;
                size * if r.below(2) == 0 { 1.0 } else { -0.75 }
            }
            23 => {
                (r.below(1 << 20) as f64 + power(-(r.below(50) as i32 + 20)) * r.below(8) as f64)
                    * power(centre)
            }
            24 => (1.0 + (r.below(5) as f64) * f64::EPSILON) * power(centre.min(400)),
            _ => match r.below(n + 1) {
                0 => f64::NAN,
                1 => f64::INFINITY,
                2 => f64::NEG_INFINITY,
                _ => r.normal(),
            },
        })
        .collect();
    if kind == 5 || kind == 6 {
        let half = n / 2;
        for i in 0..half {
            values[half + i] = -values[i];
        }
        if n % 2 == 1 {
            values[n - 1] = if kind == 6 { 5e-324 } else { 0.0 };
        }
        r.shuffle(&mut values);
    }
    values
}

pub fn finite_bits(r: &mut Random) -> f64 {
    loop {
        let x = f64::from_bits(r.next());
        if x.is_finite() {
            return x;
        }
    }
}

/// A length: often next to a multiple of a group or a block.
pub fn length(r: &mut Random, most: usize) -> usize {
    match r.below(6) {
        0 => r.below(20),
        1 => (8 * r.below(8) + r.below(3)).saturating_sub(1),
        2 | 3 => (256 * r.below(5) + r.below(5)).saturating_sub(2),
        4 => r.below(1200),
        _ => r.below(most),
    }
}
