//! Writes a body anew, with its charges.
//!
//! The charge itself is nearly free; a call is not, even one that is never
//! made, since registers are saved around the place where it stands. So it
//! stands outside. A loop becomes
//!
//! ```wat
//! block $done            ;; the loop's type
//!   loop $again
//!     block $out
//!       loop             ;; the loop's type
//!         fuel -= c
//!         br_if $out (fuel < 0)
//!         …
//!       end
//!       br $done
//!     end
//!     call $slow (c)     ;; gives c back, so that the loop can charge again
//!     br $again
//!   end
//!   unreachable
//! end
//! ```
//!
//! Nothing is lost on the way out and in, since an iteration has done nothing
//! yet and all values are in locals. A loop with parameters has some on the
//! stack, so it gets its check inside. A body is wrapped like a loop, but
//! without the inner one, which nothing branches to:
//!
//! ```wat
//! loop $again
//!   block $out
//!     fuel -= c
//!     br_if $out (fuel < 0)
//!     …
//!     return
//!   end
//!   call $slow (c)
//!   br $again
//! end
//! unreachable
//! ```
//!
//! with a look at the depth of the stack around it, where calls of the function
//! are counted (see the module `stack`):
//!
//! ```wat
//! block $deep
//!   br_if $deep (depth > room)
//!   …
//! end
//! call $exhausted
//! unreachable
//! ```

use super::added::Indices;
use super::cost;
use super::layout::Layout;
use super::plan::Charge;
use super::regions::Walk;
use super::stack::Stack;
use crate::body::{self, Body, MAX_LOCALS};
use crate::code::Code;
use crate::instruction::Instruction;
use crate::opcode::*;
use crate::{Error, leb128};

/// How many labels the code around a body that charges adds inside of it, and
/// how many more where the depth of the stack is looked at.
const ENTRY_LABELS: u32 = 2;
const DEPTH_LABELS: u32 = 1;

/// Writes bodies one after the other.
pub(super) struct Writer<'a> {
    layout: &'a Layout<'a>,
    indices: &'a Indices,
    stack: &'a Stack,
    /// The local that has the depth with which the function was called.
    depth: Option<u32>,
    walk: Walk,
    code: Code,
    /// The charges of the loops around the place, innermost last.
    loops: Vec<u32>,
    /// The old body, and up to where it is in `code`.
    old: &'a [u8],
    copied: usize,
    /// Where bytes of the old body are in `code`, if that is wanted.
    moves: Option<Vec<(usize, usize)>>,
}

impl<'a> Writer<'a> {
    pub(super) fn new(
        layout: &'a Layout<'a>,
        indices: &'a Indices,
        stack: &'a Stack,
        moves: bool,
    ) -> Self {
        Writer {
            layout,
            indices,
            stack,
            depth: None,
            walk: Walk::default(),
            code: Code::default(),
            loops: vec![],
            old: &[],
            copied: 0,
            moves: moves.then(Vec::new),
        }
    }

    /// Where the distance changes between a byte of the old body that was written last and
    /// where it is in the new one. Empty unless it was asked for.
    pub(super) fn moves(&self) -> &[(usize, usize)] {
        self.moves.as_deref().unwrap_or_default()
    }

    /// Notes that what is written next is, or takes the place of, the instruction at `old`.
    fn note(&mut self, old: usize) {
        if let Some(moves) = &mut self.moves {
            moves.push((old, self.code.0.len()));
        }
    }

    /// Appends the body of a function, with its size in front, to `out`.
    /// `charges` are those of its regions. Returns its size.
    pub(super) fn body(
        &mut self,
        defined: usize,
        charges: &[Charge],
        out: &mut Vec<u8>,
    ) -> Result<usize, Error> {
        self.code.0.clear();
        self.copied = 0;
        if let Some(moves) = &mut self.moves {
            moves.clear();
        }
        self.instructions(defined, charges);
        let size = self.code.0.len();
        body::check_size(self.layout.imported + defined as u32, size)?;
        leb128::write_u32(out, size as u32);
        out.extend_from_slice(&self.code.0);
        Ok(size)
    }

    fn instructions(&mut self, defined: usize, charges: &[Charge]) {
        let entry = charges[0].units;
        let room = self.stack.room(defined as u32);
        self.walk.start(match (entry, room) {
            (0, _) => 0,
            (_, None) => ENTRY_LABELS,
            (_, Some(_)) => ENTRY_LABELS + DEPTH_LABELS,
        });
        let body = self.layout.body(defined);
        self.old = body.bytes;
        self.depth = None;
        if room.is_some() {
            self.add_local(defined, &body);
        }
        self.copy_to(body.code);
        if entry > 0 {
            self.enter_body(entry, room);
        }
        for (start, instruction) in body.instructions() {
            let end = start + instruction.bytes.len();
            if instruction.opcode == END {
                self.before_end(start, entry, room);
            }
            let opened = self.walk.step(&instruction, self.layout).opened;
            if let (LOOP, Some(opened)) = (instruction.opcode, &opened) {
                self.enter_loop(&instruction, start, charges[opened.region as usize].units);
                continue;
            }
            match self
                .stack
                .added_by(&instruction, defined as u32, self.layout)
            {
                Some(frame) => self.counted_call(&instruction, frame, start),
                None => self.replace(&instruction, start),
            }
            if let Some(opened) = opened {
                self.charge_arm(charges[opened.region as usize], end);
            }
        }
        self.copy_to(self.old.len());
    }

    /// Copies the old bytes before `to` that are not copied yet.
    fn copy_to(&mut self, to: usize) {
        self.note(self.copied);
        self.code.bytes(&self.old[self.copied..to]);
        self.copied = to;
    }

