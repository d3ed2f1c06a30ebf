//! Numbers of up to 19 digits without an exponent, sixteen digits at once.
//!
//! A number is found in the text by bit masks, one bit for each byte, and its
//! digits are loaded so that the last one is in the last lane: what is before
//! them is masked, and what is before a decimal point comes from a load one byte
//! earlier. So nothing here depends on the number's length but the masks.

use super::decimal::{Decimal, MAX_DIGITS, UNDECIDED, near, quotient};
use super::lanes::{Lanes, Place};

/// The readers here load so many bytes before a number, and so many from its
/// first byte on.
pub const BEFORE: usize = 17;
pub const AFTER: usize = 48;

/// An exponent that is read here has at most so many bytes.
pub const EXPONENT: usize = 8;

/// Loaded from `n` on: a mask of the last `n` lanes, of all of them from 16 on.
static MASKS: [u8; 16 + 32] = {
    let mut masks = [0xff; 16 + 32];
    let mut index = 0;
    while index < 16 {
        masks[index] = 0;
        index += 1;
    }
    masks
};

/// A mask of the last `count` lanes.
#[inline(always)]
fn last_lanes(count: usize) -> Lanes {
    debug_assert!(count <= 32);
    // SAFETY: the readers' counts are at most 32, the lanes of two loads.
    unsafe { Place::new(&MASKS, count).lanes() }
}

/// The number of the digits that `numbers` are.
#[inline(always)]
fn join(numbers: Lanes) -> u64 {
    let [high, low] = numbers.decimal();
    high * 100_000_000 + low
}

/// A number that was read.
pub struct Number {
    /// Zero if it is a number. One test for all at the end, since it is hard to
    /// foresee which of them fails, and a branch for each costs more.
    pub wrong: u32,
    /// 1 if it is negative.
    sign: u32,
    mantissa: u64,
    /// How many digits are after the point.
    fraction: u32,
    /// How many bytes it has.
    pub length: usize,
    /// What follows it.
    pub after: Lanes,
}

impl Number {
    /// The bits of the nearest double, and zero unless more work decides it.
    #[inline(always)]
    pub fn bits(&self) -> (u64, u32) {
        let fraction = self.fraction as usize;
        let (bits, is_near) = if self.mantissa <= 1 << 53 || fraction == 0 {
            (quotient(self.mantissa, fraction), true)
        } else {
            near(self.mantissa, fraction)
        };
        (bits | u64::from(self.sign) << 63, u32::from(!is_near))
    }

    /// The integer, and zero if it is one without a sign.
    #[inline(always)]
    pub fn whole(&self) -> (u64, u32) {
        (self.mantissa, self.sign | self.fraction)
    }

    /// Reads the exponent after the number: what it is, `None` where there is
    /// none. One of more than four digits is wrong.
    #[inline(always)]
    pub fn take_exponent(&mut self) -> Option<i32> {
        let word = self.after.word();
        if word as u8 | 0x20 != b'e' {
            return None;
        }
        let sign = (word >> 8) as u8;
        let has_sign = u32::from(matches!(sign, b'+' | b'-'));
        let mut rest = word >> (8 + 8 * has_sign);
        let (mut power, mut count) = (0, 0);
        loop {
            let digit = (rest as u8).wrapping_sub(b'0');
            if digit > 9 {
                break;
            }
            power = power * 10 + i32::from(digit);
            count += 1;
            rest >>= 8;
        }
        self.wrong |= u32::from(count == 0 || count > 4);
        self.length += (1 + has_sign + count) as usize;
        Some(if sign == b'-' { -power } else { power })
    }

    /// The bits of the nearest double to this number times 10^`power`, and zero
    /// unless more work decides it.
    #[inline(always)]
    pub fn scaled_bits(&self, power: i32) -> (u64, u32) {
        let exponent = power - self.fraction as i32;
        let bits = Decimal::quick_bits(self.mantissa, exponent);
        let wrong = u32::from(bits == UNDECIDED);
        (bits | u64::from(self.sign) << 63, wrong)
    }
}

/// Reads the number at `at`: one of the JSON grammar without an exponent, whose
/// digits are at most 19. All others are wrong. An exponent is not noticed.
///
/// # Safety
///
/// `BEFORE` bytes before `at` and `AFTER` bytes from `at` on can be read.
#[inline(always)]
pub unsafe fn number(at: Place, opaque: &Opaque) -> Number {
    // SAFETY: the caller's promise.
    let lanes = unsafe { at.lanes() };
    let word = lanes.word();
    let sign = u32::from(word as u8 == b'-');
    let digits = lanes.digits();
    // A zero in front of a digit, or no digit at all.
    let mut wrong = ((lanes.positions(b'0') & digits >> 1 | !digits) >> sign) & 1;
    let mut dots = lanes.positions(b'.');
    let mut others = !digits & 0xffff;
    // Without the sign, which is the first of them.
    others &= others.wrapping_sub(sign);
    let mut dot = dots & others & others.wrapping_neg();
    if others == dot {
        // SAFETY: the caller's promise.
        let lanes = unsafe { at.after(16).lanes() };
        // Its end is found in any case.
        others |= (!lanes.digits() & 0xffff) << 16 | 1 << 31;
        dots |= lanes.positions(b'.') << 16 & 0x7fff_ffff;
        dot = dots & others & others.wrapping_neg();
    }
    // No digit after the point.
    wrong |= dot << 1 & others;
    let has_dot = dot.count_ones();
    let first = others.trailing_zeros();
    let length = (others ^ dot).trailing_zeros();
    let fraction = length - first - has_dot;
    let digits = length - sign - has_dot;
    // SAFETY: the caller's promise: the loads end where the number does, and
    // what follows it is within 32 bytes.
    let (after, late, early) = unsafe {
        let early = at.after(length as usize).before(opaque.before);
        (
            early.after(BEFORE).lanes(),
            early.after(1).lanes(),
            early.lanes(),
        )
    };
    // Without a decimal point, all digits are taken from the later load.
    let numbers = late
        .or_else(last_lanes((fraction | (16 - 16 * has_dot)) as usize), early)
        .numbers(last_lanes(digits as usize));
    let mut mantissa = join(numbers);
    if digits > 16 {
        // Up to three digits more, in the three highest bytes: shifted by 64 bits
        // less eight for each.
        let whole = first - sign;
        let unsigned = word >> (8 * sign);
        let mask = (1_u64 << (8 * whole.min(7))) - 1;
        let packed = unsigned & mask | unsigned >> 8 & !mask;
        let head = (packed ^ 0x30_30_30).wrapping_shl(16_u32.wrapping_sub(digits).wrapping_mul(8));
        let tens = (head >> 40 & 15) * 10 + (head >> 48 & 15);
        let head = (tens * 10 + (head >> 56)).wrapping_mul(10_u64.pow(16));
        mantissa = mantissa.wrapping_add(head);
        wrong |= u32::from(digits > MAX_DIGITS as u32);
    }
    Number {
        wrong,
        sign,
        mantissa,
        fraction,
        length: length as usize,
        after,
    }
}

