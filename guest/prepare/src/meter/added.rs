//! The functions that metering adds.
//!
//! `refuel` is imported. The others stand behind the module's own, so that of
//! all indices only those of functions with a body move, by one.

use super::STACK_EXHAUSTED;
use super::analysis::Uses;
use super::cost::BYTES_SHIFT;
use super::layout::Layout;
use crate::code::Code;
use crate::opcode::*;

/// So many bytes are filled or copied between two checks: some 10 us.
const CHUNK: i32 = 1 << 16;

/// A function that is added.
pub(super) struct Added {
    /// What stack traces call it, after the reserved prefix.
    pub name: &'static str,
    /// Its index in the rewritten module.
    pub index: u32,
    /// Parameters and results, as the binary format has them in a type.
    pub ty: &'static [u8],
    /// Declarations of locals, and instructions with the final `end`.
    pub body: Vec<u8>,
}

/// What rewritten code refers to.
pub(super) struct Indices {
    /// How many functions were imported: those from here on move by one.
    pub imported: u32,
    /// The global that holds what fuel is left.
    pub fuel: u32,
    /// The global that holds how deep the stack is.
    pub depth: u32,
    /// `refuel`, which takes the place of the first function with a body.
    pub refuel: u32,
    /// `slow(c: i64)`: gives `c` back and asks for fuel until there is that
    /// much.
    pub slow: u32,
    /// `length(n: i32, shift: i32) -> i32`: charges `n >> shift`, returns `n`.
    pub length: u32,
    /// `memory.fill` in chunks.
    pub fill: u32,
    /// `memory.copy` in chunks.
    pub copy: u32,
    /// `exhausted()`: traps.
    pub exhausted: u32,
}

/// Parameters and results of `refuel`: none, an i64.
pub(super) const REFUEL_TYPE: &[u8] = &[0, 1, I64];

impl Indices {
    /// Functions that `uses` does not ask for have no index, and none is used.
    pub(super) fn new(layout: &Layout, uses: Uses) -> Self {
        let mut next = layout.functions.len() as u32 + 1;
        let mut take = |used: bool| {
            let index = next;
            next += u32::from(used);
            index
        };
        Indices {
            imported: layout.imported,
            fuel: layout.module.globals.len() as u32,
            depth: layout.module.globals.len() as u32 + 1,
            refuel: layout.imported,
            slow: take(true),
            length: take(uses.length),
            fill: take(uses.fill),
            copy: take(uses.copy),
            exhausted: take(uses.depth),
        }
    }

    /// Where a function of the module went.
    pub(super) fn function(&self, index: u32) -> u32 {
        index + u32::from(index >= self.imported)
    }

    /// The added functions, in the order of their indices.
    pub(super) fn added(&self, uses: Uses) -> Vec<Added> {
        const BULK_TYPE: &[u8] = &[3, I32, I32, I32, 0];
        let exhausted = || vec![0, UNREACHABLE as u8, END as u8];
        let mut list = vec![];
        let mut add = |used: bool, name, index, ty, body: &dyn Fn() -> Vec<u8>| {
            if used {
                list.push(Added {
                    name,
                    index,
                    ty,
                    body: body(),
                });
            }
        };
        add(true, "slow", self.slow, &[1, I64, 0], &|| self.slow_body());
        let ty = &[2, I32, I32, 1, I32];
        add(uses.length, "length", self.length, ty, &|| {
            self.length_body()
        });
        add(uses.fill, "fill", self.fill, BULK_TYPE, &|| {
            self.fill_body()
        });
        add(uses.copy, "copy", self.copy, BULK_TYPE, &|| {
            self.copy_body()
        });
        add(
            uses.depth,
            STACK_EXHAUSTED,
            self.exhausted,
            &[0, 0],
            &exhausted,
        );
        list
    }

    /// Takes `units` from the fuel.
    pub(super) fn take(&self, units: u32, code: &mut Code) {
        code.op(GLOBAL_GET, self.fuel)
            .i64(units.into())
            .raw(&[I64_SUB])
            .op(GLOBAL_SET, self.fuel);
    }

    /// Whether less than no fuel is left.
    pub(super) fn is_out(&self, code: &mut Code) {
        code.op(GLOBAL_GET, self.fuel).i64(0).raw(&[I64_LT_S]);
    }

    /// Asks for more fuel when less than none is left, then goes on.
    pub(super) fn check(&self, code: &mut Code) {
        self.is_out(code);
        // Nothing is given back, since nothing is charged again.
        code.open(IF).i64(0).op(CALL, self.slow).raw(&[END]);
    }

    /// The charge is given back first, because the caller charges again: were
    /// it not, a charge above what `refuel` gives would never be met.
    fn slow_body(&self) -> Vec<u8> {
        let mut code = Code(vec![0]);
        code.op(GLOBAL_GET, self.fuel)
            .op(LOCAL_GET, 0)
            .raw(&[I64_ADD])
            .op(GLOBAL_SET, self.fuel)
            .open(LOOP)
            .op(CALL, self.refuel)
            .op(GLOBAL_GET, self.fuel)
            .raw(&[I64_ADD])
            .op(GLOBAL_SET, self.fuel)
            .op(GLOBAL_GET, self.fuel)
            .op(LOCAL_GET, 0)
            .raw(&[I64_LT_S])
            .op(BR_IF, 0)
            .raw(&[END, END]);
        code.0
    }

