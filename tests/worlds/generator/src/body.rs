//! The code of a guest's functions.

use wasm_encoder::{BlockType, Function, InstructionSink, MemArg, ValType};

use crate::guest::{Forward, flat};
use crate::hostile::CHANGES;
use crate::recording::{PARAMS, POSTED, RECORD, RESULT, WHOLE};

/// Bytes that realloc returns, so that what a host does not write is not zero.
const UNWRITTEN: i32 = 0xa5;

// Globals.
const LOG: u32 = 0; // the next record
const REPLAY: u32 = 1; // the next record to replay
const HEAP: u32 = 2; // the end of the heap
// 1 if memory was changed, 2 if an export also returns what it replays and calls nothing.
const TAMPERED: u32 = 3;

/// Where a guest keeps what.
pub struct Layout {
    /// The first record.
    pub log: u32,
    /// What the guest is lent for each call: [`LENT`] bytes each.
    pub lent: u32,
    /// The heap.
    pub heap: u32,
}

/// Bytes for the handles that a guest is lent for a call: how many, and which.
pub const LENT: u32 = 256;

impl Layout {
    /// A layout after `end`, with room for so many calls.
    pub fn new(end: u32, calls: u32) -> Self {
        let log = end.next_multiple_of(16);
        let lent = log + calls * RECORD;
        let heap = lent + calls * LENT;
        Self { log, lent, heap }
    }
}

impl Forward {
    /// The code of the export.
    pub fn body(
        &self,
        index: u32,
        realloc: u32,
        things: u32,
        layout: &Layout,
        replays: bool,
    ) -> Function {
        let params = flat(&self.exported.params);
        let count = params.len() as u32;
        let result = flat(&self.imported.results);
        // The record, the record to replay, the address of the result, the result.
        let (log, from, area, flat_result) = (count, count + 1, count + 2, count + 3);
        let mut locals = vec![(3, ValType::I32)];
        locals.extend(result.iter().map(|ty| (1, *ty)));
        let (made, entry, left) = (
            flat_result + result.len() as u32,
            flat_result + result.len() as u32 + 1,
            flat_result + result.len() as u32 + 2,
        );
        locals.push((3, ValType::I32));
        let (drop, make) = match self.things {
            Some(number) => (things + 2 * number, things + 2 * number + 1),
            None => (0, 0),
        };
        let mut function = Function::new(locals);
        let code = &mut function.instructions();

        code.global_get(LOG).local_tee(log);
        trap_if(code.i32_const(layout.lent.cast_signed()).i32_ge_u());
        code.local_get(log)
            .i32_const(index.cast_signed())
            .i32_store(at(0));
        for (param, ty) in params.iter().enumerate() {
            code.local_get(log).local_get(param as u32);
            store(code, *ty, PARAMS + 8 * param as u32);
        }
        advance(code, LOG);
        if replays {
            code.global_get(REPLAY).local_tee(from).i32_load(at(0));
            trap_if(code.i32_const(index.cast_signed()).i32_ne());
            advance(code, REPLAY);
            // What this call wrote itself may differ from host to host, such as the order of
            // a map. A list that became too long must not hold it.
            code.global_get(TAMPERED).if_(BlockType::Empty);
            code.i32_const(layout.log.cast_signed()).i32_const(0);
            code.memory_size(0).i32_const(16).i32_shl();
            code.i32_const(layout.log.cast_signed()).i32_sub();
            code.memory_fill(0).end();
            code.global_get(TAMPERED).i32_const(2).i32_eq();
            code.if_(BlockType::Empty);
            if let [ty] = flat(&self.exported.results)[..] {
                load(code.local_get(from), ty, RESULT);
            }
            code.return_().end();
        }
        if self.things.is_some() {
            code.call(make).local_set(made);
        }
        for (param, ty) in params.iter().enumerate() {
            if replays {
                load(code.local_get(from), *ty, PARAMS + 8 * param as u32);
            } else {
                code.local_get(param as u32);
            }
        }
        if self.imported.retptr {
            let (size, align) = self.area;
            code.i32_const(0).i32_const(0);
            code.i32_const(align.cast_signed())
                .i32_const(size.cast_signed());
            code.call(realloc).local_tee(area);
        }
        code.call(index);
        if let [ty] = result[..] {
            code.local_set(flat_result);
            store(code.local_get(log).local_get(flat_result), ty, RESULT);
        } else if self.imported.retptr {
            store(code.local_get(log).local_get(area), ValType::I32, RESULT);
        }
        if self.things.is_some() {
            // lent + (log - layout.log) / RECORD * LENT
            code.local_get(log)
                .i32_const(layout.log.cast_signed())
                .i32_sub();
            code.i32_const(RECORD.cast_signed())
                .i32_div_u()
                .i32_const(LENT.cast_signed())
                .i32_mul();
            code.i32_const(layout.lent.cast_signed())
                .i32_add()
                .local_tee(entry);
            code.i32_load(at(0)).local_set(left);
            code.block(BlockType::Empty).loop_(BlockType::Empty);
            code.local_get(left).i32_eqz().br_if(1);
            code.local_get(entry)
                .i32_const(4)
                .i32_add()
                .local_tee(entry);
            code.i32_load(at(0)).call(drop);
            code.local_get(left).i32_const(1).i32_sub().local_set(left);
            code.br(0).end().end();
            code.local_get(made).call(drop);
        }
        if let [ty] = flat(&self.exported.results)[..] {
            load(code.local_get(if replays { from } else { log }), ty, RESULT);
        }
        code.end();
        function
    }
}

