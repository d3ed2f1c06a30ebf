//! The features that a module uses beyond WebAssembly 1.0.

use wasmparser::BlockType;

use crate::instruction::Instruction;
use crate::opcode::*;

/// A set of the proposals that became part of WebAssembly 2.0.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Proposals(u8);

impl Proposals {
    pub const SIGN_EXTENSION: Self = Proposals(1);
    pub const SATURATING_CONVERSION: Self = Proposals(1 << 1);
    pub const BULK_MEMORY: Self = Proposals(1 << 2);
    pub const REFERENCE_TYPES: Self = Proposals(1 << 3);
    pub const MULTI_VALUE: Self = Proposals(1 << 4);
    pub const SIMD: Self = Proposals(1 << 5);
    pub const MUTABLE_GLOBAL: Self = Proposals(1 << 6);

    const NAMES: [(Self, &'static str); 7] = [
        (Self::BULK_MEMORY, "bulk-memory"),
        (Self::MULTI_VALUE, "multi-value"),
        (Self::MUTABLE_GLOBAL, "mutable-global"),
        (Self::REFERENCE_TYPES, "reference-types"),
        (Self::SATURATING_CONVERSION, "saturating-float-to-int"),
        (Self::SIGN_EXTENSION, "sign-extension"),
        (Self::SIMD, "simd"),
    ];

    pub fn add(&mut self, other: Self) {
        self.0 |= other.0;
    }

    /// The names of those in the set, as the Bytecode Alliance's tools have
    /// them, in their alphabet's order.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        Self::NAMES
            .into_iter()
            .filter(move |(proposal, _)| self.0 & proposal.0 != 0)
            .map(|(_, name)| name)
    }

    /// What an instruction is of.
    pub fn of_instruction(instruction: &Instruction<'_>) -> Self {
        match instruction.opcode {
            BLOCK..=IF if matches!(instruction.block_type(), BlockType::FuncType(_)) => {
                Self::MULTI_VALUE
            }
            TYPED_SELECT | TABLE_GET | TABLE_SET | REF_NULL..=REF_FUNC => Self::REFERENCE_TYPES,
            0xc0..=0xc4 => Self::SIGN_EXTENSION,
            I32_TRUNC_SAT_F32_S..=I64_TRUNC_SAT_F64_U => Self::SATURATING_CONVERSION,
            MEMORY_INIT..=TABLE_COPY => Self::BULK_MEMORY,
            TABLE_GROW..=TABLE_FILL => Self::REFERENCE_TYPES,
            VECTOR.. => Self::SIMD,
            _ => Self::default(),
        }
    }
}
