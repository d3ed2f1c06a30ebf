//! Writes instructions (WebAssembly 2.0, section 5.4).

use crate::leb128;

pub(super) const UNREACHABLE: u8 = 0x00;
pub(super) const BLOCK: u8 = 0x02;
pub(super) const LOOP: u8 = 0x03;
pub(super) const IF: u8 = 0x04;
pub(super) const ELSE: u8 = 0x05;
pub(super) const END: u8 = 0x0b;
pub(super) const BR: u8 = 0x0c;
pub(super) const BR_IF: u8 = 0x0d;
pub(super) const RETURN: u8 = 0x0f;
pub(super) const CALL: u8 = 0x10;
pub(super) const LOCAL_GET: u8 = 0x20;
pub(super) const LOCAL_SET: u8 = 0x21;
pub(super) const LOCAL_TEE: u8 = 0x22;
pub(super) const GLOBAL_GET: u8 = 0x23;
pub(super) const GLOBAL_SET: u8 = 0x24;
pub(super) const MEMORY_SIZE: u8 = 0x3f;
pub(super) const I32_GT_S: u8 = 0x4a;
pub(super) const I32_GT_U: u8 = 0x4b;
pub(super) const I64_LT_S: u8 = 0x53;
pub(super) const I64_GT_U: u8 = 0x56;
pub(super) const I32_ADD: u8 = 0x6a;
pub(super) const I32_SUB: u8 = 0x6b;
pub(super) const I32_OR: u8 = 0x72;
pub(super) const I32_SHR_U: u8 = 0x76;
pub(super) const I64_ADD: u8 = 0x7c;
pub(super) const I64_SUB: u8 = 0x7d;
pub(super) const I64_SHL: u8 = 0x86;
pub(super) const I64_EXTEND_I32_U: u8 = 0xad;
/// `memory.copy` within, and `memory.fill` of, memory 0.
pub(super) const MEMORY_COPY: [u8; 4] = [0xfc, 0x0a, 0x00, 0x00];
pub(super) const MEMORY_FILL: [u8; 3] = [0xfc, 0x0b, 0x00];

const I32_CONST: u8 = 0x41;
const I64_CONST: u8 = 0x42;

/// The type of a block without parameters and results.
pub(super) const EMPTY: u8 = 0x40;
pub(super) const I32: u8 = 0x7f;
pub(super) const I64: u8 = 0x7e;

/// Instructions, as bytes.
#[derive(Default)]
pub(super) struct Code(pub Vec<u8>);

impl Code {
    /// An instruction without immediates, or bytes that were encoded before.
    pub(super) fn raw(&mut self, bytes: &[u8]) -> &mut Self {
        self.0.extend_from_slice(bytes);
        self
    }

    /// An instruction with an index, or a depth.
    pub(super) fn op(&mut self, opcode: u8, index: u32) -> &mut Self {
        self.0.push(opcode);
        leb128::write_u32(&mut self.0, index);
        self
    }

    pub(super) fn i32(&mut self, value: i32) -> &mut Self {
        self.0.push(I32_CONST);
        leb128::write_i64(&mut self.0, value.into());
        self
    }

    pub(super) fn i64(&mut self, value: i64) -> &mut Self {
        self.0.push(I64_CONST);
        leb128::write_i64(&mut self.0, value);
        self
    }

    /// A block, loop or `if` of the empty type.
    pub(super) fn open(&mut self, opcode: u8) -> &mut Self {
        self.raw(&[opcode, EMPTY])
    }
}
