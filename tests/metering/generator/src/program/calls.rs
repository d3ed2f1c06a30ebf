//! Calls of functions: of the program, of the host, and through tables.

use super::layout::{SLOTS, TYPES};
use super::writer::Writer;

impl Writer<'_> {
    pub fn call(&mut self) {
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
}
