//! Bounds how long wazero takes to compile a module.
//!
//! Compiling is linear for usual code, but parts of wazero's compiler (v1.12.0)
//! take more, and a module can be made of nothing else: 46 KB took 24 seconds.
//! Nor does compiling stop when a context ends. So [`check`] estimates that part
//! for each function, from its structure, and refuses a module where it is out
//! of proportion. It also keeps functions from being nested so deeply that the
//! compiler, which recurses, runs out of stack.
//!
//! The terms, with the places in wazero's `internal/engine/wazevo` that they
//! stand for, and weights in nanoseconds fitted to functions of nothing else:
//!
//! - dominators (`ssa/pass_cfg.go`): for each edge of the control flow graph, a
//!   walk up the tree of dominators;
//! - definitions (`findValue` in `ssa/builder.go`): for each use of a local, a
//!   walk back through blocks to where edges meet;
//! - phis (`passRedundantPhiEliminationOpt`): for each edge to a place where
//!   edges meet, the values that may differ, among them the block's own results;
//! - liveness (`backend/regalloc`): for each block, the values that are live;
//! - predecessors (`passLayoutBlocks`): for each edge to a block, its other
//!   edges;
//! - operands: the parameters and results of each call;
//! - locals: wazero's decoder makes a byte of each local that a function
//!   declares, of which a few bytes of module can declare 50,000. The weight is
//!   five times the time this takes, so that it bounds the memory too.

use wasmparser::{
    BlockType, FuncType, FuncValidator, FuncValidatorAllocations, FunctionBody, Operator,
    OperatorsReader, Parser, Payload, TypeRef, ValidPayload, Validator, ValidatorResources,
};

use crate::Error;
use crate::features::{self, ACCEPTED};

/// What any module may take, in steps of about a nanosecond.
pub const ALLOWED: u64 = 3_000_000_000;
/// What it may take more for each byte of its size. Usual code takes a
/// twentieth.
pub const ALLOWED_PER_BYTE: u64 = 2_000;

const DOMINATORS: u64 = 15;
const DEFINITIONS: u64 = 10;
const PHIS: u64 = 500;
/// More for each other value of the same edge.
const PHI_PAIRS: u64 = 2;
const LIVENESS: u64 = 300;
const PREDECESSORS: u64 = 5;
const OPERANDS: u64 = 1_500;
const LOCALS: u64 = 50;

/// How many blocks metering makes of a loop.
const LOOP_BLOCKS: u64 = 7;

/// Refuses a module that wazero would compile for out of proportion to its
/// size. Linear in the size of the module.
///
/// # Errors
///
/// [`Error`] when `wasm` is not a valid core module of [`ACCEPTED`] features,
/// or [`Error::TooComplex`] when its functions together take more than
/// [`ALLOWED`] and [`ALLOWED_PER_BYTE`].
pub fn check(wasm: &[u8]) -> Result<(), Error> {
    let limit = ALLOWED.saturating_add(ALLOWED_PER_BYTE.saturating_mul(wasm.len() as u64));
    let (function, largest, total) = estimate(wasm)?;
    if total > limit {
        return Err(Error::TooComplex {
            function,
            largest,
            total,
            limit,
        });
    }
    Ok(())
}

/// The function that takes most, how many steps it takes, and how many all take.
fn estimate(wasm: &[u8]) -> Result<(u32, u64, u64), Error> {
    let (mut total, mut largest, mut function) = (0u64, 0, 0);
    functions(wasm, |index, steps| {
        total = total.saturating_add(steps);
        if steps > largest {
            (largest, function) = (steps, index);
        }
    })
    .map_err(|err| features::refusal(wasm, &err))?;
    Ok((function, largest, total))
}

/// Validates the module and shows the estimate for each function, in steps, to
/// `visit`.
fn functions(wasm: &[u8], mut visit: impl FnMut(u32, u64)) -> wasmparser::Result<()> {
    let mut parser = Parser::new(0);
    parser.set_features(ACCEPTED);
    let mut validator = Validator::new_with_features(ACCEPTED);
    let mut allocations = FuncValidatorAllocations::default();
    let mut arities = Arities::default();
    let mut walk = Walk::default();
    for payload in parser.parse_all(wasm) {
        let payload = payload?;
        arities.note(&payload)?;
        if let ValidPayload::Func(function, body) = validator.payload(&payload)? {
            let mut function = function.into_validator(allocations);
            let steps = walk.body(&body, &mut function, &arities)?;
            visit(function.index(), steps);
            allocations = function.into_allocations();
        }
    }
    Ok(())
}

