//! A very long fixed-point number: the exact sum of any doubles.
//!
//! The number is kept in 32-bit limbs, each in an `i64`, so that additions
//! need no carry: a limb can take 2^29 of them before it could overflow. The
//! idea is Kulisch's; the lazy carries are Neal's ("Fast exact summation using
//! small and large superaccumulators", 2015).

/// Limbs of the sum of x; bit 0 is 2^-1074, the smallest double.
///
/// 2^64 doubles stay below 2^(1024 + 64), which is bit 2162 and limb 67; an
/// addition may touch two limbs more.
pub const SUM_LIMBS: usize = 72;

/// Limbs of the sum of x^2; bit 0 is 2^-2148.
///
/// 2^64 squares stay below 2^(2048 + 64), which is bit 4260 and limb 133.
pub const SQUARE_LIMBS: usize = 142;

/// The exponent of bit 0 in the sum of x.
pub const SUM_BIT_0: i32 = -1074;

/// The exponent of bit 0 in the sum of x^2.
pub const SQUARE_BIT_0: i32 = -2148;

const LIMB_BITS: usize = 32;
const LIMB_MASK: i64 = 0xffff_ffff;

/// A fixed-point number of `L` limbs; limbs outside `lo..hi` are zero.
#[derive(Clone)]
pub struct Superaccumulator<const L: usize> {
    limbs: [i64; L],
    lo: usize,
    hi: usize,
}

impl<const L: usize> Superaccumulator<L> {
    /// Zero.
    pub const fn zero() -> Self {
        Self {
            limbs: [0; L],
            lo: L,
            hi: 0,
        }
    }

    /// Declares that limbs `lo..hi` may be other than zero.
    #[inline]
    pub fn touch(&mut self, lo: usize, hi: usize) {
        debug_assert!(lo <= hi && hi <= L);
        self.lo = self.lo.min(lo);
        self.hi = self.hi.max(hi);
    }

    /// All limbs, for callers that add to many of them; see [`Self::touch`].
    #[inline]
    pub fn limbs_mut(&mut self) -> &mut [i64; L] {
        &mut self.limbs
    }

    /// Adds `value` * 2^`position`, counted from bit 0.
    pub fn add(&mut self, value: i64, position: usize) {
        if value == 0 {
            return;
        }
        let first = position / LIMB_BITS;
        let shift = (position % LIMB_BITS) as u32;
        // value * 2^shift in three limbs; the last one carries the sign.
        let low = (value as u64) << shift;
        let high = (value >> 32) >> (32 - shift);
        self.touch(first, first + 3);
        self.limbs[first] += low as i64 & LIMB_MASK;
        self.limbs[first + 1] += (low >> 32) as i64;
        self.limbs[first + 2] += high;
    }

    /// Adds the number with these digits, lowest first, the lowest one at limb
    /// `first`; or subtracts it.
    pub fn add_digits(
        &mut self,
        first: usize,
        digits: impl ExactSizeIterator<Item = u32>,
        negative: bool,
    ) {
        if digits.len() == 0 {
            return;
        }
        let end = first + digits.len();
        self.touch(first, end);
        for (limb, digit) in self.limbs[first..end].iter_mut().zip(digits) {
            let digit = i64::from(digit);
            *limb += if negative { -digit } else { digit };
        }
    }

    /// Carries, and leaves the magnitude: every limb is in [0, 2^32) and
    /// `lo..hi` is trimmed to the limbs that count. Returns whether the number
    /// was negative.
    pub fn make_magnitude(&mut self) -> bool {
        let negative = self.carry() < 0;
        if negative {
            self.negate();
            self.carry();
        }
        while self.hi > self.lo && self.limbs[self.hi - 1] == 0 {
            self.hi -= 1;
        }
        while self.lo < self.hi && self.limbs[self.lo] == 0 {
            self.lo += 1;
        }
        if self.lo >= self.hi {
            self.lo = L;
            self.hi = 0;
        }
        negative
    }

