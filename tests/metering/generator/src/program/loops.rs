//! Loops, in the shapes compilers give them and some they do not.

use wasm_encoder::{BlockType, ValType};

use super::layout::TYPES;
use super::writer::Writer;

impl Writer<'_> {
    /// A loop, repeated a computed number of times, or never.
    pub fn repeat(&mut self) {
        let counter = self.new_local(ValType::I32);
        let mask = self.random.pick(&[0, 1, 3, 7, 7, 15]);
        self.value(ValType::I32, 1);
        self.op().i32_const(mask).i32_and().local_set(counter);
        self.loops += 1;
        match self.random.below(9) {
            0 => self.tested_last(counter),
            1 => self.tested_first(counter),
            2 => self.tested_by_table(counter),
            3 => self.left_by_return(counter),
            4 => self.ends_unreachable(counter),
            5 => self.continued(counter),
            // With parameters and results.
            _ => self.typed(counter),
        }
        self.loops -= 1;
    }

    fn begin(&mut self, counter: u32) {
        self.op().loop_(BlockType::Empty);
        self.open(&[], Some(counter));
    }

    /// `do … while`.
    fn tested_last(&mut self, counter: u32) {
        self.begin(counter);
        self.statements();
        self.count_down(counter);
        self.op().br_if(0);
        self.close();
    }

    /// `while`: the loop is left to a block around it.
    fn tested_first(&mut self, counter: u32) {
        self.op().block(BlockType::Empty);
        self.open(&[], None);
        self.begin(counter);
        self.count_down(counter);
        self.op().i32_eqz().br_if(1);
        self.statements();
        self.op().br(0);
        self.close();
        self.close();
    }

    /// A br_table goes back or out.
    fn tested_by_table(&mut self, counter: u32) {
        self.op().block(BlockType::Empty);
        self.open(&[], None);
        self.begin(counter);
        self.statements();
        self.count_down(counter);
        if self.random.chance(50) {
            self.op().br_table([1, 0], 1);
        } else {
            self.op().i32_eqz().br_table([0], 1);
        }
        self.close();
        self.close();
    }

    /// The loop is left by returning from the function, in an `if` that may
    /// never be entered.
    fn left_by_return(&mut self, counter: u32) {
        let results = self.labels[0].types;
        self.value(ValType::I32, 1);
        self.op()
            .i32_const(3)
            .i32_and()
            .i32_eqz()
            .if_(BlockType::Empty);
        self.open(&[], None);
        self.begin(counter);
        self.statements();
        self.count_down(counter);
        self.op().br_if(0);
        self.values(results);
        self.op().return_();
        self.close();
        self.close();
    }

    /// The end of the loop is never reached: it goes on or out.
    fn ends_unreachable(&mut self, counter: u32) {
        self.op().block(BlockType::Empty);
        self.open(&[], None);
        self.op().loop_(BlockType::Result(ValType::I64));
        self.open(&[], Some(counter));
        self.statements();
        self.count_down(counter);
        self.op().if_(BlockType::Empty).br(1).end().br(1);
        self.close();
        self.op().drop();
        self.close();
    }

    /// `continue` from further in, before the end of the loop.
    fn continued(&mut self, counter: u32) {
        self.begin(counter);
        self.statements();
        self.condition();
        self.op().if_(BlockType::Empty);
        self.open(&[], None);
        self.count_down(counter);
        self.op().br_if(1);
        self.statements();
        self.close();
        self.statements();
        self.count_down(counter);
        self.op().br_if(0);
        self.close();
    }

    /// A loop of any type: a branch back takes its parameters along.
    fn typed(&mut self, counter: u32) {
        let ty = self.random.below(TYPES.len());
        let (params, results) = TYPES[ty];
        self.values(params);
        match (params, results) {
            ([], []) => self.op().loop_(BlockType::Empty),
            ([], [result]) => self.op().loop_(BlockType::Result(*result)),
            _ => self.op().loop_(BlockType::FunctionType(ty as u32)),
        };
        self.open(params, Some(counter));
        self.settle(params);
        self.statements();
        self.values(params);
        self.count_down(counter);
        self.op().br_if(0);
        self.settle(params);
        self.values(results);
        self.close();
        self.settle(results);
    }
}