    fn length_body(&self) -> Vec<u8> {
        let mut code = Code(vec![0]);
        code.op(GLOBAL_GET, self.fuel)
            .op(LOCAL_GET, 0)
            .op(LOCAL_GET, 1)
            .raw(&[I32_SHR_U, I64_EXTEND_I32_U, I64_SUB])
            .op(GLOBAL_SET, self.fuel);
        self.check(&mut code);
        code.op(LOCAL_GET, 0).raw(&[END]);
        code.0
    }

    /// Charges the bytes that local 2 counts.
    fn take_bytes(&self, code: &mut Code) {
        code.op(GLOBAL_GET, self.fuel)
            .op(LOCAL_GET, 2)
            .i32(BYTES_SHIFT as i32)
            .raw(&[I32_SHR_U, I64_EXTEND_I32_U, I64_SUB])
            .op(GLOBAL_SET, self.fuel);
        self.check(code);
    }

    /// An instruction on as many bytes as local 2 says, done in chunks. `places` are the
    /// locals with addresses; `all` writes the instruction for all three operands, and
    /// `chunk` what does one chunk and takes it from the operands.
    fn bulk_body(&self, places: &[u32], all: fn(&mut Code), chunk: fn(&mut Code)) -> Vec<u8> {
        let whole = |code: &mut Code| {
            all(code.op(LOCAL_GET, 0).op(LOCAL_GET, 1).op(LOCAL_GET, 2));
        };
        let mut code = Code(vec![0]);
        code.open(LOOP);
        if_above_chunk(&mut code);
        if_outside(places, &mut code);
        whole(&mut code);
        code.raw(&[RETURN, END]);
        self.take((CHUNK as u32) >> BYTES_SHIFT, &mut code);
        self.check(&mut code);
        chunk(&mut code);
        code.op(BR, 1).raw(&[END, END]);
        self.take_bytes(&mut code);
        whole(&mut code);
        code.raw(&[END]);
        code.0
    }

    /// `to`, `value`, `length` are locals 0, 1, 2.
    fn fill_body(&self) -> Vec<u8> {
        let fill = |code: &mut Code| {
            code.op(MEMORY_FILL, 0);
        };
        self.bulk_body(&[0], fill, |code| {
            code.op(LOCAL_GET, 0).op(LOCAL_GET, 1);
            code.i32(CHUNK).op(MEMORY_FILL, 0);
            forward(0, code);
            shorten(code);
        })
    }

    /// `to`, `from`, `length` are locals 0, 1, 2. When the places overlap and
    /// `to` is the higher one, the end is copied first, as `memory.copy` does.
    fn copy_body(&self) -> Vec<u8> {
        let copy = |code: &mut Code| {
            code.memory_copy();
        };
        self.bulk_body(&[0, 1], copy, |code| {
            code.op(LOCAL_GET, 0).op(LOCAL_GET, 1);
            code.raw(&[I32_GT_U]).open(IF);
            shorten(code);
            for place in [0, 1] {
                code.op(LOCAL_GET, place).op(LOCAL_GET, 2).raw(&[I32_ADD]);
            }
            code.i32(CHUNK).memory_copy().raw(&[ELSE]);
            code.op(LOCAL_GET, 0).op(LOCAL_GET, 1);
            code.i32(CHUNK).memory_copy();
            forward(0, code);
            forward(1, code);
            shorten(code);
            code.raw(&[END]);
        })
    }
}

/// Opens an `if` for a length above that of a chunk.
fn if_above_chunk(code: &mut Code) {
    code.op(LOCAL_GET, 2).i32(CHUNK).raw(&[I32_GT_U]).open(IF);
}

/// Opens an `if` for a place that, with the length, ends outside of the memory:
/// then the whole instruction traps, and must have changed nothing before.
fn if_outside(places: &[u32], code: &mut Code) {
    for (i, &place) in places.iter().enumerate() {
        code.op(LOCAL_GET, place)
            .raw(&[I64_EXTEND_I32_U])
            .op(LOCAL_GET, 2)
            .raw(&[I64_EXTEND_I32_U, I64_ADD])
            .op(MEMORY_SIZE, 0)
            .raw(&[I64_EXTEND_I32_U])
            .i64(16)
            .raw(&[I64_SHL, I64_GT_U]);
        if i > 0 {
            code.raw(&[I32_OR]);
        }
    }
    code.open(IF);
}

/// Moves a place behind the chunk.
fn forward(place: u32, code: &mut Code) {
    code.op(LOCAL_GET, place)
        .i32(CHUNK)
        .raw(&[I32_ADD])
        .op(LOCAL_SET, place);
}

/// Takes a chunk from the length.
fn shorten(code: &mut Code) {
    code.op(LOCAL_GET, 2)
        .i32(CHUNK)
        .raw(&[I32_SUB])
        .op(LOCAL_SET, 2);
}
