//! The body of a function: its statements.

use wasm_encoder::{BlockType, Function, ValType};

use super::layout::{Layout, PASSIVE_BYTES, Plan, TYPES, VOID};
use super::writer::{Label, Writer};
use compute_pipeline_random::Random;

/// Factor of the hash that the global `acc` holds.
const ODD: i64 = 0x2545_f491_4f6c_dd1d;

/// The function of a plan.
pub fn generate(random: &mut Random, layout: &Layout, plan: &Plan) -> Function {
    let (params, results) = TYPES[plan.ty as usize];
    let mut locals = params.to_vec();
    // One local of each type at least, several of most.
    for ty in [ValType::I32, ValType::I64, ValType::F64] {
        let count = random.between(1, 3);
        locals.extend(std::iter::repeat_n(ty, count));
    }
    let left = random.between(2, 14);
    let mut writer = Writer {
        random,
        layout,
        plan,
        locals,
        labels: vec![Label {
            types: results,
            counter: None,
        }],
        loops: 0,
        left,
        calls: 2,
        jumps: 0,
        code: vec![],
    };
    writer.jumps = writer.new_local(ValType::I32);
    writer.whole();
    let declared = writer.locals[params.len()..].iter().map(|ty| (1, *ty));
    let mut function = Function::new(declared);
    function.raw(writer.code);
    function
}

impl Writer<'_> {
    fn whole(&mut self) {
        let results = self.labels[0].types;
        if self.plan.guarded {
            let steps = self.layout.steps;
            self.op()
                .global_get(steps)
                .i32_const(0)
                .i32_le_s()
                .if_(BlockType::Empty);
            self.zeros(results);
            self.op()
                .return_()
                .end()
                .global_get(steps)
                .i32_const(1)
                .i32_sub()
                .global_set(steps);
        }
        let (jumps, times) = (self.jumps, self.random.between(1, 12) as i32);
        self.op().i32_const(times).local_set(jumps);
        for _ in 0..self.plan.straight {
            self.mix_constant();
        }
        while self.left > 0 {
            self.statement();
        }
        match self.random.below(10) {
            // The end of some functions cannot be reached.
            0 => {
                self.values(results);
                self.op().return_().end();
            }
            1 if results.is_empty() => {
                self.op().br(0).end();
            }
            _ => {
                self.values(results);
                self.op().end();
            }
        }
    }

    /// Statements inside a block.
    pub fn statements(&mut self) {
        for _ in 0..self.random.between(1, 4) {
            if self.left > 0 {
                self.statement();
            }
        }
    }

    fn statement(&mut self) {
        self.left -= 1;
        match self.random.below(100) {
            0..=14 => self.assign(),
            15..=24 => self.mix(),
            25..=42 if self.loops < 3 && self.labels.len() < 12 => self.repeat(),
            43..=50 if self.labels.len() < 12 => self.branch(),
            51..=57 if self.labels.len() < 12 => self.block(),
            58..=64 => self.jump(),
            65..=68 => self.jump_by_table(),
            69..=80 => self.call(),
            81..=84 => self.store(),
            85..=90 => self.bulk_memory(),
            91..=95 => self.bulk_table(),
            96 => self.dead_code(),
            97 => self.trap(),
            98 => {
                // A void function that returns early, perhaps.
                let results = self.labels[0].types;
                self.condition();
                self.op().if_(BlockType::Empty);
                self.values(results);
                self.op().return_().end();
            }
            _ => self.mix(),
        }
    }

    fn assign(&mut self) {
        let ty = self.random.pick(&[
            ValType::I32,
            ValType::I32,
            ValType::I64,
            ValType::I64,
            ValType::F64,
        ]);
        self.value(ty, 3);
        let local = self.local(ty);
        self.op().local_set(local);
    }

    /// Mixes a value into the hash that shows what was computed, in order.
    pub fn mix(&mut self) {
        let acc = self.layout.acc;
        self.op().global_get(acc);
        self.value(ValType::I64, 2);
        self.op()
            .i64_xor()
            .i64_const(ODD)
            .i64_mul()
            .i64_const(23)
            .i64_rotl()
            .global_set(acc);
    }

    fn mix_constant(&mut self) {
        let (acc, value) = (self.layout.acc, self.random.bits().cast_signed());
        self.op()
            .global_get(acc)
            .i64_const(value)
            .i64_xor()
            .i64_const(ODD)
            .i64_mul()
            .global_set(acc);
    }

    fn store(&mut self) {
        self.address(0x7ff8);
        let at = self.offset();
        if self.random.chance(50) {
            self.value(ValType::I64, 2);
            self.op().i64_store(at);
        } else {
            self.value(ValType::I32, 2);
            self.op().i32_store(at);
        }
    }

    /// Instructions that are never reached, of types only the validator knows.
    fn dead_code(&mut self) {
        self.op().block(BlockType::Empty);
        self.open(&[], None);
        self.statements();
        self.op().br(0);
        match self.random.below(4) {
            0 => {
                self.op().i32_add().drop();
            }
            1 => {
                let (acc, scratch) = (self.layout.acc, self.layout.scratch);
                self.op().table_fill(scratch).global_set(acc);
            }
            2 => {
                // A loop that nothing enters.
                self.op()
                    .loop_(BlockType::Result(ValType::I64))
                    .br(0)
                    .end()
                    .drop();
            }
            _ => {
                let dispatch = self.layout.dispatch;
                self.op().memory_fill(0).call_indirect(dispatch, VOID);
            }
        }
        self.close();
    }

    /// Something that traps, seldom enough for most programs to go on.
    fn trap(&mut self) {
        self.value(ValType::I32, 1);
        self.op()
            .i32_const(63)
            .i32_and()
            .i32_eqz()
            .if_(BlockType::Empty);
        match self.random.below(6) {
            0 => {
                self.op().unreachable();
            }
            1 => {
                let local = self.local(ValType::I32);
                self.op().local_get(local).i32_const(0).i32_div_u().drop();
            }
            2 => {
                self.op().i32_const(-8);
                let at = self.offset();
                self.op().i64_load(at).drop();
            }
            3 => {
                self.op()
                    .i32_const(0)
                    .i32_const(4)
                    .i32_const(PASSIVE_BYTES as i32)
                    .memory_init(0, 1);
            }
            4 => {
                self.op()
                    .i32_const(i32::MIN)
                    .i32_const(1)
                    .i32_const(-1)
                    .memory_fill(0);
            }
            _ => {
                let dispatch = self.layout.dispatch;
                self.op().i32_const(99).call_indirect(dispatch, VOID);
            }
        }
        self.op().end();
    }
}
