//! Makes a module count what it does, so that its host can stop it.
//!
//! wazero has no fuel, and its own check of a context makes loops 8 to 29 times
//! slower. [`meter`] rewrites a module so that it decrements a counter where code
//! may run for long, and asks its host for more when the counter is
//! below zero. The host then checks its deadline and budget.
//!
//! # Interface
//!
//! A metered module
//!
//! - imports a function, module `compute-pipeline:fuel`, name `refuel`, type
//!   `() -> i64`, which returns a slice of fuel above zero or does not return;
//! - exports a mutable global `compute-pipeline:fuel`, an i64: the fuel that is
//!   left of the slices so far, zero at first, and below zero when more was
//!   used than was there.
//!
//! Names that begin with `compute-pipeline:fuel` are reserved: a module that
//! imports from a module of such a name, or exports one, is refused.
//!
//! # What is charged
//!
//! A unit is about an addition; the weights of instructions are in `cost.rs`.
//! Every iteration of a loop is charged at its start, and so is each call of a
//! function that the host may call, that can call itself by whatever way, or
//! that is large; other functions are charged where they are called. Code that
//! may be skipped is charged when it is reached, when that is worth it
//! (`regions.rs`). So what a call uses is at least the cost of what it runs,
//! and little more; it depends on the module, its memory and the arguments
//! alone, not on the machine or on how large the slices are. Instructions that
//! work through a length are charged for it before they start; large fills and
//! copies of memory are done in chunks of 64 KiB.
//!
//! # The call stack
//!
//! A function that can call itself traps when the call stack gets too deep, in
//! an added function of the name [`STACK_EXHAUSTED`] (`stack.rs`): wazero would
//! let it grow to 100 MB, without a chance to stop it. How deep is too deep is
//! estimated from the module alone, so it too is the same on every machine.
//! After a trap an instance is not to be used again.
//!
//! Between two charges that look at the counter, at most some 20,000 units
//! are run.

mod added;
mod analysis;
mod assemble;
mod body;
mod callgraph;
mod cost;
mod frame;
mod layout;
mod names;
mod plan;
mod regions;
mod stack;

use std::borrow::Cow;
use std::fmt;

use added::Indices;
use analysis::Analysis;
use assemble::Assembler;
use body::Writer;
use layout::Layout;
use plan::Plan;

pub(crate) use cost::of as units;
pub(crate) use plan::LARGEST_UNCHARGED;
pub(crate) use regions::LARGEST as LARGEST_REGION;

use crate::module::Module;
use crate::offsets::OffsetMap;
use crate::{Error, features, leb128};

/// The start of all names that metering gives out.
pub const RESERVED: &str = "compute-pipeline:fuel";
/// The module that a metered module imports [`REFUEL`] from.
pub const MODULE: &str = RESERVED;
/// The function that gives fuel.
pub const REFUEL: &str = "refuel";
/// The global that a metered module exports.
pub const FUEL: &str = RESERVED;
/// What stack traces call the function that traps when the call stack is too
/// deep, after [`RESERVED`] and a dot.
pub const STACK_EXHAUSTED: &str = "stack-exhausted";

/// A module that counts what it does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Metered {
    /// The module.
    pub wasm: Vec<u8>,
    /// What was added.
    pub report: Report,
}

/// What [`meter`] did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// Number of functions with a body.
    pub functions: u32,
    /// Of these, how many are charged when they are called.
    pub charged: u32,
    /// Number of loops.
    pub loops: u32,
    /// How many pieces of code that may be skipped have a charge of their own.
    pub arms: u32,
    /// Names of the custom sections that were left out, because they hold
    /// offsets into code, which has moved, or cannot be read.
    pub dropped: Vec<String>,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "charges in {} of {} functions, {} loops, {} arms",
            self.charged, self.functions, self.loops, self.arms
        )?;
        if !self.dropped.is_empty() {
            write!(f, "; dropped: {}", self.dropped.join(", "))?;
        }
        Ok(())
    }
}

/// Rewrites `wasm` so that it counts what it does. Linear in the size of the
/// module; the result is some 10 % larger, at worst, a module of nothing but
/// empty loops, about 20 times.
///
/// # Errors
///
/// [`Error`] when `wasm` is not a valid core module of
/// [accepted features](crate::features::ACCEPTED), has a [`RESERVED`] name (as
/// one that is metered has), or when a rewritten function exceeds
/// [`MAX_FUNCTION_SIZE`](crate::harden::MAX_FUNCTION_SIZE).
pub fn meter(wasm: &[u8]) -> Result<Metered, Error> {
    validated(wasm, true)
}

