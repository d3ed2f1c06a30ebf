//! The body of a function: statements, and jumps between them.

use wasm_encoder::{BlockType, Function, InstructionSink, MemArg, MemArgTarget, ValType};

use super::layout::{Layout, PASSIVE_BYTES, Plan, SLOTS, TYPES, VOID};
use compute_pipeline_random::Random;

/// Factor of the hash that the global `acc` holds.
const ODD: i64 = 0x2545_f491_4f6c_dd1d;

/// A block, loop or if around the code being written.
pub struct Label {
    /// Types of the values a branch to it takes along.
    pub types: &'static [ValType],
    /// Of a loop: the local that says how often it may still be repeated.
    pub counter: Option<u32>,
}

/// A function while it is written.
pub struct Writer<'a> {
    pub random: &'a mut Random,
    pub layout: &'a Layout,
    pub plan: &'a Plan,
    /// Types of the locals, parameters first.
    pub locals: Vec<ValType>,
    /// The labels around the code being written, the function's own first.
    pub labels: Vec<Label>,
    /// Loops around the code being written.
    pub loops: usize,
    /// Statements still to be written.
    pub left: usize,
    /// Calls an unguarded function may still have.
    calls: usize,
    /// The local that says how many jumps by table may still be made.
    jumps: u32,
    code: Vec<u8>,
}

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
    pub fn op(&mut self) -> InstructionSink<'_> {
        InstructionSink::new(&mut self.code)
    }

    pub fn new_local(&mut self, ty: ValType) -> u32 {
        self.locals.push(ty);
        self.locals.len() as u32 - 1
    }

    /// A local of a type. Counters, which come last, are never among them.
    pub fn local(&mut self, ty: ValType) -> u32 {
        let fitting: Vec<u32> = (0..self.jumps.max(1))
            .filter(|index| self.locals[*index as usize] == ty)
            .collect();
        self.random.pick(&fitting)
    }

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

    /// A condition: an i32 that is as often zero as not.
    pub fn condition(&mut self) {
        self.value(ValType::I32, 2);
        self.op().i32_const(1).i32_and();
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

    /// An address whose bits are in the mask.
    pub fn address(&mut self, mask: i32) {
        self.value(ValType::I32, 1);
        self.op().i32_const(mask).i32_and();
    }

    pub fn offset(&mut self) -> MemArg {
        MemArg {
            offset: self.random.below(64) as u64,
            align: 0,
            target: MemArgTarget::Memory(0),
            ordering: None,
        }
    }

    /// Opens a label. [`Writer::close`] writes its end.
    pub fn open(&mut self, types: &'static [ValType], counter: Option<u32>) {
        self.labels.push(Label { types, counter });
    }

    pub fn close(&mut self) {
        self.labels.pop();
        self.op().end();
    }

    fn branch(&mut self) {
        if self.random.chance(40) {
            // With a parameter and a result.
            self.value(ValType::I64, 2);
            self.condition();
            let (_, results) = TYPES[2];
            self.op().if_(BlockType::FunctionType(2));
            self.open(results, None);
            let local = self.local(ValType::I64);
            self.op().local_set(local);
            self.statements();
            self.value(ValType::I64, 1);
            self.op().else_();
            self.statements();
            self.close();
            let local = self.local(ValType::I64);
            self.op().local_set(local);
            return;
        }
        self.condition();
        self.op().if_(BlockType::Empty);
        self.open(&[], None);
        self.statements();
        if self.random.chance(50) {
            self.op().else_();
            self.statements();
        }
        self.close();
    }

    /// A block of any type.
    fn block(&mut self) {
        let ty = self.random.below(TYPES.len());
        let (params, results) = TYPES[ty];
        self.values(params);
        self.op().block(BlockType::FunctionType(ty as u32));
        self.open(results, None);
        self.settle(params);
        self.statements();
        self.values(results);
        self.close();
        self.settle(results);
    }

    /// A branch to any label, forwards or back, if a condition holds.
    fn jump(&mut self) {
        let depth = self.random.below(self.labels.len());
        let label = &self.labels[self.labels.len() - 1 - depth];
        let (types, counter) = (label.types, label.counter);
        self.values(types);
        match counter {
            Some(counter) => self.count_down(counter),
            None => self.condition(),
        }
        if self.random.chance(70) {
            self.op().br_if(depth as u32);
            self.settle(types);
            return;
        }
        // The same with br, from one label further in.
        self.op().if_(BlockType::Empty);
        self.values(types);
        self.op().br(depth as u32 + 1).end();
        self.settle(types);
    }

    /// Leaves whether the counter is positive after it was made one smaller.
    pub fn count_down(&mut self, counter: u32) {
        self.op()
            .local_get(counter)
            .i32_const(1)
            .i32_sub()
            .local_tee(counter)
            .i32_const(0)
            .i32_gt_s();
    }

    /// A br_table to any labels that take the same values. Loops among them
    /// are repeated as long as there are jumps left.
    fn jump_by_table(&mut self) {
        let types = self.random.pick(&[&[] as &[ValType], &[], &[ValType::I64]]);
        let fitting: Vec<u32> = (0..self.labels.len())
            .filter(|depth| self.labels[self.labels.len() - 1 - depth].types == types)
            .map(|depth| depth as u32)
            .collect();
        if fitting.is_empty() {
            return self.mix();
        }
        let jumps = self.jumps;
        self.count_down(jumps);
        self.op().if_(BlockType::Empty);
        let targets: Vec<u32> = (0..self.random.between(0, 6))
            .map(|_| self.random.pick(&fitting) + 1)
            .collect();
        let default = self.random.pick(&fitting) + 1;
        self.values(types);
        self.value(ValType::I32, 2);
        self.op().i32_const(7).i32_and().br_table(targets, default);
        self.op().end();
    }

    fn call(&mut self) {
        if self.plan.leaf {
            return self.mix();
        }
        if !self.plan.guarded {
            return self.call_unguarded();
        }
        let imports = self.layout.imports.len();
        match self.random.below(10) {
            0..=1 if imports > 0 => {
                let index = self.random.below(imports);
                let host = self.layout.imports[index];
                self.values(host.params);
                self.op().call(index as u32);
                self.settle(host.results);
            }
            2..=5 => self.call_indirect(),
            // Itself.
            6 => self.call_function(self.plan.index),
            _ => {
                let target = self.random.below(self.layout.plans.len());
                let target = &self.layout.plans[target];
                if target.guarded || self.loops < 2 {
                    self.call_function(target.index);
                }
            }
        }
    }

    fn call_unguarded(&mut self) {
        let later: Vec<u32> = self
            .layout
            .plans
            .iter()
            .filter(|plan| !plan.guarded && plan.index > self.plan.index)
            .map(|plan| plan.index)
            .collect();
        if later.is_empty() || self.calls == 0 || self.loops > 1 {
            return self.mix();
        }
        self.calls -= 1;
        let target = self.random.pick(&later);
        self.call_function(target);
    }

    fn type_of(&self, function: u32) -> u32 {
        self.layout.plans[function as usize - self.layout.imports.len()].ty
    }

    fn call_function(&mut self, function: u32) {
        let (params, results) = TYPES[self.type_of(function) as usize];
        self.values(params);
        self.op().call(function);
        self.settle(results);
    }

    /// Calls through the table, mostly a slot of the right type.
    fn call_indirect(&mut self) {
        let slot = self.random.below(SLOTS);
        let function = self.layout.slots[slot];
        let plan = &self.layout.plans[function as usize - self.layout.imports.len()];
        if !plan.guarded && self.loops > 1 {
            return self.mix();
        }
        let ty = plan.ty;
        let (params, results) = TYPES[ty as usize];
        let same: Vec<usize> = (0..SLOTS)
            .filter(|other| self.type_of(self.layout.slots[*other]) == ty)
            .collect();
        self.values(params);
        match self.random.below(30) {
            // Perhaps another type.
            0 => self.address(15),
            1 => {
                // From the other table, where null is likely.
                let dispatch = self.layout.dispatch;
                let scratch = self.layout.scratch;
                self.op()
                    .i32_const(3)
                    .i32_const(slot as i32)
                    .table_get(dispatch)
                    .table_set(scratch);
                self.op().i32_const(3).call_indirect(scratch, ty);
                return self.settle(results);
            }
            _ => {
                let (one, other) = (self.random.pick(&same), self.random.pick(&same));
                self.op().i32_const(one as i32).i32_const(other as i32);
                self.condition();
                self.op().select();
            }
        }
        let dispatch = self.layout.dispatch;
        self.op().call_indirect(dispatch, ty);
        self.settle(results);
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

    /// Zeros of types.
    fn zeros(&mut self, types: &[ValType]) {
        for ty in types {
            match ty {
                ValType::I32 => self.op().i32_const(0),
                ValType::I64 => self.op().i64_const(0),
                _ => self.op().f64_const(0.0.into()),
            };
        }
    }

    /// Values of types, for a call, a branch or the end of a block.
    pub fn values(&mut self, types: &[ValType]) {
        for ty in types {
            self.value(*ty, 2);
        }
    }

    /// Puts the values on top of the stack, of these types, into locals.
    pub fn settle(&mut self, types: &[ValType]) {
        for ty in types.iter().rev() {
            let local = self.local(*ty);
            self.op().local_set(local);
        }
    }
}
