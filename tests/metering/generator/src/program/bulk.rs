//! Operations on stretches of memory and tables, of computed lengths.

use wasm_encoder::{BlockType, HeapType, ValType};

use super::layout::{PASSIVE_BYTES, PASSIVE_ELEMENTS};
use super::writer::Writer;

/// Start and length of a stretch, as masks: both of it fit in one page.
const WITHIN: i32 = 0x7fff;
/// A length that with [`WITHIN`] fits in three pages.
const LONG: i32 = 0x1_ffff;

impl Writer<'_> {
    pub fn bulk_memory(&mut self) {
        // Once in a while beyond the end.
        let (within, most) = match (self.random.chance(3), self.layout.pages) {
            (true, _) => (LONG, LONG),
            (false, 1) => (WITHIN, WITHIN),
            _ => (WITHIN, LONG),
        };
        let length = self.random.pick(&[0, 15, 255, 4095, most, most]);
        match self.random.below(8) {
            0..=2 => {
                self.address(within);
                self.value(ValType::I32, 1);
                self.address(length);
                self.op().memory_fill(0);
            }
            3..=4 => {
                self.address(within);
                self.address(within);
                self.address(length);
                self.op().memory_copy(0, 0);
            }
            5 => {
                self.address(within);
                self.address(255);
                self.address((PASSIVE_BYTES - 256).next_power_of_two() as i32 / 2 - 1);
                self.op().memory_init(0, 1);
            }
            6 if self.random.chance(10) => {
                self.op().data_drop(1);
            }
            _ => {
                let local = self.local(ValType::I32);
                self.op().i32_const(1);
                let grown = self.random.chance(30);
                if !grown {
                    self.op().drop().i32_const(0);
                }
                self.op().memory_grow(0).local_set(local);
            }
        }
    }

    pub fn bulk_table(&mut self) {
        let (scratch, dispatch) = (self.layout.scratch, self.layout.dispatch);
        let within = if self.random.chance(3) { 15 } else { 3 };
        match self.random.below(9) {
            0..=1 => {
                self.address(within);
                self.reference();
                self.address(within);
                self.op().table_fill(scratch);
            }
            2..=3 => {
                self.address(within);
                self.address(within);
                self.address(within);
                let from = if self.random.chance(50) {
                    scratch
                } else {
                    dispatch
                };
                self.op().table_copy(scratch, from);
            }
            4 => {
                self.address(within);
                self.address(within);
                self.address(PASSIVE_ELEMENTS.next_power_of_two() as i32 / 4 - 1);
                self.op().table_init(scratch, 1);
            }
            5 => {
                self.reference();
                self.address(1);
                let local = self.local(ValType::I32);
                self.op().table_grow(scratch).local_set(local);
            }
            6 if self.random.chance(10) => {
                self.op().elem_drop(1);
            }
            7 => {
                self.address(within);
                self.reference();
                self.op().table_set(scratch);
            }
            _ => {
                self.address(within);
                self.op()
                    .table_get(scratch)
                    .ref_is_null()
                    .if_(BlockType::Empty);
                self.open(&[], None);
                self.mix();
                self.close();
            }
        }
    }

    /// A reference to a function, or none.
    fn reference(&mut self) {
        match self.random.below(3) {
            0 => {
                let function = self.random.below(self.layout.plans.len());
                let function = self.layout.plans[function].index;
                self.op().ref_func(function);
            }
            1 => {
                let reference = self.layout.reference;
                self.op().global_get(reference);
            }
            _ => {
                self.op().ref_null(HeapType::FUNC);
            }
        }
    }
}
