//! Goes through the instructions of a body and sums up what compiling it takes.

use super::addresses::Addresses;
use super::cost::{self, Cost};
use super::locals::Locals;
use super::terms::*;
use crate::body::Body;
use crate::heights::{Arity, Heights};
use crate::instruction::Instruction;
use crate::meter;
use crate::module::Module;
use crate::opcode::*;

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
    /// How many arms of an `if` end before its last one does.
    arms: u64,
    has_else: bool,
    /// The fewest [`Walk::bounds`] where control goes to its end.
    least_bounds: u64,
    /// The smallest [`Walk::depth`] where control goes to its end. What dominates
    /// the end is not deeper.
    shallowest: u64,
    /// [`Walk::depth`], [`Walk::chain`] and [`Walk::bounds`] in front of it.
    depth: u64,
    chain: u64,
    bounds: u64,
    /// [`Walk::definitions`] in front of it.
    definitions: u64,
}

/// Goes through the instructions of one body after the other.
#[derive(Default)]
pub(super) struct Walk {
    frames: Vec<Frame>,
    heights: Heights,
    addresses: Addresses,
    /// How many blocks dominate the current one, and the largest such number.
    depth: u64,
    deepest: u64,
    /// How many blocks lie between the current one and the last place where
    /// edges meet.
    chain: u64,
    /// How many addresses are known to be in bounds.
    bounds: u64,
    /// Whether control does not get here.
    dead: bool,
    /// How many places there were so far where edges meet, and shifts that may
    /// be by nothing: both make one value of another.
    aliases: u64,
    /// Whether what is on top of the stack may be a constant zero.
    may_be_zero: bool,
    /// How many instructions so far set a local.
    definitions: u64,
    passed: Locals,
    blocks: u64,
    /// The sum, over all blocks, of the operands that are on the stack.
    operands_live: u64,
    calls: u64,
    /// What runs since metering charged for the last piece of code, in units of
    /// fuel, at most.
    piece: u64,
    /// The same since the start of the body.
    run: u64,
    /// How many loops are around the place, and the largest such number.
    loops: u64,
    most_loops: u64,
    /// The sum of [`PHI_PAIRS`].
    pairs: u64,
    /// Number of locals, parameters included.
    locals: u64,
    /// Number of mutable globals.
    globals: u64,
    /// What is known at once.
    sum: Cost,
}

impl Walk {
    /// Estimates what compiling the body of a function takes, in a module with so many
    /// mutable globals.
    pub fn body(
        &mut self,
        function: u32,
        body: &Body<'_>,
        module: &Module<'_>,
        globals: u64,
    ) -> Cost {
        let arity = module.of_function(function);
        let own: u64 = body.locals().map(|(count, _)| u64::from(count)).sum();
        self.start(own + u64::from(arity.params), globals, arity);
        for (_, instruction) in body.instructions() {
            self.heights.step(&instruction, module);
            self.step(&instruction, module);
        }
        self.cost()
    }

    fn start(&mut self, locals: u64, globals: u64, arity: Arity) {
        *self = Walk {
            frames: std::mem::take(&mut self.frames),
            heights: std::mem::take(&mut self.heights),
            addresses: std::mem::take(&mut self.addresses),
            passed: std::mem::take(&mut self.passed),
            locals,
            globals: globals + METERING_GLOBALS,
            sum: FUNCTION,
            ..Walk::default()
        };
        self.frames.clear();
        self.heights.start(arity);
        self.addresses.start();
        self.passed.start();
        self.add(LOCALS, locals);
        self.push(Kind::Block, arity);
    }

    /// The estimate for the body that was walked.
    fn cost(&self) -> Cost {
        let locals_live = self
            .locals
            .min(self.definitions)
            .saturating_mul(self.blocks);
        let mut sum = self.sum;
        sum += LIVENESS.times(locals_live.saturating_add(self.operands_live));
        let calls = match self.calls > 0 || self.run > SMALL {
            true => self.calls + BODY_CALLS,
            false => 0,
        };
        sum += GLOBALS.times(calls.saturating_mul(self.globals));
        sum += BLOCKS.times(self.blocks);
        sum += DEPTH.times(self.deepest);
        let nested = 1 + self.most_loops;
        sum += PHI_PAIRS.times(self.pairs.saturating_mul(nested));
        let passed = self.passed.sum();
        let pairs = passed.saturating_mul(self.locals.min(passed));
        sum += PASSED.times(passed);
        sum += PASSED_PAIRS.times(pairs.saturating_mul(nested));
        sum
    }

