//! Programs as compilers write them, and as they would not: loops of every
//! shape with counters, loops and blocks with parameters and results, jumps out
//! of and back into several of them, direct, mutual and indirect recursion,
//! bulk operations of computed lengths, functions of large static cost, exports
//! that call exports, a host that calls back.
//!
//! Every program ends: a loop is repeated only while its counter is positive,
//! and a function that may be called again by what it calls returns at once
//! when the global `steps` is zero, which every entry makes one smaller.

mod body;
mod bulk;
mod calls;
mod expression;
mod jumps;
mod layout;
mod loops;
mod writer;

use wasm_encoder::{
    CodeSection, ConstExpr, CustomSection, DataCountSection, DataSection, ElementSection, Elements,
    EntityType, ExportKind, ExportSection, Function, FunctionSection, GlobalSection, HeapType,
    ImportSection, MemorySection, Module, NameMap, NameSection, RefType, StartSection,
    TableSection, TypeSection, ValType,
};

use crate::surroundings::{self, HOST, SHARED};
use compute_pipeline_random::Random;
use layout::{Layout, SLOTS, TYPES};

/// Activations of guarded functions in one call of a `run` export.
const STEPS: i32 = 60;

/// The bytes of a module.
pub fn generate(random: &mut Random) -> Vec<u8> {
    let layout = Layout::new(random);
    let mut types = TypeSection::new();
    for (params, results) in TYPES {
        types
            .ty()
            .function(params.iter().copied(), results.iter().copied());
    }
    let mut functions = FunctionSection::new();
    let mut code = CodeSection::new();
    for plan in &layout.plans {
        functions.function(plan.ty);
        code.function(&body::generate(random, &layout, plan));
    }
    for plan in &layout.plans {
        functions.function(plan.ty);
        code.function(&run(&layout, plan.index, plan.ty));
    }
    let start = layout.functions_end();
    if layout.starts {
        functions.function(layout::VOID);
        code.function(&start_function(&layout));
    }

    let mut module = Module::new();
    module.section(&types);
    if let Some(imports) = imports(&layout) {
        module.section(&imports);
    }
    module.section(&functions);
    module.section(&tables(&layout));
    if !layout.shared_memory {
        let mut memories = MemorySection::new();
        memories.memory(surroundings::memory(layout.pages, 4));
        module.section(&memories);
    }
    module.section(&globals(random, &layout));
    module.section(&exports(random, &layout));
    if layout.starts {
        module.section(&StartSection {
            function_index: start,
        });
    }
    module.section(&elements(random, &layout));
    module.section(&DataCountSection { count: 2 });
    module.section(&code);
    let mut data = DataSection::new();
    let bytes = random.between(8, 300);
    data.active(0, &ConstExpr::i32_const(1024), random.bytes(bytes));
    data.passive(random.bytes(layout::PASSIVE_BYTES));
    module.section(&data);
    if random.chance(60) {
        module.section(&names(&layout));
    }
    if random.chance(20) {
        module.section(&CustomSection {
            name: "producers".into(),
            data: [0].as_slice().into(),
        });
    }
    module.finish()
}

/// Gives function `index` its steps and calls it: the export `runN`.
fn run(layout: &Layout, index: u32, ty: u32) -> Function {
    let mut function = Function::new([]);
    let mut sink = function.instructions();
    sink.i32_const(STEPS).global_set(layout.steps);
    for param in 0..TYPES[ty as usize].0.len() {
        sink.local_get(param as u32);
    }
    sink.call(index).end();
    function
}

fn start_function(layout: &Layout) -> Function {
    let mut function = Function::new([]);
    let mut sink = function.instructions();
    sink.i32_const(STEPS / 4).global_set(layout.steps);
    if let Some(plan) = layout.plans.iter().find(|plan| plan.ty == layout::VOID) {
        sink.call(plan.index);
    }
    sink.end();
    function
}

