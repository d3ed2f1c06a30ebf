//! Which addresses wazero knows to be in bounds when memory is accessed again.
//!
//! wazero checks an address once and remembers how far beyond it is safe
//! (`recordKnownSafeBound`), which makes the usual access, at an offset from a
//! local, much cheaper than the first one. What is here remembers a little less
//! than wazero does, in memory of a fixed size, so that no function is taken for
//! cheaper than it is.

use crate::instruction::Instruction;
use crate::opcode::*;

/// How many locals and globals are remembered.
const SLOTS: usize = 64;

/// What a value on the stack is a copy of.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Origin {
    variable: Variable,
    /// When it was copied.
    at: u64,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Variable {
    Local(u32),
    Global(u32),
}

impl Variable {
    fn slot(self) -> usize {
        let (Variable::Local(index) | Variable::Global(index)) = self;
        index as usize % SLOTS
    }
}

/// A variable with the value that it has.
#[derive(Clone, Copy)]
struct Slot {
    variable: Variable,
    /// Since when it has had its value, as far as is known.
    since: u64,
    /// How many bytes from the value on are in bounds, and when that was found.
    safe: u64,
    found: u64,
}

/// The addresses that are known at a place in a body. Time goes on from one body
/// to the next, so that what was known in another is known to be old.
#[derive(Default)]
pub(super) struct Addresses {
    slots: Vec<Option<Slot>>,
    /// What the values on the stack are copies of.
    stack: Vec<Option<Origin>>,
    now: u64,
    /// Since when code runs in one line, and since when globals have kept their
    /// values.
    line: u64,
    globals: u64,
    /// When the body began.
    start: u64,
}

impl Addresses {
    /// Forgets all, for another body.
    pub fn start(&mut self) {
        self.slots.resize(SLOTS, None);
        self.stack.clear();
        self.now += 1;
        (self.line, self.globals, self.start) = (self.now, self.now, self.now);
    }

    /// Notes an instruction, after which so many values are on the stack.
    /// Reports whether it accesses memory where that is known to be safe.
    pub fn step(&mut self, instruction: &Instruction<'_>, height: usize) -> bool {
        self.now += 1;
        let mut known = false;
        let mut origin = None;
        let index = instruction.index();
        match instruction.opcode {
            LOCAL_GET => origin = self.get(Variable::Local(index)),
            GLOBAL_GET => origin = self.get(Variable::Global(index)),
            LOCAL_SET => self.set(Variable::Local(index)),
            LOCAL_TEE => {
                self.set(Variable::Local(index));
                origin = self.get(Variable::Local(index));
            }
            GLOBAL_SET => self.set(Variable::Global(index)),
            CALL | CALL_INDIRECT => self.globals = self.now,
            // Edges meet, or code goes on that does not run after this.
            LOOP | ELSE | END => self.line = self.now,
            _ => {
                if let Some(access) = instruction.access() {
                    // A load leaves its result where its address was; a store
                    // leaves nothing.
                    let at = height - usize::from(!access.stores);
                    known = self.access(at, access.end);
                }
            }
        }
        self.stack.resize(height, None);
        if let Some(top) = self.stack.last_mut()
            && !matches!(instruction.opcode, LOCAL_SET | GLOBAL_SET)
        {
            *top = origin;
        }
        known
    }

    fn get(&mut self, variable: Variable) -> Option<Origin> {
        let slot = &mut self.slots[variable.slot()];
        if slot.is_none_or(|slot| slot.variable != variable || slot.since < self.start) {
            *slot = Some(Slot {
                variable,
                since: self.now,
                safe: 0,
                found: 0,
            });
        }
        Some(Origin {
            variable,
            at: self.now,
        })
    }

    fn set(&mut self, variable: Variable) {
        self.slots[variable.slot()] = Some(Slot {
            variable,
            since: self.now,
            safe: 0,
            found: 0,
        });
    }

    /// Notes an access that ends so many bytes behind the address at `at` of the
    /// stack.
    fn access(&mut self, at: usize, end: u64) -> bool {
        let Some(&Some(origin)) = self.stack.get(at) else {
            return false;
        };
        let Some(slot) = &mut self.slots[origin.variable.slot()] else {
            return false;
        };
        let since = match origin.variable {
            Variable::Local(_) => slot.since,
            Variable::Global(_) => slot.since.max(self.globals),
        };
        if slot.variable != origin.variable || origin.at < since {
            return false;
        }
        let valid = slot.found > self.line.max(since);
        if valid && end <= slot.safe {
            return true;
        }
        slot.safe = if valid { slot.safe.max(end) } else { end };
        slot.found = self.now;
        false
    }
}
