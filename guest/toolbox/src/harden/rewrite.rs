//! Writes a function anew, without its hazards.

use std::ops::Range;

use super::MAX_LOCALS;
use super::replace::{self, F32, F64, I32, I64, V128};
use super::scan::{Function, Site};
use crate::offsets::OffsetMap;
use crate::{Error, leb128};

/// Appends the function's entry (size and body) to `code` and returns the size
/// of its body. Without hazards these are the old bytes.
pub(super) fn function(
    wasm: &[u8],
    function: &Function<'_>,
    code: &mut Vec<u8>,
    map: Option<&mut OffsetMap>,
) -> Result<usize, Error> {
    let mut moves = Moves {
        map,
        old: function.section.start,
        new: 0,
    };
    moves.note(function.start, code.len());
    if function.sites.is_empty() {
        code.extend_from_slice(&wasm[function.start..function.body.end]);
        return Ok(function.body.len());
    }

    let temps = Temps::of(function.locals, function.sites);
    if temps.end > MAX_LOCALS {
        return Err(Error::TooManyLocals {
            function: function.index,
            locals: temps.end,
            limit: MAX_LOCALS,
        });
    }
    let mut body = vec![];
    let mut at = declare(&wasm[function.body.clone()], &temps, &mut body) + function.body.start;

    // The size of the body comes first and its width is known only at the end,
    // so moves inside the body are noted relative to the body until then.
    let mut inside = vec![(function.body.start, 0), (at, body.len())];
    for site in function.sites {
        body.extend_from_slice(&wasm[at..site.range.start]);
        inside.push((site.range.start, body.len()));
        replace::replace(site.kind, &wasm[site.range.clone()], &temps, &mut body);
        at = site.range.end;
        inside.push((at, body.len()));
    }
    body.extend_from_slice(&wasm[at..function.body.end]);

    let size = u32::try_from(body.len()).map_err(|_| Error::ModuleTooLarge { size: body.len() })?;
    leb128::write_u32(code, size);
    moves.new = code.len();
    for (old, new) in inside {
        moves.note(old, new);
    }
    code.extend_from_slice(&body);
    Ok(body.len())
}

/// Notes moves in an [`OffsetMap`], if there is one to keep.
struct Moves<'a> {
    map: Option<&'a mut OffsetMap>,
    /// What the old and new offsets given are relative to.
    old: usize,
    new: usize,
}

impl Moves<'_> {
    fn note(&mut self, old: usize, new: usize) {
        if let Some(map) = &mut self.map {
            map.push(old - self.old, self.new + new);
        }
    }
}

/// Indices of the locals that hold operands while they are rearranged. Only
/// those that the function needs exist.
pub(super) struct Temps {
    pub i32: Range<u32>,
    pub i64: Range<u32>,
    pub f32: Range<u32>,
    pub f64: Range<u32>,
    pub v128: Range<u32>,
    /// One past the last local.
    end: u32,
}

impl Temps {
    fn of(locals: u32, sites: &[Site]) -> Self {
        let mut end = locals;
        let mut take = |ty: u8| {
            let counts = sites
                .iter()
                .filter_map(|site| replace::locals(site.kind).iter().find(|(t, _)| *t == ty))
                .map(|(_, count)| *count);
            let start = end;
            // At most 10 more than the validator's own limit: cannot overflow.
            end += counts.max().unwrap_or(0);
            start..end
        };
        let [i32, i64, f32, f64, v128] = [I32, I64, F32, F64, V128].map(&mut take);
        Temps {
            i32,
            i64,
            f32,
            f64,
            v128,
            end,
        }
    }

    /// Each range of locals with its type.
    fn groups(&self) -> [(&Range<u32>, u8); 5] {
        [
            (&self.i32, I32),
            (&self.i64, I64),
            (&self.f32, F32),
            (&self.f64, F64),
            (&self.v128, V128),
        ]
    }
}

/// Writes the function's own declarations of locals and then those of `temps`.
/// Returns where in `old` the instructions start.
fn declare(old: &[u8], temps: &Temps, body: &mut Vec<u8>) -> usize {
    // The validator has read these declarations, so they are whole: for each
    // group a count and a type, which in WebAssembly 2.0 is one byte.
    let (groups, mut at) = leb128::read_u32(old).unwrap_or_default();
    let first = at;
    for _ in 0..groups {
        at += leb128::read_u32(&old[at..]).map_or(0, |(_, width)| width) + 1;
    }
    let added = temps
        .groups()
        .iter()
        .filter(|(range, _)| !range.is_empty())
        .count();
    // A group may declare no locals at all, so their number has no bound but
    // the size of the body: far from 2^32.
    leb128::write_u32(body, groups + added as u32);
    body.extend_from_slice(&old[first..at]);
    for (range, ty) in temps.groups() {
        if !range.is_empty() {
            leb128::write_u32(body, range.len() as u32);
            body.push(ty);
        }
    }
    at
}
