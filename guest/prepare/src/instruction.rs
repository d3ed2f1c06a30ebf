//! The instructions of WebAssembly 2.0 (section 5.4), read from validated
//! code.
//!
//! For most instructions the prepare module needs only a number that depends on the opcode,
//! so it does not decode them. wasmparser's list of operators, with everything after
//! 2.0, would be a quarter of this crate.

use wasmparser::{BlockType, ConstExpr, ValType};

use crate::leb128;
use crate::opcode::*;

/// An instruction in code.
#[derive(Clone, Copy)]
pub(crate) struct Instruction<'a> {
    /// See the module [`opcode`](crate::opcode).
    pub opcode: u16,
    /// All of its bytes.
    pub bytes: &'a [u8],
    /// Those behind the opcode.
    immediates: &'a [u8],
}

impl<'a> Instruction<'a> {
    /// The instruction at the start of `code`. `None` when there is none, which is so
    /// in valid code at its end alone.
    pub fn read(code: &'a [u8]) -> Option<Self> {
        let (&first, _) = code.split_first()?;
        let (opcode, at) = match first {
            PREFIX_BULK | PREFIX_VECTOR => {
                let (second, width) = leb128::read_u32(&code[1..])?;
                let page = if first == PREFIX_BULK { BULK } else { VECTOR };
                (page.checked_add(u16::try_from(second).ok()?)?, 1 + width)
            }
            _ => (first.into(), 1),
        };
        let immediates = &code[at..];
        let end = at + width_of_immediates(opcode, immediates)?;
        Some(Instruction {
            opcode,
            bytes: code.get(..end)?,
            immediates: code.get(at..end)?,
        })
    }

    /// Whether the number behind a prefix has its shortest form. wazero v1.12.0 reads one
    /// byte of it, and takes the others for instructions: harmless where the second one
    /// is 1 (`nop`), as it is in the shortest form of all numbers of two bytes.
    pub fn is_short(&self) -> bool {
        let number = match self.opcode {
            VECTOR.. => self.opcode - VECTOR,
            BULK.. => self.opcode - BULK,
            _ => return true,
        };
        let width = self.bytes.len() - self.immediates.len() - 1;
        width == if number < 0x80 { 1 } else { 2 }
    }

    /// The first immediate, where that is an index or the depth of a label.
    pub fn index(&self) -> u32 {
        leb128::read_u32(self.immediates).map_or(0, |(index, _)| index)
    }

    /// The second immediate, where that is an index.
    pub fn second_index(&self) -> u32 {
        let (_, width) = leb128::read_u32(self.immediates).unwrap_or_default();
        leb128::read_u32(&self.immediates[width..]).map_or(0, |(index, _)| index)
    }

    /// The constant of an `i32.const` or `i64.const`.
    pub fn constant(&self) -> i64 {
        leb128::read_i64(self.immediates)
    }

    /// The type of a block, loop or `if`: for the shapes of stacks the type of a single
    /// result does not matter.
    pub fn block_type(&self) -> BlockType {
        match self.immediates.first() {
            Some(0x40) | None => BlockType::Empty,
            // A negative number of one byte is a type.
            Some(byte) if byte & 0xc0 == 0x40 => BlockType::Type(ValType::I32),
            Some(_) => BlockType::FuncType(self.index()),
        }
    }

    /// The labels of a `br_table`, the default last.
    pub fn targets(&self) -> impl Iterator<Item = u32> + use<'a> {
        let mut rest = self.immediates;
        let mut next = move || {
            let (value, width) = leb128::read_u32(rest)?;
            rest = &rest[width..];
            Some(value)
        };
        next();
        std::iter::from_fn(next)
    }

    /// The access to memory that it makes.
    pub fn access(&self) -> Option<Access> {
        let (size, stores) = match self.opcode {
            I32_LOAD..=I64_STORE32 => (
                b"\x04\x08\x04\x08\x01\x01\x02\x02\x01\x01\x02\x02\x04\x04\
                  \x04\x08\x04\x08\x01\x02\x01\x02\x04"[usize::from(self.opcode - I32_LOAD)],
                self.opcode >= I32_STORE,
            ),
            V128_LOAD..=V128_STORE => (
                b"\x10\x08\x08\x08\x08\x08\x08\x01\x02\x04\x08\x10"
                    [usize::from(self.opcode - V128_LOAD)],
                self.opcode == V128_STORE,
            ),
            V128_LOAD8_LANE..=V128_LOAD64_ZERO => (
                b"\x01\x02\x04\x08\x01\x02\x04\x08\x04\x08"
                    [usize::from(self.opcode - V128_LOAD8_LANE)],
                matches!(self.opcode, V128_STORE8_LANE..=V128_STORE64_LANE),
            ),
            _ => return None,
        };
        let (_, align) = leb128::read_u32(self.immediates)?;
        let (offset, _) = leb128::read_u32(&self.immediates[align..])?;
        Some(Access {
            end: u64::from(offset) + u64::from(size),
            stores,
        })
    }

    /// How many operands it takes and how many it leaves, where that depends on the
    /// opcode alone.
    pub fn arity(&self) -> (u32, u32) {
        match self.opcode {
            I32_LOAD..=I64_LOAD32_U | TABLE_GET | LOCAL_TEE | MEMORY_GROW | REF_IS_NULL => (1, 1),
            I32_STORE..=I64_STORE32 | TABLE_SET => (2, 0),
            LOCAL_GET
            | GLOBAL_GET
            | MEMORY_SIZE
            | I32_CONST..=F64_CONST
            | REF_NULL
            | REF_FUNC
            | TABLE_SIZE
            | V128_CONST => (0, 1),
            LOCAL_SET | GLOBAL_SET | DROP => (1, 0),
            SELECT | TYPED_SELECT | V128_BITSELECT => (3, 1),
            // eqz; clz, ctz, popcnt; abs to sqrt; conversions
            0x45 | 0x50 | 0x67..=0x69 | 0x79..=0x7b | 0x8b..=0x91 | 0x99..=0x9f | 0xa7..=0xc4 => {
                (1, 1)
            }
            0x46..=0xa6 => (2, 1),
            I32_TRUNC_SAT_F32_S..=I64_TRUNC_SAT_F64_U => (1, 1),
            MEMORY_INIT | MEMORY_COPY | MEMORY_FILL | TABLE_INIT | TABLE_COPY | TABLE_FILL => {
                (3, 0)
            }
            TABLE_GROW => (2, 1),
            V128_STORE | V128_STORE8_LANE..=V128_STORE64_LANE => (2, 0),
            V128_LOAD..=V128_LOAD64_SPLAT | V128_LOAD32_ZERO | V128_LOAD64_ZERO => (1, 1),
            VECTOR.. if is_unary(self.opcode - VECTOR) => (1, 1),
            VECTOR.. => (2, 1),
            _ => (0, 0),
        }
    }
}

