//! Writes a function anew, without its miscompiled instructions.

use std::ops::Range;

use super::replace;
use super::scan::{Function, Site};
use crate::body::{Body, MAX_LOCALS, MAX_SIZE};
use crate::code::Code;
use crate::offsets::OffsetMap;
use crate::opcode::{F32, F64, I32, I64, V128};
use crate::{Error, leb128};

/// Appends the function's entry (size and body) to `code`. Without miscompiled
/// instructions these are the old bytes.
pub(super) fn function(
    wasm: &[u8],
    function: &Function<'_>,
    code: &mut Vec<u8>,
    map: Option<&mut OffsetMap>,
) -> Result<(), Error> {
    let mut moves = Moves {
        map,
        old: function.section.start,
        new: 0,
    };
    moves.note(function.start, code.len());
    if function.sites.is_empty() {
        code.extend_from_slice(&wasm[function.start..function.body.end]);
        return Ok(());
    }
    // The size of the body comes first and its width is known only at the end,
    // so moves inside the body are noted relative to the body until then.
    let mut inside = vec![];
    let body = body(wasm, function, &mut inside)?;
    leb128::write_u32(code, body.len() as u32);
    moves.new = code.len();
    for (old, new) in inside {
        moves.note(old, new);
    }
    code.extend_from_slice(&body);
    Ok(())
}

/// The body of a function without its miscompiled instructions, and where its parts went.
pub(super) fn body(
    wasm: &[u8],
    function: &Function<'_>,
    moves: &mut Vec<(usize, usize)>,
) -> Result<Vec<u8>, Error> {
    let temps = Temps::of(function.locals, function.sites);
    if temps.end > MAX_LOCALS {
        return Err(Error::TooManyLocals {
            function: function.index,
            locals: temps.end,
            limit: MAX_LOCALS,
        });
    }
    let mut body = Code::default();
    let mut at = declare(&wasm[function.body.clone()], &temps, &mut body) + function.body.start;
    moves.extend([(function.body.start, 0), (at, body.0.len())]);
    for site in function.sites {
        body.bytes(&wasm[at..site.range.start]);
        moves.push((site.range.start, body.0.len()));
        replace::replace(site.kind, &wasm[site.range.clone()], &temps, &mut body);
        at = site.range.end;
        moves.push((at, body.0.len()));
    }
    body.bytes(&wasm[at..function.body.end]);
    let size = body.0.len();
    if size > MAX_SIZE {
        return Err(Error::FunctionTooLarge {
            function: function.index,
            size,
            limit: MAX_SIZE,
        });
    }
    Ok(body.0)
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
fn declare(old: &[u8], temps: &Temps, body: &mut Code) -> usize {
    let old = Body::new(old);
    let groups = temps.groups();
    let added = groups.iter().filter(|(range, _)| !range.is_empty());
    leb128::write_u32(&mut body.0, old.groups + added.clone().count() as u32);
    body.bytes(old.declarations());
    for (range, ty) in added {
        leb128::write_u32(&mut body.0, range.len() as u32);
        body.bytes(&[*ty]);
    }
    old.code
}
