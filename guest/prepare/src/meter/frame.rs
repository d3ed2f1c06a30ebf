//! Estimates what a function takes of the call stack.
//!
//! wazero's compiler gives each value that is alive during a call, or that finds no
//! register, a place of its own in the frame, even when the value of another place is
//! no longer needed. So a frame grows with the code: by a quarter of a byte for one of
//! a body as a rule, which half a byte allows for. Code that was made to can have much
//! larger ones, in the ways that are counted one by one:
//!
//! - operands that wait below the arguments of a call;
//! - operands deeper than there are registers for;
//! - locals that were set, where ways through the code meet, since each may become
//!   another value there;
//! - vectors, which take twice as much;
//! - several results of a call, and of a block.

use wasmparser::BlockType;

use super::layout::{Layout, Signature};
use crate::heights::Heights;
use crate::instruction::Instruction;
use crate::opcode::*;

/// The frame of the smallest function: return address, frame pointer, saved
/// registers.
const SMALLEST: u32 = 64;

/// What a local takes that may be another value after a label. It has 8 bytes, but
/// few of them are alive during a call: nested labels that were made so that all are
/// take nearly twice the estimate.
const MET: u32 = 4;

/// As many operands find a register.
const REGISTERS: u32 = 12;

/// The estimate for one function, while its instructions are gone through.
pub(super) struct Frame {
    bytes: u32,
    locals: u32,
    /// How often locals were set up to here.
    sets: u32,
    heights: Heights,
    /// How many operands, from the bottom of the stack, are in the estimate.
    counted: u32,
    /// Whether there are vectors: then every value counts as one.
    wide: bool,
    /// The blocks, loops and `if`s around the place.
    labels: Vec<Label>,
}

struct Label {
    /// How often locals were set up to its start.
    sets: u32,
    /// Whether several ways lead to it.
    met: bool,
}

impl Frame {
    /// Of a function with so many parameters and locals, which with its results take
    /// so many bytes, and a body of `code` bytes. `wide`: whether one of them is a
    /// vector.
    pub(super) fn new(locals: u32, bytes: u32, wide: bool, code: u32) -> Self {
        let mut heights = Heights::default();
        heights.start(Default::default());
        Frame {
            bytes: bytes.saturating_add(SMALLEST).saturating_add(code / 2),
            locals,
            sets: 0,
            heights,
            counted: 0,
            wide,
            labels: vec![],
        }
    }

    /// Takes the next instruction of the body.
    pub(super) fn note(&mut self, instruction: &Instruction<'_>, layout: &Layout) {
        let opcode = instruction.opcode;
        self.wide |= opcode >= VECTOR;
        let left = self.heights.step(instruction, layout.module);
        self.counted = self.counted.min(left);
        match opcode {
            LOCAL_SET | LOCAL_TEE => {
                self.sets += 1;
                if self.wide {
                    self.add(4);
                }
            }
            BLOCK | LOOP | IF => {
                // The bytes that the label brings itself.
                if let BlockType::FuncType(ty) = instruction.block_type() {
                    let signature = layout.signatures[ty as usize];
                    self.add(signature.params.saturating_add(signature.results));
                }
                self.labels.push(Label {
                    sets: self.sets,
                    met: opcode != BLOCK,
                });
            }
            END => self.close(),
            BR | BR_IF => self.branch(instruction.index()),
            BR_TABLE => instruction.targets().for_each(|depth| self.branch(depth)),
            CALL => {
                let ty = layout.functions[instruction.index() as usize];
                self.call(left, layout.signatures[ty as usize]);
            }
            CALL_INDIRECT => self.call(left, layout.signatures[instruction.index() as usize]),
            MEMORY_GROW
            | REF_FUNC
            | MEMORY_INIT
            | MEMORY_COPY..=TABLE_INIT
            | TABLE_COPY
            | TABLE_GROW
            | TABLE_FILL => {
                // wazero leaves the code for it, or metering puts a call in its place.
                self.survive(left);
                self.pushed(left);
            }
            // A local is a name for a value.
            ELSE | RETURN | UNREACHABLE | LOCAL_GET => {}
            _ => self.pushed(left),
        }
    }

    /// What an instruction leaves beyond the registers, above `left` operands.
    fn pushed(&mut self, left: u32) {
        if self.heights.height > left && left >= REGISTERS {
            self.add(self.size());
        }
    }

    fn call(&mut self, left: u32, signature: Signature) {
        self.survive(left);
        self.wide |= signature.is_wide();
        // One result is in proportion to the code that uses it.
        self.add(signature.results.saturating_sub(8));
    }

    /// So many operands are alive during a call.
    fn survive(&mut self, operands: u32) {
        let more = operands.saturating_sub(self.counted);
        self.add(more.saturating_mul(self.size()));
        self.counted = self.counted.max(operands);
    }

    fn size(&self) -> u32 {
        if self.wide { 16 } else { 8 }
    }

    fn add(&mut self, bytes: u32) {
        self.bytes = self.bytes.saturating_add(bytes);
    }

    fn branch(&mut self, depth: u32) {
        let last = self.labels.len().checked_sub(1 + depth as usize);
        // The label of the body itself is not among them.
        if let Some(label) = last.and_then(|index| self.labels.get_mut(index)) {
            label.met = true;
        }
    }

    /// Closes a label, after which locals may be other values.
    fn close(&mut self) {
        let Some(label) = self.labels.pop() else {
            return;
        };
        if label.met {
            let set = (self.sets - label.sets).min(self.locals);
            self.add(set.saturating_mul(MET * self.size() / 8));
        }
    }

    /// The estimate, in bytes.
    pub(super) fn bytes(&self) -> u32 {
        self.bytes
    }
}
