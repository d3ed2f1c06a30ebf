//! Writes instructions.

use crate::leb128;
use crate::opcode::*;

/// Instructions, as bytes.
#[derive(Default)]
pub(crate) struct Code(pub Vec<u8>);

impl Code {
    /// Instructions without immediates.
    pub fn raw(&mut self, opcodes: &[u16]) -> &mut Self {
        for &opcode in opcodes {
            match opcode {
                ..BULK => self.0.push(opcode as u8),
                BULK..VECTOR => {
                    self.0.push(PREFIX_BULK);
                    leb128::write_u32(&mut self.0, (opcode - BULK).into());
                }
                VECTOR.. => {
                    self.0.push(PREFIX_VECTOR);
                    leb128::write_u32(&mut self.0, (opcode - VECTOR).into());
                }
            }
        }
        self
    }

    /// Bytes that were encoded before.
    pub fn bytes(&mut self, bytes: &[u8]) -> &mut Self {
        self.0.extend_from_slice(bytes);
        self
    }

    /// An instruction with an index, or a depth.
    pub fn op(&mut self, opcode: u16, index: u32) -> &mut Self {
        self.raw(&[opcode]);
        leb128::write_u32(&mut self.0, index);
        self
    }

    pub fn i32(&mut self, value: i32) -> &mut Self {
        self.raw(&[I32_CONST]);
        leb128::write_i64(&mut self.0, value.into());
        self
    }

    pub fn i64(&mut self, value: i64) -> &mut Self {
        self.raw(&[I64_CONST]);
        leb128::write_i64(&mut self.0, value);
        self
    }

    /// A block, loop or `if` of the empty type.
    pub fn open(&mut self, opcode: u16) -> &mut Self {
        self.raw(&[opcode]).bytes(&[EMPTY])
    }

    /// `memory.copy` within memory 0.
    pub fn memory_copy(&mut self) -> &mut Self {
        self.raw(&[MEMORY_COPY]).bytes(&[0, 0])
    }
}
