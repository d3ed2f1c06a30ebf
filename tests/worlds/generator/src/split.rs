//! A guest in several libraries, as tools link them into a component of several core
//! modules ("shared-everything linking"): they share a memory and a table, and call each
//! other by imports, through a table where the calls go in a circle, and by addresses of
//! functions that the linker puts into globals. What a guest does stays the same.

mod guest;

use std::collections::BTreeMap;

use anyhow::Result;
use compute_pipeline_random::Random;
use wasm_encoder::reencode::{Reencode as _, RoundtripReencoder};
use wasm_encoder::{
    BlockType, CodeSection, ConstExpr, CustomSection, DataSection, EntityType, ExportKind,
    ExportSection, Function, FunctionSection, GlobalSection, GlobalType, ImportSection,
    Instruction, MemArg, MemoryType, Module, RefType, TableType, TypeSection, ValType,
};
use wasmparser::Operator;

use guest::Guest;

/// How many libraries a guest becomes.
const PARTS: usize = 4;
/// The number of the library that exports what the guest does.
pub const EXPORTS: usize = 0;
/// What makes room for values that come from outside.
const REALLOC: &str = "cabi_realloc";
/// The number of the library that has the address of the linker's table as a symbol.
const CELLS: usize = 1;
const PAGE: u32 = 65536;
/// Bytes of the memory that each library says it has.
const OWN_MEMORY: u32 = 48;

/// Where everything of a guest goes.
struct Plan<'g, 'a> {
    guest: &'g Guest<'a>,
    /// The part that each function with a body and each global is in.
    functions: Vec<usize>,
    globals: Vec<usize>,
    /// Whether a part calls the functions of a part by their addresses.
    by_address: Vec<[bool; PARTS]>,
}

/// The libraries of a guest, by name.
///
/// # Errors
///
/// When the guest is not of this program.
pub fn split(wasm: &[u8], random: &mut Random) -> Result<Vec<(String, Vec<u8>)>> {
    let guest = Guest::read(wasm)?;
    let mut part = |_| random.below(PARTS);
    let plan = Plan {
        functions: (0..guest.bodies.len()).map(&mut part).collect(),
        globals: (0..guest.globals.len()).map(&mut part).collect(),
        by_address: (0..PARTS)
            .map(|_| std::array::from_fn(|_| random.chance(30)))
            .collect(),
        guest: &guest,
    };
    (0..PARTS)
        .map(|number| Ok((format!("part{number}"), Part::new(&plan, number).write()?)))
        .collect()
}

/// How much of the memory the linker keeps for the stack: all that the guest uses.
///
/// # Errors
///
/// When the guest is not of this program.
pub fn stack_size(wasm: &[u8]) -> Result<u32> {
    Ok(Guest::read(wasm)?.pages * PAGE)
}

/// A library that is being written.
struct Part<'p, 'g, 'a> {
    plan: &'p Plan<'g, 'a>,
    number: usize,
    types: TypeSection,
    imports: ImportSection,
    /// The imports so far: their indices by module and name.
    imported: BTreeMap<(String, String), u32>,
    functions: u32,
    globals: u32,
}

/// What the globals that are imported are, in this order.
const MEMORY_BASE: u32 = 0;
const CELL: u32 = 1;
/// Holds the number of a part while that calls a function of the component's imports, and
/// otherwise where the stack ends, so that each realloc knows whether it is the right one.
const STACK_POINTER: u32 = 2;