    fn step(&mut self, instruction: &Instruction<'_>, module: &Module<'_>) {
        let (opcode, index) = (instruction.opcode, instruction.index());
        let height = u64::from(self.heights.height);
        let known = self.addresses.step(instruction, height as usize);
        self.sum += cost::of(instruction, known);
        self.charge(cost::units(opcode), height);
        match opcode {
            BLOCK => self.push(Kind::Block, module.of_block(instruction.block_type())),
            LOOP => {
                self.push(Kind::Loop, module.of_block(instruction.block_type()));
                self.loops += 1;
                self.passed.meet(LOOP_EDGES);
                self.most_loops = self.most_loops.max(self.loops);
                self.depth += 3;
                self.chain = 0;
                self.calls += LOOP_CALLS;
                self.edges(LOOP_BLOCKS);
                self.blocks(LOOP_BLOCKS, height);
            }
            IF => {
                self.edges(2);
                self.push(Kind::If, module.of_block(instruction.block_type()));
                self.next_block();
                self.blocks(2, height);
            }
            ELSE => self.enter_else(),
            END => self.pop(height),
            BR => {
                self.branch(index);
                self.dead = true;
            }
            BR_IF => {
                self.branch(index);
                self.edges(1);
                self.next_block();
                // The branch has a block of its own, for what moves on the way.
                self.blocks(2, height);
            }
            BR_TABLE => {
                let count = u64::from(index) + 1;
                self.add(TARGETS, count.saturating_mul(count));
                for target in instruction.targets() {
                    self.branch(target);
                    self.blocks(1, height);
                }
                self.dead = true;
            }
            RETURN => {
                self.branch(self.frames.len().saturating_sub(1) as u32);
                self.dead = true;
            }
            UNREACHABLE => self.dead = true,
            CALL => self.call(module.of_function(index)),
            CALL_INDIRECT => self.call(module.of_type(index)),
            TABLE_FILL => self.fill(height),
            LOCAL_GET => {
                self.passed.get(index);
                self.add(DEFINITIONS, self.chain);
                self.add(ALIASES, self.aliases);
            }
            LOCAL_SET | LOCAL_TEE => {
                self.passed.set(index);
                self.definitions += 1;
            }
            _ if cost::is_shift(opcode) => self.aliases += u64::from(self.may_be_zero),
            _ => self.bounds += u64::from(!known && instruction.access().is_some()),
        }
        self.may_be_zero = cost::may_be_zero(instruction);
    }

    fn add(&mut self, weight: Cost, count: u64) {
        self.sum += weight.times(count);
    }

    fn call(&mut self, arity: Arity) {
        self.calls += 1;
        self.add(OPERANDS, u64::from(arity.params) + u64::from(arity.results));
    }

    /// Notes what runs, in units of fuel.
    fn charge(&mut self, units: u64, height: u64) {
        self.piece += units;
        self.run = self.run.saturating_add(units);
        if self.piece >= u64::from(meter::LARGEST_REGION) {
            self.piece = 0;
            self.edges(PIECE_BLOCKS);
            self.blocks += PIECE_BLOCKS;
            self.operands_live = self.operands_live.saturating_add(PIECE_BLOCKS * height);
            self.add(BOUNDS, self.bounds);
            self.aliases += 1;
            self.passed.meet(2);
            self.depth += 2;
            self.deepest = self.deepest.max(self.depth);
            self.chain = 0;
        }
    }

    /// Notes the loop of a fill.
    fn fill(&mut self, height: u64) {
        self.edges(FILL_BLOCKS);
        self.blocks(FILL_BLOCKS, height);
        self.passed.meet(LOOP_EDGES);
        self.next_block();
        self.chain = 0;
    }

    /// Notes edges that leave the current block.
    fn edges(&mut self, count: u64) {
        self.add(DOMINATORS, count * self.depth);
    }

