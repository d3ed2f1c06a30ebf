//! The core modules of a component.

mod indices;

use compute_pipeline_random::Random;
use wasm_encoder::reencode::{self, Reencode, RoundtripReencoder};
use wasm_encoder::{
    BlockType, CodeSection, ConstExpr, DataCountSection, DataSection, ElementSection, Elements,
    EntityType, ExportKind, ExportSection, Function, FunctionSection, GlobalSection, GlobalType,
    ImportSection, MemArg, MemArgTarget, MemorySection, Module, RefType, StartSection,
    TableSection, TableType, TypeSection, ValType,
};
use wasmparser::{Data, DataKind, Operator};

use indices::Indices;

use super::plan::{FIXUP, Plan, STATE, TRAMPOLINES};
use super::same;

/// A core module, with what it imports.
pub struct Part {
    pub wasm: Vec<u8>,
    pub imports: Vec<Imported>,
}

/// An import: the part that has it, and its name there. The name in the module's own
/// imports is its number.
pub struct Imported {
    pub part: usize,
    pub name: String,
    pub kind: ExportKind,
}

/// The module of all imports; the fields are numbers.
pub const MODULE: &str = "";
/// The table of the trampolines.
const SLOTS: &str = "slots";
/// Counts which parts have started, in order.
const ORDER: &str = "order";
const BASE: &str = "base";

/// A core module while it is written.
struct Writer<'p, 'w, 'a> {
    plan: &'p Plan<'w, 'a>,
    number: usize,
    imports: ImportSection,
    imported: Vec<Imported>,
    functions: FunctionSection,
    tables: TableSection,
    memories: MemorySection,
    globals: GlobalSection,
    exports: ExportSection,
    start: Option<u32>,
    elements: ElementSection,
    code: CodeSection,
    data: DataSection,
    indices: Indices,
}

const COUNTER: GlobalType = GlobalType {
    val_type: ValType::I32,
    mutable: true,
    shared: false,
};
const CONSTANT: GlobalType = GlobalType {
    mutable: false,
    ..COUNTER
};

/// The part with a trampoline for each function.
pub fn trampolines(plan: &Plan<'_, '_>) -> Result<Part, reencode::Error> {
    let mut writer = Writer::new(plan, TRAMPOLINES);
    writer.tables.table(slots(plan));
    writer.exports.export(SLOTS, ExportKind::Table, 0);
    for (number, ty) in plan.whole.functions.iter().enumerate() {
        let params = plan.whole.types[*ty as usize].params().len();
        let mut function = Function::new([]);
        let mut code = function.instructions();
        for param in 0..params {
            code.local_get(param as u32);
        }
        code.i32_const(number as i32).call_indirect(0, *ty).end();
        writer.define(*ty, &function, &format!("f{number}"));
    }
    writer.finish()
}

fn slots(plan: &Plan<'_, '_>) -> TableType {
    TableType {
        element_type: RefType::FUNCREF,
        table64: false,
        minimum: plan.whole.functions.len() as u64,
        maximum: None,
        shared: false,
    }
}

/// A part with what the plan says.
pub fn part(
    plan: &Plan<'_, '_>,
    number: usize,
    random: &mut Random,
) -> Result<Part, reencode::Error> {
    let whole = plan.whole;
    let mut writer = Writer::new(plan, number);
    writer.import_all(random)?;
    let own = (0..whole.functions.len()).filter(|&function| plan.functions[function] == number);
    for (place, function) in own.clone().enumerate() {
        writer.indices.functions[function] = writer.indices.all_functions + place as u32;
    }
    writer.state()?;
    for (index, element) in whole.elements.iter().enumerate() {
        if plan.elements[index] == number {
            writer.indices.elements[index] = writer.elements.len();
            let Writer {
                indices, elements, ..
            } = &mut writer;
            indices.parse_element(elements, element.clone())?;
        }
    }
    let mut last = None;
    for (index, data) in whole.data.iter().enumerate() {
        if plan.data[index] == number {
            writer.indices.data[index] = writer.data.len();
            let at = writer.data(data, random.chance(30))?;
            last = at.zip(data.data.first().copied()).or(last);
        }
    }
    for function in own {
        let ty = whole.functions[function];
        let body = whole.bodies[function].clone();
        let Writer { indices, code, .. } = &mut writer;
        indices.parse_function_body(code, body)?;
        writer.export_function(ty, &format!("f{function}"));
    }
    // A function that a body takes the reference of has to be named outside of bodies.
    let all = writer.indices.functions.clone();
    writer.elements.declared(Elements::Functions(all.into()));
    if plan.starts.contains(&number) {
        let function = writer.starts(last);
        let ty = whole.types.len() as u32;
        writer.start = Some(writer.define(ty, &function, "start"));
    }
    writer.finish()
}

