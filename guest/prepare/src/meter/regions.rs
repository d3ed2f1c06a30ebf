//! The control structure of a body, and where in it fuel is charged.
//!
//! A *region* is code that runs at most once each time its first instruction
//! runs. So charging the cost of a region at its start charges at least what
//! is run. The body is one region, each loop another, which is charged anew in
//! every iteration. Code that may be skipped (the arms of an `if`, what follows
//! a `br_if`, what follows a block that was left early) is a region of its own,
//! an *arm*, so that a rare path is not charged on the usual one.
//!
//! An arm's parent is a region that always runs before it, in the same
//! iteration of the same loops. So an arm too small to be worth a charge of its
//! own is charged with its parent.

use super::cost;
use super::layout::Layout;
use crate::instruction::Instruction;
use crate::opcode::*;

/// The parent of what has none: the body and loops.
pub(super) const NO_PARENT: u32 = u32::MAX;

/// A region that grows beyond so much ends, and an arm follows: it bounds what
/// runs between two checks where a body has no structure at all.
pub(crate) const LARGEST: u32 = 8_192;

/// How many labels the code around a loop adds outside of it (see the module
/// `body`).
const LOOP_LABELS: u32 = 3;

/// A block, loop or `if`, or the body itself.
struct Frame {
    /// The region in front of it, which goes on after it when nothing leaves it
    /// early.
    outside: u32,
    /// The outermost frame that a branch inside goes to; its own index if none.
    outermost: u32,
    /// How many labels are around its own, after rewriting.
    label: u32,
    /// How many labels are around what is inside, after rewriting, less one.
    inside: u32,
    /// Whether rewriting adds labels around it.
    moved: bool,
}

/// What an instruction does to the regions.
pub(super) struct Step {
    /// The region that is charged for the instruction.
    pub region: u32,
    /// The region that starts: with a loop, or right after another instruction.
    pub opened: Option<Opened>,
}

pub(super) struct Opened {
    pub region: u32,
    /// [`NO_PARENT`] for a loop.
    pub parent: u32,
}

/// Goes through the instructions of one body after the other. Both the pass
/// that sums up costs and the one that writes charges use it, so they number
/// regions alike.
#[derive(Default)]
pub(super) struct Walk {
    frames: Vec<Frame>,
    current: u32,
    /// For each region what was run in it directly, so that it can end when it
    /// is too large. The length is the number of regions.
    direct: Vec<u32>,
}

impl Walk {
    /// Starts a body, region 0. Rewriting puts so many labels around it, inside
    /// of its own.
    pub(super) fn start(&mut self, labels: u32) {
        self.frames.clear();
        self.direct.clear();
        self.direct.push(0);
        self.current = 0;
        self.frames.push(Frame {
            outside: 0,
            outermost: 0,
            label: 0,
            inside: labels,
            moved: false,
        });
    }

    /// Takes the next instruction of a valid body.
    pub(super) fn step(&mut self, instruction: &Instruction<'_>, layout: &Layout) -> Step {
        let (region, opcode) = (self.current, instruction.opcode);
        let opened = match opcode {
            BLOCK => {
                self.push(false);
                None
            }
            LOOP => {
                self.push(!layout.takes_operands(instruction.block_type()));
                return self.step_loop(opcode);
            }
            IF => {
                self.push(false);
                Some(self.open(region))
            }
            ELSE => {
                let outside = self.frames.last().map_or(0, |frame| frame.outside);
                Some(self.open(outside))
            }
            END => self.pop(),
            BR => {
                self.note_branch(instruction.index());
                None
            }
            BR_IF => {
                self.note_branch(instruction.index());
                Some(self.open(region))
            }
            BR_TABLE => {
                for target in instruction.targets() {
                    self.note_branch(target);
                }
                None
            }
            RETURN => {
                self.note_branch(self.frames.len() as u32 - 1);
                None
            }
            _ => None,
        };
        self.grow(region, opcode);
        let full = self.direct[self.current as usize] >= LARGEST;
        if opened.is_none() && full && !self.frames.is_empty() {
            return Step {
                region,
                opened: Some(self.open(self.current)),
            };
        }
        Step { region, opened }
    }

    /// A loop's own instruction is charged in every iteration.
    fn step_loop(&mut self, opcode: u16) -> Step {
        let opened = self.open(NO_PARENT);
        self.grow(opened.region, opcode);
        Step {
            region: opened.region,
            opened: Some(opened),
        }
    }

    /// The depth that a branch of `depth` has after rewriting.
    pub(super) fn depth(&self, depth: u32) -> u32 {
        let last = self.frames.len() - 1;
        self.frames[last].inside - self.frames[last - depth as usize].label
    }

    /// Whether the next `end` is that of a loop with labels around it.
    pub(super) fn ends_moved_loop(&self) -> bool {
        self.frames.last().is_some_and(|frame| frame.moved)
    }

    /// Whether the next `end` is that of the body.
    pub(super) fn ends_body(&self) -> bool {
        self.frames.len() == 1
    }

    fn push(&mut self, moved: bool) {
        let inside = self.frames.last().map_or(0, |frame| frame.inside);
        let label = inside + 1 + if moved { LOOP_LABELS } else { 0 };
        self.frames.push(Frame {
            outside: self.current,
            outermost: self.frames.len() as u32,
            label,
            inside: label,
            moved,
        });
    }

    fn pop(&mut self) -> Option<Opened> {
        let frame = self.frames.pop()?;
        let index = self.frames.len() as u32;
        let outer = self.frames.last_mut()?;
        outer.outermost = outer.outermost.min(frame.outermost);
        if frame.outermost < index {
            Some(self.open(frame.outside))
        } else {
            self.current = frame.outside;
            None
        }
    }

    fn open(&mut self, parent: u32) -> Opened {
        let region = self.direct.len() as u32;
        self.direct.push(0);
        self.current = region;
        Opened { region, parent }
    }

    fn note_branch(&mut self, depth: u32) {
        let target = self.frames.len() as u32 - 1 - depth;
        if let Some(frame) = self.frames.last_mut() {
            frame.outermost = frame.outermost.min(target);
        }
    }

    fn grow(&mut self, region: u32, opcode: u16) {
        let calls = match opcode {
            CALL | CALL_INDIRECT => super::plan::LARGEST_UNCHARGED,
            _ => 0,
        };
        let direct = &mut self.direct[region as usize];
        *direct = direct.saturating_add(cost::of(opcode) + calls);
    }
}
