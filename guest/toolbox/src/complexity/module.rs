//! What compiling a whole module takes.

use wasmparser::{
    ElementItems, ExternalKind, FuncValidatorAllocations, Parser, Payload, TypeRef, ValidPayload,
    Validator,
};

use super::cost::Cost;
use super::signatures::Signatures;
use super::terms;
use super::walk::Walk;
use crate::features::ACCEPTED;

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

pub(super) fn estimate(wasm: &[u8]) -> wasmparser::Result<Estimate> {
    let mut parser = Parser::new(0);
    parser.set_features(ACCEPTED);
    let mut validator = Validator::new_with_features(ACCEPTED);
    let mut allocations = FuncValidatorAllocations::default();
    let mut signatures = Signatures::default();
    let mut contents = Contents::default();
    let mut walk = Walk::default();
    for payload in parser.parse_all(wasm) {
        let payload = payload?;
        signatures.note(&payload)?;
        contents.note(&payload)?;
        if let ValidPayload::Func(function, body) = validator.payload(&payload)? {
            let mut function = function.into_validator(allocations);
            let cost = walk.body(&body, &mut function, &signatures, contents.mutable_globals)?;
            contents.function(function.index(), cost);
            allocations = function.into_allocations();
        }
    }
    Ok(contents.estimate(&signatures))
}

/// How much a module has of what.
#[derive(Default)]
struct Contents {
    functions: u64,
    globals: u64,
    mutable_globals: u64,
    exports: u64,
    exported_functions: u64,
    segments: u64,
    elements: u64,
    /// The sum of all functions.
    sum: Cost,
    /// The functions that take most memory, the largest last.
    largest: Vec<(u32, Cost)>,
    longest: (u32, Cost),
}

impl Contents {
    fn note(&mut self, payload: &Payload<'_>) -> wasmparser::Result<()> {
        match payload {
            Payload::ImportSection(reader) => {
                for import in reader.clone().into_imports() {
                    // Every function looks for globals in all imports.
                    self.globals += 1;
                    if let TypeRef::Global(global) = import?.ty {
                        self.mutable_globals += u64::from(global.mutable);
                    }
                }
            }
            Payload::GlobalSection(reader) => {
                for global in reader.clone() {
                    self.globals += 1;
                    self.mutable_globals += u64::from(global?.ty.mutable);
                }
            }
            Payload::ExportSection(reader) => {
                for export in reader.clone() {
                    self.exports += 1;
                    self.exported_functions += u64::from(export?.kind == ExternalKind::Func);
                }
            }
            Payload::ElementSection(reader) => {
                for segment in reader.clone() {
                    self.segments += 1;
                    self.elements += u64::from(match segment?.items {
                        ElementItems::Functions(items) => items.count(),
                        ElementItems::Expressions(_, items) => items.count(),
                    });
                }
            }
            Payload::DataSection(reader) => self.segments += u64::from(reader.count()),
            _ => {}
        }
        Ok(())
    }

    fn function(&mut self, index: u32, cost: Cost) {
        self.functions += 1;
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

    fn estimate(&self, signatures: &Signatures) -> Estimate {
        let (types, operands) = signatures.types();
        let mut whole = Cost {
            memory: 0,
            ..self.sum
        };
        for (weight, count) in [
            (TYPES_OF_FUNCTIONS, types.saturating_mul(self.functions)),
            (
                GLOBALS_OF_FUNCTIONS,
                self.globals.saturating_mul(self.functions),
            ),
            (
                EXPORTS_OF_FUNCTIONS,
                self.exports.saturating_mul(self.functions),
            ),
            (TYPES, types),
            (TYPE_OPERANDS, operands),
            (GLOBALS, self.globals),
            (EXPORTS, self.exports),
            (SEGMENTS, self.segments),
            (ELEMENTS, self.elements),
            (FUNCTIONS, self.functions),
        ] {
            whole += weight.times(count);
        }
        // Functions that the host calls are charged, however small they are.
        let reloads = terms::GLOBALS.times(self.mutable_globals * terms::BODY_CALLS);
        whole.time = whole
            .time
            .saturating_add(reloads.times(self.exported_functions).time);
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
