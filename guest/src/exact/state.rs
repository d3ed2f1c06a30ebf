//! The sums as bytes: one form for each multiset of points.
//!
//! All numbers are little-endian. The empty list stands for no points; every
//! other state is:
//!
//! | offset | bytes | what |
//! | --- | --- | --- |
//! | 0 | 4 | `CPST` |
//! | 4 | 1 | version, 1 |
//! | 5 | 1 | 1 if the sum of x is negative, else 0 |
//! | 6 | 1 | place of the lowest limb of the sum of x; 0 if there is none |
//! | 7 | 1 | number of its limbs, a |
//! | 8 | 1 | place of the lowest limb of the sum of x^2; 0 if there is none |
//! | 9 | 1 | number of its limbs, b |
//! | 10 | 8 | count, not 0 |
//! | 18 | 8 | smallest value, a double; -0.0 is smaller than 0.0; NaN if any value is |
//! | 26 | 8 | largest value, likewise |
//! | 34 | 8 | smallest timestamp |
//! | 42 | 8 | largest timestamp |
//! | 50 | 4 a | magnitude of the sum of x in limbs of 32 bits, lowest first; the first and the last are not 0; limb 0 is in units of 2^-1074 |
//! | 50 + 4 a | 4 b | the sum of x^2 likewise; limb 0 is in units of 2^-2148 |
//! | 50 + 4 (a + b) | 4 | CRC-32 (IEEE) of all bytes before |
//!
//! If a value is not finite, both sums have no limbs, since no result depends
//! on them; the smallest and the largest value show which such values there
//! were. NaN is 0x7ff8000000000000.

use super::extent::Extent;
use super::integer::NonFinite;
use super::superaccumulator::{SQUARE_LIMBS, SUM_BIT_0, SUM_LIMBS, Superaccumulator};
use super::{NAN, Sums};
use crate::checksum::crc32;

const MAGIC: [u8; 4] = *b"CPST";
const VERSION: u8 = 1;
const HEADER: usize = 50;
const CHECKSUM: usize = 4;

/// The max size of a state, in bytes.
pub const MAX: usize = HEADER + 4 * (SUM_LIMBS + SQUARE_LIMBS) + CHECKSUM;

/// A state that was checked; its limbs are still in the bytes.
pub struct State<'a> {
    /// How many points, at least one.
    pub count: u64,
    extent: Extent,
    negative: bool,
    x: Digits<'a>,
    squares: Digits<'a>,
}

/// A magnitude in the bytes of a state.
#[derive(Clone, Copy)]
struct Digits<'a> {
    first: usize,
    limbs: &'a [[u8; 4]],
}

impl<'a> State<'a> {
    /// Reads and checks the bytes of a state that is not empty.
    ///
    /// # Errors
    /// What is wrong with the bytes, and what was expected. Every state that
    /// [`encode`] cannot have written is rejected, except sums that only look
    /// possible: those are found later, or do no harm.
    pub fn decode(bytes: &'a [u8]) -> Result<Self, String> {
        let length = bytes.len();
        let Some(header) = bytes.first_chunk::<HEADER>() else {
            return Err(format!(
                "{length} bytes are too few, expected at least {}",
                HEADER + CHECKSUM
            ));
        };
        let [
            m0,
            m1,
            m2,
            m3,
            version,
            sign,
            x_first,
            x_len,
            squares_first,
            squares_len,
            ..,
        ] = *header;
        if [m0, m1, m2, m3] != MAGIC {
            // Lists and ranges that print themselves would be 3 KB of the module.
            let [e0, e1, e2, e3] = MAGIC;
            return Err(format!(
                "it starts with [{m0:02x}, {m1:02x}, {m2:02x}, {m3:02x}], \
                 expected [{e0:02x}, {e1:02x}, {e2:02x}, {e3:02x}]"
            ));
        }
        if version != VERSION {
            return Err(format!("its version is {version}, expected {VERSION}"));
        }
        let (x_len, squares_len) = (usize::from(x_len), usize::from(squares_len));
        let expected = HEADER + 4 * (x_len + squares_len) + CHECKSUM;
        if length != expected {
            return Err(format!(
                "it has {length} bytes, expected {expected} with {x_len} and {squares_len} limbs"
            ));
        }
        let (body, checksum) = bytes.split_at(length - CHECKSUM);
        let (found, wanted) = (
            u32::from_le_bytes([checksum[0], checksum[1], checksum[2], checksum[3]]),
            crc32(body),
        );
        if found != wanted {
            return Err(format!(
                "its checksum is {found:#010x}, expected {wanted:#010x}"
            ));
        }
        if sign > 1 {
            return Err(format!("its sign is {sign}, expected 0 or 1"));
        }
        let (x_limbs, squares_limbs) = body[HEADER..].as_chunks::<4>().0.split_at(x_len);
        let state = Self {
            count: word(header, 10),
            extent: extent(header)?,
            negative: sign == 1,
            x: Digits::checked("x", x_first, x_limbs, SUM_LIMBS)?,
            squares: Digits::checked("x^2", squares_first, squares_limbs, SQUARE_LIMBS)?,
        };
        state.check_count()?;
        state.check_sums()?;
        Ok(state)
    }

