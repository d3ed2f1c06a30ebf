//! Operands that nothing but the instruction uses.
//!
//! Some faults need an operand that is used again later: only such a value is
//! pushed out of its register while the instruction's code is made, and read
//! anew in the middle of it. When the instruction right before made the value,
//! it is in a register and used nowhere else. That is known without following
//! the stack: no label lies between, since one would be an instruction too.

use super::replace::{LOCAL_GET, V128_OR};
use crate::leb128;

/// The last few instructions of a body, as their bytes.
#[derive(Default)]
pub(super) struct Recent<'a>([&'a [u8]; 4]);

impl<'a> Recent<'a> {
    pub fn push(&mut self, instruction: &'a [u8]) {
        self.0.rotate_left(1);
        self.0[3] = instruction;
    }

    /// Whether the value on top of the stack was made by the last instruction.
    pub fn operand_is_fresh(&self) -> bool {
        makes_a_value(self.0[3])
    }

    /// Whether the two vectors on top of the stack were made by the last
    /// instructions in the way that hardening writes them: each is `x | x`.
    pub fn operands_are_fresh(&self) -> bool {
        let [first, get, again, second] = self.0;
        first == V128_OR && second == V128_OR && get.first() == Some(&LOCAL_GET) && get == again
    }
}

/// Whether an instruction leaves a value that is not one of another
/// instruction. wazero makes a shift of an integer by 0 an alias of its operand.
fn makes_a_value(instruction: &[u8]) -> bool {
    match *instruction {
        // shl, shr_s, shr_u
        [0x74..=0x76 | 0x86..=0x88] => false,
        // Loads and numeric instructions.
        [0x28..=0x35 | 0x45..=0xc4, ..] => true,
        [0xfc, ref opcode @ ..] => matches!(leb128::read_u32(opcode), Some((0..=7, _))),
        // All vector instructions but stores.
        [0xfd, ref opcode @ ..] => {
            leb128::read_u32(opcode).is_some_and(|(op, _)| !matches!(op, 0x0b | 0x58..=0x5b))
        }
        _ => false,
    }
}