/// Constants that the compiler does not know.
///
/// wazero drops the bounds check of a load whose address has the same base as
/// one that was checked for a later byte. With constants, the compiler makes a
/// base of its own of each difference.
#[derive(Clone, Copy)]
pub struct Opaque {
    before: usize,
    before_end: usize,
}

impl Opaque {
    #[inline(always)]
    pub fn new() -> Self {
        static CONSTANTS: [usize; 2] = [BEFORE, BEFORE_END];
        // SAFETY: references can be read.
        let constants = unsafe { std::ptr::read_volatile(&CONSTANTS) };
        Self {
            before: constants[0],
            before_end: constants[1],
        }
    }
}

/// The digits of integers of one length.
#[derive(Clone, Copy)]
pub struct Digits {
    pub count: usize,
    /// The lanes of the last sixteen.
    mask: Lanes,
    /// The bytes of those before them, which are the highest of a word.
    head: u64,
    /// The least integer without leading zeros.
    minimum: u64,
}

/// Integers are read from so many bytes before their end.
pub const BEFORE_END: usize = 24;

impl Digits {
    /// `count` is 1 to 19.
    pub fn new(count: usize) -> Self {
        Self {
            count,
            mask: last_lanes(count),
            head: match count {
                ..17 => 0,
                _ => u64::MAX << (64 - 8 * (count - 16)),
            },
            minimum: match count {
                1 => 0,
                _ => 10_u64.pow(count as u32 - 1),
            },
        }
    }

    /// The integer that ends at `end`, zero if it is one, and what follows it.
    ///
    /// # Safety
    ///
    /// `BEFORE_END` bytes before `end` and sixteen after it can be read.
    #[inline(always)]
    pub unsafe fn read(&self, end: Place, opaque: &Opaque) -> (u64, u32, Lanes) {
        // SAFETY: the caller's promise.
        let (after, lanes, word) = unsafe {
            let start = end.before(opaque.before_end);
            (
                start.after(BEFORE_END).lanes(),
                start.after(8).lanes(),
                start.word(),
            )
        };
        let numbers = lanes.numbers(self.mask);
        let mut integer = join(numbers);
        let mut wrong = u32::from(!numbers.are_digits());
        if self.count > 16 {
            /// One in each of the three highest bytes.
            const HIGH: u64 = 0x01_0101 << 40;
            let head = (word ^ 0x3030_3030_3030_3030) & self.head;
            let tens = (head >> 40 & 0xff) * 10 + (head >> 48 & 0xff);
            let sums = (head & (HIGH * 0x7f)).wrapping_add(HIGH * 0x76);
            let others = (sums | head) & (HIGH * 0x80);
            wrong |= u32::from(others != 0);
            let head = (tens * 10 + (head >> 56)).wrapping_mul(10_u64.pow(16));
            integer = integer.wrapping_add(head);
        }
        (integer, wrong | u32::from(integer < self.minimum), after)
    }
}

/// Where the string whose first character is at `at` ends, if it has no escapes
/// and is not near the end of the text.
#[inline(always)]
pub fn string_end(text: &[u8], mut at: usize) -> Option<usize> {
    while at + 16 <= text.len() {
        // SAFETY: they are within the text, as was just checked.
        let lanes = unsafe { Place::new(text, at).lanes() };
        let ends = lanes.ends();
        if ends != 0 {
            let is_quote = lanes.positions(b'"') & ends & ends.wrapping_neg() != 0;
            return is_quote.then_some(at + ends.trailing_zeros() as usize + 1);
        }
        at += 16;
    }
    None
}

/// Where the word `true`, `false` or `null` ends that begins at `at`, whose
/// letters are in `word`.
#[inline(always)]
pub fn word_end(word: u64, at: usize) -> Option<usize> {
    const TRUE: u32 = u32::from_le_bytes(*b"true");
    const NULL: u32 = u32::from_le_bytes(*b"null");
    const FALSE: u64 = u64::from_le_bytes(*b"false\0\0\0");
    match word as u32 {
        TRUE | NULL => Some(at + 4),
        _ => (word << 24 == FALSE << 24).then_some(at + 5),
    }
}