/// Numbers of parameters and results.
#[derive(Clone, Copy, Default)]
struct Arity {
    params: u64,
    results: u64,
}

impl Arity {
    fn of(ty: &FuncType) -> Self {
        Arity {
            params: ty.params().len() as u64,
            results: ty.results().len() as u64,
        }
    }
}

/// The arities of a module's types and functions.
#[derive(Default)]
struct Arities {
    types: Vec<Arity>,
    /// The type of each function.
    functions: Vec<u32>,
}

impl Arities {
    fn note(&mut self, payload: &Payload<'_>) -> wasmparser::Result<()> {
        match payload {
            Payload::TypeSection(reader) => {
                for ty in reader.clone().into_iter_err_on_gc_types() {
                    self.types.push(Arity::of(&ty?));
                }
            }
            Payload::ImportSection(reader) => {
                for import in reader.clone().into_imports() {
                    if let TypeRef::Func(ty) | TypeRef::FuncExact(ty) = import?.ty {
                        self.functions.push(ty);
                    }
                }
            }
            Payload::FunctionSection(reader) => {
                for ty in reader.clone() {
                    self.functions.push(ty?);
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn of_type(&self, index: u32) -> Arity {
        self.types.get(index as usize).copied().unwrap_or_default()
    }

    fn of_function(&self, index: u32) -> Arity {
        self.functions
            .get(index as usize)
            .map_or_else(Arity::default, |&ty| self.of_type(ty))
    }

    fn of_block(&self, ty: BlockType) -> Arity {
        match ty {
            BlockType::Empty => Arity::default(),
            BlockType::Type(_) => Arity {
                params: 0,
                results: 1,
            },
            BlockType::FuncType(index) => self.of_type(index),
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Block,
    If,
    Loop,
}

/// A block, loop or `if`, or the body itself.
struct Frame {
    kind: Kind,
    arity: Arity,
    /// How many branches go to its label.
    branches: u64,
    /// [`Walk::depth`] and [`Walk::chain`] in front of it.
    depth: u64,
    chain: u64,
    /// [`Walk::definitions`] and [`Walk::uses`] in front of it.
    definitions: u64,
    uses: u64,
}

/// Goes through the instructions of one body after the other.
#[derive(Default)]
struct Walk {
    frames: Vec<Frame>,
    /// How many blocks dominate the current one.
    depth: u64,
    /// How many blocks lie between the current one and the last place where
    /// edges meet.
    chain: u64,
    /// How many instructions so far set a local, and how many set or get one.
    definitions: u64,
    uses: u64,
    blocks: u64,
    /// The sum, over all blocks, of the operands that are on the stack.
    operands_live: u64,
    /// Number of locals, parameters included.
    locals: u64,
    /// The terms that are known at once.
    sum: u64,
}

impl Walk {
    /// Validates a body and estimates what compiling it takes.
    fn body(
        &mut self,
        body: &FunctionBody<'_>,
        function: &mut FuncValidator<ValidatorResources>,
        arities: &Arities,
    ) -> wasmparser::Result<u64> {
        let mut reader = body.get_binary_reader();
        reader.set_features(ACCEPTED);
        function.read_locals(&mut reader)?;
        self.start(function.len_locals(), arities.of_function(function.index()));
        let mut reader = OperatorsReader::new(reader);
        while !reader.eof() {
            let (op, offset) = reader.read_with_offset()?;
            function.op(offset, &op)?;
            self.step(&op, function.operand_stack_height().into(), arities);
        }
        reader.finish()?;
        Ok(self.steps())
    }

    fn start(&mut self, locals: u32, arity: Arity) {
        *self = Walk {
            frames: std::mem::take(&mut self.frames),
            locals: locals.into(),
            sum: u64::from(locals) * LOCALS,
            ..Walk::default()
        };
        self.frames.clear();
        self.push(Kind::Block, arity);
    }

    /// The estimate for the body that was walked.
    fn steps(&self) -> u64 {
        let locals_live = self
            .locals
            .min(self.definitions)
            .saturating_mul(self.blocks);
        let live = locals_live.saturating_add(self.operands_live);
        self.sum.saturating_add(live.saturating_mul(LIVENESS))
    }

    fn step(&mut self, op: &Operator<'_>, height: u64, arities: &Arities) {
        match *op {
            Operator::Block { blockty } => self.push(Kind::Block, arities.of_block(blockty)),
            Operator::Loop { blockty } => {
                self.push(Kind::Loop, arities.of_block(blockty));
                self.depth += 3;
                self.chain = 0;
                self.edges(LOOP_BLOCKS);
                self.blocks(LOOP_BLOCKS, height);
            }
            Operator::If { blockty } => {
                self.edges(2);
                self.push(Kind::If, arities.of_block(blockty));
                self.next_block();
                self.blocks(2, height);
            }
            Operator::Else => self.enter_else(),
            Operator::End => self.pop(height),
            Operator::Br { relative_depth } => self.branch(relative_depth),
            Operator::BrIf { relative_depth } => {
                self.branch(relative_depth);
                self.edges(1);
                self.next_block();
                // The branch has a block of its own, for what moves on the way.
                self.blocks(2, height);
            }
            Operator::BrTable { ref targets } => {
                for target in targets.targets().flatten().chain([targets.default()]) {
                    self.branch(target);
                    self.blocks(1, height);
                }
            }
            Operator::Return => self.branch(self.frames.len().saturating_sub(1) as u32),
            Operator::Call { function_index } => self.call(arities.of_function(function_index)),
            Operator::CallIndirect { type_index, .. } => self.call(arities.of_type(type_index)),
            Operator::LocalGet { .. } => {
                self.uses += 1;
                self.add(DEFINITIONS, self.chain);
            }
            Operator::LocalSet { .. } | Operator::LocalTee { .. } => {
                self.definitions += 1;
                self.uses += 1;
            }
            _ => {}
        }
    }

    fn add(&mut self, weight: u64, count: u64) {
        self.sum = self.sum.saturating_add(weight.saturating_mul(count));
    }

    fn call(&mut self, arity: Arity) {
        self.add(OPERANDS, arity.params + arity.results);
    }

    /// Notes edges that leave the current block.
    fn edges(&mut self, count: u64) {
        self.add(DOMINATORS, count * self.depth);
    }

    /// Notes blocks, and what is live in them.
    fn blocks(&mut self, count: u64, height: u64) {
        self.blocks += count;
        self.operands_live = self.operands_live.saturating_add(count * height);
    }

    /// Goes on in a block that only the current one leads to.
    fn next_block(&mut self) {
        self.depth += 1;
        self.chain += 1;
    }

    fn branch(&mut self, depth: u32) {
        self.edges(1);
        let target = self.frames.len() - 1 - depth as usize;
        self.frames[target].branches += 1;
    }

    fn push(&mut self, kind: Kind, arity: Arity) {
        self.frames.push(Frame {
            kind,
            arity,
            branches: 0,
            depth: self.depth,
            chain: self.chain,
            definitions: self.definitions,
            uses: self.uses,
        });
    }

    fn enter_else(&mut self) {
        // From the end of the first arm.
        self.edges(1);
        if let Some(frame) = self.frames.last() {
            (self.depth, self.chain) = (frame.depth + 1, frame.chain + 1);
        }
    }

    fn pop(&mut self, height: u64) {
        let Some(frame) = self.frames.pop() else {
            return;
        };
        self.edges(1);
        self.blocks(1, height);
        match frame.kind {
            Kind::Block if frame.branches == 0 => self.next_block(),
            Kind::Block => self.meet_after(&frame, frame.branches + 1),
            Kind::If => self.meet_after(&frame, frame.branches + 2),
            Kind::Loop => {
                // Metering wraps a loop in another, which has edges too, and
                // the same values.
                let values = self.locals.min(self.uses - frame.uses) + frame.arity.params;
                self.meet(frame.branches + 5, values);
                self.next_block();
            }
        }
    }

    /// Goes on where edges meet at the end of a block.
    fn meet_after(&mut self, frame: &Frame, edges: u64) {
        let values = self.locals.min(self.definitions - frame.definitions) + frame.arity.results;
        self.meet(edges, values);
        (self.depth, self.chain) = (frame.depth + 1, 0);
    }

    fn meet(&mut self, edges: u64, values: u64) {
        self.add(PHIS, edges.saturating_mul(values));
        let pairs = values.saturating_mul(values);
        self.add(PHI_PAIRS, edges.saturating_mul(pairs));
        self.add(PREDECESSORS, edges.saturating_mul(edges));
    }
}

#[cfg(test)]
mod tests;