    fn enter_body(&mut self, units: u32, room: Option<i32>) {
        if let Some(room) = room {
            self.code.open(BLOCK).op(GLOBAL_GET, self.indices.depth);
            if let Some(local) = self.depth {
                self.code.op(LOCAL_TEE, local);
            }
            self.code.i32(room).raw(&[I32_GT_S]).op(BR_IF, 0);
        }
        self.code.open(LOOP).open(BLOCK);
        self.charge_or_leave(units, 0);
    }

    fn enter_loop(&mut self, instruction: &Instruction<'_>, start: usize, units: u32) {
        self.copy_and_note(start);
        let instruction = instruction.bytes;
        self.copied += instruction.len();
        if !self.walk.ends_moved_loop() {
            self.code.bytes(instruction);
            self.indices.take(units, &mut self.code);
            self.indices.check(&mut self.code);
            return;
        }
        self.loops.push(units);
        self.code.raw(&[BLOCK]).bytes(&instruction[1..]);
        self.code.open(LOOP).open(BLOCK).bytes(instruction);
        self.charge_or_leave(units, 1);
    }

    /// Charges; leaves by `depth` labels when there is not enough.
    fn charge_or_leave(&mut self, units: u32, depth: u32) {
        self.indices.take(units, &mut self.code);
        self.indices.is_out(&mut self.code);
        self.code.op(BR_IF, depth);
    }

    /// Writes what comes before or instead of an `end` that starts at `start`.
    fn before_end(&mut self, start: usize, entry: u32, room: Option<i32>) {
        if self.walk.ends_moved_loop() {
            let units = self.loops.pop().unwrap_or(0);
            self.copy_to(start);
            // Out of $out and $again, to the end of $done.
            self.code.raw(&[END]).op(BR, 2);
            self.ask_again(units);
        } else if self.walk.ends_body() && entry > 0 {
            self.copy_to(start);
            self.code.raw(&[RETURN]);
            self.ask_again(entry);
            if room.is_some() {
                self.code
                    .raw(&[END])
                    .op(CALL, self.indices.exhausted)
                    .raw(&[UNREACHABLE]);
            }
        }
    }

    /// From the end of $out to that of $again.
    fn ask_again(&mut self, units: u32) {
        self.code
            .raw(&[END])
            .i64(units.into())
            .op(CALL, self.indices.slow)
            .op(BR, 0)
            .raw(&[END, UNREACHABLE]);
    }

    /// Copies the old bytes before the instruction at `start`, which is written anew.
    fn copy_and_note(&mut self, start: usize) {
        self.copy_to(start);
        self.note(start);
    }

    /// Writes an instruction that is not copied as it is.
    fn replace(&mut self, instruction: &Instruction<'_>, start: usize) {
        let (opcode, index) = (instruction.opcode, instruction.index());
        match opcode {
            CALL | REF_FUNC => {
                self.copy_and_note(start);
                self.code.op(opcode, self.indices.function(index));
            }
            BR | BR_IF => {
                self.copy_and_note(start);
                self.code.op(opcode, self.walk.depth(index));
            }
            BR_TABLE => {
                self.copy_and_note(start);
                self.code.op(opcode, index);
                for target in instruction.targets() {
                    leb128::write_u32(&mut self.code.0, self.walk.depth(target));
                }
            }
            MEMORY_FILL => {
                self.copy_and_note(start);
                self.code.op(CALL, self.indices.fill);
            }
            MEMORY_COPY => {
                self.copy_and_note(start);
                self.code.op(CALL, self.indices.copy);
            }
            _ => {
                if let Some(shift) = cost::length_shift(opcode) {
                    self.copy_and_note(start);
                    self.code.i32(shift as i32).op(CALL, self.indices.length);
                }
                return;
            }
        }
        self.copied = start + instruction.bytes.len();
    }

    /// Adds the local for the depth to the declarations of the body, if there may be
    /// one more.
    fn add_local(&mut self, defined: usize, body: &Body<'_>) {
        let own: u32 = body.locals().map(|(count, _)| count).sum();
        let count = self.layout.signature(defined).count + own;
        if count >= MAX_LOCALS {
            return;
        }
        leb128::write_u32(&mut self.code.0, body.groups + 1);
        self.code.bytes(body.declarations()).bytes(&[1, I32]);
        self.copied = body.code;
        self.depth = Some(count);
    }

    /// Writes a call that makes the stack deeper by `frame`.
    fn counted_call(&mut self, instruction: &Instruction<'_>, frame: u32, start: usize) {
        self.copy_to(start);
        let (frame, global) = (frame as i32, self.indices.depth);
        match self.depth {
            Some(local) => self.code.op(LOCAL_GET, local),
            None => self.code.op(GLOBAL_GET, global),
        };
        self.code.i32(frame).raw(&[I32_ADD]).op(GLOBAL_SET, global);
        self.replace(instruction, start);
        self.copy_to(start + instruction.bytes.len());
        match self.depth {
            Some(local) => self.code.op(LOCAL_GET, local),
            None => self.code.op(GLOBAL_GET, global).i32(frame).raw(&[I32_SUB]),
        };
        self.code.op(GLOBAL_SET, global);
    }

    /// Charges an arm that starts at `start`.
    fn charge_arm(&mut self, charge: Charge, start: usize) {
        if charge.units == 0 {
            return;
        }
        self.copy_to(start);
        self.indices.take(charge.units, &mut self.code);
        if charge.checked {
            self.indices.check(&mut self.code);
        }
    }
}
