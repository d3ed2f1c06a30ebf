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

use wasmparser::{
    BlockType, ContType, FrameKind, FuncType, ModuleArity, Operator, RefType, SubType,
};

use super::layout::{Layout, Signature};

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
    /// Operands on the stack.
    height: u32,
    /// How many of them, from the bottom, are in the estimate.
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
    /// Operands below its parameters.
    height: u32,
    params: u32,
    results: u32,
}

impl Frame {
    /// Of a function with so many parameters and locals, which with its results take
    /// so many bytes, and a body of `code` bytes. `wide`: whether one of them is a
    /// vector.
    pub(super) fn new(locals: u32, bytes: u32, wide: bool, code: u32) -> Self {
        Frame {
            bytes: bytes.saturating_add(SMALLEST).saturating_add(code / 2),
            locals,
            sets: 0,
            height: 0,
            counted: 0,
            wide,
            labels: vec![],
        }
    }

    /// Takes the next instruction of the body. `vector`: whether it is one on
    /// vectors.
    pub(super) fn note(&mut self, op: &Operator<'_>, vector: bool, layout: &Layout) {
        self.wide |= vector;
        match *op {
            Operator::LocalSet { .. } | Operator::LocalTee { .. } => {
                self.sets += 1;
                if self.wide {
                    self.add(4);
                }
                let pushed = matches!(op, Operator::LocalTee { .. });
                self.pop(1);
                self.height += u32::from(pushed);
            }
            Operator::Block { blockty } => self.open(blockty, false, layout),
            Operator::Loop { blockty } => self.open(blockty, true, layout),
            Operator::If { blockty } => {
                self.pop(1);
                self.open(blockty, true, layout);
            }
            Operator::Else => {
                if let Some(label) = self.labels.last() {
                    self.height = label.height + label.params;
                    self.counted = self.counted.min(label.height);
                }
            }
            Operator::End => self.close(),
            Operator::Br { relative_depth } => {
                self.branch(relative_depth);
                self.leave();
            }
            Operator::BrIf { relative_depth } => {
                self.branch(relative_depth);
                self.pop(1);
            }
            Operator::BrTable { ref targets } => {
                for target in targets.targets().flatten().chain([targets.default()]) {
                    self.branch(target);
                }
                self.leave();
            }
            Operator::Return | Operator::Unreachable => self.leave(),
            Operator::Call { function_index } => {
                let ty = layout.functions[function_index as usize];
                self.call(layout.signatures[ty as usize]);
            }
            Operator::CallIndirect { type_index, .. } => {
                self.pop(1);
                self.call(layout.signatures[type_index as usize]);
            }
            _ => self.plain(op),
        }
    }

    /// An instruction that is none of those above.
    fn plain(&mut self, op: &Operator<'_>) {
        let Some((popped, pushed)) = op.operator_arity(&Unstructured) else {
            return;
        };
        self.pop(popped);
        if is_call(op) {
            self.survive();
        }
        // A local is a name for a value.
        if pushed > 0 && self.height >= REGISTERS && !matches!(op, Operator::LocalGet { .. }) {
            self.add(self.size());
        }
        self.height += pushed;
    }

    fn call(&mut self, signature: Signature) {
        self.pop(signature.count);
        self.survive();
        self.wide |= signature.is_wide();
        // One result is in proportion to the code that uses it.
        self.add(signature.results.saturating_sub(8));
        self.height += signature.returned;
    }

    /// The operands that are there are alive during a call.
    fn survive(&mut self) {
        let more = self.height.saturating_sub(self.counted);
        self.add(more.saturating_mul(self.size()));
        self.counted = self.counted.max(self.height);
    }

    fn size(&self) -> u32 {
        if self.wide { 16 } else { 8 }
    }

    fn add(&mut self, bytes: u32) {
        self.bytes = self.bytes.saturating_add(bytes);
    }

    /// Code that is never reached may take more than there is.
    fn pop(&mut self, operands: u32) {
        let floor = self.labels.last().map_or(0, |label| label.height);
        self.height = self.height.saturating_sub(operands).max(floor);
        self.counted = self.counted.min(self.height);
    }

    /// What follows is never reached.
    fn leave(&mut self) {
        self.pop(self.height);
    }

    /// Opens a label, with the bytes that it brings itself.
    fn open(&mut self, ty: BlockType, met: bool, layout: &Layout) {
        let (params, results) = match ty {
            BlockType::Empty => (0, 0),
            BlockType::Type(_) => (0, 1),
            BlockType::FuncType(ty) => {
                let signature = layout.signatures[ty as usize];
                self.add(signature.params.saturating_add(signature.results));
                (signature.count, signature.returned)
            }
        };
        self.pop(params);
        self.labels.push(Label {
            sets: self.sets,
            met,
            height: self.height,
            params,
            results,
        });
        self.height += params;
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
        self.height = label.height + label.results;
        self.counted = self.counted.min(label.height);
    }

    /// The estimate, in bytes.
    pub(super) fn bytes(&self) -> u32 {
        self.bytes
    }
}

/// Whether wazero leaves the code for it, or metering puts a call in its place.
fn is_call(op: &Operator<'_>) -> bool {
    use Operator::*;
    matches!(
        op,
        MemoryGrow { .. }
            | MemoryFill { .. }
            | MemoryCopy { .. }
            | MemoryInit { .. }
            | TableGrow { .. }
            | TableFill { .. }
            | TableCopy { .. }
            | TableInit { .. }
            | RefFunc { .. }
    )
}

/// Tells nothing, since no instruction that needs it is asked for.
struct Unstructured;

impl ModuleArity for Unstructured {
    fn sub_type_at(&self, _: u32) -> Option<&SubType> {
        None
    }
    fn tag_type_arity(&self, _: u32) -> Option<(u32, u32)> {
        None
    }
    fn type_index_of_function(&self, _: u32) -> Option<u32> {
        None
    }
    fn func_type_of_cont_type(&self, _: &ContType) -> Option<&FuncType> {
        None
    }
    fn sub_type_of_ref_type(&self, _: &RefType) -> Option<&SubType> {
        None
    }
    fn control_stack_height(&self) -> u32 {
        0
    }
    fn label_block(&self, _: u32) -> Option<(BlockType, FrameKind)> {
        None
    }
}
