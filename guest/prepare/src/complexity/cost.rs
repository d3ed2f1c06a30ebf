//! What compiling takes, and the part of it that each instruction takes by
//! itself.

use std::ops::AddAssign;

use crate::instruction::Instruction;
use crate::meter;
use crate::opcode::*;

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
const CALLED: Cost = Cost::new(6_000, 2_000, 50);
const CALLED_INDIRECT: Cost = Cost::new(50_000, 14_500, 320);
/// Bulk operations, with what metering adds to them.
const BULK_WORK: Cost = Cost::new(80_000, 30_000, 900);
const HOST: Cost = Cost::new(14_000, 6_500, 150);

/// The part of an instruction that does not depend on what is around it, but for
/// an access to memory whose address is known to be in bounds.
pub(super) fn of(instruction: &Instruction<'_>, known: bool) -> Cost {
    match instruction.opcode {
        _ if known => KNOWN_ACCESS,
        NOP | DROP | BLOCK | LOOP | ELSE | END | LOCAL_GET..=LOCAL_TEE => MOVE,
        I32_CONST..=F64_CONST | REF_NULL => CONSTANT,
        V128_CONST => VECTOR_CONSTANT,
        GLOBAL_GET | GLOBAL_SET => GLOBAL,
        CALL => CALLED,
        CALL_INDIRECT => CALLED_INDIRECT,
        TABLE_GET | TABLE_SET => TABLE_ACCESS,
        REF_FUNC | MEMORY_GROW | TABLE_GROW => HOST,
        MEMORY_INIT | MEMORY_COPY..=TABLE_INIT | TABLE_COPY | TABLE_FILL => BULK_WORK,
        UNREACHABLE | 0x6d..=0x70 | 0x7f..=0x82 => DIVISION,
        0xa8..=0xab | 0xae..=0xb1 => CONVERSION,
        I32_LOAD..=I64_STORE32 | V128_LOAD..=V128_STORE | V128_LOAD8_LANE..=V128_LOAD64_ZERO => {
            ACCESS
        }
        I32_TRUNC_SAT_F32_S..=I64_TRUNC_SAT_F64_U => SATURATION,
        // min and max; convert_i64_u
        SELECT | TYPED_SELECT | MEMORY_SIZE | 0x96 | 0x97 | 0xa4 | 0xa5 | 0xb5 | 0xba => SEQUENCE,
        VECTOR.. if is_sequence(instruction.opcode - VECTOR) => SEQUENCE,
        _ => PLAIN,
    }
}

/// Of which instructions on vectors wazero makes a sequence of instructions.
fn is_sequence(opcode: u16) -> bool {
    matches!(
        opcode,
        // shuffle, swizzle; popcnt; shifts of i8x16; i64x2.shr_s; i64x2.mul
        0x0d | 0x0e | 0x62 | 0x6b..=0x6d | 0xcc | 0xd5
        // replace_lane; min and max of floats; conversions
        | 0x17 | 0x1a | 0x1c | 0x1e | 0x20 | 0x22 | 0xe8 | 0xe9 | 0xf4 | 0xf5
        | 0xf8 | 0xf9 | 0xfb..=0xfd | 0xff
    )
}

/// How many units of fuel it costs with what is called and not charged by itself,
/// at most.
pub(super) fn units(opcode: u16) -> u64 {
    let called = match opcode {
        CALL | CALL_INDIRECT => meter::LARGEST_UNCHARGED,
        _ => 0,
    };
    u64::from(meter::units(opcode) + called)
}

/// Whether it shifts an integer. wazero takes a shift by nothing out, and then
/// its result for what was shifted (`passNopInstElimination`).
pub(super) fn is_shift(opcode: u16) -> bool {
    matches!(opcode, 0x74..=0x76 | 0x86..=0x88)
}

/// Whether what is on the stack after it may be a constant that as the width of
/// a shift is zero: after a constant, what may name one, and what leaves what
/// was there before.
pub(super) fn may_be_zero(instruction: &Instruction<'_>) -> bool {
    match instruction.opcode {
        I32_CONST => instruction.constant() & 31 == 0,
        I64_CONST => instruction.constant() & 63 == 0,
        NOP..=ELSE | END | BR_IF | CALL | CALL_INDIRECT | DROP => true,
        LOCAL_GET..=GLOBAL_SET | TABLE_SET | MEMORY_INIT..=TABLE_COPY | TABLE_FILL => true,
        opcode => is_shift(opcode) || instruction.access().is_some_and(|access| access.stores),
    }
}
