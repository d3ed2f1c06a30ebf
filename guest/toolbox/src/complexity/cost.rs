//! What compiling takes, and the part of it that each instruction takes by
//! itself.

use std::ops::AddAssign;

use wasmparser::Operator;

use crate::meter;

/// What compiling takes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Cost {
    /// Time on one processor, in nanoseconds.
    pub time: u64,
    /// Memory while it goes on, in bytes.
    pub memory: u64,
    /// Memory that stays in use afterwards, for the code that was made and what
    /// wazero decoded, in bytes.
    pub kept: u64,
}

impl Cost {
    pub(super) const fn new(time: u64, memory: u64, kept: u64) -> Self {
        Cost { time, memory, kept }
    }

    /// So often.
    pub(super) fn times(self, count: u64) -> Self {
        Cost {
            time: self.time.saturating_mul(count),
            memory: self.memory.saturating_mul(count),
            kept: self.kept.saturating_mul(count),
        }
    }
}

impl AddAssign for Cost {
    fn add_assign(&mut self, other: Self) {
        self.time = self.time.saturating_add(other.time);
        self.memory = self.memory.saturating_add(other.memory);
        self.kept = self.kept.saturating_add(other.kept);
    }
}

/// What moves a value or names one: no machine instruction as a rule.
const MOVE: Cost = Cost::new(100, 40, 0);
const CONSTANT: Cost = Cost::new(400, 250, 4);
/// Arithmetic, on vectors too where that is an instruction or two.
const PLAIN: Cost = Cost::new(2_200, 650, 12);
/// What becomes a sequence of instructions.
const SEQUENCE: Cost = Cost::new(8_000, 2_700, 60);
/// A float that is cut to what fits.
const SATURATION: Cost = Cost::new(8_000, 5_200, 120);
const VECTOR_CONSTANT: Cost = Cost::new(2_500, 1_000, 40);
const GLOBAL: Cost = Cost::new(1_500, 600, 10);
/// A bound that is checked, with an exit (`memOpSetup`).
const ACCESS: Cost = Cost::new(15_000, 4_700, 100);
/// An address that is known to be in bounds.
const KNOWN_ACCESS: Cost = Cost::new(2_000, 600, 14);
/// A table's bound, the element's type, null: an exit for each.
const TABLE_ACCESS: Cost = Cost::new(20_000, 6_000, 120);
const DIVISION: Cost = Cost::new(12_000, 5_400, 150);
/// A float that need not fit: two or three exits and the way around them.
const CONVERSION: Cost = Cost::new(18_000, 8_500, 240);
const CALL: Cost = Cost::new(6_000, 2_000, 50);
const INDIRECT_CALL: Cost = Cost::new(50_000, 14_500, 320);
/// Bulk operations, with what metering adds to them.
const BULK: Cost = Cost::new(80_000, 30_000, 900);
const HOST: Cost = Cost::new(14_000, 6_500, 150);

/// The part of an instruction that does not depend on what is around it, but for
/// an access to memory whose address is known to be in bounds.
pub(super) fn of(op: &Operator<'_>, known: bool) -> Cost {
    use Operator as O;
    match op {
        _ if known => KNOWN_ACCESS,
        O::Nop
        | O::Drop
        | O::Block { .. }
        | O::Loop { .. }
        | O::Else
        | O::End
        | O::LocalGet { .. }
        | O::LocalSet { .. }
        | O::LocalTee { .. } => MOVE,
        O::I32Const { .. }
        | O::I64Const { .. }
        | O::F32Const { .. }
        | O::F64Const { .. }
        | O::RefNull { .. } => CONSTANT,
        O::V128Const { .. } => VECTOR_CONSTANT,
        O::GlobalGet { .. } | O::GlobalSet { .. } => GLOBAL,
        O::Call { .. } => CALL,
        O::CallIndirect { .. } => INDIRECT_CALL,
        O::TableGet { .. } | O::TableSet { .. } => TABLE_ACCESS,
        O::RefFunc { .. } | O::MemoryGrow { .. } | O::TableGrow { .. } => HOST,
        O::MemoryFill { .. }
        | O::MemoryCopy { .. }
        | O::MemoryInit { .. }
        | O::TableFill { .. }
        | O::TableCopy { .. }
        | O::TableInit { .. } => BULK,
        O::I32DivS
        | O::I32DivU
        | O::I32RemS
        | O::I32RemU
        | O::I64DivS
        | O::I64DivU
        | O::I64RemS
        | O::I64RemU => DIVISION,
        O::I32TruncF32S
        | O::I32TruncF32U
        | O::I32TruncF64S
        | O::I32TruncF64U
        | O::I64TruncF32S
        | O::I64TruncF32U
        | O::I64TruncF64S
        | O::I64TruncF64U => CONVERSION,
        O::Unreachable => DIVISION,
        _ if access(op).is_some() => ACCESS,
        _ if is_saturation(op) => SATURATION,
        _ if is_sequence(op) => SEQUENCE,
        _ => PLAIN,
    }
}

/// An access to memory.
pub(super) struct Access {
    /// How many bytes behind the address it ends.
    pub end: u64,
    pub stores: bool,
}

