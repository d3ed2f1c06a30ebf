//! What an instruction costs: the definition of a unit of fuel.
//!
//! A unit is about what an addition takes. A dearer instruction has a weight,
//! so that no mix of them, however hostile, takes much more time for a unit
//! than another. The weights were fitted to loops that are nothing but the
//! instruction, with operands that make it slow: denormal numbers, loads that
//! miss all caches, pages that were never touched. On a machine where usual
//! code takes 0.1 to 0.6 ns a unit, the slowest that was found takes 9, and
//! waiting for untouched pages 20. Heavier weights for memory would not help:
//! they make usual code dearer in the same measure.
//!
//! The weights belong to the definition of fuel: to change one changes what
//! every call uses.

use crate::opcode::*;

/// An instruction that compiles to nothing, or to a name for a value.
const FREE: u32 = 0;
/// The usual instruction.
const PLAIN: u32 = 1;
/// Several machine instructions, or one of a few cycles.
const FEW: u32 = 2;
/// A load or a store: cheap as a rule, but one that waits for memory takes a
/// hundred times as long.
const MEMORY: u32 = 4;
/// Division, remainder and square root: 10 to 40 cycles.
const DIVIDE: u32 = 8;
/// A call of a known function: a frame, arguments, a check of the stack.
const CALLED: u32 = 5;
/// A call by way of a table: loads that may miss, a check of the type.
const CALLED_INDIRECT: u32 = 10;
/// An instruction on many bytes or entries, whatever their number.
const BULK_WORK: u32 = 12;
/// What the host adds to a call: wasm is left and entered again. What the
/// host's function itself takes is not counted.
pub(super) const HOST: u32 = 40;
/// An instruction that wazero's runtime carries out, as dear as a call of the
/// host.
const RUNTIME: u32 = CALLED + HOST;

/// The units that an instruction takes, apart from what a called function takes and from
/// what a length that is known only when it runs adds (see [`length_shift`]).
pub(crate) fn of(opcode: u16) -> u32 {
    match opcode {
        NOP | UNREACHABLE | BLOCK | ELSE | END | DROP | LOCAL_GET => FREE,
        CALL => CALLED,
        CALL_INDIRECT => CALLED_INDIRECT,
        MEMORY_GROW | TABLE_GROW | REF_FUNC => RUNTIME,
        MEMORY_INIT | MEMORY_COPY..=TABLE_INIT | TABLE_COPY | TABLE_FILL => BULK_WORK,
        TABLE_GET | TABLE_SET | I32_LOAD..=I64_STORE32 => MEMORY,
        V128_LOAD..=V128_STORE | V128_LOAD8_LANE..=V128_LOAD64_ZERO => MEMORY,
        // Division and remainder, of floats division and square root.
        0x6d..=0x70 | 0x7f..=0x82 | 0x91 | 0x95 | 0x9f | 0xa3 => DIVIDE,
        F32X4_SQRT | F32X4_DIV | F64X2_SQRT | F64X2_DIV => DIVIDE,
        // Arithmetic and rounding of floats, conversions between floats and integers.
        BR_TABLE | 0x8d..=0x90 | 0x92..=0x98 | 0x9b..=0x9e | 0xa0..=0xa6 => FEW,
        0xa8..=0xab | 0xae..=0xbb | I32_TRUNC_SAT_F32_S..=I64_TRUNC_SAT_F64_U => FEW,
        VECTOR.. if is_few(opcode - VECTOR) => FEW,
        _ => PLAIN,
    }
}

/// For an instruction that works through a length, which is on top of the
/// stack: one unit is charged for so many powers of two of it, 16 bytes of
/// memory or 2 entries of a table. How far `memory.grow` can go is bounded by
/// the host, and a page costs little before it is used.
pub(super) fn length_shift(opcode: u16) -> Option<u32> {
    match opcode {
        MEMORY_FILL | MEMORY_COPY | MEMORY_INIT => Some(BYTES_SHIFT),
        TABLE_FILL | TABLE_COPY | TABLE_INIT | TABLE_GROW => Some(ENTRIES_SHIFT),
        _ => None,
    }
}

/// [`length_shift`] of the instructions on memory.
pub(super) const BYTES_SHIFT: u32 = 4;
/// [`length_shift`] of the instructions on tables.
const ENTRIES_SHIFT: u32 = 1;

/// Which instructions on vectors compile to a short sequence, or have a latency of some
/// cycles.
fn is_few(opcode: u16) -> bool {
    matches!(
        opcode,
        // shuffle, swizzle; demote, promote; popcnt
        0x0d | 0x0e | 0x5e | 0x5f | 0x62
        // ceil to nearest of f32x4 and f64x2; shifts of i8x16; i64x2.shr_s; i64x2.abs
        | 0x67..=0x6a | 0x74 | 0x75 | 0x7a | 0x94 | 0x6b..=0x6d | 0xcc | 0xc0
        // extadd_pairwise; q15mulr_sat; mul and dot; extmul
        | 0x7c..=0x7f | 0x82 | 0x95 | 0xb5 | 0xd5 | 0xba | 0x9c..=0x9f | 0xbc..=0xbf | 0xdc..=0xdf
        // add to mul, min to pmax of f32x4 and f64x2; conversions
        | 0xe4..=0xe6 | 0xe8..=0xeb | 0xf0..=0xf2 | 0xf4..=0xf7 | 0xf8..=0xff
    )
}
