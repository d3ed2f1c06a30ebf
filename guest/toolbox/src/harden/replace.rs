//! What is written in the place of each hazard.

use std::ops::Range;

use super::hazard::Kind;
use super::rewrite::Temps;
use crate::leb128;

// Types, as in the binary format (WebAssembly 2.0, section 5.3.1, 5.3.2).
pub(super) const I32: u8 = 0x7f;
pub(super) const I64: u8 = 0x7e;
pub(super) const F32: u8 = 0x7d;
pub(super) const F64: u8 = 0x7c;
pub(super) const V128: u8 = 0x7b;

// Instructions (section 5.4).
const IF: u8 = 0x04;
const ELSE: u8 = 0x05;
const END: u8 = 0x0b;
const SELECT: u8 = 0x1b;
pub(super) const LOCAL_GET: u8 = 0x20;
const LOCAL_SET: u8 = 0x21;
const LOCAL_TEE: u8 = 0x22;
const I32_CONST: u8 = 0x41;
const I64_CONST: u8 = 0x42;
const I32_EQ: u8 = 0x46;
const I64_EQ: u8 = 0x51;
const I32_SUB: u8 = 0x6b;
const I32_MUL: u8 = 0x6c;
const I32_DIV_S: u8 = 0x6d;
const I32_DIV_U: u8 = 0x6e;
const I32_AND: u8 = 0x71;
const I32_OR: u8 = 0x72;
const I64_SUB: u8 = 0x7d;
const I64_MUL: u8 = 0x7e;
const I64_DIV_S: u8 = 0x7f;
const I64_DIV_U: u8 = 0x80;
const I64_AND: u8 = 0x83;
const I64_OR: u8 = 0x84;
const I32_REINTERPRET_F32: u8 = 0xbc;
const I64_REINTERPRET_F64: u8 = 0xbd;
const F32_REINTERPRET_I32: u8 = 0xbe;
const F64_REINTERPRET_I64: u8 = 0xbf;
const V128_CONST: [u8; 2] = [0xfd, 0x0c];
const I8X16_SHUFFLE: [u8; 2] = [0xfd, 0x0d];
const F32X4_SPLAT: [u8; 2] = [0xfd, 0x13];
const F64X2_SPLAT: [u8; 2] = [0xfd, 0x14];
const V128_AND: [u8; 2] = [0xfd, 0x4e];
const V128_ANDNOT: [u8; 2] = [0xfd, 0x4f];
pub(super) const V128_OR: [u8; 2] = [0xfd, 0x50];
const I32X4_BITMASK: [u8; 3] = [0xfd, 0xa4, 0x01];

// Constants, as signed LEB128: the smallest and the largest integer.
const I32_MIN: [u8; 5] = [0x80, 0x80, 0x80, 0x80, 0x78];
const I32_MAX: [u8; 5] = [0xff, 0xff, 0xff, 0xff, 0x07];
const I64_MIN: [u8; 10] = [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x7f];
const I64_MAX: [u8; 10] = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x00];
const MINUS_ONE: u8 = 0x7f;

fn local(instruction: u8, index: u32, out: &mut Vec<u8>) {
    out.push(instruction);
    leb128::write_u32(out, index);
}

/// The locals, by type, that the replacement of a kind needs.
pub(super) fn locals(kind: Kind) -> &'static [(u8, u32)] {
    match kind {
        Kind::SelectF32 => &[(I32, 1), (F32, 2)],
        Kind::SelectF64 => &[(I32, 1), (F64, 2)],
        Kind::SelectV128 => &[(I32, 1), (V128, 2)],
        Kind::CopysignF32 => &[(I32, 1)],
        Kind::CopysignF64 => &[(I64, 1)],
        Kind::RemI32S | Kind::RemI32U => &[(I32, 2)],
        Kind::RemI64S | Kind::RemI64U => &[(I64, 2)],
        Kind::Bitselect | Kind::MinMaxVector | Kind::MulI64x2 | Kind::DotI16x8 | Kind::Narrow => {
            &[(V128, 2)]
        }
        Kind::PopcntI8x16 => &[(V128, 1)],
        Kind::ReplaceLaneF32x4
        | Kind::ReplaceLaneF64x2
        | Kind::BitmaskI64x2
        | Kind::ConvertI64U
        | Kind::CountZerosI32
        | Kind::CountZerosI64 => &[],
    }
}

