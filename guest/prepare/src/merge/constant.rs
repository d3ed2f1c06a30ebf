//! Initial values and offsets as constants.
//!
//! A core module may say "what this imported global has, plus 8", and by that libraries
//! are linked when they are loaded. Merged, each such global is known.

use wasmparser::{ConstExpr, GlobalType};

use super::layout::{Function, Layout};
use crate::instruction::Instructions;
use crate::leb128;
use crate::opcode::*;

/// A value that is known.
#[derive(Debug, Clone, Copy)]
pub(super) enum Value<'a> {
    I32(i32),
    I64(i64),
    Function(Function),
    /// What an instruction without operands gives.
    Other(&'a [u8]),
}

/// The value of a constant expression of the module `wasm`, whose functions and globals
/// are these. `None` if it is not valid there.
pub(super) fn value<'a>(
    expression: &ConstExpr<'a>,
    wasm: &'a [u8],
    functions: &[Function],
    globals: &[u32],
    known: &[(GlobalType, Value<'a>)],
) -> Option<Value<'a>> {
    let mut stack = vec![];
    for (_, instruction) in Instructions::of(expression, wasm) {
        let index = instruction.index() as usize;
        let value = match instruction.opcode {
            I32_CONST => Value::I32(instruction.constant() as i32),
            I64_CONST => Value::I64(instruction.constant()),
            F32_CONST | F64_CONST | V128_CONST | REF_NULL => Value::Other(instruction.bytes),
            REF_FUNC => Value::Function(*functions.get(index)?),
            GLOBAL_GET => {
                let (kind, value) = known[*globals.get(index)? as usize];
                if kind.mutable {
                    return None;
                }
                value
            }
            I32_ADD | I32_SUB | I32_MUL | I64_ADD | I64_SUB | I64_MUL => {
                let second = stack.pop()?;
                combined(instruction.opcode, stack.pop()?, second)?
            }
            END => return stack.pop().filter(|_| stack.is_empty()),
            _ => return None,
        };
        stack.push(value);
    }
    None
}

fn combined<'a>(opcode: u16, one: Value<'a>, other: Value<'a>) -> Option<Value<'a>> {
    Some(match (one, other) {
        (Value::I32(one), Value::I32(other)) => Value::I32(match opcode {
            I32_ADD => one.wrapping_add(other),
            I32_SUB => one.wrapping_sub(other),
            I32_MUL => one.wrapping_mul(other),
            _ => return None,
        }),
        (Value::I64(one), Value::I64(other)) => Value::I64(match opcode {
            I64_ADD => one.wrapping_add(other),
            I64_SUB => one.wrapping_sub(other),
            I64_MUL => one.wrapping_mul(other),
            _ => return None,
        }),
        _ => return None,
    })
}

impl Layout<'_, '_> {
    /// Appends the constant expression of a value.
    pub fn write_value(&self, value: Value<'_>, out: &mut Vec<u8>) {
        match value {
            Value::I32(value) => {
                out.push(I32_CONST as u8);
                leb128::write_i64(out, value.into());
            }
            Value::I64(value) => {
                out.push(I64_CONST as u8);
                leb128::write_i64(out, value);
            }
            Value::Function(function) => {
                out.push(REF_FUNC as u8);
                leb128::write_u32(out, self.index(function));
            }
            Value::Other(bytes) => out.extend_from_slice(bytes),
        }
        out.push(END as u8);
    }
}
