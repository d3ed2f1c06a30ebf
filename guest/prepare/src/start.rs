//! Bounds the cost of starting an instance, and checks that it can start at all.
//!
//! Before the first metered instruction of an instance wazero creates its tables,
//! globals and memory, copies the segments into them and resolves each import and export.
//! Nothing can stop that, so the number of each in a module is bounded.

use wasmparser::ConstExpr;

use crate::Error;
use crate::instruction::Instructions;
use crate::module::Module;
use crate::opcode::I32_CONST;

/// How many elements, segments, globals, imports and exports a module may have together.
/// wazero takes 30 to 110 ns for each when an instance starts, 5 ms for so many,
/// and up to 100 bytes of the host's memory. (Besides, data takes 0.2 to 0.7 ms a
/// MiB, and is bounded by the size of the module; tables are bounded in
/// [`tables`](crate::tables).)
pub const MAX_STEPS: u64 = 1 << 16;

/// Refuses a module whose instances would take too long to start.
pub(crate) fn check(module: &Module<'_>) -> Result<(), Error> {
    let parts = [
        module.elements,
        u64::from(module.element_segments),
        u64::from(module.data_segments),
        module.globals.len() as u64,
        module.imports.len() as u64,
        module.exports.len() as u64,
    ];
    let steps = parts
        .iter()
        .fold(0u64, |sum, part| sum.saturating_add(*part));
    match steps > MAX_STEPS {
        true => Err(Error::Limit {
            name: "start",
            max: MAX_STEPS,
            message: format!(
                "its instances would take too long to start: its elements, segments, globals, \
                 imports and exports are {steps} together; at most {MAX_STEPS} are allowed"
            ),
        }),
        false => Ok(()),
    }
}

/// An active segment that ends outside of its table or memory, so that each
/// instance would trap when it starts. (wazero leaves out such a segment of
/// elements, and all after it, without a word.)
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Outside {
    /// Whether it is a segment of data.
    pub is_data: bool,
    /// Its number.
    pub segment: u32,
    /// Where it ends.
    pub end: u64,
    /// How many entries or bytes there are.
    pub size: u64,
}

impl Outside {
    /// What is wrong, as a sentence.
    pub fn text(&self) -> String {
        let Outside {
            segment, end, size, ..
        } = self;
        match self.is_data {
            true => format!(
                "its data segment {segment} ends at byte {end} of a memory that starts with {size}, \
                 so no instance can start"
            ),
            false => format!(
                "its element segment {segment} ends at entry {end} of a table that starts with \
                 {size}, so no instance can start"
            ),
        }
    }
}

/// Where a segment of the given length ends. `None` for an offset that is no
/// number: that of a global, which can only be an imported one, and no import of
/// a global is ever granted.
pub(crate) fn end(offset: &ConstExpr<'_>, wasm: &[u8], length: u64) -> Option<u64> {
    let (_, first) = Instructions::of(offset, wasm).next()?;
    (first.opcode == I32_CONST).then(|| u64::from(first.constant() as u32) + length)
}
