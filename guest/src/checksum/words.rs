//! Sixteen bytes at a time without tables, by a multiple of the generator that has
//! few terms (S. Russell, "Chorba: A novel CRC32 implementation",
//! arXiv:2412.16398), here on vectors.
//!
//! The message is a polynomial over the field of two elements, modulo the generator
//! P. Its first bit is the coefficient of the highest power, and its words of sixteen
//! bytes are those of powers of x^128. Let Q be a multiple of P. The square of Q has
//! the same terms with twice the exponents, so Q(x^128) = Q(x)^128 is a multiple of P
//! too. With Q = x^d + x^e + … + 1, a word may therefore be dropped if it is added to
//! the words that come d - e, …, and d after it.

use crate::exact::bounds::check_once;
use crate::exact::lanes::I64x2;

type Word = [u8; 16];

/// Drops words from the beginning, in groups, and returns how many. The first list is
/// the words of a group, the second how much later the words come that each is added
/// to: at least a group later. The last is the degree of Q.
macro_rules! drop_first {
    ($words:ident, $group:tt, $($further:literal)+) => {{
        const GROUP: usize = drop_first!(@count $group);
        const DEGREE: usize = drop_first!(@last $($further)+);
        let mut dropped = 0;
        while let Some(span) = $words[dropped..].first_chunk_mut::<{ DEGREE + GROUP }>() {
            check_once(span);
            $( drop_first!(@add span $further $group); )+
            dropped += GROUP;
        }
        dropped
    }};
    (@count [$($i:literal)+]) => { [$($i),+].len() };
    (@last $last:literal) => { $last };
    (@last $one:literal $($more:literal)+) => { drop_first!(@last $($more)+) };
    (@add $span:ident $further:literal [$($i:literal)+]) => {
        $( (I64x2::load(&$span[$i]) ^ I64x2::load(&$span[$i + $further]))
            .store(&mut $span[$i + $further]); )+
    };
}

/// The end of `data`, changed so that it leaves the remainder of all `data`:
/// up to 591 bytes.
pub fn shortened(data: &mut [u8]) -> &[u8] {
    let (words, _) = data.as_chunks_mut();
    let mut dropped = by_five_terms(words);
    dropped += by_generator(&mut words[dropped..]);
    &data[16 * dropped..]
}

/// x^300 + x^155 + x^117 + x^89 + 1, of the multiples with five terms the one of
/// the lowest degree. Leaves up to 307 words.
fn by_five_terms(words: &mut [Word]) -> usize {
    drop_first!(words, [0 1 2 3 4 5 6 7], 145 183 211 300)
}

/// The generator itself. Leaves up to 35 words.
fn by_generator(words: &mut [Word]) -> usize {
    drop_first!(words, [0 1 2 3], 6 9 10 16 20 21 22 24 25 27 28 30 31 32)
}
