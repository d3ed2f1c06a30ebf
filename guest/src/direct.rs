//! The interface between the engine and the host that embeds it, beside the contract: one
//! entry of the sandbox for a call, and sums that stay here between the chunks of a list, or for
//! as long as a session is open.
//!
//! It is for a host that carries this very build and trusts it as itself; everybody else
//! calls the contract. Every answer is that of the contract, bit for bit. A call of the
//! contract enters the sandbox three times or more: for room, for the function, and to free
//! its result. And a long list becomes the bytes of a state, and sums again, with each chunk.
//! Here the host writes to a room that is always there, and reads the answer from it.
//!
//! The room's address is an exported global, `compute-pipeline:room`. It has [`HEAD`] bytes,
//! the head, for everything that is not a point, and then [`POINTS`] datapoints. The functions
//! are exported as `compute-pipeline:direct-1.NAME`, with i32 for parameters and results:
//!
//! | function | what it does |
//! | --- | --- |
//! | `aggregate(n)` | writes mean, variance and sum of the n points |
//! | `add(n, first)` | adds the n points to the kept sums |
//! | `moments()` | writes mean, variance and sum of the kept sums |
//! | `take() -> bytes` | writes the kept sums, without extremes, for `merge` of another instance |
//! | `merge(bytes, first)` | adds such sums to the kept sums |
//! | `fold(bytes, n) -> bytes` | writes the state of the n points and of the state that is there; a negative number is that of the bytes of an error's text |
//!
//! | `push(from, n) -> bytes` | adds n points, from the one with that number on, to the sums of the session |
//! | `join(bytes, first) -> bytes` | adds the points of the state that is there to the sums of the session |
//! | `read() -> bytes` | writes the statistics of the session |
//! | `state() -> bytes` | writes the state of the session |
//!
//! A session begins with `join`, whose state may be empty. What these four return is as of `fold`;
//! after an error the sums are what they were.
//!
//! The first of several calls has `first` set to 1, the others to 0: that clears what an
//! earlier call left, which may have failed in the middle. `moments` and `take` keep nothing.

use crate::accumulator::Accumulator;
use crate::exact::Sums;
use crate::exact::accumulate::accumulate_more;
use crate::exact::extent::Extent;
use crate::exact::integer::NonFinite;
use crate::exact::moments::{Moments, moments};
use crate::exact::state;
use crate::{Datapoint, aggregate, summary};

/// The size of the room's head, in bytes.
pub const HEAD: usize = 1024;

/// How many points the room has. More would be one more page of 64 KiB for each instance.
pub const POINTS: usize = 1472;

/// The size of sums without their limbs, in bytes.
const TAKEN: usize = 8 * 6;

/// The room, and what is kept between calls.
#[repr(C, align(8))]
pub struct Direct {
    /// What is not a point.
    pub head: [u8; HEAD],
    /// The points.
    pub points: [Datapoint; POINTS],
    kept: Kept,
}

/// The sums so far.
enum Kept {
    Nothing,
    /// Of the chunks of a list.
    List(Sums<()>),
    Session(Accumulator),
}

const NOT_BEGUN: &str = "the first call of several is missing";

impl Kept {
    #[inline(never)]
    fn sums(&mut self, first: bool) -> &mut Sums<()> {
        if first {
            *self = Self::List(Sums::new(()));
        }
        let Self::List(sums) = self else {
            panic!("{NOT_BEGUN}")
        };
        sums
    }

    #[inline(never)]
    fn session(&mut self, first: bool) -> &mut Accumulator {
        if first {
            *self = Self::Session(Accumulator::new());
        }
        let Self::Session(sums) = self else {
            panic!("{NOT_BEGUN}")
        };
        sums
    }
}

impl Direct {
    /// An empty room.
    #[must_use]
    pub const fn new() -> Self {
        let zero = Datapoint {
            timestamp: 0,
            value: 0.0,
        };
        Self {
            head: [0; HEAD],
            points: [zero; POINTS],
            kept: Kept::Nothing,
        }
    }

    /// Writes mean, variance and sum of `n` points.
    ///
    /// # Panics
    /// The room does not have `n` points.
    pub fn aggregate(&mut self, n: usize) {
        self.answer(aggregate::compute_aggregate(&self.points[..n]));
    }

