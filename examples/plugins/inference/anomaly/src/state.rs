//! The bytes of a state: magic, version, the model's CRC-32, the numbers, and a CRC-32 of all
//! that, little-endian. A state of another version or model is refused, and one that is
//! damaged: what a state says is not trusted, even if its CRC matches.

use crate::crc32;
use crate::detector::{Detector, KINDS, LONGEST, QUIET, Stretch, THRESHOLD};
use crate::network::MODEL;
use crate::series::{LARGEST, MEANS, RING, SEASON, Series};

const MAGIC: &[u8; 8] = b"anomaly\x01";
/// Numbers of 8 bytes: 10 of the series, its values, 1 for whether there is a stretch, and that.
const NUMBERS: usize = 10 + RING + SEASON + MEANS + 1 + 5 + KINDS.len();
/// The length of a state.
pub const LENGTH: usize = MAGIC.len() + 4 + 8 * NUMBERS + 4;
/// No number of a series becomes larger than this, whose values are at most `LARGEST`.
const BEYOND: f64 = 1e10 * LARGEST;

/// Returns the bytes of a state.
pub fn write(detector: &Detector) -> Vec<u8> {
    let Detector { series: s, open } = detector;
    let mut out = Vec::with_capacity(LENGTH);
    out.extend_from_slice(MAGIC);
    out.extend_from_slice(&MODEL.to_le_bytes());
    let whole = [
        s.count,
        s.time,
        s.interval,
        s.other,
        s.others,
        s.back_time,
        s.backs,
        s.run,
        s.slot as u64,
        s.head as u64,
    ];
    for number in whole {
        out.extend_from_slice(&number.to_le_bytes());
    }
    for number in s.ring.iter().chain(&s.season).chain(&s.means) {
        out.extend_from_slice(&number.to_le_bytes());
    }
    if let Some(stretch) = open {
        for number in [
            1,
            stretch.first,
            stretch.last,
            stretch.points,
            stretch.quiet,
        ] {
            out.extend_from_slice(&number.to_le_bytes());
        }
        out.extend_from_slice(&stretch.score.to_le_bytes());
        for sum in stretch.sums {
            out.extend_from_slice(&sum.to_le_bytes());
        }
    }
    out.resize(LENGTH - 4, 0);
    out.extend_from_slice(&crc32::checksum(&out).to_le_bytes());
    out
}

/// Reads a state; the empty one is that of a series without points.
///
/// # Errors
///
/// What is wrong with the bytes.
pub fn read(bytes: &[u8]) -> Result<Detector, String> {
    if bytes.is_empty() {
        return Ok(Detector::NEW);
    }
    if !bytes.starts_with(MAGIC) {
        return Err("it does not begin as the states of this version do".to_owned());
    }
    if bytes.len() != LENGTH {
        return Err(format!("it has {} bytes instead of {LENGTH}", bytes.len()));
    }
    let (body, crc) = bytes.split_at(LENGTH - 4);
    if crc != crc32::checksum(body).to_le_bytes() {
        return Err("its checksum is wrong".to_owned());
    }
    let (head, numbers) = body.split_at(MAGIC.len() + 4);
    if head[MAGIC.len()..] != MODEL.to_le_bytes() {
        return Err("it is of a model with other weights".to_owned());
    }
    Reader(numbers)
        .detector()
        .ok_or_else(|| "its numbers are impossible".to_owned())
}

/// Takes numbers off the start of some bytes, of which there are enough.
struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn whole(&mut self) -> u64 {
        let (first, rest) = self.0.split_first_chunk().expect("the length is checked");
        self.0 = rest;
        u64::from_le_bytes(*first)
    }

    /// Returns a number that is less than `end`.
    fn below(&mut self, end: u64) -> Option<u64> {
        Some(self.whole()).filter(|&n| n < end)
    }

    fn real(&mut self) -> Option<f64> {
        Some(f64::from_bits(self.whole())).filter(|x| x.abs() <= BEYOND)
    }

    fn reals<const N: usize>(&mut self) -> Option<[f64; N]> {
        let mut out = [0.0; N];
        for x in &mut out {
            *x = self.real()?;
        }
        Some(out)
    }

    fn stretch(&mut self) -> Option<Stretch> {
        let stretch = Stretch {
            first: self.whole(),
            last: self.whole(),
            points: self.below(LONGEST)?,
            quiet: self.below(QUIET)?,
            score: self.real()?,
            sums: self.reals()?,
        };
        #[expect(clippy::cast_possible_truncation, reason = "as it is returned")]
        let score = stretch.score as f32;
        let possible = stretch.first <= stretch.last
            && stretch.points > 0
            && stretch.score >= THRESHOLD
            && score <= 1.0;
        possible.then_some(stretch)
    }

    fn detector(mut self) -> Option<Detector> {
        let series = Series {
            count: self.whole(),
            time: self.whole(),
            interval: self.whole(),
            other: self.whole(),
            others: self.below(64)?,
            back_time: self.whole(),
            backs: self.below(64)?,
            run: self.whole(),
            slot: usize::try_from(self.below(SEASON as u64)?).ok()?,
            head: usize::try_from(self.below(RING as u64)?).ok()?,
            ring: self.reals()?,
            season: self.reals()?,
            means: self.reals()?,
        };
        let open = match self.below(2)? {
            0 => None,
            _ => Some(self.stretch()?),
        };
        // The rest is 0 if there is no stretch.
        self.0
            .iter()
            .all(|&b| b == 0)
            .then_some(Detector { series, open })
    }
}