/// Of the instructions on vectors, from 0x0d on, those with one operand.
fn is_unary(opcode: u16) -> bool {
    matches!(
        opcode,
        // splat; extract_lane
        0x0f..=0x16 | 0x18 | 0x19 | 0x1b | 0x1d | 0x1f | 0x21
        // not; any_true; demote, promote
        | 0x4d | 0x53 | 0x5e | 0x5f
        // abs, neg, popcnt, all_true, bitmask, extend of all shapes
        | 0x60..=0x64 | 0x80 | 0x81 | 0x83 | 0x84 | 0x87..=0x8a
        | 0xa0 | 0xa1 | 0xa3 | 0xa4 | 0xa7..=0xaa | 0xc0 | 0xc1 | 0xc3 | 0xc4 | 0xc7..=0xca
        // ceil to nearest, extadd_pairwise, abs to sqrt, conversions
        | 0x67..=0x6a | 0x74 | 0x75 | 0x7a | 0x7c..=0x7f | 0x94
        | 0xe0 | 0xe1 | 0xe3 | 0xec | 0xed | 0xef | 0xf8..
    )
}

/// An access to memory.
pub(crate) struct Access {
    /// How many bytes behind the address it ends.
    pub end: u64,
    pub stores: bool,
}

/// How many bytes of `bytes` are immediates of an instruction.
fn width_of_immediates(opcode: u16, bytes: &[u8]) -> Option<usize> {
    let (mut numbers, mut others) = (0, 0);
    match opcode {
        // The types of blocks, heaps and constants are signed numbers.
        BLOCK..=IF
        | BR
        | BR_IF
        | CALL
        | LOCAL_GET..=TABLE_SET
        | MEMORY_SIZE..=I64_CONST
        | REF_NULL
        | REF_FUNC
        | DATA_DROP
        | MEMORY_FILL
        | ELEM_DROP
        | TABLE_GROW..=TABLE_FILL => {
            numbers = 1;
        }
        CALL_INDIRECT
        | I32_LOAD..=I64_STORE32
        | MEMORY_INIT
        | MEMORY_COPY
        | TABLE_INIT
        | TABLE_COPY
        | V128_LOAD..=V128_STORE
        | V128_LOAD32_ZERO
        | V128_LOAD64_ZERO => numbers = 2,
        V128_LOAD8_LANE..=V128_STORE64_LANE => (numbers, others) = (2, 1),
        BR_TABLE => numbers = 2 + leb128::read_u32(bytes)?.0 as usize,
        TYPED_SELECT => numbers = 1 + leb128::read_u32(bytes)?.0 as usize,
        F32_CONST => others = 4,
        F64_CONST => others = 8,
        V128_CONST | I8X16_SHUFFLE => others = 16,
        I8X16_EXTRACT_LANE_S..=F64X2_REPLACE_LANE => others = 1,
        _ => {}
    }
    let mut at = 0;
    for _ in 0..numbers {
        at += 1 + bytes.get(at..)?.iter().position(|&byte| byte < 0x80)?;
    }
    Some(at + others)
}

/// The instructions of a body, or of a constant expression, one by one.
pub(crate) struct Instructions<'a> {
    code: &'a [u8],
    at: usize,
}

impl<'a> Instructions<'a> {
    /// Of `code` from `at` on.
    pub fn new(code: &'a [u8], at: usize) -> Self {
        Instructions { code, at }
    }

    /// Those of a constant expression, with where they stand in the module.
    pub fn of(expression: &ConstExpr<'_>, wasm: &'a [u8]) -> Self {
        let range = expression.get_binary_reader().range();
        let code = wasm.get(..range.end as usize).unwrap_or(wasm);
        Instructions::new(code, range.start as usize)
    }
}

impl<'a> Iterator for Instructions<'a> {
    /// Where it stands, and the instruction.
    type Item = (usize, Instruction<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        let at = self.at;
        let instruction = Instruction::read(self.code.get(at..)?)?;
        self.at += instruction.bytes.len();
        Some((at, instruction))
    }
}

#[cfg(test)]
mod tests;
