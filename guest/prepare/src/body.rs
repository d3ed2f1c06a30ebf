//! The body of a validated function: declarations of locals, then
//! instructions.

use crate::instruction::Instructions;
use crate::{Error, leb128};

/// The largest number of locals of a function, parameters included. The
/// validator demands it of every input; no engine need accept more
/// (WebAssembly JS interface, section "Implementation limits").
pub const MAX_LOCALS: u32 = 50_000;
/// The largest body of a function in bytes, from the same source.
pub const MAX_SIZE: usize = 7_654_321;

/// Refuses a function whose body would be so many bytes long.
pub(crate) fn check_size(function: u32, size: usize) -> Result<(), Error> {
    match size > MAX_SIZE {
        true => Err(Error::Limit {
            name: "function size",
            max: MAX_SIZE as u64,
            message: format!(
                "function {function} would be {size} bytes long after rewriting; \
                 at most {MAX_SIZE} are allowed"
            ),
        }),
        false => Ok(()),
    }
}

/// A body.
#[derive(Clone, Copy)]
pub(crate) struct Body<'a> {
    pub bytes: &'a [u8],
    /// How many groups of locals are declared. A group may declare none, so their
    /// number has no bound but the size of the body: far from 2^32.
    pub groups: u32,
    /// Where the first group starts.
    first: usize,
    /// Where the instructions start.
    pub code: usize,
}

impl<'a> Body<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        let (groups, first) = leb128::read_u32(bytes).unwrap_or_default();
        let mut body = Body {
            bytes,
            groups,
            first,
            code: first,
        };
        for _ in 0..groups {
            body.code = body.group(body.code).1;
        }
        body
    }

    /// The group of locals at `at`, and where it ends. A type is one byte in WebAssembly
    /// 2.0.
    fn group(&self, at: usize) -> ((u32, u8), usize) {
        let rest = self.bytes.get(at..).unwrap_or_default();
        let (count, width) = leb128::read_u32(rest).unwrap_or_default();
        let ty = rest.get(width).copied().unwrap_or_default();
        ((count, ty), at + width + 1)
    }

    /// For each group of locals, how many there are and their type.
    pub fn locals(&self) -> impl Iterator<Item = (u32, u8)> + use<'a> {
        let (body, mut at) = (*self, self.first);
        (0..self.groups).map(move |_| {
            let (group, end) = body.group(at);
            at = end;
            group
        })
    }

    /// The groups as they stand in the body.
    pub fn declarations(&self) -> &'a [u8] {
        self.bytes.get(self.first..self.code).unwrap_or_default()
    }

    /// The instructions, with where they stand in the body.
    pub fn instructions(&self) -> Instructions<'a> {
        Instructions::new(self.bytes, self.code)
    }
}