    /// Adds `n` points to the kept sums, or keeps their sums.
    ///
    /// # Panics
    /// The room does not have `n` points, or no sums are kept.
    pub fn add(&mut self, n: usize, first: bool) {
        accumulate_more(self.kept.sums(first), &self.points[..n]);
    }

    /// Writes mean, variance and sum of the kept sums.
    ///
    /// # Panics
    /// No sums are kept.
    pub fn moments(&mut self) {
        let Moments {
            mean,
            variance,
            sum,
        } = moments(self.kept.sums(false)).expect("exact sums of points obey Cauchy-Schwarz");
        self.kept = Kept::Nothing;
        self.answer([mean, variance, sum]);
    }

    /// Writes the kept sums for [`Self::merge`] of another instance, and returns how many
    /// bytes they take.
    ///
    /// # Panics
    /// No sums are kept.
    pub fn take(&mut self) -> usize {
        let sums = self.kept.sums(false);
        let negative = sums.x.make_magnitude();
        sums.squares.make_magnitude();
        let (x, x_first) = sums.x.limbs();
        let (squares, squares_first) = sums.squares.limbs();
        // A NaN stands for infinities of both signs, too: no result tells them apart.
        let non_finite = sums.non_finite.sum().unwrap_or(0.0);
        let words = [
            sums.count,
            non_finite.to_bits(),
            u64::from(negative),
            x_first as u64,
            x.len() as u64,
            squares_first as u64,
        ];
        let (header, digits) = self.head.split_at_mut(TAKEN);
        for (to, word) in header.as_chunks_mut().0.iter_mut().zip(words) {
            *to = word.to_le_bytes();
        }
        let bytes = TAKEN + state::put_limbs(digits, x, squares);
        self.kept = Kept::Nothing;
        bytes
    }

    /// Adds the sums that [`Self::take`] has written, which take so many bytes, to the kept
    /// sums, or keeps them.
    ///
    /// # Panics
    /// There is no such number of bytes, or no sums are kept.
    pub fn merge(&mut self, bytes: usize, first: bool) {
        let sums = self.kept.sums(first);
        let (header, digits) = self.head[..bytes].split_at(TAKEN);
        let mut words = [0; TAKEN / 8];
        for (to, from) in words.iter_mut().zip(header.as_chunks().0) {
            *to = u64::from_le_bytes(*from);
        }
        let [count, non_finite, negative, x_first, x_len, squares_first] = words;
        let (x, squares) = digits.as_chunks().0.split_at(x_len as usize);
        sums.count += count;
        sums.non_finite = sums.non_finite | NonFinite::of(f64::from_bits(non_finite));
        state::add_limbs(&mut sums.x, x_first as usize, x, negative != 0);
        state::add_limbs(&mut sums.squares, squares_first as usize, squares, false);
    }

    /// Replaces the state of `bytes` bytes by that of its points and `n` points. Returns how
    /// many bytes that has, or the negative number of the bytes of an error's text.
    ///
    /// # Panics
    /// The room has fewer bytes or points.
    pub fn fold(&mut self, bytes: usize, n: usize) -> i32 {
        let mut sums = Sums::new(Extent::none());
        let (state, points) = (&self.head[..bytes], &self.points[..n]);
        if let Err(error) = summary::add_both(&mut sums, state, points) {
            return self.failed(&error);
        }
        state::encode(&mut sums, state_room(&mut self.head)).len() as i32
    }

    /// Adds `n` points, from number `from` on, to the sums of the session. Returns 0, or as
    /// [`Self::fold`] for an error.
    ///
    /// # Panics
    /// The room does not have these points, or there is no session.
    pub fn push(&mut self, from: usize, n: usize) -> i32 {
        let added = self.kept.session(false).add(&self.points[from..from + n]);
        self.done(added)
    }

    /// Adds the points of the state of `bytes` bytes, after the first time to what the
    /// session has. Returns 0, or as [`Self::fold`] for an error.
    ///
    /// # Panics
    /// The head has fewer bytes, or there is no session.
    pub fn join(&mut self, bytes: usize, first: bool) -> i32 {
        let added = self.kept.session(first).merge(&self.head[..bytes]);
        self.done(added)
    }

