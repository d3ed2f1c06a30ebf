//! A generator of random numbers that gives the same ones for ever.

use compute_pipeline_random::Random;

/// Only integers and exact scalings come out of it: no libm, whose last bit differs
/// between machines.
pub struct Prng(Random);

impl Prng {
    /// A stream of its own for each seed.
    pub fn new(seed: u64) -> Self {
        Self(Random::new(seed))
    }

    /// 64 random bits.
    pub fn bits(&mut self) -> u64 {
        self.0.bits()
    }

    /// From 0 to n - 1.
    pub fn below(&mut self, n: u64) -> u64 {
        ((u128::from(self.bits()) * u128::from(n)) >> 64) as u64
    }

    /// From 0 up to, not including, 1.
    pub fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 * (1.0 / (1u64 << 53) as f64)
    }

    /// Close to a standard normal: twelve uniforms less six.
    pub fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.unit()).sum::<f64>() - 6.0
    }

    /// Any finite double, each bit pattern as likely as any other.
    pub fn finite(&mut self) -> f64 {
        loop {
            let x = f64::from_bits(self.bits());
            if x.is_finite() {
                return x;
            }
        }
    }

    /// A double of either sign with the given binary exponent, subnormal below
    /// -1022.
    pub fn with_exponent(&mut self, exponent: i32) -> f64 {
        let mantissa = self.bits() & ((1 << 52) - 1);
        let sign = self.bits() & (1 << 63);
        let biased = (exponent + 1023).clamp(0, 2046) as u64;
        f64::from_bits(sign | (biased << 52) | mantissa)
    }

    /// Spread over many magnitudes: the exponent is normal with the given
    /// standard deviation, which is log-normal but for libm.
    pub fn wide(&mut self, deviation: f64) -> f64 {
        let exponent = (self.normal() * deviation).round() as i32;
        self.with_exponent(exponent)
    }
}
