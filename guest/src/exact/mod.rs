//! Exact statistics: sums of x and x^2 without any rounding, and the correctly
//! rounded mean, population variance and sum from them.
//!
//! The sums are long fixed-point numbers ([`superaccumulator`]). Points go
//! there in blocks of 256 through a floating-point [`kernel`] that cuts each
//! value on a [`grid`] of powers of two and proves itself exact, or else
//! through the slower [`integer`] path; [`accumulate`] chooses. [`moments`]
//! divides, [`rounding`] rounds, once. [`state`] is the form in bytes. [`short`]
//! goes from the kernel to the results of a list on one grid without long numbers.
//!
//! Since the sums are exact, the same points give the same sums in any order,
//! cut or tree of merges, and so the same bytes of state.

pub mod accumulate;
pub mod bounds;
pub mod extent;
pub mod grid;
pub mod integer;
pub mod kernel;
pub mod lanes;
pub mod moments;
pub mod rounding;
pub mod short;
pub mod state;
pub mod superaccumulator;

use integer::NonFinite;
use superaccumulator::{SQUARE_LIMBS, SUM_LIMBS, Superaccumulator};

/// The NaN of every result: WebAssembly leaves the bits of a computed one open.
pub const NAN: f64 = f64::from_bits(0x7ff8_0000_0000_0000);

/// Everything known about some points; `T` is [`extent::Extent`], or `()` where only
/// the moments matter.
pub struct Sums<T> {
    /// How many points, finite or not.
    pub count: u64,
    /// The kinds of values that are not finite. If there are any, the long sums
    /// no longer matter.
    pub non_finite: NonFinite,
    /// The sum of the finite values.
    pub x: Superaccumulator<SUM_LIMBS>,
    /// The sum of their squares.
    pub squares: Superaccumulator<SQUARE_LIMBS>,
    /// Smallest and largest value and timestamp.
    pub extent: T,
}

impl<T> Sums<T> {
    /// The sums of no points.
    pub const fn new(extent: T) -> Self {
        Self {
            count: 0,
            non_finite: NonFinite::NONE,
            x: Superaccumulator::zero(),
            squares: Superaccumulator::zero(),
            extent,
        }
    }

    /// Carries, so that 2^29 more additions fit.
    #[inline(never)]
    pub fn settle(&mut self) {
        self.x.settle();
        self.squares.settle();
    }
}