/// The part that is instantiated last.
pub fn fixup(plan: &Plan<'_, '_>) -> Result<Part, reencode::Error> {
    let mut writer = Writer::new(plan, FIXUP);
    let table = writer.import(TRAMPOLINES, SLOTS, ExportKind::Table, slots(plan).into());
    let order = writer.import(STATE, ORDER, ExportKind::Global, COUNTER.into());
    for (function, ty) in plan.whole.functions.iter().enumerate() {
        let owner = plan.functions[function];
        let name = format!("f{function}");
        let ty = EntityType::Function(*ty);
        writer.import(owner, &name, ExportKind::Func, ty);
    }
    // In two segments.
    let all: Vec<u32> = (0..plan.whole.functions.len() as u32).collect();
    let (first, second) = all.split_at(all.len() / 2);
    let offset = ConstExpr::i32_const(0);
    writer
        .elements
        .active(Some(table), &offset, Elements::Functions(first.into()));
    let offset = ConstExpr::i32_const(first.len() as i32);
    writer
        .elements
        .active(Some(table), &offset, Elements::Functions(second.into()));
    let mut function = Function::new([]);
    let mut code = function.instructions();
    code.global_get(order).i32_const(plan.order()).i32_ne();
    code.if_(BlockType::Empty).unreachable().end();
    if let Some(start) = plan.whole.start {
        code.call(start);
    }
    code.end();
    let ty = plan.whole.types.len() as u32;
    writer.start = Some(writer.define(ty, &function, "start"));
    writer.finish()
}

impl<'p, 'w, 'a> Writer<'p, 'w, 'a> {
    fn new(plan: &'p Plan<'w, 'a>, number: usize) -> Self {
        let whole = plan.whole;
        Writer {
            plan,
            number,
            imports: ImportSection::new(),
            imported: vec![],
            functions: FunctionSection::new(),
            tables: TableSection::new(),
            memories: MemorySection::new(),
            globals: GlobalSection::new(),
            exports: ExportSection::new(),
            start: None,
            elements: ElementSection::new(),
            code: CodeSection::new(),
            data: DataSection::new(),
            indices: Indices {
                tables: vec![u32::MAX; whole.tables.len()],
                globals: vec![u32::MAX; whole.globals.len()],
                elements: vec![u32::MAX; whole.elements.len()],
                data: vec![u32::MAX; whole.data.len()],
                ..Indices::default()
            },
        }
    }

    /// Adds an import, and returns its index.
    fn import(&mut self, part: usize, name: &str, kind: ExportKind, ty: EntityType) -> u32 {
        let field = self.imported.len().to_string();
        self.imports.import(MODULE, &field, ty);
        self.imported.push(Imported {
            part,
            name: name.to_owned(),
            kind,
        });
        let next = match kind {
            ExportKind::Func => &mut self.indices.all_functions,
            ExportKind::Table => &mut self.indices.all_tables,
            ExportKind::Global => &mut self.indices.all_globals,
            _ => return 0,
        };
        *next += 1;
        *next - 1
    }

    /// Imports what other parts have.
    fn import_all(&mut self, random: &mut Random) -> Result<(), reencode::Error> {
        let (plan, whole) = (self.plan, self.plan.whole);
        for (function, ty) in whole.functions.iter().enumerate() {
            let owner = plan.functions[function];
            let is_before = owner < self.number && random.chance(60);
            let from = if is_before { owner } else { TRAMPOLINES };
            let index = if owner == self.number {
                u32::MAX // known when all imports are
            } else {
                let ty = EntityType::Function(*ty);
                self.import(from, &format!("f{function}"), ExportKind::Func, ty)
            };
            self.indices.functions.push(index);
        }
        // With the numbers 0 and 1 in all parts.
        if self.number == STATE {
            self.define_global(COUNTER, &ConstExpr::i32_const(0), ORDER);
            self.define_global(CONSTANT, &ConstExpr::i32_const(plan.base), BASE);
        } else {
            self.import(STATE, ORDER, ExportKind::Global, COUNTER.into());
            self.import(STATE, BASE, ExportKind::Global, CONSTANT.into());
        }
        for (table, ty) in whole.tables.iter().enumerate() {
            let owner = plan.tables[table];
            if owner < self.number {
                let ty = RoundtripReencoder.table_type(*ty)?;
                self.indices.tables[table] =
                    self.import(owner, &format!("t{table}"), ExportKind::Table, ty.into());
            }
        }
        if let Some(memory) = whole.memory
            && plan.memory < self.number
        {
            let ty = RoundtripReencoder.memory_type(memory)?;
            self.import(plan.memory, "m", ExportKind::Memory, ty.into());
        }
        for (number, global) in whole.globals.iter().enumerate() {
            let owner = plan.globals[number];
            if owner < self.number {
                let ty = RoundtripReencoder.global_type(global.ty)?;
                self.indices.globals[number] =
                    self.import(owner, &format!("g{number}"), ExportKind::Global, ty.into());
            }
        }
        Ok(())
    }