fn imports(layout: &Layout) -> Option<ImportSection> {
    let mut imports = ImportSection::new();
    // Functions between other imports, so that their indices differ.
    if layout.shared_globals {
        imports.import(SHARED, "limit", surroundings::global(ValType::I32, false));
    }
    for (number, function) in layout.imports.iter().enumerate() {
        let ty = layout::type_of(function.params, function.results);
        imports.import(HOST, function.name, EntityType::Function(ty));
        if number == 0 && layout.shared_table {
            imports.import(SHARED, "table", surroundings::table(10, 20));
        }
    }
    if layout.imports.is_empty() && layout.shared_table {
        imports.import(SHARED, "table", surroundings::table(10, 20));
    }
    if layout.shared_memory {
        imports.import(SHARED, "memory", surroundings::memory(1, 4));
    }
    if layout.shared_globals {
        imports.import(SHARED, "cell", surroundings::global(ValType::I64, true));
    }
    (!imports.is_empty()).then_some(imports)
}

/// The table calls go through, and one to scribble in.
fn tables(layout: &Layout) -> TableSection {
    let mut tables = TableSection::new();
    tables.table(surroundings::table(SLOTS as u64, SLOTS as u64));
    if !layout.shared_table {
        tables.table(surroundings::table(8, 64));
    }
    tables
}

fn globals(random: &mut Random, layout: &Layout) -> GlobalSection {
    let mut globals = GlobalSection::new();
    let start = random.bits().cast_signed();
    globals.global(
        surroundings::global(ValType::I64, true),
        &ConstExpr::i64_const(start),
    );
    globals.global(
        surroundings::global(ValType::I32, true),
        &ConstExpr::i32_const(STEPS),
    );
    globals.global(
        surroundings::global(ValType::Ref(RefType::FUNCREF), true),
        &ConstExpr::ref_func(layout.plans[0].index),
    );
    if layout.shared_globals {
        globals.global(
            surroundings::global(ValType::I32, false),
            &ConstExpr::global_get(0),
        );
    }
    globals
}

fn exports(random: &mut Random, layout: &Layout) -> ExportSection {
    let mut exports = ExportSection::new();
    exports.export("memory", ExportKind::Memory, 0);
    exports.export("acc", ExportKind::Global, layout.acc);
    exports.export("steps", ExportKind::Global, layout.steps);
    let count = layout.plans.len() as u32;
    for (number, plan) in layout.plans.iter().enumerate() {
        exports.export(
            &format!("run{number}"),
            ExportKind::Func,
            plan.index + count,
        );
        if random.chance(50) {
            exports.export(&format!("f{number}"), ExportKind::Func, plan.index);
        }
        if plan.leaf {
            exports.export("leaf", ExportKind::Func, plan.index);
        }
    }
    if !layout.imports.is_empty() && random.chance(30) {
        exports.export("imported", ExportKind::Func, 0);
    }
    exports
}

fn elements(random: &mut Random, layout: &Layout) -> ElementSection {
    let mut elements = ElementSection::new();
    let dispatch = (layout.dispatch != 0).then_some(layout.dispatch);
    elements.active(
        dispatch,
        &ConstExpr::i32_const(0),
        Elements::Functions(layout.slots.as_slice().into()),
    );
    let scratch: Vec<ConstExpr> = (0..layout::PASSIVE_ELEMENTS)
        .map(|_| {
            if random.chance(30) {
                ConstExpr::ref_null(HeapType::FUNC)
            } else {
                ConstExpr::ref_func(random.pick(&layout.slots))
            }
        })
        .collect();
    elements.passive(Elements::Expressions(RefType::FUNCREF, scratch.into()));
    // What ref.func names in a body must be declared somewhere.
    let all: Vec<u32> = layout.plans.iter().map(|plan| plan.index).collect();
    elements.declared(Elements::Functions(all.into()));
    elements
}

fn names(layout: &Layout) -> NameSection {
    let mut functions = NameMap::new();
    for (index, function) in layout.imports.iter().enumerate() {
        functions.append(index as u32, function.name);
    }
    for (number, plan) in layout.plans.iter().enumerate() {
        functions.append(plan.index, &format!("function{number}"));
    }
    for (number, plan) in layout.plans.iter().enumerate() {
        let index = plan.index + layout.plans.len() as u32;
        functions.append(index, &format!("run{number}"));
    }
    if layout.starts {
        functions.append(layout.functions_end(), "start");
    }
    let mut names = NameSection::new();
    names.module("program");
    names.functions(&functions);
    names
}
