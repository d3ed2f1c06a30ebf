//! What is written in the place of each miscompiled instruction.

use std::ops::Range;

use super::miscompiled::Kind;
use super::rewrite::Temps;
use crate::code::Code;
use crate::opcode::*;

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

/// Writes what replaces `instruction`, given as its bytes.
pub(super) fn replace(kind: Kind, instruction: &[u8], temps: &Temps, out: &mut Code) {
    match kind {
        Kind::SelectF32 => select(F32, &temps.f32, temps.i32.start, out),
        Kind::SelectF64 => select(F64, &temps.f64, temps.i32.start, out),
        Kind::SelectV128 => select(V128, &temps.v128, temps.i32.start, out),
        Kind::CopysignF32 => copysign(&COPYSIGN_F32, temps.i32.start, out),
        Kind::CopysignF64 => copysign(&COPYSIGN_F64, temps.i64.start, out),
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
            out.op(LOCAL_SET, b);
            fresh_v128(a, out);
            out.op(LOCAL_GET, b).op(LOCAL_GET, b).raw(&[V128_OR]);
            out.bytes(instruction);
        }
        Kind::PopcntI8x16 => {
            fresh_v128(temps.v128.start, out);
            out.bytes(instruction);
        }
        Kind::CountZerosI32 => {
            out.i32(0).raw(&[I32_OR]).bytes(instruction);
        }
        Kind::ConvertI64U | Kind::CountZerosI64 => {
            out.i64(0).raw(&[I64_OR]).bytes(instruction);
        }
    }
}

/// The operands go through locals, since the branch is taken only after all
/// three are computed: a trap or a side effect of one must not be lost.
fn select(ty: u8, operands: &Range<u32>, condition: u32, out: &mut Code) {
    let (a, b) = (operands.start, operands.start + 1);
    out.op(LOCAL_SET, condition)
        .op(LOCAL_SET, b)
        .op(LOCAL_SET, a)
        .op(LOCAL_GET, condition)
        .raw(&[IF])
        .bytes(&[ty])
        .op(LOCAL_GET, a)
        .raw(&[ELSE])
        .op(LOCAL_GET, b)
        .raw(&[END]);
}

/// The instructions of one type that `copysign` takes, and the smallest and the largest
/// integer of its width.
struct Copysign {
    from: u16,
    and: u16,
    or: u16,
    back: u16,
    constant: fn(&mut Code, bool),
}

const COPYSIGN_F32: Copysign = Copysign {
    from: I32_REINTERPRET_F32,
    and: I32_AND,
    or: I32_OR,
    back: F32_REINTERPRET_I32,
    constant: |out, sign| {
        out.i32(if sign { i32::MIN } else { i32::MAX });
    },
};

const COPYSIGN_F64: Copysign = Copysign {
    from: I64_REINTERPRET_F64,
    and: I64_AND,
    or: I64_OR,
    back: F64_REINTERPRET_I64,
    constant: |out, sign| {
        out.i64(if sign { i64::MIN } else { i64::MAX });
    },
};

fn copysign(ty: &Copysign, sign: u32, out: &mut Code) {
    out.raw(&[ty.from]);
    (ty.constant)(out, true);
    out.raw(&[ty.and]).op(LOCAL_SET, sign).raw(&[ty.from]);
    (ty.constant)(out, false);
    out.raw(&[ty.and]).op(LOCAL_GET, sign);
    out.raw(&[ty.or, ty.back]);
}

/// `a & mask | b & !mask`, with `a`, `b`, `mask` on the stack.
fn bitselect(operands: &Range<u32>, out: &mut Code) {
    let (mask, b) = (operands.start, operands.start + 1);
    out.op(LOCAL_SET, mask)
        .op(LOCAL_SET, b)
        .op(LOCAL_GET, mask)
        .raw(&[V128_AND])
        .op(LOCAL_GET, b)
        .op(LOCAL_GET, mask)
        .raw(&[V128_ANDNOT, V128_OR]);
}

/// The lane that a `replace_lane` names: its last byte.
fn lane(instruction: &[u8]) -> u8 {
    instruction.last().copied().unwrap_or_default()
}

/// Copies the scalar into all lanes of a second vector and takes the one lane
/// from there. Only bytes are moved: a NaN stays as it is.
fn replace_lane(splat: u16, width: u8, lane: u8, out: &mut Code) {
    out.raw(&[splat, I8X16_SHUFFLE]);
    out.0.extend((0..16).map(|byte| {
        let from = if byte / width == lane { 16 } else { 0 };
        from + byte
    }));
}

/// The high halves of both lanes and zeros, as an i32x4, have the same signs.
fn bitmask_i64x2(out: &mut Code) {
    out.raw(&[V128_CONST])
        .bytes(&[0; 16])
        .raw(&[I8X16_SHUFFLE])
        .bytes(&[4, 5, 6, 7, 12, 13, 14, 15])
        .bytes(&[16, 17, 18, 19, 20, 21, 22, 23])
        .raw(&[I32X4_BITMASK]);
}

/// The instructions of one integer type that a remainder takes.
struct Rem {
    constant: fn(&mut Code, i8),
    eq: u16,
    sub: u16,
    mul: u16,
    div_s: u16,
    div_u: u16,
}

const REM_I32: Rem = Rem {
    constant: |out, value| {
        out.i32(value.into());
    },
    eq: I32_EQ,
    sub: I32_SUB,
    mul: I32_MUL,
    div_s: I32_DIV_S,
    div_u: I32_DIV_U,
};

const REM_I64: Rem = Rem {
    constant: |out, value| {
        out.i64(value.into());
    },
    eq: I64_EQ,
    sub: I64_SUB,
    mul: I64_MUL,
    div_s: I64_DIV_S,
    div_u: I64_DIV_U,
};

/// `x - x / y * y`. The division traps as the remainder does, when `y` is zero.
fn rem_u(ty: &Rem, operands: &Range<u32>, out: &mut Code) {
    let (x, y) = (operands.start, operands.start + 1);
    out.op(LOCAL_SET, y).op(LOCAL_SET, x);
    subtract_multiple(ty, ty.div_u, x, y, out);
}

/// As [`rem_u`], but by 1 in the place of -1: both leave 0, and the smallest
/// integer divided by -1 traps.
fn rem_s(ty: &Rem, operands: &Range<u32>, out: &mut Code) {
    let (x, y) = (operands.start, operands.start + 1);
    out.op(LOCAL_SET, y).op(LOCAL_SET, x);
    (ty.constant)(out, 1);
    out.op(LOCAL_GET, y).op(LOCAL_GET, y);
    (ty.constant)(out, -1);
    out.raw(&[ty.eq, SELECT]).op(LOCAL_SET, y);
    subtract_multiple(ty, ty.div_s, x, y, out);
}

fn subtract_multiple(ty: &Rem, div: u16, x: u32, y: u32, out: &mut Code) {
    out.op(LOCAL_GET, x)
        .op(LOCAL_GET, x)
        .op(LOCAL_GET, y)
        .raw(&[div])
        .op(LOCAL_GET, y)
        .raw(&[ty.mul, ty.sub]);
}

/// Replaces the vector on the stack by an equal one that nothing else uses.
fn fresh_v128(temp: u32, out: &mut Code) {
    out.op(LOCAL_TEE, temp).op(LOCAL_GET, temp).raw(&[V128_OR]);
}