/// Adds what it is given to the last record.
pub fn post_return() -> Function {
    let mut function = Function::new([]);
    let code = &mut function.instructions();
    for _ in 0..2 {
        code.global_get(LOG)
            .i32_const(RECORD.cast_signed())
            .i32_sub();
    }
    code.i32_load(at(POSTED))
        .local_get(0)
        .i32_add()
        .i32_store(at(POSTED))
        .end();
    function
}

/// Returns all memory as a list of bytes.
pub fn recording() -> Function {
    let mut function = Function::new([]);
    let code = &mut function.instructions();
    code.i32_const(WHOLE.cast_signed())
        .i32_const(0)
        .i32_store(at(0));
    code.i32_const(WHOLE.cast_signed())
        .global_get(HEAP)
        .i32_store(at(4));
    code.i32_const(WHOLE.cast_signed()).end();
    function
}

/// Chooses what the next call replays, and whether that is its result only, and changes
/// what lies at some addresses.
pub fn tamper(first: u32) -> Function {
    let (call, returns) = (0, 1);
    let mut function = Function::new([]);
    let code = &mut function.instructions();
    code.local_get(call)
        .i32_const(RECORD.cast_signed())
        .i32_mul()
        .i32_const(first.cast_signed())
        .i32_add()
        .global_set(REPLAY);
    code.local_get(returns)
        .i32_const(1)
        .i32_add()
        .global_set(TAMPERED);
    for change in 0..CHANGES as u32 {
        code.local_get(2 + 2 * change)
            .local_get(3 + 2 * change)
            .i32_store(at(0));
    }
    code.end();
    function
}

/// Allocates and never frees. An address is aligned as asked and not more, so that
/// an alignment that is too small shows.
pub fn realloc() -> Function {
    let (old, old_size, align, size, address) = (0, 1, 2, 3, 4);
    let mut function = Function::new([(1, ValType::I32)]);
    let code = &mut function.instructions();
    // (heap + align - 1) & -align
    code.global_get(HEAP)
        .local_get(align)
        .i32_add()
        .i32_const(1)
        .i32_sub();
    code.i32_const(0)
        .local_get(align)
        .i32_sub()
        .i32_and()
        .local_tee(address);
    // An even multiple of the alignment becomes an odd one.
    code.local_get(align)
        .local_get(address)
        .local_get(align)
        .i32_and()
        .i32_sub();
    code.i32_add().local_tee(address);
    code.local_get(size).i32_add().global_set(HEAP);
    // Grow to at least a page more than the heap.
    code.global_get(HEAP)
        .i32_const(16)
        .i32_shr_u()
        .i32_const(2)
        .i32_add();
    code.memory_size(0).i32_gt_u().if_(BlockType::Empty);
    code.global_get(HEAP)
        .i32_const(16)
        .i32_shr_u()
        .i32_const(2)
        .i32_add();
    code.memory_size(0).i32_sub().memory_grow(0);
    trap_if(code.i32_const(-1).i32_eq());
    code.end();
    code.local_get(address)
        .i32_const(UNWRITTEN)
        .local_get(size)
        .memory_fill(0);
    code.local_get(address)
        .local_get(old)
        .local_get(old_size)
        .local_get(size);
    code.local_get(old_size)
        .local_get(size)
        .i32_lt_u()
        .select()
        .memory_copy(0, 0);
    code.local_get(address).end();
    function
}

fn trap_if(code: &mut InstructionSink<'_>) {
    code.if_(BlockType::Empty).unreachable().end();
}

fn advance(code: &mut InstructionSink<'_>, global: u32) {
    code.global_get(global)
        .i32_const(RECORD.cast_signed())
        .i32_add()
        .global_set(global);
}

fn store(code: &mut InstructionSink<'_>, ty: ValType, offset: u32) {
    match ty {
        ValType::I64 => code.i64_store(at(offset)),
        ValType::F32 => code.f32_store(at(offset)),
        ValType::F64 => code.f64_store(at(offset)),
        _ => code.i32_store(at(offset)),
    };
}

fn load(code: &mut InstructionSink<'_>, ty: ValType, offset: u32) {
    match ty {
        ValType::I64 => code.i64_load(at(offset)),
        ValType::F32 => code.f32_load(at(offset)),
        ValType::F64 => code.f64_load(at(offset)),
        _ => code.i32_load(at(offset)),
    };
}

fn at(offset: u32) -> MemArg {
    MemArg {
        offset: u64::from(offset),
        align: 0,
        memory_index: 0,
    }
}
