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
//! - operands: the parameters and results of each call.

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
mod tests {
    use super::*;

    fn module(functions: &str) -> Vec<u8> {
        wat::parse_str(format!("(module (memory 1) {functions})")).expect("the test's own WAT")
    }

    fn steps(functions: &str) -> u64 {
        estimate(&module(functions)).expect("the module is valid").2
    }

    /// The shapes that were measured, `n` times in one function.
    fn shapes(n: usize) -> Vec<(&'static str, String)> {
        let locals = "(local i32) ".repeat(n.min(1_000));
        let types = |n: usize| "i32 ".repeat(n.min(1_000));
        let consts = |n: usize| "i32.const 1 ".repeat(n.min(1_000));
        let drops = |n: usize| "drop ".repeat(n.min(1_000));
        let set_all: String = (0..n)
            .map(|i| {
                format!(
                    "local.get 0 br_if 0 i32.const 1 local.set {} ",
                    i % n.min(1_000)
                )
            })
            .collect();
        vec![
            ("blocks in a row", "block end ".repeat(n)),
            (
                "nested blocks",
                format!("{} {}", "block ".repeat(n), "end ".repeat(n)),
            ),
            (
                "nested loops",
                format!("{} {}", "loop ".repeat(n), "end ".repeat(n)),
            ),
            ("loops in a row", "loop end ".repeat(n)),
            (
                "nested ifs",
                format!("{} {}", "i32.const 1 if ".repeat(n), "end ".repeat(n)),
            ),
            (
                "many exits",
                format!("block {} end", "i32.const 1 br_if 0 ".repeat(n)),
            ),
            (
                "many exits, many locals",
                format!("{locals} block {set_all} end"),
            ),
            (
                "exits with many values",
                format!(
                    "block (result {}) {} {} end {}",
                    types(n),
                    consts(n),
                    "i32.const 1 br_if 0 ".repeat(n),
                    drops(n)
                ),
            ),
            (
                "calls with many values",
                format!("{} {} {}", consts(n), "call $many ".repeat(n), drops(n)),
            ),
        ]
    }

    fn function(n: usize, body: &str) -> String {
        let many = "i32 ".repeat(n.min(1_000));
        format!("(func $many (param {many}) (result {many}) unreachable) (func {body})")
    }

    #[test]
    fn shapes_that_take_more_than_linear_time_are_refused() {
        for (name, body) in shapes(30_000) {
            let wasm = module(&function(30_000, &body));
            let size = wasm.len() as u64;
            match check(&wasm) {
                Err(Error::TooComplex {
                    function: 1,
                    largest,
                    total,
                    limit,
                }) => {
                    assert!(total > limit && largest > limit, "{name}");
                    assert_eq!(limit, ALLOWED + size * ALLOWED_PER_BYTE, "{name}");
                }
                other => panic!("{name}: {other:?}"),
            }
        }
    }

    #[test]
    fn the_same_shapes_in_usual_sizes_are_not() {
        for (name, body) in shapes(100) {
            let functions = function(100, &body);
            let one = steps(&functions);
            assert!(one < ALLOWED / 50, "{name}: {one}");
            // In many functions, they are in proportion.
            let many = function(100, "") + &format!("(func {body}) ").repeat(90);
            assert_eq!(check(&module(&many)), Ok(()), "{name}");
        }
    }

    #[test]
    fn code_without_branches_takes_no_steps() {
        let adds = "local.get 0 i32.const 1 i32.add local.set 0 ";
        assert_eq!(
            steps(&format!("(func (local i32) {})", adds.repeat(10_000))),
            300
        );
    }

    #[test]
    fn the_engine_is_far_below_the_limit() {
        let path = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../gohost/plugin/testdata/engine.core.wasm"
        );
        let (_, _, total) = estimate(&std::fs::read(path).unwrap()).unwrap();
        assert!((ALLOWED / 100..ALLOWED / 5).contains(&total), "{total}");
    }

    #[test]
    fn the_refusal_says_which_function_and_how_much() {
        let err = check(&module(&format!(
            "(func) (func {})",
            "block end ".repeat(30_000)
        )));
        let message = err.unwrap_err().to_string();
        assert!(
            message.starts_with(
                "the module would take too long to compile: its blocks, branches and locals make "
            ) && message.contains(" of them in function 1; at most 3180"),
            "{message}"
        );
    }

    #[test]
    fn prepare_refuses_before_metering_and_only_then() {
        let path = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../gohost/testdata/echo.wat"
        );
        let text = std::fs::read_to_string(path).unwrap();
        let body = "block end ".repeat(30_000);
        let text = format!("{} (func {body}))", text.trim_end().trim_end_matches(')'));
        let wasm = wat::parse_str(text).expect("the test's own WAT");
        let prepare = |meter| {
            let options = crate::prepare::Options {
                meter,
                ..Default::default()
            };
            crate::prepare::prepare(&wasm, &options)
        };
        assert!(matches!(prepare(true), Err(Error::TooComplex { .. })));
        assert!(
            prepare(false).is_ok(),
            "a module that is trusted may take its time"
        );
    }
}