    /// Defines the tables, memory and globals of this part.
    fn state(&mut self) -> Result<(), reencode::Error> {
        let (plan, whole) = (self.plan, self.plan.whole);
        for (number, ty) in whole.tables.iter().enumerate() {
            if plan.tables[number] == self.number {
                let index = self.indices.all_tables;
                self.indices.tables[number] = index;
                self.indices.all_tables += 1;
                self.tables.table(RoundtripReencoder.table_type(*ty)?);
                self.exports
                    .export(&format!("t{number}"), ExportKind::Table, index);
            }
        }
        if let Some(memory) = whole.memory
            && plan.memory == self.number
        {
            self.memories
                .memory(RoundtripReencoder.memory_type(memory)?);
            self.exports.export("m", ExportKind::Memory, 0);
        }
        for (number, global) in whole.globals.iter().enumerate() {
            if plan.globals[number] == self.number {
                let ty = RoundtripReencoder.global_type(global.ty)?;
                let value = self.indices.const_expr(global.init_expr.clone())?;
                let index = self.define_global(ty, &value, &format!("g{number}"));
                self.indices.globals[number] = index;
            }
        }
        Ok(())
    }

    fn define_global(&mut self, ty: GlobalType, value: &ConstExpr, name: &str) -> u32 {
        let index = self.indices.all_globals;
        self.indices.all_globals += 1;
        self.globals.global(ty, value);
        self.exports.export(name, ExportKind::Global, index);
        index
    }

    /// Adds a segment of data. Returns where an active one is.
    fn data(&mut self, data: &Data<'_>, is_relative: bool) -> Result<Option<i32>, reencode::Error> {
        let bytes = data.data.iter().copied();
        let DataKind::Active { offset_expr, .. } = &data.kind else {
            self.data.passive(bytes);
            return Ok(None);
        };
        let constant = match offset_expr.get_operators_reader().read()? {
            Operator::I32Const { value } => Some(value),
            _ => None,
        };
        let offset = match constant {
            Some(value) if is_relative => ConstExpr::global_get(1)
                .with_i32_const(value.wrapping_sub(self.plan.base))
                .with_i32_add(),
            _ => same(offset_expr.clone())?,
        };
        self.data.active(0, &offset, bytes);
        Ok(constant)
    }

    /// A start function: notes that it runs, and checks that the last segment of its part
    /// is in memory.
    fn starts(&self, last: Option<(i32, u8)>) -> Function {
        let mut function = Function::new([]);
        let mut code = function.instructions();
        code.global_get(0).i32_const(7).i32_mul();
        code.i32_const(self.number as i32).i32_add().global_set(0);
        if let Some((at, byte)) = last {
            code.i32_const(at).i32_load8_u(MemArg {
                offset: 0,
                align: 0,
                target: MemArgTarget::default(),
                ordering: None,
            });
            code.i32_const(byte.into()).i32_ne();
            code.if_(BlockType::Empty).unreachable().end();
        }
        code.end();
        function
    }

    /// Adds a function with its code, and exports it.
    fn define(&mut self, ty: u32, function: &Function, name: &str) -> u32 {
        self.code.function(function);
        self.export_function(ty, name)
    }

    fn export_function(&mut self, ty: u32, name: &str) -> u32 {
        let index = self.indices.all_functions + self.functions.len();
        self.functions.function(ty);
        self.exports.export(name, ExportKind::Func, index);
        index
    }

    fn finish(self) -> Result<Part, reencode::Error> {
        let mut types = TypeSection::new();
        for ty in &self.plan.whole.types {
            let ty = RoundtripReencoder.func_type(ty.clone())?;
            types.ty().func_type(&ty);
        }
        types.ty().function([], []);
        let mut module = Module::new();
        module
            .section(&types)
            .section(&self.imports)
            .section(&self.functions)
            .section(&self.tables)
            .section(&self.memories)
            .section(&self.globals)
            .section(&self.exports);
        if let Some(function_index) = self.start {
            module.section(&StartSection { function_index });
        }
        module.section(&self.elements);
        if !self.data.is_empty() {
            let count = self.data.len();
            module.section(&DataCountSection { count });
        }
        module.section(&self.code).section(&self.data);
        Ok(Part {
            wasm: module.finish(),
            imports: self.imported,
        })
    }
}