    /// Carries without a change of value, so that 2^29 more additions fit.
    pub fn settle(&mut self) {
        let negative = self.make_magnitude();
        self.restore(negative);
    }

    /// The number again after [`Self::make_magnitude`], which returned `negative`.
    pub fn restore(&mut self, negative: bool) {
        if negative {
            self.negate();
        }
    }

    /// The limbs that count, lowest first, and the place of the first one.
    /// Digits of the magnitude only after [`Self::make_magnitude`].
    pub fn limbs(&self) -> (&[i64], usize) {
        if self.lo < self.hi {
            (&self.limbs[self.lo..self.hi], self.lo)
        } else {
            (&[], 0)
        }
    }

    /// Carries upwards and returns the carry out of the top limb, which is
    /// also stored as the new top limb.
    fn carry(&mut self) -> i64 {
        if self.lo >= self.hi {
            return 0;
        }
        let mut carry = 0;
        for limb in &mut self.limbs[self.lo..self.hi] {
            let value = *limb + carry;
            *limb = value & LIMB_MASK;
            carry = value >> 32;
        }
        if carry != 0 {
            self.limbs[self.hi] = carry;
            self.hi += 1;
        }
        carry
    }

    fn negate(&mut self) {
        if self.lo < self.hi {
            for limb in &mut self.limbs[self.lo..self.hi] {
                *limb = -*limb;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(limbs: &[i64], first: usize) -> num_bigint::BigInt {
        let mut sum = num_bigint::BigInt::from(0);
        for (i, &limb) in limbs.iter().enumerate() {
            sum += num_bigint::BigInt::from(limb) << (32 * (first + i));
        }
        sum
    }

    #[test]
    fn adds_at_every_shift_and_both_signs() {
        let mut sum = Superaccumulator::<8>::zero();
        let mut expected = num_bigint::BigInt::from(0);
        for position in 0..160 {
            for v in [
                1,
                -1,
                i64::MAX,
                i64::MIN,
                0x1234_5678_9abc_def0,
                -0x7654_3210_0fed_cba9,
            ] {
                sum.add(v, position);
                expected += num_bigint::BigInt::from(v) << position;
                let (limbs, first) = sum.limbs();
                assert_eq!(value(limbs, first), expected, "adding {v} at {position}");
            }
        }
        let negative = sum.make_magnitude();
        let (limbs, first) = sum.limbs();
        let magnitude = value(limbs, first);
        assert_eq!(if negative { -magnitude } else { magnitude }, expected);
        assert!(limbs.iter().all(|l| (0..1 << 32).contains(l)));
    }

    #[test]
    fn trims_and_cancels() {
        let mut sum = Superaccumulator::<8>::zero();
        sum.add(1, 100);
        sum.add(-1, 100);
        assert!(!sum.make_magnitude());
        assert!(sum.limbs().0.is_empty());

        // -2^96 + 1 borrows through every limb.
        sum.add(-1, 96);
        sum.add(1, 0);
        assert!(sum.make_magnitude());
        let (limbs, first) = sum.limbs();
        assert_eq!((limbs, first), (&[LIMB_MASK, LIMB_MASK, LIMB_MASK][..], 0));
    }

    #[test]
    fn settling_often_does_not_grow() {
        let mut sum = Superaccumulator::<8>::zero();
        for _ in 0..1000 {
            sum.add(-1, 0);
            sum.settle();
        }
        let (limbs, first) = sum.limbs();
        assert_eq!((limbs, first), (&[-1000][..], 0));
    }

    #[test]
    fn limbs_at_their_limit_carry_rightly() {
        for start in [i64::MAX - (1 << 32), -(i64::MAX - (1 << 32))] {
            let mut sum = Superaccumulator::<8>::zero();
            sum.touch(0, 5);
            sum.limbs_mut()[..5].fill(start);
            let expected = value(&[start; 5], 0);
            let negative = sum.make_magnitude();
            assert_eq!(negative, start < 0);
            let (limbs, first) = sum.limbs();
            let magnitude = value(limbs, first);
            assert_eq!(if negative { -magnitude } else { magnitude }, expected);
        }
    }
}