    /// Adds everything to `sums`; the caller has made sure that the count does
    /// not overflow.
    pub fn add_to(&self, sums: &mut Sums<Extent>) {
        sums.count += self.count;
        sums.non_finite = sums.non_finite | self.extent.non_finite();
        sums.extent.merge(&self.extent);
        add_limbs(&mut sums.x, self.x.first, self.x.limbs, self.negative);
        add_limbs(
            &mut sums.squares,
            self.squares.first,
            self.squares.limbs,
            false,
        );
    }

    fn check_count(&self) -> Result<(), String> {
        let Extent { first, last, .. } = self.extent;
        let (min, max) = self.extent.values();
        match self.count {
            0 => Err("its count is 0, expected the empty list for no points".into()),
            1 if first != last => Err(format!(
                "its count is 1, but its timestamps are {first} and {last}"
            )),
            1 if min.to_bits() != max.to_bits() => {
                Err("its count is 1, but its smallest and largest value differ".into())
            }
            _ => Ok(()),
        }
    }

    /// Checks the sums against the extreme values and the count. Their sizes
    /// are then such that no later sum, of fewer than 2^64 points, overflows.
    fn check_sums(&self) -> Result<(), String> {
        let (min, max) = self.extent.values();
        if self.extent.non_finite() != NonFinite::NONE {
            return if self.x.is_zero() && self.squares.is_zero() && !self.negative {
                Ok(())
            } else {
                Err("it has sums, expected none with values that are not finite".into())
            };
        }
        if self.negative && self.x.is_zero() {
            return Err("the sum of x is zero and negative, expected zero to be positive".into());
        }
        if !self.x.is_zero()
            && if self.negative {
                min >= 0.0
            } else {
                max <= 0.0
            }
        {
            let sign = if self.negative {
                "negative"
            } else {
                "positive"
            };
            return Err(format!("the sum of x is {sign}, but no value is"));
        }
        // The bits without the sign are in the order of the magnitudes.
        let largest = (min.to_bits() << 1).max(max.to_bits() << 1) >> 1;
        if largest == 0 {
            return if self.squares.is_zero() {
                Ok(())
            } else {
                Err("the sum of x^2 is not zero, but all values are".into())
            };
        }
        // 2^(bits - 1) <= |x| < 2^bits for the largest |x|, in units of
        // 2^-1074, and count < 2^more.
        let bits = bits(largest);
        let more = (u64::BITS - self.count.leading_zeros()) as usize;
        let (x, squares) = (self.x.bits(), self.squares.bits());
        if x > bits + more {
            return Err(format!(
                "the sum of x has {x} bits, expected at most {} with its count and values",
                bits + more
            ));
        }
        let (least, most) = (2 * bits - 1, 2 * bits + more);
        if squares < least || squares > most {
            return Err(format!(
                "the sum of x^2 has {squares} bits, \
                 expected {least}..={most} with its count and values"
            ));
        }
        Ok(())
    }
}

impl<'a> Digits<'a> {
    fn checked(what: &str, first: u8, limbs: &'a [[u8; 4]], room: usize) -> Result<Self, String> {
        let first = usize::from(first);
        if limbs.is_empty() {
            return if first == 0 {
                Ok(Self { first, limbs })
            } else {
                Err(format!(
                    "the sum of {what} has no limbs, but starts at limb {first}, expected 0"
                ))
            };
        }
        if first + limbs.len() > room {
            let last = first + limbs.len() - 1;
            return Err(format!(
                "the sum of {what} has limbs {first} to {last}, expected less than {room}"
            ));
        }
        if limbs[0] == [0; 4] || limbs[limbs.len() - 1] == [0; 4] {
            return Err(format!(
                "the sum of {what} has a zero limb at an end, expected it left out"
            ));
        }
        Ok(Self { first, limbs })
    }

    fn is_zero(&self) -> bool {
        self.limbs.is_empty()
    }

