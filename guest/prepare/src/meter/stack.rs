//! Bounds the call stack.
//!
//! wazero grows a stack by doubling and copying it, up to 100 MB, and nothing
//! stops that: it is the slowest thing that a guest can do between two looks at
//! its deadline, and the memory stays with the instance, outside of the limit
//! of its own. So a metered module counts how deep its stack is, and traps when
//! it gets too deep.
//!
//! The depth is a global. A call of a *counted* function adds the estimated
//! size of the caller's frame before, and takes it away after:
//!
//! ```wat
//! depth += frame
//! call $counted
//! depth -= frame
//! ```
//!
//! so the ways out of a function need nothing, and a trap leaves a depth that
//! is wrong: the instance is not to be used again. A counted function looks at
//! the depth first of all, and keeps it in a local, which sets the global before
//! and after its calls. (Were the global read for that, each call would wait
//! for the one before: a recursion of small functions took 1.6 times as long,
//! instead of 1.2 times.)
//!
//! All functions that can call themselves are counted, and those which take
//! much of the stack with all they call that is not. What is called without a
//! count is looked for in front of the counted call above it, so it always
//! fits.

use super::callgraph::Graph;
use super::layout::Layout;
use crate::instruction::Instruction;
use crate::opcode::*;

/// How deep the stack may be, in estimated bytes. That is more than 20,000 calls of a
/// small function, or a few hundred of a very large one, and some 1 MiB of wazero's
/// stack as a rule. Of the functions that were made to have large frames (tests/metering)
/// the largest take 3.6 MiB; wazero, which doubles a stack when it is full, has 4.6 MiB
/// for them. (Wasmtime's stack has 512 KiB, V8's 1 MiB.)
pub(super) const LIMIT: u32 = 2 << 20;

/// Calls of functions that take no more, with all that they call without a
/// count, are not counted.
const LARGEST_UNCOUNTED: u32 = 64 << 10;

/// Which functions are counted.
pub(super) struct Stack {
    defined: u32,
    /// For each function with a body, its frame.
    frames: Vec<u32>,
    /// For each node of the graph, whether a call of it is counted.
    counted: Vec<bool>,
    /// For each node, the most that a call of it takes without a count.
    uncounted: Vec<u32>,
    /// For each counted function with a body, how deep the stack may be when it
    /// is called. Below zero: it can never be called.
    rooms: Vec<Option<i32>>,
}

impl Stack {
    pub(super) fn new(layout: &Layout, frames: Vec<u32>) -> Self {
        let nodes = (layout.defined() + layout.types()) as usize;
        Stack {
            defined: layout.defined(),
            rooms: vec![None; frames.len()],
            frames,
            counted: vec![false; nodes],
            uncounted: vec![0; nodes],
        }
    }

    /// Plans functions that call each other, after those they call.
    pub(super) fn component(&mut self, graph: &Graph, members: &[u32], cyclic: bool) {
        // What a type may take is needed for functions that are in a cycle with
        // it, and what these take is not: they are counted.
        for &node in members.iter().filter(|&&node| node >= self.defined) {
            self.uncounted[node as usize] = self.below(graph, node);
            self.counted[node as usize] = cyclic
                || graph
                    .edges_of(node)
                    .any(|edge| self.counted[graph.target(edge) as usize]);
        }
        for &node in members.iter().filter(|&&node| node < self.defined) {
            let function = node as usize;
            let all = self.frames[function].saturating_add(self.below(graph, node));
            if cyclic || all > LARGEST_UNCOUNTED {
                let room = i64::from(LIMIT) - i64::from(all);
                self.rooms[function] = Some(room.max(-1) as i32);
                self.counted[function] = true;
            } else {
                self.uncounted[function] = all;
            }
        }
    }

    fn below(&self, graph: &Graph, node: u32) -> u32 {
        let calls = graph.edges_of(node);
        calls
            .map(|edge| self.uncounted[graph.target(edge) as usize])
            .fold(0, u32::max)
    }

    /// Whether anything is counted.
    pub(super) fn is_used(&self) -> bool {
        self.rooms.iter().any(Option::is_some)
    }

    /// Of a counted function with a body, how deep the stack may be when it is
    /// called.
    pub(super) fn room(&self, defined: u32) -> Option<i32> {
        self.rooms[defined as usize]
    }

    /// What a call adds to the depth, or `None` where it is not counted.
    /// `caller` is a function with a body.
    pub(super) fn added_by(
        &self,
        instruction: &Instruction<'_>,
        caller: u32,
        layout: &Layout,
    ) -> Option<u32> {
        let callee = match instruction.opcode {
            CALL => instruction.index().checked_sub(layout.imported)?,
            CALL_INDIRECT => self.defined + layout.canonical[instruction.index() as usize],
            _ => return None,
        };
        // No more than a number that cannot overflow: the caller itself was
        // called, so the depth is not above the limit.
        self.counted[callee as usize].then(|| self.frames[caller as usize].min(LIMIT))
    }
}
