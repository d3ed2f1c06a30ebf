//! Operands that nothing but the instruction uses.
//!
//! Some faults need an operand that is used again later: only such a value is
//! pushed out of its register while the instruction's code is made, and read
//! anew in the middle of it. When the instruction right before made the value,
//! it is in a register and used nowhere else. That is known without following
//! the stack: no label lies between, since one would be an instruction too.

use crate::instruction::Instruction;
use crate::opcode::*;

/// The last few instructions of a body.
#[derive(Default)]
pub(super) struct Recent<'a>([Option<Instruction<'a>>; 4]);

impl<'a> Recent<'a> {
    pub fn push(&mut self, instruction: Instruction<'a>) {
        self.0.rotate_left(1);
        self.0[3] = Some(instruction);
    }

    /// Whether the value on top of the stack was made by the last instruction.
    pub fn operand_is_fresh(&self) -> bool {
        self.0[3].is_some_and(|last| makes_a_value(last.opcode))
    }

    /// Whether the two vectors on top of the stack were made by the last
    /// instructions in the way that hardening writes them: each is `x | x`.
    pub fn operands_are_fresh(&self) -> bool {
        let [Some(first), Some(get), Some(again), Some(second)] = self.0 else {
            return false;
        };
        [first.opcode, get.opcode, second.opcode] == [V128_OR, LOCAL_GET, V128_OR]
            && get.bytes == again.bytes
    }
}

/// Whether an instruction leaves a value that is not one of another
/// instruction. wazero makes a shift of an integer by 0 an alias of its operand.
fn makes_a_value(opcode: u16) -> bool {
    match opcode {
        // shl, shr_s, shr_u
        0x74..=0x76 | 0x86..=0x88 => false,
        // Loads and numeric instructions.
        I32_LOAD..=I64_LOAD32_U | 0x45..=0xc4 => true,
        I32_TRUNC_SAT_F32_S..=I64_TRUNC_SAT_F64_U => true,
        V128_STORE | V128_STORE8_LANE..=V128_STORE64_LANE => false,
        _ => opcode >= VECTOR,
    }
}