impl<'p, 'g, 'a> Part<'p, 'g, 'a> {
    fn new(plan: &'p Plan<'g, 'a>, number: usize) -> Self {
        let mut types = TypeSection::new();
        for (params, results) in &plan.guest.types {
            types.ty().function(params.clone(), results.clone());
        }
        types.ty().function([], [ValType::I32]);
        types.ty().function([ValType::I32], []);
        types.ty().function([], []);
        let mut part = Part {
            plan,
            number,
            types,
            imports: ImportSection::new(),
            imported: BTreeMap::new(),
            functions: 0,
            globals: 0,
        };
        part.imports.import(
            "env",
            "memory",
            MemoryType {
                minimum: 0,
                maximum: None,
                memory64: false,
                shared: false,
                page_size_log2: None,
            },
        );
        part.imports.import(
            "env",
            "__indirect_function_table",
            TableType {
                element_type: RefType::FUNCREF,
                minimum: 0,
                maximum: None,
                table64: false,
                shared: false,
            },
        );
        part.global("env", "__memory_base", false);
        part.global("GOT.mem", "cell", true);
        part.global("env", "__stack_pointer", true);
        part
    }

    /// The first of the types that are added to those of the guest: of a function that
    /// returns a global, one that sets it, and one without values.
    fn added(&self) -> u32 {
        self.plan.guest.types.len() as u32
    }

    fn function(&mut self, module: &str, name: &str, ty: u32) -> u32 {
        let key = (module.to_owned(), name.to_owned());
        *self.imported.entry(key).or_insert_with(|| {
            self.imports.import(module, name, EntityType::Function(ty));
            self.functions += 1;
            self.functions - 1
        })
    }

    fn global(&mut self, module: &str, name: &str, mutable: bool) -> u32 {
        let key = (module.to_owned(), name.to_owned());
        *self.imported.entry(key).or_insert_with(|| {
            let ty = GlobalType {
                val_type: ValType::I32,
                mutable,
                shared: false,
            };
            self.imports.import(module, name, ty);
            self.globals += 1;
            self.globals - 1
        })
    }

    /// The guest's functions that are in this part.
    fn own(&self) -> Vec<usize> {
        self.all(&self.plan.functions)
    }

    fn all(&self, parts: &[usize]) -> Vec<usize> {
        let all = parts.iter().enumerate();
        let all = all.filter(|(_, part)| **part == self.number);
        all.map(|(index, _)| index).collect()
    }