/// The access that an instruction makes.
pub(super) fn access(op: &Operator<'_>) -> Option<Access> {
    use Operator as O;
    let (memarg, size, stores) = match op {
        O::I32Load8S { memarg }
        | O::I32Load8U { memarg }
        | O::I64Load8S { memarg }
        | O::I64Load8U { memarg }
        | O::V128Load8Splat { memarg }
        | O::V128Load8Lane { memarg, .. } => (memarg, 1, false),
        O::I32Load16S { memarg }
        | O::I32Load16U { memarg }
        | O::I64Load16S { memarg }
        | O::I64Load16U { memarg }
        | O::V128Load16Splat { memarg }
        | O::V128Load16Lane { memarg, .. } => (memarg, 2, false),
        O::I32Load { memarg }
        | O::F32Load { memarg }
        | O::I64Load32S { memarg }
        | O::I64Load32U { memarg }
        | O::V128Load32Splat { memarg }
        | O::V128Load32Zero { memarg }
        | O::V128Load32Lane { memarg, .. } => (memarg, 4, false),
        O::I64Load { memarg }
        | O::F64Load { memarg }
        | O::V128Load8x8S { memarg }
        | O::V128Load8x8U { memarg }
        | O::V128Load16x4S { memarg }
        | O::V128Load16x4U { memarg }
        | O::V128Load32x2S { memarg }
        | O::V128Load32x2U { memarg }
        | O::V128Load64Splat { memarg }
        | O::V128Load64Zero { memarg }
        | O::V128Load64Lane { memarg, .. } => (memarg, 8, false),
        O::V128Load { memarg } => (memarg, 16, false),
        O::I32Store8 { memarg } | O::I64Store8 { memarg } | O::V128Store8Lane { memarg, .. } => {
            (memarg, 1, true)
        }
        O::I32Store16 { memarg } | O::I64Store16 { memarg } | O::V128Store16Lane { memarg, .. } => {
            (memarg, 2, true)
        }
        O::I32Store { memarg }
        | O::F32Store { memarg }
        | O::I64Store32 { memarg }
        | O::V128Store32Lane { memarg, .. } => (memarg, 4, true),
        O::I64Store { memarg } | O::F64Store { memarg } | O::V128Store64Lane { memarg, .. } => {
            (memarg, 8, true)
        }
        O::V128Store { memarg } => (memarg, 16, true),
        _ => return None,
    };
    Some(Access {
        end: memarg.offset.saturating_add(size),
        stores,
    })
}

/// Whether wazero makes of it a sequence of instructions.
fn is_sequence(op: &Operator<'_>) -> bool {
    use Operator as O;
    matches!(
        op,
        O::I8x16Shl
            | O::I8x16ShrS
            | O::I8x16ShrU
            | O::I64x2ShrS
            | O::I64x2Mul
            | O::I8x16Popcnt
            | O::I8x16Swizzle
            | O::I8x16Shuffle { .. }
            | O::I32x4TruncSatF32x4S
            | O::I32x4TruncSatF32x4U
            | O::I32x4TruncSatF64x2SZero
            | O::I32x4TruncSatF64x2UZero
            | O::F32x4ConvertI32x4U
            | O::F64x2ConvertLowI32x4U
            | O::F32x4Min
            | O::F32x4Max
            | O::F64x2Min
            | O::F64x2Max
            | O::F32Min
            | O::F32Max
            | O::F64Min
            | O::F64Max
            | O::F32ConvertI64U
            | O::F64ConvertI64U
            | O::Select
            | O::TypedSelect { .. }
            | O::MemorySize { .. }
            | O::F32x4ReplaceLane { .. }
            | O::F64x2ReplaceLane { .. }
            | O::I8x16ReplaceLane { .. }
            | O::I16x8ReplaceLane { .. }
            | O::I32x4ReplaceLane { .. }
            | O::I64x2ReplaceLane { .. }
    )
}

/// Whether it cuts a float to what an integer holds.
fn is_saturation(op: &Operator<'_>) -> bool {
    use Operator as O;
    matches!(
        op,
        O::I32TruncSatF32S
            | O::I32TruncSatF32U
            | O::I32TruncSatF64S
            | O::I32TruncSatF64U
            | O::I64TruncSatF32S
            | O::I64TruncSatF32U
            | O::I64TruncSatF64S
            | O::I64TruncSatF64U
    )
}

/// How many units of fuel it costs with what is called and not charged by itself,
/// at most.
pub(super) fn units(op: &Operator<'_>) -> u64 {
    let called = match op {
        Operator::Call { .. } | Operator::CallIndirect { .. } => meter::LARGEST_UNCHARGED,
        _ => 0,
    };
    u64::from(meter::units(op) + called)
}

/// Whether it shifts an integer. wazero takes a shift by nothing out, and then
/// its result for what was shifted (`passNopInstElimination`).
pub(super) fn is_shift(op: &Operator<'_>) -> bool {
    use Operator as O;
    matches!(
        op,
        O::I32Shl | O::I32ShrS | O::I32ShrU | O::I64Shl | O::I64ShrS | O::I64ShrU
    )
}

/// Whether what is on the stack after it may be a constant that as the width of
/// a shift is zero: after a constant, what may name one, and what leaves what
/// was there before.
pub(super) fn may_be_zero(op: &Operator<'_>) -> bool {
    use Operator as O;
    match *op {
        O::I32Const { value } => value & 31 == 0,
        O::I64Const { value } => value & 63 == 0,
        O::LocalGet { .. }
        | O::LocalTee { .. }
        | O::LocalSet { .. }
        | O::GlobalGet { .. }
        | O::GlobalSet { .. }
        | O::TableSet { .. }
        | O::TableFill { .. }
        | O::TableCopy { .. }
        | O::TableInit { .. }
        | O::ElemDrop { .. }
        | O::MemoryFill { .. }
        | O::MemoryCopy { .. }
        | O::MemoryInit { .. }
        | O::DataDrop { .. }
        | O::Call { .. }
        | O::CallIndirect { .. }
        | O::Drop
        | O::Nop
        | O::End
        | O::Else
        | O::Block { .. }
        | O::Loop { .. }
        | O::If { .. }
        | O::BrIf { .. } => true,
        _ => is_shift(op) || access(op).is_some_and(|access| access.stores),
    }
}