/// Writes what replaces `instruction`, a hazard given as its bytes.
pub(super) fn replace(kind: Kind, instruction: &[u8], temps: &Temps, out: &mut Vec<u8>) {
    match kind {
        Kind::SelectF32 => select(F32, &temps.f32, temps.i32.start, out),
        Kind::SelectF64 => select(F64, &temps.f64, temps.i32.start, out),
        Kind::SelectV128 => select(V128, &temps.v128, temps.i32.start, out),
        Kind::CopysignF32 => copysign_f32(temps.i32.start, out),
        Kind::CopysignF64 => copysign_f64(temps.i64.start, out),
        Kind::Bitselect => bitselect(&temps.v128, out),
        Kind::ReplaceLaneF32x4 => replace_lane(F32X4_SPLAT, 4, lane(instruction), out),
        Kind::ReplaceLaneF64x2 => replace_lane(F64X2_SPLAT, 8, lane(instruction), out),
        Kind::BitmaskI64x2 => bitmask_i64x2(out),
        Kind::RemI32S => rem_s(&REM_I32, &temps.i32, out),
        Kind::RemI32U => rem_u(&REM_I32, &temps.i32, out),
        Kind::RemI64S => rem_s(&REM_I64, &temps.i64, out),
        Kind::RemI64U => rem_u(&REM_I64, &temps.i64, out),
        Kind::MinMaxVector | Kind::MulI64x2 | Kind::DotI16x8 | Kind::Narrow => {
            let (a, b) = (temps.v128.start, temps.v128.start + 1);
            local(LOCAL_SET, b, out);
            fresh_v128(a, out);
            local(LOCAL_GET, b, out);
            local(LOCAL_GET, b, out);
            out.extend_from_slice(&V128_OR);
            out.extend_from_slice(instruction);
        }
        Kind::PopcntI8x16 => {
            fresh_v128(temps.v128.start, out);
            out.extend_from_slice(instruction);
        }
        Kind::CountZerosI32 => {
            out.extend_from_slice(&[I32_CONST, 0, I32_OR]);
            out.extend_from_slice(instruction);
        }
        Kind::ConvertI64U | Kind::CountZerosI64 => {
            out.extend_from_slice(&[I64_CONST, 0, I64_OR]);
            out.extend_from_slice(instruction);
        }
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

/// The lane that a `replace_lane` names: its last byte.
fn lane(instruction: &[u8]) -> u8 {
    instruction.last().copied().unwrap_or_default()
}

/// Copies the scalar into all lanes of a second vector and takes the one lane
/// from there. Only bytes are moved: a NaN stays as it is.
fn replace_lane(splat: [u8; 2], width: u8, lane: u8, out: &mut Vec<u8>) {
    out.extend_from_slice(&splat);
    out.extend_from_slice(&I8X16_SHUFFLE);
    out.extend((0..16).map(|byte| {
        let from = if byte / width == lane { 16 } else { 0 };
        from + byte
    }));
}

/// The high halves of both lanes and zeros, as an i32x4, have the same signs.
fn bitmask_i64x2(out: &mut Vec<u8>) {
    out.extend_from_slice(&V128_CONST);
    out.extend_from_slice(&[0; 16]);
    out.extend_from_slice(&I8X16_SHUFFLE);
    out.extend_from_slice(&[4, 5, 6, 7, 12, 13, 14, 15]);
    out.extend_from_slice(&[16, 17, 18, 19, 20, 21, 22, 23]);
    out.extend_from_slice(&I32X4_BITMASK);
}

/// The instructions of one integer type that a remainder takes.
struct Rem {
    constant: u8,
    eq: u8,
    sub: u8,
    mul: u8,
    div_s: u8,
    div_u: u8,
}

const REM_I32: Rem = Rem {
    constant: I32_CONST,
    eq: I32_EQ,
    sub: I32_SUB,
    mul: I32_MUL,
    div_s: I32_DIV_S,
    div_u: I32_DIV_U,
};

const REM_I64: Rem = Rem {
    constant: I64_CONST,
    eq: I64_EQ,
    sub: I64_SUB,
    mul: I64_MUL,
    div_s: I64_DIV_S,
    div_u: I64_DIV_U,
};

/// `x - x / y * y`. The division traps as the remainder does, when `y` is zero.
fn rem_u(ty: &Rem, operands: &Range<u32>, out: &mut Vec<u8>) {
    let (x, y) = (operands.start, operands.start + 1);
    local(LOCAL_SET, y, out);
    local(LOCAL_SET, x, out);
    subtract_multiple(ty, ty.div_u, x, y, out);
}

/// As [`rem_u`], but by 1 in the place of -1: both leave 0, and the smallest
/// integer divided by -1 traps.
fn rem_s(ty: &Rem, operands: &Range<u32>, out: &mut Vec<u8>) {
    let (x, y) = (operands.start, operands.start + 1);
    local(LOCAL_SET, y, out);
    local(LOCAL_SET, x, out);
    out.extend_from_slice(&[ty.constant, 1]);
    local(LOCAL_GET, y, out);
    local(LOCAL_GET, y, out);
    out.extend_from_slice(&[ty.constant, MINUS_ONE, ty.eq, SELECT]);
    local(LOCAL_SET, y, out);
    subtract_multiple(ty, ty.div_s, x, y, out);
}

fn subtract_multiple(ty: &Rem, div: u8, x: u32, y: u32, out: &mut Vec<u8>) {
    local(LOCAL_GET, x, out);
    local(LOCAL_GET, x, out);
    local(LOCAL_GET, y, out);
    out.push(div);
    local(LOCAL_GET, y, out);
    out.extend_from_slice(&[ty.mul, ty.sub]);
}

/// Replaces the vector on the stack by an equal one that nothing else uses.
fn fresh_v128(temp: u32, out: &mut Vec<u8>) {
    local(LOCAL_TEE, temp, out);
    local(LOCAL_GET, temp, out);
    out.extend_from_slice(&V128_OR);
}
