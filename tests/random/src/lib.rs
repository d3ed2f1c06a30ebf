//! Random numbers that are the same everywhere and for ever.

/// SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number
/// generators, OOPSLA 2014).
pub struct Random(u64);

impl Random {
    /// A generator with numbers of its own for each seed.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A generator for one module of a seed.
    pub fn of_module(seed: u64, module: u32) -> Self {
        let mut random = Self(seed ^ (u64::from(module) << 32));
        random.bits();
        random
    }

    /// 64 random bits.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `n`; `n` is small, so the bias does not matter.
    pub fn below(&mut self, n: usize) -> usize {
        (self.bits() % n as u64) as usize
    }

    /// A number from `low` to `high`, both included.
    pub fn between(&mut self, low: usize, high: usize) -> usize {
        low + self.below(high - low + 1)
    }

    /// True `percent` times of a hundred.
    pub fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    /// One of the items.
    pub fn pick<T: Clone>(&mut self, items: &[T]) -> T {
        items[self.below(items.len())].clone()
    }

    /// `length` random bytes.
    pub fn bytes(&mut self, length: usize) -> Vec<u8> {
        let mut bytes: Vec<u8> = (0..length.div_ceil(8))
            .flat_map(|_| self.bits().to_le_bytes())
            .collect();
        bytes.truncate(length);
        bytes
    }

    /// A double: a special value, a simple one, or any bits. A NaN is the
    /// canonical one.
    pub fn f64(&mut self) -> f64 {
        const SPECIAL: [f64; 14] = [
            0.0,
            -0.0,
            1.0,
            -1.0,
            0.5,
            -2.5,
            1e300,
            -1e-300,
            f64::MIN_POSITIVE,
            5e-324,
            f64::MAX,
            f64::INFINITY,
            f64::NEG_INFINITY,
            f64::NAN,
        ];
        let value = match self.below(4) {
            0 => self.pick(&SPECIAL),
            1 => f64::from_bits(self.bits()),
            _ => (self.bits() as i64 >> 40) as f64 / 1024.0,
        };
        if value.is_nan() {
            f64::from_bits(0x7ff8_0000_0000_0000)
        } else {
            value
        }
    }

    /// A float, likewise.
    pub fn f32(&mut self) -> f32 {
        let value = if self.chance(25) {
            f32::from_bits(self.bits() as u32)
        } else {
            self.f64() as f32
        };
        if value.is_nan() {
            f32::from_bits(0x7fc0_0000)
        } else {
            value
        }
    }

    /// An i64, often small.
    pub fn i64(&mut self) -> i64 {
        let value = self.bits().cast_signed();
        if self.chance(60) { value >> 56 } else { value }
    }
}