    /// Notes blocks, and what is live in them.
    fn blocks(&mut self, count: u64, height: u64) {
        self.blocks += count;
        self.operands_live = self.operands_live.saturating_add(count * height);
        self.add(BOUNDS, count * self.bounds);
    }

    /// Goes on in a block that only the current one leads to.
    fn next_block(&mut self) {
        self.depth += 1;
        self.deepest = self.deepest.max(self.depth);
        self.chain += 1;
    }

    fn branch(&mut self, depth: u32) {
        self.edges(1);
        let target = self.frames.len() - 1 - depth as usize;
        let frame = &mut self.frames[target];
        frame.branches += 1;
        frame.least_bounds = frame.least_bounds.min(self.bounds);
        frame.shallowest = frame.shallowest.min(self.depth);
    }

    fn push(&mut self, kind: Kind, arity: Arity) {
        self.frames.push(Frame {
            kind,
            arity,
            branches: 0,
            arms: 0,
            has_else: false,
            least_bounds: u64::MAX,
            shallowest: u64::MAX,
            depth: self.depth,
            chain: self.chain,
            bounds: self.bounds,
            definitions: self.definitions,
        });
    }

    fn enter_else(&mut self) {
        // From the end of the first arm.
        self.edges(1);
        let dead = std::mem::take(&mut self.dead);
        let (bounds, depth) = (self.bounds, self.depth);
        if let Some(frame) = self.frames.last_mut() {
            frame.has_else = true;
            if !dead {
                frame.arms += 1;
                frame.least_bounds = frame.least_bounds.min(bounds);
                frame.shallowest = frame.shallowest.min(depth);
            }
            (self.depth, self.chain) = (frame.depth + 1, frame.chain + 1);
            self.bounds = frame.bounds;
        }
    }

    fn pop(&mut self, height: u64) {
        let Some(frame) = self.frames.pop() else {
            return;
        };
        self.edges(1);
        self.blocks(1, height);
        let dead = std::mem::take(&mut self.dead);
        if frame.kind == Kind::Loop {
            self.loops -= 1;
            self.passed.meet(frame.branches);
            self.meet(frame.branches + LOOP_EDGES, frame.arity.params.into());
            self.next_block();
            return;
        }
        let skipped = frame.kind == Kind::If && !frame.has_else;
        let ends = frame.branches + frame.arms + u64::from(!dead) + u64::from(skipped);
        // Both arms of an `if`, or one and the way around it, meet again below the
        // block that chose between them; other ways may meet deeper.
        let chosen = frame.kind == Kind::If && !dead && (skipped || frame.arms > 0);
        let meets_at = match chosen {
            true => frame.depth,
            false if dead => frame.shallowest,
            false => frame.shallowest.min(self.depth),
        };
        if skipped {
            // The way around the arm knows no address.
            self.bounds = 0;
        } else if dead {
            self.bounds = frame.least_bounds.min(self.bounds.max(frame.bounds));
        } else {
            self.bounds = self.bounds.min(frame.least_bounds);
        }
        if dead && ends > 0 {
            self.sum += RESUMED;
        }
        if ends > 1 {
            self.passed.meet(ends);
            self.meet_after(&frame, ends, meets_at);
        } else {
            // The one way here may be that of any arm.
            self.depth = self.depth.max(frame.depth + 1);
            self.chain = self.chain.max(frame.chain + 1);
            self.next_block();
        }
    }

    /// Goes on where edges meet at the end of a block.
    fn meet_after(&mut self, frame: &Frame, edges: u64, meets_at: u64) {
        let set = self.locals.min(self.definitions - frame.definitions);
        let values = set + u64::from(frame.arity.results);
        self.meet(edges, values);
        (self.depth, self.chain) = ((frame.depth + 2).max(meets_at.saturating_add(1)), 0);
        self.deepest = self.deepest.max(self.depth);
    }

    fn meet(&mut self, edges: u64, values: u64) {
        self.aliases += 1;
        self.add(PHIS, edges.saturating_mul(values));
        let pairs = values.saturating_mul(values);
        self.pairs = self.pairs.saturating_add(edges.saturating_mul(pairs));
        self.add(PREDECESSORS, edges.saturating_mul(edges));
    }
}
