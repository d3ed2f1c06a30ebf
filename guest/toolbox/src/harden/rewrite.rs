//! Writes a function anew, without its hazards.

use std::ops::Range;

use super::MAX_LOCALS;
use super::hazard::Kind;
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
        replace(site.kind, &temps, &mut body);
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
struct Temps {
    i32: Range<u32>,
    i64: Range<u32>,
    f32: Range<u32>,
    f64: Range<u32>,
    v128: Range<u32>,
    /// One past the last local.
    end: u32,
}

impl Temps {
    fn of(locals: u32, sites: &[Site]) -> Self {
        let any = |kinds: &[Kind]| sites.iter().any(|site| kinds.contains(&site.kind));
        let mut end = locals;
        let mut take = |count: u32, needed: bool| {
            let start = end;
            // At most 8 more than the validator's own limit: cannot overflow.
            end += if needed { count } else { 0 };
            start..end
        };
        use Kind::*;
        let i32 = take(1, any(&[SelectF32, SelectF64, SelectV128, CopysignF32]));
        let i64 = take(1, any(&[CopysignF64]));
        let f32 = take(2, any(&[SelectF32]));
        let f64 = take(2, any(&[SelectF64]));
        let v128 = take(2, any(&[SelectV128, Bitselect]));
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

// Types, as in the binary format (WebAssembly 2.0, section 5.3.1, 5.3.2).
const I32: u8 = 0x7f;
const I64: u8 = 0x7e;
const F32: u8 = 0x7d;
const F64: u8 = 0x7c;
const V128: u8 = 0x7b;

// Instructions (section 5.4).
const IF: u8 = 0x04;
const ELSE: u8 = 0x05;
const END: u8 = 0x0b;
const LOCAL_GET: u8 = 0x20;
const LOCAL_SET: u8 = 0x21;
const I32_CONST: u8 = 0x41;
const I64_CONST: u8 = 0x42;
const I32_AND: u8 = 0x71;
const I32_OR: u8 = 0x72;
const I64_AND: u8 = 0x83;
const I64_OR: u8 = 0x84;
const I32_REINTERPRET_F32: u8 = 0xbc;
const I64_REINTERPRET_F64: u8 = 0xbd;
const F32_REINTERPRET_I32: u8 = 0xbe;
const F64_REINTERPRET_I64: u8 = 0xbf;
const V128_AND: [u8; 2] = [0xfd, 0x4e];
const V128_ANDNOT: [u8; 2] = [0xfd, 0x4f];
const V128_OR: [u8; 2] = [0xfd, 0x50];

// Constants, as signed LEB128: the smallest and the largest integer.
const I32_MIN: [u8; 5] = [0x80, 0x80, 0x80, 0x80, 0x78];
const I32_MAX: [u8; 5] = [0xff, 0xff, 0xff, 0xff, 0x07];
const I64_MIN: [u8; 10] = [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x7f];
const I64_MAX: [u8; 10] = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x00];

fn local(instruction: u8, index: u32, out: &mut Vec<u8>) {
    out.push(instruction);
    leb128::write_u32(out, index);
}

fn replace(kind: Kind, temps: &Temps, out: &mut Vec<u8>) {
    match kind {
        Kind::SelectF32 => select(F32, &temps.f32, temps.i32.start, out),
        Kind::SelectF64 => select(F64, &temps.f64, temps.i32.start, out),
        Kind::SelectV128 => select(V128, &temps.v128, temps.i32.start, out),
        Kind::CopysignF32 => copysign_f32(temps.i32.start, out),
        Kind::CopysignF64 => copysign_f64(temps.i64.start, out),
        Kind::Bitselect => bitselect(&temps.v128, out),
    }
}

/// The operands go through locals, since the branch is taken only after all
/// three are computed: a trap or a side effect of one must not be lost.
fn select(ty: u8, operands: &Range<u32>, condition: u32, out: &mut Vec<u8>) {
    let (a, b) = (operands.start, operands.start + 1);
    local(LOCAL_SET, condition, out);
    local(LOCAL_SET, b, out);
    local(LOCAL_SET, a, out);
    local(LOCAL_GET, condition, out);
    out.extend_from_slice(&[IF, ty]);
    local(LOCAL_GET, a, out);
    out.push(ELSE);
    local(LOCAL_GET, b, out);
    out.push(END);
}

fn copysign_f32(sign: u32, out: &mut Vec<u8>) {
    out.extend_from_slice(&[I32_REINTERPRET_F32, I32_CONST]);
    out.extend_from_slice(&I32_MIN);
    out.push(I32_AND);
    local(LOCAL_SET, sign, out);
    out.extend_from_slice(&[I32_REINTERPRET_F32, I32_CONST]);
    out.extend_from_slice(&I32_MAX);
    out.push(I32_AND);
    local(LOCAL_GET, sign, out);
    out.extend_from_slice(&[I32_OR, F32_REINTERPRET_I32]);
}

fn copysign_f64(sign: u32, out: &mut Vec<u8>) {
    out.extend_from_slice(&[I64_REINTERPRET_F64, I64_CONST]);
    out.extend_from_slice(&I64_MIN);
    out.push(I64_AND);
    local(LOCAL_SET, sign, out);
    out.extend_from_slice(&[I64_REINTERPRET_F64, I64_CONST]);
    out.extend_from_slice(&I64_MAX);
    out.push(I64_AND);
    local(LOCAL_GET, sign, out);
    out.extend_from_slice(&[I64_OR, F64_REINTERPRET_I64]);
}

/// `a & mask | b & !mask`, with `a`, `b`, `mask` on the stack.
fn bitselect(operands: &Range<u32>, out: &mut Vec<u8>) {
    let (mask, b) = (operands.start, operands.start + 1);
    local(LOCAL_SET, mask, out);
    local(LOCAL_SET, b, out);
    local(LOCAL_GET, mask, out);
    out.extend_from_slice(&V128_AND);
    local(LOCAL_GET, b, out);
    local(LOCAL_GET, mask, out);
    out.extend_from_slice(&V128_ANDNOT);
    out.extend_from_slice(&V128_OR);
}
