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

use wasmparser::Operator;

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
const CALL: u32 = 5;
/// A call by way of a table: loads that may miss, a check of the type.
const CALL_INDIRECT: u32 = 10;
/// An instruction on many bytes or entries, whatever their number.
const BULK: u32 = 12;
/// What the host adds to a call: wasm is left and entered again. What the
/// host's function itself takes is not counted.
pub(super) const HOST: u32 = 40;
/// An instruction that wazero's runtime carries out, as dear as a call of the
/// host.
const RUNTIME: u32 = CALL + HOST;

/// The units that `op` takes, apart from what a called function takes and from
/// what a length that is known only when it runs adds (see [`length_shift`]).
pub(crate) fn of(op: &Operator<'_>) -> u32 {
    use Operator::*;
    match op {
        Nop | Unreachable | Block { .. } | Else | End | Drop | LocalGet { .. } => FREE,
        Call { .. } => CALL,
        CallIndirect { .. } => CALL_INDIRECT,
        MemoryGrow { .. } | TableGrow { .. } | RefFunc { .. } => RUNTIME,
        MemoryFill { .. } | MemoryCopy { .. } | MemoryInit { .. } => BULK,
        TableFill { .. } | TableCopy { .. } | TableInit { .. } => BULK,
        TableGet { .. } | TableSet { .. } => MEMORY,
        _ if is_memory(op) => MEMORY,
        _ if is_divide(op) => DIVIDE,
        _ if is_few(op) => FEW,
        _ => PLAIN,
    }
}

/// For an instruction that works through a length, which is on top of the
/// stack: one unit is charged for so many powers of two of it, 16 bytes of
/// memory or 2 entries of a table. How far `memory.grow` can go is bounded by
/// the host, and a page costs little before it is used.
pub(super) fn length_shift(op: &Operator<'_>) -> Option<u32> {
    use Operator::*;
    match op {
        MemoryFill { .. } | MemoryCopy { .. } | MemoryInit { .. } => Some(BYTES_SHIFT),
        TableFill { .. } | TableCopy { .. } | TableInit { .. } | TableGrow { .. } => {
            Some(ENTRIES_SHIFT)
        }
        _ => None,
    }
}

/// [`length_shift`] of the instructions on memory.
pub(super) const BYTES_SHIFT: u32 = 4;
/// [`length_shift`] of the instructions on tables.
const ENTRIES_SHIFT: u32 = 1;

#[rustfmt::skip]
fn is_divide(op: &Operator<'_>) -> bool {
    use Operator::*;
    matches!(
        op,
        I32DivS | I32DivU | I32RemS | I32RemU | I64DivS | I64DivU | I64RemS | I64RemU | F32Div
            | F64Div | F32Sqrt | F64Sqrt | F32x4Div | F64x2Div | F32x4Sqrt | F64x2Sqrt
    )
}

#[rustfmt::skip]
fn is_memory(op: &Operator<'_>) -> bool {
    use Operator::*;
    matches!(
        op,
        I32Store { .. } | I64Store { .. } | F32Store { .. } | F64Store { .. }
            | I32Store8 { .. } | I32Store16 { .. } | I64Store8 { .. } | I64Store16 { .. }
            | I64Store32 { .. } | V128Store { .. } | V128Store8Lane { .. }
            | V128Store16Lane { .. } | V128Store32Lane { .. } | V128Store64Lane { .. }
            | I32Load { .. } | I64Load { .. } | F32Load { .. } | F64Load { .. }
            | I32Load8S { .. } | I32Load8U { .. } | I32Load16S { .. } | I32Load16U { .. }
            | I64Load8S { .. } | I64Load8U { .. } | I64Load16S { .. } | I64Load16U { .. }
            | I64Load32S { .. } | I64Load32U { .. } | V128Load { .. } | V128Load8x8S { .. }
            | V128Load8x8U { .. } | V128Load16x4S { .. } | V128Load16x4U { .. }
            | V128Load32x2S { .. } | V128Load32x2U { .. } | V128Load8Splat { .. }
            | V128Load16Splat { .. } | V128Load32Splat { .. } | V128Load64Splat { .. }
            | V128Load32Zero { .. } | V128Load64Zero { .. } | V128Load8Lane { .. }
            | V128Load16Lane { .. } | V128Load32Lane { .. } | V128Load64Lane { .. }
    )
}

/// What compiles to a short sequence, or has a latency of some cycles.
#[rustfmt::skip]
fn is_few(op: &Operator<'_>) -> bool {
    use Operator::*;
    matches!(
        op,
        BrTable { .. } | F32Add | F32Sub | F32Mul | F64Add | F64Sub | F64Mul | F32Min | F32Max
            | F64Min | F64Max | F32Copysign | F64Copysign | F32Ceil | F32Floor | F32Trunc
            | F32Nearest | F64Ceil | F64Floor | F64Trunc | F64Nearest | I32TruncF32S
            | I32TruncF32U | I32TruncF64S | I32TruncF64U | I64TruncF32S | I64TruncF32U
            | I64TruncF64S | I64TruncF64U | I32TruncSatF32S | I32TruncSatF32U | I32TruncSatF64S
            | I32TruncSatF64U | I64TruncSatF32S | I64TruncSatF32U | I64TruncSatF64S
            | I64TruncSatF64U | F32ConvertI64U | F64ConvertI64U | F32ConvertI64S
            | F64ConvertI64S | F32ConvertI32S | F32ConvertI32U | F64ConvertI32S
            | F64ConvertI32U | F32DemoteF64 | F64PromoteF32 | F32x4Add | F32x4Sub | F32x4Mul
            | F64x2Add | F64x2Sub | F64x2Mul | F32x4Min | F32x4Max | F64x2Min | F64x2Max
            | F32x4PMin | F32x4PMax | F64x2PMin | F64x2PMax | F32x4Ceil | F32x4Floor
            | F32x4Trunc | F32x4Nearest | F64x2Ceil | F64x2Floor | F64x2Trunc | F64x2Nearest
            | I32x4TruncSatF32x4S | I32x4TruncSatF32x4U | I32x4TruncSatF64x2SZero
            | I32x4TruncSatF64x2UZero | F32x4ConvertI32x4S | F32x4ConvertI32x4U
            | F64x2ConvertLowI32x4S | F64x2ConvertLowI32x4U | F32x4DemoteF64x2Zero
            | F64x2PromoteLowF32x4 | I8x16Popcnt | I8x16Shuffle { .. } | I8x16Swizzle
            | I8x16Shl | I8x16ShrS | I8x16ShrU | I64x2ShrS | I64x2Abs | I16x8Mul | I32x4Mul
            | I64x2Mul | I32x4DotI16x8S | I16x8Q15MulrSatS | I64x2ExtMulLowI32x4S
            | I64x2ExtMulHighI32x4S | I64x2ExtMulLowI32x4U | I64x2ExtMulHighI32x4U
            | I32x4ExtMulLowI16x8S | I32x4ExtMulHighI16x8S | I32x4ExtMulLowI16x8U
            | I32x4ExtMulHighI16x8U | I16x8ExtMulLowI8x16S | I16x8ExtMulHighI8x16S
            | I16x8ExtMulLowI8x16U | I16x8ExtMulHighI8x16U | I16x8ExtAddPairwiseI8x16S
            | I16x8ExtAddPairwiseI8x16U | I32x4ExtAddPairwiseI16x8S | I32x4ExtAddPairwiseI16x8U
    )
}