    /// A call of a function of the guest. The part's own functions begin at `base`.
    fn call(&mut self, function: u32, base: u32) -> Vec<Instruction<'static>> {
        let guest = self.plan.guest;
        let ty = guest.functions[function as usize];
        let Some(own) = function.checked_sub(guest.imports.len() as u32) else {
            let (module, name, ty) = guest.imports[function as usize];
            let import = self.function(module, name, ty);
            let stack = (guest.pages * PAGE).cast_signed();
            return vec![
                Instruction::I32Const(self.number as i32),
                Instruction::GlobalSet(STACK_POINTER),
                Instruction::Call(import),
                Instruction::I32Const(stack),
                Instruction::GlobalSet(STACK_POINTER),
            ];
        };
        let owner = self.plan.functions[own as usize];
        let name = format!("f{own}");
        if owner == self.number {
            let place = self.own().iter().position(|&other| other == own as usize);
            vec![Instruction::Call(base + place.unwrap_or_default() as u32)]
        } else if self.plan.by_address[self.number][owner] {
            vec![
                Instruction::GlobalGet(self.global("GOT.func", &name, true)),
                Instruction::CallIndirect {
                    type_index: ty,
                    table_index: 0,
                },
            ]
        } else {
            vec![Instruction::Call(self.function("env", &name, ty))]
        }
    }

    /// An instruction of a guest.
    fn instruction(&mut self, operator: Operator<'a>, base: u32) -> Result<Vec<Instruction<'a>>> {
        let elsewhere = |part: &Self, global: u32| {
            let owner = part.plan.globals[global as usize];
            (owner != part.number).then(|| part.added())
        };
        let place = |part: &Self, global: u32| {
            let own = part.all(&part.plan.globals);
            let place = own.iter().position(|&other| other == global as usize);
            part.globals + place.unwrap_or_default() as u32
        };
        Ok(match operator {
            Operator::Call { function_index } => self.call(function_index, base),
            Operator::GlobalGet {
                global_index: global,
            } => match elsewhere(self, global) {
                Some(ty) => vec![Instruction::Call(self.function(
                    "env",
                    &format!("get{global}"),
                    ty,
                ))],
                None => vec![Instruction::GlobalGet(place(self, global))],
            },
            Operator::GlobalSet {
                global_index: global,
            } => match elsewhere(self, global) {
                Some(ty) => vec![Instruction::Call(self.function(
                    "env",
                    &format!("set{global}"),
                    ty + 1,
                ))],
                None => vec![Instruction::GlobalSet(place(self, global))],
            },
            operator => vec![RoundtripReencoder.instruction(operator)?],
        })
    }

    /// The functions of this part: type, names and code.
    fn written(&mut self, base: u32) -> Result<Vec<(u32, Vec<String>, Function)>> {
        let plan = self.plan;
        let imports = plan.guest.imports.len() as u32;
        let mut all = vec![];
        for own in self.own() {
            let body = &plan.guest.bodies[own];
            let mut locals = vec![];
            for group in body.get_locals_reader()? {
                let (count, ty) = group?;
                locals.push((count, ValType::try_from(ty)?));
            }
            let mut function = Function::new(locals);
            for operator in body.get_operators_reader()? {
                for instruction in self.instruction(operator?, base)? {
                    function.instruction(&instruction);
                }
            }
            let mut names = vec![format!("f{own}")];
            let index = own as u32 + imports;
            for (name, exported) in &plan.guest.exports {
                if *exported == index && self.exports(name) && *name != REALLOC {
                    names.push((*name).to_owned());
                }
            }
            all.push((plan.guest.functions[index as usize], names, function));
        }
        for (global, &owner) in plan.globals.iter().enumerate() {
            if owner != self.number {
                continue;
            }
            let index = all_before(&plan.globals, global, self.number) + self.globals;
            let mut get = Function::new([]);
            get.instructions().global_get(index).end();
            all.push((self.added(), vec![format!("get{global}")], get));
            let mut set = Function::new([]);
            set.instructions().local_get(0).global_set(index).end();
            all.push((self.added() + 1, vec![format!("set{global}")], set));
        }
        for (name, index) in &plan.guest.exports {
            let own = (index - imports) as usize;
            let is_elsewhere = plan.functions[own] != self.number || *name == REALLOC;
            if self.exports(name) && is_elsewhere {
                all.push(self.forward(name, *index, base));
            }
        }
        if self.number == EXPORTS {
            all.push(self.start());
        }
        Ok(all)
    }

    /// Whether this part has the export of the guest. Each one that imports functions needs
    /// a realloc for what they return.
    fn exports(&self, name: &str) -> bool {
        self.number == EXPORTS || name == REALLOC
    }

    /// An export whose function is in another part, or a realloc.
    fn forward(&mut self, name: &str, index: u32, base: u32) -> (u32, Vec<String>, Function) {
        let guest = self.plan.guest;
        let ty = guest.functions[index as usize];
        let mut function = Function::new([]);
        if name == REALLOC {
            let code = &mut function.instructions();
            code.global_get(STACK_POINTER)
                .i32_const(self.number as i32)
                .i32_ne();
            if self.number == EXPORTS {
                let stack = (guest.pages * PAGE).cast_signed();
                code.global_get(STACK_POINTER).i32_const(stack).i32_ne();
                code.i32_and();
            }
            code.if_(BlockType::Empty).unreachable().end();
        }
        for param in 0..guest.types[ty as usize].0.len() as u32 {
            function.instructions().local_get(param);
        }
        for instruction in self.call(index, base) {
            function.instruction(&instruction);
        }
        function.instructions().end();
        (ty, vec![name.to_owned()], function)
    }

    /// The function that starts this part, which the linker calls. Segments are in memory
    /// then, and addresses in their globals: the linker's own table is where the stack ends,
    /// and that is the address of `cell`.
    fn start(&self) -> (u32, Vec<String>, Function) {
        let stack = (self.plan.guest.pages * PAGE).cast_signed();
        let mut function = Function::new([]);
        let code = &mut function.instructions();
        code.global_get(CELL).i32_const(stack).i32_ne();
        code.global_get(CELL).i32_load(at(4)).i32_eqz().i32_or();
        code.if_(BlockType::Empty).unreachable().end();
        // The guest's memory is as if it were not linked.
        code.global_get(CELL).i64_const(0).i64_store(at(0)).end();
        let names = vec!["__wasm_call_ctors".to_owned()];
        (self.added() + 2, names, function)
    }

    fn write(mut self) -> Result<Vec<u8>> {
        // Once to know what is imported, which comes before the part's own.
        self.written(0)?;
        let base = self.functions;
        let guest = self.plan.guest;
        let (mut functions, mut exports, mut code) = (
            FunctionSection::new(),
            ExportSection::new(),
            CodeSection::new(),
        );
        for (index, (ty, names, function)) in self.written(base)?.into_iter().enumerate() {
            functions.function(ty);
            code.function(&function);
            for name in names {
                exports.export(&name, ExportKind::Func, base + index as u32);
            }
        }
        let mut globals = GlobalSection::new();
        let mut define = |value: i32, mutable| {
            let ty = GlobalType {
                val_type: ValType::I32,
                mutable,
                shared: false,
            };
            globals.global(ty, &ConstExpr::i32_const(value));
        };
        for global in self.all(&self.plan.globals) {
            define(guest.globals[global], true);
        }
        // Where the linker puts the memory of this part.
        let stack = guest.pages * PAGE;
        let memory_base = (stack + 8).next_multiple_of(16) + self.number as u32 * OWN_MEMORY;
        if self.number == CELLS {
            let own = self.all(&self.plan.globals).len() as u32;
            define(stack.wrapping_sub(memory_base).cast_signed(), false);
            exports.export("cell", ExportKind::Global, self.globals + own);
        }
        let mut data = DataSection::new();
        for (index, (offset, bytes)) in guest.data.iter().enumerate() {
            if index % PARTS != self.number {
                continue;
            }
            let relative = offset.wrapping_sub(memory_base.cast_signed());
            let offset = ConstExpr::global_get(MEMORY_BASE).with_i32_const(relative);
            data.active(0, &offset.with_i32_add(), bytes.iter().copied());
        }
        let mut module = Module::new();
        module
            .section(&CustomSection {
                name: "dylink.0".into(),
                data: self.linking().into(),
            })
            .section(&self.types)
            .section(&self.imports)
            .section(&functions)
            .section(&globals)
            .section(&exports)
            .section(&code)
            .section(&data);
        Ok(module.finish())
    }

    /// The contents of the section for the linker: how much memory this part has, and what
    /// parts it needs, so that none is left out.
    fn linking(&self) -> Vec<u8> {
        let mut out = vec![1, 4, OWN_MEMORY as u8, 4, 0, 0];
        let mut needed = vec![];
        if self.number == EXPORTS {
            needed.push(PARTS as u8 - 1);
            for part in 1..PARTS {
                let name = format!("part{part}");
                needed.push(name.len() as u8);
                needed.extend_from_slice(name.as_bytes());
            }
            out.extend_from_slice(&[2, needed.len() as u8]);
            out.extend_from_slice(&needed);
        }
        out
    }
}

/// How many of the globals before one are in a part.
fn all_before(parts: &[usize], global: usize, number: usize) -> u32 {
    parts[..global]
        .iter()
        .filter(|&&part| part == number)
        .count() as u32
}

fn at(offset: u64) -> MemArg {
    MemArg {
        offset,
        align: 0,
        memory_index: 0,
    }
}
