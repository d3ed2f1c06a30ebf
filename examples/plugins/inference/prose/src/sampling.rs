//! Which token is next.

use compute_pipeline_nn::math::exp;

use crate::tokens::END;

/// The largest temperature.
pub const MAX_TEMPERATURE: f32 = 100.0;

/// Takes tokens by their scores.
pub struct Sampler {
    temperature: f32,
    top: usize,
    random: u64,
}

impl Sampler {
    /// Returns a sampler, or what is wrong with the temperature.
    pub fn new(temperature: f32, top: u32, seed: u64) -> Result<Self, String> {
        if !(0.0..=MAX_TEMPERATURE).contains(&temperature) {
            return Err(format!(
                "the temperature is {temperature}, and the model takes 0 to {MAX_TEMPERATURE}"
            ));
        }
        let top = match usize::try_from(top) {
            Ok(0) | Err(_) => usize::MAX,
            Ok(top) => top,
        };
        Ok(Self {
            temperature,
            top,
            random: seed,
        })
    }

    /// Returns a token: at temperature 0 the likeliest, otherwise one of the likeliest by chance. Of
    /// equal scores, the lower number is the likelier one.
    pub fn take(&mut self, scores: &[f32]) -> u16 {
        let score = |token: u16| scores[usize::from(token)];
        let likelier = |a: &u16, b: &u16| score(*b).total_cmp(&score(*a)).then(a.cmp(b));
        if self.temperature == 0.0 {
            return (0..=END).min_by(likelier).expect("there are tokens");
        }
        let mut order: Vec<u16> = (0..=END).collect();
        if self.top < order.len() {
            order.select_nth_unstable_by(self.top - 1, likelier);
            order.truncate(self.top);
        }
        order.sort_unstable_by(likelier);
        let best = f64::from(score(order[0]));
        let temperature = f64::from(self.temperature);
        let mut total = 0.0;
        let sums: Vec<f64> = order
            .iter()
            .map(|token| {
                total += exp((f64::from(score(*token)) - best) / temperature);
                total
            })
            .collect();
        let wanted = self.fraction() * total;
        let found = sums.partition_point(|sum| *sum <= wanted);
        // Rounding can make the product as large as the sum.
        order[found.min(order.len() - 1)]
    }

    /// Returns a random number from 0 to below 1: the generator SplitMix64 of G. Steele, D. Lea and
    /// C. Flood, 2014.
    fn fraction(&mut self) -> f64 {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.random;
        bits = (bits ^ bits >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ bits >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^= bits >> 31;
        (bits >> 11) as f64 / (1_u64 << 53) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scores(of: &[(usize, f32)]) -> Vec<f32> {
        let mut scores = vec![-50.0; usize::from(END) + 1];
        for (token, score) in of {
            scores[*token] = *score;
        }
        scores
    }

    #[test]
    fn the_likeliest_token() {
        let scores = scores(&[(7, 1.0), (9, 3.0), (12, 3.0)]);
        for (temperature, top) in [(0.0, 0), (0.0, 5), (1.0, 1), (100.0, 1)] {
            assert_eq!(
                Sampler::new(temperature, top, 1)
                    .expect("right")
                    .take(&scores),
                9
            );
        }
    }

    #[test]
    fn tokens_come_as_often_as_they_are_likely() {
        let scores = scores(&[(7, 2_f32.ln()), (9, 0.0), (12, 4_f32.ln())]);
        for (top, wanted) in [
            (0, [2.0 / 7.0, 1.0 / 7.0, 4.0 / 7.0]),
            (2, [1.0 / 3.0, 0.0, 2.0 / 3.0]),
        ] {
            let mut sampler = Sampler::new(1.0, top, 5).expect("right");
            let taken: Vec<u16> = (0..20_000).map(|_| sampler.take(&scores)).collect();
            for (token, wanted) in [7, 9, 12].into_iter().zip(wanted) {
                let share = taken.iter().filter(|t| **t == token).count() as f64 / 20_000.0;
                assert!(
                    (share - wanted).abs() < 0.02,
                    "{token}: {share}, not {wanted}"
                );
            }
        }
    }

    #[test]
    fn temperatures_that_are_refused() {
        for temperature in [-1.0, 100.1, f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            assert!(Sampler::new(temperature, 0, 0).is_err());
        }
        assert!(Sampler::new(-0.0, u32::MAX, u64::MAX).is_ok());
    }

    /// The smallest temperature makes infinite differences.
    #[test]
    fn a_tiny_temperature_takes_the_likeliest() {
        let mut sampler = Sampler::new(f32::from_bits(1), 0, 3).expect("right");
        assert_eq!(sampler.take(&scores(&[(3, 1.0), (5, 2.0)])), 5);
    }
}
