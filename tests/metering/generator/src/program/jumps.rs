//! Blocks, and jumps between them.

use wasm_encoder::{BlockType, ValType};

use super::layout::TYPES;
use super::writer::Writer;

impl Writer<'_> {
    pub fn branch(&mut self) {
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
    pub fn block(&mut self) {
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
    pub fn jump(&mut self) {
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
    pub fn jump_by_table(&mut self) {
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
}