    /// Writes the statistics of the session, as the contract's record. Returns 0, or as
    /// [`Self::fold`] for an error.
    ///
    /// # Panics
    /// There is no session.
    pub fn read(&mut self) -> i32 {
        let read = self.kept.session(false).statistics().map(|s| {
            let [mean, variance, sum, min, max] =
                [s.mean, s.variance, s.sum, s.min, s.max].map(f64::to_bits);
            self.put([s.count, mean, variance, sum, min, max, s.first, s.last]);
        });
        self.done(read)
    }

    /// Writes the state of the session, and returns how many bytes it has.
    ///
    /// # Panics
    /// There is no session.
    pub fn state(&mut self) -> i32 {
        let sums = self.kept.session(false);
        sums.write_state(state_room(&mut self.head)).len() as i32
    }

    fn done(&mut self, result: Result<(), String>) -> i32 {
        match result {
            Ok(()) => 0,
            Err(error) => self.failed(&error),
        }
    }

    /// Writes the text of an error, and returns the negative number of its bytes.
    #[inline(never)]
    fn failed(&mut self, error: &str) -> i32 {
        let text = &error.as_bytes()[..error.len().min(HEAD)];
        self.head[..text.len()].copy_from_slice(text);
        -(text.len() as i32)
    }

    fn answer(&mut self, moments: [f64; 3]) {
        self.put(moments.map(f64::to_bits));
    }

    fn put<const N: usize>(&mut self, words: [u64; N]) {
        for (to, from) in self.head.as_chunks_mut().0.iter_mut().zip(words) {
            *to = from.to_le_bytes();
        }
    }
}

/// Where a state is written.
fn state_room(head: &mut [u8; HEAD]) -> &mut [u8; state::MAX] {
    head.first_chunk_mut().expect("a state fits into the head")
}

impl Default for Direct {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(target_arch = "wasm32")]
mod exports {
    use super::Direct;
    use compute_pipeline_guest::install_hook;

    #[unsafe(export_name = "compute-pipeline:room")]
    static mut DIRECT: Direct = Direct::new();

    #[inline(never)]
    fn direct() -> &'static mut Direct {
        install_hook();
        // SAFETY: a guest has one thread, each export takes the reference once, and the host
        // writes to the room only between calls.
        unsafe { &mut *core::ptr::addr_of_mut!(DIRECT) }
    }

    #[unsafe(export_name = "compute-pipeline:direct-1.aggregate")]
    extern "C" fn aggregate(n: usize) {
        direct().aggregate(n);
    }

    #[unsafe(export_name = "compute-pipeline:direct-1.add")]
    extern "C" fn add(n: usize, first: bool) {
        direct().add(n, first);
    }

    #[unsafe(export_name = "compute-pipeline:direct-1.moments")]
    extern "C" fn moments() {
        direct().moments();
    }

    #[unsafe(export_name = "compute-pipeline:direct-1.take")]
    extern "C" fn take() -> usize {
        direct().take()
    }

    #[unsafe(export_name = "compute-pipeline:direct-1.merge")]
    extern "C" fn merge(bytes: usize, first: bool) {
        direct().merge(bytes, first);
    }

    #[unsafe(export_name = "compute-pipeline:direct-1.fold")]
    extern "C" fn fold(bytes: usize, n: usize) -> i32 {
        direct().fold(bytes, n)
    }

    #[unsafe(export_name = "compute-pipeline:direct-1.push")]
    extern "C" fn push(from: usize, n: usize) -> i32 {
        direct().push(from, n)
    }

    #[unsafe(export_name = "compute-pipeline:direct-1.join")]
    extern "C" fn join(bytes: usize, first: bool) -> i32 {
        direct().join(bytes, first)
    }

    #[unsafe(export_name = "compute-pipeline:direct-1.read")]
    extern "C" fn read() -> i32 {
        direct().read()
    }

    #[unsafe(export_name = "compute-pipeline:direct-1.state")]
    extern "C" fn state() -> i32 {
        direct().state()
    }
}
