//! Expressions: each leaves one value on the stack.

use wasm_encoder::{BlockType, ValType};

use super::writer::Writer;

impl Writer<'_> {
    /// A value of a type, at most `depth` operators deep.
    pub fn value(&mut self, ty: ValType, depth: usize) {
        if depth == 0 || self.random.chance(20) {
            return self.leaf(ty);
        }
        match ty {
            ValType::I32 => self.i32(depth - 1),
            ValType::I64 => self.i64(depth - 1),
            _ => self.f64(depth - 1),
        }
    }

    fn leaf(&mut self, ty: ValType) {
        if self.random.chance(75) {
            let local = self.local(ty);
            self.op().local_get(local);
            return;
        }
        let bits = self.random.bits().cast_signed();
        let small = bits >> self.random.between(40, 62);
        let wide = if self.random.chance(50) { bits } else { small };
        match ty {
            ValType::I32 => self.op().i32_const(small as i32),
            ValType::I64 => self.op().i64_const(wide),
            _ => self.op().f64_const((small as f64 / 8.0).into()),
        };
    }

    fn two(&mut self, ty: ValType, depth: usize) {
        self.value(ty, depth);
        self.value(ty, depth);
    }

    fn i32(&mut self, depth: usize) {
        let (i32, i64) = (ValType::I32, ValType::I64);
        match self.random.below(16) {
            0..=1 => {
                self.two(i32, depth);
                self.op().i32_add();
            }
            2 => {
                self.two(i32, depth);
                self.op().i32_sub();
            }
            3 => {
                self.two(i32, depth);
                self.op().i32_mul();
            }
            4 => {
                self.two(i32, depth);
                self.op().i32_xor();
            }
            5 => {
                self.two(i32, depth);
                self.op().i32_shr_u();
            }
            6 => {
                self.value(i32, depth);
                self.value(i32, depth);
                self.op().i32_const(1).i32_or().i32_rem_u();
            }
            7 => {
                self.two(i64, depth);
                self.op().i64_lt_s();
            }
            8 => {
                self.two(i32, depth);
                self.op().i32_ge_u();
            }
            9 => {
                self.value(i64, depth);
                self.op().i32_wrap_i64();
            }
            10 => {
                self.value(i32, depth);
                self.op().i32_popcnt();
            }
            11 => {
                self.address(0x7ff8);
                let at = self.offset();
                self.op().i32_load(at);
            }
            12 => {
                self.op().memory_size(0);
            }
            13 => {
                let scratch = self.layout.scratch;
                self.op().table_size(scratch);
            }
            14 => self.chosen(i32, depth),
            _ => self.block_value(i32, depth),
        }
    }

    fn i64(&mut self, depth: usize) {
        let (i32, i64) = (ValType::I32, ValType::I64);
        match self.random.below(14) {
            0..=1 => {
                self.two(i64, depth);
                self.op().i64_add();
            }
            2 => {
                self.two(i64, depth);
                self.op().i64_mul();
            }
            3 => {
                self.two(i64, depth);
                self.op().i64_xor();
            }
            4 => {
                self.two(i64, depth);
                self.op().i64_shl();
            }
            5 => {
                self.value(i64, depth);
                self.value(i64, depth);
                self.op().i64_const(1).i64_or().i64_div_u();
            }
            6 => {
                self.value(i32, depth);
                self.op().i64_extend_i32_s();
            }
            7 => {
                let acc = self.layout.acc;
                self.op().global_get(acc);
            }
            8 => {
                self.value(ValType::F64, depth);
                self.op().i64_trunc_sat_f64_s();
            }
            9 => {
                self.address(0x7ff8);
                let at = self.offset();
                self.op().i64_load(at);
            }
            10 => {
                let steps = self.layout.steps;
                self.op().global_get(steps).i64_extend_i32_u();
            }
            11 => self.shared_cell(depth),
            12 => self.chosen(i64, depth),
            _ => self.block_value(i64, depth),
        }
    }

    /// The imported global, if there is one, which gets a new value.
    fn shared_cell(&mut self, depth: usize) {
        if !self.layout.shared_globals {
            return self.leaf(ValType::I64);
        }
        self.op().global_get(1);
        self.value(ValType::I64, depth);
        self.op()
            .global_set(1)
            .global_get(0)
            .i64_extend_i32_u()
            .i64_mul();
    }

    /// Doubles that stay finite, so that no NaN ever shows its bits.
    fn f64(&mut self, depth: usize) {
        let f64 = ValType::F64;
        match self.random.below(8) {
            0..=1 => {
                self.value(f64, depth);
                self.value(ValType::I32, depth);
                self.op().f64_convert_i32_s().f64_add();
            }
            2 => {
                self.value(f64, depth);
                self.op().f64_neg();
            }
            3 => {
                self.value(f64, depth);
                self.op().f64_floor();
            }
            4 => {
                self.two(f64, depth);
                self.op().f64_min();
            }
            5 => {
                self.two(f64, depth);
                self.op().f64_copysign();
            }
            6 => {
                self.value(ValType::I64, depth);
                self.op().f64_convert_i64_s();
            }
            _ => self.chosen(f64, depth),
        }
    }

    /// One of two values, by `select` or by `if`.
    fn chosen(&mut self, ty: ValType, depth: usize) {
        if self.random.chance(50) {
            self.two(ty, depth);
            self.value(ValType::I32, 0);
            self.op().select();
            return;
        }
        self.value(ValType::I32, depth);
        self.op().if_(BlockType::Result(ty));
        self.value(ty, depth);
        self.op().else_();
        self.value(ty, depth);
        self.op().end();
    }

    /// A block that a branch leaves with a value.
    fn block_value(&mut self, ty: ValType, depth: usize) {
        self.op().block(BlockType::Result(ty));
        self.value(ty, depth);
        self.value(ValType::I32, 0);
        self.op().br_if(0).drop();
        self.value(ty, depth);
        self.op().end();
    }
}
