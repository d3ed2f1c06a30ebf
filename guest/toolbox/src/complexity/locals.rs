//! Which locals pass through loops.
//!
//! wazero makes a parameter of a loop's block of each local that is read in the
//! loop or behind it and was last set before (`findValue` in `ssa/builder.go`).

/// Counts, for all loops of a body, the locals that pass through them.
#[derive(Default)]
pub(super) struct Locals {
    /// For each local, the body and the number of loops when it was last set or
    /// read. What is of another body counts as nothing, so that a body with many
    /// locals costs no more than what it does with them.
    last: Vec<(u64, u64)>,
    body: u64,
    /// How many loops have started so far.
    loops: u64,
    sum: u64,
}

impl Locals {
    /// Forgets all, for another body.
    pub fn start(&mut self) {
        self.body += 1;
        (self.loops, self.sum) = (0, 0);
    }

    pub fn enter_loop(&mut self) {
        self.loops += 1;
    }

    /// Notes that a local is set.
    pub fn set(&mut self, local: u32) {
        let index = local as usize;
        if index >= self.last.len() {
            self.last.resize(index + 1, (0, 0));
        }
        self.last[index] = (self.body, self.loops);
    }

    /// Notes that a local is read: it has passed through all loops that started
    /// since it was set or read before.
    pub fn get(&mut self, local: u32) {
        let last = match self.last.get(local as usize) {
            Some(&(body, loops)) if body == self.body => loops,
            _ => 0,
        };
        self.sum = self.sum.saturating_add(self.loops - last);
        self.set(local);
    }

    /// How many locals pass through how many loops, all told.
    pub fn sum(&self) -> u64 {
        self.sum
    }
}
