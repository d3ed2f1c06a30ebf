//! Writes a function: its locals, its labels, and values on the stack.

use wasm_encoder::{InstructionSink, MemArg, MemArgTarget, ValType};

use super::layout::{Layout, Plan};
use compute_pipeline_random::Random;

/// A block, loop or if around the code being written.
pub struct Label {
    /// Types of the values a branch to it takes along.
    pub types: &'static [ValType],
    /// Of a loop: the local that says how often it may still be repeated.
    pub counter: Option<u32>,
}

/// A function while it is written.
pub struct Writer<'a> {
    pub random: &'a mut Random,
    pub layout: &'a Layout,
    pub plan: &'a Plan,
    /// Types of the locals, parameters first.
    pub locals: Vec<ValType>,
    /// The labels around the code being written, the function's own first.
    pub labels: Vec<Label>,
    /// Loops around the code being written.
    pub loops: usize,
    /// Statements still to be written.
    pub left: usize,
    /// Calls an unguarded function may still have.
    pub calls: usize,
    /// The local that says how many jumps by table may still be made.
    pub jumps: u32,
    pub code: Vec<u8>,
}

impl Writer<'_> {
    pub fn op(&mut self) -> InstructionSink<'_> {
        InstructionSink::new(&mut self.code)
    }

    pub fn new_local(&mut self, ty: ValType) -> u32 {
        self.locals.push(ty);
        self.locals.len() as u32 - 1
    }

    /// A local of a type. Counters, which come last, are never among them.
    pub fn local(&mut self, ty: ValType) -> u32 {
        let fitting: Vec<u32> = (0..self.jumps.max(1))
            .filter(|index| self.locals[*index as usize] == ty)
            .collect();
        self.random.pick(&fitting)
    }

    /// A condition: an i32 that is as often zero as not.
    pub fn condition(&mut self) {
        self.value(ValType::I32, 2);
        self.op().i32_const(1).i32_and();
    }

    /// An address whose bits are in the mask.
    pub fn address(&mut self, mask: i32) {
        self.value(ValType::I32, 1);
        self.op().i32_const(mask).i32_and();
    }

    pub fn offset(&mut self) -> MemArg {
        MemArg {
            offset: self.random.below(64) as u64,
            align: 0,
            target: MemArgTarget::Memory(0),
            ordering: None,
        }
    }

    /// Opens a label. [`Writer::close`] writes its end.
    pub fn open(&mut self, types: &'static [ValType], counter: Option<u32>) {
        self.labels.push(Label { types, counter });
    }

    pub fn close(&mut self) {
        self.labels.pop();
        self.op().end();
    }

    /// Zeros of types.
    pub fn zeros(&mut self, types: &[ValType]) {
        for ty in types {
            match ty {
                ValType::I32 => self.op().i32_const(0),
                ValType::I64 => self.op().i64_const(0),
                _ => self.op().f64_const(0.0.into()),
            };
        }
    }

    /// Values of types, for a call, a branch or the end of a block.
    pub fn values(&mut self, types: &[ValType]) {
        for ty in types {
            self.value(*ty, 2);
        }
    }

    /// Puts the values on top of the stack, of these types, into locals.
    pub fn settle(&mut self, types: &[ValType]) {
        for ty in types.iter().rev() {
            let local = self.local(*ty);
            self.op().local_set(local);
        }
    }
}