    /// The number of bits, counted from bit 0 of limb 0.
    fn bits(&self) -> usize {
        self.limbs.last().map_or(0, |top| {
            let unused = u32::from_le_bytes(*top).leading_zeros() as usize;
            32 * (self.first + self.limbs.len()) - unused
        })
    }
}

/// Adds or subtracts a magnitude whose lowest limb is at place `first`.
#[inline(never)]
pub fn add_limbs<const L: usize>(
    sum: &mut Superaccumulator<L>,
    first: usize,
    limbs: &[[u8; 4]],
    negative: bool,
) {
    let digits = limbs.iter().map(|limb| u32::from_le_bytes(*limb));
    sum.add_digits(first, digits, negative);
}

/// Writes limbs of magnitudes to the beginning of `room`, and returns how many bytes they take.
#[inline(never)]
pub fn put_limbs(room: &mut [u8], x: &[i64], squares: &[i64]) -> usize {
    let room = room.as_chunks_mut::<4>().0;
    for (to, &limb) in room.iter_mut().zip(x.iter().chain(squares)) {
        *to = (limb as u32).to_le_bytes();
    }
    4 * (x.len() + squares.len())
}

/// Writes the state of `sums` to the beginning of `room`, and returns it: nothing for no
/// points. The sums stay what they are.
pub fn encode<'a>(sums: &mut Sums<Extent>, room: &'a mut [u8; MAX]) -> &'a [u8] {
    if sums.count == 0 {
        return &[];
    }
    let finite = sums.non_finite == NonFinite::NONE;
    let negative = sums.x.make_magnitude();
    sums.squares.make_magnitude();
    let none = (&[][..], 0);
    let (x, x_first) = if finite { sums.x.limbs() } else { none };
    let (squares, squares_first) = if finite { sums.squares.limbs() } else { none };
    let (min, max) = sums.extent.values();

    let (header, digits) = room.split_first_chunk_mut::<HEADER>().expect("MAX is more");
    header[..4].copy_from_slice(&MAGIC);
    let places = [x_first, x.len(), squares_first, squares.len()];
    let [a, b, c, d] = places.map(|place| place as u8);
    header[4..10].copy_from_slice(&[VERSION, u8::from(negative && finite), a, b, c, d]);
    let Extent { first, last, .. } = sums.extent;
    let words = [sums.count, min.to_bits(), max.to_bits(), first, last];
    for (to, word) in header[10..].as_chunks_mut().0.iter_mut().zip(words) {
        *to = word.to_le_bytes();
    }
    let end = HEADER + put_limbs(digits, x, squares);
    sums.x.restore(negative);
    let checksum = crc32(&room[..end]).to_le_bytes();
    room[end..end + CHECKSUM].copy_from_slice(&checksum);
    &room[..end + CHECKSUM]
}

fn extent(header: &[u8; HEADER]) -> Result<Extent, String> {
    let (min, max) = (
        f64::from_bits(word(header, 18)),
        f64::from_bits(word(header, 26)),
    );
    let (first, last) = (word(header, 34), word(header, 42));
    if first > last {
        return Err(format!(
            "its smallest timestamp {first} is above its largest {last}"
        ));
    }
    let extent = Extent::from_parts(min, max, first, last);
    // -0.0 is below 0.0 here, and a NaN must be the one NaN, twice.
    let (low, high) = extent.values();
    let ordered = min.is_nan() || min.total_cmp(&max).is_le();
    if !ordered || (low.to_bits(), high.to_bits()) != (min.to_bits(), max.to_bits()) {
        let (min_bits, max_bits, nan) = (min.to_bits(), max.to_bits(), NAN.to_bits());
        return Err(format!(
            "its smallest value {min_bits:#018x} and largest {max_bits:#018x} are not in order, \
             nor both the NaN {nan:#018x}"
        ));
    }
    Ok(extent)
}

/// The number of bits of a finite double, given by its bits without the sign,
/// in units of 2^-1074.
fn bits(bits: u64) -> usize {
    let field = (bits >> 52) as usize;
    if field == 0 {
        (u64::BITS - bits.leading_zeros()) as usize
    } else {
        field + 52
    }
}

fn word(header: &[u8; HEADER], at: usize) -> u64 {
    let mut bytes = [0; 8];
    bytes.copy_from_slice(&header[at..at + 8]);
    u64::from_le_bytes(bytes)
}

const _: () = assert!(SUM_BIT_0 == -1074 && SUM_LIMBS <= 255 && SQUARE_LIMBS <= 255);
