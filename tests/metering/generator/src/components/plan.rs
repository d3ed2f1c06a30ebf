//! Which part has what.

use compute_pipeline_random::Random;
use wasm_encoder::reencode;

use super::part::{self, Part};
use super::whole::Whole;

/// The first part: a function for each function of the module, which calls it through a
/// table.
pub const TRAMPOLINES: usize = 0;
/// The first part that may have tables, memory and globals.
pub const STATE: usize = 1;
/// The first part that has functions and segments, and the last that has state.
pub const CODE: usize = 2;
/// The last of these.
pub const LAST: usize = 4;
/// The part that is instantiated last: it fills the table of [`TRAMPOLINES`] and starts
/// the module.
pub const FIXUP: usize = 5;

pub struct Plan<'w, 'a> {
    pub whole: &'w Whole<'a>,
    /// The part that each thing is in.
    pub functions: Vec<usize>,
    pub tables: Vec<usize>,
    pub memory: usize,
    pub globals: Vec<usize>,
    /// Ascending: the order of segments stays.
    pub elements: Vec<usize>,
    pub data: Vec<usize>,
    /// The parts that have a start function of their own.
    pub starts: Vec<usize>,
    /// The value of a global that some offsets begin with.
    pub base: i32,
}

impl<'w, 'a> Plan<'w, 'a> {
    pub fn new(whole: &'w Whole<'a>, random: &mut Random) -> Self {
        let uses: Vec<bool> = (0..whole.functions.len())
            // A module that cannot be read is refused with its first body.
            .map(|function| whole.uses_segments(function).unwrap_or_default())
            .collect();
        // An index of a segment means nothing in another part.
        let together = uses.contains(&true).then(|| random.between(CODE, LAST));
        let mut ascending = |count: usize| {
            let mut parts: Vec<_> = (0..count).map(|_| random.between(CODE, LAST)).collect();
            parts.sort_unstable();
            match together {
                Some(part) => vec![part; count],
                None => parts,
            }
        };
        let (elements, data) = (ascending(whole.elements.len()), ascending(whole.data.len()));
        let functions = uses.iter().map(|&uses| match together {
            Some(part) if uses => part,
            _ => random.between(CODE, LAST),
        });
        let functions = functions.collect();
        let mut state = |count: usize| -> Vec<usize> {
            (0..count).map(|_| random.between(STATE, CODE)).collect()
        };
        let (tables, globals) = (state(whole.tables.len()), state(whole.globals.len()));
        Plan {
            whole,
            functions,
            tables,
            memory: random.between(STATE, CODE),
            globals,
            elements,
            data,
            starts: (CODE..=LAST).filter(|_| random.chance(40)).collect(),
            base: random.bits() as i32,
        }
    }

    /// All parts, in order.
    pub fn parts(&self, random: &mut Random) -> Result<Vec<Part>, reencode::Error> {
        let mut parts = vec![part::trampolines(self)?];
        for number in STATE..=LAST {
            parts.push(part::part(self, number, random)?);
        }
        parts.push(part::fixup(self)?);
        Ok(parts)
    }

    /// What the global `order` holds when all parts have started.
    pub fn order(&self) -> i32 {
        let starts = self.starts.iter();
        starts.fold(0, |order, &part| order * 7 + part as i32)
    }
}