/// As [`meter`], without a bound on the call stack: for a module whose recursion is known
/// to be bounded, such as the engine and the prepare module itself. Smaller by a third of what metering adds.
///
/// # Errors
///
/// Those of [`meter`].
pub fn meter_trusted(wasm: &[u8]) -> Result<Metered, Error> {
    validated(wasm, false)
}

fn validated(wasm: &[u8], bounds_stack: bool) -> Result<Metered, Error> {
    features::validate(wasm)?;
    let module = Module::read(wasm)?;
    let options = Options {
        bounds_stack,
        ..Options::default()
    };
    let mut map = OffsetMap::default();
    rewrite(&module, &module.bodies(), &options, &mut map)
}

/// What is written besides charges.
#[derive(Default)]
pub(crate) struct Options {
    /// Whether the call stack is bounded.
    pub bounds_stack: bool,
    /// Whether of the custom sections only the names of functions stay.
    pub names_only: bool,
    /// The contents of the table section, where they change.
    pub tables: Option<Vec<u8>>,
    /// What precedes the first body in the code section, in bytes, if it is to be known
    /// where the code went.
    pub head: Option<usize>,
}

/// Meters a module that is known to be valid, with these bodies in the place of its own.
/// `map` gets where their code went, if the options say so.
pub(crate) fn rewrite<'m>(
    module: &'m Module<'m>,
    bodies: &'m [Cow<'m, [u8]>],
    options: &Options,
    map: &mut OffsetMap,
) -> Result<Metered, Error> {
    refuse_reserved(module)?;
    let layout = Layout::of(module, bodies);
    let analysis = Analysis::of(&layout);
    let (starts, mut uses) = (analysis.starts.clone(), analysis.uses);
    let mut report = Report {
        functions: layout.defined(),
        loops: analysis.loops,
        ..Report::default()
    };
    let plan = Plan::of(&layout, analysis, options.bounds_stack);
    uses.depth = plan.stack.is_used();
    let indices = Indices::new(&layout, uses);
    let added = indices.added(uses);
    let mut bodies = Vec::with_capacity(module.code.len());
    let mut writer = Writer::new(&layout, &indices, &plan.stack, options.head.is_some());
    let mut old = options.head.unwrap_or_default();
    let head = leb128::width(report.functions + added.len() as u32);
    for (defined, body) in layout.bodies.iter().enumerate() {
        let charges = &plan.charges[starts[defined] as usize..starts[defined + 1] as usize];
        let start = bodies.len() + head;
        let size = writer.body(defined, charges, &mut bodies)?;
        if options.head.is_some() {
            map.push(old, start);
            old += leb128::width(body.len() as u32);
            let start = start + leb128::width(size as u32);
            for &(from, to) in writer.moves() {
                map.push(old + from, start + to);
            }
            old += body.len();
        }
        report.charged += u32::from(charges[0].units > 0);
        report.arms += charges[1..]
            .iter()
            .filter(|charge| charge.units > 0)
            .count() as u32;
    }
    map.finish(old, head + bodies.len());
    report.arms -= report.loops;
    let assembler = Assembler {
        layout: &layout,
        options,
        indices: &indices,
        added: &added,
        uses,
        bodies,
    };
    let (wasm, dropped) = assembler.assemble()?;
    report.dropped = dropped;
    Ok(Metered { wasm, report })
}

/// Whether metering gives out such a name itself: a module that already has one could
/// set its own fuel.
pub(crate) fn is_reserved(name: &str) -> bool {
    name.starts_with(RESERVED)
}

fn refuse_reserved(module: &Module<'_>) -> Result<(), Error> {
    let imports = module.imports.iter().map(|import| import.module);
    let exports = module.exports.iter().map(|export| export.name);
    let names = imports.map(|name| ("imports from the module", name));
    let mut names = names.chain(exports.map(|name| ("exports", name)));
    match names.find(|(_, name)| is_reserved(name)) {
        Some((kind, name)) => Err(Error::ReservedName {
            kind,
            name: name.to_owned(),
        }),
        None => Ok(()),
    }
}
