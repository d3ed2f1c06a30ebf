//! What a module uses beyond WebAssembly 1.0.

use crate::leb128;

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

    /// What an instruction, given as its bytes, is of.
    pub fn of_instruction(instruction: &[u8]) -> Self {
        match *instruction {
            // block, loop and if whose type has an index: a negative number of
            // one byte is no index.
            [0x02..=0x04, kind, ..] if kind & 0xc0 != 0x40 => Self::MULTI_VALUE,
            // select with a type, table.get, table.set, ref.null, ref.is_null, ref.func
            [0x1c | 0x25 | 0x26 | 0xd0..=0xd2, ..] => Self::REFERENCE_TYPES,
            [0xc0..=0xc4, ..] => Self::SIGN_EXTENSION,
            [0xfd, ..] => Self::SIMD,
            [0xfc, ref opcode @ ..] => match leb128::read_u32(opcode) {
                Some((0..=7, _)) => Self::SATURATING_CONVERSION,
                Some((8..=14, _)) => Self::BULK_MEMORY,
                // table.grow, table.size, table.fill
                _ => Self::REFERENCE_TYPES,
            },
            _ => Self::default(),
        }
    }
}
