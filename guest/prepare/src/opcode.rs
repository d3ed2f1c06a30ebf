//! Numbers of the binary format (WebAssembly 2.0, section 5.4). The opcode of an
//! instruction with a prefix combines the prefix's page and the instruction's
//! number.

// Types.
pub(crate) const I32: u8 = 0x7f;
pub(crate) const I64: u8 = 0x7e;
pub(crate) const F32: u8 = 0x7d;
pub(crate) const F64: u8 = 0x7c;
pub(crate) const V128: u8 = 0x7b;
/// The type of a block without parameters and results.
pub(crate) const EMPTY: u8 = 0x40;

pub(crate) const PREFIX_BULK: u8 = 0xfc;
pub(crate) const PREFIX_VECTOR: u8 = 0xfd;
/// The page of [`PREFIX_BULK`].
pub(crate) const BULK: u16 = 0x100;
/// The page of [`PREFIX_VECTOR`].
pub(crate) const VECTOR: u16 = 0x200;

macro_rules! opcodes {
    ($($name:ident = $number:expr;)*) => {
        $(pub(crate) const $name: u16 = $number;)*
    };
}

opcodes! {
    UNREACHABLE = 0x00;
    NOP = 0x01;
    BLOCK = 0x02;
    LOOP = 0x03;
    IF = 0x04;
    ELSE = 0x05;
    END = 0x0b;
    BR = 0x0c;
    BR_IF = 0x0d;
    BR_TABLE = 0x0e;
    RETURN = 0x0f;
    CALL = 0x10;
    CALL_INDIRECT = 0x11;
    DROP = 0x1a;
    SELECT = 0x1b;
    TYPED_SELECT = 0x1c;
    LOCAL_GET = 0x20;
    LOCAL_SET = 0x21;
    LOCAL_TEE = 0x22;
    GLOBAL_GET = 0x23;
    GLOBAL_SET = 0x24;
    TABLE_GET = 0x25;
    TABLE_SET = 0x26;
    I32_LOAD = 0x28;
    I64_LOAD32_U = 0x35;
    I32_STORE = 0x36;
    I64_STORE32 = 0x3e;
    MEMORY_SIZE = 0x3f;
    MEMORY_GROW = 0x40;
    I32_CONST = 0x41;
    I64_CONST = 0x42;
    F32_CONST = 0x43;
    F64_CONST = 0x44;
    I32_EQ = 0x46;
    I32_GT_S = 0x4a;
    I32_GT_U = 0x4b;
    I64_EQ = 0x51;
    I64_LT_S = 0x53;
    I64_GT_U = 0x56;
    I32_ADD = 0x6a;
    I32_SUB = 0x6b;
    I32_MUL = 0x6c;
    I32_DIV_S = 0x6d;
    I32_DIV_U = 0x6e;
    I32_AND = 0x71;
    I32_OR = 0x72;
    I32_SHR_U = 0x76;
    I64_ADD = 0x7c;
    I64_SUB = 0x7d;
    I64_MUL = 0x7e;
    I64_DIV_S = 0x7f;
    I64_DIV_U = 0x80;
    I64_AND = 0x83;
    I64_OR = 0x84;
    I64_SHL = 0x86;
    I64_EXTEND_I32_U = 0xad;
    I32_REINTERPRET_F32 = 0xbc;
    I64_REINTERPRET_F64 = 0xbd;
    F32_REINTERPRET_I32 = 0xbe;
    F64_REINTERPRET_I64 = 0xbf;
    REF_NULL = 0xd0;
    REF_IS_NULL = 0xd1;
    REF_FUNC = 0xd2;
    I32_TRUNC_SAT_F32_S = BULK;
    I64_TRUNC_SAT_F64_U = BULK + 7;
    MEMORY_INIT = BULK + 8;
    DATA_DROP = BULK + 9;
    MEMORY_COPY = BULK + 10;
    MEMORY_FILL = BULK + 11;
    TABLE_INIT = BULK + 12;
    ELEM_DROP = BULK + 13;
    TABLE_COPY = BULK + 14;
    TABLE_GROW = BULK + 15;
    TABLE_SIZE = BULK + 16;
    TABLE_FILL = BULK + 17;
    V128_LOAD = VECTOR;
    V128_LOAD64_SPLAT = VECTOR + 0x0a;
    V128_STORE = VECTOR + 0x0b;
    V128_CONST = VECTOR + 0x0c;
    I8X16_SHUFFLE = VECTOR + 0x0d;
    F32X4_SPLAT = VECTOR + 0x13;
    F64X2_SPLAT = VECTOR + 0x14;
    I8X16_EXTRACT_LANE_S = VECTOR + 0x15;
    F64X2_REPLACE_LANE = VECTOR + 0x22;
    V128_AND = VECTOR + 0x4e;
    V128_ANDNOT = VECTOR + 0x4f;
    V128_OR = VECTOR + 0x50;
    V128_BITSELECT = VECTOR + 0x52;
    V128_LOAD8_LANE = VECTOR + 0x54;
    V128_STORE8_LANE = VECTOR + 0x58;
    V128_STORE64_LANE = VECTOR + 0x5b;
    V128_LOAD32_ZERO = VECTOR + 0x5c;
    V128_LOAD64_ZERO = VECTOR + 0x5d;
    I32X4_BITMASK = VECTOR + 0xa4;
    F32X4_SQRT = VECTOR + 0xe3;
    F32X4_DIV = VECTOR + 0xe7;
    F64X2_SQRT = VECTOR + 0xef;
    F64X2_DIV = VECTOR + 0xf3;
}
