//! What compiling a whole module takes.

use std::borrow::Cow;

use wasmparser::{ExternalKind, TypeRef};

use super::cost::Cost;
use super::terms;
use super::walk::Walk;
use crate::body::Body;
use crate::module::Module;

/// How many functions are compiled at once: gohost gives wazero so many workers.
pub const WORKERS: usize = 4;

/// For each function, each type and each global or import of the module: wazero
/// goes through them all for each function (`Init` in `ssa/builder.go`,
/// `declareNecessaryVariables` in `frontend/frontend.go`).
const TYPES_OF_FUNCTIONS: Cost = Cost::new(20, 0, 0);
const GLOBALS_OF_FUNCTIONS: Cost = Cost::new(12, 0, 0);
/// For each function, each export (`buildFunctionDefinitions` in
/// `wasm/function_definition.go`).
const EXPORTS_OF_FUNCTIONS: Cost = Cost::new(4, 0, 0);
/// Each type, with the code that enters functions of the type
/// (`compileEntryPreambles` in `engine.go`), and each of its operands.
const TYPES: Cost = Cost::new(7_000, 1_000, 700);
const TYPE_OPERANDS: Cost = Cost::new(1_200, 120, 45);
const GLOBALS: Cost = Cost::new(500, 250, 100);
const EXPORTS: Cost = Cost::new(500, 300, 200);
/// Each segment of data or elements, and each element.
const SEGMENTS: Cost = Cost::new(500, 250, 150);
const ELEMENTS: Cost = Cost::new(300, 90, 50);
/// Each function, apart from what compiling it takes.
const FUNCTIONS: Cost = Cost::new(1_000, 350, 0);

/// What compiling a module takes, by its structure.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Estimate {
    /// What compiling all of it takes. The memory is that of the largest
    /// functions, as many as are compiled at once, and of the module itself.
    pub whole: Cost,
    /// The function that takes longest, with what it takes.
    pub longest: (u32, Cost),
    /// The function that takes most memory, with what it takes.
    pub largest: (u32, Cost),
}

/// Of a module that was validated, with these bodies in the place of its own.
pub(super) fn estimate(module: &Module<'_>, bodies: &[Cow<'_, [u8]>]) -> Estimate {
    let globals = module.globals.iter().filter(|global| global.mutable);
    let globals = globals.count() as u64;
    let mut walk = Walk::default();
    let mut functions = Functions::default();
    for (index, body) in (module.imported..).zip(bodies) {
        let cost = walk.body(index, &Body::new(body), module, globals);
        functions.add(index, cost);
    }
    functions.estimate(module, globals)
}

/// What the functions of a module take.
#[derive(Default)]
struct Functions {
    count: u64,
    /// The sum of all.
    sum: Cost,
    /// Those that take most memory, the largest last.
    largest: Vec<(u32, Cost)>,
    longest: (u32, Cost),
}

impl Functions {
    fn add(&mut self, index: u32, cost: Cost) {
        self.count += 1;
        self.sum += cost;
        if cost.time > self.longest.1.time {
            self.longest = (index, cost);
        }
        let at = self
            .largest
            .partition_point(|(_, other)| other.memory < cost.memory);
        self.largest.insert(at, (index, cost));
        if self.largest.len() > WORKERS {
            self.largest.remove(0);
        }
    }

    fn estimate(&self, module: &Module<'_>, mutable_globals: u64) -> Estimate {
        let types = module.types.len() as u64;
        let operands = (0..module.types.len() as u32).map(|ty| module.of_type(ty));
        let operands = operands.map(|ty| u64::from(ty.params) + u64::from(ty.results));
        let imported = module.imports.iter();
        let imported = imported.filter(|import| matches!(import.ty, TypeRef::Global(_)));
        // Every function looks for globals in all imports.
        let globals = module.globals.len() + module.imports.len() - imported.count();
        let (globals, exports) = (globals as u64, module.exports.len() as u64);
        let exported = module.exports.iter();
        let exported = exported.filter(|export| export.kind == ExternalKind::Func);
        let segments = u64::from(module.element_segments) + u64::from(module.data_segments);
        let mut whole = Cost {
            memory: 0,
            ..self.sum
        };
        for (weight, count) in [
            (TYPES_OF_FUNCTIONS, types.saturating_mul(self.count)),
            (GLOBALS_OF_FUNCTIONS, globals.saturating_mul(self.count)),
            (EXPORTS_OF_FUNCTIONS, exports.saturating_mul(self.count)),
            (TYPES, types),
            (TYPE_OPERANDS, operands.sum()),
            (GLOBALS, globals),
            (EXPORTS, exports),
            (SEGMENTS, segments),
            (ELEMENTS, module.elements),
            (FUNCTIONS, self.count),
        ] {
            whole += weight.times(count);
        }
        // Functions that the host calls are charged, however small they are.
        let reloads = terms::GLOBALS.times(mutable_globals * terms::BODY_CALLS);
        whole.time = whole
            .time
            .saturating_add(reloads.times(exported.count() as u64).time);
        // All code is there twice before it is in its place.
        whole.memory = whole.memory.saturating_add(self.sum.kept.saturating_mul(2));
        for (_, cost) in &self.largest {
            whole.memory = whole.memory.saturating_add(cost.memory);
        }
        Estimate {
            whole,
            longest: self.longest,
            largest: self.largest.last().copied().unwrap_or_default(),
        }
    }
}
