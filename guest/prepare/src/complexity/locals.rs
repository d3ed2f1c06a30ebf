//! Which locals pass through places where edges meet.
//!
//! wazero makes a parameter of the block there of each local that is read behind
//! it, or in the loop that starts there, and was last set before (`findValue` in
//! `ssa/builder.go`), and has to find out that most of these are always the same
//! value.

/// Counts, for all places of a body where edges meet, the edges with the locals
/// that pass through them.
#[derive(Default)]
pub(super) struct Locals {
    /// For each local, the body and the number of edges when it was last set or
    /// read. What is of another body counts as nothing, so that a body with many
    /// locals costs no more than what it does with them.
    last: Vec<(u64, u64)>,
    body: u64,
    /// How many edges have met so far.
    edges: u64,
    sum: u64,
}

impl Locals {
    /// Forgets all, for another body.
    pub fn start(&mut self) {
        self.body += 1;
        (self.edges, self.sum) = (0, 0);
    }

    /// Notes a place where so many edges meet.
    pub fn meet(&mut self, edges: u64) {
        self.edges += edges;
    }

    /// Notes that a local is set.
    pub fn set(&mut self, local: u32) {
        let index = local as usize;
        if index >= self.last.len() {
            self.last.resize(index + 1, (0, 0));
        }
        self.last[index] = (self.body, self.edges);
    }

    /// Notes that a local is read: it has passed through all places since it was
    /// set or read before.
    pub fn get(&mut self, local: u32) {
        let last = match self.last.get(local as usize) {
            Some(&(body, edges)) if body == self.body => edges,
            _ => 0,
        };
        self.sum = self.sum.saturating_add(self.edges - last);
        self.set(local);
    }

    /// How many edges locals pass, all told.
    pub fn sum(&self) -> u64 {
        self.sum
    }
}
